using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Known;
using Cairn.Reports;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>
/// Pictures and videos through whole examinations. Hashes and qualities are those that the reference implementation gave for the fixtures (fixtures/pictures/reference.tsv);
/// known hashes are made from them by turning bits.
/// </summary>
public sealed class PictureStageTests : IDisposable
{
    private static readonly Dictionary<string, Reference> References = TestFiles.FixtureText("pictures/reference.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1)
        .Select(line => line.Split('\t')).ToDictionary(cells => cells[0], cells => new Reference(cells[1], cells[7], cells[8], cells[9].Split(' ')));

    private readonly TempFolder folder = new();

    public PictureStageTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_fixture_has_the_status_and_the_hash_that_the_reference_gives()
    {
        foreach (string name in References.Keys)
        {
            Put(name);
        }

        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        Dictionary<string, ExportRow> rows = reader.Entries().Where(row => row.Member is null).ToDictionary(row => row.Path);
        Assert.Equal(References.Count, rows.Count);
        Assert.All(References, pair =>
        {
            StoredPicture picture = rows[pair.Key].Picture!;
            Assert.Equal(pair.Value.Status, picture.Status.ToString());
            Assert.Equal(pair.Value.Status != "Decoded", rows[pair.Key].Problems.Any(p => p.Place == "picture"));
            if (pair.Value.Hash.Length > 0 && int.Parse(pair.Value.Quality, System.Globalization.CultureInfo.InvariantCulture) >= 80)
            {
                Assert.InRange(picture.Hash!.Value.Distance(Parsed(pair.Value.Hash)), 0, 10);
            }
        });

        // A small picture of each that shows something, and it opens.
        using ThumbnailReader thumbnails = ThumbnailReader.Open(folder.File("case"));
        HashSet<long> ids = [.. thumbnails.Ids()];
        Assert.All(rows.Values.Where(row => row.Picture!.Status is PictureStatus.Decoded or PictureStatus.Partial), row =>
        {
            Assert.True(ids.Contains(row.Id), row.Path);
            Thumbnail small = thumbnails.Read(row.Id)!;
            Assert.Equal([0xFF, 0xD8, 0xFF], small.Jpeg.Span[..3].ToArray());
            Assert.InRange(Math.Max(small.Width, small.Height), 1, 512);
        });
        Intact("case");
    }

    [Fact]
    public async Task A_hit_by_bytes_and_one_by_look_each_say_why()
    {
        Put("rgb.png");
        Put("palette.png");
        string md5 = Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(TestFiles.Fixture("pictures/palette.png")));
        Known("wanted", "id,pdq,quality,md5,category,meaning,label,source,date",
            $"near,{Turned("rgb.png", 7)},90,,boats,notable,a boat,Unit One,2024-01-02", $"same,,,{md5},cars,ignorable,a car,Unit Two,2024-03-04");
        Watcher seen = new();
        ExamineSummary summary = await Examiner.RunAsync(Options("case"), seen, CancellationToken.None);
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        HitRow near = Assert.Single(Row(reader, "rgb.png").Hits);
        Assert.Equal(("pdq", "near", "notable", "boats", "Unit One"), (near.Method, near.Entry!.Id, near.Entry.Meaning, near.Entry.Category, near.Entry.VouchedBy));
        Assert.StartsWith("2024-01-02", near.Entry.VouchedAt, StringComparison.Ordinal);
        Assert.Equal((7, 100, PdqOrientation.Original, 31, (long?)null), (near.Entry.Distance, near.Entry.Quality, near.Entry.Orientation, near.Entry.Threshold, near.Entry.Position));

        // palette.png differs from rgb.png by 10 bits, from what is known by 7 more at most.
        HitRow[] both = [.. Row(reader, "palette.png").Hits];
        Assert.Equal(2, both.Length);
        Assert.Equal(("md5", "same", "ignorable", "cars", (int?)null), (both[0].Method, both[0].Entry!.Id, both[0].Entry!.Meaning, both[0].Entry!.Category, both[0].Entry!.Distance));
        Assert.Equal("pdq", both[1].Method);
        Assert.InRange(both[1].Entry!.Distance!.Value, 3, 17);
        Assert.Equal(3, summary.Hits);
        Assert.NotNull(summary.SecondsToFirstHit);

        // What is ignorable is not announced, though the set as a whole is known.
        Assert.Equal(["palette.png", "rgb.png"], seen.Hits.Select(h => h.Path).Order(StringComparer.Ordinal));
        Intact("case");
    }

