using System.Collections.Frozen;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;

namespace Cairn.Reports;

/// <summary>What an export needs to know of the case beside its rows.</summary>
public sealed class ExportContext
{
    private readonly FrozenDictionary<long, StoredEvidence> evidence;
    private readonly FrozenDictionary<long, KnownSetRow> sets;
    private readonly Dictionary<long, IReadOnlyDictionary<int, VolumeRow>> volumes = [];

    /// <summary>The evidence and the known sets that the rows refer to.</summary>
    public ExportContext(IReadOnlyList<StoredEvidence> evidence, IReadOnlyList<StoredKnownSet> knownSets)
    {
        Evidence = evidence;
        this.evidence = evidence.ToFrozenDictionary(e => e.Id);
        sets = knownSets.ToFrozenDictionary(s => s.Id, s => s.Row);
    }

    /// <summary>Every evidence of the case.</summary>
    public IReadOnlyList<StoredEvidence> Evidence { get; }

    /// <summary>32 hexadecimal digits that name the case.</summary>
    public string CaseId { get; init; } = new('0', 32);

    /// <summary>Name and version of the program that exports.</summary>
    public string Tool { get; init; } = "Cairn";

    /// <summary>The examinations of the case, in order.</summary>
    public IReadOnlyList<ExaminationRun> Runs { get; init; } = [];

    /// <summary>The parts of one evidence.</summary>
    public Func<long, IReadOnlyList<VolumeRow>> VolumesOf { get; init; } = _ => [];

    /// <summary>Hashes of the media of one evidence.</summary>
    public Func<long, IReadOnlyList<MediaHashRow>> MediaHashesOf { get; init; } = _ => [];

    /// <summary>One row by its id, for formats that put rows together.</summary>
    public Func<long, ExportRow?> RowOf { get; init; } = _ => null;

    /// <summary>The evidence itself, where it could be asked for; null where it could not.</summary>
    public IEvidenceAccess? Access { get; init; }

    /// <summary>What people decided of a row's content: the grade, null where none is decided, and the flags with it.</summary>
    public Func<ExportRow, (string? Grade, IReadOnlyList<string> Flags)> GradeOf { get; init; } = _ => (null, []);

    /// <summary>How categories are written in VICS; null where nothing was said.</summary>
    public Vics.VicsSettings? Vics { get; init; }

    /// <summary>How often the entry of a known set that a row hits was overruled.</summary>
    public Overruled Overruled { get; init; } = Overruled.Never;

    /// <summary>Takes what could not be done for a row, for the person; the export goes on.</summary>
    public Action<string> Complain { get; init; } = _ => { };

    /// <summary>The context of an open case.</summary>
    public static ExportContext Of(CaseReader reader, ExportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(settings);
        return new ExportContext(reader.Evidence(), reader.KnownSets())
        {
            CaseId = reader.CaseId(),
            Tool = settings.Tool,
            Runs = ExaminationRun.Of(reader.Audit()),
            VolumesOf = reader.Volumes,
            MediaHashesOf = reader.MediaHashes,
            RowOf = reader.Entry,
            Access = settings.Access,
            GradeOf = settings.Review is ReviewReader review
                ? row => review.StandingOf(ContentKey.Of(row.Sha256, row.Id)) is { State: ContentState.Decided } standing ? (standing.Grade, standing.Flags) : (null, [])
                : _ => (null, []),
            Vics = settings.Vics,
            Overruled = Overruled.Of(reader, settings.KnownDirectory, settings.Complain),
            Complain = settings.Complain,
        };
    }

    /// <summary>The exhibit reference, or the file name where there is none.</summary>
    public string ExhibitName(long evidenceId)
    {
        if (!evidence.TryGetValue(evidenceId, out StoredEvidence? found))
        {
            return $"evidence {evidenceId}";
        }

        return found.Row.Exhibit ?? Path.GetFileName(found.Row.Path.TrimEnd(Path.DirectorySeparatorChar));
    }

    /// <summary>The set of a hit, or null where the case does not hold it (a damaged case).</summary>
    public KnownSetRow? Set(long setId) => sets.GetValueOrDefault(setId);

    /// <summary>"known", "notable" or "ignorable": what the entry of the set says, else the set; null where the case does not say.</summary>
    public string? MeaningOf(HitRow hit)
    {
        ArgumentNullException.ThrowIfNull(hit);
        return hit.Entry?.Meaning ?? Set(hit.SetId)?.Meaning;
    }

    /// <summary>The part of the media that a row lies on; null for logical evidence and where the case does not hold it.</summary>
    public VolumeRow? VolumeOf(ExportRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (!volumes.TryGetValue(row.EvidenceId, out IReadOnlyDictionary<int, VolumeRow>? parts))
        {
            parts = VolumesOf(row.EvidenceId).ToFrozenDictionary(v => v.Index);
            volumes.Add(row.EvidenceId, parts);
        }

        return parts.GetValueOrDefault(row.VolumeIndex ?? 0);
    }
}

/// <summary>What is asked of an export beside its format.</summary>
public sealed record ExportSettings
{
    /// <summary>Every row, nothing more.</summary>
    public static ExportSettings Default { get; } = new();

    /// <summary>Which rows.</summary>
    public EntryFilter Filter { get; init; } = EntryFilter.All;

    /// <summary>See <see cref="ExportContext.Tool"/>.</summary>
    public string Tool { get; init; } = "Cairn";

    /// <summary>See <see cref="ExportContext.Access"/>.</summary>
    public IEvidenceAccess? Access { get; init; }

    /// <summary>The review of the case, whose decided grades count; null where there is none.</summary>
    public ReviewReader? Review { get; init; }

    /// <summary>See <see cref="ExportContext.Vics"/>.</summary>
    public Vics.VicsSettings? Vics { get; init; }

    /// <summary>Folder of known sets, whose register tells what was overruled in other cases; null for none.</summary>
    public string? KnownDirectory { get; init; }

    /// <summary>See <see cref="ExportContext.Complain"/>.</summary>
    public Action<string> Complain { get; init; } = _ => { };
}
