using System.Diagnostics;
using System.Globalization;

namespace Cairn.Cli.Display;

/// <summary>Progress of a single count on standard error: one line redrawn on a terminal, a line every few seconds elsewhere.</summary>
internal sealed class ByteProgress(Terminal terminal, string what, Func<long, string> unit) : IProgress<(long Done, long Total)>, IDisposable
{
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly ProgressRate rate = new();
    private readonly Lock gate = new();
    private TimeSpan next = terminal.ErrorIsTerminal ? TimeSpan.FromMilliseconds(200) : TimeSpan.FromSeconds(5);
    private int drawn;

    public void Report((long Done, long Total) value)
    {
        if (clock.Elapsed < next)
        {
            return;
        }

        lock (gate)
        {
            if (clock.Elapsed < next)
            {
                return;
            }

            next = clock.Elapsed + (terminal.ErrorIsTerminal ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(5));
            rate.Add(clock.Elapsed, value.Done);
            string percent = value.Total > 0 ? ((double)value.Done / value.Total * 100).ToString("0", CultureInfo.InvariantCulture) : "0";
            string left = rate.Left(value.Done, value.Total) is TimeSpan time ? $", about {Quantity.Duration(time)} left" : "";
            string line = $"{what} {percent} %, {unit(value.Done)} of {unit(value.Total)}, {unit((long)rate.BytesPerSecond)}/s{left}";
            if (terminal.ErrorIsTerminal)
            {
                terminal.Error.Write("\r" + line.PadRight(drawn));
                drawn = line.Length;
            }
            else
            {
                terminal.Error.WriteLine(line);
            }
        }
    }

    public void Dispose()
    {
        if (drawn > 0)
        {
            terminal.Error.Write("\r" + new string(' ', drawn) + "\r");
        }
    }
}
