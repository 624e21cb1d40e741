using Cairn.Core;

namespace Cairn.CaseStore;

/// <summary>Evidence as stored.</summary>
/// <param name="Id">Row id, from 1.</param>
/// <param name="Row">As it was added.</param>
public sealed record StoredEvidence(long Id, EvidenceRow Row);

/// <summary>A known set as stored.</summary>
/// <param name="Id">Row id, from 1.</param>
/// <param name="Row">As it was added.</param>
public sealed record StoredKnownSet(long Id, KnownSetRow Row);

/// <summary>A problem as stored.</summary>
/// <param name="EvidenceId">The evidence.</param>
/// <param name="VolumeIndex">The part, or null for the whole evidence.</param>
/// <param name="Stage">The stage that met it.</param>
/// <param name="EntryId">The stream it concerns, or null.</param>
/// <param name="Problem">The problem.</param>
public sealed record StoredProblem(long EvidenceId, int? VolumeIndex, Stage Stage, long? EntryId, Problem Problem);

/// <summary>A hit as stored.</summary>
/// <param name="EntryId">Row id of the stream.</param>
/// <param name="Hit">The hit.</param>
public sealed record StoredHit(long EntryId, HitRow Hit);

/// <summary>Where a stream lies, as a report counts it.</summary>
public enum HitPlace
{
    /// <summary>In a file that is allocated.</summary>
    Live = 0,

    /// <summary>In a file that is deleted, its place in the tree known or not.</summary>
    Deleted = 1,

    /// <summary>In space that no file has.</summary>
    Unallocated = 2,
}

/// <summary>How many streams hit.</summary>
/// <param name="EvidenceId">The evidence.</param>
/// <param name="Place">Where they lie.</param>
/// <param name="Meaning">"known", "notable" or "ignorable".</param>
/// <param name="SetId">The set, or null where the count is over all.</param>
/// <param name="Category">Category of the set's entry, or null.</param>
/// <param name="Streams">Streams.</param>
/// <param name="Contents">Different contents among them.</param>
public sealed record HitCount(long EvidenceId, HitPlace Place, string Meaning, long? SetId, string? Category, long Streams, long Contents);

/// <summary>One entry of the audit log.</summary>
/// <param name="Sequence">From 1, without gaps; the batch number of the rows it added.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="RunId">The run, from 1; 0 for what belongs to no run.</param>
/// <param name="Who">User of the operating system.</param>
/// <param name="Host">Name of the machine.</param>
/// <param name="Tool">Version of the tool.</param>
/// <param name="Action">What was done: "run started", "entries added"…</param>
/// <param name="Detail">JSON object.</param>
/// <param name="Rows">One line for each table that gained rows: name, count, SHA-256 of the rows; empty where none did.</param>
/// <param name="Leaf">SHA-256 of the entry as a leaf of the Merkle tree.</param>
/// <param name="Root">Root of the tree of this entry and all before it.</param>
public sealed record AuditEntry(long Sequence, string Utc, long RunId, string Who, string Host, string Tool, string Action, string Detail, string Rows, byte[] Leaf, byte[] Root);

/// <summary>How much a case, or one evidence of it, holds.</summary>
public sealed record CaseCounts
{
    /// <summary>Allocated file entries (names, not streams).</summary>
    public long Allocated { get; init; }

    /// <summary>Deleted file entries whose place in the tree is known.</summary>
    public long Deleted { get; init; }

    /// <summary>Deleted file entries whose parent is gone.</summary>
    public long Orphan { get; init; }

    /// <summary>Streams: the rows of table entry.</summary>
    public long Streams { get; init; }

    /// <summary>Known-set hits.</summary>
    public long Hits { get; init; }

    /// <summary>Problems, notices not counted.</summary>
    public long Problems { get; init; }

    /// <summary>Notices.</summary>
    public long Notices { get; init; }

    /// <summary>Files found within files; not among the entries above.</summary>
    public long Members { get; init; }

    /// <summary>Pictures decoded or tried.</summary>
    public long Pictures { get; init; }

    /// <summary>Videos decoded or tried.</summary>
    public long Videos { get; init; }

