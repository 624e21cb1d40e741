using Cairn.CaseStore.Review;
using static Cairn.CaseStore.Tests.Review.SampleReview;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>Votes, their undoing, second votes and disagreements; expectations are the rules of docs/review.md.</summary>
public sealed class VoteTests : IDisposable
{
    private readonly SampleReview review = new();

    [Fact]
    public void One_vote_decides_where_no_second_is_asked_for()
    {
        review.Vote(Anna, "A", 1);
        Assert.Equal((ContentState.Decided, "A", 1), (review.Standing(1).State, review.Standing(1).Grade, review.Standing(1).Votes));
        Assert.Equal(ContentState.Ungraded, review.Standing(2).State);
    }

    [Fact]
    public void A_vote_is_stored_with_all_that_was_given_and_outlives_the_store()
    {
        ActReceipt receipt = review.Store.Vote(Anna, Id(), Grade("C", 4) with { Flags = ["victim", "scene", "victim"], Note = "seen before", ShownEntryId = 9, Revealed = false, Milliseconds = 2_345 });
        review.Reopen();
        StoredVote vote = Assert.Single(review.Reader.VotesOn(Content(4)));
        Assert.Equal((receipt.Sequence, receipt.Utc, "u-anna", "Anna Ash"), (vote.Sequence, vote.Utc, vote.By.Id, vote.By.Name));
        Assert.Equal(("C", "seen before", 4, 9, false, 2_345), (vote.Grade, vote.Note, vote.EntryId, vote.ShownEntryId, vote.Revealed, vote.Milliseconds));
        Assert.Equal(("england-wales", "1", false, false), (vote.SchemeId, vote.SchemeVersion, vote.IsDeciding, vote.IsUndone));
        Assert.Equal(["scene", "victim"], vote.Flags);
        Assert.Equal(["scene", "victim"], review.Standing(4).Flags);
    }

    [Fact]
    public void A_vote_for_a_group_is_one_act_for_all_its_contents()
    {
        ActReceipt receipt = review.Vote(Anna, "B", 1, 2, 3, 2);
        Assert.All(Enumerable.Range(1, 3), number => Assert.Equal("B", review.Standing(number).Grade));
        Assert.Equal(3, review.Reader.Votes().Count());
        Assert.All(review.Reader.Votes(), vote => Assert.Equal(receipt.Sequence, vote.Sequence));
        review.Store.Undo(Anna, Id(), receipt.Sequence);
        Assert.All(Enumerable.Range(1, 3), number => Assert.Equal(ContentState.Ungraded, review.Standing(number).State));
    }

    [Fact]
    public void An_act_that_comes_again_is_stored_once_and_gets_the_same_answer()
    {
        Guid act = Id();
        ActReceipt first = review.Store.Vote(Anna, act, Grade("A", 1));
        review.Reopen();
        ActReceipt again = review.Store.Vote(Anna, act, Grade("A", 1));
        Assert.Equal((first.Sequence, first.Utc, true), (again.Sequence, again.Utc, again.Repeated));
        Assert.Single(review.Reader.VotesOn(Content(1)));
        Assert.Equal(2, review.Scalar("SELECT count(*) FROM audit"));
    }

    [Fact]
    public void An_id_that_comes_again_with_something_else_is_refused()
    {
        Guid act = Id();
        review.Store.Vote(Anna, act, Grade("A", 1));
        Assert.Throws<ReviewException>(() => review.Store.Vote(Anna, act, Grade("B", 1)));
        Assert.Throws<ReviewException>(() => review.Store.Vote(Ben, act, Grade("A", 1)));
        Assert.Throws<ReviewException>(() => review.Store.Vote(Anna, act, Grade("A", 2)));
        Assert.Throws<ReviewException>(() => review.Store.TakeBreak(Anna, act));
        Assert.Single(review.Reader.Votes());
        Assert.Equal("", Verify(review.Directory));
    }

