using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Which rows of a case are asked for: one row for each stream of each file entry. What is set must all be so (AND); of a list one is enough
/// (OR); what is left as it is asks for nothing. The same question is the same text: <see cref="ToText"/>.
/// </summary>
public sealed record EntryQuery
{
    /// <summary>The most hashes of one question.</summary>
    public const int MostHashes = 10_000;

    /// <summary>The most rows of one question, where they are named.</summary>
    public const int MostIds = 1_000_000;

    /// <summary>Every row.</summary>
    public static EntryQuery All { get; } = new();

    /// <summary>Of one of these evidences.</summary>
    public IReadOnlyList<long> Evidence { get; init; } = [];

    /// <summary>On one of these parts.</summary>
    public IReadOnlyList<PartRef> Parts { get; init; } = [];

    /// <summary>In a folder or below it; see <see cref="FolderRef.Direct"/>.</summary>
    public FolderRef? Folder { get; init; }

    /// <summary>The name holds this text, whatever the case of its letters. A name is the last part of the path, of another stream than the main one followed by ":" and the stream's name.</summary>
    public string? NameContains { get; init; }

    /// <summary>
    /// The whole path is like this, whatever the case of letters: "?" is one character but "/", "*" any number of them, "**" any number with "/" too; "**/" also
    /// stands for nothing. A stream's name is no part of it.
    /// </summary>
    public string? PathGlob { get; init; }

    /// <summary>The content is of one of these MIME types; one that ends in "/" stands for all that begin so.</summary>
    public IReadOnlyList<string> Mimes { get; init; } = [];

    /// <summary>The content is of one of these families.</summary>
    public IReadOnlyList<ContentFamily> Families { get; init; } = [];

    /// <summary>The type of the content is known (true) or not.</summary>
    public bool? TypeKnown { get; init; }

    /// <summary>The name ends in one of these extensions, without the dot, whatever the case; "" is a name without one.</summary>
    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <summary>The extension says something else than the content.</summary>
    public bool? ExtensionMismatch { get; init; }

    /// <summary>File, directory, link…</summary>
    public IReadOnlyList<EntryType> Types { get; init; } = [];

    /// <summary>Allocated, deleted, orphan.</summary>
    public IReadOnlyList<EntryState> States { get; init; } = [];

    /// <summary>How much of a deleted stream can be had.</summary>
    public IReadOnlyList<Recoverability> Recoverabilities { get; init; } = [];

    /// <summary>What became of the content.</summary>
    public IReadOnlyList<ContentStatus> Contents { get; init; } = [];

    /// <summary>Bytes, at least.</summary>
    public long? MinSize { get; init; }

    /// <summary>Bytes, at most.</summary>
    public long? MaxSize { get; init; }

    /// <summary>One of the four times lies in a range.</summary>
    public TimeRange? Time { get; init; }

    /// <summary>MD5, SHA-1 or SHA-256 in hexadecimal, told by their length; up to <see cref="MostHashes"/>.</summary>
    public IReadOnlyList<string> Hashes { get; init; } = [];

    /// <summary>Has a hit on a known set.</summary>
    public bool? HasHit { get; init; }

    /// <summary>Has a hit on one of these sets (row ids of the case).</summary>
    public IReadOnlyList<long> HitSets { get; init; } = [];

    /// <summary>Has a hit with one of these meanings: "notable", "known", "ignorable".</summary>
    public IReadOnlyList<string> HitMeanings { get; init; } = [];

    /// <summary>Has a hit found in one of these ways: "md5", "sha1", "sha256", "pdq", "video", "frames".</summary>
    public IReadOnlyList<string> HitMethods { get; init; } = [];

    /// <summary>Has a problem; a notice is none.</summary>
    public bool? HasProblem { get; init; }

    /// <summary>Has a problem of one of these kinds.</summary>
    public IReadOnlyList<ProblemKind> ProblemKinds { get; init; } = [];

    /// <summary>Another row has the same content (SHA-256); empty content does not count.</summary>
    public bool? Duplicate { get; init; }

    /// <summary>Has the same content (SHA-256) as this row, which is one of them.</summary>
    public long? SameContentAs { get; init; }

    /// <summary>Is in the same group of pictures that are alike as this row, which is one of them.</summary>
    public long? AlikeTo { get; init; }

    /// <summary>Lies within another file (archive, document, mailbox, picture).</summary>
    public bool? Embedded { get; init; }

    /// <summary>Lies directly within a file of one of these families.</summary>
    public IReadOnlyList<ContentFamily> EmbeddedIn { get; init; } = [];

