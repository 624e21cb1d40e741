using Cairn.Core.Pictures;
using Cairn.Media.Pdq;

namespace Cairn.Media.Decoding;

/// <summary>One picture of an animation, or one page.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Hash">Its PDQ hash.</param>
/// <param name="Quality">Its quality, 0 to 100.</param>
public readonly record struct PictureFrame(int Index, PdqHash Hash, int Quality);

/// <summary>What became of one picture.</summary>
public sealed record PictureResult
{
    /// <summary>How far it went.</summary>
    public required PictureStatus Status { get; init; }

    /// <summary>Why it did not go further, or what the decoder found odd; one sentence without a full stop, empty where there is nothing to say.</summary>
    public string Reason { get; init; } = "";

    /// <summary>The format as decoded: "JPEG", "PNG"; empty where it was not recognised.</summary>
    public string Format { get; init; } = "";

    /// <summary>Columns as stored, before the orientation tag; 0 where unknown.</summary>
    public int Width { get; init; }

    /// <summary>Rows as stored.</summary>
    public int Height { get; init; }

    /// <summary>The EXIF orientation, 1 to 8. The thumbnail follows it, the hash does not.</summary>
    public int Orientation { get; init; } = 1;

    /// <summary>Pictures of an animation, or pages; 1 for a still picture, 0 where nothing was decoded.</summary>
    public int FrameCount { get; init; }

    /// <summary>Sampled pictures of an animation, or pages, the first one included; empty for a still picture.</summary>
    public IReadOnlyList<PictureFrame> Frames { get; init; } = [];

    /// <summary>The PDQ hash of the picture, of the first frame or page where there are several; null where nothing was decoded.</summary>
    public PdqHash? Hash { get; init; }

    /// <summary>Its quality, 0 to 100.</summary>
    public int Quality { get; init; }

    /// <summary>The hashes of the picture turned and mirrored, from the same pixels; meaningful where <see cref="Hash"/> is there.</summary>
    public PdqOrientations Orientations { get; init; }

    /// <summary>How the hash was made: "JPEG decoded by libvips, 4000x3000 sampled to 512x512 (nearest)".</summary>
    public string HashMethod { get; init; } = "";

    /// <summary>A JPEG, turned as the orientation tag says; empty where not asked for or not to be had.</summary>
    public ReadOnlyMemory<byte> Thumbnail { get; init; }
}