    [Fact]
    public void Grades_and_flags_that_the_scheme_does_not_have_are_refused()
    {
        Assert.Throws<ReviewException>(() => review.Vote(Anna, "D", 1));
        Assert.Throws<ReviewException>(() => review.Store.Vote(Anna, Id(), Grade("A", 1) with { Flags = ["unheard"] }));
        Assert.Throws<ReviewException>(() => review.Store.Vote(Anna, Id(), Grade("A")));
        Assert.Empty(review.Reader.Votes());
        Assert.Equal(1, review.Scalar("SELECT count(*) FROM audit"));
    }

    [Fact]
    public void Of_one_person_the_last_vote_counts()
    {
        review.Vote(Anna, "A", 1);
        review.Vote(Anna, "B", 1);
        Assert.Equal(("B", 1), (review.Standing(1).Grade, review.Standing(1).Votes));
        review.Store.UndoLast(Anna, Id());
        Assert.Equal("A", review.Standing(1).Grade);
        review.Store.UndoLast(Anna, Id());
        Assert.Equal(ContentState.Ungraded, review.Standing(1).State);
        Assert.Equal(2, review.Reader.VotesOn(Content(1)).Count(vote => vote.IsUndone));
        Assert.Throws<ReviewException>(() => review.Store.UndoLast(Anna, Id()));
    }

    [Fact]
    public void Nobody_undoes_another_persons_act_or_one_twice()
    {
        long sequence = review.Vote(Anna, "A", 1).Sequence;
        Assert.Throws<ReviewException>(() => review.Store.Undo(Ben, Id(), sequence));
        Assert.Throws<ReviewException>(() => review.Store.UndoLast(Ben, Id()));
        Guid undo = Id();
        ActReceipt first = review.Store.Undo(Anna, undo, sequence);
        Assert.Equal(first.Sequence, review.Store.Undo(Anna, undo, sequence).Sequence);
        Assert.Throws<ReviewException>(() => review.Store.Undo(Anna, Id(), sequence));
        Assert.Throws<ReviewException>(() => review.Store.Undo(Anna, Id(), first.Sequence));
    }

    [Fact]
    public void A_repeated_undo_takes_back_one_act_only()
    {
        review.Vote(Anna, "A", 1);
        review.Vote(Anna, "A", 2);
        Guid undo = Id();
        review.Store.UndoLast(Anna, undo);
        Assert.True(review.Store.UndoLast(Anna, undo).Repeated);
        Assert.Equal((ContentState.Decided, ContentState.Ungraded), (review.Standing(1).State, review.Standing(2).State));
    }

    [Fact]
    public void Two_votes_that_agree_decide_where_a_second_is_asked_for()
    {
        review.Store.AskForSecondVotes(Cora, Id(), SecondVotes.All);
        review.Store.Vote(Anna, Id(), Grade("A", 1) with { Flags = ["victim"] });
        Assert.Equal((ContentState.SecondWanted, null), (review.Standing(1).State, review.Standing(1).Grade));
        review.Vote(Anna, "A", 1);
        Assert.Equal(ContentState.SecondWanted, review.Standing(1).State);
        review.Store.Vote(Ben, Id(), Grade("A", 1) with { Flags = ["scene"] });
        Assert.Equal((ContentState.Decided, "A"), (review.Standing(1).State, review.Standing(1).Grade));
        Assert.Equal(["scene"], review.Standing(1).Flags);
    }

