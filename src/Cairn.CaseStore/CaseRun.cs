using System.Collections;
using Cairn.Core;

namespace Cairn.CaseStore;

/// <summary>
/// One run of a command on a case. Every member that adds stores its rows and their audit entry in one transaction; nothing is ever
/// changed or removed. Members are safe to call from many threads and run one after the other.
/// </summary>
public sealed class CaseRun : IDisposable
{
    private CaseRun(long runId) => RunId = runId;

    /// <summary>From 1 over the whole case.</summary>
    public long RunId { get; }

    /// <summary>Adds evidence; returns its id, from 1.</summary>
    public long AddEvidence(EvidenceRow row) => throw Absent();

    /// <summary>The id of evidence with the same path, size and files, or null.</summary>
    public long? FindEvidence(EvidenceRow row) => throw Absent();

    /// <summary>Adds the parts of the media and completes <see cref="Stage.Volumes"/>.</summary>
    public void AddVolumes(long evidenceId, IReadOnlyList<VolumeRow> volumes, IReadOnlyList<Problem> problems) => throw Absent();

    /// <summary>Whether a stage was completed, in this run or an earlier one.</summary>
    public bool IsComplete(long evidenceId, Stage stage, int? volumeIndex) => throw Absent();

    /// <summary>Marks a stage as completed.</summary>
    public void Complete(long evidenceId, Stage stage, int? volumeIndex) => throw Absent();

    /// <summary>How many file entries (not streams) of a part are stored, to be passed over when an inventory is resumed.</summary>
    public long EntriesStored(long evidenceId, int? volumeIndex) => throw Absent();

    /// <summary>Adds file entries, one row for each stream; ids go on in sequence over the whole case. Returns the id of the first row.</summary>
    public long AddEntries(long evidenceId, int? volumeIndex, IReadOnlyList<FileEntry> entries, IReadOnlyList<Problem> problems) => throw Absent();

    /// <summary>Adds the claims of deleted streams.</summary>
    public void AddClaims(long evidenceId, int volumeIndex, IReadOnlyList<ClaimsRow> claims) => throw Absent();

    /// <summary>Adds what reading streams gave.</summary>
    public void AddContent(long evidenceId, IReadOnlyList<ContentRow> rows) => throw Absent();

    /// <summary>Adds a known set at the version used; the same name and SHA-256 give the same id.</summary>
    public long AddKnownSet(KnownSetRow row) => throw Absent();

    /// <summary>Adds hashes of the whole media and completes <see cref="Stage.MediaHash"/>.</summary>
    public void AddMediaHashes(long evidenceId, IReadOnlyList<MediaHashRow> hashes, IReadOnlyList<Problem> problems) => throw Absent();

    /// <summary>Adds problems that concern no single stream.</summary>
    public void AddProblems(long evidenceId, int? volumeIndex, Stage stage, IReadOnlyList<Problem> problems) => throw Absent();

    /// <summary>Adds the coverage and completes <see cref="Stage.Coverage"/>.</summary>
    public void AddCoverage(long evidenceId, IReadOnlyList<CoverageRow> rows) => throw Absent();

    /// <summary>Row ids that have a content row, as bits: bit n is row n. One bit for each row of the case; ids at or past its length have none.</summary>
    public BitArray ContentDone(long evidenceId) => throw Absent();

    /// <summary>Ends the run with an audit entry and a signed checkpoint, which is also written to the folder checkpoints of the case.</summary>
    public CaseCheckpoint Finish(string outcome, IReadOnlyDictionary<string, string> figures) => throw Absent();

    /// <summary>Leaves the run as it is; without <see cref="Finish"/> it counts as unfinished.</summary>
    public void Dispose()
    {
    }

    private CaseException Absent() => new($"writing run {RunId} is not in this build");
}