    /// <summary>Lies directly within this row.</summary>
    public long? MemberOf { get; init; }

    /// <summary>Was decoded, or was to be, as a picture or video.</summary>
    public bool? HasPicture { get; init; }

    /// <summary>Its address, as the Sleuth Kit writes it.</summary>
    public string? Address { get; init; }

    /// <summary>Only these rows: a selection, the rows of a tag; up to <see cref="MostIds"/>.</summary>
    public IReadOnlyList<long> Ids { get; init; } = [];

    /// <summary>The question as JSON text: the same for the same question; lists are sorted, and what is not asked is left out.</summary>
    public string ToText() => EntryQueryText.Write(this);

    /// <summary>The question that <see cref="ToText"/> wrote.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static EntryQuery Parse(string text) => EntryQueryText.Read(text);
}

/// <summary>A part of an evidence.</summary>
/// <param name="EvidenceId">The evidence.</param>
/// <param name="VolumeIndex">The part, or null for logical evidence.</param>
public readonly record struct PartRef(long EvidenceId, int? VolumeIndex);

/// <summary>A folder of a part.</summary>
/// <param name="EvidenceId">The evidence.</param>
/// <param name="VolumeIndex">The part, or null for logical evidence.</param>
/// <param name="Path">From the root, "/" between names; "" is the root. The path of an archive stands for what lies in it.</param>
public sealed record FolderRef(long EvidenceId, int? VolumeIndex, string Path)
{
    /// <summary>Only what lies in the folder itself, nothing below.</summary>
    public bool Direct { get; init; }
}

/// <summary>Which of the four times.</summary>
public enum TimeField
{
    /// <summary>Content last written.</summary>
    Modified = 0,

    /// <summary>Content last read.</summary>
    Accessed = 1,

    /// <summary>Metadata last changed.</summary>
    Changed = 2,

    /// <summary>Made on this volume.</summary>
    Created = 3,
}

/// <summary>A range of one of the four times, to 100 nanoseconds; rows without that time are not in it.</summary>
/// <param name="Field">Which time.</param>
/// <param name="From">Not before, or null.</param>
/// <param name="To">Before, or null.</param>
public sealed record TimeRange(TimeField Field, DateTimeOffset? From, DateTimeOffset? To);

/// <summary>By what rows are put in order; equal ones go by their row ids.</summary>
public enum SortField
{
    /// <summary>Evidence, part, folder, name: the rows of a folder, then those of the folders in it.</summary>
    Path = 0,

    /// <summary>Name, whatever the case of letters.</summary>
    Name = 1,

    /// <summary>Bytes.</summary>
    Size = 2,

    /// <summary>Content last written; rows without come first.</summary>
    Modified = 3,

    /// <summary>Content last read; rows without come first.</summary>
    Accessed = 4,

    /// <summary>Metadata last changed; rows without come first.</summary>
    Changed = 5,

    /// <summary>Made on this volume; rows without come first.</summary>
    Created = 6,

    /// <summary>MIME type of the content; rows without come first.</summary>
    Type = 7,

    /// <summary>Allocated, deleted, orphan; within these by recoverability.</summary>
    State = 8,
}

/// <summary>An order of rows; the descending one is the ascending one read backwards.</summary>
/// <param name="Field">By what.</param>
/// <param name="Descending">Backwards.</param>
public readonly record struct EntrySort(SortField Field, bool Descending = false);

/// <summary>Where a page begins.</summary>
public readonly record struct PageStart
{
    private PageStart(StartKind kind, long value) => (Kind, Value) = (kind, value);

    /// <summary>At the first row.</summary>
    public static PageStart First => default;

    /// <summary>So that it ends with the last row.</summary>
    public static PageStart Last => new(StartKind.Last, 0);

    internal StartKind Kind { get; }

    internal long Value { get; }

    /// <summary>After a row, which need not be among those asked for.</summary>
    public static PageStart After(long id) => new(StartKind.After, id);

    /// <summary>So that it ends before a row, which need not be among those asked for.</summary>
    public static PageStart Before(long id) => new(StartKind.Before, id);

    /// <summary>At a row, or where it would be.</summary>
    public static PageStart At(long id) => new(StartKind.At, id);

    /// <summary>At a position, from 0: for a scroll bar.</summary>
    public static PageStart AtPosition(long position) => new(StartKind.Position, position);
}

/// <summary>How a page begins.</summary>
internal enum StartKind
{
    First = 0,
    Last,
    After,
    Before,
    At,
    Position,
}
