using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Logical.Tar;

/// <summary>A 512-byte header block (POSIX.1-1988 ustar, GNU tar, V7, star).</summary>
internal sealed class TarHeader
{
    public const int Block = 512;

    private static readonly UTF8Encoding StrictUtf8 = new(false, true);

    /// <summary>0. Name, up to 100 bytes, with the prefix of ustar in front.</summary>
    public byte[] Name { get; private init; } = [];

    /// <summary>100. Permission bits.</summary>
    public long Mode { get; private init; }

    /// <summary>108.</summary>
    public long Uid { get; private init; }

    /// <summary>116.</summary>
    public long Gid { get; private init; }

    /// <summary>124. Bytes of data that follow.</summary>
    public long Size { get; private init; }

    /// <summary>136. Seconds since 1970.</summary>
    public long Modified { get; private init; }

    /// <summary>156.</summary>
    public char Type { get; private init; }

    /// <summary>157. Target of a link.</summary>
    public byte[] Link { get; private init; } = [];

    /// <summary>265.</summary>
    public string Owner { get; private init; } = "";

    /// <summary>297.</summary>
    public string Group { get; private init; } = "";

    /// <summary>GNU: 345 and 357; star: 476 and 488. Null where there is none.</summary>
    public long? Accessed { get; private init; }

    public long? Changed { get; private init; }

    /// <summary>GNU old sparse: 386, four pairs; 482 more follow; 483 size of the file.</summary>
    public List<(long Offset, long Length)> Sparse { get; } = [];

    public bool MoreSparse { get; private init; }

    public long RealSize { get; private init; }

    /// <summary>Fields that do not hold.</summary>
    public List<Problem> Problems { get; } = [];

    public static bool IsZero(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>148. The sum of all bytes, these eight taken as spaces; some old tools summed signed bytes.</summary>
    public static bool ChecksumHolds(ReadOnlySpan<byte> block)
    {
        if (block.Length < Block || !TryNumber(block.Slice(148, 8), out long stored) || stored <= 0)
        {
            return false;
        }

        long plain = 8 * 32, signed = 8 * 32;
        for (int i = 0; i < Block; i++)
        {
            if (i is < 148 or >= 156)
            {
                plain += block[i];
                signed += (sbyte)block[i];
            }
        }

        return stored == plain || stored == signed;
    }

    public static bool HasMagic(ReadOnlySpan<byte> block) => block.Length >= Block && block.Slice(257, 5).SequenceEqual("ustar"u8);

    public static TarHeader Parse(ReadOnlySpan<byte> block, long origin)
    {
        List<Problem> problems = [];
        bool ustar = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        bool gnu = block.Slice(257, 8).SequenceEqual("ustar  \0"u8);
        bool star = ustar && block.Slice(508, 4).SequenceEqual("tar\0"u8);
        byte[] name = Text(block[..100]);
        ReadOnlySpan<byte> prefix = star ? Text(block.Slice(345, 131)) : ustar ? Text(block.Slice(345, 155)) : [];
        if (prefix.Length > 0)
        {
            name = [.. prefix, (byte)'/', .. name];
        }

        char type = (char)block[156];
        TarHeader header = new()
        {
            Name = name,
            Mode = Number(block, 100, 8, "mode", origin, problems),
            Uid = Number(block, 108, 8, "uid", origin, problems),
            Gid = Number(block, 116, 8, "gid", origin, problems),
            Size = Number(block, 124, 12, "size", origin, problems),
            Modified = Number(block, 136, 12, "mtime", origin, problems),
            Type = type,
            Link = Text(block.Slice(157, 100)),
            Owner = ustar || gnu ? Encoding.UTF8.GetString(Text(block.Slice(265, 32))) : "",
            Group = ustar || gnu ? Encoding.UTF8.GetString(Text(block.Slice(297, 32))) : "",
            Accessed = gnu ? Optional(block.Slice(345, 12)) : star ? Optional(block.Slice(476, 12)) : null,
            Changed = gnu ? Optional(block.Slice(357, 12)) : star ? Optional(block.Slice(488, 12)) : null,
            MoreSparse = type == 'S' && block[482] != 0,
            RealSize = type == 'S' ? Number(block, 483, 12, "realsize", origin, problems) : 0,
        };
        header.Problems.AddRange(problems);
        if (type == 'S')
        {
            ReadSparse(block.Slice(386, 96), header.Sparse);
        }

        return header;
    }

    /// <summary>Pairs of offset and length, until one is empty; true where all were used.</summary>
    public static bool ReadSparse(ReadOnlySpan<byte> pairs, List<(long Offset, long Length)> into)
    {
        for (int at = 0; at + 24 <= pairs.Length; at += 24)
        {
            if (pairs[at] == 0 || !TryNumber(pairs.Slice(at, 12), out long offset) || !TryNumber(pairs.Slice(at + 12, 12), out long length))
            {
                return false;
            }

            into.Add((offset, length));
        }

        return true;
    }

    /// <summary>Bytes as text, and the bytes where the text does not give them back.</summary>
    public static (string Text, byte[]? Raw) Decode(byte[] bytes)
    {
        try
        {
            return (StrictUtf8.GetString(bytes), null);
        }
        catch (DecoderFallbackException)
        {
            return (Encoding.UTF8.GetString(bytes), bytes);
        }
    }

    /// <summary>Octal with spaces or zeros around it, or base 256 where the top bit is set (two's complement).</summary>
    public static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if (field[0] >= 0x80)
        {
            // 80 leads a positive number, FF a negative one.
            bool negative = (field[0] & 0x40) != 0;
            value = negative ? -1 : 0;
            for (int i = 0; i < field.Length; i++)
            {
                byte digit = i == 0 ? (byte)(negative ? field[0] : field[0] & 0x7F) : field[i];
                if (i < field.Length - 8)
                {
                    if (digit != (negative ? 0xFF : 0))
                    {
                        return false;
                    }

                    continue;
                }

                value = (value << 8) | digit;
            }

            return true;
        }

        int at = 0;
        while (at < field.Length && field[at] == ' ')
        {
            at++;
        }

        bool minus = at < field.Length && field[at] == '-';
        at += minus ? 1 : 0;
        for (; at < field.Length && field[at] is >= (byte)'0' and <= (byte)'7'; at++)
        {
            if (value > long.MaxValue >> 3)
            {
                return false;
            }

            value = (value << 3) | (long)(field[at] - '0');
        }

        value = minus ? -value : value;
        return at == field.Length || field[at] is 0 or (byte)' ';
    }

