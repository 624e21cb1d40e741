using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Mail;

/// <summary>Lines of a source with their places; of a very long line the start is kept.</summary>
internal sealed class LineReader
{
    private const int Longest = 64 << 10;

    private readonly ByteReader reader;
    private readonly long end;
    private readonly byte[] line = new byte[Longest];
    private int length;
    private int breakBytes;
    private long bytes;
    private long again = -1;

    public LineReader(IByteSource source, long start = 0, long end = long.MaxValue)
    {
        reader = new ByteReader(source);
        reader.Skip(start);
        (Start, End, this.end) = (start, start, Math.Min(end, source.Length));
    }

    /// <summary>First byte of the line.</summary>
    public long Start { get; private set; }

    /// <summary>One past its line break.</summary>
    public long End { get; private set; }

    /// <summary>Where the line break in front of it begins.</summary>
    public long BreakBefore { get; private set; }

    /// <summary>Without its line break.</summary>
    public ReadOnlySpan<byte> Line => line.AsSpan(0, length);

    public bool Next()
    {
        if (again >= 0)
        {
            again = -1;
            End = Start + bytes;
            return true;
        }

        BreakBefore = Math.Max(0, End - breakBytes);
        Start = End;
        length = 0;
        int last = -1;
        long count = 0;
        breakBytes = 0;
        while (reader.Position < end && reader.Next() is int b and >= 0)
        {
            count++;
            if (b == '\n')
            {
                breakBytes = last == '\r' ? 2 : 1;
                break;
            }

            if (length < Longest)
            {
                line[length++] = (byte)b;
            }

            last = b;
        }

        if (breakBytes == 2 && count <= Longest)
        {
            length--;
        }

        bytes = count;
        End = Start + count;
        return count > 0;
    }

    /// <summary>The line just read is read again.</summary>
    public void Back()
    {
        again = Start;
        End = Start;
    }
}

/// <summary>The header fields of a message or part that matter here, unfolded, as bytes.</summary>
internal sealed class MimeHeaders
{
    private const int MostBytes = 1 << 20;

    private readonly Dictionary<string, byte[]> fields = new(StringComparer.Ordinal);

    /// <summary>Reads to the empty line, or to a line that is no header field, which is left to be read again.</summary>
    public static MimeHeaders Read(LineReader lines)
    {
        MimeHeaders headers = new();
        List<byte> value = [];
        string? name = null;
        int total = 0;
        bool isFirst = true;
        while (lines.Next())
        {
            ReadOnlySpan<byte> line = lines.Line;
            total += line.Length;
            if (line.IsEmpty)
            {
                break;
            }

            if (line[0] is (byte)' ' or (byte)'\t' && name is not null)
            {
                Append(value, line, total);
                continue;
            }

            int colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[..colon].TrimEnd(" \t"u8).ContainsAnyExceptInRange((byte)33, (byte)126))
            {
                if (isFirst && (line.StartsWith("From "u8) || line.StartsWith(">From "u8)))
                {
                    isFirst = false;
                    continue;
                }

                lines.Back();
                break;
            }

            isFirst = false;
            headers.Keep(name, value);
            name = Encoding.ASCII.GetString(line[..colon]).Trim().ToLowerInvariant();
            value.Clear();
            Append(value, line[(colon + 1)..], total);
        }

        headers.Keep(name, value);
        return headers;
    }

    /// <summary>The text of a field with encoded words decoded, or null.</summary>
    public string? Text(string name) => fields.TryGetValue(name, out byte[]? value) ? MimeText.Words(value) : null;

    /// <summary>A field of the form word; parameter=value, or null.</summary>
    public MimeValue? Value(string name) => fields.TryGetValue(name, out byte[]? value) ? MimeValue.Parse(value) : null;

    private static void Append(List<byte> value, ReadOnlySpan<byte> more, int total)
    {
        if (total <= MostBytes)
        {
            value.AddRange(more);
        }
    }

    private void Keep(string? name, List<byte> value)
    {
        // Of a field given twice the first counts, as it does for mail programs.
        if (name is "content-type" or "content-transfer-encoding" or "content-disposition" or "content-id" or "content-location" or "content-description" or "from" or "to" or "date" or "subject" or "message-id")
        {
            fields.TryAdd(name, [.. value]);
        }
    }
}

