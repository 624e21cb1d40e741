using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Reports;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>
/// Members that are read once more: of archives left by a killed run, of large archives in one pass, and those too large to be held. Work is counted in
/// bytes read of the evidence and in openings, never in time.
/// </summary>
public sealed class LeftMembersTests : IDisposable
{
    private const string Password = "correct horse";

    private readonly TempFolder folder = new();

    public LeftMembersTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Thousands_of_members_left_by_killed_runs_are_each_read_once()
    {
        const int Members = 2_000;
        folder.Write("evidence/many.zip", Pictures(Members));
        Counts calm = await ExamineAsync("calm");
        string expected = Export("calm");

        // All is unfolded and nothing decoded; then a run is stopped midway among the pictures, and one is not.
        await ExamineAsync("left", options => options with { Pictures = false });
        Counts stopped = await StoppedAsync("left", reads: Members / 2);
        Counts last = await ExamineAsync("left");
        Assert.Equal(expected, Export("left"));
        Intact("left");

        Assert.Equal((1, 1), (stopped.Opened, last.Opened));
        Assert.InRange(stopped.Read, 1, calm.Read);
        Assert.InRange(last.Read, 1, calm.Read);
    }

    [Fact]
    public async Task An_archive_of_thousands_of_members_stopped_midway_is_gone_through_once_more_and_no_oftener()
    {
        const int Members = 5_000;
        long length = new FileInfo(folder.Write("evidence/many.zip", Many(Members))).Length;
        Counts calm = await ExamineAsync("calm");
        string expected = Export("calm");
        await StoppedAsync("stopped", reads: Members * 3 / 4);
        using (CaseReader reader = CaseReader.Open(folder.File("stopped")))
        {
            Assert.InRange(reader.Counts().Members, 1_000, Members - 1);
        }

        Counts last = await ExamineAsync("stopped");
        Assert.Equal(expected, Export("stopped"));
        Assert.Equal(1, last.Opened);
        Assert.InRange(last.Read, 1, calm.Read);
        Assert.InRange(calm.Read, length, 6 * length);
        Intact("stopped");
    }

    [Fact]
    public async Task Pictures_in_archives_within_a_solid_archive_are_left_over_and_found_again()
    {
        folder.Write("packed/inner.zip", Pictures(40));
        folder.Write("packed/one.bmp", Bitmap(1));
        folder.Write("packed/deep.zip", Zipped(("deeper.zip", Pictures(5)), ("two.bmp", Bitmap(2))));
        Directory.CreateDirectory(folder.File("evidence"));
        Run("7z", "a", "-ms=on", folder.File("evidence/solid.7z"), folder.File("packed") + "/.");
        await ExamineAsync("calm");
        await ExamineAsync("left", options => options with { Pictures = false });
        Counts last = await ExamineAsync("left");
        Assert.Equal(Export("calm"), Export("left"));
        Assert.Equal(1, last.Opened);
        using CaseReader reader = CaseReader.Open(folder.File("left"));
        Assert.Equal(47, reader.Counts().Pictures);
        Assert.Equal(0, reader.Counts().Problems);
        Intact("left");
    }

