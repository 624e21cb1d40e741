using System.Globalization;
using System.Text;

namespace Cairn.Reports.Report.Pdf;

/// <summary>Sets a report on pages of A4, in one column.</summary>
internal sealed class PdfLayout
{
    private const double PageWidth = 595.28, PageHeight = 841.89, Left = 51, Right = PageWidth - 51, Top = PageHeight - 60, Bottom = 62, Width = Right - Left;
    private const double TextSize = 9.5, TextLeading = 13.5, CellSize = 8, CellLeading = 10.5, CellPadding = 3.5, FactSize = 8.5, FactLeading = 11.2, FootSize = 7.5;
    private const double LabelWidth = 118, PictureSide = 150;

    // Colours behind text; text on them is nearly black.
    private static readonly (double R, double G, double B) HeadTint = (0.92, 0.935, 0.95), WarnTint = (1, 0.955, 0.88), GoodTint = (0.91, 0.965, 0.92), CodeTint = (0.955, 0.96, 0.97);
    private static readonly (double R, double G, double B) WarnBar = (0.7, 0.36, 0), GoodBar = (0.12, 0.49, 0.22);

    private readonly PdfFile file;
    private readonly ReportDocument document;
    private readonly CancellationToken cancel;
    private readonly PdfFonts fonts;
    private readonly PdfText text;
    private readonly PdfStructure structure;
    private readonly List<int> pages = [];
    private readonly List<int> nodes = [];
    private readonly List<Heading> headings = [];
    private readonly int catalogue;
    private readonly int total;
    private PdfPage page = null!;
    private double y;
    private int images;

    public PdfLayout(PdfFile file, ReportDocument document, CancellationToken cancel)
    {
        (this.file, this.document, this.cancel) = (file, document, cancel);
        catalogue = file.Reserve();
        total = file.Reserve();
        fonts = new PdfFonts(file);
        text = new PdfText(fonts);
        structure = new PdfStructure(file);
    }

    public void Write()
    {
        NewPage();
        TitlePage();
        EndPage();

        // Of the contents only the page numbers are not known yet: as many pages as they need are kept free for them.
        Collect(document.Sections, "", 1);
        PdfTag contents = structure.Open(structure.Document, "TOC");
        List<PdfPage> kept = [.. ContentsLines().Select(_ => TakePage())];
        NewPage();
        int next = 0;
        Sections(document.Sections, structure.Document, ref next);
        EndPage();
        WriteContents(contents, kept);
        Finish();
    }

    private void TitlePage()
    {
        y = Top - 90;
        PdfTag title = structure.Open(structure.Document, "H1");
        Lines(title, text.Break(document.Title, 24, Width, Face.Bold), 24, 31, Left);
        structure.Close(title);
        y -= 22;
        Facts(structure.Document, "Title page", document.TitleFacts);
        y -= 10;
        foreach (ReportText note in document.TitleNotes)
        {
            Paragraph(structure.Document, new ParagraphBlock(note, ParagraphTone.Note));
        }
    }

    private void Collect(IReadOnlyList<ReportSection> sections, string above, int level)
    {
        for (int i = 0; i < sections.Count; i++)
        {
            string number = above.Length == 0 ? $"{i + 1}" : $"{above}.{i + 1}";
            headings.Add(new Heading(number, sections[i].Title, level));
            Collect(sections[i].Sections, number, level + 1);
        }
    }

    private void Sections(IReadOnlyList<ReportSection> sections, PdfTag parent, ref int next)
    {
        foreach (ReportSection section in sections)
        {
            Heading heading = headings[next++];
            PdfTag tag = structure.Open(parent, "Sect");
            double size = heading.Level == 1 ? 16 : 12;
            double before = y > Top - 1 ? 0 : heading.Level == 1 ? 26 : 18;
            SetHeading(tag, $"H{heading.Level + 1}", ReportText.Join($"{heading.Number}  ", section.Title), size, before, heading);
            foreach (ReportBlock block in section.Blocks())
            {
                cancel.ThrowIfCancellationRequested();
                Block(tag, block, heading.Level + 2);
            }

            Sections(section.Sections, tag, ref next);
            structure.Close(tag);
        }
    }

