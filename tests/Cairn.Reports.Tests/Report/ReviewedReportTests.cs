using System.Text;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;
using Cairn.Reports.Report;
using Cairn.Reports.Report.Content;

namespace Cairn.Reports.Tests.Report;

/// <summary>What people did in the review, in the report.</summary>
public sealed class ReviewedReportTests : IDisposable
{
    private static readonly Actor First = new("one", "Grader <One>"), Second = new("two", "Grader Two");
    private readonly MadeCase made = new MadeCase().Examine();

    public void Dispose() => made.Dispose();

    private string Html(ReportSettings? settings = null) => Encoding.UTF8.GetString(made.Report(".html", settings));

    private void Review(Action<ReviewStore> acts)
    {
        using ReviewStore store = ReviewStore.Open(made.Path, "Cairn 0.1.0", TimeProvider.System);
        acts(store);
        store.Checkpoint();
    }

    private void Vote(ReviewStore store, Actor who, string grade, string name) =>
        store.Vote(who, Guid.NewGuid(), new VoteRequest { Contents = [new EntryContent(made.Content(name), made.Ids[name])], Grade = grade, Revealed = true, Milliseconds = 1_000 });

    [Fact]
    public void Decided_grades_are_counted_by_exhibit_and_state_and_open_ones_are_said_to_be_open()
    {
        Review(store =>
        {
            store.AskForSecondVotes(First, Guid.NewGuid(), SecondVotes.None);
            Vote(store, First, "A", MadeCase.Script);
            Vote(store, First, "A", MadeCase.Reversed);
            Vote(store, Second, "A", MadeCase.Reversed);
            Vote(store, First, "not-indecent", MadeCase.Controls);
            Vote(store, First, "B", MadeCase.Greek);
            Vote(store, Second, "C", MadeCase.Greek);
        });
        string html = Html();
        Assert.Contains("<td><bdi>RB/1</bdi></td><td><bdi>Category A</bdi></td><td class=\"n\">1</td><td class=\"n\">1</td><td class=\"n\">0</td><td class=\"n\">2</td>", html, StringComparison.Ordinal);
        Assert.Contains("<td><bdi>RB/1</bdi></td><td><bdi>Not indecent</bdi></td><td class=\"n\">1</td><td class=\"n\">0</td><td class=\"n\">0</td><td class=\"n\">1</td>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<td><bdi>RB/1</bdi></td><td><bdi>Category B</bdi></td>", html, StringComparison.Ordinal);
        Assert.Contains("1 on which votes differ", html, StringComparison.Ordinal);
        Assert.Contains("Grader &lt;One&gt;", html, StringComparison.Ordinal);
        Assert.Contains("<dt>Grade</dt><dd><strong>Category A</strong>, by 2 people</dd>", html, StringComparison.Ordinal);
        Assert.Contains("The signed head of the review", html, StringComparison.Ordinal);
        string shortForm = Html(MadeCase.Settings with { IsShort = true });
        Assert.Contains("<bdi>Category A</bdi>", shortForm, StringComparison.Ordinal);
        Assert.DoesNotContain("Category A", Html(MadeCase.Settings with { Without = new HashSet<ReportPart> { ReportPart.Grades } }), StringComparison.Ordinal);
    }

    [Fact]
    public void Notes_tags_and_overruled_hits_stand_with_their_file()
    {
        Review(store =>
        {
            store.Note(First, Guid.NewGuid(), made.Ids[MadeCase.Script], "seen <before>\nin 2024");
            store.DefineTag(First, Guid.NewGuid(), new Tag("to <court>", "red"));
            store.TagEntries(First, Guid.NewGuid(), "to <court>", [made.Ids[MadeCase.Script]]);
            store.Overrule(First, Guid.NewGuid(), new Overrule("wanted", "2026.1", "case<0>", made.Content(MadeCase.Script), made.Ids[MadeCase.Script], "a picture of a <house>"));
        });
        string html = Html();
        Assert.Contains("<bdi>seen &lt;before&gt; in 2024</bdi>", html, StringComparison.Ordinal);
        Assert.Contains("<dt>Tags</dt><dd><bdi>to &lt;court&gt;</bdi></dd>", html, StringComparison.Ordinal);
        Assert.Contains("<strong>People say that this hit is wrong</strong>: <bdi>a picture of a &lt;house&gt;</bdi>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Bookmarked_files_are_described_beside_those_with_a_notable_hit()
    {
        Review(store => store.BookmarkEntries(First, Guid.NewGuid(), [made.Ids[MadeCase.Greek]], ReportPicture.Blurred));
        string html = Html();
        Assert.Contains("7 files are bookmarked or have a notable hit.", html, StringComparison.Ordinal);
        Assert.Contains("Bookmarked files and files with a notable hit", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReportPictures.None, ReportPicture.Shown, ReportPictures.None)]
    [InlineData(ReportPictures.Chosen, ReportPicture.Shown, ReportPictures.Shown)]
    [InlineData(ReportPictures.Chosen, ReportPicture.Blurred, ReportPictures.Blurred)]
    [InlineData(ReportPictures.Chosen, null, ReportPictures.None)]
    [InlineData(ReportPictures.Blurred, ReportPicture.Shown, ReportPictures.Blurred)]
    [InlineData(ReportPictures.Blurred, null, ReportPictures.Blurred)]
    [InlineData(ReportPictures.Shown, ReportPicture.Blurred, ReportPictures.Blurred)]
    [InlineData(ReportPictures.Shown, ReportPicture.Out, ReportPictures.None)]
    public void A_bookmark_asks_for_less_never_for_more(ReportPictures asked, ReportPicture? bookmark, ReportPictures given)
    {
        Review(store =>
        {
            if (bookmark is ReportPicture picture)
            {
                store.BookmarkEntries(First, Guid.NewGuid(), [1], picture);
            }
        });
        using CaseReader reader = CaseReader.Open(made.Path);
        Assert.Equal(given, new ReviewFacts(reader, TestContext.Current.CancellationToken).Picture(1, asked));
    }
}
