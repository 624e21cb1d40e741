using System.Globalization;
using Cairn.CaseStore.Browse;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Reports;

namespace Cairn.Web.Components.Parts;

/// <summary>Values of entries in words for people.</summary>
internal static class EntryWords
{
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

    public static string Size(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{bytes:N0}" : $"{value.ToString(value < 10 ? "N2" : "N1", CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A time as a table shows it: UTC, to the second; local where the media does not say.</summary>
    public static string Time(EvidenceTime time)
    {
        if (time.ToUnix() is not (long seconds, int nanoseconds))
        {
            return "";
        }

        _ = nanoseconds;
        return seconds is < -62_135_596_800 or > 253_402_300_799
            ? $"{seconds} s"
            : DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + (IsLocal(time) ? " local" : "");
    }

    /// <summary>The same with everything that is stored.</summary>
    public static string FullTime(EvidenceTime time)
    {
        if (time.ToUnix() is not (long seconds, int nanoseconds))
        {
            return "not stored";
        }

        string second = seconds is < -62_135_596_800 or > 253_402_300_799
            ? $"{seconds} s since 1970"
            : DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return $"{second}.{nanoseconds:D9} {(IsLocal(time) ? "local time, zone unknown" : "UTC")}";
    }

    public static string Kind(TimeKind kind) => kind switch
    {
        TimeKind.FileTime => "FILETIME: 100 ns since 1601",
        TimeKind.FatLocal => "FAT date and time",
        TimeKind.ExFat => "exFAT date and time",
        TimeKind.UnixNanoseconds => "Unix, nanoseconds",
        TimeKind.UnixSeconds => "Unix, seconds",
        _ => "",
    };

    public static string Family(ContentFamily? family) => family is ContentFamily known ? known switch { ContentFamily.DiskImage => "disk image", _ => known.ToString().ToLowerInvariant() } : "";

    public static string Name(EntrySummary row)
    {
        string name = row.Name.Length > 0 ? row.Name : "/";
        return VisibleText.Escape(row.Stream.Length > 0 ? $"{name}:{row.Stream}" : name);
    }

    public static string Path(EntrySummary row) => VisibleText.Escape(row.Stream.Length > 0 ? $"{row.Path}:{row.Stream}" : row.Path);

    public static string Folder(EntrySummary row) => row.Path.LastIndexOf('/') is > 0 and int at ? VisibleText.Escape(row.Path[..at]) : "/";

    public static string? Hex(byte[]? hash) => hash is null ? null : Convert.ToHexStringLower(hash);

    private static bool IsLocal(EvidenceTime time) => time.Kind == TimeKind.FatLocal || (time.Kind == TimeKind.ExFat && (time.Raw & 0x80) == 0);
}
