namespace Cairn.Reports.Report.Pdf;

/// <summary>A line of text as it is set.</summary>
/// <param name="Glyphs">What stands in it.</param>
/// <param name="Width">Points.</param>
internal readonly record struct TextLine(ArraySegment<Glyph> Glyphs, double Width);

/// <summary>Breaks text into lines.</summary>
internal sealed class PdfText(PdfFonts fonts)
{
    private readonly List<Glyph> glyphs = [];

    /// <summary>Lines that are at most <paramref name="width"/> wide; a word that is longer is broken where it has to be. No text gives no line.</summary>
    /// <param name="text">The text.</param>
    /// <param name="size">Points.</param>
    /// <param name="width">Points.</param>
    /// <param name="face">The face of our own words.</param>
    public IReadOnlyList<TextLine> Break(ReportText text, double size, double width, Face face = Face.Regular)
    {
        glyphs.Clear();
        foreach (TextRun run in text.Runs)
        {
            (Face set, bool anywhere) = run.Style switch
            {
                RunStyle.Strong => (Face.Bold, false),
                RunStyle.Evidence => (face, true),
                RunStyle.Code => (Face.Mono, true),
                _ => (face, false),
            };
            fonts.Set(run.Text, set, anywhere, glyphs);
        }

        Glyph[] all = [.. glyphs];
        List<TextLine> lines = [];
        int most = (int)(width * 1000 / size), start = 0, used = 0, lastBreak = -1, atBreak = 0;
        for (int i = 0; i < all.Length; i++)
        {
            // Of a glyph without width (an accent) the letter below it decides.
            if (used + all[i].Advance > most && all[i].Advance > 0 && i > start && !IsSpaceThatHangs(all, i))
            {
                int end = lastBreak > start ? lastBreak : i;
                int lineWidth = lastBreak > start ? atBreak : used;
                lines.Add(new TextLine(new ArraySegment<Glyph>(all, start, end - start), lineWidth * size / 1000));
                used -= lineWidth;
                start = end;
                lastBreak = -1;
            }

            used += all[i].Advance;
            if (all[i].CanBreak)
            {
                lastBreak = i + 1;
                atBreak = used;
            }
        }

        if (start < all.Length)
        {
            lines.Add(new TextLine(new ArraySegment<Glyph>(all, start, all.Length - start), used * size / 1000));
        }

        return lines;
    }

    /// <summary>A space at the end of a line may stand beyond the edge, where nothing is seen of it; of several only the last.</summary>
    private static bool IsSpaceThatHangs(Glyph[] all, int at) => all[at].IsSpace && (at + 1 == all.Length || !all[at + 1].IsSpace);
}
