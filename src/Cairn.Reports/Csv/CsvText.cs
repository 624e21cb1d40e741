using System.Text;

namespace Cairn.Reports.Csv;

/// <summary>Text from evidence as a field of CSV that no spreadsheet takes for a formula, and that can be turned back: see README.md.</summary>
internal static class CsvText
{
    /// <summary>Appends a field.</summary>
    public static StringBuilder Append(StringBuilder line, string text)
    {
        if (text.Length == 0)
        {
            return line;
        }

        // The first character as it is stored decides: an escaped tab is no formula, but whoever turns the escape back must not make it one.
        // An apostrophe counts too, so that one in front is always ours.
        bool marked = text[0] is '\'' or '\t' or '\r' or '\n' or '\0' || IsFormula(text[0]);
        string visible = HideSeparators(VisibleText.Escape(text));
        bool quoted = visible.AsSpan().IndexOfAny(',', '"', ';') >= 0 || visible[0] == ' ' || visible[^1] == ' ';
        if (quoted)
        {
            line.Append('"');
        }

        if (marked)
        {
            line.Append('\'');
        }

        line.Append(quoted ? visible.Replace("\"", "\"\"", StringComparison.Ordinal) : visible);
        return quoted ? line.Append('"') : line;
    }

    private static bool IsFormula(char c) => c is '=' or '+' or '-' or '@' or '\uFF1D' or '\uFF0B' or '\uFF0D' or '\uFF20';

    /// <summary>
    /// A spreadsheet whose country writes lists with semicolons ends a cell there, whatever the quotes say: one that a formula would follow is
    /// written as an escape. So is a comma, for programs that do not know quotes.
    /// </summary>
    private static string HideSeparators(string text)
    {
        StringBuilder? changed = null;
        int copied = 0;
        for (int i = text.AsSpan().IndexOfAny(';', ','); i >= 0 && i < text.Length; i++)
        {
            if (text[i] is not (';' or ','))
            {
                continue;
            }

            int next = i + 1;
            while (next < text.Length && text[next] is ' ' or '"' or '\'')
            {
                next++;
            }

            if (next < text.Length && IsFormula(text[next]))
            {
                changed ??= new StringBuilder(text.Length + 16);
                changed.Append(text, copied, i - copied).Append(text[i] == ';' ? "\\u003b" : "\\u002c");
                copied = i + 1;
            }
        }

        return changed is null ? text : changed.Append(text, copied, text.Length - copied).ToString();
    }
}
