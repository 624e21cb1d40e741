using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Cairn.Reports.Report.Html;

/// <summary>
/// A report as one HTML file: its style within, no script, nothing fetched. Written as it comes, in landmarks, with a table of contents, for the
/// screen (dark and light) and for paper.
/// </summary>
internal sealed class HtmlReport : IReportWriter
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <inheritdoc/>
    public void Write(ReportDocument document, Stream target, CancellationToken cancel)
    {
        using StreamWriter writer = new(target, Utf8, 1 << 16, leaveOpen: true) { NewLine = "\n" };
        new Page(writer, cancel).Write(document);
    }

    private sealed class Page(StreamWriter writer, CancellationToken cancel)
    {
        private int regions;

        public void Write(ReportDocument document)
        {
            writer.Write("<!doctype html>\n<html lang=\"");
            Escaped(document.Language);
            writer.Write("\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                + "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n"
                + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                + "<meta name=\"generator\" content=\"");
            Escaped(document.Tool);
            writer.Write("\">\n<title>");
            Escaped(document.Title);
            writer.Write("</title>\n<style>\n");
            writer.Write(HtmlStyle.Text);
            writer.Write("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#report\">Skip to the report</a>\n<header>\n");
            Marking(document);
            writer.Write("<h1>");
            Escaped(document.Title);
            writer.Write("</h1>\n");
            Facts(document.TitleFacts);
            foreach (ReportText note in document.TitleNotes)
            {
                writer.Write("<p class=\"note\">");
                Text(note);
                writer.Write("</p>\n");
            }

            writer.Write("</header>\n<div class=\"columns\">\n<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n");
            Contents(document.Sections, "");
            writer.Write("</nav>\n<main id=\"report\" tabindex=\"-1\">\n");
            Sections(document.Sections, "", 2);
            writer.Write("</main>\n</div>\n<footer>\n<p>");
            Escaped(document.Footer);
            writer.Write("</p>\n");
            Marking(document);
            writer.Write("</footer>\n</body>\n</html>\n");
        }

        private void Marking(ReportDocument document)
        {
            if (document.Marking is string marking)
            {
                writer.Write("<p class=\"marking\">");
                Escaped(marking);
                writer.Write("</p>\n");
            }
        }

        private void Contents(IReadOnlyList<ReportSection> sections, string above)
        {
            writer.Write("<ol>\n");
            for (int i = 0; i < sections.Count; i++)
            {
                string number = Number(above, i);
                writer.Write($"<li><a href=\"#{sections[i].Id}\"><span class=\"number\">{number}</span> ");
                Text(sections[i].Title);
                writer.Write("</a>");
                if (sections[i].Sections.Count > 0)
                {
                    writer.Write('\n');
                    Contents(sections[i].Sections, number);
                }

                writer.Write("</li>\n");
            }

            writer.Write("</ol>\n");
        }

        private void Sections(IReadOnlyList<ReportSection> sections, string above, int level)
        {
            for (int i = 0; i < sections.Count; i++)
            {
                ReportSection section = sections[i];
                string number = Number(above, i);
                writer.Write($"<section aria-labelledby=\"{section.Id}\">\n<h{level} id=\"{section.Id}\"><span class=\"number\">{number}</span> ");
                Text(section.Title);
                writer.Write($"</h{level}>\n");
                foreach (ReportBlock block in section.Blocks())
                {
                    cancel.ThrowIfCancellationRequested();
                    Block(block, level + 1);
                }

                Sections(section.Sections, number, level + 1);
                writer.Write("</section>\n");
            }
        }

        private void Block(ReportBlock block, int level)
        {
            switch (block)
            {
                case ParagraphBlock paragraph:
                    writer.Write(paragraph.Tone switch
                    {
                        ParagraphTone.Note => "<p class=\"note\">",
                        ParagraphTone.Warning => "<p class=\"warning\">",
                        ParagraphTone.Good => "<p class=\"good\">",
                        _ => "<p>",
                    });
                    Text(paragraph.Text);
                    writer.Write("</p>\n");
                    break;
                case ListBlock list:
                    writer.Write(list.IsOrdered ? "<ol class=\"steps\">\n" : "<ul>\n");
                    foreach (ReportText item in list.Items)
                    {
                        writer.Write("<li>");
                        Text(item);
                        writer.Write("</li>\n");
                    }

                    writer.Write(list.IsOrdered ? "</ol>\n" : "</ul>\n");
                    break;
                case FactsBlock facts:
                    Facts(facts.Facts);
                    break;
                case TableBlock table:
                    Table(table);
                    break;
                case HeadingBlock heading:
                    writer.Write($"<h{level}>");
                    Text(heading.Text);
                    writer.Write($"</h{level}>\n");
                    break;
                case LinesBlock lines:
                    writer.Write("<pre tabindex=\"0\"><code>");
                    for (int i = 0; i < lines.Lines.Count; i++)
                    {
                        writer.Write(i == 0 ? "" : "\n");
                        Escaped(lines.Lines[i]);
                    }

                    writer.Write("</code></pre>\n");
                    break;
                case FileBlock file:
                    File(file, level);
                    break;
                default:
                    throw new InvalidOperationException($"{block.GetType().Name} has no HTML");
            }
        }

        private void File(FileBlock file, int level)
        {
            writer.Write($"<article aria-labelledby=\"{file.Id}\">\n<h{level} id=\"{file.Id}\">");
            Text(file.Title);
            writer.Write($"</h{level}>\n");
            if (file.Picture is SmallPicture picture)
            {
                writer.Write("<figure><img alt=\"");
                Escaped(picture.Description);
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"\" width=\"{picture.Width}\" height=\"{picture.Height}\" src=\"data:"));
                if (picture.Jpeg.Length > 0)
                {
                    writer.Write("image/jpeg;base64,");
                    writer.Write(Convert.ToBase64String(picture.Jpeg.Span));
                }
                else
                {
                    writer.Write("image/bmp;base64,");
                    writer.Write(Convert.ToBase64String(Bitmap(picture)));
                }

                writer.Write("\"></figure>\n");
            }

            Facts(file.Facts);
            writer.Write("</article>\n");
        }

        private void Facts(IReadOnlyList<ReportFact> facts)
        {
            writer.Write("<dl>\n");
            foreach (ReportFact fact in facts)
            {
                writer.Write("<div><dt>");
                Escaped(fact.Label);
                writer.Write("</dt><dd>");
                Text(fact.Value);
                writer.Write("</dd></div>\n");
            }

            writer.Write("</dl>\n");
        }

        private void Table(TableBlock table)
        {
            string caption = string.Create(CultureInfo.InvariantCulture, $"caption-{++regions}");
            writer.Write($"<div class=\"wide\" role=\"region\" aria-labelledby=\"{caption}\" tabindex=\"0\">\n<table>\n<caption id=\"{caption}\">");
            Escaped(table.Caption);
            writer.Write("</caption>\n<thead><tr>");
            foreach (ReportColumn column in table.Columns)
            {
                writer.Write(column.IsNumber ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
                Escaped(column.Title);
                writer.Write("</th>");
            }

            writer.Write("</tr></thead>\n<tbody>\n");
            foreach (IReadOnlyList<ReportText> row in table.Rows)
            {
                cancel.ThrowIfCancellationRequested();
                writer.Write("<tr>");
                for (int i = 0; i < table.Columns.Count; i++)
                {
                    writer.Write(table.Columns[i].IsNumber ? "<td class=\"n\">" : "<td>");
                    Text(row[i]);
                    writer.Write("</td>");
                }

                writer.Write("</tr>\n");
            }

            writer.Write("</tbody>\n</table>\n</div>\n");
        }

        private void Text(ReportText text)
        {
            foreach (TextRun run in text.Runs)
            {
                (string open, string close) = run.Style switch
                {
                    RunStyle.Strong => ("<strong>", "</strong>"),
                    // Isolated: right-to-left writing in a name does not move what stands beside it.
                    RunStyle.Evidence => ("<bdi>", "</bdi>"),
                    RunStyle.Code => ("<code>", "</code>"),
                    _ => ("", ""),
                };
                writer.Write(open);
                Escaped(run.Text);
                writer.Write(close);
            }
        }

        private void Escaped(string text)
        {
            text = VisibleText.Escape(text);
            int start = 0;
            for (int i = 0; i < text.Length; i++)
            {
                string? entity = text[i] switch
                {
                    '&' => "&amp;",
                    '<' => "&lt;",
                    '>' => "&gt;",
                    '"' => "&quot;",
                    '\'' => "&#39;",
                    _ => null,
                };
                if (entity is not null)
                {
                    writer.Write(text.AsSpan(start, i - start));
                    writer.Write(entity);
                    start = i + 1;
                }
            }

            writer.Write(text.AsSpan(start));
        }

        private static string Number(string above, int index) => above.Length == 0 ? $"{index + 1}" : $"{above}.{index + 1}";
    }

    /// <summary>A BMP file of 256 greys: every browser shows it and it needs no compression.</summary>
    private static byte[] Bitmap(SmallPicture picture)
    {
        const int Head = 54, Palette = 1024;
        int stride = (picture.GreyColumns + 3) & ~3, rows = picture.GreyRows;
        byte[] file = new byte[Head + Palette + (stride * rows)];
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), Head + Palette);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(14), 40);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(18), picture.GreyColumns);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(22), rows);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(26), 1);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(28), 8);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(34), stride * rows);
        for (int grey = 0; grey < 256; grey++)
        {
            file.AsSpan(Head + (grey * 4), 3).Fill((byte)grey);
        }

        for (int row = 0; row < rows; row++)
        {
            // Rows of a BMP go from the bottom up.
            picture.Grey.Span.Slice(row * picture.GreyColumns, picture.GreyColumns).CopyTo(file.AsSpan(Head + Palette + ((rows - 1 - row) * stride)));
        }

        return file;
    }
}
