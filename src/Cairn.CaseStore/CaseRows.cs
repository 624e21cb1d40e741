using Cairn.Core;

namespace Cairn.CaseStore;

/// <summary>Evidence as it is first recorded; insert-only.</summary>
/// <param name="Path">As given on the command line, made absolute.</param>
/// <param name="Exhibit">Exhibit reference, or null.</param>
/// <param name="TypeName">Container or logical type: "EWF (EnCase 6)", "raw", "folder".</param>
/// <param name="Size">Bytes of the media; for logical evidence the sum of its files, 0 until known.</param>
/// <param name="SectorSize">Bytes per sector.</param>
/// <param name="IsLogical">True for a folder or archive.</param>
/// <param name="Files">The files it lies in.</param>
/// <param name="Metadata">Header metadata of the container, in its order.</param>
/// <param name="StoredHashes">Hashes stored in the container.</param>
public sealed record EvidenceRow(string Path, string? Exhibit, string TypeName, long Size, int SectorSize, bool IsLogical,
    IReadOnlyList<string> Files, IReadOnlyList<KeyValuePair<string, string>> Metadata, IReadOnlyList<StoredHash> StoredHashes);

/// <summary>A part of the media; gaps and tables too.</summary>
/// <param name="Index">From 0, in media order, over all parts.</param>
/// <param name="Volume">What the partition table says.</param>
/// <param name="FileSystem">What was opened on it; null where nothing was.</param>
/// <param name="Signature">What was recognised but is not read (BitLocker…); null where nothing was.</param>
public sealed record VolumeRow(int Index, Volume Volume, FileTreeInfo? FileSystem, VolumeSignature? Signature);

/// <summary>Why the content of a stream has hashes or not; stable numbers, stored.</summary>
public enum ContentStatus
{
    /// <summary>Every byte was read and hashed.</summary>
    Read = 0,

    /// <summary>Some bytes could not be read; the hashes are null and a problem says which.</summary>
    PartlyUnreadable = 1,

    /// <summary>Nothing could be read; a problem says why.</summary>
    Unreadable = 2,

    /// <summary>Encrypted.</summary>
    Encrypted = 3,

    /// <summary>Deleted and its clusters are in use by another entry, so they are not this stream's content.</summary>
    Overwritten = 4,

    /// <summary>Only a name is left.</summary>
    NameOnly = 5,

    /// <summary>Not a file's content (unallocated space, slack, a directory's index): readable with cat, covered by the media hash, not hashed on its own.</summary>
    NotHashed = 6,

    /// <summary>The file changed while it was read.</summary>
    Changed = 7,
}

/// <summary>What reading one stream gave.</summary>
public sealed record ContentRow
{
    /// <summary>Row id of the stream.</summary>
    public required long EntryId { get; init; }

    /// <summary>Read or not and why.</summary>
    public required ContentStatus Status { get; init; }

    /// <summary>16 bytes, or null where not wholly read.</summary>
    public byte[]? Md5 { get; init; }

    /// <summary>20 bytes, or null where not wholly read.</summary>
    public byte[]? Sha1 { get; init; }

    /// <summary>32 bytes, or null where not wholly read.</summary>
    public byte[]? Sha256 { get; init; }

    /// <summary>MIME type from the content; null where unknown or not read.</summary>
    public string? Mime { get; init; }

    /// <summary>The extension says something else than the content.</summary>
    public bool ExtensionMismatch { get; init; }

    /// <summary>Bytes read.</summary>
    public long BytesRead { get; init; }

    /// <summary>Known-set hits.</summary>
    public IReadOnlyList<HitRow> Hits { get; init; } = [];

    /// <summary>Problems met while reading it.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];
}

/// <summary>A match with its explanation.</summary>
/// <param name="SetId">The case's row of the known set at the version used.</param>
/// <param name="Method">"md5", "sha1" or "sha256": the same bytes; "pdq" a picture that is near, "video" a video, "frames" a video that shares some frames with a known one.</param>
/// <param name="Detail">What the set says of the entry (product, label), or null.</param>
public sealed record HitRow(long SetId, string Method, string? Detail)
{
    /// <summary>The entry of the set and how it was found; null where the set has hashes without entries.</summary>
    public HitEntryRow? Entry { get; init; }
}

