using System.Globalization;
using System.Text;
using Cairn.Reports;

namespace Cairn.Web.Components.Parts;

/// <summary>Bytes and text as they are shown.</summary>
internal static class HexText
{
    private const int Row = 16;

    /// <summary>Lines of 16 bytes: offset, bytes, and characters where they are ASCII.</summary>
    public static string Write(ReadOnlySpan<byte> data, long offset)
    {
        StringBuilder text = new(data.Length * 5);
        for (int at = 0; at < data.Length; at += Row)
        {
            ReadOnlySpan<byte> line = data.Slice(at, Math.Min(Row, data.Length - at));
            text.Append((offset + at).ToString("X10", CultureInfo.InvariantCulture)).Append("  ");
            for (int i = 0; i < Row; i++)
            {
                text.Append(i < line.Length ? line[i].ToString("X2", CultureInfo.InvariantCulture) : "  ").Append(i == 7 ? "  " : " ");
            }

            text.Append(' ');
            foreach (byte b in line)
            {
                text.Append(b is >= 0x20 and < 0x7F ? (char)b : '·');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Text with its line ends and tabs kept and everything else that cannot be seen made visible.</summary>
    public static string Lines(string text)
    {
        string[] lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        return string.Join('\n', lines.Select(line => string.Join('\t', line.Split('\t').Select(VisibleText.Escape))));
    }
}
