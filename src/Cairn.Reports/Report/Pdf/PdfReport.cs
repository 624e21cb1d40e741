namespace Cairn.Reports.Report.Pdf;

/// <summary>
/// A report as PDF 1.7: tagged, with title, language, bookmarks, contents and page numbers, its fonts embedded. A page's content is compressed and written when
/// the page is full, so memory holds the page, a number for each table row, and eight bytes for each object.
/// </summary>
internal sealed class PdfReport : IReportWriter
{
    /// <inheritdoc/>
    public void Write(ReportDocument document, Stream target, CancellationToken cancel)
    {
        using PdfFile file = new(target);
        new PdfLayout(file, document, cancel).Write();
    }
}
