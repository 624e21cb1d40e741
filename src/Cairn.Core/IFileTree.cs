namespace Cairn.Core;

/// <summary>What a file tree is: a file system on a volume, a folder, an archive.</summary>
/// <param name="TypeName">As the field writes it: "NTFS", "FAT12", "FAT32", "exFAT", "ext4", "folder", "ZIP", "TAR".</param>
/// <param name="Label">Volume label, or null.</param>
/// <param name="SerialOrUuid">Volume serial number or UUID as text, or null.</param>
/// <param name="ClusterSize">Bytes per cluster or block; 0 for logical trees.</param>
/// <param name="Length">Bytes of the volume that the file system claims as its own; what follows on the volume is volume slack. 0 for logical trees.</param>
/// <param name="TimesAreLocal">True where stored times are local with no zone (FAT) and are shown as if UTC.</param>
public sealed record FileTreeInfo(string TypeName, string? Label, string? SerialOrUuid, int ClusterSize, long Length, bool TimesAreLocal = false);

/// <summary>A range of bytes.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>One past the last byte.</summary>
    public long End => Offset + Length;
}

/// <summary>Which clusters the file system says are in use. Safe to call from many threads.</summary>
public interface IAllocationMap
{
    /// <summary>Bytes per cluster.</summary>
    int ClusterSize { get; }

    /// <summary>
    /// Whether the cluster that holds <paramref name="volumeOffset"/> (bytes from the start of the volume) is in use. Offsets outside the
    /// cluster area count as in use. Where the bitmap itself cannot be read: in use, with a problem reported once.
    /// </summary>
    bool IsAllocated(long volumeOffset);

    /// <summary>The ranges not in use, ascending, neighbours joined, in bytes from the start of the volume.</summary>
    IEnumerable<ByteRange> Unallocated();
}

/// <summary>
/// Files as a tree: a file system or logical evidence. Reads only; <see cref="OpenStream"/> and <see cref="GetExtents"/> are safe from many
/// threads and need no earlier <see cref="Walk"/>.
/// </summary>
public interface IFileTree : IDisposable
{
    /// <summary>What it is.</summary>
    FileTreeInfo Info { get; }

    /// <summary>Which clusters are in use; null for logical trees.</summary>
    IAllocationMap? Allocation { get; }

    /// <summary>
    /// Every entry, allocated and deleted, in an order that is the same each time. Damage in one record is a problem and the walk goes on.
    /// Memory does not grow with the number of files beyond what paths of directories need.
    /// </summary>
    IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel);

    /// <summary>
    /// Does what the next <see cref="Walk"/> would begin with, so that it can be done while something else is; not needed, and of no effect
    /// on what the walk gives. One call at a time.
    /// </summary>
    void Prepare(CancellationToken cancel)
    {
    }

    /// <summary>The content of a stream: <see cref="IByteSource.Length"/> is its size; sparse and never-written ranges read as zeros.</summary>
    /// <exception cref="MalformedDataException">The metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The metadata, or later the content, cannot be read.</exception>
    IByteSource OpenStream(StreamRef stream);

    /// <summary>The runs of a stream in file order, whole clusters; empty where resident, name only or logical.</summary>
    /// <exception cref="MalformedDataException">The metadata does not hold.</exception>
    /// <exception cref="UnreadableDataException">The metadata cannot be read.</exception>
    IReadOnlyList<Extent> GetExtents(StreamRef stream);
}
