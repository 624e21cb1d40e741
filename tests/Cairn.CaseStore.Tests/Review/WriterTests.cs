using System.Diagnostics;
using System.Globalization;
using Cairn.CaseStore.Review;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using static Cairn.CaseStore.Tests.Review.SampleReview;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>Several writers at once, and writers that are killed.</summary>
public sealed class WriterTests : IDisposable
{
    private readonly SampleReview review = new();

    [Fact]
    public async Task Two_processes_and_a_thread_vote_at_once_one_is_killed_and_no_vote_is_lost_or_doubled()
    {
        using Process killed = Start("u-killed"), other = Start("u-other");
        List<ActReceipt> own = [];
        try
        {
            Stopwatch watch = Stopwatch.StartNew();
            while ((Acknowledged("u-killed").Count < 40 || Acknowledged("u-other").Count < 40 || own.Count < 40) && watch.Elapsed < TimeSpan.FromSeconds(60))
            {
                own.Add(review.Vote(Anna, "C", 60 + (own.Count % 10)));
            }

            killed.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            int before = Acknowledged("u-other").Count;
            for (int i = 0; i < 20 || (Acknowledged("u-other").Count < before + 20 && watch.Elapsed < TimeSpan.FromSeconds(60)); i++)
            {
                own.Add(review.Vote(Anna, "C", 60 + (i % 10)));
            }
        }
        finally
        {
            killed.Kill();
            other.Kill();
            await killed.WaitForExitAsync(TestContext.Current.CancellationToken);
            await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(own.Count >= 60);
        foreach (string account in new[] { "u-killed", "u-other" })
        {
            List<(int Number, long Sequence)> acknowledged = Acknowledged(account);
            Assert.True(acknowledged.Count >= 40, $"{account}: {acknowledged.Count}");
            List<StoredVote> stored = [.. review.Reader.Votes().Where(vote => vote.By.Id == account)];

            // Each acknowledged vote is there, as it was acknowledged, and at most one more: the one that was killed before its answer.
            Assert.Equal(acknowledged.Select(vote => vote.Sequence), stored.Take(acknowledged.Count).Select(vote => vote.Sequence));
            Assert.InRange(stored.Count - acknowledged.Count, 0, 1);
            Assert.All(stored, (vote, i) => Assert.Equal((Content(ReviewChild.ContentOf(i + 1)), ReviewChild.GradeOf(i + 1)), (vote.Content, vote.Grade)));

            // The browser asks again for the one without an answer: then it is there once, whether or not it was before.
            int last = acknowledged.Count + 1;
            ActReceipt again = review.Store.Vote(new Actor(account, account), ReviewChild.IdOf(account, last), Grade(ReviewChild.GradeOf(last), ReviewChild.ContentOf(last)));
            Assert.Equal(stored.Count > acknowledged.Count, again.Repeated);
            Assert.Equal(last, review.Reader.Votes().Count(vote => vote.By.Id == account));
        }

        Assert.Equal(own.Select(receipt => receipt.Sequence), review.Reader.Votes().Where(vote => vote.By == Anna).Select(vote => vote.Sequence));
        CaseVerification verification = SampleCase.Verify(review.Directory);
        Assert.Equal("", SampleCase.Describe(verification));
        Assert.Equal(review.Scalar("SELECT count(*) FROM audit"), verification.Review!.Log.AuditEntries);
        Assert.Equal(60, verification.Review.Contents);
    }

    [Fact]
    public async Task Many_threads_with_stores_of_their_own_lose_and_double_nothing()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(number => Task.Run(() =>
        {
            using ReviewStore store = review.Open();
            Actor actor = new($"u-{number}", $"Person {number}");
            for (int i = 1; i <= 25; i++)
            {
                Guid act = Id();
                ActReceipt first = store.Vote(actor, act, Grade("A", i));
                Assert.Equal(first.Sequence, review.Store.Vote(actor, act, Grade("A", i)).Sequence);
            }
        }, cancel)));
        Assert.Equal(100, review.Reader.Votes().Count());
        Assert.All(Enumerable.Range(1, 25), number => Assert.Equal((ContentState.Decided, 4), (review.Standing(number).State, review.Standing(number).Votes)));
        Assert.Equal("", Verify(review.Directory));
    }

    [Fact]
    public async Task One_review_is_made_where_many_open_a_case_at_once()
    {
        review.Store.Dispose();
        foreach (string path in Directory.EnumerateFiles(review.Directory, "review.*"))
        {
            File.Delete(path);
        }

        await Task.WhenAll(Enumerable.Range(1, 6).Select(number => Task.Run(() =>
        {
            using ReviewStore store = review.Open();
            store.Vote(new Actor($"u-{number}", "x"), Id(), Grade("A", number));
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(1, review.Scalar("SELECT count(*) FROM audit WHERE action='review created'"));
        Assert.Equal(6, review.Scalar("SELECT count(*) FROM vote"));
        Assert.Equal("", Verify(review.Directory));
    }

    [Fact]
    public void A_full_disk_leaves_what_was_stored_and_the_store_goes_on_when_there_is_room()
    {
        review.Vote(Anna, "A", 1);
        review.Store.Dispose();
        using (ReviewWriter writer = ReviewWriter.Open(review.Directory, "0.1.0", TimeProvider.System, "PRAGMA max_page_count=1"))
        {
            CaseException error = Assert.Throws<CaseException>(() => writer.Act(Anna, Id(), ActKind.Search, new RequestDigest(), batch => batch.Say("what", new string('x', 1 << 20))));
            Assert.Contains("no space", error.Message, StringComparison.Ordinal);
            writer.Database.Execute("PRAGMA max_page_count=1000000");
            writer.Act(Anna, Id(), ActKind.Search, new RequestDigest(), batch => batch.Say("what", "x"));
        }

        Assert.Equal("", Verify(review.Directory));
        Assert.Equal(3, review.Scalar("SELECT count(*) FROM audit"));
    }

    [Fact]
    public void A_review_of_a_newer_version_of_another_program_or_of_another_case_is_refused()
    {
        review.Store.Dispose();
        Tamper(review.Directory, "PRAGMA user_version=99");
        Assert.Contains("newer version", Assert.Throws<CaseException>(review.Open).Message, StringComparison.Ordinal);
        Tamper(review.Directory, "PRAGMA user_version=1; PRAGMA application_id=5");
        Assert.Contains("another program", Assert.Throws<CaseException>(review.Open).Message, StringComparison.Ordinal);
        using SampleReview other = new();
        other.Store.Dispose();
        File.Copy(Path.Combine(other.Directory, "review.db"), Path.Combine(review.Directory, "review.db"), overwrite: true);
        Assert.Contains("another case", Assert.Throws<CaseException>(review.Open).Message, StringComparison.Ordinal);
        Assert.Contains("another case", Verify(review.Directory), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(review.Directory, "review.db"), new string('x', 5_000));
        Assert.Contains("not a SQLite database", Assert.Throws<CaseException>(review.Open).Message, StringComparison.Ordinal);
        Assert.Contains("not a SQLite database", Verify(review.Directory), StringComparison.Ordinal);
    }

    [Fact]
    public void An_older_review_is_brought_forward_step_by_step_with_an_entry_each()
    {
        review.Vote(Anna, "A", 1);
        review.Store.Dispose();
        using (ReviewWriter writer = ReviewWriter.Open(review.Directory, "0.1.0", TimeProvider.System, migrations: [new SchemaMigration(2, ["CREATE TABLE later(a)"]), new SchemaMigration(3, ["CREATE TABLE latest(a)"])]))
        {
            Assert.Equal(3, writer.Database.Scalar("PRAGMA user_version"));
            Assert.Equal(2, writer.Database.Scalar("SELECT count(*) FROM audit WHERE action='schema migrated'"));
            Assert.Equal(2, writer.Database.Scalar("SELECT count(*) FROM sqlite_schema WHERE name IN ('later', 'latest')"));
        }

        Assert.Contains("newer version", Assert.Throws<CaseException>(review.Open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT content FROM standing WHERE state=1 AND (priority, group_id, entry_id, content)>(1, 2, 3, 'x') AND first_account IS NOT 'a' ORDER BY priority, group_id, entry_id, content LIMIT 50", "COVERING INDEX standing_queue (state=? AND (priority,group_id,entry_id,content)>(?,?,?,?))")]
    [InlineData("SELECT state, grade, count(*) FROM standing GROUP BY state, grade ORDER BY state, grade", "COVERING INDEX standing_count")]
    [InlineData("SELECT v.batch FROM vote v WHERE v.content='x' ORDER BY v.rowid", "INDEX vote_content (content=?)")]
    [InlineData("SELECT sum(revealed), sum(milliseconds) FROM view WHERE account='a' AND batch>5", "COVERING INDEX view_account (account=? AND batch>?)")]
    [InlineData("SELECT seq FROM audit WHERE seq<9 AND who='a' ORDER BY seq DESC LIMIT 50", "INDEX audit_who (who=? AND seq<?)")]
    [InlineData("SELECT entry_id FROM tagged WHERE tag='t' AND entry_id>5 ORDER BY entry_id LIMIT 50", "INDEX tagged_tag (tag=? AND entry_id>?)")]
    public void Queues_and_pages_are_one_look_at_an_index_without_sorting(string sql, string plan)
    {
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(review.Directory, "review.db"), write: false);
        using SqliteStatement rows = database.Prepare($"EXPLAIN QUERY PLAN {sql}");
        List<string> steps = [];
        while (rows.Step())
        {
            steps.Add(rows.Text(3));
        }

        Assert.Contains(plan, Assert.Single(steps), StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_does_not_hold_together_takes_nothing_more()
    {
        review.Vote(Anna, "A", 1);
        review.Store.Dispose();
        Tamper(review.Directory, "DROP TRIGGER audit_no_update; UPDATE audit SET leaf=zeroblob(32) WHERE seq=2");
        Assert.Contains("does not hold together", Assert.Throws<CaseException>(review.Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_commit_is_flushed_and_the_log_is_write_ahead()
    {
        using ReviewWriter writer = ReviewWriter.Open(review.Directory, "0.1.0", TimeProvider.System);
        Assert.Equal(2, writer.Database.Scalar("PRAGMA synchronous"));
        using SqliteStatement mode = writer.Database.Prepare("PRAGMA journal_mode");
        Assert.True(mode.Step());
        Assert.Equal("wal", mode.Text(0));
    }

    public void Dispose() => review.Dispose();

    private Process Start(string account)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Cairn.CaseStore.Tests.exe" : "Cairn.CaseStore.Tests")) { RedirectStandardOutput = true };
        start.ArgumentList.Add("-explicit");
        start.ArgumentList.Add("only");
        start.ArgumentList.Add("-class");
        start.ArgumentList.Add(typeof(ReviewChild).FullName!);
        start.Environment[ChildWriter.DirectoryVariable] = review.Directory;
        start.Environment[ReviewChild.AccountVariable] = account;
        return Process.Start(start)!;
    }

    private List<(int Number, long Sequence)> Acknowledged(string account)
    {
        string path = ReviewChild.Acknowledged(review.Directory, account);
        if (!File.Exists(path))
        {
            return [];
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        string text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' '))
            .Select(parts => (int.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture)))];
    }
}