    private void Block(PdfTag parent, ReportBlock block, int level)
    {
        switch (block)
        {
            case ParagraphBlock paragraph:
                Paragraph(parent, paragraph);
                break;
            case ListBlock list:
                List(parent, list);
                break;
            case FactsBlock facts:
                Facts(parent, facts.Caption, facts.Facts);
                break;
            case TableBlock table:
                Table(parent, table);
                break;
            case HeadingBlock heading:
                SetHeading(parent, $"H{level}", heading.Text, 10.5, y > Top - 1 ? 0 : 12);
                break;
            case LinesBlock lines:
                CodeLines(parent, lines);
                break;
            case FileBlock one:
                Keep(one);
                PdfTag tag = structure.Open(parent, "Sect");
                SetHeading(tag, $"H{level}", one.Title, 10.5, y > Top - 1 ? 0 : 16, rule: true);
                if (one.Picture is SmallPicture picture)
                {
                    Picture(tag, picture);
                }

                Facts(tag, one.Id, one.Facts);
                structure.Close(tag);
                break;
            default:
                throw new InvalidOperationException($"{block.GetType().Name} has no PDF");
        }
    }

    /// <summary>A file stands on one page where it does not need more than most of one.</summary>
    private void Keep(FileBlock one)
    {
        double height = 45 + (one.Picture is SmallPicture picture ? PictureSize(picture).Height + 6 : 0);
        foreach (ReportFact fact in one.Facts)
        {
            height += (Math.Max(1, Math.Max(FactLines(fact.Label, LabelWidth).Count, FactLines(fact.Value, Width - LabelWidth).Count)) * FactLeading) + (2 * CellPadding) - 1;
        }

        if (y - height < Bottom && height < (Top - Bottom) * 0.75)
        {
            TurnPage();
        }
    }

    private IReadOnlyList<TextLine> FactLines(ReportText words, double width) => text.Break(words, FactSize, width - (2 * CellPadding));

    private static (double Width, double Height) PictureSize(SmallPicture picture)
    {
        double scale = Math.Min(PictureSide / picture.Width, PictureSide / picture.Height);
        return (picture.Width * scale, picture.Height * scale);
    }

    private void SetHeading(PdfTag parent, string type, ReportText words, double size, double before, Heading? listed = null, bool rule = false)
    {
        IReadOnlyList<TextLine> lines = text.Break(words, size, Width, Face.Bold);
        double leading = size * 1.3, height = before + (Math.Min(lines.Count, 3) * leading);
        // Not alone at the foot of a page.
        if (y - height - (4 * TextLeading) < Bottom)
        {
            TurnPage();
        }
        else
        {
            y -= before;
        }

        if (listed is not null)
        {
            (listed.Page, listed.PageIndex, listed.Y) = (page.Number, page.Index, y);
        }

        if (rule)
        {
            page.BeginArtifact();
            page.Line(Left, y + 3, Right, 0.6, 0.6);
            page.End();
            y -= 3;
        }

        PdfTag tag = structure.Open(parent, type);
        Lines(tag, lines, size, leading, Left);
        structure.Close(tag);
        y -= size * 0.35;
    }

    private void Paragraph(PdfTag parent, ParagraphBlock paragraph)
    {
        bool isBoxed = paragraph.Tone is ParagraphTone.Warning or ParagraphTone.Good;
        double indent = isBoxed ? 10 : 0, size = paragraph.Tone == ParagraphTone.Note ? TextSize - 0.5 : TextSize;
        IReadOnlyList<TextLine> lines = text.Break(paragraph.Text, size, Width - (2 * indent));
        PdfTag tag = structure.Open(parent, "P");
        if (!isBoxed)
        {
            Lines(tag, lines, size, TextLeading, Left, paragraph.Tone == ParagraphTone.Note ? 0.3 : 0.1);
        }
        else
        {
            Boxed(tag, lines, size, TextLeading, indent, paragraph.Tone == ParagraphTone.Good ? GoodTint : WarnTint, paragraph.Tone == ParagraphTone.Good ? GoodBar : WarnBar);
        }

        structure.Close(tag);
        y -= 6;
    }

