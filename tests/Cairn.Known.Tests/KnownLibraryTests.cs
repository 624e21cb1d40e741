using System.Security.Cryptography;
using System.Text;
using Cairn.Known.Sets;
using Cairn.TestKit;
using Microsoft.Data.Sqlite;

namespace Cairn.Known.Tests;

public sealed class KnownLibraryTests : IDisposable
{
    private const string AbcMd5 = "900150983cd24fb0d6963f7d28e17f72";
    private const string AbcSha1 = "a9993e364706816aba3e25717850c26c9cd0d89d";
    private const string AbcSha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    private const string EmptyMd5 = "d41d8cd98f00b204e9800998ecf8427e";

    private readonly TempFolder folder = new();

    private string Sets => folder.File("sets");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_way_of_writing_a_hash_list_is_read()
    {
        // As md5sum, md5sum --binary, md5sum of an escaped name, sha1sum --tag, BSD md5 and OpenSSL write.
        KnownSetInfo info = Import($"""
            # a comment
            ; another

            {AbcMd5}  abc.txt
            {EmptyMd5.ToUpperInvariant()} *empty.bin
            \0cc175b9c0f1b6a831c399e269772661  a\nname
            SHA1 (abc (1).txt) = {AbcSha1}
            SHA2-256(abc.txt)= {AbcSha256}
            {AbcMd5}
            """);
        Assert.Equal((6, 3, 1, 1, 5), (info.Entries, info.Md5Count, info.Sha1Count, info.Sha256Count, info.Hashes));
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(new KnownHit("md5", "abc.txt"), set.Lookup(Convert.FromHexString(AbcMd5), [], []));
        Assert.Equal(new KnownHit("md5", "empty.bin"), set.Lookup(Convert.FromHexString(EmptyMd5), [], []));
        Assert.Equal(new KnownHit("sha1", "abc (1).txt"), set.Lookup([], Convert.FromHexString(AbcSha1), []));
        Assert.Equal(new KnownHit("sha256", "abc.txt"), set.Lookup(Convert.FromHexString(AbcMd5), Convert.FromHexString(AbcSha1), Convert.FromHexString(AbcSha256)));
        Assert.Null(set.Lookup(new byte[16], new byte[20], new byte[32]));
    }

