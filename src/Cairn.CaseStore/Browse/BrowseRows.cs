using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>How far the side file goes.</summary>
/// <param name="Entries">Rows of the case that it covers and that pages are made of.</param>
/// <param name="InCase">Rows of the case.</param>
/// <param name="Head">The audit entry up to which the case is covered; 0 where nothing is.</param>
/// <param name="CaseHead">The last audit entry of the case.</param>
public readonly record struct BrowseState(long Entries, long InCase, long Head, long CaseHead)
{
    /// <summary>Whether everything is covered.</summary>
    public bool IsCurrent => Head == CaseHead;
}

/// <summary>How far bringing the side file up to date has come.</summary>
/// <param name="What">What is being done, for people.</param>
/// <param name="Done">Of <paramref name="Total"/>.</param>
/// <param name="Total">All there is to do at this step.</param>
public readonly record struct BrowseProgress(string What, long Done, long Total);

/// <summary>What bringing the side file up to date came to.</summary>
public enum BrowseUpdate
{
    /// <summary>Nothing was missing.</summary>
    Current = 0,

    /// <summary>It was brought up to date.</summary>
    Updated = 1,

    /// <summary>Another process is at it.</summary>
    Elsewhere = 2,
}

/// <summary>What is known of a row at a glance.</summary>
[Flags]
public enum EntryMarks
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A hit that means "notable".</summary>
    Notable = 1,

    /// <summary>A hit that means "known".</summary>
    Known = 2,

    /// <summary>A hit that means "ignorable".</summary>
    Ignorable = 4,

    /// <summary>A hit with another meaning.</summary>
    OtherHit = 8,

    /// <summary>Any hit.</summary>
    AnyHit = Notable | Known | Ignorable | OtherHit,

    /// <summary>A problem that is more than a notice.</summary>
    Problem = 16,

    /// <summary>A notice.</summary>
    Notice = 32,

    /// <summary>Another row has the same content.</summary>
    Duplicate = 64,

    /// <summary>A file within a file.</summary>
    Embedded = 128,

    /// <summary>Holds files within it.</summary>
    HasMembers = 256,

    /// <summary>Was decoded, or was to be, as a picture.</summary>
    Picture = 512,

    /// <summary>Was decoded, or was to be, as a video.</summary>
    Video = 1024,

    /// <summary>The extension says something else than the content.</summary>
    ExtensionMismatch = 2048,
}

/// <summary>One row of a table.</summary>
public sealed record EntrySummary
{
    /// <summary>Row id: stable, the key of pages.</summary>
    public required long Id { get; init; }

    /// <summary>The evidence.</summary>
    public required long EvidenceId { get; init; }

    /// <summary>The part of the media, or null for logical evidence.</summary>
    public required int? VolumeIndex { get; init; }

    /// <summary>From the root, "/" between names.</summary>
    public required string Path { get; init; }

    /// <summary>The last part of the path.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the stream, empty for the main one.</summary>
    public required string Stream { get; init; }

    /// <summary>As the Sleuth Kit writes it.</summary>
    public required string Address { get; init; }

    /// <summary>What it is.</summary>
    public EntryType Type { get; init; }

    /// <summary>Allocated, deleted or orphan.</summary>
    public EntryState State { get; init; }

    /// <summary>The metadata belongs to another entry by now.</summary>
    public bool MetadataReallocated { get; init; }

