using Cairn.CaseStore;
using Cairn.CaseStore.Review;
using Cairn.Core.Overrules;

namespace Cairn.Reports;

/// <summary>How often people said of hits on an entry of a known set that they are wrong.</summary>
public sealed class Overruled
{
    private readonly IReadOnlyDictionary<(string Set, string KnownEntry), long> here;
    private readonly OverruleRegister? register;
    private readonly string caseId;

    private Overruled(IReadOnlyDictionary<(string, string), long> here, OverruleRegister? register, string caseId) => (this.here, this.register, this.caseId) = (here, register, caseId);

    /// <summary>Nobody said so of any.</summary>
    public static Overruled Never { get; } = new(new Dictionary<(string, string), long>(), null, "");

    /// <summary>What the review of a case and the register of a folder of known sets say.</summary>
    /// <param name="reader">The case.</param>
    /// <param name="knownDirectory">The folder of known sets, or null.</param>
    /// <param name="complain">Takes what the register could not tell.</param>
    public static Overruled Of(CaseReader reader, string? knownDirectory, Action<string> complain)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(complain);
        using ReviewReader? review = ReviewReader.Open(reader.Directory);
        OverruleRegister? register = null;
        try
        {
            register = knownDirectory is null ? null : OverruleRegister.Load(knownDirectory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            complain($"what was overruled in other cases is not known: {error.Message}");
        }

        if (register is { UnreadableLines: > 0 and var lines })
        {
            complain($"{OverruleRegister.FileName} in {knownDirectory} has {lines} {(lines == 1 ? "line" : "lines")} that cannot be read");
        }

        return new Overruled(review?.OverruleCounts() ?? new Dictionary<(string, string), long>(), register?.Standing.Any() == true ? register : null, reader.CaseId());
    }

    /// <summary>How often the entry that a row hits was overruled: in this case, and in others that share the known sets.</summary>
    public (long Here, long Elsewhere) Count(ExportRow row, HitRow hit, KnownSetRow? set)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (set is null || (here.Count == 0 && register is null))
        {
            return (0, 0);
        }

        string entry = Overrule.EntryOf(hit, ContentKey.Of(row.Sha256, row.Id));
        return (here.GetValueOrDefault((set.Name, entry)), register?.Count(set.Name, entry, caseId) ?? 0);
    }
}
