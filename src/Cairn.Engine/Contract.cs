using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>Which hashes of the whole media are computed.</summary>
public enum MediaHashChoice
{
    /// <summary>
    /// SHA-256, every algorithm whose hash the container stores, and all three where the media is at most 1 GiB. MD5 and SHA-1 cannot be
    /// computed in parallel, so on a large raw image they would cost more than everything else together.
    /// </summary>
    Auto = 0,

    /// <summary>MD5, SHA-1 and SHA-256.</summary>
    All = 1,

    /// <summary>None; the media is not read where no file system claims it.</summary>
    None = 2,
}

/// <summary>What to examine and how; recorded in the audit log.</summary>
public sealed record ExamineOptions
{
    /// <summary>Paths of evidence: an image (first segment), a block device, a folder, an archive.</summary>
    public required IReadOnlyList<string> Evidence { get; init; }

    /// <summary>Folder of the case; made where it does not exist.</summary>
    public required string CaseDirectory { get; init; }

    /// <summary>Exhibit reference, or null.</summary>
    public string? Exhibit { get; init; }

    /// <summary>Names of known sets to look up; empty for every set imported.</summary>
    public IReadOnlyList<string> KnownSets { get; init; } = [];

    /// <summary>Folder of imported known sets.</summary>
    public required string KnownDirectory { get; init; }

    /// <summary>Inventory only: content is not read.</summary>
    public bool NoContent { get; init; }

    /// <summary>Whether files within files are unfolded.</summary>
    public bool Embedded { get; init; } = true;

    /// <summary>Passwords to try on encrypted archives and documents, in this order; never stored in the case.</summary>
    public IReadOnlyList<string> Passwords { get; init; } = [];

    /// <summary>Whether pictures and videos are decoded.</summary>
    public bool Pictures { get; init; } = true;

    /// <summary>Bits in which the PDQ hash of a picture may differ from a known one and still be a hit, 0 to 63.</summary>
    public int PictureDistance { get; init; } = 31;

    /// <summary>PDQ quality, 0 to 100, below which a picture is neither looked up nor grouped by its look.</summary>
    public int PictureQuality { get; init; } = 50;

    /// <summary>Bits in which pictures of one group may differ, 0 to 63.</summary>
    public int AlikeDistance { get; init; } = 31;

    /// <summary>Whether small pictures are kept, encrypted, beside the case.</summary>
    public bool Thumbnails { get; init; } = true;

    /// <summary>Passphrase that wraps the key of the small pictures; null for none.</summary>
    public string? ThumbnailPassphrase { get; init; }

    /// <summary>Hashes of the media; ignored with <see cref="NoContent"/>.</summary>
    public MediaHashChoice MediaHash { get; init; }

    /// <summary>Threads for content; 0 for one per processor.</summary>
    public int Workers { get; init; }
}

/// <summary>A moment of a running examination; a consistent copy of the counters.</summary>
public sealed record ExamineProgress
{
    /// <summary>Evidence being read, file name.</summary>
    public string Evidence { get; init; } = "";

    /// <summary>"opening", "inventory", "likely pictures", "content", "embedded", "pictures", "media hash", "alike", "finishing".</summary>
    public string Stage { get; init; } = "";

    /// <summary>Bytes of content and media read so far.</summary>
    public long BytesDone { get; init; }

    /// <summary>Bytes to read in this evidence, 0 until known.</summary>
    public long BytesTotal { get; init; }

    /// <summary>Entries found.</summary>
    public long Entries { get; init; }

    /// <summary>Streams whose content is dealt with.</summary>
    public long StreamsDone { get; init; }

    /// <summary>Streams to deal with, 0 until known.</summary>
    public long StreamsTotal { get; init; }

    /// <summary>Pictures and videos looked at.</summary>
    public long Pictures { get; init; }

    /// <summary>Hits so far.</summary>
    public long Hits { get; init; }

    /// <summary>Problems so far (notices not counted).</summary>
    public long Problems { get; init; }
}

/// <summary>Is told what happens while it happens; members are called from any thread and must return quickly.</summary>
public interface IExamineObserver
{
    /// <summary>At most ten times a second.</summary>
    void Progress(ExamineProgress progress);

    /// <summary>A problem, as it is met.</summary>
    void Problem(Problem problem);

    /// <summary>A hit on a notable set, as it is found: path, set name.</summary>
    void Hit(string path, string setName);
}

/// <summary>One evidence as examined.</summary>
/// <param name="Id">Row id.</param>
/// <param name="Path">Absolute path.</param>
/// <param name="TypeName">Container or logical type.</param>
/// <param name="Size">Bytes of media.</param>
/// <param name="Stored">Stored hashes.</param>
/// <param name="Computed">Computed hashes.</param>
/// <param name="Verified">True where every stored hash equals the computed one; null where none is stored or none was computed.</param>
public sealed record EvidenceSummary(long Id, string Path, string TypeName, long Size, IReadOnlyList<StoredHash> Stored, IReadOnlyList<MediaHashRow> Computed, bool? Verified);

/// <summary>What a run gave.</summary>
/// <param name="Evidence">In the order given.</param>
/// <param name="Volumes">Every part of every evidence.</param>
/// <param name="Counts">Everything the case holds, members too.</param>
/// <param name="SecondsToFirstHit">From the start of this run to its first hit; null where there was none.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="Resumed">True where an earlier run was continued.</param>
public sealed record ExamineSummary(IReadOnlyList<EvidenceSummary> Evidence, IReadOnlyList<(long EvidenceId, VolumeRow Volume)> Volumes, CaseCounts Counts,
    double? SecondsToFirstHit, double Seconds, bool Resumed)
{
    /// <summary>Allocated entries (names).</summary>
    public long Allocated => Counts.Allocated;

    /// <summary>Deleted entries.</summary>
    public long Deleted => Counts.Deleted;

    /// <summary>Orphan entries.</summary>
    public long Orphan => Counts.Orphan;

    /// <summary>Streams.</summary>
    public long Streams => Counts.Streams;

    /// <summary>Bytes of content read.</summary>
    public long BytesRead => Counts.BytesRead;

    /// <summary>Hits.</summary>
    public long Hits => Counts.Hits;

    /// <summary>Problems, notices not counted.</summary>
    public long Problems => Counts.Problems;

    /// <summary>Notices.</summary>
    public long Notices => Counts.Notices;
}

/// <summary>What verifying one evidence file gave.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="TypeName">Container type.</param>
/// <param name="Size">Bytes of media.</param>
/// <param name="Stored">Hashes the container stores.</param>
/// <param name="Computed">Hashes computed.</param>
/// <param name="Verified">Every stored hash equals the computed one; null where none is stored.</param>
/// <param name="ContainerIntact">No chunk, checksum or segment problem; separate from the media's hash.</param>
/// <param name="Problems">Every problem, located.</param>
/// <param name="Seconds">Wall time.</param>
public sealed record EvidenceVerification(string Path, string TypeName, long Size, IReadOnlyList<StoredHash> Stored, IReadOnlyList<MediaHashRow> Computed,
    bool? Verified, bool ContainerIntact, IReadOnlyList<Problem> Problems, double Seconds);

// The entry points, for the command: 
//   static Task<ExamineSummary> Examiner.RunAsync(ExamineOptions, IExamineObserver, CancellationToken)
//   static Task<EvidenceVerification> EvidenceVerifier.RunAsync(string path, bool allHashes, IProgress<(long Done, long Total)>, CancellationToken)
//   static OpenedEntry EntryReader.Open(CaseReader, long entryId, bool slack)  : IByteSource of one entry's bytes, evidence opened read-only