    /// <summary>What the stream is.</summary>
    public StreamFlags Flags { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    /// <summary>The four times.</summary>
    public EntryTimes Times { get; init; }

    /// <summary>What became of the content; null where it has not been dealt with (yet).</summary>
    public ContentStatus? Status { get; init; }

    /// <summary>Type from the content, or null.</summary>
    public string? Mime { get; init; }

    /// <summary>What the type is for; null where it is not known.</summary>
    public ContentFamily? Family { get; init; }

    /// <summary>16 bytes or null.</summary>
    public byte[]? Md5 { get; init; }

    /// <summary>20 bytes or null.</summary>
    public byte[]? Sha1 { get; init; }

    /// <summary>32 bytes or null.</summary>
    public byte[]? Sha256 { get; init; }

    /// <summary>How much of a deleted stream can be had; null where it was not asked.</summary>
    public Recoverability? Recoverability { get; init; }

    /// <summary>Hits, problems and so on.</summary>
    public EntryMarks Marks { get; init; }

    /// <summary>The folder it lies in: the key of the tree.</summary>
    public long FolderId { get; init; }
}

/// <summary>A page of a table.</summary>
/// <param name="Rows">Its rows, in the order asked for.</param>
/// <param name="Position">Position of the first of them among all, from 0.</param>
/// <param name="Total">How many rows there are; exact.</param>
/// <param name="State">What part of the case was asked.</param>
public sealed record EntryPage(IReadOnlyList<EntrySummary> Rows, long Position, long Total, BrowseState State)
{
    /// <summary>Whether rows come before these.</summary>
    public bool HasBefore => Position > 0;

    /// <summary>Whether rows come after these.</summary>
    public bool HasAfter => Position + Rows.Count < Total;
}

/// <summary>A folder of the tree: the root of a part, a directory, or a file that holds others.</summary>
public sealed record FolderNode
{
    /// <summary>Its key; stable as long as the side file is.</summary>
    public required long Id { get; init; }

    /// <summary>The folder it lies in; 0 for the root of a part.</summary>
    public required long ParentId { get; init; }

    /// <summary>The evidence.</summary>
    public required long EvidenceId { get; init; }

    /// <summary>The part, or null for logical evidence.</summary>
    public required int? VolumeIndex { get; init; }

    /// <summary>From the root of the part; "" is the root.</summary>
    public required string Path { get; init; }

    /// <summary>Its name; "" is the root.</summary>
    public required string Name { get; init; }

    /// <summary>The row that is this folder or file; 0 where there is none ("$OrphanFiles").</summary>
    public long EntryId { get; init; }

    /// <summary>State of that row.</summary>
    public EntryState State { get; init; }

    /// <summary>It is a file that holds others, not a directory.</summary>
    public bool IsFile { get; init; }

    /// <summary>Folders directly in it.</summary>
    public long Folders { get; init; }

    /// <summary>Rows directly in it, those of folders too.</summary>
    public long Rows { get; init; }

    /// <summary>Rows in it and below.</summary>
    public long RowsBelow { get; init; }

    /// <summary>Bytes of the rows in it and below.</summary>
    public long BytesBelow { get; init; }

    /// <summary>Known-set hits that are notable or known, rows in it and below that have one.</summary>
    public long HitRowsBelow { get; init; }

