using Cairn.Core.Pictures;

namespace Cairn.CaseStore;

/// <summary>What a row of table picture stands for; stable numbers, stored.</summary>
public enum PictureKind
{
    /// <summary>A picture, an animated one too.</summary>
    Still = 0,

    /// <summary>A video.</summary>
    Video = 1,
}

/// <summary>What decoding one picture or video gave.</summary>
public sealed record PictureRow
{
    /// <summary>Row id of the stream.</summary>
    public required long EntryId { get; init; }

    /// <summary>Picture or video.</summary>
    public PictureKind Kind { get; init; }

    /// <summary>How far it went.</summary>
    public required PictureStatus Status { get; init; }

    /// <summary>Format as decoded: "JPEG", "mov,mp4"; null where unknown.</summary>
    public string? Format { get; init; }

    /// <summary>Columns as stored; 0 where unknown.</summary>
    public int Width { get; init; }

    /// <summary>Rows as stored; 0 where unknown.</summary>
    public int Height { get; init; }

    /// <summary>Pictures of an animation or pages; frames hashed of a video; 0 where nothing was decoded.</summary>
    public int Frames { get; init; }

    /// <summary>Length of a video in milliseconds as the file states it, or null.</summary>
    public long? Milliseconds { get; init; }

    /// <summary>The PDQ hashes in all eight orientations, indexed by <see cref="PdqOrientation"/>; empty where nothing was decoded, and for a video, whose frames have them.</summary>
    public IReadOnlyList<PdqHash> Orientations { get; init; } = [];

    /// <summary>PDQ quality, 0 to 100.</summary>
    public int Quality { get; init; }

    /// <summary>How the hash was made: decoder, version, sampling.</summary>
    public string? Method { get; init; }

    /// <summary>Stands for the camera that took it: the same for pictures of the same maker, model and serial number; null where the file does not say.</summary>
    public string? Camera { get; init; }

    /// <summary>What the file says of itself, ascending by name (ordinal).</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Sampled frames of a video, of an animation, or pages.</summary>
    public IReadOnlyList<PictureFrameRow> Sampled { get; init; } = [];

    /// <summary>Near hits.</summary>
    public IReadOnlyList<HitRow> Hits { get; init; } = [];

    /// <summary>Problems of decoding and of reading what the file says of itself.</summary>
    public IReadOnlyList<Core.Problem> Problems { get; init; } = [];
}

/// <summary>A sampled frame.</summary>
/// <param name="Position">Milliseconds from the start of a video; number of the picture or page, from 0, elsewhere.</param>
/// <param name="Hash">PDQ hash.</param>
/// <param name="Quality">PDQ quality, 0 to 100.</param>
/// <param name="IsScene">Taken at a change of scene, not at an interval.</param>
public readonly record struct PictureFrameRow(long Position, PdqHash Hash, int Quality, bool IsScene);

/// <summary>Where a picture belongs among those alike; see the README of the grouping.</summary>
/// <param name="EntryId">Row id of the stream.</param>
/// <param name="GroupId">Row id of the picture that leads the group; its own for a leader.</param>
/// <param name="Kind">0 leader, 1 the same bytes, 2 the same hash, 3 near.</param>
/// <param name="Distance">Bits between its hash and the leader's.</param>
/// <param name="Orientation">How it is to be turned to be alike its leader.</param>
/// <param name="CopyOf">Row id of the first picture with the same bytes; null where this is the first.</param>
public readonly record struct AlikeRow(long EntryId, long GroupId, int Kind, int Distance, PdqOrientation Orientation, long? CopyOf);

/// <summary>A picture as grouping needs it.</summary>
/// <param name="EntryId">Row id of the stream.</param>
/// <param name="Sha256">Of its bytes, or null.</param>
/// <param name="Quality">PDQ quality.</param>
/// <param name="Orientations">Its PDQ hashes; empty where it has none.</param>
/// <param name="Stored">What the present grouping says of it; null where it says nothing yet.</param>
public sealed record StoredPictureHash(long EntryId, byte[]? Sha256, int Quality, IReadOnlyList<PdqHash> Orientations, AlikeRow? Stored);

/// <summary>A picture or video as stored, beside its entry.</summary>
/// <param name="Kind">Picture or video.</param>
/// <param name="Status">How far decoding went.</param>
/// <param name="Format">Format as decoded, or null.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Frames">Pictures, pages or frames.</param>
/// <param name="Milliseconds">Length of a video, or null.</param>
/// <param name="Hash">PDQ hash, or null.</param>
/// <param name="Quality">PDQ quality.</param>
/// <param name="Method">How the hash was made.</param>
/// <param name="Camera">Stands for the camera, or null.</param>
/// <param name="Facts">What the file says of itself.</param>
public sealed record StoredPicture(PictureKind Kind, PictureStatus Status, string? Format, int Width, int Height, int Frames, long? Milliseconds, PdqHash? Hash, int Quality,
    string? Method, string? Camera, IReadOnlyDictionary<string, string> Facts)
{
    /// <summary>Where it belongs among those alike; null where it was not grouped.</summary>
    public AlikeRow? Alike { get; init; }
}