    [Fact]
    public async Task Another_list_of_passwords_leaves_every_stored_member_its_row()
    {
        // What the passwords open lies before and behind the place where the run is stopped.
        folder.Write("evidence/outer.zip", Zipped(
            [
                ("a.zip", TestFiles.Fixture("embedded/zip/aes256.zip")), ("a.7z", TestFiles.Fixture("embedded/sevenzip/encrypted-names.7z")),
                .. Enumerable.Range(0, 2_500).Select(i => ($"{i:D4}.txt", Encoding.ASCII.GetBytes($"member {i}"))),
                ("z.zip", TestFiles.Fixture("embedded/zip/aes256.zip")), ("z.7z", TestFiles.Fixture("embedded/sevenzip/encrypted-names.7z")),
            ]));
        string[] known = [Password], none = [];
        await ExamineAsync("with", options => options with { Passwords = known });
        await ExamineAsync("without");
        foreach ((string name, string[] first, string[] then) in new[] { ("gained", none, known), ("lost", known, none), ("same", known, known) })
        {
            await StoppedAsync(name, reads: 1_800, options => options with { Passwords = first });
            List<(long Id, string Path, long Parent, int Ordinal, string Hash)> before = Members(name);
            Assert.InRange(before.Count, 1_000, 2_400);
            await ExamineAsync(name, options => options with { Passwords = then });
            List<(long Id, string Path, long Parent, int Ordinal, string Hash)> after = Members(name);
            Assert.Equal(before, after.Take(before.Count));
            Assert.Equal(after.Count, after.Select(m => (m.Parent, m.Ordinal)).Distinct().Count());
            Assert.Equal(after.Select(m => m.Id).Order(), after.Select(m => m.Id));
            Assert.All(after, m => Assert.True(m.Parent < m.Id));
            Intact(name);

            // Behind the place where it was stopped the second list counts.
            Dictionary<string, string> whole = Members(then.Length > 0 ? "with" : "without").Where(m => m.Path.StartsWith("outer.zip/z", StringComparison.Ordinal)).ToDictionary(m => m.Path, m => m.Hash);
            Assert.Equal(whole, after.Where(m => m.Path.StartsWith("outer.zip/z", StringComparison.Ordinal)).ToDictionary(m => m.Path, m => m.Hash));
            using CaseReader reader = CaseReader.Open(folder.File(name));
            Assert.Equal(name == "same" ? 0 : 1, reader.Problems().Count(p => p.Problem.Reason.Contains("another list of passwords", StringComparison.Ordinal)));
            Assert.Equal(2_500, after.Count(m => m.Path.EndsWith(".txt", StringComparison.Ordinal) && m.Path.Count('/') == 1));
        }

        Assert.Equal(Export("with"), Export("same"));

        // What comes within something whose names were hidden is found by the list that opens it.
        Assert.Contains(Members("gained"), m => m.Path.StartsWith("outer.zip/a.7z/", StringComparison.Ordinal) && m.Hash.Length > 0);
        Assert.DoesNotContain(Members("without"), m => m.Path.StartsWith("outer.zip/a.7z/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_document_that_gives_other_members_with_other_passwords_ends_the_run_with_what_to_do()
    {
        folder.Write("evidence/outer.zip", Zipped([("a.pdf", TestFiles.Fixture("embedded/pdf/aes-256.pdf")), .. Enumerable.Range(0, 2_500).Select(i => ($"{i:D4}.txt", Encoding.ASCII.GetBytes($"member {i}")))]));
        await ExamineAsync("calm");
        await StoppedAsync("case", reads: 1_800);
        List<(long Id, string Path, long Parent, int Ordinal, string Hash)> before = Members("case");
        EvidenceException error = await Assert.ThrowsAsync<EvidenceException>(() => ExamineAsync("case", options => options with { Passwords = [Password] }));
        Assert.Contains("outer.zip", error.Message, StringComparison.Ordinal);
        Assert.Contains("give those again (--passwords)", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Members("case"));

        // The same list, and what it unfolds into is another all the same.
        byte[] whole = File.ReadAllBytes(folder.File("evidence/outer.zip"));
        byte[] other = [.. whole];
        for (int at; (at = other.AsSpan().IndexOf("0001.txt"u8)) >= 0;)
        {
            other[at] = (byte)'X';
        }

        Overwrite(other);
        error = await Assert.ThrowsAsync<EvidenceException>(() => ExamineAsync("case"));
        Assert.Contains("the evidence or the version of this program is another", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Members("case"));

        // As it was: it goes on.
        Overwrite(whole);
        await ExamineAsync("case");
        Assert.Equal(Export("calm"), Export("case"));
        Intact("case");

        void Overwrite(byte[] bytes)
        {
            DateTime time = File.GetLastWriteTimeUtc(folder.File("evidence/outer.zip"));
            File.WriteAllBytes(folder.File("evidence/outer.zip"), bytes);
            File.SetLastWriteTimeUtc(folder.File("evidence/outer.zip"), time);
        }
    }

    [Fact]
    public async Task A_list_of_passwords_leaves_a_digest_in_the_case_and_no_word_of_it()
    {
        folder.Write("evidence/locked.zip", TestFiles.Fixture("embedded/zip/aes256.zip"));
        await ExamineAsync("case");
        await ExamineAsync("case", options => options with { Passwords = [Password] });
        await ExamineAsync("case", options => options with { Passwords = [Password] });
        await ExamineAsync("case", options => options with { Passwords = ["another word", Password] });
        await ExamineAsync("other", options => options with { Passwords = [Password] });
        string[] digests = Digests("case");
        Assert.Equal("", digests[0]);
        Assert.Equal(8, digests[1].Length);
        Assert.Equal(digests[1], digests[2]);
        Assert.NotEqual(digests[1], digests[3]);
        Assert.NotEqual(digests[1], Assert.Single(Digests("other")));
        foreach (string file in Directory.EnumerateFiles(folder.File("case"), "*", SearchOption.AllDirectories))
        {
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf("correct horse"u8));
        }

        // What was found encrypted stays so; each new list is told that once.
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        Assert.Equal(2, reader.Problems().Count(p => p.Problem.Kind == ProblemKind.Notice && p.Problem.Reason.Contains("examine into a new case", StringComparison.Ordinal)));
        using CaseReader other = CaseReader.Open(folder.File("other"));
        Assert.Empty(other.Problems());
    }

    [Fact]
    public async Task A_picture_of_eighty_megabytes_in_an_archive_is_decoded()
    {
        // The drawn fixture, each point thirty by thirty: as near to the small one as what shows the same is.
        byte[] large = Enlarged(TestFiles.Fixture("pictures/rgb.bmp"), 30);
        Assert.InRange(large.Length, 80_000_000, 100_000_000);
        folder.Write("evidence/large.bmp", large);
        folder.Write("evidence/large.zip", Zipped(("large.bmp", large), ("beside.txt", "text"u8.ToArray())));
        folder.Write("evidence/nested.zip", Zipped(("inner.zip", Zipped(CompressionLevel.Optimal, ("large.bmp", large)))));
        await ExamineAsync("case");
        string[] reference = TestFiles.FixtureText("pictures/reference.tsv").Split('\n').Select(line => line.Split('\t')).Single(cells => cells[0] == "rgb.bmp");
        Assert.True(PdqHash.TryParse(reference[7], out PdqHash hash));
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow[] rows = [.. reader.Entries().Where(row => row.Path.EndsWith("large.bmp", StringComparison.Ordinal))];
        Assert.Equal(3, rows.Length);
        Assert.Single(rows.Select(row => row.Picture!.Hash).Distinct());
        Assert.All(rows, row =>
        {
            Assert.Equal(SHA256.HashData(large), row.Sha256);
            Assert.Equal(SHA1.HashData(large), row.Sha1);
            Assert.Equal(MD5.HashData(large), row.Md5);
            Assert.Equal((PictureStatus.Decoded, 6_000, 4_500), (row.Picture!.Status, row.Picture.Width, row.Picture.Height));
            Assert.InRange(row.Picture.Hash!.Value.Distance(hash), 0, 31);
            Assert.Empty(row.Problems);
        });
        Intact("case");
    }

    [Theory]
    [InlineData("plain.avi", "yuv420p", 26, "zip")]
    [InlineData("index-behind.mov", "rgb24", 13, "7z")]
    public async Task A_video_of_more_than_64_MiB_in_an_archive_is_looked_at_as_one_beside_it(string name, string pixels, int seconds, string archive)
    {
        Directory.CreateDirectory(folder.File("evidence"));
        string video = folder.File($"evidence/{name}");
        Run("ffmpeg", "-v", "error", "-nostdin", "-y", "-loop", "1", "-i", TestFiles.FixturePath("pictures/rgb.png"), "-t", $"{seconds}", "-r", "25", "-s", "320x240", "-c:v", "rawvideo", "-pix_fmt", pixels, video);
        Assert.True(new FileInfo(video).Length > 70_000_000);
        folder.Write("small.txt", "text"u8);
        Run("7z", "a", "-mx=1", folder.File($"evidence/packed.{archive}"), folder.File("small.txt"), video);
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow beside = reader.Entries().Single(row => row.Path == name), within = reader.Entries().Single(row => row.Path == $"packed.{archive}/{name}");
        Assert.Equal(beside.Sha256, within.Sha256);
        Assert.Empty(within.Problems);
        Assert.Equal(PictureStatus.Decoded, within.Picture!.Status);
        Assert.InRange(within.Picture.Milliseconds!.Value, (seconds * 1_000) - 100, (seconds * 1_000) + 100);
        Assert.InRange(within.Picture.Frames, seconds - 1, seconds + 1);
        Assert.Equal((beside.Picture!.Status, beside.Picture.Width, beside.Picture.Height, beside.Picture.Frames, beside.Picture.Milliseconds),
            (within.Picture.Status, within.Picture.Width, within.Picture.Height, within.Picture.Frames, within.Picture.Milliseconds));
        using OpenedEntry opened = EntryReader.Open(reader, within.Id, slack: false);
        Assert.Equal(within.Size, opened.Bytes.Length);
        byte[] end = new byte[1_000], expected = new byte[1_000];
        Assert.Equal(1_000, opened.Bytes.ReadAt(within.Size - 1_000, end));
        using FileStream file = File.OpenRead(video);
        file.Seek(-1_000, SeekOrigin.End);
        file.ReadExactly(expected);
        Assert.Equal(expected, end);
        Intact("case");
    }

    [Fact]
    public async Task Hashes_of_members_of_every_size_are_those_of_the_platform()
    {
        SeededBytes random = new(3);
        int[] sizes = [0, 1, 55, 56, 63, 64, 65, 119, 4_096, 32_767, 32_768, 32_769, 1 << 20, (8 << 20) - 1, (8 << 20) + 1, (64 << 20) - 1, 64 << 20, (64 << 20) + 1, .. Enumerable.Range(0, 200).Select(_ => random.Next(70_000))];
        byte[] all = new byte[(64 << 20) + 1];
        random.Fill(all.AsSpan(0, 1 << 20));
        random.Fill(all.AsSpan(all.Length - (1 << 20)));
        folder.Write("evidence/sizes.zip", Zipped([.. sizes.Select((size, i) => ($"{i}.bin", all[^size..]))]));
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        Dictionary<string, ExportRow> rows = reader.Entries().Where(row => row.Member is not null).ToDictionary(row => row.Path);
        for (int i = 0; i < sizes.Length; i++)
        {
            ExportRow row = rows[$"sizes.zip/{i}.bin"];
            ReadOnlySpan<byte> bytes = all.AsSpan(all.Length - sizes[i]);
            Assert.Equal(sizes[i], row.Size);
            Assert.Equal(MD5.HashData(bytes), row.Md5);
            Assert.Equal(SHA1.HashData(bytes), row.Sha1);
            Assert.Equal(SHA256.HashData(bytes), row.Sha256);
        }
    }

    /// <summary>An uncompressed BMP of 24 bits with each point repeated.</summary>
    private static byte[] Enlarged(byte[] bitmap, int times)
    {
        int start = BitConverter.ToInt32(bitmap, 10), width = BitConverter.ToInt32(bitmap, 18), height = BitConverter.ToInt32(bitmap, 22), stride = ((width * 3) + 3) & ~3;
        Assert.Equal((24, 0), (BitConverter.ToInt16(bitmap, 28), BitConverter.ToInt32(bitmap, 30)));
        int wide = width * times, wideStride = ((wide * 3) + 3) & ~3;
        byte[] large = new byte[start + (wideStride * height * times)];
        bitmap.AsSpan(0, start).CopyTo(large);
        BitConverter.TryWriteBytes(large.AsSpan(2), large.Length);
        BitConverter.TryWriteBytes(large.AsSpan(18), wide);
        BitConverter.TryWriteBytes(large.AsSpan(22), height * times);
        BitConverter.TryWriteBytes(large.AsSpan(34), large.Length - start);
        for (int y = 0; y < height * times; y++)
        {
            Span<byte> row = large.AsSpan(start + (y * wideStride), wideStride);
            for (int x = 0; x < wide; x++)
            {
                bitmap.AsSpan(start + (y / times * stride) + (x / times * 3), 3).CopyTo(row[(x * 3)..]);
            }
        }

        return large;
    }

    /// <summary>A small BMP, another for each number.</summary>
    private static byte[] Bitmap(int number)
    {
        const int Side = 24;
        byte[] bitmap = new byte[54 + (Side * Side * 3)];
        "BM"u8.CopyTo(bitmap);
        BitConverter.TryWriteBytes(bitmap.AsSpan(2), bitmap.Length);
        BitConverter.TryWriteBytes(bitmap.AsSpan(10), 54);
        BitConverter.TryWriteBytes(bitmap.AsSpan(14), 40);
        BitConverter.TryWriteBytes(bitmap.AsSpan(18), Side);
        BitConverter.TryWriteBytes(bitmap.AsSpan(22), Side);
        BitConverter.TryWriteBytes(bitmap.AsSpan(26), (short)1);
        BitConverter.TryWriteBytes(bitmap.AsSpan(28), (short)24);
        for (int i = 54; i < bitmap.Length; i++)
        {
            bitmap[i] = (byte)((i * ((number % 200) + 3)) >> 6);
        }

        return bitmap;
    }

    private static byte[] Pictures(int count) => Zipped([.. Enumerable.Range(0, count).Select(i => ($"{i % 7}/{i:D5}.bmp", Bitmap(i)))]);

    private static byte[] Many(int count) => Zipped([.. Enumerable.Range(0, count).Select(i => ($"{i:D5}.txt", Encoding.ASCII.GetBytes($"member {i}")))]);

    private static byte[] Zipped(params (string Name, byte[] Content)[] members) => Zipped(CompressionLevel.NoCompression, members);

    private static byte[] Zipped(CompressionLevel level, params (string Name, byte[] Content)[] members)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in members)
            {
                ZipArchiveEntry made = zip.CreateEntry(name, level);
                made.LastWriteTime = new DateTimeOffset(2024, 1, 2, 3, 4, 6, TimeSpan.Zero);
                using Stream entry = made.Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static void Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program}: {errors.GetAwaiter().GetResult()}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
        }
    }

    private List<(long Id, string Path, long Parent, int Ordinal, string Hash)> Members(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        return [.. reader.Entries().Where(row => row.Member is not null)
            .Select(row => (row.Id, row.Path, row.Member!.ParentId, row.Member.Ordinal, row.Sha256 is null ? "" : Convert.ToHexString(row.Sha256)))];
    }

    private string[] Digests(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        return [.. reader.Audit().Where(entry => entry.Action == "run started")
            .Select(entry => System.Text.Json.JsonDocument.Parse(entry.Detail).RootElement.GetProperty("options").GetProperty("passwords-digest").GetString()!)];
    }

    private string Export(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        using MemoryStream bytes = new();
        ExportFile.Write(reader, ExportCatalogue.All.Single(format => format.Name == "jsonl"), bytes, CancellationToken.None);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private void Intact(string name) => Assert.Empty(CaseVerifier.Verify(folder.File(name), null, null, CancellationToken.None).Findings);

    /// <summary>Stopped at so many reads of the evidence's streams; a member of an archive takes one or a few.</summary>
    private async Task<Counts> StoppedAsync(string name, long reads, Func<ExamineOptions, ExamineOptions>? change = null)
    {
        using CancellationTokenSource stop = new();
        Counts counts = new() { At = reads, Stop = stop };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ExamineAsync(name, counts, change, stop.Token));
        return counts;
    }

    private async Task<Counts> ExamineAsync(string name, Func<ExamineOptions, ExamineOptions>? change = null)
    {
        Counts counts = new();
        await ExamineAsync(name, counts, change, TestContext.Current.CancellationToken);
        return counts;
    }

    private Task<ExamineSummary> ExamineAsync(string name, Counts counts, Func<ExamineOptions, ExamineOptions>? change, CancellationToken cancel)
    {
        ExamineOptions options = new() { Evidence = [folder.File("evidence")], CaseDirectory = folder.File(name), KnownDirectory = folder.File("known") };
        return Examiner.RunAsync(change is null ? options : change(options), new RecordingObserver(), (path, problems) =>
        {
            OpenEvidence opened = EvidenceOpener.Open(path, problems);
            return new OpenEvidence { Path = opened.Path, Logical = new CountedTree(opened.Logical!, counts) };
        }, cancel);
    }

    private sealed class Counts
    {
        private long read;
        private long reads;
        private int opened;

        /// <summary>The read at which the run is stopped.</summary>
        public long At { get; init; }

        public CancellationTokenSource? Stop { get; init; }

        /// <summary>Bytes read of the evidence's streams.</summary>
        public long Read => Interlocked.Read(ref read);

        /// <summary>Openings of streams.</summary>
        public int Opened => Volatile.Read(ref opened);

        public void Add(int bytes)
        {
            Interlocked.Add(ref read, bytes);
            if (Interlocked.Increment(ref reads) == At)
            {
                Stop!.Cancel();
            }
        }

        public void Open() => Interlocked.Increment(ref opened);
    }

    private sealed class CountedTree(IFileTree inner, Counts counts) : IFileTree
    {
        public FileTreeInfo Info => inner.Info;

        public IAllocationMap? Allocation => inner.Allocation;

        public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel) => inner.Walk(problems, cancel);

        public IByteSource OpenStream(StreamRef stream)
        {
            counts.Open();
            return new Counted(inner.OpenStream(stream), counts);
        }

        public IReadOnlyList<Extent> GetExtents(StreamRef stream) => inner.GetExtents(stream);

        public void Dispose() => inner.Dispose();

        private sealed class Counted(IByteSource source, Counts counts) : IByteSource
        {
            public long Length => source.Length;

            public int SectorSize => source.SectorSize;

            public int ReadAt(long offset, Span<byte> buffer)
            {
                int got = source.ReadAt(offset, buffer);
                counts.Add(got);
                return got;
            }

            public void Dispose() => source.Dispose();
        }
    }
}