    /// <summary>Pictures and videos of which nothing could be decoded.</summary>
    public long PicturesNotDecoded { get; init; }

    /// <summary>Groups of two or more pictures that are alike.</summary>
    public long AlikeGroups { get; init; }

    /// <summary>Bytes of content read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Problems and notices by kind; kinds that did not occur are left out.</summary>
    public IReadOnlyDictionary<ProblemKind, long> ProblemsByKind { get; init; } = new Dictionary<ProblemKind, long>();

    /// <summary>Streams by what became of their content; streams not dealt with are in none.</summary>
    public IReadOnlyDictionary<ContentStatus, long> ContentByStatus { get; init; } = new Dictionary<ContentStatus, long>();
}

/// <summary>A stream as the content pass needs it.</summary>
/// <param name="Id">Row id.</param>
/// <param name="Ref">How to open it.</param>
/// <param name="FirstOffset">Byte offset on the volume of its first extent, -1 where there is none.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Flags">What the stream is.</param>
/// <param name="State">State of the entry.</param>
/// <param name="Type">Type of the entry.</param>
/// <param name="MetadataReallocated">The metadata belongs to another entry by now.</param>
/// <param name="Path">From the root of the tree.</param>
/// <param name="Stream">Name of the stream, empty for the main one.</param>
public readonly record struct StreamRow(long Id, StreamRef Ref, long FirstOffset, long Size, StreamFlags Flags, EntryState State, EntryType Type, bool MetadataReallocated, string Path, string Stream);

/// <summary>One stream of a file entry with everything that is known of it: a line of an export.</summary>
public sealed record ExportRow
{
    /// <summary>Row id, from 1 over the whole case.</summary>
    public required long Id { get; init; }

    /// <summary>Row id of the first stream of the same file entry; equal to <see cref="Id"/> on that one.</summary>
    public required long FirstId { get; init; }

    /// <summary>The evidence.</summary>
    public required long EvidenceId { get; init; }

    /// <summary>The part of the media, or null for logical evidence.</summary>
    public required int? VolumeIndex { get; init; }

    /// <summary>From the root of the tree, "/" between names.</summary>
    public required string Path { get; init; }

    /// <summary>See <see cref="FileEntry.NameBytes"/>.</summary>
    public byte[]? NameBytes { get; init; }

    /// <summary>See <see cref="FileEntry.ShortName"/>.</summary>
    public string? ShortName { get; init; }

    /// <summary>Name of the stream, empty for the main one.</summary>
    public string Stream { get; init; } = "";

    /// <summary>As the Sleuth Kit writes it.</summary>
    public required string Address { get; init; }

    /// <summary>Identity of the entry within its tree.</summary>
    public required long Key { get; init; }

    /// <summary>How to open the stream again.</summary>
    public required StreamRef Ref { get; init; }

    /// <summary>What the entry is.</summary>
    public EntryType Type { get; init; }

    /// <summary>Allocated, deleted or orphan.</summary>
    public EntryState State { get; init; }

    /// <summary>See <see cref="FileEntry.MetadataReallocated"/>.</summary>
    public bool MetadataReallocated { get; init; }

    /// <summary>The entry's times.</summary>
    public EntryTimes Times { get; init; }

    /// <summary>$FILE_NAME times on NTFS.</summary>
    public EntryTimes NameTimes { get; init; }

    /// <summary>ext deletion time.</summary>
    public EvidenceTime Deleted { get; init; }

    /// <summary>Unix mode bits.</summary>
    public int? Mode { get; init; }

    /// <summary>Unix owner.</summary>
    public long? Uid { get; init; }

    /// <summary>Unix group.</summary>
    public long? Gid { get; init; }

    /// <summary>DOS attribute bits.</summary>
    public int? DosAttributes { get; init; }

    /// <summary>Where a link points.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>Count of names.</summary>
    public int? LinkCount { get; init; }

