using System.Globalization;
using System.Text;

namespace Cairn.Reports.Report.Pdf;

/// <summary>A page while it is drawn. Lengths are points from the lower left corner.</summary>
internal sealed class PdfPage
{
    private readonly StringBuilder content = new();
    private readonly List<int> owners = [];

    /// <summary>Number of its object.</summary>
    public required int Number { get; init; }

    /// <summary>From 0.</summary>
    public required int Index { get; init; }

    /// <summary>What it draws.</summary>
    public StringBuilder Content => content;

    /// <summary>Elements that its marked content belongs to, by sequence.</summary>
    public IReadOnlyList<int> Owners => owners;

    /// <summary>Pictures as "name number".</summary>
    public List<(string Name, int Number)> Images { get; } = [];

    /// <summary>Numbers of annotations.</summary>
    public List<int> Annotations { get; } = [];

    /// <summary>What follows, to <see cref="End"/>, belongs to <paramref name="tag"/>.</summary>
    public void Begin(PdfTag tag)
    {
        content.Append(CultureInfo.InvariantCulture, $"/{tag.Type}<</MCID {owners.Count}>>BDC\n");
        PdfStructure.AddMarked(tag, Number, owners.Count);
        owners.Add(tag.Number);
    }

    /// <summary>What follows, to <see cref="End"/>, is no part of the content: lines, page numbers, repeated headings.</summary>
    public void BeginArtifact(string entries = "") => content.Append(entries.Length == 0 ? "/Artifact BMC\n" : $"/Artifact<<{entries}>>BDC\n");

    public void End() => content.Append("EMC\n");

    public void Text(TextLine line, double x, double y, double size, double grey = 0.1)
    {
        if (line.Glyphs.Count == 0)
        {
            return;
        }

        content.Append($"BT {PdfFile.Number(grey)} g {PdfFile.Number(x)} {PdfFile.Number(y)} Td ");
        int font = -1;
        foreach (Glyph glyph in line.Glyphs)
        {
            if (glyph.Font != font)
            {
                content.Append(font >= 0 ? ">Tj " : "");
                font = glyph.Font;
                content.Append($"/{PdfFonts.Resource(font)} {PdfFile.Number(size)} Tf <");
            }

            content.Append(CultureInfo.InvariantCulture, $"{glyph.Code:X4}");
        }

        content.Append(">Tj ET\n");
    }

    public void Fill(double x, double y, double width, double height, (double R, double G, double B) colour) =>
        content.Append($"{PdfFile.Number(colour.R)} {PdfFile.Number(colour.G)} {PdfFile.Number(colour.B)} rg {PdfFile.Number(x)} {PdfFile.Number(y)} {PdfFile.Number(width)} {PdfFile.Number(height)} re f\n");

    public void Line(double x1, double y, double x2, double thick, double grey) =>
        content.Append($"{PdfFile.Number(grey)} G {PdfFile.Number(thick)} w {PdfFile.Number(x1)} {PdfFile.Number(y)} m {PdfFile.Number(x2)} {PdfFile.Number(y)} l S\n");

    public void Image(string name, int number, double x, double y, double width, double height)
    {
        Images.Add((name, number));
        content.Append($"q {PdfFile.Number(width)} 0 0 {PdfFile.Number(height)} {PdfFile.Number(x)} {PdfFile.Number(y)} cm /{name} Do Q\n");
    }
}
