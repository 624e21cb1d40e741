using System.Globalization;

namespace Cairn.Known.Import;

/// <summary>Times of ThreatExchange: seconds since 1970, or text.</summary>
internal static class UnixTime
{
    /// <summary>ISO 8601 in UTC; what is no number of seconds stays as it is.</summary>
    public static string? Text(string? value) =>
        string.IsNullOrWhiteSpace(value) ? null
        : long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)
            : value;
}
