
namespace Cairn.CaseStore;

/// <summary>Reads a case; works while a writer is open and on a read-only medium. Not for use from many threads at once.</summary>
public sealed class CaseReader : IDisposable
{
    private CaseReader(string directory) => Directory = directory;

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Opens a case for reading.</summary>
    /// <exception cref="CaseException">There is no case, it was written by a newer version, or it cannot be read.</exception>
    public static CaseReader Open(string directory) => new(Path.GetFullPath(directory));

    /// <summary>Every evidence, ascending by id.</summary>
    public IReadOnlyList<StoredEvidence> Evidence() => throw Absent();

    /// <summary>The parts of one evidence, ascending by index.</summary>
    public IReadOnlyList<VolumeRow> Volumes(long evidenceId) => throw Absent();

    /// <summary>How much the case holds, or one evidence of it.</summary>
    public CaseCounts Counts(long? evidenceId = null) => throw Absent();

    /// <summary>The coverage of one evidence, in the order it was added.</summary>
    public IReadOnlyList<CoverageRow> Coverage(long evidenceId) => throw Absent();

    /// <summary>Computed hashes of the media of one evidence.</summary>
    public IReadOnlyList<MediaHashRow> MediaHashes(long evidenceId) => throw Absent();

    /// <summary>Known sets used, ascending by id.</summary>
    public IReadOnlyList<StoredKnownSet> KnownSets() => throw Absent();

    /// <summary>The audit log, ascending.</summary>
    public IEnumerable<AuditEntry> Audit() => throw Absent();

    /// <summary>Signed checkpoints, ascending.</summary>
    public IReadOnlyList<CaseCheckpoint> Checkpoints() => throw Absent();

    /// <summary>Problems in an order that does not depend on scheduling: evidence, part, stage, stream.</summary>
    public IEnumerable<StoredProblem> Problems(long? evidenceId = null) => throw Absent();

    /// <summary>Hits, ascending by stream.</summary>
    public IEnumerable<StoredHit> Hits() => throw Absent();

    /// <summary>Whether a stage was completed.</summary>
    public bool IsComplete(long evidenceId, Stage stage, int? volumeIndex) => throw Absent();

    /// <summary>Every stream with all that is known of it, streamed, ascending by id.</summary>
    /// <param name="evidenceId">Of one evidence only, or null for all.</param>
    /// <param name="volumeIndex">Of one part only, or null for all.</param>
    public IEnumerable<ExportRow> Entries(long? evidenceId = null, int? volumeIndex = null) => throw Absent();

    /// <summary>Streams as the content pass needs them, streamed, ascending by id.</summary>
    /// <param name="evidenceId">The evidence.</param>
    /// <param name="volumeIndex">The part; null for logical evidence.</param>
    public IEnumerable<StreamRow> Streams(long evidenceId, int? volumeIndex) => throw Absent();

    /// <summary>One stream by its id, or null.</summary>
    public ExportRow? Entry(long id) => throw Absent();

    /// <summary>
    /// Streams with this path and stream name: several where a deleted name equals an allocated one; the allocated come first.
    /// </summary>
    public IReadOnlyList<ExportRow> Find(long evidenceId, int? volumeIndex, string path, string stream) => throw Absent();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private CaseException Absent() => new($"reading {Directory} is not in this build");
}
