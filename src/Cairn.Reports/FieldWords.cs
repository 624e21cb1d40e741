using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Embedded;

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