    [Fact]
    public async Task A_picture_turned_upside_down_is_found_and_the_hit_says_so()
    {
        folder.Write("evidence/flipped.bmp", UpsideDown(TestFiles.Fixture("pictures/rgb.bmp")));
        Known("wanted", "id,pdq", $"one,{References["rgb.bmp"].Hash}");
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        HitRow hit = Assert.Single(Row(reader, "flipped.bmp").Hits);
        Assert.Equal(PdqOrientation.FlipX, hit.Entry!.Orientation);
        Assert.InRange(hit.Entry.Distance!.Value, 0, 31);

        // As it lies it would not have been found.
        Assert.True(Row(reader, "flipped.bmp").Picture!.Hash!.Value.Distance(Parsed(References["rgb.bmp"].Hash)) > 63);
    }

    [Fact]
    public async Task A_flat_picture_is_hashed_but_not_looked_up()
    {
        Put("icon.ico");
        Known("wanted", "id,pdq,quality", $"one,{References["icon.ico"].Hash},63");
        await ExamineAsync("low", options => options with { PictureQuality = 64 });
        await ExamineAsync("high", options => options with { PictureQuality = 63 });
        using CaseReader low = CaseReader.Open(folder.File("low")), high = CaseReader.Open(folder.File("high"));
        Assert.Equal(63, Row(low, "icon.ico").Picture!.Quality);
        Assert.Empty(Row(low, "icon.ico").Hits);
        Assert.Single(Row(high, "icon.ico").Hits);
    }

    [Fact]
    public async Task A_picture_deep_in_archives_is_hit_where_it_lies()
    {
        folder.Write("evidence/outer.zip", Zipped(("inner.zip", Zipped(("rgb.png", TestFiles.Fixture("pictures/rgb.png"))))));
        Known("wanted", "id,pdq", $"one,{Turned("rgb.png", 3)}");
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow row = Row(reader, "outer.zip/inner.zip/rgb.png");
        Assert.Equal(3, Assert.Single(row.Hits).Entry!.Distance);
        using ThumbnailReader thumbnails = ThumbnailReader.Open(folder.File("case"));
        Assert.NotNull(thumbnails.Read(row.Id));
        Intact("case");
    }

    [Fact]
    public async Task Every_name_of_a_file_with_several_has_its_row_and_its_thumbnail()
    {
        folder.Write("tree/DCIM/first.png", TestFiles.Fixture("pictures/rgb.png"));
        Run("ln", folder.File("tree/DCIM/first.png"), folder.File("tree/second.png"));
        Run("ln", folder.File("tree/DCIM/first.png"), folder.File("tree/no-extension"));
        Directory.CreateDirectory(folder.File("evidence"));
        Run("mke2fs", "-q", "-t", "ext4", "-d", folder.File("tree"), folder.File("evidence.dd"), "2M");
        Known("wanted", "id,pdq", $"one,{Turned("rgb.png", 3)}");
        await ExamineAsync("case", options => options with { Evidence = [folder.File("evidence.dd")] });
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow[] rows = [.. reader.Entries().Where(row => row.Picture is not null)];
        Assert.Equal(["DCIM/first.png", "no-extension", "second.png"], rows.Select(row => row.Path).Order(StringComparer.Ordinal));
        Assert.Single(rows.Select(row => row.Ref).Distinct());
        using ThumbnailReader thumbnails = ThumbnailReader.Open(folder.File("case"));
        Assert.All(rows, row =>
        {
            Assert.Equal(References["rgb.png"].Hash, row.Picture!.Hash.ToString());
            Assert.Equal(3, Assert.Single(row.Hits).Entry!.Distance);
            Assert.NotNull(thumbnails.Read(row.Id));
        });
        Intact("case");
    }

    [Fact]
    public async Task An_animation_is_hit_by_one_of_its_pictures()
    {
        Put("animated.gif");
        Known("wanted", "id,pdq", $"third,{References["animated.gif"].Frames[3]}");
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow row = Row(reader, "animated.gif");
        Assert.Equal(6, row.Picture!.Frames);
        HitRow hit = Assert.Single(row.Hits);
        Assert.Equal(("pdq", (long?)3), (hit.Method, hit.Entry!.Position));
        Assert.InRange(hit.Entry.Distance!.Value, 0, 10);
    }

