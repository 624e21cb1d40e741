using System.Security.Cryptography;
using Cairn.Core;
using Cairn.Storage.Logical.Folder;
using Cairn.Storage.Logical.Tar;
using Cairn.Storage.Logical.Zip;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Logical;

public sealed class ZipTests
{
    [Theory]
    [InlineData("plain.zip")]
    [InlineData("prefixed.zip")]
    [InlineData("cut.zip")]
    public void Content_has_the_hashes_that_md5sum_gave(string name)
    {
        using IFileTree tree = new ZipFormat().Open(TestFiles.FixturePath("zip/" + name), new ProblemList());

        Assert.Equal(Reading.Expected("zip/tree.md5"), Reading.Hashes(tree).Where(p => p.Key != "link").ToDictionary());
    }

    [Theory]
    [InlineData("bzip2.zip")]
    [InlineData("lzma.zip")]
    [InlineData("deflate64.zip")]
    [InlineData("ppmd.zip")]
    public void Every_method_decodes_to_what_md5sum_gave(string name)
    {
        using IFileTree tree = new ZipFormat().Open(TestFiles.FixturePath("zip/" + name), new ProblemList());

        Assert.Equal(Reading.Expected("zip/tree.md5")["numbers.txt"], Reading.Hashes(tree)["numbers.txt"]);
    }

    [Fact]
    public void Names_are_those_of_unzip_and_links_have_their_target()
    {
        ProblemList problems = new();
        using IFileTree tree = new ZipFormat().Open(TestFiles.FixturePath("zip/plain.zip"), problems);
        List<FileEntry> entries = [.. tree.Walk(problems, TestContext.Current.CancellationToken)];

        Assert.Equal(TestFiles.FixtureText("zip/plain.unzip.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(n => n.TrimEnd('/')), entries.Select(e => e.Path));
        Assert.Equal("numbers.txt", entries.Single(e => e.Type == EntryType.Link).LinkTarget);
        Assert.All(entries.Where(e => e.Type == EntryType.File), e => Assert.Equal("2024-05-06T07:08:10Z", e.Times.Modified.ToIso()));
        Assert.Empty(problems.Items);
        Assert.All(entries, e => Assert.Null(e.Problems));
    }

    [Fact]
    public void Encrypted_entries_are_listed_and_their_content_is_refused()
    {
        using IFileTree tree = new ZipFormat().Open(TestFiles.FixturePath("zip/encrypted.zip"), new ProblemList());
        FileEntry entry = Assert.Single(tree.Walk(new ProblemList(), TestContext.Current.CancellationToken));

        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.Encrypted));
        Assert.Equal(ProblemKind.Encrypted, Assert.Single(entry.Problems!).Kind);
        Assert.Throws<UnreadableDataException>(() => tree.OpenStream(entry.Streams[0].Ref));
    }

    [Fact]
    public void Changed_content_is_delivered_with_a_verdict()
    {
        using TempFolder folder = new();
        byte[] bytes = TestFiles.Fixture("zip/plain.zip");
        int at = bytes.AsSpan().IndexOf("stored as it is"u8);
        Assert.True(at > 0);
        bytes[at] = (byte)'S';
        using IFileTree tree = new ZipFormat().Open(folder.Write("x.zip", bytes), new ProblemList());
        FileEntry entry = tree.Walk(new ProblemList(), TestContext.Current.CancellationToken).Single(e => e.Path == "inner/short.txt");
        using IByteSource content = tree.OpenStream(entry.Streams[0].Ref);
        byte[] read = new byte[(int)content.Length];

        Assert.Equal(read.Length, content.ReadAt(0, read));
        Assert.Equal("Stored as it is\n"u8, read);
        Assert.Equal(ProblemKind.Mismatch, Assert.IsAssignableFrom<ISelfChecking>(content).Verdict!.Kind);
    }