    /// <summary>The question that gives the rows in it and below.</summary>
    public EntryQuery Query => new() { Folder = new FolderRef(EvidenceId, VolumeIndex, Path) };
}

/// <summary>A page of folders.</summary>
/// <param name="Folders">By name, whatever the case.</param>
/// <param name="HasAfter">Whether more come after these; ask again after the last one's id.</param>
public sealed record FolderPage(IReadOnlyList<FolderNode> Folders, bool HasAfter);

/// <summary>Everything that the case knows of one row.</summary>
/// <param name="Row">As in a table.</param>
/// <param name="Full">All times, hashes, hits, problems, claims, picture, place in its file.</param>
/// <param name="Streams">Every stream of the same file entry, this one too.</param>
/// <param name="HitSets">The known sets of its hits.</param>
/// <param name="SameContent">How many rows have the same content, this one too; 1 where it is the only one or has no hash.</param>
/// <param name="AlikeCount">How many rows are in its group of pictures that are alike; 0 where it is in none.</param>
/// <param name="Members">How many rows lie directly in it.</param>
/// <param name="FolderId">The folder of the tree that it lies in.</param>
/// <param name="OwnFolderId">The folder of the tree that it is (a directory or a file that holds others); 0 where it is none.</param>
public sealed record EntryDetail(EntrySummary Row, ExportRow Full, IReadOnlyList<EntrySummary> Streams, IReadOnlyList<StoredKnownSet> HitSets, long SameContent, long AlikeCount,
    long Members, long FolderId, long OwnFolderId);

/// <summary>One item of the gallery: a picture or video, with all that are the same or alike.</summary>
/// <param name="Row">The row that stands for it.</param>
/// <param name="Picture">What decoding gave; null where it was not (yet) decoded.</param>
/// <param name="Count">Rows of the stack that are asked for.</param>
/// <param name="All">Rows of the stack.</param>
/// <param name="Marks">What is known of any row of the stack, also where it is another than the one that stands for it.</param>
public sealed record GalleryItem(EntrySummary Row, StoredPicture? Picture, long Count, long All, EntryMarks Marks);

/// <summary>A hit as it comes in, before the side file covers it.</summary>
/// <param name="Row">Its place in the order in which hits came; ask for those after it.</param>
/// <param name="EntryId">The row of the case.</param>
/// <param name="Path">Its path.</param>
/// <param name="Set">The known set.</param>
/// <param name="Method">"md5", "sha1", "sha256", "pdq", "video" or "frames".</param>
public sealed record NewHit(long Row, long EntryId, string Path, StoredKnownSet Set, string Method);

/// <summary>A page of the gallery.</summary>
/// <param name="Items">Known hits first, then likely folders, then the others.</param>
/// <param name="Position">Position of the first of them among all, from 0.</param>
/// <param name="Total">How many stacks there are; exact.</param>
/// <param name="Rows">How many rows lie in all of them.</param>
/// <param name="State">What part of the case was asked.</param>
public sealed record GalleryPage(IReadOnlyList<GalleryItem> Items, long Position, long Total, long Rows, BrowseState State)
{
    /// <summary>Whether items come before these.</summary>
    public bool HasBefore => Position > 0;

    /// <summary>Whether items come after these.</summary>
    public bool HasAfter => Position + Items.Count < Total;
}

/// <summary>A sum with the question that gives the rows behind it.</summary>
/// <param name="Key">What it is of, for programs: the name of a state, a number.</param>
/// <param name="Label">For people.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Query">Gives these rows; null where no rows stand behind it.</param>
public sealed record SumLine(string Key, string Label, long Rows, long Bytes, EntryQuery? Query);

/// <summary>What a case holds, summed up.</summary>
public sealed record Overview
{
    /// <summary>All rows.</summary>
    public required SumLine All { get; init; }

    /// <summary>By state.</summary>
    public required IReadOnlyList<SumLine> States { get; init; }

    /// <summary>By what the content is for; rows whose type is not known last.</summary>
    public required IReadOnlyList<SumLine> Families { get; init; }

    /// <summary>By bytes.</summary>
    public required IReadOnlyList<SumLine> Sizes { get; init; }

    /// <summary>By part.</summary>
    public required IReadOnlyList<SumLine> Parts { get; init; }

    /// <summary>By what became of the content.</summary>
    public required IReadOnlyList<SumLine> Contents { get; init; }

    /// <summary>Rows with a hit by meaning.</summary>
    public required IReadOnlyList<SumLine> Meanings { get; init; }

    /// <summary>Rows with a hit by known set.</summary>
    public required IReadOnlyList<SumLine> Sets { get; init; }

    /// <summary>Rows with a problem by kind, notices too.</summary>
    public required IReadOnlyList<SumLine> Problems { get; init; }

    /// <summary>Problems that are of no row: of a volume, of the evidence.</summary>
    public required long ProblemsElsewhere { get; init; }

    /// <summary>Extension against content, duplicates, files within files, pictures, videos.</summary>
    public required IReadOnlyList<SumLine> Marks { get; init; }

    /// <summary>Folders down to three levels below the root, for a treemap; in the order of the tree.</summary>
    public required IReadOnlyList<FolderNode> Folders { get; init; }

    /// <summary>What was covered, by evidence.</summary>
    public required IReadOnlyDictionary<long, IReadOnlyList<CoverageRow>> Coverage { get; init; }

    /// <summary>What part of the case was summed.</summary>
    public required BrowseState State { get; init; }
}
