using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Cairn.Reports.Tests.Report;

/// <summary>PDF reports, looked at with poppler's and qpdf's tools.</summary>
public sealed class PdfReportTests : IDisposable
{
    private readonly MadeCase made = new MadeCase().Examine();

    public void Dispose() => made.Dispose();

    [Fact]
    public void Qpdf_finds_nothing_to_complain_of()
    {
        string output = Tool("qpdf", "--check", made.ReportPath(".pdf"));
        Assert.Contains("No syntax or stream encoding errors found", output, StringComparison.Ordinal);
        Assert.DoesNotContain("WARNING", output, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_tagged_and_has_title_language_bookmarks_and_embedded_fonts()
    {
        string path = made.ReportPath(".pdf", MadeCase.Settings with { Reference = "Operation <Example>", Marking = "OFFICIAL" });
        string info = Tool("pdfinfo", path);
        Assert.Matches(@"Title: +Digital examination report, Operation <Example>\n", info);
        Assert.Matches(@"Tagged: +yes", info);
        Assert.Matches(@"JavaScript: +no", info);
        string[] fonts = [.. Tool("pdffonts", path).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2)];
        Assert.True(fonts.Length >= 3);
        Assert.All(fonts, font => Assert.Matches(@"Identity-H +yes yes yes", font));
        string catalogue = Tool("qpdf", "--qdf", "--object-streams=disable", path, "-");
        Assert.Contains("/Lang (en-GB)", catalogue, StringComparison.Ordinal);
        Assert.Contains("/DisplayDocTitle true", catalogue, StringComparison.Ordinal);
        Assert.Contains("/Type /Outlines", catalogue, StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_are_headings_tables_and_lists_in_the_order_of_reading()
    {
        string structure = Tool("pdfinfo", "-struct-text", made.ReportPath(".pdf"));
        Assert.DoesNotMatch("(?m)^Syntax (Error|Warning)", structure);
        string[] order = ["Digital examination report", "Contents", "Summary", "Exhibits and integrity", "Method in plain words", "Findings by exhibit", "Timeline extract", "Coverage and limits", "Glossary", "Audit log and how"];
        int at = structure.IndexOf("H1", StringComparison.Ordinal);
        foreach (string heading in order)
        {
            int next = structure.IndexOf(heading, at, StringComparison.Ordinal);
            Assert.True(next >= 0, $"{heading} does not come after what stands before it");
            at = next;
        }

        Assert.All(new[] { "TOC", "TOCI", "Link", "Table", "TH", "TD", "Caption", "LI", "LBody" }, tag => Assert.Matches($@"(?m)^ +{tag}\b", structure));
    }

    [Fact]
    public void The_text_of_names_comes_out_as_it_went_in_and_nothing_is_dropped()
    {
        string text = Tool("pdftotext", "-raw", made.ReportPath(".pdf", MadeCase.Settings with { Chosen = new EntryFilter { Hits = "any" } }), "-");
        string joined = Regex.Replace(text, @"\s+", "");
        Assert.Contains("<script>alert(1)</script>\"'onload=x.jpg", joined, StringComparison.Ordinal);
        Assert.Contains("invoice\\u202egpj.exe", joined, StringComparison.Ordinal);
        Assert.Contains("bell\\u0007esc\\u001b[31mred\\u0000end\\u000d\\u000aline", joined, StringComparison.Ordinal);
        Assert.Contains(MadeCase.Greek.Replace(" ", "", StringComparison.Ordinal), joined, StringComparison.Ordinal);
        Assert.Contains("[U+6F22][U+5B57][U+05E2][U+05D1][U+05E8][U+05D9][U+05EA]", joined, StringComparison.Ordinal);
        Assert.True(joined.Contains("\U0001F600", StringComparison.Ordinal) || joined.Contains("[U+1F600]", StringComparison.Ordinal));
        Assert.DoesNotMatch("[\u0000-\u0008\u000e-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069]", text.Replace("\f", "", StringComparison.Ordinal));
        // 4,000 characters, over lines and pages: the path of the file's own table, without what stands at the foot of pages.
        string content = Regex.Replace(Regex.Replace(text, @"case [0-9a-f]{8}, made [^\n]*\n(Page \d+ of \d+\n?)?|Page \d+ of \d+\n?", ""), @"\s+", "");
        Assert.Contains("LONG-END.x", content, StringComparison.Ordinal);
        Assert.True(Regex.Matches(content, "W{400,}").Sum(m => m.Length) >= 4_000);
    }

    [Fact]
    public void Every_page_says_its_number_and_how_many_there_are_and_nothing_stands_beyond_the_edges()
    {
        string path = made.ReportPath(".pdf");
        int pages = int.Parse(Regex.Match(Tool("pdfinfo", path), @"Pages: +(\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        string[] texts = Tool("pdftotext", "-layout", path, "-").Split('\f');
        for (int i = 0; i < pages; i++)
        {
            Assert.Matches($@"Page {i + 1} of\s+{pages}\b", texts[i]);
        }

        foreach (Match word in Regex.Matches(Tool("pdftotext", "-bbox", path, "-"), @"xMin=""([-\d.]+)"" yMin=""([-\d.]+)"" xMax=""([-\d.]+)"" yMax=""([-\d.]+)"""))
        {
            double[] box = [.. word.Groups.Values.Skip(1).Select(g => double.Parse(g.Value, System.Globalization.CultureInfo.InvariantCulture))];
            Assert.True(box[0] >= 50 && box[2] <= 595.28 - 44 && box[1] >= 20 && box[3] <= 841.89 - 15, word.Value);
        }
    }

    [Fact]
    public void The_contents_name_the_page_that_each_part_begins_on()
    {
        string path = made.ReportPath(".pdf");
        string[] pages = Tool("pdftotext", "-layout", path, "-").Split('\f');
        MatchCollection lines = Regex.Matches(pages[1], @"(?m)^ *(\d(?:\.\d)?) +(\S.*?) {3,}(\d+)$");
        Assert.True(lines.Count >= 9, pages[1]);
        foreach (Match line in lines)
        {
            int page = int.Parse(line.Groups[3].Value, System.Globalization.CultureInfo.InvariantCulture);
            Assert.Matches($@"(?m)^ *{Regex.Escape(line.Groups[1].Value)} +{Regex.Escape(line.Groups[2].Value)}", pages[page - 1]);
        }
    }

    [Fact]
    public void Pages_are_drawn_with_something_on_each()
    {
        string path = made.ReportPath(".pdf", MadeCase.Settings with { IsShort = true });
        string target = made.Folder.File("page");
        Tool("pdftoppm", "-r", "40", "-gray", path, target);
        string[] drawn = [.. Directory.EnumerateFiles(made.Folder.Path, "page-*.pgm")];
        Assert.NotEmpty(drawn);
        Assert.All(drawn, page => Assert.True(File.ReadAllBytes(page).Count(b => b < 200) > 200, page));
    }

    [Fact]
    public void The_same_case_and_time_give_the_same_bytes() =>
        Assert.Equal(made.Report(".pdf"), made.Report(".pdf"));

    [Fact]
    public void A_report_of_another_ending_is_refused()
    {
        Assert.Throws<CaseStore.CaseException>(() => made.Report(".docx"));
        Assert.Empty(Directory.EnumerateFiles(made.Folder.Path, "*.part"));
    }

    /// <summary>What a program says on both of its outputs; skips where it is not installed.</summary>
    internal static string Tool(string name, params string[] arguments)
    {
        ProcessStartInfo start = new(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            string errors = error.GetAwaiter().GetResult();
            Assert.True(process.ExitCode == 0, $"{name} ended with {process.ExitCode}: {errors}");
            return output + errors;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{name} is not installed (poppler-utils, qpdf)");
            return "";
        }
    }
}