    [Fact]
    public async Task A_video_that_shows_a_known_picture_is_a_hit_with_its_share_of_frames()
    {
        string picture = TestFiles.FixturePath("pictures/rgb.png");
        Directory.CreateDirectory(folder.File("evidence"));
        Run("ffmpeg", "-v", "error", "-nostdin", "-y", "-loop", "1", "-i", picture, "-t", "4", "-r", "10", "-pix_fmt", "yuv420p", folder.File("evidence/still.mp4"));
        Known("wanted", "id,pdq", $"one,{References["rgb.png"].Hash}");
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow row = Row(reader, "still.mp4");
        Assert.Equal((PictureKind.Video, PictureStatus.Decoded, 320, 240, 4000L), (row.Picture!.Kind, row.Picture.Status, row.Picture.Width, row.Picture.Height, row.Picture.Milliseconds!.Value));
        Assert.InRange(row.Picture.Frames, 4, 6);
        HitRow hit = Assert.Single(row.Hits);
        Assert.Equal("video", hit.Method);
        Assert.InRange(hit.Entry!.Distance!.Value, 0, 10);
        Assert.Contains($"{row.Picture.Frames} of {row.Picture.Frames} frames (100.0 %)", hit.Detail, StringComparison.Ordinal);
        using ThumbnailReader thumbnails = ThumbnailReader.Open(folder.File("case"));
        Assert.Equal(ThumbnailKind.ContactSheet, thumbnails.Read(row.Id)!.Kind);
        Intact("case");
    }

    [Theory]
    [InlineData("broadcast.mxf", "mpeg2video")]
    [InlineData("old.rm", "rv10")]
    public async Task A_video_whose_type_is_not_named_video_is_looked_at_wherever_it_lies(string name, string codec)
    {
        Directory.CreateDirectory(folder.File("evidence/odd"));
        Run("ffmpeg", "-v", "error", "-nostdin", "-y", "-loop", "1", "-i", TestFiles.FixturePath("pictures/rgb.png"), "-t", "3", "-r", "25", "-c:v", codec, folder.File($"evidence/odd/{name}"));
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow row = Row(reader, $"odd/{name}");
        Assert.Equal((PictureKind.Video, 320, 240), (row.Picture!.Kind, row.Picture.Width, row.Picture.Height));
    }

    [Fact]
    public async Task Alike_pictures_are_grouped_over_exhibits_and_a_later_run_only_adds()
    {
        // By the reference, palette.png and grey.png are 10 and 2 bits from rgb.png; large.jpg is far from all.
        folder.Write("one/rgb.png", TestFiles.Fixture("pictures/rgb.png"));
        folder.Write("one/large.jpg", TestFiles.Fixture("pictures/large.jpg"));
        folder.Write("two/palette.png", TestFiles.Fixture("pictures/palette.png"));
        folder.Write("two/grey.png", TestFiles.Fixture("pictures/grey.png"));
        folder.Write("two/copy.png", TestFiles.Fixture("pictures/rgb.png"));
        await ExamineAsync("case", options => options with { Evidence = [folder.File("one")] });
        Dictionary<string, AlikeRow> first = Alike("case");
        Assert.Equal(2, first.Count);
        Assert.All(first.Values, row => Assert.Equal((0, row.EntryId), (row.Kind, row.GroupId)));

        ExamineSummary second = await ExamineAsync("case", options => options with { Evidence = [folder.File("two")] });
        Dictionary<string, AlikeRow> both = Alike("case");
        Assert.Equal(5, both.Count);
        Assert.All(first, pair => Assert.Equal(pair.Value, both[pair.Key]));
        long leader = first["rgb.png"].EntryId;
        Assert.Equal((leader, 3, 10), (both["palette.png"].GroupId, both["palette.png"].Kind, both["palette.png"].Distance));
        Assert.Equal((leader, 3, 2), (both["grey.png"].GroupId, both["grey.png"].Kind, both["grey.png"].Distance));
        Assert.Equal((leader, 1, 0, leader), (both["copy.png"].GroupId, both["copy.png"].Kind, both["copy.png"].Distance, both["copy.png"].CopyOf));
        Assert.Equal(1, second.Counts.AlikeGroups);

        // Nothing new: nothing is said again.
        await ExamineAsync("case", options => options with { Evidence = [folder.File("two")] });
        Assert.Equal(2, Groupings("case").Length);

        // Another distance: all is said anew, and what was said stays in the case.
        await ExamineAsync("case", options => options with { Evidence = [folder.File("two")], AlikeDistance = 5 });
        Dictionary<string, AlikeRow> anew = Alike("case");
        Assert.Equal((0, anew["palette.png"].EntryId), (anew["palette.png"].Kind, anew["palette.png"].GroupId));
        Assert.Equal(leader, anew["grey.png"].GroupId);
        Assert.Equal(["1 distance 31, quality 50", "1 distance 31, quality 50", "2 distance 5, quality 50"], Groupings("case"));
        Intact("case");
    }

