using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Pdf;

/// <summary>A reference to an object.</summary>
internal readonly record struct PdfReference(int Number, int Generation);

/// <summary>A name, without its slash.</summary>
internal readonly record struct PdfName(string Text);

/// <summary>
/// Reads values of ISO 32000-1, 7.3: numbers (double), names, strings (byte[]), arrays (List), dictionaries, references, null. Depth and
/// number of values are bounded; a stream's data are not read here.
/// </summary>
internal sealed class PdfParser(IByteSource source)
{
    private const int Deepest = 64;
    private const int MostValues = 500_000;
    private const int LongestString = 16 << 20;
    private const int LongestName = 4096;

    private readonly ByteReader reader = new(source);
    private int values;

    public long Position => reader.Position;

    public void Seek(long position)
    {
        reader.Skip(position - reader.Position);
        values = 0;
    }

    /// <summary>The value at the position, or null where there is none.</summary>
    public object? Value() => Value(0);

    /// <summary>Whether a word stands here; passes over it where it does.</summary>
    public bool Word(ReadOnlySpan<byte> word)
    {
        Space();
        long start = reader.Position;
        foreach (byte c in word)
        {
            if (reader.Next() != c)
            {
                reader.Skip(start - reader.Position);
                return false;
            }
        }

        return true;
    }

    /// <summary>The first byte of a stream's data, after the word "stream": a line feed, or a carriage return and one, or (against the standard) a return alone.</summary>
    public long DataStart()
    {
        int b = reader.Next();
        while (b is ' ' or '\t')
        {
            b = reader.Next();
        }

        if (b == '\r')
        {
            if (reader.Next() is not '\n' and >= 0)
            {
                reader.Back();
            }
        }
        else if (b is not '\n' and >= 0)
        {
            reader.Back();
        }

        return reader.Position;
    }

    private static bool IsSpace(int b) => b is 0 or 9 or 10 or 12 or 13 or 32;

    private static bool IsDelimiter(int b) => b is '(' or ')' or '<' or '>' or '[' or ']' or '{' or '}' or '/' or '%';

    private int Space()
    {
        while (true)
        {
            int b = reader.Next();
            if (b == '%')
            {
                while (b is not ('\r' or '\n') and >= 0)
                {
                    b = reader.Next();
                }
            }

            if (b < 0 || !IsSpace(b))
            {
                if (b >= 0)
                {
                    reader.Back();
                }

                return b;
            }
        }
    }

    private object? Value(int depth)
    {
        if (++values > MostValues || depth > Deepest)
        {
            throw new MalformedDataException("value", reader.Position, $"at most {MostValues} values, {Deepest} deep", "more");
        }

        int b = Space();
        switch (b)
        {
            case '/':
                reader.Next();
                return new PdfName(Name());
            case '(':
                reader.Next();
                return Literal();
            case '[':
                reader.Next();
                return Array(depth);
            case '<':
                reader.Next();
                if (reader.Next() is int next and not '<')
                {
                    if (next >= 0)
                    {
                        reader.Back();
                    }

                    return Hexadecimal();
                }

                return Dictionary(depth);
            case '+' or '-' or '.' or (>= '0' and <= '9'):
                return NumberOrReference();
            default:
                string word = Letters();
                return word switch
                {
                    "true" => true,
                    "false" => false,
                    _ => null,
                };
        }
    }

    private string Letters()
    {
        StringBuilder text = new();
        int b;
        while ((b = reader.Next()) >= 0 && !IsSpace(b) && !IsDelimiter(b) && text.Length < 32)
        {
            text.Append((char)b);
        }

        if (b >= 0 && (text.Length > 0 || IsSpace(b)))
        {
            reader.Back();
        }

        return text.ToString();
    }

    private string Name()
    {
        StringBuilder text = new();
        int b;
        while ((b = reader.Next()) >= 0 && !IsSpace(b) && !IsDelimiter(b))
        {
            if (b == '#')
            {
                b = HexDigits.Pair(reader.Next(), reader.Next()) is int escaped and >= 0 ? escaped : '#';
            }

            if (text.Length < LongestName)
            {
                text.Append((char)b);
            }
        }

        if (b >= 0)
        {
            reader.Back();
        }

        return text.ToString();
    }