    private void List(PdfTag parent, ListBlock list)
    {
        PdfTag tag = structure.Open(parent, "L", list.IsOrdered ? "/A<</O/List/ListNumbering/Decimal>>" : "/A<</O/List/ListNumbering/Disc>>");
        for (int i = 0; i < list.Items.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<TextLine> lines = text.Break(list.Items[i], TextSize, Width - 18);
            if (y - (Math.Min(lines.Count, 2) * TextLeading) < Bottom)
            {
                TurnPage();
            }

            PdfTag item = structure.Open(tag, "LI");
            PdfTag label = structure.Open(item, "Lbl");
            TextLine mark = text.Break(list.IsOrdered ? $"{i + 1}." : "\u2022", TextSize, 18)[0];
            page.Begin(label);
            page.Text(mark, Left + 2, y - TextSize, TextSize);
            page.End();
            structure.Close(label);
            PdfTag body = structure.Open(item, "LBody");
            Lines(body, lines, TextSize, TextLeading, Left + 18);
            structure.Close(body);
            structure.Close(item);
            y -= 2;
        }

        structure.Close(tag);
        y -= 5;
    }

    private void CodeLines(PdfTag parent, LinesBlock block)
    {
        y -= 2;
        foreach (string line in block.Lines)
        {
            PdfTag tag = structure.Open(parent, "P");
            Boxed(tag, text.Break(ReportText.Code(line.Length == 0 ? " " : line), 8, Width - 16), 8, 11, 8, CodeTint, null);
            structure.Close(tag);
        }

        y -= 8;
    }

    private void Facts(PdfTag parent, string caption, IReadOnlyList<ReportFact> facts)
    {
        PdfTag table = structure.Open(parent, "Table", $"/A<</O/Table/Summary{PdfFile.Text(VisibleText.Escape(caption))}>>");
        double[] widths = [LabelWidth, Width - LabelWidth];
        foreach (ReportFact fact in facts)
        {
            cancel.ThrowIfCancellationRequested();
            Row(table, [FactLines(fact.Label, widths[0]), FactLines(fact.Value, widths[1])], widths, [false, false], isFacts: true, turned: null);
        }

        structure.Close(table);
        y -= 8;
    }

    private void Table(PdfTag parent, TableBlock block)
    {
        double sum = block.Columns.Sum(c => c.Weight);
        double[] widths = [.. block.Columns.Select(c => Width * c.Weight / sum)];
        bool[] numbers = [.. block.Columns.Select(c => c.IsNumber)];
        TextLines[] heads = [.. block.Columns.Select((c, i) => new TextLines(text.Break(c.Title, CellSize, widths[i] - (2 * CellPadding), Face.Bold)))];
        IReadOnlyList<TextLine> caption = text.Break(block.Caption, TextSize, Width, Face.Bold);
        double headHeight = (heads.Max(h => h.Lines.Count) * CellLeading) + (2 * CellPadding);
        if (y - (caption.Count * TextLeading) - headHeight - (3 * CellLeading) < Bottom)
        {
            TurnPage();
        }
        else
        {
            y -= 4;
        }

        PdfTag table = structure.Open(parent, "Table");
        PdfTag captionTag = structure.Open(table, "Caption");
        Lines(captionTag, caption, TextSize, TextLeading, Left);
        structure.Close(captionTag);
        y -= 3;
        PdfTag headRow = structure.Open(table, "TR");
        Head(heads, widths, numbers, headHeight, headRow);
        structure.Close(headRow);
        foreach (IReadOnlyList<ReportText> row in block.Rows)
        {
            cancel.ThrowIfCancellationRequested();
            IReadOnlyList<TextLine>[] cells = new IReadOnlyList<TextLine>[widths.Length];
            for (int i = 0; i < cells.Length; i++)
            {
                cells[i] = text.Break(row[i], CellSize, widths[i] - (2 * CellPadding));
            }

            Row(table, cells, widths, numbers, isFacts: false, turned: () => Head(heads, widths, numbers, headHeight, null));
        }

        structure.Close(table);
        y -= 10;
    }

