using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Report.Content;

/// <summary>The times of an entry, each with its name and where it is stored.</summary>
internal static class EntryTimeLine
{
    /// <summary>How many a row can have.</summary>
    public const int Count = 9;

    private static readonly string[] Names = ["modified", "accessed", "metadata changed", "created", "modified", "accessed", "metadata changed", "created", "deleted"];

    /// <summary>The time at <paramref name="index"/>, 0 to 8: four of the entry, four of its name, deletion.</summary>
    public static EvidenceTime Of(ExportRow row, int index) => index switch
    {
        0 => row.Times.Modified,
        1 => row.Times.Accessed,
        2 => row.Times.Changed,
        3 => row.Times.Created,
        4 => row.NameTimes.Modified,
        5 => row.NameTimes.Accessed,
        6 => row.NameTimes.Changed,
        7 => row.NameTimes.Created,
        _ => row.Deleted,
    };

    public static string Name(int index) => Names[index];

    /// <summary>Where the time is stored.</summary>
    public static string Source(ExportRow row, int index, ExportContext context)
    {
        if (row.Member is not null)
        {
            return "record in the file that holds it";
        }

        if (index is >= 4 and < 8)
        {
            return "$FILE_NAME";
        }

        string system = context.VolumeOf(row)?.FileSystem?.TypeName ?? "";
        return system.StartsWith("NTFS", StringComparison.Ordinal) ? "$STANDARD_INFORMATION"
            : system.Contains("FAT", StringComparison.Ordinal) ? $"{system} directory entry"
            : system.StartsWith("ext", StringComparison.Ordinal) ? $"{system} inode"
            : row.VolumeIndex is null ? "folder or archive as it was examined"
            : system.Length > 0 ? system : "file system";
    }

    /// <summary>The time as stored gives no zone: what is shown as UTC is local time.</summary>
    public static bool IsLocal(EvidenceTime time) => time.Kind == TimeKind.FatLocal || (time.Kind == TimeKind.ExFat && (time.Raw & 0x80) == 0);

    /// <summary>"2026-01-02T03:04:05Z", "2026-01-02 03:04:06 (local, zone not stored)"; null where there is none that can be shown.</summary>
    public static string? Text(EvidenceTime time)
    {
        if (time.IsNone)
        {
            return null;
        }

        if (time.ToIso() is not string iso)
        {
            return $"not a valid time (stored value {time.Raw})";
        }

        return IsLocal(time) ? $"{iso[..^1].Replace('T', ' ')} local time, zone not stored" : $"{iso[..^1].Replace('T', ' ')} UTC";
    }
}
