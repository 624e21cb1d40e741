namespace Cairn.Core;

/// <summary>How a timestamp is written on the media; the raw value is kept beside its meaning.</summary>
public enum TimeKind
{
    /// <summary>No time is stored.</summary>
    None = 0,

    /// <summary>100-nanosecond intervals since 1601-01-01 UTC (NTFS).</summary>
    FileTime = 1,

    /// <summary>FAT date and time in local time: raw is date &lt;&lt; 24 | time &lt;&lt; 8 | hundredths (0–199).</summary>
    FatLocal = 2,

    /// <summary>exFAT: raw is the 32-bit timestamp &lt;&lt; 16 | hundredths (0–199) &lt;&lt; 8 | UTC-offset byte; local time where the offset is not valid.</summary>
    ExFat = 3,

    /// <summary>Nanoseconds since 1970-01-01 UTC (ext, folders, archives with nanoseconds).</summary>
    UnixNanoseconds = 4,

    /// <summary>Seconds since 1970-01-01 UTC.</summary>
    UnixSeconds = 5,
}

/// <summary>A timestamp: the raw value as stored, and how to read it.</summary>
/// <param name="Raw">The stored value.</param>
/// <param name="Kind">How it is written.</param>
public readonly record struct EvidenceTime(long Raw, TimeKind Kind)
{
    private const long FileTimeEpochTicks = 504_911_232_000_000_000; // 1601-01-01 in .NET ticks
    private const long UnixEpochTicks = 621_355_968_000_000_000;

    /// <summary>No time stored.</summary>
    public static EvidenceTime None => default;

    /// <summary>True where no time is stored; a zero FILETIME or FAT date counts as none.</summary>
    public bool IsNone => Kind == TimeKind.None || (Raw == 0 && Kind is TimeKind.FileTime or TimeKind.FatLocal or TimeKind.ExFat);

    /// <summary>
    /// Seconds since 1970-01-01 UTC and the nanoseconds (0–999,999,999) beyond, or null where there is no time or the value means none.
    /// Local times (FAT, exFAT without an offset) are taken as UTC; the caller says so.
    /// </summary>
    public (long Seconds, int Nanoseconds)? ToUnix()
    {
        if (IsNone)
        {
            return null;
        }

        switch (Kind)
        {
            case TimeKind.FileTime:
                if (Raw < 0)
                {
                    return null;
                }

                return Split(Raw - (UnixEpochTicks - FileTimeEpochTicks), 10_000_000, 100);
            case TimeKind.UnixNanoseconds:
                return Split(Raw, 1_000_000_000, 1);
            case TimeKind.UnixSeconds:
                return (Raw, 0);
            case TimeKind.FatLocal:
                return Dos((uint)(Raw >> 24) & 0xFFFF, (uint)(Raw >> 8) & 0xFFFF, (int)(Raw & 0xFF), 0);
            case TimeKind.ExFat:
                byte zone = (byte)Raw;
                int quarterHours = (zone & 0x80) == 0 ? 0 : ((zone & 0x7F) ^ 0x40) - 0x40;
                return Dos((uint)(Raw >> 32) & 0xFFFF, (uint)(Raw >> 16) & 0xFFFF, (int)((Raw >> 8) & 0xFF), quarterHours * 900);
            default:
                return null;
        }
    }

    /// <summary>ISO 8601 UTC with the precision of the format, or null where there is no time or it is outside years 1–9999.</summary>
    public string? ToIso()
    {
        if (ToUnix() is not (long seconds, int nanoseconds))
        {
            return null;
        }

        // 0001-01-01 and 9999-12-31T23:59:59 in Unix seconds.
        if (seconds is < -62_135_596_800 or > 253_402_300_799)
        {
            return null;
        }

        string whole = new DateTime((seconds * 10_000_000) + UnixEpochTicks, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        return Kind switch
        {
            TimeKind.FileTime => $"{whole}.{nanoseconds / 100:D7}Z",
            TimeKind.UnixNanoseconds => $"{whole}.{nanoseconds:D9}Z",
            TimeKind.FatLocal or TimeKind.ExFat when nanoseconds != 0 => $"{whole}.{nanoseconds / 10_000_000:D2}Z",
            _ => whole + "Z",
        };
    }

    private static (long, int) Split(long value, long perSecond, int nanosecondsPerUnit)
    {
        long seconds = Math.DivRem(value, perSecond, out long rest);
        if (rest < 0)
        {
            seconds--;
            rest += perSecond;
        }

        return (seconds, (int)(rest * nanosecondsPerUnit));
    }

    private static (long, int)? Dos(uint date, uint time, int hundredths, int offsetSeconds)
    {
        int year = 1980 + (int)(date >> 9), month = (int)(date >> 5) & 15, day = (int)date & 31;
        int hour = (int)(time >> 11), minute = (int)(time >> 5) & 63, second = ((int)time & 31) * 2;
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59 || hundredths > 199)
        {
            return null;
        }

        long seconds = ((new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks - UnixEpochTicks) / 10_000_000) + (hundredths / 100) - offsetSeconds;
        return (seconds, hundredths % 100 * 10_000_000);
    }
}