    [Fact]
    public void Entries_that_share_their_data_are_not_decoded_twice()
    {
        using TempFolder folder = new();
        byte[] bytes = TestFiles.Fixture("zip/plain.zip");
        List<int> records = [];
        for (int at = 0; bytes.AsSpan(at).IndexOf("PK\x01\x02"u8) is var found and >= 0; at += found + 4)
        {
            records.Add(at + found);
        }

        // The second file's record points at the first file's local header.
        List<int> files = [.. records.Where(r => BitConverter.ToUInt32(bytes, r + 24) > 0)];
        bytes.AsSpan(files[0] + 42, 4).CopyTo(bytes.AsSpan(files[1] + 42));
        using IFileTree tree = new ZipFormat().Open(folder.Write("x.zip", bytes), new ProblemList());
        List<FileEntry> entries = [.. tree.Walk(new ProblemList(), TestContext.Current.CancellationToken)];
        FileEntry bomb = entries.First(e => e.Problems?.Any(p => p.Reason.Contains("overlap", StringComparison.Ordinal)) == true);

        Assert.Throws<UnreadableDataException>(() => tree.OpenStream(bomb.Streams[0].Ref));
        Assert.Contains(entries, e => e.State == EntryState.Deleted);
    }

    [Theory]
    [InlineData("../../etc/evil", "etc/evil")]
    [InlineData("/absolute", "absolute")]
    [InlineData("a/../b", "a/b")]
    [InlineData("./a//b/", "a/b")]
    [InlineData("a\\..\\b", "a\\..\\b")]
    [InlineData("..", "")]
    public void Names_cannot_lead_out_of_the_root(string stored, string path) =>
        Assert.Equal(path, Cairn.Storage.Logical.ArchivePath.Normalise(stored, [], out _));
}

public sealed class TarTests
{
    [Theory]
    [InlineData("gnu.tarball.gz")]
    [InlineData("pax00.tarball.gz")]
    [InlineData("pax01.tarball.gz")]
    [InlineData("pax10.tarball.gz")]
    public void Content_has_the_hashes_that_md5sum_gave_sparse_files_too(string name)
    {
        using TempFolder folder = new();
        string plain = folder.Write("x.tar", TestFiles.Fixture("tar/" + name));
        foreach (string path in new[] { plain, TestFiles.FixturePath("tar/" + name) })
        {
            ProblemList problems = new();
            using IFileTree tree = new TarFormat().Open(path, problems);

            Assert.Equal(Reading.Expected("tar/tree.md5"), Reading.Hashes(tree, problems));
            Assert.Empty(problems.Items);
        }
    }

