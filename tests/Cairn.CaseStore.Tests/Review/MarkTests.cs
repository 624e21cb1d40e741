using Cairn.CaseStore.Review;
using static Cairn.CaseStore.Tests.Review.SampleReview;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>Notes, tags, selections, the report's entries, overrules, exposure.</summary>
public sealed class MarkTests : IDisposable
{
    private readonly SampleReview review = new();

    [Fact]
    public void Notes_are_kept_in_their_order_with_their_author_until_they_are_undone()
    {
        review.Store.Note(Anna, Id(), 3, "first");
        review.Store.Note(Ben, Id(), 3, "second");
        review.Store.Note(Ben, Id(), 4, "elsewhere");
        Assert.Equal([("first", "Anna Ash"), ("second", "Ben Birch")], review.Reader.Notes(3).Select(note => (note.Text, note.By.Name)));
        review.Store.UndoLast(Anna, Id());
        Assert.Equal(["second", "elsewhere"], review.Reader.Notes().Select(note => note.Text));
        Assert.Throws<ReviewException>(() => review.Store.Note(Anna, Id(), 0, "x"));
        Assert.Throws<ReviewException>(() => review.Store.Note(Anna, Id(), 1, " "));
        Assert.Throws<ReviewException>(() => review.Store.Note(Anna, Id(), 1, new string('x', 10_001)));
    }

    [Fact]
    public void Tags_are_of_the_case_and_on_entries()
    {
        Assert.Throws<ReviewException>(() => review.Store.TagEntries(Anna, Id(), "look again", [1]));
        review.Store.DefineTag(Anna, Id(), new Tag("look again", "red"));
        review.Store.DefineTag(Ben, Id(), new Tag("counsel", "blue"));
        review.Store.DefineTag(Ben, Id(), new Tag("look again", "green"));
        Assert.Throws<ReviewException>(() => review.Store.DefineTag(Ben, Id(), new Tag("x", "#fff")));
        Assert.Equal([new Tag("counsel", "blue"), new Tag("look again", "green")], review.Reader.Tags());
        review.Store.TagEntries(Anna, Id(), "look again", [5, 1, 3, 1]);
        review.Store.TagEntries(Ben, Id(), "counsel", [1]);
        Assert.Equal(["counsel", "look again"], review.Reader.TagsOf(1));
        Assert.Equal([1, 3], review.Reader.TaggedWith("look again", 0, 2));
        Assert.Equal([5], review.Reader.TaggedWith("look again", 3, 2));
        review.Store.UntagEntries(Ben, Id(), "look again", [3]);
        Assert.Equal([1, 5], review.Reader.TaggedWith("look again", 0, 10));
        review.Store.UndoLast(Ben, Id());
        Assert.Equal([1, 3, 5], review.Reader.TaggedWith("look again", 0, 10));
        review.Store.UndoLast(Anna, Id());
        Assert.Empty(review.Reader.TaggedWith("look again", 0, 10));
    }

    [Fact]
    public void Selections_keep_their_order_through_adding_removing_arranging_and_undoing()
    {
        long one = review.Store.CreateSelection(Anna, Id(), "for counsel").Sequence;
        long two = review.Store.CreateSelection(Ben, Id(), "other").Sequence;
        review.Store.AddToSelection(Anna, Id(), one, [7, 3, 9]);
        review.Store.AddToSelection(Ben, Id(), one, [3, 1]);
        Assert.Equal([7, 3, 9, 1], review.Reader.EntriesOf(one));
        review.Store.RemoveFromSelection(Ben, Id(), one, [3, 100]);
        Assert.Equal([7, 9, 1], review.Reader.EntriesOf(one));
        review.Store.ArrangeSelection(Anna, Id(), one, [1, 7, 9]);
        Assert.Equal([1, 7, 9], review.Reader.EntriesOf(one));
        Assert.Throws<ReviewException>(() => review.Store.ArrangeSelection(Anna, Id(), one, [1, 7]));
        Assert.Throws<ReviewException>(() => review.Store.ArrangeSelection(Anna, Id(), one, [1, 7, 8]));
        review.Store.UndoLast(Anna, Id());
        Assert.Equal([7, 9, 1], review.Reader.EntriesOf(one));
        review.Store.RenameSelection(Anna, Id(), one, "for the judge");
        review.Store.RemoveSelection(Ben, Id(), two);
        Assert.Equal([new Selection(one, "for the judge", 3)], review.Reader.Selections());
        Assert.Throws<ReviewException>(() => review.Store.AddToSelection(Anna, Id(), two, [1]));
        Assert.Throws<ReviewException>(() => review.Store.RenameSelection(Anna, Id(), 999, "x"));
        review.Store.UndoLast(Ben, Id());
        Assert.Equal(["for the judge", "other"], review.Reader.Selections().Select(selection => selection.Name));
    }

    [Fact]
    public void A_picture_is_left_out_of_the_report_unless_it_is_chosen_otherwise()
    {
        review.Store.BookmarkEntries(Anna, Id(), [4, 2]);
        Assert.Equal([new Bookmark(2, ReportPicture.Out), new Bookmark(4, ReportPicture.Out)], review.Reader.Bookmarks());
        review.Store.BookmarkEntries(Ben, Id(), [4], ReportPicture.Shown);
        Assert.Equal(ReportPicture.Shown, review.Reader.BookmarkOf(4)!.Picture);
        review.Store.UndoLast(Ben, Id());
        Assert.Equal(ReportPicture.Out, review.Reader.BookmarkOf(4)!.Picture);
        review.Store.RemoveBookmarks(Ben, Id(), [4]);
        Assert.Null(review.Reader.BookmarkOf(4));
        Assert.Single(review.Reader.Bookmarks());
    }

