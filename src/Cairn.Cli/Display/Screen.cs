using System.Text;
using Cairn.Reports;

namespace Cairn.Cli.Display;

/// <summary>Plain text in columns that can be pasted into notes; text from evidence is made visible.</summary>
internal sealed class Screen(TextWriter writer)
{
    private const int LabelWidth = 20;

    /// <summary>A line of the program's own words.</summary>
    public void Line(string text = "") => writer.WriteLine(text);

    /// <summary>A label and its value.</summary>
    public void Pair(string label, string value, int indent = 0)
    {
        string visible = VisibleText.Escape(label);
        writer.Write(new string(' ', indent));
        writer.Write(visible.PadRight(Math.Max(LabelWidth - indent, visible.Length + 1)));
        writer.WriteLine(VisibleText.Escape(value));
    }

    /// <summary>A table; columns whose head ends in "&gt;" are numbers and stand to the right.</summary>
    public void Table(int indent, IReadOnlyList<string> heads, IReadOnlyList<string[]> rows)
    {
        bool[] right = [.. heads.Select(h => h.EndsWith('>'))];
        string[][] cells = [[.. heads.Select(h => h.TrimEnd('>'))], .. rows.Select(r => r.Select(VisibleText.Escape).ToArray())];
        int[] widths = [.. heads.Select((_, column) => cells.Max(r => Width(r[column])))];
        foreach (string[] row in cells)
        {
            var line = new StringBuilder().Append(' ', indent);
            for (int column = 0; column < row.Length; column++)
            {
                int padding = widths[column] - Width(row[column]);
                line.Append(' ', right[column] ? padding : 0).Append(row[column]).Append(' ', (right[column] ? 0 : padding) + 2);
            }

            writer.WriteLine(line.ToString().TrimEnd());
        }
    }

    private static int Width(string text) => text.EnumerateRunes().Count();
}
