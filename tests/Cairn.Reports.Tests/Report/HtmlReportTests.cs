using System.Text;
using System.Text.RegularExpressions;
using Cairn.Reports.Report;

namespace Cairn.Reports.Tests.Report;

public sealed partial class HtmlReportTests : IDisposable
{
    private readonly MadeCase made = new MadeCase().Examine();

    public void Dispose() => made.Dispose();

    private string Html(ReportSettings? settings = null) => Encoding.UTF8.GetString(made.Report(".html", settings));

    [Fact]
    public void Names_from_evidence_are_text_and_nothing_else()
    {
        string html = Html();
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39; onload=x.jpg", html, StringComparison.Ordinal);
        Assert.Contains("J. &lt;b&gt;Doe&lt;/b&gt;", html, StringComparison.Ordinal);
        Assert.Contains("A. &lt;i&gt;Examiner&lt;/i&gt;", html, StringComparison.Ordinal);
        Assert.Contains("case&lt;0&gt;", html, StringComparison.Ordinal);
        // Every tag is one that the writer itself uses.
        string[] tags = [.. Tag().Matches(html).Select(m => m.Groups[1].Value).Distinct()];
        Assert.Empty(tags.Except(["doctype", "html", "head", "meta", "title", "style", "body", "a", "header", "footer", "nav", "main", "section", "article", "div", "h1", "h2", "h3", "h4", "h5", "p", "ol", "ul", "li", "dl", "dt", "dd",
            "table", "caption", "thead", "tbody", "tr", "th", "td", "pre", "code", "span", "strong", "bdi", "figure", "img"]));
        Assert.DoesNotMatch(@"<[^>]* on[a-z]+\s*=", html);
        Assert.DoesNotMatch(@"(?:src|href)=""(?!#|data:image/)", html);
    }

