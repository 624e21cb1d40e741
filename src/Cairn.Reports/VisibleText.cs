using System.Globalization;
using System.Text;

namespace Cairn.Reports;

/// <summary>
/// Text from evidence made safe to show: what cannot be seen, or changes how its neighbours are seen, is written as an escape. A name
/// with a right-to-left override or a terminal's escape sequence in it cannot then pass for another.
/// </summary>
public static class VisibleText
{
    /// <summary>
    /// <paramref name="text"/> with control characters, format characters (bidirectional overrides among them; not the joiners that some
    /// scripts need), line separators and lone surrogates as \uXXXX. A backslash before a "u" is written \u005c,
    /// so that an escape can be told from the same letters in a name. The same instance where there is nothing to escape.
    /// </summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int first = FirstToEscape(text, 0);
        if (first < 0)
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        int copied = 0;
        for (int at = first; at >= 0; at = FirstToEscape(text, copied))
        {
            escaped.Append(text, copied, at - copied);
            int length = char.IsSurrogatePair(text, at) ? 2 : 1;
            foreach (char unit in text.AsSpan(at, length))
            {
                escaped.Append("\\u").Append(((int)unit).ToString("x4", CultureInfo.InvariantCulture));
            }

            copied = at + length;
        }

        return escaped.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>Whether the character at <paramref name="index"/> is shown as an escape.</summary>
    internal static bool NeedsEscape(string text, int index)
    {
        char c = text[index];
        if (c is >= ' ' and < '\u007f')
        {
            return c == '\\' && index + 1 < text.Length && text[index + 1] == 'u';
        }

        if (char.IsSurrogate(c))
        {
            // The second half of a pair goes with the first.
            if (char.IsLowSurrogate(c) && index > 0 && char.IsHighSurrogate(text[index - 1]))
            {
                return false;
            }

            return !char.IsSurrogatePair(text, index) || Hidden(CharUnicodeInfo.GetUnicodeCategory(text, index));
        }

        return c is not '\u200c' and not '\u200d' && Hidden(CharUnicodeInfo.GetUnicodeCategory(c));
    }

    private static bool Hidden(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;

    private static int FirstToEscape(string text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            char c = text[i];
            if (c is >= ' ' and < '\u007f' and not '\\')
            {
                continue;
            }

            if (NeedsEscape(text, i))
            {
                return i;
            }
        }

        return -1;
    }
}
