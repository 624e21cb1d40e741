using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore.Sqlite;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.CaseStore.Tests;

public sealed class ThumbnailTests
{
    [Fact]
    public void What_was_stored_is_read_back()
    {
        using TempFolder folder = CaseFolderOf();
        Assert.Equal(ThumbnailState.None, ThumbnailReader.State(folder.Path));
        Thumbnail[] all = [Sample(5), Sample(2), Sample(9, 0, ThumbnailKind.ContactSheet), Sample(9, 1, ThumbnailKind.ContactSheet), Sample(long.MaxValue)];
        using (ThumbnailStore store = ThumbnailStore.Open(folder.Path))
        {
            Assert.Equal(new ThumbnailsAdded(5, all.Sum(t => t.Jpeg.Length)), store.Add(all));
            Assert.Equal([2, 5, 9, long.MaxValue], store.Ids());
            Assert.Equal(0, store.Dropped);
        }

        Assert.Equal(ThumbnailState.Readable, ThumbnailReader.State(folder.Path));
        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        Assert.All(all, expected => AssertSame(expected, reader.Read(expected.EntryId, expected.Frame)));
        Assert.Null(reader.Read(3));
        Assert.Null(reader.Read(5, 1));
        Assert.Equal([2, 5, 9, long.MaxValue], reader.Ids());
        Assert.Equal(all.OrderBy(t => t.EntryId).Select(InfoOf), reader.All());
        Assert.Equal(all.Where(t => t.EntryId == 9).Select(InfoOf), reader.Frames(9));
        Assert.Empty(reader.Frames(1));
    }

    [Fact]
    public void All_of_many_come_page_by_page()
    {
        using TempFolder folder = CaseFolderOf();
        using ThumbnailStore store = ThumbnailStore.Open(folder.Path);
        Thumbnail[] all = [.. Enumerable.Range(1, 700).SelectMany(i => (Thumbnail[])[Sample(i), Sample(i, 1)])];
        store.Add(all);
        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        Assert.Equal(all.Select(InfoOf), reader.All());
    }

    [Fact]
    public void What_is_there_already_stays_as_it_is()
    {
        using TempFolder folder = CaseFolderOf();
        using ThumbnailStore store = ThumbnailStore.Open(folder.Path);
        store.Add([Sample(1)]);
        Assert.Equal(new ThumbnailsAdded(1, Sample(2).Jpeg.Length), store.Add([Sample(1) with { Jpeg = new byte[] { 1 } }, Sample(2), Sample(2) with { Width = 7 }]));
        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        AssertSame(Sample(1), reader.Read(1));
        AssertSame(Sample(2), reader.Read(2));
    }

