using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Core.Pictures;

namespace Cairn.Reports;

/// <summary>The words that values of the case are written with in exports and on the terminal; stable, other tools read them.</summary>
public static class FieldWords
{
    /// <summary>"file", "directory", "link"…</summary>
    public static string Of(EntryType type) => type switch
    {
        EntryType.File => "file",
        EntryType.Directory => "directory",
        EntryType.Link => "link",
        EntryType.CharacterDevice => "character-device",
        EntryType.BlockDevice => "block-device",
        EntryType.Fifo => "fifo",
        EntryType.Socket => "socket",
        EntryType.Virtual => "virtual",
        _ => "unknown",
    };

    /// <summary>"allocated", "deleted" or "orphan".</summary>
    public static string Of(EntryState state) => state switch
    {
        EntryState.Allocated => "allocated",
        EntryState.Deleted => "deleted",
        _ => "orphan",
    };

    /// <summary>"read", "partly unreadable"…</summary>
    public static string Of(ContentStatus status) => status switch
    {
        ContentStatus.Read => "read",
        ContentStatus.PartlyUnreadable => "partly unreadable",
        ContentStatus.Unreadable => "unreadable",
        ContentStatus.Encrypted => "encrypted",
        ContentStatus.Overwritten => "overwritten",
        ContentStatus.NameOnly => "name only",
        ContentStatus.NotHashed => "not hashed",
        ContentStatus.Changed => "changed while read",
        _ => "unknown",
    };

    /// <summary>"picture" or "video".</summary>
    public static string Of(PictureKind kind) => kind == PictureKind.Video ? "video" : "picture";

    /// <summary>"decoded", "partial"…</summary>
    public static string Of(PictureStatus status) => status switch
    {
        PictureStatus.Decoded => "decoded",
        PictureStatus.Partial => "partial",
        PictureStatus.LimitReached => "limit reached",
        PictureStatus.TimedOut => "timed out",
        PictureStatus.Crashed => "crashed",
        PictureStatus.Unsupported => "unsupported",
        PictureStatus.Malformed => "malformed",
        _ => "unknown",
    };

    /// <summary>The reference's names in lower case: "original", "rotate90", "flipx"…</summary>
    public static string Of(PdqOrientation orientation) => orientation switch
    {
        PdqOrientation.Original => "original",
        PdqOrientation.Rotate90 => "rotate90",
        PdqOrientation.Rotate180 => "rotate180",
        PdqOrientation.Rotate270 => "rotate270",
        PdqOrientation.FlipX => "flipx",
        PdqOrientation.FlipY => "flipy",
        PdqOrientation.FlipPlus1 => "flipplus1",
        PdqOrientation.FlipMinus1 => "flipminus1",
        _ => "unknown",
    };

    /// <summary>What <see cref="AlikeRow.Kind"/> stands for: "leader", "same bytes", "same hash", "near".</summary>
    public static string OfAlike(int kind) => kind switch
    {
        0 => "leader",
        1 => "same bytes",
        2 => "same hash",
        3 => "near",
        _ => "unknown",
    };

    /// <summary>"notice", "malformed", "unreadable"…</summary>
    public static string Of(ProblemKind kind) => kind switch
    {
        ProblemKind.Notice => "notice",
        ProblemKind.Malformed => "malformed",
        ProblemKind.Unreadable => "unreadable",
        ProblemKind.Cycle => "cycle",
        ProblemKind.LimitReached => "limit reached",
        ProblemKind.Missing => "missing",
        ProblemKind.Mismatch => "mismatch",
        ProblemKind.Unsupported => "unsupported",
        ProblemKind.Encrypted => "encrypted",
        ProblemKind.Changed => "changed",
        _ => "unknown",
    };

    /// <summary>"member", "attachment", "object", "thumbnail", "preview" or "motion video".</summary>
    public static string Of(EmbeddedKind kind) => kind switch
    {
        EmbeddedKind.Attachment => "attachment",
        EmbeddedKind.Object => "object",
        EmbeddedKind.Thumbnail => "thumbnail",
        EmbeddedKind.Preview => "preview",
        EmbeddedKind.MotionVideo => "motion video",
        _ => "member",
    };

    /// <summary>"full", "partial" or "name only".</summary>
    public static string Of(Recoverability recoverability) => recoverability switch
    {
        Recoverability.Full => "full",
        Recoverability.Partial => "partial",
        _ => "name only",
    };

    /// <summary>"free", "in use" or "also claimed".</summary>
    public static string Of(ClaimState state) => state switch
    {
        ClaimState.Free => "free",
        ClaimState.InUse => "in use",
        _ => "also claimed",
    };

    /// <summary>"partition", "unallocated" or "table".</summary>
    public static string Of(VolumeKind kind) => kind switch
    {
        VolumeKind.Partition => "partition",
        VolumeKind.Unallocated => "unallocated",
        _ => "table",
    };
}
