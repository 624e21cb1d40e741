using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Cli.Display;

/// <summary>What a case holds, read once for the screen and the JSON.</summary>
internal sealed record CaseSummary
{
    public required string Directory { get; init; }

    public required IReadOnlyList<EvidencePart> Evidence { get; init; }

    public required CaseCounts Counts { get; init; }

    public required IReadOnlyList<StoredKnownSet> KnownSets { get; init; }

    /// <summary>Streams that hit, by the row id of the set.</summary>
    public required IReadOnlyDictionary<long, long> HitsBySet { get; init; }

    public required IReadOnlyList<CaseCheckpoint> Checkpoints { get; init; }

    public required IReadOnlyList<RunPart> Runs { get; init; }

    /// <summary>The last entry of the audit log; null in a case without one.</summary>
    public required AuditEntry? LastAudit { get; init; }

    public static CaseSummary Read(CaseReader reader)
    {
        List<EvidencePart> evidence = [];
        IReadOnlyList<StoredEvidence> all = reader.Evidence();
        foreach (StoredEvidence stored in all)
        {
            // The counts of the whole case cost less than those of one evidence in it.
            evidence.Add(new EvidencePart(stored, reader.Volumes(stored.Id), reader.Counts(all.Count == 1 ? null : stored.Id), reader.Coverage(stored.Id), reader.MediaHashes(stored.Id)));
        }

        var hits = new Dictionary<long, long>();
        foreach (StoredHit hit in reader.Hits())
        {
            hits[hit.Hit.SetId] = hits.GetValueOrDefault(hit.Hit.SetId) + 1;
        }

        var runs = new SortedDictionary<long, RunPart>();
        AuditEntry? last = null;
        foreach (AuditEntry entry in reader.Audit())
        {
            last = entry;
            if (entry.RunId > 0)
            {
                runs[entry.RunId] = runs.TryGetValue(entry.RunId, out RunPart? run)
                    ? run with { LastUtc = entry.Utc }
                    : new RunPart(entry.RunId, entry.Who, entry.Host, entry.Tool, entry.Utc, entry.Utc);
            }
        }

        return new CaseSummary
        {
            Directory = reader.Directory,
            Evidence = evidence,
            Counts = evidence.Count == 1 ? evidence[0].Counts : reader.Counts(),
            KnownSets = reader.KnownSets(),
            HitsBySet = hits,
            Checkpoints = reader.Checkpoints(),
            Runs = [.. runs.Values],
            LastAudit = last,
        };
    }
}

/// <summary>One evidence of a case.</summary>
internal sealed record EvidencePart(StoredEvidence Stored, IReadOnlyList<VolumeRow> Volumes, CaseCounts Counts, IReadOnlyList<CoverageRow> Coverage, IReadOnlyList<MediaHashRow> Hashes)
{
    /// <summary>Every stored hash was computed and is equal; false where one differs; null where none is stored or none was computed.</summary>
    public bool? Verified => HashReport.Verified(Stored.Row.StoredHashes, Hashes);
}

/// <summary>One run of the command on the case, from its audit entries.</summary>
internal sealed record RunPart(long Id, string Who, string Host, string Tool, string FirstUtc, string LastUtc);

/// <summary>Stored against computed hashes.</summary>
internal static class HashReport
{
    public static readonly IReadOnlyList<string> Algorithms = ["MD5", "SHA1", "SHA256"];

    public static bool? Verified(IReadOnlyList<StoredHash> stored, IReadOnlyList<MediaHashRow> computed)
    {
        if (stored.Count == 0 || computed.Count == 0 || !computed.Any(c => c.Verified is not null))
        {
            return null;
        }

        return computed.All(c => c.Verified != false);
    }

    /// <summary>The lines of the screen: one for each algorithm of which there is a hash.</summary>
    public static IEnumerable<(string Label, string Text)> Lines(IReadOnlyList<StoredHash> stored, IReadOnlyList<MediaHashRow> computed)
    {
        foreach (string algorithm in Algorithms)
        {
            MediaHashRow? row = computed.FirstOrDefault(c => c.Algorithm == algorithm);
            string? value = row is null ? null : Convert.ToHexStringLower(row.Value);
            List<StoredHash> claims = [.. stored.Where(s => s.Algorithm == algorithm)];
            if (value is not null)
            {
                string outcome = row!.Verified switch { true => "  verified: equal to the stored one", false => "  MISMATCH", null => "  (none stored)" };
                yield return (algorithm, value + outcome);
            }

            foreach (StoredHash claim in claims)
            {
                string text = Convert.ToHexStringLower(claim.Value);
                if (value is null)
                {
                    yield return (algorithm, $"{text}  stored in {claim.Source}, not computed");
                }
                else if (text != value)
                {
                    yield return ("", $"{text}  stored in {claim.Source}");
                }
            }
        }
    }
}
