using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests;

/// <summary>A finished case, altered in every way that a SQLite tool allows.</summary>
public sealed class TamperTests : IClassFixture<TamperTests.Finished>
{
    private readonly Finished finished;

    public TamperTests(Finished finished) => this.finished = finished;

    public static TheoryData<string> Tables => [.. CaseSchema.Tables.Select(table => table.Name)];

    [Fact]
    public void A_finished_case_verifies()
    {
        CaseVerification verification = SampleCase.Verify(finished.Case);
        Assert.Equal("", SampleCase.Describe(verification));
        Assert.True(verification.Intact);
        Assert.Empty(verification.Notices);
        Assert.Equal(2, verification.Checkpoints.Count);
        Assert.Equal(0, verification.EntriesAfterCheckpoint);
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(finished.Case, "case.db"), write: false);
        Assert.Equal(CaseSchema.Tables.Sum(table => database.Scalar($"SELECT count(*) FROM {table.Name}")), verification.Rows);
        Assert.Equal(database.Scalar("SELECT count(*) FROM audit"), verification.AuditEntries);
    }

    [Theory, MemberData(nameof(Tables))]
    public void Any_changed_cell_is_found_with_its_row_and_batch(string name)
    {
        foreach (ColumnDefinition column in CaseSchema.Tables.Single(table => table.Name == name).Columns)
        {
            string changed = $"CASE typeof({column.Name}) WHEN 'integer' THEN {column.Name}+1000 WHEN 'text' THEN {column.Name}||'x' WHEN 'blob' THEN x'00ff' ELSE 1 END";
            using Altered altered = new(finished, $"UPDATE {name} SET {column.Name}={changed} WHERE rowid=(SELECT max(rowid) FROM {name})");
            Assert.False(altered.Result.Intact, $"{name}.{column.Name}");
            Assert.Contains(altered.Result.Findings, finding => finding.Table == name && finding.Batch == altered.Scalar($"SELECT batch FROM {name} ORDER BY rowid DESC") && finding.Row == altered.Scalar($"SELECT max(rowid) FROM {name}"));
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void A_text_that_becomes_a_blob_of_the_same_bytes_is_found(string name)
    {
        foreach (ColumnDefinition column in CaseSchema.Tables.Single(table => table.Name == name).Columns.Where(column => column.Declaration.StartsWith("TEXT", StringComparison.Ordinal)))
        {
            using Altered altered = new(finished, $"UPDATE {name} SET {column.Name}=CAST({column.Name} AS BLOB) WHERE {column.Name} IS NOT NULL");
            Assert.True(!altered.Result.Intact || altered.Scalar($"SELECT count(*) FROM {name} WHERE {column.Name} IS NOT NULL") == 0, $"{name}.{column.Name}");
        }
    }

    [Theory, MemberData(nameof(Tables))]
    public void A_deleted_row_is_found_with_its_batch(string name)
    {
        using Altered altered = new(finished, $"CREATE TEMP TABLE gone AS SELECT batch FROM {name} ORDER BY rowid LIMIT 1; CREATE TABLE main.keep AS SELECT * FROM gone; DELETE FROM {name} WHERE rowid=(SELECT min(rowid) FROM {name})");
        long batch = altered.Scalar("SELECT batch FROM keep");
        Assert.Contains(altered.Result.Findings, finding => finding.Table == name && finding.Batch == batch && finding.What.Contains("missing", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Tables))]
    public void An_inserted_row_is_found(string name)
    {
        string first = CaseSchema.Tables.Single(table => table.Name == name).Columns[0].Name;
        string columns = string.Join(", ", CaseSchema.Tables.Single(table => table.Name == name).Columns.Skip(1).Select(column => column.Name).Append("batch"));
        string value = first is "name" or "verifier_key" ? $"{first}||'x'" : $"{first}+1000";
        using Altered altered = new(finished, $"INSERT INTO {name}({first}, {columns}) SELECT {value}, {columns} FROM {name} ORDER BY rowid LIMIT 1");
        Assert.Contains(altered.Result.Findings, finding => finding.Table == name && finding.Row == altered.Scalar($"SELECT max(rowid) FROM {name}"));
    }

    [Theory, MemberData(nameof(Tables))]
    public void A_row_given_to_another_batch_is_found(string name)
    {
        using Altered altered = new(finished, $"UPDATE {name} SET batch=batch+1 WHERE rowid=(SELECT min(rowid) FROM {name})");
        Assert.Contains(altered.Result.Findings, finding => finding.Table == name);
    }

    [Theory]
    [InlineData("entry", 1, 5)]
    [InlineData("content", 1, 3)]
    [InlineData("problem", 2, 4)]
    public void Swapped_batch_numbers_are_found(string name, int one, int other)
    {
        using Altered altered = new(finished, $"CREATE TEMP TABLE s AS SELECT (SELECT batch FROM {name} WHERE rowid={one}) a, (SELECT batch FROM {name} WHERE rowid={other}) b; "
            + $"UPDATE {name} SET batch=CASE batch WHEN (SELECT a FROM s) THEN (SELECT b FROM s) WHEN (SELECT b FROM s) THEN (SELECT a FROM s) ELSE batch END");
        Assert.Contains(altered.Result.Findings, finding => finding.Table == name);
    }

    [Theory]
    [InlineData("content")]
    [InlineData("claim")]
    [InlineData("coverage")]
    [InlineData("problem")]
    public void Reordered_rows_of_a_batch_are_found(string name)
    {
        using Altered altered = new(finished, $"CREATE TEMP TABLE p AS SELECT min(rowid) a, min(rowid)+1 b FROM {name} WHERE batch=(SELECT batch FROM {name} GROUP BY batch HAVING count(*)>1 ORDER BY batch LIMIT 1); "
            + $"UPDATE {name} SET rowid=-1 WHERE rowid=(SELECT a FROM p); UPDATE {name} SET rowid=(SELECT a FROM p) WHERE rowid=(SELECT b FROM p); UPDATE {name} SET rowid=(SELECT b FROM p) WHERE rowid=-1");
        Assert.Contains(altered.Result.Findings, finding => finding.Table == name && finding.What.Contains("order", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("seq", "seq+1000")]
    [InlineData("utc", "'2026-03-04T05:06:08.0000001Z'")]
    [InlineData("run_id", "run_id+1")]
    [InlineData("who", "who||'x'")]
    [InlineData("host", "host||'x'")]
    [InlineData("tool", "tool||'x'")]
    [InlineData("schema", "schema+1")]
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
        Assert.Contains(altered.Result.Findings, finding => finding.Table == "audit" && (finding.Row == 5 || column == "seq"));
    }

    [Theory]
    [InlineData("DELETE FROM audit WHERE seq=1")]
    [InlineData("DELETE FROM audit WHERE seq=5")]
    [InlineData("DELETE FROM audit WHERE seq=(SELECT max(seq) FROM audit)")]
    [InlineData("DELETE FROM audit")]
    [InlineData("UPDATE audit SET seq=-5 WHERE seq=5; UPDATE audit SET seq=5 WHERE seq=6; UPDATE audit SET seq=6 WHERE seq=-5")]
    [InlineData("INSERT INTO audit SELECT 1+(SELECT max(seq) FROM audit), utc, run_id, who, host, tool, schema, action, detail, leaf, root, rows, checks FROM audit WHERE seq=5")]
    [InlineData("DELETE FROM audit WHERE seq=5; UPDATE audit SET seq=seq-1 WHERE seq>5")]
    public void Deleted_inserted_and_reordered_entries_of_the_log_are_found(string sql)
    {
        using Altered altered = new(finished, sql);
        Assert.Contains(altered.Result.Findings, finding => finding.Table is "audit" or "checkpoint");
    }

    [Theory]
    [InlineData("UPDATE checkpoint SET number=9 WHERE number=2")]
    [InlineData("UPDATE checkpoint SET size=size-1 WHERE number=1")]
    [InlineData("UPDATE checkpoint SET root=zeroblob(32) WHERE number=1")]
    [InlineData("UPDATE checkpoint SET root=CAST(root AS TEXT) WHERE number=1")]
    [InlineData("UPDATE checkpoint SET text=replace(text,'cairn/case','cairn/caze') WHERE number=1")]
    [InlineData("UPDATE checkpoint SET text=(SELECT text FROM checkpoint WHERE number=2) WHERE number=1")]
    [InlineData("UPDATE checkpoint SET verifier_key=verifier_key||'x' WHERE number=1")]
    [InlineData("DELETE FROM checkpoint WHERE number=1")]
    [InlineData("DELETE FROM checkpoint WHERE number=2")]
    [InlineData("INSERT INTO checkpoint SELECT 3, size, root, text, verifier_key FROM checkpoint WHERE number=2")]
    public void Altered_checkpoints_are_found(string sql)
    {
        using Altered altered = new(finished, sql);
        Assert.Contains(altered.Result.Findings, finding => finding.Table == "checkpoint");
    }

    [Theory]
    [InlineData("CREATE TRIGGER t AFTER INSERT ON entry BEGIN SELECT 1; END", "trigger t")]
    [InlineData("CREATE TABLE extra(a)", "table extra")]
    [InlineData("DROP VIEW hit_view", "view hit_view")]
    [InlineData("DROP VIEW hit_view; CREATE VIEW hit_view AS SELECT * FROM hit WHERE 0", "view hit_view")]
    [InlineData("DROP TABLE hit", "table hit")]
    [InlineData("CREATE INDEX other ON entry(path)", "index other")]
    public void An_altered_schema_is_found(string sql, string what)
    {
        using Altered altered = new(finished, sql);
        Assert.Contains(altered.Result.Findings, finding => finding.Table == "sqlite_schema" && finding.What.StartsWith(what, StringComparison.Ordinal));
    }

    [Fact]
    public void An_index_that_leaves_out_a_row_is_found()
    {
        // The index is filled from a table that lacks the row; then the row is put where the index does not see it.
        using Altered altered = new(finished, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX problem_entry ON problem(entry_id) WHERE kind=99' WHERE name='problem_entry'; PRAGMA writable_schema=RESET; "
            + "REINDEX problem_entry; PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX problem_entry ON problem(entry_id)' WHERE name='problem_entry'; PRAGMA writable_schema=RESET");
        Assert.Contains(altered.Result.Findings, finding => finding.What.StartsWith("SQLite:", StringComparison.Ordinal));
    }

    [Fact]
    public void An_altered_checkpoint_file_is_found()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.Case, folder.Path);
        string path = Path.Combine(folder.Path, "checkpoints", "0001.txt");
        File.AppendAllText(path, "x");
        Assert.Contains(SampleCase.Verify(folder.Path).Findings, finding => finding is { Table: "checkpoint file", Row: 1 });
        File.Delete(path);
        CaseVerification verification = SampleCase.Verify(folder.Path);
        Assert.True(verification.Intact);
        Assert.Single(verification.Notices);
    }

    [Fact]
    public void A_log_cut_back_to_its_first_run_is_found_by_the_files_beside_it_and_by_a_pinned_checkpoint()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.Case, folder.Path);
        string pinned = File.ReadAllText(Path.Combine(folder.Path, "checkpoints", "0002.txt"));
        string cut = string.Join("; ", CaseSchema.Tables.Select(table => $"DELETE FROM {table.Name} WHERE batch>(SELECT size FROM checkpoint WHERE number=1)"))
            + "; DELETE FROM audit WHERE seq>(SELECT size FROM checkpoint WHERE number=1); DELETE FROM checkpoint WHERE number=2";
        SampleCase.Tamper(folder.Path, cut);
        Assert.Contains(SampleCase.Verify(folder.Path).Findings, finding => finding is { Table: "checkpoint file", Row: 2 });
        File.Delete(Path.Combine(folder.Path, "checkpoints", "0002.txt"));

        // Cut with every copy at hand, the case is that of an earlier day: only what is kept elsewhere tells.
        Assert.True(SampleCase.Verify(folder.Path).Intact);
        CaseVerification verification = SampleCase.Verify(folder.Path, pinned);
        Assert.Contains(verification.Findings, finding => finding.Table == "pinned checkpoint" && finding.What.Contains("older database", StringComparison.Ordinal));
    }

    [Fact]
    public void An_older_database_put_back_is_found_by_a_pinned_checkpoint()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.FirstRun, folder.Path);
        Assert.True(SampleCase.Verify(folder.Path, finished.First.Text).Intact);
        CaseVerification verification = SampleCase.Verify(folder.Path, finished.Second.Text);
        Assert.Equal(finished.Second.Size, verification.PinnedSize);
        Assert.Contains(verification.Findings, finding => finding.Table == "pinned checkpoint");
    }

    [Fact]
    public void An_older_checkpoint_pins_a_case_that_has_grown_since()
    {
        CaseVerification verification = SampleCase.Verify(finished.Case, finished.First.Text);
        Assert.True(verification.Intact);
        Assert.Equal(finished.First.Size, verification.PinnedSize);
    }

    [Theory]
    [InlineData("no note at all")]
    [InlineData("cairn/case/x\n1\nAAAA\n\n— cairn/case/x AAAA\n")]
    public void A_pinned_text_that_is_no_checkpoint_is_a_finding(string text) => Assert.Contains(SampleCase.Verify(finished.Case, text).Findings, finding => finding.Table == "pinned checkpoint");

    [Fact]
    public void A_checkpoint_signed_with_another_key_is_found()
    {
        using TempFolder folder = new();
        SampleCase.Copy(finished.Case, folder.Path);
        using NSec.Cryptography.Key key = NSec.Cryptography.Key.Create(NSec.Cryptography.SignatureAlgorithm.Ed25519);
        string origin = finished.Second.Text.Split('\n')[0];
        string forged = Audit.SignedNote.Sign(Audit.SignedNote.BodyOf(origin, finished.Second.Size, finished.Second.Root), origin, key);
        string verifier = Audit.SignedNote.VerifierKey(origin, key.PublicKey.Export(NSec.Cryptography.KeyBlobFormat.RawPublicKey));
        SampleCase.Tamper(folder.Path, $"UPDATE checkpoint SET text='{forged}', verifier_key='{verifier}' WHERE number=2");
        Assert.Contains(SampleCase.Verify(folder.Path).Findings, finding => finding is { Table: "checkpoint", Row: 2, What: "its key is not one of the case" });
        Assert.Contains(SampleCase.Verify(finished.Case, forged).Findings, finding => finding is { Table: "pinned checkpoint", What: "it is not signed with a key of the case" });
    }

    [Fact]
    public void A_clock_that_went_back_is_noted_in_the_log_and_told()
    {
        using TempFolder folder = new();
        TestClock clock = new();
        SampleCase.Run(folder.Path, clock: clock);
        clock.Now = clock.Now.AddHours(-2);
        SampleCase.Run(folder.Path, "/evidence/b.dd", clock);
        CaseVerification verification = SampleCase.Verify(folder.Path);
        Assert.True(verification.Intact);
        Assert.Contains("the clock went back", Assert.Single(verification.Notices), StringComparison.Ordinal);
        using CaseReader reader = CaseReader.Open(folder.Path);
        Assert.Single(reader.Audit(), entry => entry.Detail.Contains("clockWentBackFrom", StringComparison.Ordinal));
    }

    public sealed class Finished : IDisposable
    {
        private readonly TempFolder folder = new();

        public Finished()
        {
            TestClock clock = new();
            First = SampleCase.Run(Case, clock: clock);
            SampleCase.Copy(Case, FirstRun);
            Second = SampleCase.Run(Case, "/evidence/second.dd", clock);
        }

        public string Case => folder.File("case");

        public string FirstRun => folder.File("first");

        public CaseCheckpoint First { get; }

        public CaseCheckpoint Second { get; }

        public void Dispose() => folder.Dispose();
    }

    /// <summary>A copy of the finished case with something done to it, and what verification says.</summary>
    private sealed class Altered : IDisposable
    {
        private readonly TempFolder folder = new();

        public Altered(Finished finished, string sql)
        {
            SampleCase.Copy(finished.Case, folder.Path);
            SampleCase.Tamper(folder.Path, sql);
            Result = SampleCase.Verify(folder.Path);
        }

        public CaseVerification Result { get; }

        public long Scalar(string sql)
        {
            using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "case.db"), write: false);
            return database.Scalar(sql);
        }

        public void Dispose() => folder.Dispose();
    }
}