    [Fact]
    public void A_disagreement_waits_for_a_third_person_who_decides()
    {
        review.Store.AskForSecondVotes(Cora, Id(), SecondVotes.All);
        review.Vote(Anna, "A", 1);
        review.Vote(Ben, "B", 1);
        Assert.Equal(ContentState.Disagreement, review.Standing(1).State);
        Assert.Throws<ReviewException>(() => review.Store.Decide(Anna, Id(), Grade("A", 1)));
        Assert.Throws<ReviewException>(() => review.Store.Decide(Ben, Id(), Grade("A", 1)));
        Assert.Throws<ReviewException>(() => review.Store.Decide(Cora, Id(), Grade("A", 1, 2)));
        Assert.Equal(ContentState.Disagreement, review.Standing(1).State);
        review.Store.Decide(Cora, Id(), Grade("C", 1));
        Assert.Equal((ContentState.Decided, "C", 3), (review.Standing(1).State, review.Standing(1).Grade, review.Standing(1).Votes));
        Assert.Throws<ReviewException>(() => review.Vote(Cora, "A", 1));
        review.Store.UndoLast(Cora, Id());
        Assert.Equal(ContentState.Disagreement, review.Standing(1).State);
        review.Store.UndoLast(Ben, Id());
        Assert.Equal(ContentState.SecondWanted, review.Standing(1).State);
    }

    [Fact]
    public void Votes_that_differ_are_a_disagreement_where_no_second_was_asked_for_too()
    {
        review.Vote(Anna, "A", 1);
        review.Vote(Ben, "not-indecent", 1);
        Assert.Equal(ContentState.Disagreement, review.Standing(1).State);
    }

    [Fact]
    public void A_grader_learns_the_own_vote_and_decided_grades_and_nothing_else()
    {
        review.Store.AskForSecondVotes(Cora, Id(), SecondVotes.All);
        review.Vote(Anna, "A", 1, 2, 3);
        review.Vote(Ben, "B", 2);
        review.Vote(Ben, "A", 3);
        IReadOnlyList<GraderView> ben = review.Reader.SeenBy(Ben, [Content(1), Content(2), Content(3), Content(4)]);
        Assert.Equal([null, "B", "A", null], ben.Select(view => view.OwnGrade));
        Assert.Equal([null, null, "A", null], ben.Select(view => view.DecidedGrade));

        // A content with another person's undecided vote looks like one without any.
        GraderView one = ben[0], four = ben[3];
        Assert.Equal((one.OwnGrade, one.DecidedGrade, one.OwnFlags.Count, one.DecidedFlags.Count), (four.OwnGrade, four.DecidedGrade, four.OwnFlags.Count, four.DecidedFlags.Count));
    }

    [Fact]
    public void The_queues_give_each_person_what_is_theirs_to_do()
    {
        review.Store.AskForSecondVotes(Cora, Id(), SecondVotes.All);
        review.Store.TakeOverPictures(TestContext.Current.CancellationToken);
        IReadOnlyList<QueuedContent> fresh = review.Reader.Next(Anna, ReviewQueue.ToGrade, null, 10);
        Assert.NotEmpty(fresh);
        review.Vote(Anna, "A", 101, 102);
        review.Vote(Ben, "A", 103);
        review.Vote(Anna, "B", 104);
        review.Vote(Ben, "C", 104);
        Assert.Equal([Content(103)], review.Reader.Next(Anna, ReviewQueue.SecondVote, null, 10).Select(item => item.Content));
        Assert.Equal([Content(101), Content(102)], review.Reader.Next(Ben, ReviewQueue.SecondVote, null, 10).Select(item => item.Content));
        Assert.Empty(review.Reader.Next(Anna, ReviewQueue.Disagreement, null, 10));
        Assert.Equal([Content(104)], review.Reader.Next(Cora, ReviewQueue.Disagreement, null, 10).Select(item => item.Content));
        Assert.Equal([.. fresh.Select(item => item.Content), Content(101), Content(102)], review.Reader.Next(Ben, ReviewQueue.ToGradeOrSecond, null, 10).Select(item => item.Content));
        List<ContentKey> paged = [];
        QueuedContent? last = null;
        while (review.Reader.Next(Ben, ReviewQueue.ToGradeOrSecond, last, 1) is [QueuedContent next])
        {
            paged.Add(next.Content);
            last = next;
        }

        Assert.Equal([.. fresh.Select(item => item.Content), Content(101), Content(102)], paged);
    }