    /// <summary>Further attributes, ascending by name (ordinal); null where none.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>What the stream is.</summary>
    public StreamFlags Flags { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>Bytes ever written.</summary>
    public long ValidLength { get; init; }

    /// <summary>Bytes of clusters.</summary>
    public long AllocatedSize { get; init; }

    /// <summary>Byte offset on the volume of the first extent, -1 where there is none.</summary>
    public long FirstOffset { get; init; }

    /// <summary>What became of the content; null where it has not been dealt with (yet).</summary>
    public ContentStatus? Status { get; init; }

    /// <summary>16 bytes or null.</summary>
    public byte[]? Md5 { get; init; }

    /// <summary>20 bytes or null.</summary>
    public byte[]? Sha1 { get; init; }

    /// <summary>32 bytes or null.</summary>
    public byte[]? Sha256 { get; init; }

    /// <summary>Type from the content.</summary>
    public string? Mime { get; init; }

    /// <summary>The extension says something else than the content.</summary>
    public bool ExtensionMismatch { get; init; }

    /// <summary>Bytes of content read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Hits, in the order of lookup.</summary>
    public IReadOnlyList<HitRow> Hits { get; init; } = [];

    /// <summary>Problems of this stream; those of the entry as a whole are on its first stream.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>Where it lies, for a file within a file; else null.</summary>
    public StoredMember? Member { get; init; }

    /// <summary>What decoding gave, for a picture or a video; else null.</summary>
    public StoredPicture? Picture { get; init; }

    /// <summary>How much of a deleted stream can be had; null where it was not asked.</summary>
    public Recoverability? Recoverability { get; init; }

    /// <summary>The claimed runs of a deleted stream.</summary>
    public IReadOnlyList<ClaimRow> Claims { get; init; } = [];
}

/// <summary>A signed checkpoint: the state of the audit log at the end of a run.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Size">Entries of the log it covers.</param>
/// <param name="Root">Root of the Merkle tree of these entries.</param>
/// <param name="Text">C2SP checkpoint with its signature line; keep it elsewhere and give it to verify.</param>
/// <param name="VerifierKey">C2SP verifier key (name+hash+base64) that the signature verifies with.</param>
public sealed record CaseCheckpoint(long Number, long Size, byte[] Root, string Text, string VerifierKey);

/// <summary>Something in a case that is not as it was written.</summary>
/// <param name="Table">Table, "case" for the whole, "checkpoint file" for a file of the folder.</param>
/// <param name="Batch">Audit sequence of the batch concerned, or null.</param>
/// <param name="Row">Row id concerned, or null where only the batch is known.</param>
/// <param name="What">One sentence without a full stop.</param>
public sealed record CaseFinding(string Table, long? Batch, long? Row, string What);

/// <summary>What verifying a case gave.</summary>
/// <param name="Intact">No finding.</param>
/// <param name="Findings">Everything that is not as it was written.</param>
/// <param name="Notices">Worth knowing, nothing is wrong: an unfinished run, entries not yet covered by a checkpoint.</param>
/// <param name="AuditEntries">Entries of the log.</param>
/// <param name="Rows">Rows checked.</param>
/// <param name="Root">Root of the whole log.</param>
/// <param name="Checkpoints">Signed checkpoints of the case, in order.</param>
/// <param name="EntriesAfterCheckpoint">Entries that no signed checkpoint covers.</param>
/// <param name="PinnedSize">Entries covered by the pinned checkpoint; null where none was given.</param>
public sealed record CaseVerification(bool Intact, IReadOnlyList<CaseFinding> Findings, IReadOnlyList<string> Notices, long AuditEntries, long Rows, byte[] Root,
    IReadOnlyList<CaseCheckpoint> Checkpoints, long EntriesAfterCheckpoint, long? PinnedSize)
{
    /// <summary>What verifying the review beside the case gave, its findings and notices being among the case's too; null where there is none.</summary>
    public ReviewVerification? Review { get; init; }
}

/// <summary>What verifying a review gave.</summary>
/// <param name="Log">Its rows, its log and its checkpoints; findings name tables with "review." in front.</param>
/// <param name="Contents">Contents whose standing was held against their votes.</param>
public sealed record ReviewVerification(CaseVerification Log, long Contents);