    /// <summary>The heading of a table; where it is repeated on another page it is no part of the content.</summary>
    private void Head(TextLines[] heads, double[] widths, bool[] numbers, double height, PdfTag? row)
    {
        page.BeginArtifact();
        page.Fill(Left, y - height, Width, height, HeadTint);
        page.End();
        double x = Left;
        for (int i = 0; i < heads.Length; i++)
        {
            PdfTag? cell = row is null ? null : structure.Open(row, "TH", "/A<</O/Table/Scope/Column>>");
            if (cell is null)
            {
                page.BeginArtifact("/Type/Pagination");
            }
            else
            {
                page.Begin(cell);
            }

            Cell(heads[i].Lines, 0, heads[i].Lines.Count, x, y, widths[i], numbers[i], CellSize, CellLeading, 0.1);
            page.End();
            if (cell is not null)
            {
                structure.Close(cell);
            }

            x += widths[i];
        }

        y -= height;
    }

    /// <summary>A row; where it does not fit it goes on on the next page, after <paramref name="turned"/>.</summary>
    private void Row(PdfTag table, IReadOnlyList<TextLine>[] cells, double[] widths, bool[] numbers, bool isFacts, Action? turned)
    {
        double size = isFacts ? FactSize : CellSize, leading = isFacts ? FactLeading : CellLeading;
        int all = Math.Max(1, cells.Max(c => c.Count)), done = 0;
        if (Room(leading) < all && (all <= 12 || Room(leading) < 4))
        {
            TurnPage();
            turned?.Invoke();
        }

        PdfTag row = structure.Open(table, "TR");
        PdfTag[] tags = new PdfTag[cells.Length];
        for (int i = 0; i < cells.Length; i++)
        {
            tags[i] = structure.Open(row, isFacts && i == 0 ? "TH" : "TD", isFacts && i == 0 ? "/A<</O/Table/Scope/Row>>" : "");
        }

        while (true)
        {
            int now = Math.Min(all - done, Math.Max(1, Room(leading)));
            double x = Left;
            for (int i = 0; i < cells.Length; i++)
            {
                int count = Math.Min(now, cells[i].Count - done);
                if (count > 0)
                {
                    page.Begin(tags[i]);
                    Cell(cells[i], done, count, x, y, widths[i], numbers[i], size, leading, isFacts && i == 0 ? 0.33 : 0.1);
                    page.End();
                }

                x += widths[i];
            }

            y -= (now * leading) + (2 * CellPadding) - 1;
            page.BeginArtifact();
            page.Line(Left, y, Right, 0.4, 0.78);
            page.End();
            done += now;
            if (done >= all)
            {
                break;
            }

            TurnPage();
            turned?.Invoke();
        }

        foreach (PdfTag tag in tags)
        {
            structure.Close(tag);
        }

        structure.Close(row);
    }

    private int Room(double leading) => (int)((y - Bottom - (2 * CellPadding)) / leading);

    private void Cell(IReadOnlyList<TextLine> lines, int first, int count, double x, double top, double width, bool isNumber, double size, double leading, double grey)
    {
        for (int i = 0; i < count; i++)
        {
            TextLine line = lines[first + i];
            double at = isNumber ? x + width - CellPadding - line.Width : x + CellPadding;
            page.Text(line, at, top - CellPadding - size - (i * leading) + 0.5, size, grey);
        }
    }