    [Fact]
    public void Pictures_of_the_case_come_into_the_queue_once_each_those_with_notable_hits_first()
    {
        review.Store.TakeOverPictures(TestContext.Current.CancellationToken);
        review.Store.TakeOverPictures(TestContext.Current.CancellationToken);
        IReadOnlyList<QueuedContent> queue = review.Reader.Next(Anna, ReviewQueue.ToGrade, null, 100);

        // The sample: a picture as stream 3 (hit on a notable entry), a video as stream 9 (the same); a third cannot be decoded and is not shown.
        Assert.Equal([(3, 1, 0), (9, 9, 0)], queue.Select(item => (item.EntryId, item.GroupId, item.Priority)));
        review.Store.Vote(Anna, Id(), Grade("A", 1) with { Contents = [new EntryContent(queue[0].Content, queue[0].EntryId)] });
        Assert.Equal([9], review.Reader.Next(Anna, ReviewQueue.ToGrade, null, 100).Select(item => item.EntryId));
        review.Store.RebuildStandings();
        Assert.Equal("", Verify(review.Directory));
    }

    [Fact]
    public void Votes_of_another_scheme_no_longer_count_and_come_back_with_it()
    {
        review.Vote(Anna, "A", 1);
        GradeScheme own = GradeScheme.Parse("""{"id":"own","title":"Own","version":"1","grades":[{"id":"A","key":"a","label":"a","meaning":"m"},{"id":"Z","key":"z","label":"z","meaning":"m"}]}""");
        review.Store.ChooseScheme(Cora, Id(), own);
        Assert.Equal("own", review.Reader.Scheme().Id);
        Assert.Equal(ContentState.Ungraded, review.Standing(1).State);
        Assert.Throws<ReviewException>(() => review.Vote(Anna, "B", 2));
        Assert.Equal("", Verify(review.Directory));
        review.Vote(Ben, "Z", 1);
        Assert.Equal("Z", review.Standing(1).Grade);
        review.Store.ChooseScheme(Cora, Id(), GradeScheme.Shipped[0]);
        Assert.Equal("A", review.Standing(1).Grade);
        Assert.Equal("", Verify(review.Directory));
    }

    [Fact]
    public void A_second_vote_of_particular_grades_is_wanted_for_these_alone()
    {
        review.Store.AskForSecondVotes(Cora, Id(), new SecondVotes { Grades = ["A", "B"] });
        review.Vote(Anna, "A", 1);
        review.Vote(Anna, "C", 2);
        Assert.Equal((ContentState.SecondWanted, ContentState.Decided), (review.Standing(1).State, review.Standing(2).State));
        review.Store.AskForSecondVotes(Cora, Id(), SecondVotes.None);
        Assert.Equal(ContentState.Decided, review.Standing(1).State);
        Assert.Throws<ReviewException>(() => review.Store.AskForSecondVotes(Cora, Id(), new SecondVotes { Grades = ["Q"] }));
        Assert.Throws<ReviewException>(() => review.Store.AskForSecondVotes(Cora, Id(), new SecondVotes { PerMille = 1_001 }));
    }

    [Fact]
    public void The_share_of_second_votes_follows_the_hash_of_salt_and_content()
    {
        // Computed with Python: h = sha256(bytes(16) + b'%064x' % n); int.from_bytes(h[:8], 'big') * 1000 >> 64.
        int[] expected = [482, 373, 799, 943, 786];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(ContentKey.TryParse($"{i:x64}", out ContentKey content));
            Assert.True(SecondVotes.Chosen(content, new byte[16], expected[i] + 1));
            Assert.False(SecondVotes.Chosen(content, new byte[16], expected[i]));
        }
    }

    public void Dispose() => review.Dispose();
}