    [Fact]
    public void Names_are_those_of_bsdtar_and_pax_times_have_nanoseconds()
    {
        using IFileTree tree = new TarFormat().Open(TestFiles.FixturePath("tar/pax10.tarball.gz"), new ProblemList());
        List<FileEntry> entries = [.. tree.Walk(new ProblemList(), TestContext.Current.CancellationToken)];

        Assert.Equal(TestFiles.FixtureText("tar/gnu.bsdtar.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(n => n[2..].TrimEnd('/')), entries.Select(e => e.Path));
        Assert.Equal("2024-05-06T07:08:09.123456789Z", entries.Single(e => e.Path == "numbers.txt").Times.Modified.ToIso());
        Assert.Equal("numbers.txt", entries.Single(e => e.Type == EntryType.Link).LinkTarget);
        FileEntry[] linked = [.. entries.Where(e => e.Path is "numbers.txt" or "second_name.txt")];
        Assert.Equal(linked[0].Key, linked[1].Key);
        Assert.Equal((1000L, 100L), (linked[0].Uid!.Value, linked[0].Gid!.Value));
    }

    [Fact]
    public void Cut_archive_gives_the_entries_before_the_cut_and_says_so()
    {
        using TempFolder folder = new();
        byte[] bytes = File.ReadAllBytes(TestFiles.FixturePath("tar/small.tar.gz"));
        using IFileTree whole = new TarFormat().Open(TestFiles.FixturePath("tar/small.tar.gz"), new ProblemList());
        int all = whole.Walk(new ProblemList(), TestContext.Current.CancellationToken).Count();
        ProblemList problems = new();
        using IFileTree cut = new TarFormat().Open(folder.Write("x.tar.gz", bytes.AsSpan(0, bytes.Length - 200)), problems);
        int some = cut.Walk(problems, TestContext.Current.CancellationToken).Count();

        Assert.InRange(some, 1, all);
        Assert.Contains(problems.Items, p => p.Kind == ProblemKind.Malformed && p.Place == "gzip data");
    }

    [Fact]
    public void Garbage_between_entries_is_passed_over_with_one_problem()
    {
        using TempFolder folder = new();
        byte[] bytes = TestFiles.Fixture("tar/gnu.tarball.gz");
        byte[] broken = [.. bytes.AsSpan(0, 512), .. new SeededBytes(9).Bytes(5 * 512), .. bytes.AsSpan(512)];
        ProblemList problems = new();
        using IFileTree tree = new TarFormat().Open(folder.Write("x.tar", broken), problems);

        Assert.Equal(Reading.Expected("tar/tree.md5"), Reading.Hashes(tree, problems));
        Problem problem = Assert.Single(problems.Items);
        Assert.Equal((ProblemKind.Malformed, 512L, 5 * 512L), (problem.Kind, problem.Offset!.Value, problem.Length!.Value));
    }

    [Fact]
    public void Gzip_is_read_at_any_offset_as_the_system_decoder_reads_it()
    {
        // Text that compresses a little, so that blocks of every kind and checkpoints come up.
        SeededBytes random = new(21);
        byte[] plain = new byte[24 << 20];
        for (int i = 0; i < plain.Length; i++)
        {
            plain[i] = i % 65_536 < 20_000 ? (byte)random.Next() : (byte)('a' + (random.Next(64) & random.Next(64) & 15));
        }

        foreach (System.IO.Compression.CompressionLevel level in Enum.GetValues<System.IO.Compression.CompressionLevel>())
        {
            using MemoryStream packed = new();
            using (System.IO.Compression.GZipStream gzip = new(packed, level, leaveOpen: true))
            {
                gzip.Write(plain);
            }

            using GzipSource source = new(new MemoryByteSource(packed.ToArray()));
            Assert.Equal(plain.Length, source.Length);
            Assert.Null(source.Mismatch);
            byte[] buffer = new byte[100_000];
            for (int round = 0; round < 60; round++)
            {
                int at = random.Next(plain.Length);
                int got = source.ReadAt(at, buffer);
                Assert.Equal(Math.Min(buffer.Length, plain.Length - at), got);
                Assert.True(plain.AsSpan(at, got).SequenceEqual(buffer.AsSpan(0, got)));
            }
        }
    }
}

public sealed class FolderTests
{
    [Fact]
    public void Names_that_are_no_UTF8_are_listed_and_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "names are bytes on Linux alone");
        using TempFolder folder = new();
        folder.Write("plain.txt", "one"u8);
        using (System.Diagnostics.Process shell = System.Diagnostics.Process.Start("/bin/sh", ["-c", "printf two > \"$(printf '%s/bad\\377name' \"$0\")\"; ln -s /etc \"$0/link\"; mkfifo \"$0/pipe\"", folder.Path]))
        {
            shell.WaitForExit();
            Assert.Equal(0, shell.ExitCode);
        }

        ProblemList problems = new();
        using IFileTree tree = new FolderFormat().Open(folder.Path, problems);
        List<FileEntry> entries = [.. tree.Walk(problems, TestContext.Current.CancellationToken)];

        Assert.Equal(["bad\uFFFDname", "link", "pipe", "plain.txt"], entries.Select(e => e.Path));
        Assert.Equal([EntryType.File, EntryType.Link, EntryType.Fifo, EntryType.File], entries.Select(e => e.Type));
        Assert.Equal([.. "bad"u8, 0xFF, .. "name"u8], entries[0].NameBytes!);
        Assert.Equal("/etc", entries[1].LinkTarget);
        using IByteSource content = tree.OpenStream(entries[0].Streams[0].Ref);
        byte[] read = new byte[10];
        Assert.Equal(3, content.ReadAt(0, read));
        Assert.Equal("two"u8, read.AsSpan(0, 3));
        Assert.Empty(problems.Items);
    }

