using System.Globalization;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Timesketch;

/// <summary>One time of a row.</summary>
/// <param name="Time">The time.</param>
/// <param name="Microseconds">Since 1970-01-01 UTC.</param>
/// <param name="Description">What happened then, in the words that Plaso uses.</param>
/// <param name="Source">Where the time is written.</param>
internal readonly record struct TimesketchTime(EvidenceTime Time, long Microseconds, string Description, string Source);

/// <summary>The times of rows as Timesketch wants them; both formats write the same.</summary>
internal static class TimesketchRows
{
    /// <summary>The rows whose times are told: of each entry the first stream that is wanted, since its times are those of all.</summary>
    public static IEnumerable<ExportRow> OnePerEntry(IEnumerable<ExportRow> rows)
    {
        long last = -1;
        foreach (ExportRow row in rows)
        {
            if (row.FirstId != last)
            {
                last = row.FirstId;
                yield return row;
            }
        }
    }

    /// <summary>Every time of a row that can be written, in a fixed order.</summary>
    public static IEnumerable<TimesketchTime> TimesOf(ExportRow row, ExportContext context)
    {
        string source = SourceOf(row, context);
        foreach (TimesketchTime time in Four(row.Times, source))
        {
            yield return time;
        }

        if (At(row.Deleted, "Content Deletion Time", source) is TimesketchTime deleted)
        {
            yield return deleted;
        }

        foreach (TimesketchTime time in Four(row.NameTimes, "NTFS $FILE_NAME"))
        {
            yield return time;
        }
    }

    /// <summary>A sentence that begins with a word of ours, so that no name makes it a formula.</summary>
    public static string Message(ExportRow row, ExportContext context)
    {
        string what = FieldWords.Of(row.Type);
        string state = row.State == EntryState.Allocated ? "" : $" ({FieldWords.Of(row.State)}{(row.MetadataReallocated ? ", metadata of another file by now" : "")})";
        string hits = row.Hits.Count == 0 ? "" : $" [{Hits(row, context)}]";
        return $"{char.ToUpperInvariant(what[0])}{what[1..]} /{row.Path}{state}{hits}";
    }

    /// <summary>Sets with their meaning, comma between.</summary>
    public static string Hits(ExportRow row, ExportContext context) =>
        string.Join(", ", row.Hits.Select(h => $"{context.Set(h.SetId)?.Name ?? $"set {h.SetId.ToString(CultureInfo.InvariantCulture)}"} ({context.MeaningOf(h)}, {h.Method})").Distinct(StringComparer.Ordinal));

    private static string SourceOf(ExportRow row, ExportContext context)
    {
        if (row.Member is not null)
        {
            return "container it lies in";
        }

        string? system = context.VolumeOf(row)?.FileSystem?.TypeName;
        return system switch
        {
            null => "file system",
            "NTFS" => "NTFS $STANDARD_INFORMATION",
            _ => system,
        };
    }

    private static IEnumerable<TimesketchTime> Four(EntryTimes times, string source)
    {
        if (At(times.Modified, "Content Modification Time", source) is TimesketchTime modified)
        {
            yield return modified;
        }

        if (At(times.Accessed, "Last Access Time", source) is TimesketchTime accessed)
        {
            yield return accessed;
        }

        if (At(times.Changed, "Metadata Modification Time", source) is TimesketchTime changed)
        {
            yield return changed;
        }

        if (At(times.Created, "Creation Time", source) is TimesketchTime created)
        {
            yield return created;
        }
    }

    private static TimesketchTime? At(EvidenceTime time, string description, string source) =>
        time.ToUnix() is (long seconds, int nanoseconds) && seconds is >= -62_135_596_800 and <= 253_402_300_799
            ? new TimesketchTime(time, (seconds * 1_000_000) + (nanoseconds / 1_000), description, source)
            : null;
}
