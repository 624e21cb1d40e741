using System.Globalization;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.TestKit;

namespace Cairn.Media.Worker.Tests;

/// <summary>Expectations: the reference PDQ in C++ on what Pillow, ImageMagick or djxl decode from the same files (fixtures/pictures/reference.tsv).</summary>
public sealed class PictureFormatTests(Workers workers)
{
    /// <summary>The bound of the specification's conformance rule.</summary>
    private const int Bound = 10;

    private static readonly Dictionary<string, string[]> Reference = TestFiles.FixtureText("pictures/reference.tsv")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t')).ToDictionary(f => f[0], StringComparer.Ordinal);

    public static TheoryData<string> Files => [.. Reference.Keys];

    public static TheoryData<string> Animations => [.. Reference.Values.Where(f => f[9].Length > 0).Select(f => f[0])];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_picture_is_what_other_programs_say_of_it(string file)
    {
        string[] expected = Reference[file];
        PictureResult result = await AnalyseAsync(file);
        Assert.True(expected[1] == result.Status.ToString(), $"{result.Status}: {result.Reason}");
        Assert.Equal((expected[2], int.Parse(expected[3], CultureInfo.InvariantCulture), int.Parse(expected[4], CultureInfo.InvariantCulture)), (result.Format, result.Width, result.Height));
        Assert.Equal(result.Status == PictureStatus.Decoded, result.Reason.Length == 0);
        if (result.Hash is null)
        {
            Assert.True(result.Status is PictureStatus.LimitReached or PictureStatus.Malformed);
            Assert.True(result.Thumbnail.IsEmpty);
            return;
        }

        Assert.Equal(int.Parse(expected[5], CultureInfo.InvariantCulture), result.Orientation);
        if (int.Parse(expected[6], CultureInfo.InvariantCulture) is int frames and > 0)
        {
            Assert.Equal(frames, result.FrameCount);
        }

        Assert.Equal(result.Hash, result.Orientations.For(PdqOrientation.Original));
        Assert.StartsWith(result.Format == "DNG" && file == "preview.dng" ? "embedded JPEG preview of DNG" : result.Format, result.HashMethod, StringComparison.Ordinal);
        Assert.True(result.Thumbnail.Span.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]));
        if (expected[7].Length > 0)
        {
            AssertNear(expected[7], result.Hash.Value);
            Assert.InRange(result.Quality, int.Parse(expected[8], CultureInfo.InvariantCulture) - 3, int.Parse(expected[8], CultureInfo.InvariantCulture) + 3);
        }
    }

    [Theory]
    [MemberData(nameof(Animations))]
    public async Task Every_frame_or_page_has_its_own_hash(string file)
    {
        string[] expected = Reference[file][9].Split(' ');
        PictureResult result = await AnalyseAsync(file);
        Assert.Equal(Enumerable.Range(0, expected.Length), result.Frames.Select(f => f.Index));
        Assert.All(result.Frames, frame => AssertNear(expected[frame.Index], frame.Hash));
    }

    [Theory]
    [InlineData("rgb.png")]
    [InlineData("grey.png")]
    [InlineData("palette.png")]
    [InlineData("bilevel.png")]
    [InlineData("interlaced.png")]
    [InlineData("lzw.tif")]
    [InlineData("deflate.tif")]
    [InlineData("fax.tif")]
    [InlineData("rgb.bmp")]
    [InlineData("lossless.webp")]
    [InlineData("layers.psd")]
    public async Task Formats_without_loss_give_the_very_hash_of_the_reference(string file)
    {
        PictureResult result = await AnalyseAsync(file);
        Assert.Equal(Reference[file][7], result.Hash.ToString());
        Assert.Equal(Reference[file][8], result.Quality.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_large_jpeg_is_decoded_at_half_scale_unless_it_is_too_fine()
    {
        Assert.Equal("JPEG decoded by libvips at half scale, 1200x1050 sampled to 512x512 (nearest)", (await AnalyseAsync("large.jpg")).HashMethod);
        Assert.Equal("JPEG decoded by libvips, 2100x2060 sampled to 512x512 (nearest)", (await AnalyseAsync("fine.jpg")).HashMethod);
        Assert.EndsWith(", over white", (await AnalyseAsync("alpha.png")).HashMethod, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, PdqOrientation.Original)]
    [InlineData(2, PdqOrientation.FlipY)]
    [InlineData(3, PdqOrientation.Rotate180)]
    [InlineData(4, PdqOrientation.FlipX)]
    [InlineData(5, PdqOrientation.FlipPlus1)]
    [InlineData(6, PdqOrientation.Rotate270)]
    [InlineData(7, PdqOrientation.FlipMinus1)]
    [InlineData(8, PdqOrientation.Rotate90)]
    public async Task A_thumbnail_is_turned_as_the_orientation_says_and_the_hash_is_not(int orientation, PdqOrientation turned)
    {
        byte[] content = TestFiles.Fixture("pictures/turned.jpg");
        // Pillow writes "MM", one directory, one entry: 0112, short, one value.
        int at = content.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x01, 0x12, 0, 3, 0, 0, 0, 1]);
        Assert.True(at > 0);
        content[at + 9] = (byte)orientation;
        PictureResult result = await workers.Pool.AnalyseAsync(content, "", Workers.WithThumbnail, TestContext.Current.CancellationToken);
        Assert.Equal((orientation, 320, 240), (result.Orientation, result.Width, result.Height));
        AssertNear(Reference["turned.jpg"][7], result.Hash!.Value);

        PictureResult thumbnail = await workers.Pool.AnalyseAsync(result.Thumbnail, "", new PictureRequest(), TestContext.Current.CancellationToken);
        Assert.Equal(orientation < 5 ? (256, 192) : (192, 256), (thumbnail.Width, thumbnail.Height));
        // So small a picture has another hash than the whole one, but of the eight it is nearest to that of its own orientation.
        Assert.Equal(turned, Enum.GetValues<PdqOrientation>().MinBy(o => thumbnail.Hash!.Value.Distance(result.Orientations.For(o))));
        Assert.InRange(thumbnail.Hash!.Value.Distance(result.Orientations.For(turned)), 0, 40);
    }

    [Fact]
    public async Task What_is_wrong_with_a_picture_is_not_what_was_wrong_with_the_one_before()
    {
        byte[] gif = TestFiles.Fixture("pictures/still.gif")[..^20];
        string alone = (await workers.Pool.AnalyseAsync(gif, "", new PictureRequest(), TestContext.Current.CancellationToken)).Reason;
        Assert.NotEmpty(alone);
        for (int i = 0; i < 8; i++)
        {
            PictureResult jpeg = await workers.Pool.AnalyseAsync(TestFiles.Fixture("pictures/baseline-cut.jpg"), "", new PictureRequest(), TestContext.Current.CancellationToken);
            Assert.Equal(PictureStatus.Partial, jpeg.Status);
            Assert.Equal(alone, (await workers.Pool.AnalyseAsync(gif, "", new PictureRequest(), TestContext.Current.CancellationToken)).Reason);
        }
    }

    [Fact]
    public async Task What_is_wrong_with_a_picture_does_not_name_the_file_in_memory_it_was_read_from()
    {
        byte[] content = TestFiles.Fixture("pictures/still.heic")[..300];
        PictureResult result = await workers.Pool.AnalyseAsync(content, "", new PictureRequest(), TestContext.Current.CancellationToken);
        Assert.Equal(PictureStatus.Malformed, result.Status);
        Assert.DoesNotContain("/proc/", result.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("`", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_largest_picture_of_an_icon_counts()
    {
        PictureResult result = await AnalyseAsync("icon.ico");
        Assert.Equal((128, 128), (result.Width, result.Height));
    }

    [Theory]
    [InlineData("large.jpg")]
    [InlineData("animated.webp")]
    [InlineData("still.heic")]
    [InlineData("mosaic.dng")]
    [InlineData("baseline-cut.jpg")]
    public async Task The_same_file_gives_the_same_answer_in_whichever_worker_and_order(string file)
    {
        byte[] content = TestFiles.Fixture("pictures/" + file), other = TestFiles.Fixture("pictures/alpha.png");
        List<Task<PictureResult>> asked = [];
        for (int i = 0; i < 6; i++)
        {
            asked.Add(workers.Pool.AnalyseAsync(content, "", Workers.WithThumbnail, TestContext.Current.CancellationToken));
            asked.Add(workers.Pool.AnalyseAsync(other, "", Workers.WithThumbnail, TestContext.Current.CancellationToken));
        }

        PictureResult[] results = await Task.WhenAll(asked);
        PictureResult first = results[0];
        Assert.All(results.Where((_, i) => i % 2 == 0), result =>
        {
            Assert.Equal(first.Thumbnail.ToArray(), result.Thumbnail.ToArray());
            Assert.Equal(first.Frames, result.Frames);
            Assert.Equal(first with { Thumbnail = default, Frames = [] }, result with { Thumbnail = default, Frames = [] });
        });
    }

    [Fact]
    public async Task One_worker_and_several_give_the_same_bytes()
    {
        byte[][] contents = [.. Files.Select(row => TestFiles.Fixture("pictures/" + row.Data))];
        await using PictureWorkerPool one = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 1 }, TestContext.Current.CancellationToken);
        Task<PictureResult[]> together = Task.WhenAll(contents.Select(c => workers.Pool.AnalyseAsync(c, "", Workers.WithThumbnail, TestContext.Current.CancellationToken)));
        // The other way round, so that what a worker had before is different too.
        for (int i = contents.Length - 1; i >= 0; i--)
        {
            PictureResult alone = await one.AnalyseAsync(contents[i], "", Workers.WithThumbnail, TestContext.Current.CancellationToken), other = (await together)[i];
            Assert.Equal(alone.Thumbnail.ToArray(), other.Thumbnail.ToArray());
            Assert.Equal(alone.Frames, other.Frames);
            Assert.Equal(alone with { Thumbnail = default, Frames = [] }, other with { Thumbnail = default, Frames = [] });
        }
    }

    [Theory]
    [InlineData("text/plain", "hello", "not a picture format that is known")]
    [InlineData("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'/>", "image/svg+xml is not decoded")]
    [InlineData("image/x-mvg", "push graphic-context\nimage over 0,0 0,0 '/etc/passwd'\npop graphic-context", "image/x-mvg is not decoded")]
    public async Task Text_and_scripts_are_not_decoded(string mime, string text, string reason)
    {
        PictureResult result = await workers.Pool.AnalyseAsync(System.Text.Encoding.ASCII.GetBytes(text), mime, Workers.WithThumbnail, TestContext.Current.CancellationToken);
        Assert.Equal(PictureStatus.Unsupported, result.Status);
        Assert.Contains(mime == "text/plain" ? "" : reason, result.Reason, StringComparison.Ordinal);
    }

    private Task<PictureResult> AnalyseAsync(string file) =>
        workers.Pool.AnalyseAsync(TestFiles.Fixture("pictures/" + file), "", Workers.WithThumbnail, TestContext.Current.CancellationToken);

    private static void AssertNear(string expected, PdqHash hash)
    {
        Assert.True(PdqHash.TryParse(expected, out PdqHash reference));
        Assert.InRange(reference.Distance(hash), 0, Bound);
    }
}