    [Fact]
    public void A_second_run_goes_on_with_the_same_key()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        byte[] key = File.ReadAllBytes(folder.File("thumbnails.key"));
        Write(folder.Path, null, Sample(2));
        Assert.Equal(key, File.ReadAllBytes(folder.File("thumbnails.key")));
        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        Assert.Equal([1, 2], reader.Ids());
        AssertSame(Sample(1), reader.Read(1));
    }

    /// <summary>The README's words alone: key file, nonce, tag and what goes into it, opened without the code under test.</summary>
    [Fact]
    public void A_row_is_sealed_as_the_documentation_says()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(77, 3, ThumbnailKind.ContactSheet));
        string[] lines = File.ReadAllLines(folder.File("thumbnails.key"));
        Assert.Equal("cairn-thumbnail-key 1", lines[0]);
        byte[] key = Convert.FromHexString(lines[1]["plain ".Length..]);
        using SqliteDatabase database = SqliteDatabase.Open(folder.File("thumbnails.db"), write: false);
        using SqliteStatement row = database.Prepare("SELECT nonce, data, width, height FROM thumbnail WHERE entry_id=77 AND frame=3 AND kind=1");
        Assert.True(row.Step());
        byte[] nonce = row.Blob(0), data = row.Blob(1), jpeg = new byte[data.Length - 16], said = new byte[32 + 40];
        using SqliteDatabase owner = SqliteDatabase.Open(folder.File("case.db"), write: false);
        using SqliteStatement meta = owner.Prepare("SELECT value FROM meta WHERE name='case_id'");
        Assert.True(meta.Step());
        Encoding.ASCII.GetBytes(meta.Text(0)).CopyTo(said, 0);
        long[] numbers = [77, 3, 1, row.Int64(2), row.Int64(3)];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(said.AsSpan(32 + (i * 8)), numbers[i]);
        }

        using AesGcm aes = new(key, 16);
        aes.Decrypt(nonce, data.AsSpan(0, jpeg.Length), data.AsSpan(jpeg.Length), jpeg, said);
        Assert.Equal(Sample(77, 3).Jpeg.ToArray(), jpeg);
    }

    [Fact]
    public void No_byte_of_a_picture_is_in_the_files()
    {
        using TempFolder folder = CaseFolderOf();
        byte[] words = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("nothing of this may be found ", 200)));
        using ThumbnailStore store = ThumbnailStore.Open(folder.Path);
        store.Add([Sample(1) with { Jpeg = words }, Sample(2) with { Jpeg = words }]);
        foreach (string file in Directory.EnumerateFiles(folder.Path, "thumbnails.db*"))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.Equal(-1, bytes.AsSpan().IndexOf("may be found"u8));
        }

        using SqliteDatabase database = SqliteDatabase.Open(folder.File("thumbnails.db"), write: false);
        Assert.Equal(2, database.Scalar("SELECT count(DISTINCT data) FROM thumbnail"));
        Assert.Equal(2, database.Scalar("SELECT count(DISTINCT nonce) FROM thumbnail"));
    }

    [Theory]
    [InlineData("UPDATE thumbnail SET entry_id=99 WHERE entry_id=1; UPDATE thumbnail SET entry_id=1 WHERE entry_id=2; UPDATE thumbnail SET entry_id=2 WHERE entry_id=99", 1, 2)]
    [InlineData("UPDATE thumbnail SET (nonce, data)=(SELECT nonce, data FROM thumbnail WHERE entry_id=2) WHERE entry_id=1", 1)]
    [InlineData("UPDATE thumbnail SET data=CAST(x'00'||substr(data, 2) AS BLOB) WHERE entry_id=2", 2)]
    [InlineData("UPDATE thumbnail SET data=substr(data, 1, length(data)-1) WHERE entry_id=2", 2)]
    [InlineData("UPDATE thumbnail SET data=substr(data, 1, 16) WHERE entry_id=2", 2)]
    [InlineData("UPDATE thumbnail SET data=x'' WHERE entry_id=2", 2)]
    [InlineData("UPDATE thumbnail SET data=zeroblob(5000000) WHERE entry_id=2", 2)]
    [InlineData("UPDATE thumbnail SET nonce=zeroblob(12) WHERE entry_id=1", 1)]
    [InlineData("UPDATE thumbnail SET nonce=x'01' WHERE entry_id=1", 1)]
    [InlineData("UPDATE thumbnail SET width=width+1 WHERE entry_id=1", 1)]
    [InlineData("UPDATE thumbnail SET height=height+4294967296 WHERE entry_id=1", 1)]
    [InlineData("UPDATE thumbnail SET kind=1 WHERE entry_id=1", 1)]
    public void A_row_that_was_altered_or_put_in_anothers_place_is_told_and_the_others_are_read(string sql, params int[] altered)
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1), Sample(2), Sample(3));
        Tamper(folder.Path, sql);
        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        foreach (int id in (int[])[1, 2, 3])
        {
            if (altered.Contains(id))
            {
                Assert.Contains($"entry {id}", Assert.Throws<MalformedDataException>(() => reader.Read(id)).Message, StringComparison.Ordinal);
            }
            else
            {
                AssertSame(Sample(id), reader.Read(id));
            }
        }
    }

    [Fact]
    public void Every_flipped_bit_is_found()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1) with { Jpeg = new byte[] { 0xFF, 0xD8, 0xFF } });
        for (int at = 0; at < 12 + 3 + 16; at++)
        {
            (string column, int from) = at < 12 ? ("nonce", at) : ("data", at - 12);
            using TempFolder copy = new();
            foreach (string file in Directory.EnumerateFiles(folder.Path).Where(f => !f.EndsWith(".lock", StringComparison.Ordinal)))
            {
                File.Copy(file, copy.File(Path.GetFileName(file)));
            }

            byte[] bytes;
            using (SqliteDatabase database = SqliteDatabase.Open(copy.File("thumbnails.db"), write: true))
            {
                using SqliteStatement row = database.Prepare($"SELECT {column} FROM thumbnail");
                Assert.True(row.Step());
                bytes = row.Blob(0);
            }

            bytes[from] ^= (byte)(1 << (at % 8));
            Tamper(copy.Path, $"UPDATE thumbnail SET {column}=x'{Convert.ToHexString(bytes)}'");
            using ThumbnailReader reader = ThumbnailReader.Open(copy.Path);
            Assert.Throws<MalformedDataException>(() => reader.Read(1));
        }
    }

    [Fact]
    public void Rows_of_another_case_do_not_open_even_with_their_key()
    {
        using TempFolder one = CaseFolderOf(), other = CaseFolderOf();
        Write(one.Path, null, Sample(1));
        File.Copy(one.File("thumbnails.db"), other.File("thumbnails.db"));
        File.Copy(one.File("thumbnails.key"), other.File("thumbnails.key"));
        using ThumbnailReader reader = ThumbnailReader.Open(other.Path);
        Assert.Throws<MalformedDataException>(() => reader.Read(1));
    }

    [Fact]
    public void A_key_that_a_killed_process_did_not_finish_is_removed_by_the_next_writer_alone()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        string unfinished = folder.File("thumbnails.key.new");
        File.WriteAllText(unfinished, "cairn-thumbnail-key 1\nplain 00");
        using (ThumbnailReader reader = ThumbnailReader.Open(folder.Path))
        {
            AssertSame(Sample(1), reader.Read(1));
        }

        Assert.True(File.Exists(unfinished));
        using (ThumbnailStore store = ThumbnailStore.Open(folder.Path))
        {
            Assert.False(File.Exists(unfinished));
            Assert.Equal(0, store.Dropped);

            // Whoever may not write does not remove what the writer makes.
            File.WriteAllText(unfinished, "x");
            Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path));
            Assert.True(File.Exists(unfinished));
        }

        using ThumbnailReader again = ThumbnailReader.Open(folder.Path);
        AssertSame(Sample(1), again.Read(1));
    }

    [Fact]
    public void A_destroyed_key_leaves_nothing_to_read_and_a_new_one_begins_anew()
    {
        using TempFolder folder = CaseFolderOf();
        Assert.False(ThumbnailStore.DestroyKey(folder.Path));
        Write(folder.Path, null, Sample(1), Sample(2));
        using (ThumbnailStore store = ThumbnailStore.Open(folder.Path))
        {
            Assert.Contains("another process", Assert.Throws<CaseException>(() => ThumbnailStore.DestroyKey(folder.Path)).Message, StringComparison.Ordinal);
        }

        File.WriteAllText(folder.File("thumbnails.key.new"), "what a killed process left");
        Assert.True(ThumbnailStore.DestroyKey(folder.Path));
        Assert.False(File.Exists(folder.File("thumbnails.key")));
        Assert.False(File.Exists(folder.File("thumbnails.key.new")));
        Assert.False(ThumbnailStore.DestroyKey(folder.Path));
        Assert.Equal(ThumbnailState.KeyGone, ThumbnailReader.State(folder.Path));
        Assert.Contains("destroyed or lost", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);

        using (ThumbnailStore store = ThumbnailStore.Open(folder.Path))
        {
            Assert.Equal(2, store.Dropped);
            Assert.Empty(store.Ids());
            store.Add([Sample(1)]);
        }

        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        AssertSame(Sample(1), reader.Read(1));
        Assert.Equal([1], reader.Ids());
    }

    [Fact]
    public void Before_the_key_file_is_deleted_its_bytes_are_overwritten()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("a file that is open cannot be deleted on Windows");
        }

        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        byte[] before = File.ReadAllBytes(folder.File("thumbnails.key")), after = new byte[before.Length];

        using FileStream held = new(folder.File("thumbnails.key"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Assert.True(ThumbnailStore.DestroyKey(folder.Path));
        held.ReadExactly(after);
        Assert.NotEqual(before, after);
        Assert.Equal(-1, after.AsSpan().IndexOf("plain"u8));
    }

    [Fact]
    public void A_key_of_another_time_does_not_pass_for_the_one_of_the_rows()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        string path = folder.File("thumbnails.key"), text = File.ReadAllText(path);
        File.WriteAllText(path, text.Replace("plain ", "plain 0", StringComparison.Ordinal)[..^2] + "\n");
        Assert.Contains("not the key", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("cairn-thumbnail-key 1\n")]
    [InlineData("cairn-thumbnail-key 2\nplain 00\n")]
    [InlineData("cairn-thumbnail-key 1\nplain 00\n")]
    [InlineData("cairn-thumbnail-key 1\nplain zz00000000000000000000000000000000000000000000000000000000000000\n")]
    [InlineData("cairn-thumbnail-key 1\npbkdf2-sha256 2000000000 00 00 00\n")]
    [InlineData("cairn-thumbnail-key 1\npbkdf2-sha256 600000 00 00 00\n")]
    public void A_damaged_key_file_is_refused(string text)
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        File.WriteAllText(folder.File("thumbnails.key"), text);
        Assert.Contains("damaged", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path, "x")).Message, StringComparison.Ordinal);
        Assert.Throws<CaseException>(() => Write(folder.Path, text.Contains("pbkdf2", StringComparison.Ordinal) ? "x" : null));
    }

    [Fact]
    public void A_passphrase_is_asked_for_and_a_wrong_one_is_told()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, "Wörter und mehr", Sample(1));
        Assert.Equal(ThumbnailState.NeedsPassphrase, ThumbnailReader.State(folder.Path));
        using (ThumbnailReader reader = ThumbnailReader.Open(folder.Path, "Wörter und mehr"))
        {
            AssertSame(Sample(1), reader.Read(1));
        }

        Assert.Contains("passphrase", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("wrong", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path, "wörter und mehr")).Message, StringComparison.Ordinal);
        Assert.Contains("wrong", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path, "x")).Message, StringComparison.Ordinal);
        Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path));
        Write(folder.Path, "Wörter und mehr", Sample(2));
        Assert.True(ThumbnailStore.DestroyKey(folder.Path));
        Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path, "Wörter und mehr"));
    }

    [Fact]
    public void A_passphrase_for_a_key_without_one_is_refused_to_the_writer()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        Assert.Contains("without a passphrase", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path, "x")).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path, "")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_key_file_is_the_owners_alone()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("permissions of Unix");
        }
        else
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.File("thumbnails.key")));
        }
    }

    [Fact]
    public void A_reader_sees_what_a_writer_adds_and_a_second_writer_is_refused()
    {
        using TempFolder folder = CaseFolderOf();
        using ThumbnailStore store = ThumbnailStore.Open(folder.Path);
        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        Assert.Contains("another process", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path)).Message, StringComparison.Ordinal);
        using CancellationTokenSource stop = new();
        Thread reading = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (long id in reader.Ids())
                {
                    AssertSame(Sample(id), reader.Read(id));
                }
            }
        });
        reading.Start();
        for (int batch = 0; batch < 30; batch++)
        {
            store.Add([Sample((batch * 2) + 1), Sample((batch * 2) + 2)]);
            Assert.NotNull(reader.Read((batch * 2) + 2));
        }

        stop.Cancel();
        reading.Join();
        Assert.Equal(60, reader.Ids().Length);
    }

    [Fact]
    public void A_read_only_medium_is_read()
    {
        using TempFolder folder = CaseFolderOf();
        Write(folder.Path, null, Sample(1));
        using (ThumbnailReader reader = ThumbnailReader.Open(folder.Path, null, immutable: true))
        {
            AssertSame(Sample(1), reader.Read(1));
        }

        Assert.False(File.Exists(folder.File("thumbnails.db-shm")));
    }

    [Fact]
    public void What_cannot_be_used_is_refused_with_a_reason()
    {
        using TempFolder folder = new();
        Assert.Contains("no case", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("no case", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);
        SampleCase.Run(folder.Path);
        Assert.Contains("no thumbnails", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);
        Write(folder.Path, null, Sample(1));
        Tamper(folder.Path, "PRAGMA user_version=2");
        Assert.Contains("newer version", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("newer version", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);
        Tamper(folder.Path, "PRAGMA application_id=7");
        Assert.Contains("another program", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("thumbnails.db"), "a letter and no database, long enough to be looked at");
        Assert.Contains("not a SQLite database", Assert.Throws<CaseException>(() => ThumbnailStore.Open(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("not a SQLite database", Assert.Throws<CaseException>(() => ThumbnailReader.Open(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_told_and_what_was_stored_stays()
    {
        using TempFolder folder = CaseFolderOf();
        long stored = 0;
        using (ThumbnailStore store = ThumbnailStore.Open(folder.Path, null, "PRAGMA max_page_count=40"))
        {
            Assert.Contains("no space", Assert.Throws<CaseException>(() =>
            {
                for (; stored < 100_000; stored += 10)
                {
                    store.Add([.. Enumerable.Range(1, 10).Select(i => Sample(stored + i))]);
                }
            }).Message, StringComparison.Ordinal);
            Assert.Equal(stored, store.Ids().Length);
        }

        using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
        AssertSame(Sample(stored), reader.Read(stored));
    }

    [Fact]
    public void A_killed_writer_leaves_whole_batches()
    {
        using TempFolder folder = CaseFolderOf();
        int before = 0;
        for (int round = 0; round < 5; round++)
        {
            using Process child = StartWriter(folder.Path);
            while (child.StandardOutput.ReadLine() is string line && !line.EndsWith("writing", StringComparison.Ordinal))
            {
            }

            Thread.Sleep(60 + (round * 71));
            child.Kill();
            child.WaitForExit();

            using ThumbnailReader reader = ThumbnailReader.Open(folder.Path);
            long[] ids = reader.Ids();
            Assert.True(ids.Length >= before);
            Assert.Equal(0, ids.Length % ThumbnailChild.BatchSize);
            Assert.Equal(Enumerable.Range(1, ids.Length).Select(i => (long)i), ids);
            Assert.All(ids.Where(id => id % 17 == 0), id => AssertSame(Sample(id), reader.Read(id)));
            before = ids.Length;
        }

        Assert.True(before > 0);
        using ThumbnailStore store = ThumbnailStore.Open(folder.Path);
        Assert.Equal(before, store.Ids().Length);
    }

    internal static Thumbnail Sample(long id, int frame = 0, ThumbnailKind kind = ThumbnailKind.Picture) =>
        new(id, frame, kind, 320, 200 + (int)(id % 40), new SeededBytes((ulong)id + ((ulong)frame << 40)).Bytes(1_000 + (int)(id % 7_000)));

    private static TempFolder CaseFolderOf()
    {
        TempFolder folder = new();
        SampleCase.Run(folder.Path);
        return folder;
    }

    private static void Write(string directory, string? passphrase, params Thumbnail[] thumbnails)
    {
        using ThumbnailStore store = ThumbnailStore.Open(directory, passphrase);
        store.Add(thumbnails);
    }

    private static void Tamper(string directory, string sql)
    {
        using SqliteDatabase database = SqliteDatabase.Open(Path.Combine(directory, "thumbnails.db"), write: true);
        database.Execute(sql);
    }

    private static ThumbnailInfo InfoOf(Thumbnail thumbnail) =>
        new(thumbnail.EntryId, thumbnail.Frame, thumbnail.Kind, thumbnail.Width, thumbnail.Height, thumbnail.Jpeg.Length);

    private static void AssertSame(Thumbnail expected, Thumbnail? found)
    {
        Assert.NotNull(found);
        Assert.Equal(InfoOf(expected), InfoOf(found));
        Assert.Equal(expected.Jpeg.ToArray(), found.Jpeg.ToArray());
    }

    private static Process StartWriter(string directory)
    {
        string executable = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Cairn.CaseStore.Tests.exe" : "Cairn.CaseStore.Tests");
        ProcessStartInfo start = new(executable, ["-explicit", "only", "-method", $"{typeof(ThumbnailChild).FullName}.{nameof(ThumbnailChild.Writes_until_it_is_killed)}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[ChildWriter.DirectoryVariable] = directory;
        return Process.Start(start)!;
    }
}
