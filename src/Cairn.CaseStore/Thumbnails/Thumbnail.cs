namespace Cairn.CaseStore.Thumbnails;

/// <summary>What a small picture shows.</summary>
public enum ThumbnailKind
{
    /// <summary>A still picture.</summary>
    Picture = 0,

    /// <summary>Stills of a video, on one sheet or several.</summary>
    ContactSheet = 1,
}

/// <summary>A small picture with its bytes, not encrypted.</summary>
/// <param name="EntryId">The stream in the case, from 1.</param>
/// <param name="Frame">0, or from 0 where an entry has several.</param>
/// <param name="Kind">What it shows.</param>
/// <param name="Width">Pixels, 1 to 65,535.</param>
/// <param name="Height">Pixels, 1 to 65,535.</param>
/// <param name="Jpeg">A JPEG file of 1 to <see cref="MaxBytes"/> bytes.</param>
public sealed record Thumbnail(long EntryId, int Frame, ThumbnailKind Kind, int Width, int Height, ReadOnlyMemory<byte> Jpeg)
{
    /// <summary>The most bytes that one may have.</summary>
    public const int MaxBytes = 4 << 20;
}

/// <summary>What is known of a small picture without its key.</summary>
/// <param name="EntryId">The stream in the case.</param>
/// <param name="Frame">0, or from 0 where an entry has several.</param>
/// <param name="Kind">What it shows.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Bytes">Bytes of the JPEG file.</param>
public readonly record struct ThumbnailInfo(long EntryId, int Frame, ThumbnailKind Kind, int Width, int Height, int Bytes);

/// <summary>How much was added.</summary>
/// <param name="Count">Small pictures that were not there before.</param>
/// <param name="Bytes">Bytes of their JPEG files.</param>
public readonly record struct ThumbnailsAdded(int Count, long Bytes);

/// <summary>Whether the small pictures of a case can be shown.</summary>
public enum ThumbnailState
{
    /// <summary>There are none.</summary>
    None = 0,

    /// <summary>They can be read.</summary>
    Readable = 1,

    /// <summary>They can be read by who has the passphrase.</summary>
    NeedsPassphrase = 2,

    /// <summary>Their key was destroyed or lost: they cannot be read any more, by anyone.</summary>
    KeyGone = 3,
}