    [Fact]
    public void Overrules_are_counted_by_entry_of_the_set_each_content_once()
    {
        review.Store.Overrule(Anna, Id(), new Overrule("hashes", "1", "case-1/7", Content(1), 1, "another person"));
        review.Store.Overrule(Ben, Id(), new Overrule("hashes", "2", "case-1/7", Content(1), 5, "another person, I agree"));
        review.Store.Overrule(Ben, Id(), new Overrule("hashes", "2", "case-1/7", Content(2), 2, "a drawing"));
        review.Store.Overrule(Ben, Id(), new Overrule("hashes", "2", "case-1/8", Content(2), 2, "a drawing"));
        Assert.Equal(2, review.Reader.OverruleCounts()[("hashes", "case-1/7")]);
        review.Store.UndoLast(Ben, Id());
        Assert.False(review.Reader.OverruleCounts().ContainsKey(("hashes", "case-1/8")));
        Assert.Equal([false, false, false, true], review.Reader.Overrules().Select(overrule => overrule.IsUndone));
        StoredOverrule first = review.Reader.Overrules()[0];
        Assert.Equal(("Anna Ash", "another person", "1", Content(1)), (first.By.Name, first.Overrule.Reason, first.Overrule.SetVersion, first.Overrule.Content));
        Assert.Throws<ReviewException>(() => review.Store.Overrule(Anna, Id(), new Overrule("hashes", "1", "x", Content(1), 1, "")));
    }

    [Fact]
    public void Exposure_is_summed_for_the_person_alone_and_since_the_last_break()
    {
        review.Store.Viewed(Anna, Id(), [new PictureView(Content(1), 1, false, 400), new PictureView(Content(2), 2, true, 2_000)]);
        Guid act = Id();
        review.Store.Viewed(Anna, act, [new PictureView(Content(3), 3, true, 1_000)]);
        Assert.True(review.Store.Viewed(Anna, act, [new PictureView(Content(3), 3, true, 1_000)]).Repeated);
        review.Store.Viewed(Ben, Id(), [new PictureView(Content(3), 3, true, 60_000)]);
        Exposure before = review.Reader.ExposureOf(Anna);
        Assert.Equal((new ExposureSum(2, 1, 3_000, 400), before.InAll, (string?)null), (before.InAll, before.SinceBreak, before.LastBreakUtc));
        ActReceipt rest = review.Store.TakeBreak(Anna, Id());
        review.Store.Viewed(Anna, Id(), [new PictureView(Content(4), 4, false, 70)]);
        Exposure after = review.Reader.ExposureOf(Anna);
        Assert.Equal((new ExposureSum(2, 2, 3_000, 470), new ExposureSum(0, 1, 0, 70), rest.Utc), (after.InAll, after.SinceBreak, after.LastBreakUtc));
        Assert.Equal(new ExposureSum(0, 0, 0, 0), review.Reader.ExposureOf(Cora).InAll);
        Assert.Throws<ReviewException>(() => review.Store.Viewed(Anna, Id(), [new PictureView(Content(4), 4, false, -1)]));
    }

    [Fact]
    public void Settings_of_looking_begin_safe_and_are_a_persons_own()
    {
        Assert.Equal(new ExposureSettings(true, true, 128, 30), review.Reader.ExposureOf(Anna).Settings);
        review.Store.SetExposure(Anna, Id(), new ExposureSettings(false, true, 256, 0));
        review.Store.SetExposure(Anna, Id(), new ExposureSettings(true, false, 64, 20));
        Assert.Equal(new ExposureSettings(true, false, 64, 20), review.Reader.ExposureOf(Anna).Settings);
        Assert.Equal(ExposureSettings.Default, review.Reader.ExposureOf(Ben).Settings);
        Assert.Throws<ReviewException>(() => review.Store.SetExposure(Anna, Id(), new ExposureSettings(true, true, 5, 20)));
    }

    [Fact]
    public void Own_acts_that_can_be_undone_are_listed_the_last_first()
    {
        review.Vote(Anna, "A", 1);
        review.Store.TakeBreak(Anna, Id());
        review.Store.Note(Anna, Id(), 1, "x");
        review.Vote(Ben, "A", 2);
        Assert.Equal([ActKind.Note, ActKind.Vote], review.Reader.OwnActs(Anna, 10).Select(act => act.Kind));
        review.Store.UndoLast(Anna, Id());
        Assert.Equal([ActKind.Vote], review.Reader.OwnActs(Anna, 10).Select(act => act.Kind));
    }

    [Fact]
    public void The_history_of_an_entry_has_what_was_done_with_it_and_keeps_other_peoples_votes_from_graders()
    {
        review.Vote(Anna, "A", 1, 2);
        review.Store.Viewed(Ben, Id(), [new PictureView(Content(1), 1, true, 5), new PictureView(Content(9), 9, true, 5)]);
        review.Vote(Ben, "B", 1);
        review.Store.UndoLast(Ben, Id());
        review.Store.Note(Anna, Id(), 1, "x");
        review.Store.Note(Anna, Id(), 3, "elsewhere");
        IReadOnlyList<HistoryItem> all = review.Reader.HistoryOf(1, Content(1), null, 10);
        Assert.Equal([(ActKind.Note, "u-anna", false), (ActKind.Vote, "u-ben", true), (ActKind.View, "u-ben", false), (ActKind.Vote, "u-anna", false)], all.Select(item => (item.Kind, item.By.Id, item.IsUndone)));
        Assert.Equal([ActKind.Note, ActKind.Vote, ActKind.View], review.Reader.HistoryOf(1, Content(1), Ben, 10).Select(item => item.Kind));
        Assert.Equal([ActKind.Note], review.Reader.HistoryOf(1, Content(1), null, 1).Select(item => item.Kind));
    }

    public void Dispose() => review.Dispose();
}