/// <summary>The entry of a known set that a hit is on, and how near.</summary>
/// <param name="Id">Identity of the entry in its set.</param>
/// <param name="Meaning">"known", "notable" or "ignorable".</param>
/// <param name="Category">Category, as the mapping or the source names it, or null.</param>
/// <param name="VouchedBy">Who vouched for it, or null.</param>
/// <param name="VouchedAt">When, as the source writes it, or null.</param>
public sealed record HitEntryRow(string Id, string Meaning, string? Category, string? VouchedBy, string? VouchedAt)
{
    /// <summary>Bits in which the hashes differ; null for an exact hash. Of a video the median over its matched frames.</summary>
    public int? Distance { get; init; }

    /// <summary>PDQ quality of the picture, 0 to 100; null for an exact hash.</summary>
    public int? Quality { get; init; }

    /// <summary>How the picture is to be turned to be alike; null for an exact hash.</summary>
    public Core.Pictures.PdqOrientation? Orientation { get; init; }

    /// <summary>Distance up to which pictures counted as near; null for an exact hash.</summary>
    public int? Threshold { get; init; }

    /// <summary>Frame of a video (milliseconds) or number of the picture of an animation that is near; null elsewhere.</summary>
    public long? Position { get; init; }
}

/// <summary>A known set at the version used.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">"known", "notable" or "ignorable".</param>
/// <param name="Source">File or publisher it came from.</param>
/// <param name="SetVersion">Version, or null.</param>
/// <param name="Licence">Licence note, or null.</param>
/// <param name="Sha256">Of the imported set's own file, hexadecimal.</param>
/// <param name="Hashes">How many hashes it holds.</param>
public sealed record KnownSetRow(string Name, string Meaning, string Source, string? SetVersion, string? Licence, string Sha256, long Hashes);

/// <summary>How much of a deleted stream can be had; stable numbers, stored.</summary>
public enum Recoverability
{
    /// <summary>Metadata and every cluster are free and claimed by no other deleted entry. Free does not mean unchanged.</summary>
    Full = 1,

    /// <summary>Some clusters are in use, claimed by another deleted entry as well, or missing.</summary>
    Partial = 2,

    /// <summary>No content can be attributed to the name.</summary>
    NameOnly = 3,
}

/// <summary>What of a claimed run is disputed; stored.</summary>
public enum ClaimState
{
    /// <summary>Free, and claimed by this stream alone.</summary>
    Free = 0,

    /// <summary>The file system says the clusters are in use.</summary>
    InUse = 1,

    /// <summary>Free, but another deleted entry claims them too.</summary>
    AlsoClaimed = 2,
}

/// <summary>A run of clusters that a deleted stream claims.</summary>
/// <param name="VolumeOffset">Bytes from the start of the volume.</param>
/// <param name="Length">Bytes.</param>
/// <param name="State">Disputed or not.</param>
/// <param name="OtherEntryId">Row id of one other stream that has or claims them, or null where none is known.</param>
public sealed record ClaimRow(long VolumeOffset, long Length, ClaimState State, long? OtherEntryId);

/// <summary>A deleted stream's claims.</summary>
public sealed record ClaimsRow(long EntryId, Recoverability Recoverability, IReadOnlyList<ClaimRow> Claims);

/// <summary>Bytes of the media by what they are; the lengths of one exhibit add up to its size.</summary>
/// <param name="VolumeIndex">The part, or null for the whole.</param>
/// <param name="Category">"file system", "unallocated in file system", "volume slack", "unallocated", "partition table", "unknown", "encrypted", "unsupported", "unreadable".</param>
/// <param name="Bytes">How many.</param>
/// <param name="Note">Why, or null.</param>
public sealed record CoverageRow(int? VolumeIndex, string Category, long Bytes, string? Note);

/// <summary>A computed hash of the whole media.</summary>
/// <param name="Algorithm">"MD5", "SHA1" or "SHA256".</param>
/// <param name="Value">The hash.</param>
/// <param name="Verified">Equal to the stored one; null where none is stored.</param>
public sealed record MediaHashRow(string Algorithm, byte[] Value, bool? Verified);

/// <summary>A stage of the work on one evidence; the unit of resuming.</summary>
public enum Stage
{
    /// <summary>Container opened, parts and file systems found.</summary>
    Volumes = 0,

    /// <summary>Walk of one volume (volume index given).</summary>
    Inventory = 1,

    /// <summary>Claims of deleted entries of one volume.</summary>
    Claims = 2,

    /// <summary>One pass over the content.</summary>
    Content = 3,

    /// <summary>Hash of the media.</summary>
    MediaHash = 4,

    /// <summary>The coverage.</summary>
    Coverage = 5,

    /// <summary>Files within files.</summary>
    Embedded = 6,

    /// <summary>Pictures and videos decoded, hashed and looked up.</summary>
    Pictures = 7,
}