    private static long? Optional(ReadOnlySpan<byte> field) => field[0] != 0 && TryNumber(field, out long value) && value != 0 ? value : null;

    private static long Number(ReadOnlySpan<byte> block, int at, int length, string field, long origin, List<Problem> problems)
    {
        if (TryNumber(block.Slice(at, length), out long value))
        {
            return value;
        }

        problems.Add(new Problem(ProblemKind.Malformed, $"tar header, {field}", $"no number: {Convert.ToHexString(block.Slice(at, length))}", origin + at, length));
        return 0;
    }

    private static byte[] Text(ReadOnlySpan<byte> field)
    {
        int zero = field.IndexOf((byte)0);
        return (zero < 0 ? field : field[..zero]).ToArray();
    }
}

/// <summary>The records of a pax extended header (POSIX.1-2001): "length key=value\n".</summary>
internal sealed class PaxRecords
{
    public const int MostBytes = 16 << 20;

    private readonly Dictionary<string, byte[]> values = [];

    /// <summary>In the order stored, for keys that come several times (GNU.sparse.offset, GNU.sparse.numbytes).</summary>
    public List<(string Key, byte[] Value)> All { get; } = [];

    public void Add(ReadOnlySpan<byte> data, long origin, List<Problem> problems)
    {
        int at = 0;
        while (at < data.Length && data[at] != 0)
        {
            int space = data[at..].IndexOf((byte)' ');
            if (space is <= 0 or > 12 || !int.TryParse(data.Slice(at, space), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > data.Length - at)
            {
                problems.Add(new Problem(ProblemKind.Malformed, "pax header", "a record's length does not hold; the rest of the header was not read", origin + at));
                return;
            }

            ReadOnlySpan<byte> record = data.Slice(at + space + 1, length - space - 1);
            at += length;
            if (record[^1] != (byte)'\n')
            {
                problems.Add(new Problem(ProblemKind.Malformed, "pax header", "a record does not end with a new line", origin + at - 1, 1));
            }
            else
            {
                record = record[..^1];
            }

            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                problems.Add(new Problem(ProblemKind.Malformed, "pax header", "a record without a key", origin + at - length, length));
                continue;
            }

            string key = Encoding.UTF8.GetString(record[..equals]);
            byte[] value = record[(equals + 1)..].ToArray();
            values[key] = value;
            All.Add((key, value));
        }
    }

    public byte[]? Bytes(string key) => values.TryGetValue(key, out byte[]? value) && value.Length > 0 ? value : null;

    public string? Text(string key) => Bytes(key) is byte[] value ? Encoding.UTF8.GetString(value) : null;

    public long? Number(string key) =>
        Bytes(key) is byte[] value && long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : null;

    /// <summary>Decimal seconds with any number of digits behind the point.</summary>
    public EvidenceTime? Time(string key)
    {
        if (Text(key) is not string text)
        {
            return null;
        }

        int point = text.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? text : text[..point];
        bool negative = whole.StartsWith('-');
        if (!long.TryParse(whole.Length == 0 || whole == "-" ? "0" : whole, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds))
        {
            return null;
        }

        long nanoseconds = 0;
        if (point >= 0)
        {
            string digits = text[(point + 1)..];
            digits = digits.Length > 9 ? digits[..9] : digits.PadRight(9, '0');
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out nanoseconds))
            {
                return null;
            }
        }

        if (negative && nanoseconds > 0)
        {
            (seconds, nanoseconds) = (seconds - 1, 1_000_000_000 - nanoseconds);
        }

        return point < 0 ? new EvidenceTime(seconds, TimeKind.UnixSeconds) : UnixTime.From(seconds, nanoseconds);
    }
}