    private void Picture(PdfTag parent, SmallPicture picture)
    {
        (double width, double height) = PictureSize(picture);
        if (y - height - 10 < Bottom)
        {
            TurnPage();
        }

        int number = file.Reserve();
        if (picture.Jpeg.Length > 0)
        {
            bool isGrey = JpegShape.Components(picture.Jpeg.Span) == 1;
            file.WriteStream(number, string.Create(CultureInfo.InvariantCulture, $"/Type/XObject/Subtype/Image/Width {picture.Width}/Height {picture.Height}/ColorSpace/Device{(isGrey ? "Gray" : "RGB")}/BitsPerComponent 8/Filter/DCTDecode"), picture.Jpeg.Span, compress: false);
        }
        else
        {
            file.WriteStream(number, string.Create(CultureInfo.InvariantCulture, $"/Type/XObject/Subtype/Image/Width {picture.GreyColumns}/Height {picture.GreyRows}/ColorSpace/DeviceGray/BitsPerComponent 8/Interpolate true"), picture.Grey.Span);
        }

        PdfTag figure = structure.Open(parent, "Figure", string.Create(CultureInfo.InvariantCulture,
            $"/Alt{PdfFile.Text(VisibleText.Escape(picture.Description))}/A<</O/Layout/Placement/Block/BBox[{PdfFile.Number(Left)} {PdfFile.Number(y - height)} {PdfFile.Number(Left + width)} {PdfFile.Number(y)}]>>"));
        page.Begin(figure);
        page.Image($"I{++images}", number, Left, y - height, width, height);
        page.End();
        structure.Close(figure);
        y -= height + 6;
    }

    /// <summary>Lines one below the other, over as many pages as they need.</summary>
    private void Lines(PdfTag tag, IReadOnlyList<TextLine> lines, double size, double leading, double x, double grey = 0.1)
    {
        for (int done = 0; done < lines.Count;)
        {
            int room = (int)((y - Bottom) / leading);
            if (room < 1 || (room == 1 && lines.Count - done > 1 && done == 0))
            {
                TurnPage();
                continue;
            }

            int now = Math.Min(room, lines.Count - done);
            page.Begin(tag);
            for (int i = 0; i < now; i++)
            {
                page.Text(lines[done + i], x, y - size - (i * leading), size, grey);
            }

            page.End();
            y -= now * leading;
            done += now;
        }
    }

    private void Boxed(PdfTag tag, IReadOnlyList<TextLine> lines, double size, double leading, double indent, (double R, double G, double B) tint, (double R, double G, double B)? bar)
    {
        const double Pad = 4;
        double pad = bar is null ? 1 : Pad;
        for (int done = 0; done < lines.Count;)
        {
            int room = (int)((y - Bottom - (2 * pad)) / leading);
            if (room < Math.Min(lines.Count, 2))
            {
                TurnPage();
                continue;
            }

            int now = Math.Min(room, lines.Count - done);
            double height = (now * leading) + (2 * pad) - 1;
            page.BeginArtifact();
            page.Fill(Left, y - height, Width, height, tint);
            if (bar is (double, double, double) colour)
            {
                page.Fill(Left, y - height, 3, height, colour);
            }

            page.End();
            page.Begin(tag);
            for (int i = 0; i < now; i++)
            {
                page.Text(lines[done + i], Left + indent, y - pad - size - (i * leading) + 0.5, size);
            }

            page.End();
            y -= height;
            done += now;
        }
    }

    private PdfPage TakePage()
    {
        PdfPage taken = new() { Number = file.Reserve(), Index = pages.Count };
        pages.Add(taken.Number);
        if (pages.Count > nodes.Count * PagesPerNode)
        {
            nodes.Add(file.Reserve());
        }

        return taken;
    }

    private const int PagesPerNode = 64;

    private void NewPage()
    {
        page = TakePage();
        y = Top;
    }

    private void TurnPage()
    {
        EndPage();
        NewPage();
    }

