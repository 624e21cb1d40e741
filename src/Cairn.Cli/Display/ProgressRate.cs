namespace Cairn.Cli.Display;

/// <summary>Bytes a second, smoothed over the last few seconds, and what it says of the time left.</summary>
internal sealed class ProgressRate
{
    private const double SmoothingSeconds = 3;
    private double rate;
    private long lastBytes;
    private TimeSpan lastTime;
    private bool started;

    /// <summary>Bytes a second; 0 until something was read.</summary>
    public double BytesPerSecond => rate;

    /// <summary>Takes a reading of the counter at a time since the start.</summary>
    public void Add(TimeSpan time, long bytes)
    {
        double seconds = (time - lastTime).TotalSeconds;
        if (bytes < lastBytes)
        {
            // The next evidence begins from zero.
            (lastBytes, lastTime, rate, started) = (bytes, time, 0, false);
            return;
        }

        if (seconds <= 0)
        {
            return;
        }

        double now = (bytes - lastBytes) / seconds;
        double weight = started ? 1 - Math.Exp(-seconds / SmoothingSeconds) : 1;
        rate += (now - rate) * weight;
        started |= bytes > 0;
        (lastBytes, lastTime) = (bytes, time);
    }

    /// <summary>Time left, or null where it cannot be said.</summary>
    public TimeSpan? Left(long done, long total)
    {
        if (total <= done || rate < 1)
        {
            return null;
        }

        double seconds = (total - done) / rate;
        return seconds < 1_000_000 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