    [Fact]
    public async Task A_run_with_pictures_fills_in_what_one_without_left_out()
    {
        Mixed();
        await ExamineAsync("once");
        ExamineSummary without = await ExamineAsync("twice", options => options with { Pictures = false });
        Assert.Equal(0, without.Counts.Pictures);
        await ExamineAsync("twice");
        Assert.Equal(Export("once"), Export("twice"));
        Intact("twice");
    }

    [Fact]
    public async Task Two_runs_export_the_same_bytes()
    {
        Mixed();
        await ExamineAsync("one");
        await ExamineAsync("two", options => options with { Workers = 1 });
        Assert.Equal(Export("one"), Export("two"));
        await ExamineAsync("one");
        Assert.Equal(Export("two"), Export("one"));
    }

    [Fact]
    public async Task A_run_stopped_among_the_pictures_is_continued_to_the_same_rows()
    {
        Mixed();
        Many();
        ExamineSummary calm = await ExamineAsync("calm");
        string expected = Export("calm");
        int stopped = 0;
        foreach (long after in new[] { 1, calm.Counts.Pictures / 4, calm.Counts.Pictures / 2, calm.Counts.Pictures * 3 / 4 })
        {
            string name = $"stopped{after}";
            using CancellationTokenSource stop = new();
            try
            {
                await Examiner.RunAsync(Options(name), new Stopper(stop, after), stop.Token);
            }
            catch (OperationCanceledException)
            {
                stopped++;
            }

            await ExamineAsync(name);
            Assert.Equal(expected, Export(name));
            Assert.Equal(Thumbnails("calm"), Thumbnails(name));
            Intact(name);
        }

        Assert.True(stopped > 1, "the runs ended before they were stopped");
    }

    [Fact]
    public async Task Thumbnails_are_made_again_after_their_key_was_destroyed()
    {
        Mixed();
        await ExamineAsync("case");
        string rows = Export("case");
        long[] before = Thumbnails("case");
        Assert.True(ThumbnailStore.DestroyKey(folder.File("case")));
        ExamineSummary again = await ExamineAsync("case");
        Assert.Equal(before, Thumbnails("case"));
        using ThumbnailReader reader = ThumbnailReader.Open(folder.File("case"));
        Assert.All(before, id => Assert.NotNull(reader.Read(id)));

        // The pictures themselves are not added again; the case says that the old small ones are gone.
        Assert.Equal(rows, Export("case"));
        using CaseReader problems = CaseReader.Open(folder.File("case"));
        Assert.Single(problems.Problems(), p => p.Problem.Kind == ProblemKind.Notice && p.Problem.Reason.Contains($"{before.Length} small pictures", StringComparison.Ordinal));
        Assert.Equal(1, again.Notices);
        Intact("case");
    }

    [Fact]
    public async Task Thumbnails_that_a_run_was_told_not_to_keep_are_made_by_a_later_one()
    {
        Mixed();
        await ExamineAsync("case", options => options with { Thumbnails = false });
        Assert.False(File.Exists(folder.File("case/thumbnails.db")));
        await ExamineAsync("case");
        await ExamineAsync("whole");
        Assert.Equal(Thumbnails("whole"), Thumbnails("case"));
        Assert.Equal(Export("whole"), Export("case"));
    }

    /// <summary>Pictures of many kinds, damaged ones too, on the file system and in archives, with a known set.</summary>
    private void Mixed()
    {
        foreach (string name in new[] { "rgb.png", "palette.png", "animated.gif", "baseline-cut.jpg", "not-a-picture.jpg", "flood.png", "pages.tif" })
        {
            Put(name);
        }

        folder.Write("evidence/holiday.zip", Zipped(("a/grey.png", TestFiles.Fixture("pictures/grey.png")), ("b/cut.png", TestFiles.Fixture("pictures/cut.png")), ("c.txt", "text"u8.ToArray())));
        Known("wanted", "id,pdq,quality", $"one,{Turned("rgb.png", 6)},100", $"two,{References["animated.gif"].Frames[3]},100");
    }

