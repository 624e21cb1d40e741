using System.Diagnostics;
using Cairn.CaseStore.Browse;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests.Browse;

/// <summary>The side file: made, extended, cut off, damaged, used by several at once.</summary>
public sealed class BrowseFileTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void A_side_file_extended_after_every_stage_gives_what_one_made_at_the_end_gives()
    {
        using TempFolder folder = new();
        using TempFolder other = new();
        using CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock());
        using CaseRun run = database.BeginRun("examine", SampleCase.None);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        int stages = 0;
        foreach (Action stage in new DrawnCase(run, 2) { Directory = folder.Path }.Stages(600))
        {
            stage();
            Assert.Equal(BrowseUpdate.Updated, browser.Update(null, Cancel));
            Assert.True(browser.State.IsCurrent);

            // The indexes of the case are not there yet, and the answers are those of all rows so far.
            PlainAnswers plain = new(folder.Path);
            foreach (EntryQuery query in BrowseAnswerTests.Asked().Where((_, i) => i % 3 == stages % 3))
            {
                long[] expected = plain.Ids(query, new(SortField.Path)), actual = [.. browser.Ids(query, new(SortField.Path), Cancel)];
                Assert.True(expected.SequenceEqual(actual), $"stage {stages}, {query.ToText()}: {expected.Length} and {actual.Length} rows, {string.Join(' ', expected.Except(actual))} missing, {string.Join(' ', actual.Except(expected))} too many, first at {string.Join(" | ", expected.Zip(actual).Where(pair => pair.First != pair.Second).Take(3).Select(pair => $"{plain.Rows[(int)pair.First - 1].Path} {plain.Rows[(int)pair.First - 1].VolumeIndex} / {plain.Rows[(int)pair.Second - 1].Path}"))}");
            }

            foreach (ExportRow row in plain.Rows.Where((_, i) => i % 41 == 0))
            {
                Assert.Equivalent(row, browser.Entry(row.Id, Cancel)!.Full, strict: true);
            }

            stages++;
        }

        run.Finish("complete", SampleCase.None);
        browser.Update(null, Cancel);
        using CaseBrowser fresh = CaseBrowser.Open(folder.Path, other.Path);
        fresh.Update(null, Cancel);
        Assert.Equal(11, stages);
        Assert.Equal(Pieces(other.Path), Pieces(folder.Path));
        Assert.Equivalent(fresh.Overview(), browser.Overview(), strict: true);
        Assert.True(SampleCase.Verify(folder.Path).Intact);
    }

    [Fact]
    public void A_writer_goes_on_while_the_side_file_is_made_and_pages_are_read()
    {
        using TempFolder folder = new();
        using CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock());
        using CaseRun run = database.BeginRun("examine", SampleCase.None);
        long evidence = run.AddEvidence(SampleCase.Disk());
        FileEntry[] entries = [.. Enumerable.Range(1, 500).Select(i => SampleCase.Entry(i, "ads"))];
        using CancellationTokenSource done = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        long rows = 0, seen = 0;
        Exception? failed = null;
        Thread reader = new(() =>
        {
            try
            {
                while (!done.IsCancellationRequested)
                {
                    browser.Update(null, Cancel);
                    EntryPage page = browser.Page(EntryQuery.All, new(SortField.Name), PageStart.Last, 50, Cancel);

                    // A batch is there as a whole or not at all.
                    Assert.Equal(0, page.Total % 1_000);
                    Assert.InRange(page.Total, seen, Volatile.Read(ref rows) + 1_000);
                    seen = page.Total;
                }
            }
            catch (Exception error)
            {
                failed = error;
            }
        });
        reader.Start();
        for (int batch = 0; batch < 40; batch++)
        {
            long first = run.AddEntries(evidence, 0, entries, []);
            Volatile.Write(ref rows, first + 999);
            run.AddContent(evidence, [.. Enumerable.Range(0, 1_000).Select(i => SampleCase.Content(first + i, 1) with { Hits = [] })]);
        }

        run.Finish("complete", SampleCase.None);
        done.Cancel();
        reader.Join();
        Assert.Null(failed);
        browser.Update(null, Cancel);
        Assert.Equal(40_000, browser.Count(EntryQuery.All, Cancel));
        Assert.True(SampleCase.Verify(folder.Path).Intact);
    }

    [Fact]
    public void A_process_that_is_killed_leaves_what_was_shown_and_the_next_one_goes_on()
    {
        using TempFolder folder = new();
        using TempFolder whole = new();
        WriteLarge(folder.Path, 150_000);
        int killed = 0;
        for (int stop = 1; stop <= 40; stop += 6)
        {
            using Process child = Start(folder.Path);
            int reports = 0;
            while (child.StandardOutput.ReadLine() is string line && line != "ended")
            {
                reports += line.StartsWith("at ", StringComparison.Ordinal) ? 1 : 0;
                if (reports == stop)
                {
                    child.Kill();
                    killed++;
                    break;
                }
            }

            child.WaitForExit();
            using CaseBrowser after = CaseBrowser.Open(folder.Path);
            Assert.Contains(after.Count(EntryQuery.All, Cancel), (long[])[0, 150_000]);
        }

        Assert.InRange(killed, 3, 7);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        browser.Update(null, Cancel);
        using CaseBrowser fresh = CaseBrowser.Open(folder.Path, whole.Path);
        fresh.Update(null, Cancel);
        Assert.Equal(150_000, browser.Count(EntryQuery.All, Cancel));
        Assert.Equal(Pieces(whole.Path), Pieces(folder.Path));
    }

    [Fact]
    public void Two_processes_at_once_make_one_side_file()
    {
        using TempFolder folder = new();
        WriteLarge(folder.Path, 60_000);
        using Process child = Start(folder.Path);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        string? line;
        while ((line = child.StandardOutput.ReadLine()) is not null && !line.StartsWith("at ", StringComparison.Ordinal))
        {
        }

        BrowseUpdate update = browser.Update(null, Cancel);
        Assert.Contains(update, (BrowseUpdate[])[BrowseUpdate.Elsewhere, BrowseUpdate.Current]);
        while (child.StandardOutput.ReadLine() is not null)
        {
        }

        child.WaitForExit();
        Assert.Equal(BrowseUpdate.Current, browser.Update(null, Cancel));
        Assert.Equal(60_000, browser.Count(EntryQuery.All, Cancel));
    }

    [Fact]
    public void What_was_cancelled_is_gone_on_with()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        for (int stop = 0; stop < 30; stop++)
        {
            using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            using CaseBrowser browser = CaseBrowser.Open(folder.Path);
            int left = stop;
            bool whole = false;
            try
            {
                browser.Update(new Reports(_ =>
                {
                    if (left-- == 0)
                    {
                        cancel.Cancel();
                    }
                }), cancel.Token);
                whole = true;
            }
            catch (OperationCanceledException)
            {
                Assert.Equal(0, browser.Count(EntryQuery.All, Cancel));
            }

            if (whole)
            {
                Assert.True(stop > 8, $"cancelled {stop} times");
                Assert.Equal(11, browser.Count(EntryQuery.All, Cancel));
                return;
            }
        }

        Assert.Fail("never ended");
    }

    [Fact]
    public void A_side_file_of_another_case_or_of_another_past_is_made_anew()
    {
        using TempFolder folder = new();
        using TempFolder earlier = new();
        SampleCase.Run(folder.Path);
        SampleCase.Copy(folder.Path, earlier.Path);
        SampleCase.Run(folder.Path, "/evidence/second.E01");
        using (CaseBrowser browser = CaseBrowser.Open(folder.Path))
        {
            browser.Update(null, Cancel);
            Assert.Equal(22, browser.Count(EntryQuery.All, Cancel));
        }

        // The earlier copy went on differently; its own side file is that of the case above.
        SampleCase.Run(earlier.Path, "/evidence/third.E01", new TestClock());
        File.Copy(Path.Combine(folder.Path, "browse.db"), Path.Combine(earlier.Path, "browse.db"));
        SampleCase.Tamper(earlier.Path, "UPDATE audit SET root=x'00' WHERE seq=(SELECT max(seq) FROM audit)");
        using (CaseBrowser browser = CaseBrowser.Open(earlier.Path))
        {
            Assert.Equal(BrowseUpdate.Updated, browser.Update(null, Cancel));
            Assert.Equal(22, browser.Count(EntryQuery.All, Cancel));
        }

        using TempFolder third = new();
        SampleCase.Run(third.Path);
        File.Copy(Path.Combine(folder.Path, "browse.db"), Path.Combine(third.Path, "browse.db"));
        using CaseBrowser other = CaseBrowser.Open(third.Path);
        Assert.Equal(0, other.Count(EntryQuery.All, Cancel));
        other.Update(null, Cancel);
        Assert.Equal(11, other.Count(EntryQuery.All, Cancel));
    }

    [Theory]
    [InlineData("not a database at all, but longer than a header of one so that it is looked at")]
    [InlineData("")]
    public void A_damaged_side_file_is_made_anew(string bytes)
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        File.WriteAllText(Path.Combine(folder.Path, "browse.db"), bytes);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        browser.Update(null, Cancel);
        Assert.Equal(11, browser.Count(EntryQuery.All, Cancel));
    }

    [Fact]
    public void Another_programs_database_is_left_alone()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        using (SqliteDatabase database = SqliteDatabase.Open(Path.Combine(folder.Path, "browse.db"), write: true))
        {
            database.Execute("CREATE TABLE theirs(x); PRAGMA application_id=7");
        }

        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        Assert.Contains("another program", Assert.Throws<CaseException>(() => browser.Update(null, Cancel)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_side_file_cut_short_is_a_case_exception_and_is_made_anew()
    {
        using TempFolder folder = new();
        WriteLarge(folder.Path, 20_000);
        string path = Path.Combine(folder.Path, "browse.db");
        long[] rows;
        using (CaseBrowser browser = CaseBrowser.Open(folder.Path))
        {
            browser.Update(null, Cancel);
            rows = [.. browser.Page(new() { NameContains = "1" }, new(SortField.Size), PageStart.First, 100, Cancel).Rows.Select(row => row.Id)];
        }

        byte[] bytes = File.ReadAllBytes(path);
        SeededBytes seed = new(9);
        int shown = 0, refused = 0;
        for (int round = 0; round < 60; round++)
        {
            byte[] broken = round % 3 == 0 ? bytes[..seed.Next(bytes.Length)] : [.. bytes];
            for (int i = 0; i < (round % 3 == 2 ? 40 : 1) && round % 3 != 0; i++)
            {
                int at = seed.Next(broken.Length - 64);
                seed.Fill(broken.AsSpan(at, round % 3 == 1 ? 1 : 64));
            }

            File.WriteAllBytes(path, broken);
            try
            {
                using CaseBrowser browser = CaseBrowser.Open(folder.Path);
                EntryPage page = browser.Page(new() { NameContains = "1" }, new(SortField.Size), PageStart.First, 100, Cancel);
                Assert.True(page.State.Entries == 0 || page.Rows.Select(row => row.Id).SequenceEqual(rows), $"round {round}");
                shown += page.State.Entries == 0 ? 0 : 1;
                _ = browser.Roots();
                _ = browser.Gallery(new(), PageStart.First, 100, Cancel);
                _ = browser.Overview();
                _ = browser.Entry(3, Cancel);
            }
            catch (CaseException)
            {
                // Said, and not wrong in silence.
                refused++;
            }
        }

        Assert.True(refused >= 30 && shown >= 5, $"{refused} refused, {shown} pages shown");
        BrowseFileDelete(folder.Path);
        using CaseBrowser again = CaseBrowser.Open(folder.Path);
        again.Update(null, Cancel);
        Assert.Equal(20_000, again.Count(EntryQuery.All, Cancel));
    }

    [Fact]
    public void Rows_that_are_missing_from_the_case_are_said()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        SampleCase.Tamper(folder.Path, "DELETE FROM entry WHERE id=4");
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        Assert.Contains("rows of table entry are missing", Assert.Throws<CaseException>(() => browser.Update(null, Cancel)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_case_without_rows_shows_none()
    {
        using TempFolder folder = new();
        using CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock());
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        Assert.Equal(BrowseUpdate.Updated, browser.Update(null, Cancel));
        Assert.True(browser.State.IsCurrent);
        Assert.Empty(browser.Page(EntryQuery.All, new(SortField.Size, true), PageStart.Last, 10, Cancel).Rows);
        Assert.Equal(0, browser.Count(new() { NameContains = "x", PathGlob = "**", Duplicate = true, Hashes = [new string('0', 64)] }, Cancel));
        Assert.Empty(browser.Gallery(EntryQuery.All, PageStart.First, 10, Cancel).Items);
        Assert.Empty(browser.Roots());
        Assert.Equal(0, browser.Overview().All.Rows);
        Assert.Null(browser.Entry(1, Cancel));
    }

    [Fact]
    public void A_case_of_an_older_version_is_shown()
    {
        using TempFolder folder = new();
        SampleCase.Run(folder.Path);
        SampleCase.Tamper(folder.Path, "DROP VIEW picture_view; DROP VIEW hit_view; DROP VIEW problem_view; DROP TABLE hit_known; DROP TABLE picture; DROP TABLE picture_frame; DROP TABLE alike; DROP TABLE member; DROP TABLE expansion; PRAGMA user_version=1");
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        browser.Update(null, Cancel);
        Assert.Equal(11, browser.Count(EntryQuery.All, Cancel));
        Assert.Equal(4, browser.Count(new() { HasHit = true }, Cancel));
        Assert.Equal(0, browser.Count(new() { HasPicture = true }, Cancel));
        Assert.Null(browser.Entry(3, Cancel)!.Full.Picture);
    }

    [Fact]
    public void Paths_made_to_be_costly_are_taken_as_they_are()
    {
        using TempFolder folder = new();
        using (CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock()))
        {
            using CaseRun run = database.BeginRun("examine", SampleCase.None);
            long evidence = run.AddEvidence(SampleCase.Disk());
            FileEntry At(string path, EntryType type = EntryType.File) => SampleCase.Entry(1) with { Path = path, Type = type };
            run.AddEntries(evidence, 0, [.. Enumerable.Range(0, 50).Select(i => At(new string('/', 30_000) + i))], []);
            run.AddEntries(evidence, 0, [At(string.Join('/', Enumerable.Repeat("deep", 2_000)), EntryType.Directory), At("/"), At("//x"), At("a//b"), At(new string('ü', 200_000) + "end"), At("\u0000\u0001"), At("\uD800broken")], []);
            run.Finish("complete", SampleCase.None);
        }

        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        browser.Update(null, Cancel);
        Assert.Equal(57, browser.Count(EntryQuery.All, Cancel));
        Assert.Equal(57, browser.Roots()[0].RowsBelow);
        Assert.Equal(1, browser.Count(new() { NameContains = "ÜÜÜÜ" }, Cancel));
        Assert.Equal(1, browser.Count(new() { PathGlob = "a//b" }, Cancel));
        Assert.Equal(57, browser.Page(EntryQuery.All, new(SortField.Path), PageStart.First, 100, Cancel).Rows.Count);
    }

    [Fact]
    public async Task The_side_file_is_kept_up_to_date_until_it_is_cancelled()
    {
        using TempFolder folder = new();
        using CaseDatabase database = CaseDatabase.Open(folder.Path, "0.1.0", new TestClock());
        using CaseRun run = database.BeginRun("examine", SampleCase.None);
        long evidence = run.AddEvidence(SampleCase.Disk());
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        using CaseBrowser browser = CaseBrowser.Open(folder.Path);
        Task keeping = browser.KeepUpAsync(TimeSpan.FromMilliseconds(20), null, stop.Token);
        for (int batch = 1; batch <= 3; batch++)
        {
            run.AddEntries(evidence, 0, [SampleCase.Entry(batch)], []);
            while (browser.Count(EntryQuery.All, Cancel) != batch)
            {
                Assert.False(keeping.IsCompleted);
                await Task.Delay(20, Cancel);
            }
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => keeping);
    }

    private static void BrowseFileDelete(string directory)
    {
        foreach (string file in Directory.EnumerateFiles(directory, "browse.db*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Everything that the side file holds but when it was made.</summary>
    private static string[] Pieces(string directory)
    {
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(directory, "browse.db"), write: false);
        List<string> pieces = [];
        foreach (string sql in (string[])
            ["SELECT id||' '||hex(data) FROM piece ORDER BY id", "SELECT name||' '||value FROM mark ORDER BY name", "SELECT topic||' '||key||' '||rows||' '||bytes FROM sum ORDER BY topic, key", "SELECT id||' '||text FROM mime ORDER BY id", "SELECT id||' '||parent||' '||part||' '||name||' '||own||' '||is_file FROM folder ORDER BY id"])
        {
            using SqliteStatement rows = database.Prepare(sql);
            while (rows.Step())
            {
                pieces.Add(rows.Text(0));
            }
        }

        return [.. pieces];
    }

    private static void WriteLarge(string directory, int rows)
    {
        using CaseDatabase database = CaseDatabase.Open(directory, "0.1.0", new TestClock());
        using CaseRun run = database.BeginRun("examine", SampleCase.None);
        long evidence = run.AddEvidence(SampleCase.Disk());
        for (int at = 0; at < rows; at += 10_000)
        {
            long first = run.AddEntries(evidence, 0, [.. Enumerable.Range(at, 10_000).Select(i => SampleCase.Entry(i + 1) with { Problems = null, Path = $"Users/{i % 97}/{i % 11}/file {i}.txt" })], []);
            run.AddContent(evidence, [.. Enumerable.Range(0, 10_000).Select(i => SampleCase.Content(first + i, 1) with { Hits = [], Problems = [] })]);
        }

        run.Finish("complete", SampleCase.None);
    }

    private static Process Start(string directory)
    {
        string executable = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Cairn.CaseStore.Tests.exe" : "Cairn.CaseStore.Tests");
        ProcessStartInfo start = new(executable, ["-explicit", "only", "-method", $"{typeof(BrowseChild).FullName}.{nameof(BrowseChild.Brings_the_side_file_up_to_date_until_it_is_killed)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[ChildWriter.DirectoryVariable] = directory;
        return Process.Start(start)!;
    }

    private sealed class Reports(Action<BrowseProgress> report) : IProgress<BrowseProgress>
    {
        public void Report(BrowseProgress value) => report(value);
    }
}