    private byte[] Literal()
    {
        List<byte> bytes = [];
        int depth = 1, b;
        while ((b = reader.Next()) >= 0)
        {
            if (bytes.Count > LongestString)
            {
                throw new MalformedDataException("string", reader.Position, $"at most {LongestString} bytes", "more");
            }

            if (b == '(')
            {
                depth++;
            }
            else if (b == ')' && --depth == 0)
            {
                break;
            }
            else if (b == '\\')
            {
                b = reader.Next();
                if (b is >= '0' and <= '7')
                {
                    int value = b - '0';
                    for (int i = 0; i < 2 && (b = reader.Next()) >= 0; i++)
                    {
                        if (b is < '0' or > '7')
                        {
                            reader.Back();
                            break;
                        }

                        value = (value << 3) | (b - '0');
                    }

                    bytes.Add((byte)value);
                    continue;
                }

                if (b is '\r' or '\n')
                {
                    if (b == '\r' && reader.Next() is not '\n' and >= 0)
                    {
                        reader.Back();
                    }

                    continue;
                }

                b = b switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => b };
            }

            bytes.Add((byte)b);
        }

        return [.. bytes];
    }

    private byte[] Hexadecimal()
    {
        List<byte> bytes = [];
        int high = -1, b;
        while ((b = reader.Next()) is >= 0 and not '>')
        {
            int digit = HexDigits.Value(b);
            if (digit < 0)
            {
                continue;
            }

            if (high < 0)
            {
                high = digit;
                continue;
            }

            bytes.Add((byte)((high << 4) | digit));
            high = -1;
            if (bytes.Count > LongestString)
            {
                throw new MalformedDataException("string", reader.Position, $"at most {LongestString} bytes", "more");
            }
        }

        if (high >= 0)
        {
            bytes.Add((byte)(high << 4));
        }

        return [.. bytes];
    }

    private List<object?> Array(int depth)
    {
        List<object?> items = [];
        while (Space() is int b and >= 0)
        {
            if (b == ']')
            {
                reader.Next();
                break;
            }

            long before = reader.Position;
            items.Add(Value(depth + 1));
            Step(before);
        }

        return items;
    }

    private Dictionary<string, object?> Dictionary(int depth)
    {
        Dictionary<string, object?> items = new(StringComparer.Ordinal);
        while (Space() is int b and >= 0)
        {
            if (b == '>')
            {
                reader.Next();
                if (reader.Next() is not '>' and >= 0)
                {
                    reader.Back();
                }

                break;
            }

            long before = reader.Position;
            if (Value(depth + 1) is PdfName name)
            {
                items[name.Text] = Space() == '>' ? null : Value(depth + 1);
            }

            Step(before);
        }

        return items;
    }

    /// <summary>A byte that is no value must not hold up the reading.</summary>
    private void Step(long before)
    {
        if (reader.Position == before)
        {
            reader.Next();
        }
    }

    private object NumberOrReference()
    {
        double first = Number();
        if (first < 0 || first > int.MaxValue || first != Math.Floor(first))
        {
            return first;
        }

        // "12 0 R" is a reference; anything else leaves the first number alone.
        long after = reader.Position;
        if (Space() is >= '0' and <= '9')
        {
            double second = Number();
            if (second is >= 0 and <= 65535 && Space() == 'R')
            {
                reader.Next();
                return new PdfReference((int)first, (int)second);
            }
        }

        reader.Skip(after - reader.Position);
        return first;
    }

    private double Number()
    {
        StringBuilder text = new();
        int b;
        while ((b = reader.Next()) is '+' or '-' or '.' or (>= '0' and <= '9'))
        {
            if (text.Length < 32)
            {
                text.Append((char)b);
            }
        }

        if (b >= 0)
        {
            reader.Back();
        }

        return double.TryParse(text.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : 0;
    }
}