    /// <summary>Copies that differ in a byte behind the picture.</summary>
    private void Many()
    {
        byte[] picture = TestFiles.Fixture("pictures/rgb.png");
        for (int i = 0; i < 400; i++)
        {
            folder.Write($"evidence/DCIM/{i:D4}.png", [.. picture, .. Encoding.ASCII.GetBytes($"{i}")]);
        }

        folder.Write("evidence/many.zip", Zipped([.. Enumerable.Range(0, 200).Select(i => ($"{i:D4}.png", (byte[])[.. picture, .. Encoding.ASCII.GetBytes($"z{i}")]))]));
    }

    private void Put(string name) => folder.Write($"evidence/{name}", TestFiles.Fixture($"pictures/{name}"));

    private void Known(string name, params string[] lines)
    {
        string file = folder.Write($"{name}.csv", Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        KnownLibrary.Open(folder.File("known")).Import(file, new ImportOptions { Name = name, Meaning = KnownMeaning.Notable, Version = "1" });
    }

    /// <summary>The reference's hash of a fixture with the first so many bits turned.</summary>
    private static string Turned(string fixture, int bits)
    {
        byte[] hash = Convert.FromHexString(References[fixture].Hash);
        for (int bit = 0; bit < bits; bit++)
        {
            hash[bit / 8] ^= (byte)(0x80 >> (bit % 8));
        }

        return Convert.ToHexStringLower(hash);
    }

    /// <summary>The rows of an uncompressed BMP in the other order.</summary>
    private static byte[] UpsideDown(byte[] bitmap)
    {
        int start = BitConverter.ToInt32(bitmap, 10), height = BitConverter.ToInt32(bitmap, 22), stride = (bitmap.Length - start) / height;
        byte[] turned = [.. bitmap];
        for (int row = 0; row < height; row++)
        {
            bitmap.AsSpan(start + (row * stride), stride).CopyTo(turned.AsSpan(start + ((height - 1 - row) * stride)));
        }

        return turned;
    }

    private static byte[] Zipped(params (string Name, byte[] Content)[] members)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream entry = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static void Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin";
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

    private static PdqHash Parsed(string text) => PdqHash.TryParse(text, out PdqHash hash) ? hash : throw new FormatException(text);

    private static ExportRow Row(CaseReader reader, string path) => reader.Entries().Single(row => row.Path == path);

    private Dictionary<string, AlikeRow> Alike(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        return reader.Entries().Where(row => row.Picture?.Alike is not null).ToDictionary(row => row.Path, row => row.Picture!.Alike!.Value);
    }

    private string[] Groupings(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        return [.. reader.Audit().Where(entry => entry.Action == "alike grouped").Select(entry => System.Text.Json.JsonDocument.Parse(entry.Detail).RootElement)
            .Select(detail => $"{detail.GetProperty("grouping")} {detail.GetProperty("settings")}")];
    }

    private long[] Thumbnails(string name)
    {
        using ThumbnailReader reader = ThumbnailReader.Open(folder.File(name));
        return reader.Ids();
    }

    private string Export(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        using MemoryStream bytes = new();
        ExportFile.Write(reader, ExportCatalogue.All.Single(format => format.Name == "jsonl"), bytes, CancellationToken.None);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private void Intact(string name) => Assert.Empty(CaseVerifier.Verify(folder.File(name), null, null, CancellationToken.None).Findings);

    private Task<ExamineSummary> ExamineAsync(string name, Func<ExamineOptions, ExamineOptions>? change = null) =>
        Examiner.RunAsync(change is null ? Options(name) : change(Options(name)), new Watcher(), CancellationToken.None);

    private ExamineOptions Options(string name) => new()
    {
        Evidence = [folder.File("evidence")],
        CaseDirectory = folder.File(name),
        KnownDirectory = folder.File("known"),
    };

    private sealed record Reference(string Status, string Hash, string Quality, string[] Frames);

    private class Watcher : IExamineObserver
    {
        private readonly Lock gate = new();

        public List<(string Path, string Set)> Hits { get; } = [];

        public virtual void Progress(ExamineProgress progress)
        {
        }

        public void Problem(Problem problem)
        {
        }

        public void Hit(string path, string setName)
        {
            lock (gate)
            {
                Hits.Add((path, setName));
            }
        }
    }

    /// <summary>Stops the run once so many pictures were looked at.</summary>
    private sealed class Stopper(CancellationTokenSource stop, long pictures) : Watcher
    {
        public override void Progress(ExamineProgress progress)
        {
            if (progress.Pictures >= pictures)
            {
                stop.Cancel();
            }
        }
    }
}
