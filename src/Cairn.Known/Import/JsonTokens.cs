using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Cairn.Known.Import;

/// <summary>
/// The tokens of a JSON file of any length, one after the other: memory is one buffer, whose size bounds the longest token. What is malformed
/// or cut short is an error that names the byte.
/// </summary>
internal sealed class JsonTokens
{
    /// <summary>Bytes of the longest token; a picture may be embedded in a field that is passed over.</summary>
    private const int LongestToken = 64 << 20;

    /// <summary>Bytes of a text that are looked at: nothing that is kept of an entry is longer, and no hash.</summary>
    private const int LongestText = 1 << 16;
    private const int MaxDepth = 64;

    private readonly TextSource text;
    private byte[] buffer = new byte[1 << 16];
    private string? decoded;
    private int start;
    private int filled;
    private bool ended;
    private long passed;
    private JsonReaderState state;

    /// <summary>Reads a file from its start; <paramref name="manyValues"/>: there may be one value after the other, as in JSON lines.</summary>
    public JsonTokens(FileStream file, bool manyValues = false)
    {
        text = new TextSource(file);
        state = new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth, AllowMultipleValues = manyValues });
    }

    public string Name => text.Name;

    public long Done => text.Done;

    public long Total => text.Total;

    public JsonTokenType Type { get; private set; }

    /// <summary>Level of the token, 0 for the outermost.</summary>
    public int Depth { get; private set; }

    /// <summary>Text of a property's name, a string or a number, no more than its first 65,536 bytes; else empty.</summary>
    public string Text => decoded ??= Decode();

    private ReadOnlyMemory<byte> Raw { get; set; }

    private bool IsEscaped { get; set; }

    /// <summary>Whether the token is the name of a property that is just this.</summary>
    public bool IsProperty(ReadOnlySpan<byte> name) => Type == JsonTokenType.PropertyName && !IsEscaped && Ascii.EqualsIgnoreCase(Raw.Span, name);

    /// <summary>The next token; false at the end of the file.</summary>
    /// <exception cref="KnownSetException">The file is malformed or cut short.</exception>
    public bool Read()
    {
        while (true)
        {
            Utf8JsonReader reader = new(buffer.AsSpan(start, filled - start), ended, state);
            bool got;
            try
            {
                got = reader.Read();
            }
            catch (JsonException error)
            {
                throw ended && IsOnlyIncomplete() ? CutShort(error)
                    : Malformed(reader.CurrentDepth >= MaxDepth - 1 ? $"it is no JSON, or it has more than {MaxDepth} levels within each other" : "it is no JSON", error);
            }

            if (got)
            {
                Take(ref reader);
                return true;
            }

            start += (int)reader.BytesConsumed;
            passed += reader.BytesConsumed;
            state = reader.CurrentState;
            if (ended)
            {
                return false;
            }

            Fill();
        }
    }

    /// <summary>The next token, which there has to be.</summary>
    public void Expect()
    {
        if (!Read())
        {
            throw CutShort(null);
        }
    }

    /// <summary>Passes over the value that the token begins, or that follows the name of a property.</summary>
    public void Skip()
    {
        if (Type == JsonTokenType.PropertyName)
        {
            Expect();
        }

        int depth = Depth;
        if (Type is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            do
            {
                Expect();
            }
            while (Depth > depth);
        }
    }

    /// <summary>The value of the property whose name the token is: text, a number or true as text, null for null and for what is no single value.</summary>
    public string? Value()
    {
        Expect();
        switch (Type)
        {
            case JsonTokenType.String or JsonTokenType.Number:
                return Text;
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            default:
                Skip();
                return null;
        }
    }

    public KnownSetException Malformed(string why, Exception? inner = null) =>
        new($"{Name} byte {passed.ToString("N0", CultureInfo.InvariantCulture)}: {why}", inner);

    private KnownSetException CutShort(Exception? inner) =>
        new($"{Name} byte {(passed + filled - start).ToString("N0", CultureInfo.InvariantCulture)}: the file ends in the middle; it is cut short", inner);

    /// <summary>Whether what is left would be the beginning of JSON if more followed.</summary>
    private bool IsOnlyIncomplete()
    {
        Utf8JsonReader reader = new(buffer.AsSpan(start, filled - start), isFinalBlock: false, state);
        try
        {
            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Take(ref Utf8JsonReader reader)
    {
        Type = reader.TokenType;
        Depth = reader.CurrentDepth;
        decoded = null;
        IsEscaped = reader.ValueIsEscaped;
        int length = reader.ValueSpan.Length, at = Type is JsonTokenType.String or JsonTokenType.PropertyName ? (int)reader.TokenStartIndex + 1 : (int)reader.TokenStartIndex;
        Raw = Type is JsonTokenType.String or JsonTokenType.PropertyName or JsonTokenType.Number ? buffer.AsMemory(start + at, length) : default;
        start += (int)reader.BytesConsumed;
        passed += reader.BytesConsumed;
        state = reader.CurrentState;
    }

    /// <summary>The text with its escapes resolved; what is no Unicode (a half of a pair, bytes that are no UTF-8) becomes U+FFFD.</summary>
    private string Decode()
    {
        string raw = Encoding.UTF8.GetString(Raw.Span[..Math.Min(Raw.Length, LongestText)]);
        if (!IsEscaped)
        {
            return raw;
        }

        StringBuilder plain = new(raw.Length);
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\' || i + 1 == raw.Length)
            {
                plain.Append(raw[i]);
                continue;
            }

            i++;
            plain.Append(raw[i] switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\b',
                'f' => '\f',
                'u' when i + 4 < raw.Length && ushort.TryParse(raw.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ushort code) => (char)code,
                char other => other,
            });
            if (raw[i] == 'u')
            {
                i += 4;
            }
        }

        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(plain.ToString()));
    }

    private void Fill()
    {
        Raw = default;
        if (start > 0)
        {
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            start = 0;
        }

        if (filled == buffer.Length)
        {
            if (buffer.Length >= LongestToken)
            {
                throw Malformed($"a single value is longer than {LongestToken:N0} bytes");
            }

            Array.Resize(ref buffer, buffer.Length * 4);
        }

        int got = text.Read(buffer.AsSpan(filled));
        ended = got == 0;
        filled += got;
    }
}
