using System.Text;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>Names as FAT and exFAT store them, as text.</summary>
internal static class FatNames
{
    private const string Upper437 =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

    /// <summary>
    /// The 8.3 name of a directory entry as text (code page 437); a deleted entry's lost first byte reads "_".
    /// <paramref name="exact"/> tells whether the text gives the bytes back.
    /// </summary>
    public static string Short(ReadOnlySpan<byte> slot, bool keepCase, out bool exact)
    {
        Span<char> text = stackalloc char[12];
        int length = 0;
        exact = true;
        // 0x0C. Windows NT writes a name that is all lower case without a long name and sets these bits.
        byte flags = keepCase ? slot[12] : (byte)0;
        length = Part(slot[..8], (flags & 0x08) != 0, true, text, length, ref exact);
        ReadOnlySpan<byte> extension = slot.Slice(8, 3);
        if (extension.IndexOfAnyExcept((byte)' ', (byte)0, (byte)0xFF) >= 0)
        {
            text[length++] = '.';
            length = Part(extension, (flags & 0x10) != 0, false, text, length, ref exact);
        }

        return length == 0 ? "_" : new string(text[..length]);
    }

    private static int Part(ReadOnlySpan<byte> part, bool lower, bool first, Span<char> text, int length, ref bool exact)
    {
        int end = part.LastIndexOfAnyExcept((byte)' ', (byte)0, (byte)0xFF);
        for (int i = 0; i <= end; i++)
        {
            byte b = part[i];
            char c;
            if (first && i == 0 && b == 0xE5)
            {
                c = '_';
                exact = false;
            }
            else if (first && i == 0 && b == 0x05)
            {
                c = Upper437[0xE5 - 0x80];
                exact = false;
            }
            else if (b >= 0x80)
            {
                c = Upper437[b - 0x80];
                exact = false;
            }
            else if (b < 0x20 || b == 0x7F || b == (byte)'/')
            {
                c = '^';
                exact = false;
            }
            else
            {
                c = lower && b is >= (byte)'A' and <= (byte)'Z' ? (char)(b + 32) : (char)b;
            }

            text[length++] = c;
        }

        return length;
    }

    /// <summary>A byte of code page 437 as a character, control characters as "^".</summary>
    public static char Character(byte b) => b >= 0x80 ? Upper437[b - 0x80] : b < 0x20 || b == 0x7F ? '^' : (char)b;

    /// <summary>UTF-16 as stored, to text that can be part of a path: lone surrogates, control characters and "/" are replaced.</summary>
    public static string Long(ReadOnlySpan<char> stored, out bool exact)
    {
        exact = true;
        int bad = 0;
        for (int i = 0; i < stored.Length; i++)
        {
            char c = stored[i];
            if (c < 0x20 || c == 0x7F || c == '/' || char.IsSurrogate(c))
            {
                if (char.IsHighSurrogate(c) && i + 1 < stored.Length && char.IsLowSurrogate(stored[i + 1]))
                {
                    i++;
                    continue;
                }

                bad++;
            }
        }

        if (bad == 0)
        {
            return new string(stored);
        }

        exact = false;
        StringBuilder text = new(stored.Length);
        for (int i = 0; i < stored.Length; i++)
        {
            char c = stored[i];
            if (char.IsHighSurrogate(c) && i + 1 < stored.Length && char.IsLowSurrogate(stored[i + 1]))
            {
                text.Append(c).Append(stored[++i]);
            }
            else if (char.IsSurrogate(c))
            {
                text.Append('\uFFFD');
            }
            else
            {
                text.Append(c < 0x20 || c == 0x7F || c == '/' ? '^' : c);
            }
        }

        return text.ToString();
    }

    /// <summary>UTF-16 little-endian bytes of stored characters.</summary>
    public static byte[] Bytes(ReadOnlySpan<char> stored)
    {
        byte[] bytes = new byte[stored.Length * 2];
        for (int i = 0; i < stored.Length; i++)
        {
            bytes[2 * i] = (byte)stored[i];
            bytes[(2 * i) + 1] = (byte)(stored[i] >> 8);
        }

        return bytes;
    }

    /// <summary>The checksum of an 8.3 name that its long name's slots carry.</summary>
    public static byte Checksum(ReadOnlySpan<byte> name)
    {
        byte sum = 0;
        for (int i = 0; i < 11; i++)
        {
            sum = (byte)(((sum & 1) << 7) + (sum >> 1) + name[i]);
        }

        return sum;
    }

    /// <summary>The first byte that a deleted 8.3 name must have had for its long name's checksum to hold.</summary>
    public static byte FirstByte(ReadOnlySpan<byte> name, byte checksum)
    {
        byte sum = checksum;
        for (int i = 10; i >= 1; i--)
        {
            sum -= name[i];
            sum = (byte)((sum << 1) | (sum >> 7));
        }

        return sum;
    }

    /// <summary>Whether a byte may be part of an 8.3 name.</summary>
    public static bool MayBeInShortName(byte b) =>
        b >= 0x20 && b is not ((byte)'"' or (byte)'*' or (byte)'+' or (byte)',' or (byte)'.' or (byte)'/' or (byte)':' or (byte)';'
            or (byte)'<' or (byte)'=' or (byte)'>' or (byte)'?' or (byte)'[' or (byte)'\\' or (byte)']' or (byte)'|');
}
