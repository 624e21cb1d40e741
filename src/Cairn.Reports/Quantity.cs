using System.Globalization;

namespace Cairn.Reports;

/// <summary>Numbers as a person reads them; the same on every machine.</summary>
public static class Quantity
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>"1,234,567".</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 file", "2 files".</summary>
    public static string Count(long value, string one, string many) => $"{Count(value)} {(value == 1 ? one : many)}";

    /// <summary>"512 bytes", "1.2 MiB".</summary>
    public static string Size(long bytes)
    {
        if (bytes < 1024)
        {
            return Count(bytes, "byte", "bytes");
        }

        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>"1,234,567 bytes (1.18 MiB)".</summary>
    public static string ExactSize(long bytes) => bytes < 1024 ? Size(bytes) : $"{Count(bytes)} bytes ({Size(bytes)})";

    /// <summary>"3.2 s", "4 min 05 s", "2 h 04 min".</summary>
    public static string Duration(TimeSpan time) =>
        time.TotalSeconds < 60 ? time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
        : time.TotalMinutes < 60 ? $"{(int)time.TotalMinutes} min {time.Seconds:00} s"
        : $"{(long)time.TotalHours} h {time.Minutes:00} min";

    /// <summary>ISO 8601 UTC to the second.</summary>
    public static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