    [Theory]
    [InlineData("90015098\n", "line 1")]
    [InlineData(AbcMd5 + "\n" + AbcMd5 + "  a\nnot a hash\n", "line 3")]
    [InlineData(AbcMd5 + "\n\n# x\n900150983cd24fb0d6963f7d28e17f7", "line 4")]
    [InlineData("900150983cd24fb0d6963f7d28e17f7g\n", "line 1")]
    [InlineData("CRC32 (a) = 900150983cd24fb0d6963f7d28e17f72\n", "line 1")]
    [InlineData("MD5 (a) = 900150983cd24fb0d6963f7d28e17f7\n", "line 1")]
    [InlineData("md5,name\n" + AbcMd5 + "\n", "line 2")]
    [InlineData("md5,name\n" + AbcMd5 + ",\"a\nb\"\n" + AbcMd5 + ",\"cut", "line 4")]
    [InlineData("md5,name\n" + AbcMd5 + ",a\n900150,b\n", "line 3")]
    [InlineData("md5,name\n" + AbcMd5 + ",a\n,b\n", "line 3")]
    public void Malformed_or_cut_text_names_its_line_and_leaves_nothing(string text, string where)
    {
        KnownSetException error = Assert.Throws<KnownSetException>(() => Import(text));
        Assert.Contains(where + ":", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
        Assert.Empty(KnownLibrary.Open(Sets).Sets);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("md5,name\n")]
    public void A_source_without_hashes_is_refused(string text) => Assert.Contains("no hash", Assert.Throws<KnownSetException>(() => Import(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(",")]
    [InlineData(";")]
    [InlineData("\t")]
    public void Delimited_text_is_read_by_the_names_of_its_columns(string d)
    {
        Import($"Label{d}SHA-1{d}Size{d}\"MD5\"\r\n\"a {d} \"\"quoted\"\"\nlabel\"{d}{AbcSha1}{d}3{d}\r\nb{d}{d}0{d}{EmptyMd5}\r\n\r\n");
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(new KnownHit("sha1", $"a {d} \"quoted\"\nlabel"), set.Lookup([], Convert.FromHexString(AbcSha1), []));
        Assert.Equal(new KnownHit("md5", "b"), set.Lookup(Convert.FromHexString(EmptyMd5), Convert.FromHexString(AbcSha1.Replace('a', 'b')), []));
        Assert.Null(set.Lookup(Convert.FromHexString(AbcMd5), [], []));
    }

    [Fact]
    public void Columns_can_be_named()
    {
        Import($"Digest,Kind\n{AbcMd5},x\n", options => options with { Format = KnownFormat.Csv, Columns = new KnownColumns(Md5: "digest", Detail: "KIND") });
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(new KnownHit("md5", "x"), set.Lookup(Convert.FromHexString(AbcMd5), [], []));
        KnownSetException error = Assert.Throws<KnownSetException>(() => Import("a,b\n", o => o with { Version = "2", Format = KnownFormat.Csv, Columns = new KnownColumns(Md5: "c") }));
        Assert.Contains("no column is named c", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nsrl_2_text_is_read_with_its_quotation_marks_in_names()
    {
        string other = new('1', 32);
        Import($"\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\",\"SpecialCode\"\r\n" +
            $"\"{AbcSha1.ToUpperInvariant()}\",\"{AbcMd5.ToUpperInvariant()}\",\"352441C2\",\"abc \"inch\" 3.txt\",3,1,\"358\",\"\"\r\n\"{new string('2', 40)}\",\"{other}\",\"0\",\"b\",3,1,\"358\",\"\"\r\n");
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(new KnownHit("sha1", "abc \"inch\" 3.txt"), set.Lookup(Convert.FromHexString(AbcMd5), Convert.FromHexString(AbcSha1), []));
    }

    [Fact]
    public void Text_in_utf_16_is_read()
    {
        string path = folder.Write("list.txt", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes($"{AbcMd5}  ä\r\n")]);
        Import(KnownLibrary.Open(Sets), path, new ImportOptions { Name = "set" });
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        Assert.Equal(new KnownHit("md5", "ä"), set.Lookup(Convert.FromHexString(AbcMd5), [], []));
    }

    [Fact]
    public void An_encase_hash_file_is_read_and_a_cut_one_refused()
    {
        byte[] file = new byte[0x480 + (2 * 18)];
        Convert.FromHexString("484153480D0AFF000200000001000000").CopyTo(file, 0);
        file[0x10] = 2;
        Convert.FromHexString(AbcMd5).CopyTo(file, 0x480);
        Convert.FromHexString(EmptyMd5).CopyTo(file, 0x480 + 18);
        KnownLibrary library = KnownLibrary.Open(Sets);
        KnownSetInfo info = Import(library, folder.Write("a.hash", file), new ImportOptions { Name = "set", Meaning = KnownMeaning.Notable });
        Assert.Equal((2L, "encase", KnownMeaning.Notable), (info.Hashes, info.Format, info.Meaning));
        using KnownSet set = library.Load("set");
        Assert.Equal(new KnownHit("md5", null), set.Lookup(Convert.FromHexString(EmptyMd5), [], []));
        foreach (int cut in (int[])[9, 0x480, 0x480 + 18, 0x480 + 35])
        {
            Assert.Throws<KnownSetException>(() => Import(library, folder.Write("b.hash", file.AsSpan(0, cut)), new ImportOptions { Name = "cut" }));
        }

        Assert.Single(library.Sets);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_nsrl_database_is_read_with_its_products_and_version(bool asView)
    {
        string path = Nsrl(asView, $"('{AbcSha256.ToUpperInvariant()}', '{AbcSha1.ToUpperInvariant()}', '{AbcMd5.ToUpperInvariant()}', 7), ('{new string('A', 64)}', '{new string('B', 40)}', '{new string('C', 32)}', 8)");
        KnownLibrary library = KnownLibrary.Open(Sets);
        KnownSetInfo info = Import(library, path, new ImportOptions { Name = "NSRL", Licence = "public domain" });
        Assert.Equal((2L, 6L, "2024.03.1", "nsrl rds 3"), (info.Entries, info.Hashes, info.Version, info.Format));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), info.SourceSha256);
        using KnownSet set = library.Load("NSRL");
        Assert.Equal(new KnownHit("sha256", "Editor 1.2"), set.Lookup(Convert.FromHexString(AbcMd5), Convert.FromHexString(AbcSha1), Convert.FromHexString(AbcSha256)));
        Assert.Equal(new KnownHit("md5", "Editor 1.2"), set.Lookup(Convert.FromHexString(AbcMd5), [], []));

        // The same MD5 with another SHA-256 is another file made to look the same.
        Assert.Null(set.Lookup(Convert.FromHexString(AbcMd5), Convert.FromHexString(AbcSha1), new byte[32]));
        Assert.Null(set.Lookup(Convert.FromHexString(AbcMd5), new byte[20], []));
    }

    [Fact]
    public void A_database_in_utf_16_is_read()
    {
        string path = folder.File("utf16.db");
        using (SqliteConnection connection = new($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"PRAGMA encoding = 'UTF-16le'; CREATE TABLE FILE(sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, package_id INTEGER); INSERT INTO FILE VALUES ('{AbcSha256}', NULL, '{AbcMd5}', 1)";
            command.ExecuteNonQuery();
        }

        KnownLibrary library = KnownLibrary.Open(Sets);
        Assert.Equal(2, Import(library, path, new ImportOptions { Name = "set", Version = "1" }).Hashes);
        using KnownSet set = library.Load("set");
        Assert.Equal(new KnownHit("sha256", null), set.Lookup([], [], Convert.FromHexString(AbcSha256)));
    }

    [Fact]
    public void A_cancelled_import_of_a_database_leaves_nothing()
    {
        string path = Nsrl(false, string.Join(",", Enumerable.Range(0, 100_000).Select(i => $"('{i:x64}', '', '', 7)")));
        using CancellationTokenSource cancel = new();
        KnownLibrary library = KnownLibrary.Open(Sets);
        Assert.ThrowsAny<OperationCanceledException>(() => library.Import(path, new ImportOptions { Name = "x" }, new Immediately(p => { if (p.Stage == "reading") { cancel.Cancel(); } }), cancel.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Fact]
    public void A_damaged_or_foreign_database_is_refused_and_leaves_nothing()
    {
        KnownLibrary library = KnownLibrary.Open(Sets);
        string badHash = Nsrl(false, "('zz', '', '', 7)");
        Assert.Contains("row 1 of FILE", Assert.Throws<KnownSetException>(() => Import(library, badHash, new ImportOptions { Name = "x" })).Message, StringComparison.Ordinal);
        byte[] good = File.ReadAllBytes(Nsrl(false, $"('{AbcSha256}', '{AbcSha1}', '{AbcMd5}', 7)"));
        Assert.Throws<KnownSetException>(() => Import(library, folder.Write("cut.db", good.AsSpan(0, good.Length - 4096)), new ImportOptions { Name = "x" }));
        SeededBytes random = new(1);
        for (int round = 0; round < 60; round++)
        {
            byte[] bad = [.. good];
            for (int i = 0; i < 20; i++)
            {
                bad[16 + random.Next(bad.Length - 16)] = (byte)random.Next(256);
            }

            try
            {
                Import(library, folder.Write("bad.db", bad), new ImportOptions { Name = "x" });
                library.Remove("x");
            }
            catch (KnownSetException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Fact]
    public void Versions_lie_side_by_side_and_the_newest_is_used()
    {
        foreach (string version in (string[])["2024.12", "2023.9", "2024.3"])
        {
            Import($"{Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(version)))}\n", o => o with { Version = version });
        }

        KnownLibrary library = KnownLibrary.Open(Sets);
        Assert.Equal(["2024.12", "2024.3", "2023.9"], library.Sets.Select(s => s.Version));
        using (KnownSet newest = library.Load("set"))
        {
            Assert.Equal("2024.12", newest.Info.Version);
            Assert.NotNull(newest.Lookup(MD5.HashData("2024.12"u8), [], []));
        }

        Assert.Equal(1, library.Remove("set", "2024.12"));
        using (KnownSet newest = library.Load("set"))
        {
            Assert.Equal("2024.3", newest.Info.Version);
        }

        Assert.Contains("is there already", Assert.Throws<KnownSetException>(() => Import(AbcMd5, o => o with { Version = "2024.3" })).Message, StringComparison.Ordinal);
        Assert.Equal(2, library.Remove("set"));
        Assert.Contains("there is no known set", Assert.Throws<KnownSetException>(() => library.Load("set")).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Fact]
    public void The_same_source_gives_the_same_file_and_its_digest_is_that_of_all_but_the_last_32_bytes()
    {
        KnownSetInfo first = Import(AbcMd5 + "  a\n" + EmptyMd5 + "  b\n", o => o with { Version = "1" });
        byte[] bytes = File.ReadAllBytes(first.Path);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32))), first.Sha256);
        KnownLibrary.Open(Sets).Remove("set");
        Assert.Equal(first.Sha256, Import(AbcMd5 + "  a\n" + EmptyMd5 + "  b\n", o => o with { Version = "1" }).Sha256);
        Assert.Equal(bytes, File.ReadAllBytes(first.Path));
    }

    [Fact]
    public void A_changed_or_cut_set_file_is_refused()
    {
        KnownSetInfo info = Import(string.Concat(Enumerable.Range(0, 500).Select(i => Convert.ToHexStringLower(MD5.HashData(BitConverter.GetBytes(i))) + $"  {i}\n")));
        byte[] good = File.ReadAllBytes(info.Path);
        SeededBytes random = new(2);
        for (int round = 0; round < 300; round++)
        {
            byte[] bad = [.. good];
            int at = round < 100 ? random.Next(600) : random.Next(bad.Length);
            bad[at] ^= (byte)(1 + random.Next(255));
            File.WriteAllBytes(info.Path, bad);
            string message = Assert.Throws<KnownSetException>(() => KnownLibrary.Open(Sets).Load("set").Dispose()).Message;
            Assert.Contains("is damaged", message, StringComparison.Ordinal);
        }

        foreach (int length in (int[])[0, 1, 100, 16_384, good.Length - 33, good.Length - 1])
        {
            File.WriteAllBytes(info.Path, good.AsSpan(0, length));
            Assert.Equal("set", Assert.Single(KnownLibrary.Open(Sets).Damaged).Name);
            Assert.Throws<KnownSetException>(() => KnownLibrary.Open(Sets).Load("set"));
        }
    }

    [Fact]
    public void A_cancelled_import_leaves_nothing()
    {
        using CancellationTokenSource cancel = new();
        string path = folder.Write("list.txt", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(AbcMd5 + "\n", 300_000))));
        KnownLibrary library = KnownLibrary.Open(Sets);
        Assert.ThrowsAny<OperationCanceledException>(() => library.Import(path, new ImportOptions { Name = "x" }, new Immediately(p => cancel.Cancel()), cancel.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sets));
    }

    [Fact]
    public void What_a_killed_import_left_is_removed_by_a_later_one()
    {
        Directory.CreateDirectory(Sets);
        string left = Path.Combine(Sets, ".import-dead.md5");
        File.WriteAllText(left, "x");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow.AddDays(-2));
        Import(AbcMd5);
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void More_hashes_than_fit_one_run_are_sorted_and_found_and_none_other_is()
    {
        // Two and a half runs with repeats; the second list's details are not those of the first.
        const int Count = 2_600_000;
        using HashSorter sorter = new(16, folder.File("runs"));
        SeededBytes random = new(3);
        byte[] hash = new byte[16];
        for (int i = 0; i < Count; i++)
        {
            random.Fill(hash.AsSpan(0, 3));
            sorter.Add(hash, (uint)(i % 5));
        }

        byte[] last = new byte[16];
        long seen = 0;
        HashSet<int> all = [];
        SeededBytes again = new(3);
        byte[] three = new byte[3];
        for (int i = 0; i < Count; i++)
        {
            again.Fill(three);
            all.Add((three[0] << 16) | (three[1] << 8) | three[2]);
        }

        sorter.Merge(
            (record, _) =>
            {
                Assert.True(seen == 0 || record.SequenceCompareTo(last) > 0);
                record.CopyTo(last);
                Assert.Contains((record[0] << 16) | (record[1] << 8) | record[2], all);
                seen++;
            },
            CancellationToken.None);
        Assert.Equal(all.Count, seen);
    }

    [Fact]
    public void Hashes_that_share_their_first_bytes_are_found_too()
    {
        StringBuilder list = new();
        for (int i = 0; i < 5_000; i++)
        {
            list.Append(new string('a', 26)).Append($"{i:x6}").Append($"  {i}\n");
        }

        Import(list.ToString());
        using KnownSet set = KnownLibrary.Open(Sets).Load("set");
        for (int i = 0; i < 5_001; i++)
        {
            KnownHit? hit = set.Lookup(Convert.FromHexString(new string('a', 26) + $"{i:x6}"), [], []);
            Assert.Equal(i < 5_000 ? new KnownHit("md5", $"{i}") : null, hit);
        }
    }

    [Theory]
    [InlineData("known", KnownMeaning.Known)]
    [InlineData(" Notable", KnownMeaning.Notable)]
    [InlineData("IGNORABLE", KnownMeaning.Ignorable)]
    public void Meanings_are_read(string text, KnownMeaning meaning)
    {
        Assert.Equal(meaning, KnownMeanings.Parse(text));
        Assert.Equal(meaning, KnownMeanings.Parse(meaning.ToText()));
    }

    [Fact]
    public void A_meaning_that_is_none_is_refused() => Assert.Throws<KnownSetException>(() => KnownMeanings.Parse("bad"));

    [Theory]
    [InlineData("../up")]
    [InlineData(".hidden")]
    [InlineData("a/b\\c:d*?")]
    [InlineData("Größe 1")]
    public void Any_name_stays_in_the_folder(string name)
    {
        string path = folder.Write("list.txt", Encoding.ASCII.GetBytes(AbcMd5));
        KnownLibrary library = KnownLibrary.Open(Sets);
        KnownSetInfo info = Import(library, path, new ImportOptions { Name = name });
        Assert.Equal(Sets, Path.GetDirectoryName(info.Path));
        KnownLibrary.Open(Sets).Load(name).Dispose();
        Assert.Equal(1, KnownLibrary.Open(Sets).Remove(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    public void A_name_that_cannot_be_shown_is_refused(string name) => Assert.Throws<KnownSetException>(() => Import(AbcMd5, o => o with { Name = name }));

    [Fact]
    public void An_archive_is_refused_with_advice() =>
        Assert.Contains("extract it", Assert.Throws<KnownSetException>(() => Import(KnownLibrary.Open(Sets), folder.Write("a.zip", "PK\u0003\u0004"u8), new ImportOptions { Name = "x" })).Message, StringComparison.Ordinal);

    private KnownSetInfo Import(string text, Func<ImportOptions, ImportOptions>? change = null)
    {
        string path = folder.Write("list.txt", Encoding.UTF8.GetBytes(text));
        ImportOptions options = new() { Name = "set" };
        return Import(KnownLibrary.Open(Sets), path, change?.Invoke(options) ?? options);
    }

    private static KnownSetInfo Import(KnownLibrary library, string path, ImportOptions options) => library.Import(path, options, null, TestContext.Current.CancellationToken);

    private string Nsrl(bool asView, string rows)
    {
        string path = folder.File($"nsrl-{Guid.NewGuid():N}.db");
        using SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"""
            CREATE TABLE {(asView ? "METADATA" : "FILE")}(sha256 VARCHAR, sha1 VARCHAR, md5 VARCHAR, package_id INTEGER);
            INSERT INTO {(asView ? "METADATA" : "FILE")} VALUES {rows};
            CREATE TABLE PKG(package_id INTEGER, name VARCHAR, version VARCHAR);
            INSERT INTO PKG VALUES (7, 'Editor', '1.2'), (7, 'Editor', '1.2 for another system'), (8, NULL, NULL);
            CREATE TABLE VERSION(version VARCHAR, description VARCHAR);
            INSERT INTO VERSION VALUES ('2024.03.1', 'test');
            {(asView ? "CREATE VIEW FILE AS SELECT UPPER(sha256) AS sha256, UPPER(sha1) AS sha1, UPPER(md5) AS md5, package_id FROM METADATA;" : "")}
            """;
        command.ExecuteNonQuery();
        return path;
    }

    private sealed class Immediately(Action<ImportProgress> action) : IProgress<ImportProgress>
    {
        public void Report(ImportProgress value) => action(value);
    }
}