    private void EndPage() => EndPage(page);

    /// <summary>Head and foot, then the page is written and forgotten.</summary>
    private void EndPage(PdfPage ended)
    {
        const double FootY = 34;
        if (document.Marking is string marking)
        {
            TextLine line = text.Break(marking, 9, Width, Face.Bold) is [TextLine first, ..] ? first : default;
            ended.BeginArtifact("/Type/Pagination");
            ended.Text(line, (PageWidth - line.Width) / 2, PageHeight - 36, 9);
            ended.Text(line, (PageWidth - line.Width) / 2, FootY - 12, 9);
            ended.End();
        }

        TextLine number = text.Break($"Page {ended.Index + 1} of ", FootSize, Width)[0];
        TextLine foot = text.Break(document.Footer, FootSize, Width - 100) is [TextLine only, ..] ? only : default;
        ended.BeginArtifact("/Type/Pagination/Subtype/Footer");
        ended.Line(Left, FootY + 12, Right, 0.4, 0.7);
        ended.Text(foot, Left, FootY, FootSize, 0.3);
        double x = Right - number.Width - 20;
        ended.Text(number, x, FootY, FootSize, 0.3);
        // How many pages there are is written at the end, once for all of them.
        ended.Content.Append($"q 1 0 0 1 {PdfFile.Number(x + number.Width)} {PdfFile.Number(FootY)} cm /Total Do Q\n");
        ended.End();

        int content = file.Reserve();
        file.WriteStream(content, "", Encoding.ASCII.GetBytes(ended.Content.ToString()));
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"<</Type/Page/Parent {nodes[ended.Index / PagesPerNode]} 0 R/MediaBox[0 0 {PdfFile.Number(PageWidth)} {PdfFile.Number(PageHeight)}]/Contents {content} 0 R/StructParents {ended.Index}/Tabs/S");
        body.Append(CultureInfo.InvariantCulture, $"/Resources<</Font {fonts.Dictionary} 0 R/XObject<</Total {total} 0 R");
        foreach ((string name, int image) in ended.Images)
        {
            body.Append(CultureInfo.InvariantCulture, $"/{name} {image} 0 R");
        }

        body.Append(">>>>");
        if (ended.Annotations.Count > 0)
        {
            body.Append("/Annots[");
            foreach (int annotation in ended.Annotations)
            {
                body.Append(CultureInfo.InvariantCulture, $"{annotation} 0 R ");
            }

            body.Append(']');
        }

