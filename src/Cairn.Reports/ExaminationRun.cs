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
    /// <summary>The runs in a log, ascending.</summary>
    public static IReadOnlyList<ExaminationRun> Of(IEnumerable<AuditEntry> log)
    {
        ArgumentNullException.ThrowIfNull(log);
        SortedDictionary<long, ExaminationRun> runs = [];
        foreach (AuditEntry entry in log)
        {
            if (entry.Action == "run started")
            {
                runs[entry.RunId] = new ExaminationRun(entry.RunId, CommandOf(entry.Detail), entry.Utc, null, entry.Who, entry.Host, entry.Tool);
            }
            else if (entry.Action == "run finished" && runs.TryGetValue(entry.RunId, out ExaminationRun? run))
            {
                runs[entry.RunId] = run with { End = entry.Utc };
            }
        }

        return [.. runs.Values];
    }

    private static string CommandOf(string detail)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(detail);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("command", out JsonElement command) ? command.GetString() ?? "" : "";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A damaged log: verify says so.
            return "";
        }
    }
}