    [Fact]
    public void Times_have_the_nanoseconds_that_were_set()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "touch of GNU");
        using TempFolder folder = new();
        string path = folder.Write("sub/file", "x"u8);
        using (System.Diagnostics.Process touch = System.Diagnostics.Process.Start("touch", ["-d", "2024-05-06 07:08:09.123456789 UTC", path]))
        {
            touch.WaitForExit();
        }

        using IFileTree tree = new FolderFormat().Open(folder.Path, new ProblemList());
        FileEntry entry = tree.Walk(new ProblemList(), TestContext.Current.CancellationToken).Single(e => e.Path == "sub/file");

        Assert.Equal("2024-05-06T07:08:09.123456789Z", entry.Times.Modified.ToIso());
        Assert.Equal("2024-05-06T07:08:09.123456789Z", entry.Times.Accessed.ToIso());
        Assert.False(entry.Times.Changed.IsNone);
    }

    [Fact]
    public void Reading_leaves_the_access_time_alone()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "O_NOATIME");
        using TempFolder folder = new();
        string path = folder.Write("file", "x"u8);
        File.SetLastAccessTimeUtc(path, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        using IFileTree tree = new FolderFormat().Open(folder.Path, new ProblemList());
        _ = Reading.Hashes(tree);

        Assert.Equal(new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc), File.GetLastAccessTimeUtc(path));
    }

    [Fact]
    public void File_that_changes_while_it_is_read_says_so()
    {
        using TempFolder folder = new();
        string path = folder.Write("file", new byte[1_000]);
        folder.Write("other", new byte[10]);
        using IFileTree tree = new FolderFormat().Open(folder.Path, new ProblemList());
        List<FileEntry> entries = [.. tree.Walk(new ProblemList(), TestContext.Current.CancellationToken)];
        using IByteSource changed = tree.OpenStream(entries[0].Streams[0].Ref);
        using IByteSource same = tree.OpenStream(entries[1].Streams[0].Ref);
        Assert.False(Assert.IsAssignableFrom<IChangeDetecting>(changed).HasChanged);
        File.AppendAllText(path, "more");

        Assert.True(((IChangeDetecting)changed).HasChanged);
        Assert.False(((IChangeDetecting)same).HasChanged);
    }

    [Fact]
    public void Key_opens_the_same_file_again_without_a_walk_and_never_another_one()
    {
        using TempFolder folder = new();
        folder.Write("a", "first"u8);
        folder.Write("c", "third"u8);
        StreamRef third;
        using (IFileTree tree = new FolderFormat().Open(folder.Path, new ProblemList()))
        {
            third = tree.Walk(new ProblemList(), TestContext.Current.CancellationToken).Last().Streams[0].Ref;
        }

        using IFileTree again = new FolderFormat().Open(folder.Path, new ProblemList());
        using IByteSource content = again.OpenStream(third);
        byte[] read = new byte[5];
        Assert.Equal(5, content.ReadAt(0, read));
        Assert.Equal("third"u8, read);

        folder.Write("b", "second"u8);
        using IFileTree later = new FolderFormat().Open(folder.Path, new ProblemList());
        Assert.Throws<UnreadableDataException>(() => later.OpenStream(third));
    }

    [Fact]
    public void Both_ways_to_reach_a_folder_list_the_same()
    {
        using TempFolder folder = new();
        folder.Write("b/two", "22"u8);
        folder.Write("a", "1"u8);
        PortableAccess portable = new PortableAccess();
        using FolderTree tree = new(portable, portable.FromText(folder.Path));
        using IFileTree own = new FolderFormat().Open(folder.Path, new ProblemList());

        Assert.Equal(Reading.Hashes(own), Reading.Hashes(tree));
        Assert.Equal(2, Reading.Hashes(tree).Count);
    }
}

internal static class Reading
{
    /// <summary>MD5 of every entry with content, as an examination reads it.</summary>
    public static Dictionary<string, string> Hashes(IFileTree tree, IProblemSink? problems = null)
    {
        Dictionary<string, string> hashes = [];
        byte[] buffer = new byte[64 << 10];
        foreach (FileEntry entry in tree.Walk(problems ?? new ProblemList(), TestContext.Current.CancellationToken).ToList())
        {
            if (entry.Streams.Count == 0)
            {
                continue;
            }

            using IByteSource source = tree.OpenStream(entry.Streams[0].Ref);
            using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
            long at = 0;
            for (int got; (got = source.ReadAt(at, buffer)) > 0; at += got)
            {
                md5.AppendData(buffer, 0, got);
            }

            Assert.Equal(entry.Streams[0].Size, at);
            Assert.Null((source as ISelfChecking)?.Verdict);
            hashes[entry.Path] = Convert.ToHexStringLower(md5.GetHashAndReset());
        }

        return hashes;
    }

    /// <summary>What md5sum wrote.</summary>
    public static Dictionary<string, string> Expected(string listing) => TestFiles.FixtureText(listing).Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(line => line[34..], line => line[..32]);
}