/// <summary>A field such as Content-Type: a word and parameters (RFC 2045 5.1, RFC 2231).</summary>
internal sealed class MimeValue(string word)
{
    private const int MostParameters = 200;

    private readonly Dictionary<string, byte[]> parameters = new(StringComparer.Ordinal);

    /// <summary>The value in front of the parameters, lower case.</summary>
    public string Word { get; } = word;

    public static MimeValue Parse(ReadOnlySpan<byte> field)
    {
        int semicolon = field.IndexOf((byte)';');
        MimeValue value = new(Encoding.Latin1.GetString(semicolon < 0 ? field : field[..semicolon]).Trim().ToLowerInvariant());
        while (semicolon >= 0 && value.parameters.Count < MostParameters)
        {
            field = field[(semicolon + 1)..];
            int equals = field.IndexOfAny((byte)'=', (byte)';');
            if (equals < 0)
            {
                break;
            }

            if (field[equals] == ';')
            {
                semicolon = equals;
                continue;
            }

            string name = Encoding.Latin1.GetString(field[..equals]).Trim().ToLowerInvariant();
            field = field[(equals + 1)..].TrimStart(" \t"u8);
            List<byte> text = [];
            int at = 0;
            if (field.Length > 0 && field[0] == '"')
            {
                for (at = 1; at < field.Length && field[at] != '"'; at++)
                {
                    if (field[at] == '\\' && at + 1 < field.Length && field[at + 1] is (byte)'"' or (byte)'\\')
                    {
                        at++;
                    }

                    text.Add(field[at]);
                }

                at = Math.Min(at + 1, field.Length);
                int rest = field[at..].IndexOf((byte)';');
                semicolon = rest < 0 ? -1 : at + rest;
            }
            else
            {
                semicolon = field.IndexOf((byte)';');
                text.AddRange((semicolon < 0 ? field : field[..semicolon]).Trim(" \t\r\n"u8));
            }

            value.parameters.TryAdd(name, [.. text]);
        }

        return value;
    }

    public byte[]? Raw(string name) => parameters.GetValueOrDefault(name);

    public string? Text(string name) => Raw(name) is byte[] raw ? MimeText.Words(raw).Trim() : null;

    /// <summary>A parameter that may be cut in pieces and encoded (RFC 2231): name*=charset'language'%41, name*0=, name*1*=.</summary>
    public (string Text, byte[]? Raw)? Extended(string name)
    {
        if (Raw(name + "*") is byte[] whole)
        {
            return Decoded(whole, ref nullCharset);
        }

        string? charset = null;
        if (Raw(name + "*0") is not null || Raw(name + "*0*") is not null)
        {
            List<byte> joined = [];
            for (int i = 0; i < MostParameters; i++)
            {
                if (Raw($"{name}*{i}") is byte[] plain)
                {
                    joined.AddRange(plain);
                }
                else if (Raw($"{name}*{i}*") is byte[] encoded)
                {
                    joined.AddRange(Percent(encoded, i == 0, ref charset));
                }
                else
                {
                    break;
                }
            }

            return MimeText.Text([.. joined], charset);
        }

        return Raw(name) is byte[] value ? MimeText.WordsExact(value) : null;
    }

    private string? nullCharset;

    private static (string, byte[]?) Decoded(byte[] value, ref string? charset)
    {
        byte[] bytes = Percent(value, true, ref charset);
        return MimeText.Text(bytes, charset);
    }

    private static byte[] Percent(ReadOnlySpan<byte> value, bool isFirst, ref string? charset)
    {
        if (isFirst)
        {
            int quote = value.IndexOf((byte)'\'');
            int second = quote < 0 ? -1 : value[(quote + 1)..].IndexOf((byte)'\'');
            if (second >= 0)
            {
                charset = Encoding.ASCII.GetString(value[..quote]);
                value = value[(quote + second + 2)..];
            }
        }

        List<byte> bytes = [];
        for (int i = 0; i < value.Length; i++)
        {
            if (value[i] == '%' && i + 2 < value.Length && HexDigits.Pair(value[i + 1], value[i + 2]) is int escaped and >= 0)
            {
                bytes.Add((byte)escaped);
                i += 2;
            }
            else
            {
                bytes.Add(value[i]);
            }
        }

        return [.. bytes];
    }
}

