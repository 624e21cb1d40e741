namespace Cairn.Media.Video;

/// <summary>Bounds on what one video may cost. Each is a problem of the video when reached, and what was found until then is kept.</summary>
public sealed record VideoLimits
{
    /// <summary>The bounds used where nothing else is said.</summary>
    public static VideoLimits Default { get; } = new();

    /// <summary>Time that any video may take.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Time allowed beyond that for each MiB of the file. The bytes are there; the duration is only what the file says of itself.</summary>
    public TimeSpan TimePerMebibyte { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Time that may pass without a byte taken, a frame given or a read from the evidence ended.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time that reading the headers may take.</summary>
    public TimeSpan ProbeTime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of address space of the child process (where prlimit is present), or of memory in use (where it is not).</summary>
    public long Memory { get; init; } = 4L << 30;

    /// <summary>Threads of the decoder.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Pixels of a decoded frame.</summary>
    public int Pixels { get; init; } = 100_000_000;

    /// <summary>
    /// Largest file whose bytes are put whole into the sandbox's memory, which is done only for a file that cannot be read from front to
    /// back. 0 for never.
    /// </summary>
    public long SeekableBytes { get; init; } = 256L << 20;

    /// <summary>Time for a file of <paramref name="length"/> bytes.</summary>
    internal TimeSpan TimeFor(long length)
    {
        double seconds = Time.TotalSeconds + (TimePerMebibyte.TotalSeconds * (length / (double)(1 << 20)));
        return TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(7).TotalSeconds));
    }
}
