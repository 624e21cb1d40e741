using System.Collections.Frozen;
using Cairn.CaseStore;

namespace Cairn.Reports;

/// <summary>What an export needs to know of the case beside its rows.</summary>
public sealed class ExportContext
{
    private readonly FrozenDictionary<long, StoredEvidence> evidence;
    private readonly FrozenDictionary<long, KnownSetRow> sets;

    /// <summary>The evidence and the known sets that the rows refer to.</summary>
    public ExportContext(IReadOnlyList<StoredEvidence> evidence, IReadOnlyList<StoredKnownSet> knownSets)
    {
        Evidence = evidence;
        this.evidence = evidence.ToFrozenDictionary(e => e.Id);
        sets = knownSets.ToFrozenDictionary(s => s.Id, s => s.Row);
    }

    /// <summary>Every evidence of the case.</summary>
    public IReadOnlyList<StoredEvidence> Evidence { get; }

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
}
