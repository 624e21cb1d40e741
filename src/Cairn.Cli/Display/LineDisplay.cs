using System.Text;
using Cairn.Engine;
using Cairn.Reports;

namespace Cairn.Cli.Display;

/// <summary>Plain lines for a log: news at once, the counters every few seconds.</summary>
internal sealed class LineDisplay(TextWriter error) : ExamineDisplay
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    public static string Describe(ExamineProgress progress, double rate, TimeSpan? left)
    {
        var text = new StringBuilder();
        text.Append(VisibleText.Escape(progress.Evidence)).Append(": ").Append(progress.Stage);
        if (progress.BytesTotal > 0)
        {
            text.Append($" {Percent(progress)} %, {Quantity.Size(progress.BytesDone)} of {Quantity.Size(progress.BytesTotal)}");
        }

        if (rate >= 1)
        {
            text.Append($", {Quantity.Size((long)rate)}/s");
        }

        if (left is TimeSpan time)
        {
            text.Append($", about {Quantity.Duration(time)} left");
        }

        text.Append($"; {Quantity.Count(progress.Entries)} entries");
        if (progress.StreamsTotal > 0)
        {
            text.Append($", {Quantity.Count(progress.StreamsDone)} of {Quantity.Count(progress.StreamsTotal)} streams");
        }

        if (progress.Pictures > 0)
        {
            text.Append($", {Quantity.Count(progress.Pictures)} pictures");
        }

        return text.Append($", {Quantity.Count(progress.Hits)} hits, {Quantity.Count(progress.Problems)} problems").ToString();
    }

    public static int Percent(ExamineProgress progress) =>
        progress.BytesTotal <= 0 ? 0 : (int)Math.Clamp((double)progress.BytesDone / progress.BytesTotal * 100, 0, 100);

    protected override async Task ShowAsync(CancellationToken stop)
    {
        var rate = new ProgressRate();
        TimeSpan next = BetweenLines;
        bool ending;
        do
        {
            ending = await PauseAsync(Tick, stop).ConfigureAwait(false);
            while (TryTakeNews(out string line))
            {
                await error.WriteLineAsync(line).ConfigureAwait(false);
            }

            ExamineProgress progress = Latest;
            rate.Add(Elapsed, progress.BytesDone);
            if (!ending && Elapsed >= next)
            {
                next = Elapsed + BetweenLines;
                await error.WriteLineAsync(Describe(progress, rate.BytesPerSecond, rate.Left(progress.BytesDone, progress.BytesTotal))).ConfigureAwait(false);
            }
        }
        while (!ending);
    }
}