/// <summary>Text of header fields: character sets, encoded words, names of attachments.</summary>
internal static class MimeText
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public static string Extension(string type) => type switch
    {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/rtf" or "application/rtf" => "rtf",
        "message/rfc822" => "eml",
        "image/jpeg" or "image/jpg" or "image/pjpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/bmp" => "bmp",
        "image/tiff" => "tif",
        "image/heic" => "heic",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        _ => "bin",
    };

    /// <summary>The name of an attachment: of the disposition, else of the type; empty where there is none.</summary>
    public static (string Text, byte[]? Raw) FileName(MimeValue? disposition, MimeValue type) =>
        disposition?.Extended("filename") ?? type.Extended("name") ?? ("", null);

    public static string Printable(ReadOnlySpan<byte> line) => Text(line.ToArray(), null).Text;

    /// <summary>Bytes in a character set, or else UTF-8, or else Windows-1252 with the bytes kept.</summary>
    public static (string Text, byte[]? Raw) Text(byte[] bytes, string? charset)
    {
        if (charset is { Length: > 0 } && Named(charset) is Encoding encoding)
        {
            string text = encoding.GetString(bytes);
            return (text, text.Contains('\uFFFD', StringComparison.Ordinal) ? bytes : null);
        }

        try
        {
            return (Strict.GetString(bytes), null);
        }
        catch (DecoderFallbackException)
        {
            return (CodePagesEncodingProvider.Instance.GetEncoding(1252)!.GetString(bytes), bytes);
        }
    }

    public static string Words(byte[] value) => WordsExact(value).Text.Trim();

    /// <summary>RFC 2047: =?charset?B or Q?text?=, white space between two of them left out; also within quotation marks, as mail programs write it.</summary>
    public static (string Text, byte[]? Raw) WordsExact(byte[] value)
    {
        (string text, byte[]? raw) = Text(value, null);
        if (!text.Contains("=?", StringComparison.Ordinal))
        {
            return (text, raw);
        }

        StringBuilder result = new();
        int at = 0;
        bool afterWord = false;
        while (at < text.Length)
        {
            int start = text.IndexOf("=?", at, StringComparison.Ordinal);
            if (start < 0)
            {
                break;
            }

            int first = text.IndexOf('?', start + 2), second = first < 0 ? -1 : text.IndexOf('?', first + 1), end = second < 0 ? -1 : text.IndexOf("?=", second + 1, StringComparison.Ordinal);
            if (end < 0 || second != first + 2)
            {
                result.Append(text, at, start + 2 - at);
                at = start + 2;
                afterWord = false;
                continue;
            }

            string between = text[at..start];
            if (!afterWord || between.AsSpan().ContainsAnyExcept(" \t\r\n"))
            {
                result.Append(between);
            }

            string charset = text[(start + 2)..first].Split('*')[0], body = text[(second + 1)..end];
            byte[]? decoded = char.ToLower(text[first + 1], CultureInfo.InvariantCulture) switch
            {
                'b' => FromBase64(body),
                'q' => FromQ(body),
                _ => null,
            };
            result.Append(decoded is null ? text[start..(end + 2)] : Text(decoded, charset).Text);
            at = end + 2;
            afterWord = true;
        }

        result.Append(text, at, text.Length - at);
        return (result.ToString(), raw);
    }

    private static Encoding? Named(string charset)
    {
        try
        {
            return CodePagesEncodingProvider.Instance.GetEncoding(charset) ?? Encoding.GetEncoding(charset);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static byte[]? FromBase64(string text)
    {
        byte[] bytes = new byte[(text.Length * 3 / 4) + 3];
        string padded = text.TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        return Convert.TryFromBase64String(padded, bytes, out int written) ? bytes[..written] : null;
    }

    private static byte[] FromQ(string text)
    {
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length && HexDigits.Pair(text[i + 1], text[i + 2]) is int escaped and >= 0)
            {
                bytes.Add((byte)escaped);
                i += 2;
            }
            else
            {
                bytes.AddRange(text[i] == '_' ? " "u8 : Encoding.UTF8.GetBytes(text[i].ToString()));
            }
        }

        return [.. bytes];
    }
}
