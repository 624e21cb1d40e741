using Cairn.Reports.Report;
using Cairn.Reports.Report.Html;
using Cairn.Reports.Report.Pdf;

namespace Cairn.Reports.Tests.Report;

/// <summary>Memory while a long report is written.</summary>
public sealed class LargeReportTests
{
    [Theory]
    [InlineData(".html", 4)]
    [InlineData(".pdf", 24)]
    public void A_table_of_a_hundred_thousand_rows_needs_a_bounded_memory(string ending, int mostMegabytes)
    {
        const int Rows = 100_000;
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0;
        IEnumerable<IReadOnlyList<ReportText>> Lines()
        {
            for (int i = 0; i < Rows; i++)
            {
                if (i % 10_000 == 0)
                {
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
                }

                yield return [$"{i}", ReportText.Evidence($"Users/sam/Pictures/2026/picture {i}.jpg"), "deleted", ReportText.Code(new string('a', 32))];
            }

            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
        }

        ReportDocument document = new()
        {
            Title = "Long",
            TitleFacts = [],
            Footer = "long",
            MadeAt = default(DateTimeOffset).AddYears(2025),
            Tool = "Cairn",
            Sections = [new ReportSection("one", "One", () => [new TableBlock("Rows", [new("Id", 1), new("File", 3), new("State", 1), new("MD5", 2)], Lines())])],
        };
        IReportWriter writer = ending == ".pdf" ? new PdfReport() : new HtmlReport();
        writer.Write(document, Stream.Null, TestContext.Current.CancellationToken);
        Assert.InRange((most - before) >> 20, long.MinValue, mostMegabytes);
    }
}