    [Fact]
    public void What_cannot_be_seen_is_made_visible()
    {
        string html = Html(MadeCase.Settings with { Chosen = new EntryFilter { Hits = "any" } });
        Assert.Contains("invoice\\u202egpj.exe", html, StringComparison.Ordinal);
        Assert.Contains("bell\\u0007esc\\u001b[31mred\\u0000end\\u000d\\u000aline", html, StringComparison.Ordinal);
        Assert.DoesNotMatch("[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]", html);
        Assert.Contains(MadeCase.Greek, html, StringComparison.Ordinal);
        Assert.Contains(MadeCase.Others, html, StringComparison.Ordinal);
        Assert.Contains(MadeCase.Unbroken, html, StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_one_file_in_landmarks_without_script_or_anything_fetched()
    {
        string html = Html();
        Assert.StartsWith("<!doctype html>\n<html lang=\"en-GB\">", html, StringComparison.Ordinal);
        Assert.Contains("default-src &#39;none&#39;", html.Replace("'", "&#39;", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.All(new[] { "<header>", "<nav aria-labelledby", "<main id=\"report\"", "<footer>", "class=\"skip\" href=\"#report\"", "prefers-color-scheme: dark", "@media print" }, part => Assert.Contains(part, html, StringComparison.Ordinal));
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_entry_of_the_contents_leads_to_one_heading_and_no_level_is_passed_over()
    {
        string html = Html();
        string[] ids = [.. Regex.Matches(html, " id=\"([^\"]*)\"").Select(m => m.Groups[1].Value)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        string[] links = [.. Regex.Matches(html, "href=\"#([^\"]*)\"").Select(m => m.Groups[1].Value)];
        Assert.True(links.Length > 10);
        Assert.Empty(links.Except(ids));
        Assert.Empty(Regex.Matches(html, "aria-labelledby=\"([^\"]*)\"").Select(m => m.Groups[1].Value).Except(ids));
        int[] levels = [.. Regex.Matches(html, "<h([1-6])[ >]").Select(m => m.Groups[1].Value[0] - '0')];
        Assert.Equal(1, levels.Count(l => l == 1));
        Assert.All(levels.Zip(levels.Skip(1)), pair => Assert.True(pair.Second <= pair.First + 1, $"h{pair.Second} after h{pair.First}"));
        Assert.Equal(Regex.Count(html, "<table>"), Regex.Count(html, "<caption "));
    }

    [Fact]
    public void Counts_hashes_states_and_times_are_those_of_the_case()
    {
        string html = Html();
        // Three of seven are deleted: 1 and 4 hit, by the rows of the made case; number 3 is merely known.
        Assert.Contains("<strong>6 files hit entries marked notable: 4 live, 2 deleted.</strong>", html, StringComparison.Ordinal);
        Assert.Contains("<td><bdi>RB/1</bdi></td><td><bdi>wanted 2026.1</bdi></td><td><bdi>notable</bdi></td><td><bdi>A</bdi></td><td class=\"n\">3</td><td class=\"n\">1</td><td class=\"n\">0</td><td class=\"n\">4</td>", html, StringComparison.Ordinal);
        Assert.Contains("agrees; stored in <bdi>hash section</bdi>", html, StringComparison.Ordinal);
        Assert.Contains("Recoverable in part: some clusters", html, StringComparison.Ordinal);
        Assert.Contains("2019-04-17 18:40:00.0000000 UTC ($FILE_NAME)", html, StringComparison.Ordinal);
        Assert.Contains("2019-04-17 18:40:01.0000000 UTC ($STANDARD_INFORMATION)", html, StringComparison.Ordinal);
        Assert.Contains("equal to the size of the image: every byte is accounted for", html, StringComparison.Ordinal);
        Assert.Contains("All are as they were written.", html, StringComparison.Ordinal);
        Assert.Contains(new string('a', 64), html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_case_and_time_give_the_same_bytes() =>
        Assert.Equal(made.Report(".html"), made.Report(".html"));

    [Fact]
    public void Parts_that_are_not_wanted_are_left_out()
    {
        string html = Html(MadeCase.Settings with { Without = Enum.GetValues<ReportPart>().ToHashSet() });
        Assert.All(new[] { "id=\"method\"", "id=\"files\"", "id=\"timeline\"", "id=\"glossary\"", "Notable hits", "Problems and notices</caption>" }, part => Assert.DoesNotContain(part, html, StringComparison.Ordinal));
        Assert.Contains("id=\"findings\"", html, StringComparison.Ordinal);
        Assert.Contains("Problems and notices by exhibit, stage and kind", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_short_form_says_less_and_names_itself()
    {
        string html = Html(MadeCase.Settings with { IsShort = true });
        Assert.Contains("<h1>Digital examination: summary report</h1>", html, StringComparison.Ordinal);
        Assert.Contains("6 files hit entries marked notable", html, StringComparison.Ordinal);
        Assert.DoesNotContain("id=\"timeline\"", html, StringComparison.Ordinal);
        Assert.True(html.Length < Html().Length * 2 / 3);
    }

    [Fact]
    public void A_changed_case_is_said_to_be_changed()
    {
        using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(Path.Combine(made.Path, "case.db"), FileMode.Open, FileAccess.ReadWrite))
        {
            byte[] all = new byte[RandomAccess.GetLength(file)];
            RandomAccess.Read(file, all, 0);
            int at = all.AsSpan().IndexOf("onload=x.jpg"u8);
            RandomAccess.Write(file, "onload=y.jpg"u8, at);
        }

        Assert.Contains("THE CASE IS NOT AS IT WAS WRITTEN", Html(), StringComparison.Ordinal);
        Assert.Contains("were not checked against the log", Html(MadeCase.Settings with { IsChecked = false }), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_exhibits_have_sums_over_both()
    {
        made.Examine("RB/2");
        string html = Html();
        Assert.Contains("<strong>12 files hit entries marked notable: 8 live, 4 deleted.</strong>", html, StringComparison.Ordinal);
        Assert.Contains("<strong>all exhibits</strong></td><td><strong>notable</strong></td><td class=\"n\"><strong>8</strong></td><td class=\"n\"><strong>4</strong></td>", html, StringComparison.Ordinal);
        Assert.Contains("id=\"exhibit-2\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void More_problems_than_are_listed_are_said_to_be_more()
    {
        string html = Html(MadeCase.Settings with { MostProblems = 0 });
        Assert.Contains("The first 0 of 1 are listed", html, StringComparison.Ordinal);
        Assert.DoesNotContain("MFT record", html, StringComparison.Ordinal);
        Assert.Contains("MFT record &lt;9&gt;", Html(), StringComparison.Ordinal);
    }

    [GeneratedRegex("<[/!]?([a-zA-Z][a-zA-Z0-9]*)")]
    private static partial Regex Tag();
}