        file.Write(ended.Number, body.Append(">>").ToString());
        structure.Page(ended.Index, ended.Owners);
    }

    private const double ContentsSize = 10, ContentsLeading = 16;

    /// <summary>The lines of the contents, a list for each page.</summary>
    private List<List<(Heading Heading, IReadOnlyList<TextLine> Lines)>> ContentsLines()
    {
        List<List<(Heading, IReadOnlyList<TextLine>)>> parted = [[]];
        double left = Top - Bottom - 40;
        foreach (Heading heading in headings)
        {
            double indent = 22 * (heading.Level - 1);
            IReadOnlyList<TextLine> lines = text.Break(ReportText.Join($"{heading.Number}  ", heading.Title), ContentsSize, Width - indent - 50, heading.Level == 1 ? Face.Bold : Face.Regular);
            // An exhibit's name of a page or more is shown in full at its heading.
            lines = [.. lines.Take(4)];
            if (left < lines.Count * ContentsLeading)
            {
                parted.Add([]);
                left = Top - Bottom;
            }

            left -= lines.Count * ContentsLeading;
            parted[^1].Add((heading, lines));
        }

        return parted;
    }

    private void WriteContents(PdfTag contents, List<PdfPage> kept)
    {
        List<List<(Heading Heading, IReadOnlyList<TextLine> Lines)>> parted = ContentsLines();
        int key = pages.Count;
        for (int p = 0; p < kept.Count; p++)
        {
            page = kept[p];
            y = Top;
            if (p == 0)
            {
                PdfTag title = structure.Open(contents, "Caption");
                Lines(title, text.Break("Contents", 16, Width, Face.Bold), 16, 21, Left);
                structure.Close(title);
                y -= 12;
            }

            foreach ((Heading heading, IReadOnlyList<TextLine> lines) in parted[p])
            {
                PdfTag item = structure.Open(contents, "TOCI");
                PdfTag link = structure.Open(item, "Link");
                double indent = 22 * (heading.Level - 1), top = y;
                page.Begin(link);
                for (int i = 0; i < lines.Count; i++)
                {
                    page.Text(lines[i], Left + indent, y - ContentsSize - (i * ContentsLeading), ContentsSize);
                }

                TextLine number = text.Break($"{heading.PageIndex + 1}", ContentsSize, 50)[0];
                y -= lines.Count * ContentsLeading;
                page.Text(number, Right - number.Width, y + ContentsLeading - ContentsSize, ContentsSize);
                page.End();
                page.BeginArtifact();
                page.Line(Left + indent, y + 1.5, Right, 0.3, 0.85);
                page.End();
                int annotation = file.Add(string.Create(CultureInfo.InvariantCulture,
                    $"<</Type/Annot/Subtype/Link/Rect[{PdfFile.Number(Left + indent)} {PdfFile.Number(y)} {PdfFile.Number(Right)} {PdfFile.Number(top)}]/Border[0 0 0]/F 4/StructParent {key}/Contents{PdfFile.Text(VisibleText.Escape($"Page {heading.PageIndex + 1}"))}/Dest{Destination(heading)}>>"));
                page.Annotations.Add(annotation);
                PdfStructure.AddAnnotation(link, annotation);
                structure.Annotation(key++, link);
                structure.Close(link);
                structure.Close(item);
            }

            EndPage(page);
        }

        structure.Close(contents);
    }

    private static string Destination(Heading heading) => $"[{heading.Page} 0 R/XYZ {PdfFile.Number(Left)} {PdfFile.Number(heading.Y + 8)} null]";

    private void Finish()
    {
        TextLine count = text.Break($"{pages.Count}", FootSize, Width)[0];
        PdfPage drawn = new() { Number = total, Index = 0 };
        drawn.Text(count, 0, 0, FootSize, 0.3);
        file.WriteStream(total, string.Create(CultureInfo.InvariantCulture, $"/Type/XObject/Subtype/Form/BBox[-1 -4 80 12]/Resources<</Font {fonts.Dictionary} 0 R>>"), Encoding.ASCII.GetBytes(drawn.Content.ToString()));
        fonts.Finish();
        structure.Finish();
        int tree = file.Reserve();
        for (int i = 0; i < nodes.Count; i++)
        {
            int[] kids = [.. pages.Skip(i * PagesPerNode).Take(PagesPerNode)];
            file.Write(nodes[i], string.Create(CultureInfo.InvariantCulture, $"<</Type/Pages/Parent {tree} 0 R/Count {kids.Length}/Kids[{string.Join(' ', kids.Select(k => $"{k} 0 R"))}]>>"));
        }

        file.Write(tree, string.Create(CultureInfo.InvariantCulture, $"<</Type/Pages/Count {pages.Count}/Kids[{string.Join(' ', nodes.Select(n => $"{n} 0 R"))}]>>"));
        string title = VisibleText.Escape(document.Title), tool = VisibleText.Escape(document.Tool);
        DateTime made = document.MadeAt.UtcDateTime;
        int info = file.Add($"<</Title{PdfFile.Text(title)}/Creator{PdfFile.Text(tool)}/Producer{PdfFile.Text(tool)}/CreationDate(D:{made.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}Z)>>");
        int metadata = file.Reserve();
        file.WriteStream(metadata, "/Type/Metadata/Subtype/XML", Encoding.UTF8.GetBytes(Xmp(title, tool, made)), compress: false);
        int outlines = Outlines();
        file.Write(catalogue, string.Create(CultureInfo.InvariantCulture,
            $"<</Type/Catalog/Pages {tree} 0 R/Lang{PdfFile.Text(document.Language)}/MarkInfo<</Marked true>>/StructTreeRoot {structure.Root} 0 R/Metadata {metadata} 0 R/ViewerPreferences<</DisplayDocTitle true>>{(outlines > 0 ? $"/Outlines {outlines} 0 R/PageMode/UseOutlines" : "")}>>"));
        file.Finish(catalogue, info);
    }

    /// <summary>Bookmarks (12.3.3), as the sections lie in one another.</summary>
    private int Outlines()
    {
        if (headings.Count == 0)
        {
            return 0;
        }

        int root = file.Reserve();
        int[] numbers = [.. headings.Select(_ => file.Reserve())];
        List<int> top = [];
        for (int i = 0; i < headings.Count; i++)
        {
            int parent = i;
            while (parent >= 0 && headings[parent].Level >= headings[i].Level)
            {
                parent--;
            }

            int before = Sibling(i, -1), after = Sibling(i, 1);
            List<int> kids = [];
            for (int j = i + 1; j < headings.Count && headings[j].Level > headings[i].Level; j++)
            {
                if (headings[j].Level == headings[i].Level + 1)
                {
                    kids.Add(numbers[j]);
                }
            }

            if (parent < 0)
            {
                top.Add(numbers[i]);
            }

            string title = VisibleText.Escape($"{headings[i].Number} {string.Concat(headings[i].Title.Runs.Select(r => r.Text))}");
            file.Write(numbers[i], string.Create(CultureInfo.InvariantCulture,
                $"<</Title{PdfFile.Text(title)}/Parent {(parent < 0 ? root : numbers[parent])} 0 R{(before >= 0 ? $"/Prev {numbers[before]} 0 R" : "")}{(after >= 0 ? $"/Next {numbers[after]} 0 R" : "")}{(kids.Count > 0 ? $"/First {kids[0]} 0 R/Last {kids[^1]} 0 R/Count -{kids.Count}" : "")}/Dest{Destination(headings[i])}>>"));
        }

        file.Write(root, string.Create(CultureInfo.InvariantCulture, $"<</Type/Outlines/First {top[0]} 0 R/Last {top[^1]} 0 R/Count {top.Count}>>"));
        return root;
    }

    /// <summary>The next heading of the same level in a direction, -1 where one of a higher level comes first.</summary>
    private int Sibling(int from, int step)
    {
        for (int i = from + step; i >= 0 && i < headings.Count && headings[i].Level >= headings[from].Level; i += step)
        {
            if (headings[i].Level == headings[from].Level)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>XMP (ISO 16684-1).</summary>
    private string Xmp(string title, string tool, DateTime made)
    {
        string when = made.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return "<?xpacket begin=\"\ufeff\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
            + "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">"
            + $"<dc:format>application/pdf</dc:format><dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{Xml(title)}</rdf:li></rdf:Alt></dc:title><dc:language><rdf:Bag><rdf:li>{Xml(document.Language)}</rdf:li></rdf:Bag></dc:language>"
            + $"<xmp:CreatorTool>{Xml(tool)}</xmp:CreatorTool><xmp:CreateDate>{when}</xmp:CreateDate><pdf:Producer>{Xml(tool)}</pdf:Producer></rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>";
    }

    private static string Xml(string text) => XmlText.Escape(text).Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private readonly record struct TextLines(IReadOnlyList<TextLine> Lines);

    /// <summary>A heading of the contents, and where it came to stand.</summary>
    private sealed class Heading(string number, ReportText title, int level)
    {
        public string Number { get; } = number;

        public ReportText Title { get; } = title;

        public int Level { get; } = level;

        public int Page { get; set; }

        public int PageIndex { get; set; }

        public double Y { get; set; }
    }
}
