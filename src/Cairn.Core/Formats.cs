namespace Cairn.Core;

/// <summary>How sure a probe is.</summary>
public enum ProbeConfidence
{
    /// <summary>Not this format.</summary>
    None = 0,

    /// <summary>Some of it fits.</summary>
    Possible = 1,

    /// <summary>Signature and structure fit.</summary>
    Certain = 2,
}

/// <summary>A probe's answer and why.</summary>
/// <param name="Confidence">How sure.</param>
/// <param name="Why">One sentence.</param>
public readonly record struct ProbeResult(ProbeConfidence Confidence, string Why)
{
    /// <summary>Not this format.</summary>
    public static ProbeResult No(string why) => new(ProbeConfidence.None, why);

    /// <summary>Some of it fits.</summary>
    public static ProbeResult Maybe(string why) => new(ProbeConfidence.Possible, why);

    /// <summary>Signature and structure fit.</summary>
    public static ProbeResult Yes(string why) => new(ProbeConfidence.Certain, why);
}

/// <summary>What a registered format is, for people, tests and the fuzzer.</summary>
/// <param name="Id">Short lower-case identity, the name of its folder's tests, fixtures and page: "ntfs", "ewf".</param>
/// <param name="Name">As the field writes it.</param>
/// <param name="Specification">Where the format is described.</param>
public sealed record FormatDescription(string Id, string Name, string Specification);

/// <summary>A file system that can be found on a volume.</summary>
public interface IFileSystemFormat
{
    /// <summary>What it is.</summary>
    FormatDescription Description { get; }

    /// <summary>Never throws, reads little.</summary>
    ProbeResult Probe(IByteSource volume);

    /// <summary>Opens it; does not take ownership of <paramref name="volume"/>.</summary>
    /// <exception cref="MalformedDataException">The file system cannot be read at all.</exception>
    /// <exception cref="UnreadableDataException">Its first structures cannot be read.</exception>
    IFileTree Open(IByteSource volume, IProblemSink problems);
}

/// <summary>What a part of the media is.</summary>
public enum VolumeKind
{
    /// <summary>A partition, or the whole media where it has no partition table.</summary>
    Partition = 0,

    /// <summary>Between, before or after partitions.</summary>
    Unallocated = 1,

    /// <summary>The partition tables themselves.</summary>
    Table = 2,
}

/// <summary>A part of the media.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Scheme">"MBR", "GPT", "APM", or "none" for the whole media.</param>
/// <param name="Offset">Bytes from the start of the media.</param>
/// <param name="Length">Bytes on the media (cut where the table says more than there is; that is a problem).</param>
/// <param name="TypeCode">Partition type as stored: "0x07", a GUID, "Apple_HFS".</param>
/// <param name="TypeName">The type in words.</param>
/// <param name="Label">Name in the table, or null.</param>
/// <param name="Identifier">Unique GUID of the partition, or null.</param>
public sealed record Volume(VolumeKind Kind, string Scheme, long Offset, long Length, string? TypeCode = null, string? TypeName = null, string? Label = null, string? Identifier = null);

/// <summary>A partition table that can be found on media.</summary>
public interface IVolumeSystemFormat
{
    /// <summary>What it is.</summary>
    FormatDescription Description { get; }

    /// <summary>Never throws, reads little.</summary>
    ProbeResult Probe(IByteSource media);

    /// <summary>The parts of the media it names, ascending by offset, gaps not yet filled.</summary>
    /// <exception cref="MalformedDataException">No table can be read at all.</exception>
    /// <exception cref="UnreadableDataException">The table cannot be read.</exception>
    IReadOnlyList<Volume> Read(IByteSource media, IProblemSink problems);
}

/// <summary>Something recognised on a volume that this version does not open: BitLocker, LUKS, LVM, APFS…</summary>
/// <param name="Id">Short identity: "bitlocker".</param>
/// <param name="Name">As the field writes it.</param>
/// <param name="Encrypted">Whether its content is encrypted.</param>
/// <param name="Why">What was seen.</param>
public sealed record VolumeSignature(string Id, string Name, bool Encrypted, string Why);

/// <summary>A stored hash of a container.</summary>
/// <param name="Algorithm">"MD5", "SHA1" or "SHA256".</param>
/// <param name="Value">The hash.</param>
/// <param name="Source">Where it is stored: "hash section of disk.E01".</param>
public sealed record StoredHash(string Algorithm, byte[] Value, string Source);

/// <summary>An opened container: the media inside, and what the container says about it.</summary>
public interface IEvidenceContainer : IDisposable
{
    /// <summary>"raw", "split raw", "EWF (EnCase 6)", "block device".</summary>
    string TypeName { get; }

    /// <summary>The media.</summary>
    IByteSource Media { get; }

    /// <summary>The files it lies in, in order, full paths.</summary>
    IReadOnlyList<string> Files { get; }

    /// <summary>Hashes stored in it.</summary>
    IReadOnlyList<StoredHash> StoredHashes { get; }

    /// <summary>Header metadata in the container's own order: "case number", "examiner", "acquired"…</summary>
    IReadOnlyList<KeyValuePair<string, string>> Metadata { get; }

    /// <summary>Ranges of the media that the container itself says could not be read at acquisition (zero-filled there).</summary>
    IReadOnlyList<ByteRange> AcquisitionErrors { get; }

    /// <summary>Bytes of the natural unit of decoding (an EWF chunk), 0 where any range costs the same.</summary>
    int ChunkSize { get; }
}

/// <summary>A container format: from a path to the media inside.</summary>
public interface IContainerFormat
{
    /// <summary>What it is.</summary>
    FormatDescription Description { get; }

    /// <summary>
    /// Never throws. <paramref name="head"/> holds the first bytes of the file (up to 64 KiB), empty for a folder.
    /// </summary>
    ProbeResult Probe(string path, ReadOnlySpan<byte> head);

    /// <summary>Opens read-only, finding further segments beside <paramref name="path"/>.</summary>
    /// <exception cref="EvidenceException">It cannot be opened; the message says how to put it right.</exception>
    IEvidenceContainer Open(string path, IProblemSink problems);
}

/// <summary>Logical evidence: a folder or an archive whose files are examined as they are, without media underneath.</summary>
public interface ILogicalFormat
{
    /// <summary>What it is.</summary>
    FormatDescription Description { get; }

    /// <summary>Never throws; see <see cref="IContainerFormat.Probe"/>.</summary>
    ProbeResult Probe(string path, ReadOnlySpan<byte> head);

    /// <summary>Opens read-only.</summary>
    /// <exception cref="EvidenceException">It cannot be opened; the message says how to put it right.</exception>
    IFileTree Open(string path, IProblemSink problems);
}
