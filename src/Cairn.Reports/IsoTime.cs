using Cairn.Core;

namespace Cairn.Reports;

/// <summary>Writes times as <see cref="EvidenceTime.ToIso"/> does, without a string for each: an export has four for every stream.</summary>
internal static class IsoTime
{
    /// <summary>Bytes that the longest takes.</summary>
    public const int MaximumLength = 30;

    /// <summary>Whether the time is stored as local time without a zone (FAT, ZIP; exFAT without a valid offset), and is written as if UTC.</summary>
    public static bool IsLocal(EvidenceTime time) => time.Kind == TimeKind.FatLocal || (time.Kind == TimeKind.ExFat && (time.Raw & 0x80) == 0);

    /// <summary>ISO 8601 UTC in ASCII; 0 where there is no time or it is outside years 1–9999.</summary>
    public static int Format(EvidenceTime time, Span<byte> target)
    {
        if (time.ToUnix() is not (long seconds, int nanoseconds) || seconds is < -62_135_596_800 or > 253_402_300_799)
        {
            return 0;
        }

        long days = Math.DivRem(seconds, 86_400, out long ofDay);
        if (ofDay < 0)
        {
            days--;
            ofDay += 86_400;
        }

        DateOnly date = DateOnly.FromDayNumber((int)(days + 719_162)); // days from 0001-01-01 to 1970-01-01
        Digits(target, 0, 4, date.Year);
        target[4] = (byte)'-';
        Digits(target, 5, 2, date.Month);
        target[7] = (byte)'-';
        Digits(target, 8, 2, date.Day);
        target[10] = (byte)'T';
        Digits(target, 11, 2, (int)(ofDay / 3600));
        target[13] = (byte)':';
        Digits(target, 14, 2, (int)(ofDay / 60 % 60));
        target[16] = (byte)':';
        Digits(target, 17, 2, (int)(ofDay % 60));
        int length = 19;
        (int digits, int fraction) = time.Kind switch
        {
            TimeKind.FileTime => (7, nanoseconds / 100),
            TimeKind.UnixNanoseconds => (9, nanoseconds),
            TimeKind.FatLocal or TimeKind.ExFat when nanoseconds != 0 => (2, nanoseconds / 10_000_000),
            _ => (0, 0),
        };
        if (digits > 0)
        {
            target[length] = (byte)'.';
            Digits(target, length + 1, digits, fraction);
            length += 1 + digits;
        }

        target[length] = (byte)'Z';
        return length + 1;
    }

    private static void Digits(Span<byte> target, int at, int count, int value)
    {
        for (int i = at + count - 1; i >= at; i--)
        {
            target[i] = (byte)('0' + (value % 10));
            value /= 10;
        }
    }
}
