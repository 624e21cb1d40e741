using Cairn.Engine;
using Cairn.Reports;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Cairn.Cli.Display;

/// <summary>The counters redrawn in place on a terminal; news scrolls by above them.</summary>
internal sealed class LiveDisplay : ExamineDisplay
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private const int BarWidth = 32;

    protected override async Task ShowAsync(CancellationToken stop)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        var rate = new ProgressRate();
        await console.Live(Draw(Latest, rate)).AutoClear(true).StartAsync(async live =>
        {
            bool ending;
            do
            {
                ending = await PauseAsync(Tick, stop).ConfigureAwait(false);
                while (TryTakeNews(out string line))
                {
                    // Text and not markup: a name with brackets in it is a name. Padded, because it is written over the lines redrawn below.
                    console.Write(new Text(line.PadRight(Math.Max(1, console.Profile.Width - 1)) + "\n", line.StartsWith("hit", StringComparison.Ordinal) ? new Style(Color.Yellow) : new Style(Color.Red)));
                }

                ExamineProgress progress = Latest;
                rate.Add(Elapsed, progress.BytesDone);
                live.UpdateTarget(Draw(progress, rate));
                live.Refresh();
            }
            while (!ending);
        }).ConfigureAwait(false);
    }

    private Rows Draw(ExamineProgress progress, ProgressRate rate)
    {
        List<IRenderable> lines = [];
        var head = new Paragraph();
        head.Append(VisibleText.Escape(progress.Evidence), new Style(decoration: Decoration.Bold));
        head.Append($"  {progress.Stage}  {Elapsed:h\\:mm\\:ss}");
        lines.Add(head);

        if (progress.BytesTotal > 0)
        {
            int filled = BarWidth * LineDisplay.Percent(progress) / 100;
            var bar = new Paragraph();
            bar.Append(new string('━', filled), new Style(Color.Green));
            bar.Append(new string('━', BarWidth - filled), new Style(Color.Grey));
            bar.Append($"  {LineDisplay.Percent(progress),3} %  {Quantity.Size(progress.BytesDone)} of {Quantity.Size(progress.BytesTotal)}");
            if (rate.BytesPerSecond >= 1)
            {
                bar.Append($"  {Quantity.Size((long)rate.BytesPerSecond)}/s");
            }

            if (rate.Left(progress.BytesDone, progress.BytesTotal) is TimeSpan left)
            {
                bar.Append($"  {Quantity.Duration(left)} left");
            }

            lines.Add(bar);
        }

        var counts = new Paragraph();
        counts.Append($"{Quantity.Count(progress.Entries)} entries");
        if (progress.StreamsTotal > 0)
        {
            counts.Append($"  {Quantity.Count(progress.StreamsDone)} of {Quantity.Count(progress.StreamsTotal)} streams");
        }

        if (progress.Pictures > 0)
        {
            counts.Append($"  {Quantity.Count(progress.Pictures)} pictures");
        }

        counts.Append($"  {Quantity.Count(progress.Hits)} hits", progress.Hits > 0 ? new Style(Color.Yellow) : Style.Plain);
        counts.Append($"  {Quantity.Count(progress.Problems)} problems", progress.Problems > 0 ? new Style(Color.Red) : Style.Plain);
        lines.Add(counts);
        return new Rows(lines);
    }
}
