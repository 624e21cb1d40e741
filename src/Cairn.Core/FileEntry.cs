namespace Cairn.Core;

/// <summary>What a file entry is.</summary>
public enum EntryType
{
    /// <summary>An ordinary file.</summary>
    File = 0,

    /// <summary>A directory.</summary>
    Directory = 1,

    /// <summary>A symbolic link, junction or mount point.</summary>
    Link = 2,

    /// <summary>A character device.</summary>
    CharacterDevice = 3,

    /// <summary>A block device.</summary>
    BlockDevice = 4,

    /// <summary>A named pipe.</summary>
    Fifo = 5,

    /// <summary>A socket.</summary>
    Socket = 6,

    /// <summary>Made by Cairn to give access to bytes that no file holds: unallocated space, volume slack.</summary>
    Virtual = 7,

    /// <summary>The metadata does not say.</summary>
    Unknown = 8,
}

/// <summary>Whether the file system still holds the entry.</summary>
public enum EntryState
{
    /// <summary>In use.</summary>
    Allocated = 0,

    /// <summary>Deleted, its place in the tree is known.</summary>
    Deleted = 1,

    /// <summary>Deleted, its parent is gone or reused: shown under $OrphanFiles.</summary>
    Orphan = 2,
}

/// <summary>What one stream of an entry is.</summary>
[Flags]
public enum StreamFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>The content lies in the metadata record itself, not in clusters.</summary>
    Resident = 1,

    /// <summary>Has ranges without clusters that read as zeros.</summary>
    Sparse = 2,

    /// <summary>Compressed by the file system.</summary>
    Compressed = 4,

    /// <summary>Encrypted by the file system; the content cannot be read without a key.</summary>
    Encrypted = 8,

    /// <summary>An index of a directory ($I30, a FAT or ext directory's clusters), not a file's data.</summary>
    Index = 16,

    /// <summary>Only the name is left: no extents and no content to read.</summary>
    NameOnly = 32,

    /// <summary>Metadata says the extents are incomplete or damaged; what can be read is part of the content.</summary>
    Incomplete = 64,

    /// <summary>A file within a file; it has no clusters of its own and is opened through the file it lies in.</summary>
    Embedded = 128,
}

/// <summary>Names a stream within its file tree so that it can be opened again later, in another process too.</summary>
/// <param name="Key">The entry's own identity in its tree: MFT record number (low 48 bits), inode number, directory-entry byte offset, archive index.</param>
/// <param name="Stream">The stream within it: NTFS attribute instance id &amp; type as the file system chooses; 0 for the main one elsewhere.</param>
public readonly record struct StreamRef(long Key, int Stream);

/// <summary>A run of bytes on the volume that belongs to a stream.</summary>
/// <param name="FileOffset">Bytes from the start of the stream.</param>
/// <param name="VolumeOffset">Bytes from the start of the volume; -1 for a sparse run that has no clusters.</param>
/// <param name="Length">Bytes; a whole number of clusters, so the last extent may pass the stream's size (the rest is file slack).</param>
public readonly record struct Extent(long FileOffset, long VolumeOffset, long Length)
{
    /// <summary>True where there are no clusters and the run reads as zeros.</summary>
    public bool IsSparse => VolumeOffset < 0;
}

/// <summary>One stream of a file entry.</summary>
public sealed record StreamInfo
{
    /// <summary>How to open it again.</summary>
    public required StreamRef Ref { get; init; }

    /// <summary>Empty for the main stream.</summary>
    public string Name { get; init; } = "";

    /// <summary>As the Sleuth Kit writes it: "5-144-1" on NTFS, the inode number elsewhere.</summary>
    public required string Address { get; init; }

    /// <summary>Size in bytes as the metadata gives it.</summary>
    public long Size { get; init; }

    /// <summary>Bytes that were ever written (NTFS initialised size, exFAT valid data length); the rest reads as zeros. Equal to Size elsewhere.</summary>
    public long ValidLength { get; init; }

    /// <summary>Bytes of clusters given to the stream.</summary>
    public long AllocatedSize { get; init; }

    /// <summary>What it is.</summary>
    public StreamFlags Flags { get; init; }

    /// <summary>Byte offset on the volume of the first extent (or of the metadata record of a resident stream), for reading in media order; -1 where there is none.</summary>
    public long FirstOffset { get; init; } = -1;
}

/// <summary>The times of an entry, in the field's four names; times the format does not have are None.</summary>
/// <param name="Modified">Content last written.</param>
/// <param name="Accessed">Content last read.</param>
/// <param name="Changed">Metadata last changed.</param>
/// <param name="Created">Made on this volume.</param>
public readonly record struct EntryTimes(EvidenceTime Modified, EvidenceTime Accessed, EvidenceTime Changed, EvidenceTime Created);

/// <summary>
/// A file, directory, link or other entry of a file tree, allocated or deleted. A file with two names (hard link) gives two
/// entries with the same <see cref="Key"/>.
/// </summary>
public sealed record FileEntry
{
    /// <summary>Identity within the tree; see <see cref="StreamRef.Key"/>.</summary>
    public required long Key { get; init; }

    /// <summary>From the root of the tree, "/" between names, none in front. The root itself is "".</summary>
    public required string Path { get; init; }

    /// <summary>The name's bytes as stored, where the text does not give them back exactly (invalid UTF-16 or UTF-8, unknown code page); else null.</summary>
    public byte[]? NameBytes { get; init; }

    /// <summary>Another name of the same entry: the 8.3 name of FAT and NTFS.</summary>
    public string? ShortName { get; init; }

    /// <summary>What it is.</summary>
    public EntryType Type { get; init; }

    /// <summary>Whether the file system still holds it.</summary>
    public EntryState State { get; init; }

    /// <summary>Deleted name whose metadata record has since been given to another file; size, times and content are those of the new owner and say nothing about this name.</summary>
    public bool MetadataReallocated { get; init; }

    /// <summary>$STANDARD_INFORMATION on NTFS; the entry's or inode's own times elsewhere.</summary>
    public EntryTimes Times { get; init; }

    /// <summary>$FILE_NAME times on NTFS; all None elsewhere.</summary>
    public EntryTimes NameTimes { get; init; }

    /// <summary>ext deletion time; None elsewhere.</summary>
    public EvidenceTime Deleted { get; init; }

    /// <summary>Unix mode bits (type and permissions), or null where the format has none.</summary>
    public int? Mode { get; init; }

    /// <summary>Unix owner.</summary>
    public long? Uid { get; init; }

    /// <summary>Unix group.</summary>
    public long? Gid { get; init; }

    /// <summary>DOS attribute bits (NTFS, FAT, exFAT).</summary>
    public int? DosAttributes { get; init; }

    /// <summary>Where a link points, as stored.</summary>
    public string? LinkTarget { get; init; }

    /// <summary>Owner's count of names, where stored.</summary>
    public int? LinkCount { get; init; }

    /// <summary>Anything more the format holds: extended attributes, reparse tag, object id… name to text; null where none.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>The streams; a file without content has one of size 0, a name without metadata one with <see cref="StreamFlags.NameOnly"/>.</summary>
    public required IReadOnlyList<StreamInfo> Streams { get; init; }

    /// <summary>Problems that concern this entry alone; null where none. They are not also sent to the sink.</summary>
    public IReadOnlyList<Problem>? Problems { get; init; }
}
