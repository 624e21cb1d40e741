using Cairn.CaseStore.Review;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.TestKit;
using static Cairn.CaseStore.Tests.Review.SampleReview;

namespace Cairn.CaseStore.Tests.Review;

/// <summary>The review's audit log, and a review altered in every way that a SQLite tool allows.</summary>
public sealed class LogTests : IClassFixture<LogTests.Finished>
{
    private readonly Finished finished;

    public LogTests(Finished finished) => this.finished = finished;

    public static TheoryData<string> Tables => [.. ReviewSchema.Tables.Select(table => table.Name)];

    [Fact]
    public void A_review_verifies_and_it_is_said_what_was_checked()
    {
        CaseVerification verification = SampleCase.Verify(finished.Case);
        Assert.Equal("", SampleCase.Describe(verification));
        Assert.True(verification.Intact);
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(finished.Case, "review.db"), write: false);
        Assert.All(ReviewSchema.Tables, table => Assert.NotEqual(0, database.Scalar($"SELECT count(*) FROM {table.Name}")));
        Assert.Equal(ReviewSchema.Tables.Sum(table => database.Scalar($"SELECT count(*) FROM {table.Name}")), verification.Review!.Log.Rows);
        Assert.Equal(database.Scalar("SELECT count(*) FROM audit"), verification.Review.Log.AuditEntries);
        Assert.Equal(database.Scalar("SELECT count(*) FROM standing"), verification.Review.Contents);
        Assert.Equal((1, 0), (verification.Review.Log.Checkpoints.Count, verification.Review.Log.EntriesAfterCheckpoint));
    }

    [Fact]
    public void A_case_without_a_review_is_fine()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        CaseVerification verification = SampleCase.Verify(folder.Path);
        Assert.True(verification.Intact);
        Assert.Null(verification.Review);
        Assert.Null(ReviewReader.Open(folder.Path));
        Assert.Null(AuditReader.Open(folder.Path));
    }

    [Theory, MemberData(nameof(Tables))]
    public void Rows_cannot_be_changed_or_deleted_by_mistake(string table)
    {
        foreach (string sql in new[] { $"DELETE FROM {table}", $"UPDATE {table} SET batch=0" })
        {
            SqliteFailure failure = Assert.Throws<SqliteFailure>(() => Tamper(finished.Case, sql));
            Assert.Contains("only ever added", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void Any_changed_cell_is_found_with_its_row_and_batch(string name)
    {
        foreach (ColumnDefinition column in ReviewSchema.Tables.Single(table => table.Name == name).Columns)
        {
            string changed = $"CASE typeof({column.Name}) WHEN 'integer' THEN {column.Name}+1000 WHEN 'text' THEN {column.Name}||'x' WHEN 'blob' THEN x'00ff' ELSE 1 END";
            using Altered altered = new(finished, $"UPDATE {name} SET {column.Name}={changed} WHERE rowid=(SELECT max(rowid) FROM {name})");
            Assert.Contains(altered.Result.Findings, finding => finding.Table == $"review.{name}" && finding.Batch == altered.Scalar($"SELECT batch FROM {name} ORDER BY rowid DESC") && finding.Row == altered.Scalar($"SELECT max(rowid) FROM {name}"));
            Assert.DoesNotContain(altered.Result.Findings, finding => !finding.Table.StartsWith("review", StringComparison.Ordinal));
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void Deleted_inserted_and_moved_rows_are_found(string name)
    {
        string columns = string.Join(", ", ReviewSchema.Tables.Single(table => table.Name == name).Columns.Select(column => column.Name));
        string drop = "DROP INDEX act_id; DROP INDEX act_batch; DROP INDEX undone_target; ";
        foreach (string sql in new[]
        {
            $"DELETE FROM {name} WHERE rowid=(SELECT min(rowid) FROM {name})",
            $"{drop}INSERT INTO {name}({columns}, batch) SELECT {columns}, batch FROM {name} ORDER BY rowid LIMIT 1",
            $"{drop}UPDATE {name} SET batch=batch+1 WHERE rowid=(SELECT min(rowid) FROM {name})",
        })
        {
            using Altered altered = new(finished, sql);
            Assert.Contains(altered.Result.Findings, finding => finding.Table == $"review.{name}");
        }
    }

    [Theory]
    [InlineData("utc", "'2026-03-04T05:06:08.0000001Z'")]
    [InlineData("who", "'u-ben'")]
    [InlineData("action", "action||'x'")]
    [InlineData("detail", "'{}'")]
    [InlineData("detail", "CAST(detail AS BLOB)")]
    [InlineData("leaf", "zeroblob(32)")]
    [InlineData("root", "zeroblob(32)")]
    [InlineData("rows", "rows||'x'")]
    [InlineData("checks", "checks||x'00'")]
    public void Any_changed_cell_of_the_log_is_found(string column, string value)
    {
        using Altered altered = new(finished, $"UPDATE audit SET {column}={value} WHERE seq=5");
        Assert.Contains(altered.Result.Findings, finding => finding is { Table: "review.audit", Row: 5 });
    }

    [Theory]
    [InlineData("DELETE FROM audit WHERE seq=5")]
    [InlineData("DELETE FROM audit WHERE seq=(SELECT max(seq) FROM audit)")]
    [InlineData("DELETE FROM audit")]
    [InlineData("DELETE FROM checkpoint")]
    [InlineData("UPDATE checkpoint SET root=zeroblob(32)")]
    [InlineData("UPDATE checkpoint SET text=replace(text,'cairn/review','cairn/reviev')")]
    [InlineData("UPDATE audit SET seq=-5 WHERE seq=5; UPDATE audit SET seq=5 WHERE seq=6; UPDATE audit SET seq=6 WHERE seq=-5")]
    public void Deleted_and_reordered_entries_and_checkpoints_are_found(string sql)
    {
        using Altered altered = new(finished, sql);
        Assert.Contains(altered.Result.Findings, finding => finding.Table is "review.audit" or "review.checkpoint");
    }

    [Theory]
    [InlineData("UPDATE standing SET grade='C' WHERE grade='A'")]
    [InlineData("UPDATE standing SET state=3 WHERE state=1")]
    [InlineData("UPDATE standing SET votes=votes+1 WHERE votes=1")]
    [InlineData("UPDATE standing SET flags='victim' WHERE state=3")]
    [InlineData("UPDATE standing SET first_account='u-ben' WHERE first_account='u-anna'")]
    [InlineData("DELETE FROM standing WHERE votes>0")]
    [InlineData("INSERT INTO standing VALUES ('entry:77', 77, 77, 1, 3, 1, 'A', '', 'u-anna')")]
    public void A_standing_that_does_not_follow_from_the_votes_is_found_and_made_right(string sql)
    {
        using Altered altered = new(finished, sql);
        Assert.NotEmpty(altered.Result.Findings);
        Assert.All(altered.Result.Findings, finding => Assert.Equal("review.standing", finding.Table));
        using (ReviewStore store = ReviewStore.Open(altered.Directory, "0.1.0", TimeProvider.System))
        {
            store.RebuildStandings();
        }

        Assert.Equal("", Verify(altered.Directory));
    }

    [Theory]
    [InlineData("DROP TRIGGER vote_no_delete", "trigger vote_no_delete")]
    [InlineData("CREATE TRIGGER t AFTER INSERT ON vote BEGIN SELECT 1; END", "trigger t")]
    [InlineData("DROP INDEX act_id", "index act_id")]
    [InlineData("CREATE VIEW other AS SELECT 1", "view other")]
    public void An_altered_schema_is_found(string sql, string what)
    {
        using Altered altered = new(finished, sql, keepTriggers: true);
        Assert.Contains(altered.Result.Findings, finding => finding.Table == "review.sqlite_schema" && finding.What.StartsWith(what, StringComparison.Ordinal));
    }

    [Fact]
    public void A_review_that_was_taken_away_or_cut_back_is_found_by_its_checkpoints()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.Case, folder.Path);
        File.Delete(Path.Combine(folder.Path, "review.db"));
        Assert.Contains(SampleCase.Verify(folder.Path).Findings, finding => finding.Table == "review" && finding.What.Contains("missing", StringComparison.Ordinal));
        string pinned = File.ReadAllText(Path.Combine(folder.Path, "checkpoints", "review", "0001.txt"));
        Directory.Delete(Path.Combine(folder.Path, "checkpoints", "review"), recursive: true);
        Assert.True(SampleCase.Verify(folder.Path).Intact);
        Assert.Contains(SampleCase.Verify(folder.Path, pinned).Findings, finding => finding.Table == "review");
        Assert.Equal(finished.Checkpoint.Size, SampleCase.Verify(finished.Case, pinned).Review!.Log.PinnedSize);

        SampleCase.Copy(finished.Case, folder.Path);
        using (ReviewStore store = ReviewStore.Open(folder.Path, "0.1.0", TimeProvider.System))
        {
            store.TakeBreak(Anna, Id());
            pinned = store.Checkpoint()!.Text;
            Assert.Null(store.Checkpoint());
        }

        Assert.True(SampleCase.Verify(folder.Path, pinned).Intact);
        Assert.Contains(SampleCase.Verify(finished.Case, pinned).Findings, finding => finding.Table == "review.pinned checkpoint");
        File.Copy(Path.Combine(finished.Case, "review.db"), Path.Combine(folder.Path, "review.db"), overwrite: true);
        Assert.Contains(SampleCase.Verify(folder.Path).Findings, finding => finding is { Table: "review.checkpoint file", Row: 2 });
    }

    [Fact]
    public void Entries_after_the_last_checkpoint_are_told()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.Case, folder.Path);
        using (ReviewStore store = ReviewStore.Open(folder.Path, "0.1.0", TimeProvider.System))
        {
            store.TakeBreak(Anna, Id());
        }

        CaseVerification verification = SampleCase.Verify(folder.Path);
        Assert.True(verification.Intact);
        Assert.Contains("the last 1 entries of the review's log", Assert.Single(verification.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void The_auditor_pages_through_the_log_by_person_kind_and_time()
    {
        using AuditReader reader = AuditReader.Open(finished.Case)!;
        List<ReviewAuditEntry> all = [];
        while (reader.Page(new AuditFilter(), all.Count == 0 ? null : all[^1].Sequence, 4) is [_, ..] page)
        {
            all.AddRange(page);
        }

        Assert.Equal(Enumerable.Range(1, all.Count).Reverse().Select(i => (long)i), all.Select(entry => entry.Sequence));
        Assert.Equal(("review created", null, null), (all[^1].Action, all[^1].Kind, all[^1].Name));
        Assert.StartsWith("os:", all[^1].Account, StringComparison.Ordinal);
        Assert.Equal("checkpoint", all[0].Action);
        IReadOnlyList<ReviewAuditEntry> ben = reader.Page(new AuditFilter { Account = "u-ben" }, null, 100);
        Assert.Equal([ActKind.Refusal, ActKind.Search, ActKind.Overrule, ActKind.Untag, ActKind.Vote], ben.Select(entry => entry.Kind!.Value));
        Assert.All(ben, entry => Assert.Equal("Ben Birch", entry.Name));
        Assert.Contains("\"text\":\"holiday\"", Assert.Single(reader.Page(new AuditFilter { Kind = ActKind.Search }, null, 100)).Detail, StringComparison.Ordinal);
        ReviewAuditEntry tenth = all.Single(entry => entry.Sequence == 10);
        DateTimeOffset time = DateTimeOffset.Parse(tenth.Utc, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(all.Where(entry => string.CompareOrdinal(entry.Utc, tenth.Utc) >= 0).Select(entry => entry.Sequence), reader.Page(new AuditFilter { From = time }, null, 100).Select(entry => entry.Sequence));
        Assert.Equal(all.Where(entry => string.CompareOrdinal(entry.Utc, tenth.Utc) < 0).Select(entry => entry.Sequence), reader.Page(new AuditFilter { Until = time }, null, 100).Select(entry => entry.Sequence));
        Assert.Equal(["u-anna", "u-ben", "u-cora"], reader.Accounts().Select(account => account.Id));
        Assert.Single(reader.Checkpoints());
    }

    [Fact]
    public void The_auditor_sees_the_rows_of_an_act()
    {
        using AuditReader reader = AuditReader.Open(finished.Case)!;
        ReviewAuditEntry view = Assert.Single(reader.Page(new AuditFilter { Kind = ActKind.View }, null, 10));
        IReadOnlyList<AuditedRow> rows = reader.Rows(view.Sequence, 10);
        Assert.Equal(["act", "view", "view"], rows.Select(row => row.Table));
        Assert.Equal([("1", "0", "400"), ("2", "1", "2000")], rows.Skip(1).Select(row => (Cell(row, "entry_id"), Cell(row, "revealed"), Cell(row, "milliseconds"))));
        Assert.Equal(2, reader.Rows(view.Sequence, 2).Count);
        Assert.Empty(reader.Rows(9_999, 10));

        static string Cell(AuditedRow row, string column) => row.Cells.Single(cell => cell.Key == column).Value!;
    }

    [Fact]
    public void A_clock_that_went_back_is_noted_in_the_log_and_told()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.Case, folder.Path);
        using (ReviewStore store = ReviewStore.Open(folder.Path, "0.1.0", new TestClock { Now = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero) }))
        {
            store.TakeBreak(Anna, Id());
        }

        CaseVerification verification = SampleCase.Verify(folder.Path);
        Assert.True(verification.Intact);
        Assert.Contains(verification.Notices, notice => notice.Contains("clock went back", StringComparison.Ordinal));
    }

    public sealed class Finished : IDisposable
    {
        private readonly SampleReview review = new();

        public Finished()
        {
            review.Everything();
            review.Store.Dispose();
            using AuditReader reader = AuditReader.Open(Case)!;
            Checkpoint = reader.Checkpoints()[^1];
        }

        public string Case => review.Directory;

        public CaseCheckpoint Checkpoint { get; }

        public void Dispose() => review.Dispose();
    }

    /// <summary>A copy of the case with something done to its review, and what verification says.</summary>
    private sealed class Altered : IDisposable
    {
        private readonly TempFolder folder = new();

        public Altered(Finished finished, string sql, bool keepTriggers = false)
        {
            SampleCase.Copy(finished.Case, folder.Path);

            // Who tampers on purpose takes the triggers away first and puts them back afterwards.
            List<(string Name, string Sql)> triggers = [];
            using (SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "review.db"), write: true))
            {
                database.Execute("PRAGMA synchronous=OFF");
                using (SqliteStatement rows = database.Prepare("SELECT name, sql FROM sqlite_schema WHERE type='trigger'"))
                {
                    while (!keepTriggers && rows.Step())
                    {
                        triggers.Add((rows.Text(0), rows.Text(1)));
                    }
                }

                triggers.ForEach(trigger => database.Execute($"DROP TRIGGER {trigger.Name}"));
                database.Execute(sql);
                triggers.ForEach(trigger => database.Execute(trigger.Sql));
            }

            Result = SampleCase.Verify(folder.Path);
        }

        public CaseVerification Result { get; }

        public string Directory => folder.Path;

        public long Scalar(string sql)
        {
            using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "review.db"), write: false);
            return database.Scalar(sql);
        }

        public void Dispose() => folder.Dispose();
    }
}
