using System.Globalization;
using System.Text;
using System.Xml;

namespace Cairn.Reports;

/// <summary>Text from evidence as XML 1.0 can hold it.</summary>
internal static class XmlText
{
    /// <summary>
    /// <paramref name="text"/> with what XML 1.0 has no character for (most controls, lone surrogates, U+FFFE, U+FFFF) as \uXXXX, and then also a
    /// backslash before a "u". The same instance where there is nothing of the kind.
    /// </summary>
    public static string Escape(string text)
    {
        if (IsFine(text))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsSurrogatePair(text, i))
            {
                escaped.Append(c).Append(text[++i]);
            }
            else if (char.IsSurrogate(c) || !XmlConvert.IsXmlChar(c) || (c == '\\' && i + 1 < text.Length && text[i + 1] == 'u'))
            {
                escaped.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                escaped.Append(c);
            }
        }

        return escaped.ToString();
    }

    private static bool IsFine(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                i++;
            }
            else if (!XmlConvert.IsXmlChar(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
