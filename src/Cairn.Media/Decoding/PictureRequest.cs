namespace Cairn.Media.Decoding;

/// <summary>What is asked of one picture beside its hash.</summary>
public sealed record PictureRequest
{
    /// <summary>Whether a thumbnail is made.</summary>
    public bool Thumbnail { get; init; }

    /// <summary>The longer side of the thumbnail, 16 to 1024 pixels. A smaller picture is not enlarged.</summary>
    public int ThumbnailSide { get; init; } = 256;

    /// <summary>Whether the pictures of an animation or of several pages are counted and sampled.</summary>
    public bool Frames { get; init; } = true;
}

/// <summary>Bounds on what one picture can cost. Each is a problem of that picture when reached.</summary>
public sealed record PictureLimits
{
    /// <summary>Longest time for one picture, the way to the worker and back included.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Most bytes of a file.</summary>
    public long InputBytes { get; init; } = 512L << 20;

    /// <summary>Most pixels of a picture, width times height.</summary>
    public long Pixels { get; init; } = 300_000_000;

    /// <summary>Most memory that a worker can have written to, enforced by the operating system where it can (Linux).</summary>
    public long Memory { get; init; } = 2L << 30;

    /// <summary>Most pictures of an animation that are gone through; sampling ends there.</summary>
    public int Frames { get; init; } = 10_000;

    /// <summary>Most pictures of an animation, or pages, that are hashed.</summary>
    public int SampledFrames { get; init; } = 16;
}
