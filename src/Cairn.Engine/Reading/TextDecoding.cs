using System.Text;

namespace Cairn.Engine.Reading;

/// <summary>Bytes as text in an encoding that is named or found out from the first of them.</summary>
internal static class TextDecoding
{
    /// <summary>Names that a person may choose; "auto" looks at the bytes.</summary>
    public static IReadOnlyList<string> Names { get; } = ["auto", "utf-8", "utf-16", "utf-16BE", "windows-1252", "iso-8859-1", "windows-1250", "windows-1251", "ibm437", "ibm850", "koi8-r", "shift_jis", "gb18030", "big5"];

    static TextDecoding() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    /// <summary>The encoding of this name; null where there is none such.</summary>
    public static Encoding? Named(string name) => Names.Contains(name, StringComparer.OrdinalIgnoreCase) && name != "auto" ? Encoding.GetEncoding(name) : null;

    /// <summary>What the first bytes of a stream look like: a mark at their start, UTF-8 that holds, every other byte zero; else windows-1252, which takes any byte.</summary>
    public static Encoding Guess(ReadOnlySpan<byte> first)
    {
        if (first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Encoding.Unicode;
        }

        if (first.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return Encoding.BigEndianUnicode;
        }

        int even = 0, odd = 0;
        for (int i = 0; i + 1 < first.Length; i += 2)
        {
            even += first[i] == 0 ? 1 : 0;
            odd += first[i + 1] == 0 ? 1 : 0;
        }

        int pairs = first.Length / 2;
        if (pairs >= 4 && odd * 10 >= pairs * 4 && even * 10 < pairs)
        {
            return Encoding.Unicode;
        }

        if (pairs >= 4 && even * 10 >= pairs * 4 && odd * 10 < pairs)
        {
            return Encoding.BigEndianUnicode;
        }

        return System.Text.Unicode.Utf8.IsValid(first[..WholeCharacters(Encoding.UTF8, first)]) ? Encoding.UTF8 : Encoding.GetEncoding("windows-1252");
    }

    /// <summary>How many bytes end with a whole character, so that the next part begins with one.</summary>
    public static int WholeCharacters(Encoding encoding, ReadOnlySpan<byte> bytes)
    {
        switch (encoding.CodePage)
        {
            case 65001:
                for (int back = 1; back <= Math.Min(3, bytes.Length); back++)
                {
                    byte b = bytes[^back];
                    if ((b & 0xC0) == 0xC0)
                    {
                        int needed = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                        return needed > back ? bytes.Length - back : bytes.Length;
                    }

                    if ((b & 0x80) == 0)
                    {
                        break;
                    }
                }

                return bytes.Length;
            case 1200 or 1201:
                int even = bytes.Length & ~1;
                int high = even >= 2 ? (encoding.CodePage == 1200 ? bytes[even - 1] : bytes[even - 2]) : 0;
                return high is >= 0xD8 and <= 0xDB ? even - 2 : even;
            default:
                return bytes.Length;
        }
    }
}
