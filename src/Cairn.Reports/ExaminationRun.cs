using System.Globalization;
using System.Text.Json;
using Cairn.CaseStore;

namespace Cairn.Reports;

/// <summary>A run of Cairn on the case, as its audit log tells it.</summary>
/// <param name="Id">From 1.</param>
/// <param name="Command">What was asked for: "examine".</param>
/// <param name="Start">ISO 8601 UTC.</param>
/// <param name="End">ISO 8601 UTC; null where it did not end (it goes on, or was killed).</param>
/// <param name="Who">User of the operating system.</param>
/// <param name="Host">Name of the machine.</param>
/// <param name="Tool">Name and version of the program.</param>
public sealed record ExaminationRun(long Id, string Command, string Start, string? End, string Who, string Host, string Tool)
{
    /// <summary>The evidence that it added rows of, ascending.</summary>
    public IReadOnlyList<long> Evidence { get; init; } = [];

    /// <summary>The runs in a log, ascending.</summary>
    public static IReadOnlyList<ExaminationRun> Of(IEnumerable<AuditEntry> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        SortedDictionary<long, ExaminationRun> runs = [];
        Dictionary<long, SortedSet<long>> evidence = [];
        foreach (AuditEntry entry in log)
        {
            if (entry.Action == "run started")
            {
                runs[entry.RunId] = new ExaminationRun(entry.RunId, Said(entry.Detail, "command") ?? "", entry.Utc, null, entry.Who, entry.Host, entry.Tool);
            }
            else if (entry.Action == "run finished" && runs.TryGetValue(entry.RunId, out ExaminationRun? run))
            {
                runs[entry.RunId] = run with { End = entry.Utc };
            }
            else if (entry.Detail.Contains("\"evidence\":", StringComparison.Ordinal) && long.TryParse(Said(entry.Detail, "evidence"), NumberStyles.None, CultureInfo.InvariantCulture, out long id))
            {
                if (!evidence.TryGetValue(entry.RunId, out SortedSet<long>? ids))
                {
                    evidence.Add(entry.RunId, ids = []);
                }

                ids.Add(id);
            }
        }

        return [.. runs.Values.Select(run => evidence.TryGetValue(run.Id, out SortedSet<long>? ids) ? run with { Evidence = [.. ids] } : run)];
    }

    /// <summary>A member of the detail of an entry, as text; null where it has none.</summary>
    private static string? Said(string detail, string name)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(detail);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;
        }
        catch (JsonException)
        {
            // A damaged log: verify says so.
            return null;
        }
    }
}
