using System.Diagnostics;
using Cairn.Core;
using Cairn.Engine;

namespace Cairn.Cli.Display;

/// <summary>Shows a running examination on standard error: redrawn in place on a terminal, a line now and then elsewhere.</summary>
internal abstract class ExamineDisplay : IExamineObserver, IAsyncDisposable
{
    private readonly CancellationTokenSource ended = new();
    private readonly NewsFilter news = new();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private volatile ExamineProgress latest = new();
    private Task? loop;

    public static ExamineDisplay Start(Terminal terminal)
    {
        ExamineDisplay display = terminal.ErrorIsTerminal ? new LiveDisplay() : new LineDisplay(terminal.Error);
        display.loop = Task.Run(() => display.ShowAsync(display.ended.Token));
        return display;
    }

    /// <summary>Time since the start.</summary>
    protected TimeSpan Elapsed => clock.Elapsed;

    /// <summary>The last counters that came.</summary>
    protected ExamineProgress Latest => latest;

    public void Progress(ExamineProgress progress) => latest = progress;

    public void Problem(Problem problem) => news.Add(problem);

    public void Hit(string path, string setName) => news.AddHit(path, setName);

    public async ValueTask DisposeAsync()
    {
        // Disposed by hand where a message follows, and by the compiler on every other way out.
        if (Interlocked.Exchange(ref loop, null) is Task running)
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(false);
            ended.Dispose();
        }
    }

    /// <summary>Draws until the token is cancelled, then once more what is left.</summary>
    protected abstract Task ShowAsync(CancellationToken stop);

    /// <summary>The next line of news.</summary>
    protected bool TryTakeNews(out string line) => news.TryTake(out line);

    /// <summary>Waits; true where it is time to stop.</summary>
    protected static async Task<bool> PauseAsync(TimeSpan time, CancellationToken stop)
    {
        await Task.Delay(time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return stop.IsCancellationRequested;
    }
}
