using System.Buffers.Binary;
using System.Globalization;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Media.Video;
using Cairn.TestKit;
using static Cairn.Media.Tests.Video.DrawnVideos;

namespace Cairn.Media.Tests.Video;

public sealed class VideoAnalyserTests(DrawnVideos videos) : IClassFixture<DrawnVideos>
{
    [Fact]
    public async Task A_video_gives_its_streams_and_a_frame_a_second()
    {
        VideoResult result = await AnalyseAsync(videos.Counting, "video/mp4");
        Assert.Empty(result.Problems);
        Assert.True(result.IsComplete);
        Assert.Equal(10, result.StatedDuration);
        Assert.Equal(Enumerable.Range(0, 10).Select(s => (double)s), result.Frames.Where(f => f.Reason == FrameReason.Interval).Select(f => f.Seconds));
        VideoStream stream = result.Streams[0];
        Assert.Equal(("video", "h264", 320, 240, "25/1", 0), (stream.Kind, stream.Codec, stream.Width, stream.Height, stream.FrameRate, stream.Rotation));
        Assert.True(result.HasSound);
        Assert.Equal("aac", result.Streams[1].Codec);
        Assert.Equal(new VideoSampling(1, false, true, false), result.Sampling);
        Assert.Equal(9, result.LastFrame);
    }

    [Fact]
    public async Task The_same_frames_come_from_an_index_in_front_and_behind()
    {
        VideoResult behind = await AnalyseAsync(videos.Counting, "video/mp4");
        VideoResult front = await AnalyseAsync(videos.CountingFront, "video/mp4");
        Assert.False(front.Sampling!.IndexMovedToFront);
        Assert.Equal(front.Frames.Select(f => (f.Seconds, f.Hash, f.Quality)), behind.Frames.Select(f => (f.Seconds, f.Hash, f.Quality)));
    }

    [Theory]
    [InlineData("mkv", "video/x-matroska")]
    [InlineData("ts", "video/mp2t")]
    [InlineData("avi", "video/x-msvideo")]
    [InlineData("mpg", "video/mpeg")]
    [InlineData("m2v", "video/mpeg")]
    [InlineData("ogv", "video/ogg")]
    [InlineData("flv", "video/x-flv")]
    [InlineData("wmv", "video/x-ms-asf")]
    [InlineData("mov", "video/quicktime")]
    [InlineData("3gp", "video/3gpp")]
    public async Task The_same_pictures_are_found_in_every_container(string ending, string mime)
    {
        // Some containers shift the pictures by a frame against the clock, so a picture that moves slowly is compared.
        VideoResult original = await AnalyseAsync(videos.Fractal, "video/mp4");
        string[] size = ending == "3gp" ? ["-c:v", "h263", "-s", "352x288", "-r", "8"] : ["-r", "24"];
        VideoResult other = await AnalyseAsync(videos.Make("in." + ending, ["-i", videos.PathOf("fractal.mp4"), "-b:v", "2M", .. size]), mime);
        Assert.Empty(other.Problems);
        Assert.InRange(other.Frames.Count, 12, 14);
        VideoMatch match = VideoMatcher.Compare(other.Frames, [.. original.Frames.Select(f => new FrameFingerprint(f.Hash, f.Quality, f.Seconds))], VideoMatchRule.Default with { RequireBoth = true });
        Assert.True(match.IsMatch, match.Explanation);
    }

    [Fact]
    public async Task Frames_have_the_hashes_of_the_reference_list()
    {
        IReadOnlyList<FrameFingerprint> reference = FrameHashList.Read(File.ReadAllBytes(TestFiles.Corpus("pictures/video-hash/vpdq-test_hash.txt")));
        Assert.Equal(614, reference.Count);
        VideoResult result = await AnalyseAsync(File.ReadAllBytes(TestFiles.Corpus("pictures/video-hash/chair-20-sd-bar.mp4")), "video/mp4");
        Assert.Empty(result.Problems);
        Assert.Equal(21, result.Frames.Count);
        Assert.All(result.Frames.Where(f => f.Quality >= 80), frame =>
        {
            FrameFingerprint nearest = reference.MinBy(f => Math.Abs(f.Seconds!.Value - frame.Seconds));
            Assert.InRange(frame.Hash.Distance(nearest.Hash), 0, 10);
            Assert.InRange(frame.Quality - nearest.Quality, -2, 2);
        });
        Assert.True(VideoMatcher.Compare(result.Frames, reference, VideoMatchRule.Default).IsMatch);
    }

    [Fact]
    public async Task A_change_of_scene_is_a_frame_between_the_seconds()
    {
        byte[] bytes = videos.Make("scenes.mp4", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=20:duration=1.5", "-f", "lavfi", "-i", "mandelbrot=size=320x240:rate=20",
            "-filter_complex", "[1:v]trim=duration=1.6,setsar=1[b];[0:v]setsar=1[a];[a][b]concat=n=2:v=1", "-pix_fmt", "yuv420p");
        VideoResult result = await AnalyseAsync(bytes, "video/mp4");
        VideoFrame scene = Assert.Single(result.Frames, f => f.Reason == FrameReason.Scene);
        Assert.Equal(1.5, scene.Seconds);
        Assert.Equal([0, 1, 1.5, 2, 3], result.Frames.Select(f => f.Seconds));
    }

    [Fact]
    public async Task The_contact_sheet_is_one_small_jpeg_of_stills_over_the_whole_length()
    {
        VideoContactSheet sheet = (await AnalyseAsync(videos.Counting, "video/mp4")).ContactSheet!;
        Assert.Equal(4, sheet.Columns);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], sheet.Seconds);
        using TempFolder folder = new();
        Assert.Equal("640x360 yuvj420p", Ask("ffprobe", "-v", "error", "-show_entries", "stream=width,height,pix_fmt", "-of", "csv=p=0", folder.Write("sheet.jpg", sheet.Jpeg)).Replace(",yuv", " yuv", StringComparison.Ordinal).Replace(',', 'x'));
        Assert.Null((await AnalyseAsync(videos.Counting, "video/mp4", VideoRequest.Default with { ContactSheet = false })).ContactSheet);
    }

    [Fact]
    public async Task Tags_give_the_origin_as_written()
    {
        byte[] bytes = videos.Make("tags.mov", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=5:duration=2", "-pix_fmt", "yuv420p", "-movflags", "use_metadata_tags",
            "-metadata", "creation_time=2024-02-29T12:34:56Z", "-metadata", "com.apple.quicktime.make=Examplemaker", "-metadata", "com.apple.quicktime.model=Model 7",
            "-metadata", "com.apple.quicktime.location.ISO6709=+51.5033-000.1196+012.000/", "-metadata", "com.apple.quicktime.creationdate=2024-02-29T12:34:56+0000");
        VideoOrigin origin = (await AnalyseAsync(bytes, "video/quicktime")).Origin;
        Assert.StartsWith("2024-02-29T12:34:56", origin.CreationTime, StringComparison.Ordinal);
        Assert.Equal(("Examplemaker", "Model 7", "2024-02-29T12:34:56+0000"), (origin.Make, origin.Model, origin.LocalCreationTime));
        Assert.Equal("+51.5033-000.1196+012.000/", origin.Location);
        Assert.Equal((51.5033, -0.1196), (origin.Latitude!.Value, origin.Longitude!.Value));
    }

    [Theory]
    [InlineData("+51.5033-000.1196/", 51.5033, -0.1196)]
    [InlineData("-3351.5+15112.25/", -33.858333, 151.204167)]
    [InlineData("+401213.1-0750015.1/", 40.203639, -75.004194)]
    public void A_place_is_read_in_each_form_of_iso_6709(string text, double latitude, double longitude)
    {
        (double north, double east) = VideoHeaders.ReadPlace(text)!.Value;
        Assert.Equal(latitude, north, 5);
        Assert.Equal(longitude, east, 5);
    }

    [Theory]
    [InlineData("")]
    [InlineData("51.5,-0.1")]
    [InlineData("+91.0-000.1/")]
    [InlineData("+51.5")]
    public void What_is_no_place_is_none(string text) => Assert.Null(VideoHeaders.ReadPlace(text));

    [Fact]
    public async Task A_turned_video_is_hashed_as_it_is_displayed()
    {
        _ = videos.Fractal;
        byte[] bytes = videos.Make("turned.mp4", "-i", videos.PathOf("fractal.mp4"), "-c", "copy", "-metadata:s:v", "rotate=90");
        VideoResult turned = await AnalyseAsync(bytes, "video/mp4");
        VideoResult plain = await AnalyseAsync(videos.Fractal, "video/mp4");
        Assert.Equal(int.Parse(Ask("exiftool", "-s3", "-Rotation", videos.PathOf("turned.mp4")), CultureInfo.InvariantCulture), turned.Streams[0].Rotation);
        VideoMatch match = VideoMatcher.Compare(turned.Frames, [.. plain.Frames.Select(f => new FrameFingerprint(f.Hash, f.Quality, f.Seconds))], VideoMatchRule.Default);
        Assert.True(match.IsMatch);
        Assert.True(match.Orientation is PdqOrientation.Rotate90 or PdqOrientation.Rotate270);
    }

    [Fact]
    public async Task A_video_cut_off_gives_its_first_frames_and_a_problem()
    {
        byte[] bytes = videos.CountingFront;
        VideoResult result = await AnalyseAsync(bytes[..(bytes.Length * 6 / 10)], "video/mp4");
        Assert.InRange(result.Frames.Count, 4, 8);
        Assert.Equal(Enumerable.Range(0, result.Frames.Count).Select(s => (double)s), result.Frames.Select(f => f.Seconds));
        Assert.False(result.IsComplete);
        Assert.Contains(result.Problems, p => p.Kind == ProblemKind.Malformed && p.Reason.Contains("frames were read up to", StringComparison.Ordinal));
        Assert.Contains(result.Problems, p => p is { Kind: ProblemKind.Mismatch, Place: "duration" });
        Assert.NotNull(result.ContactSheet);
    }

    [Fact]
    public async Task A_video_cut_off_before_its_index_says_so()
    {
        VideoResult result = await AnalyseAsync(videos.Counting[..^5000], "video/mp4");
        Problem problem = Assert.Single(result.Problems);
        Assert.Equal(ProblemKind.Malformed, problem.Kind);
        Assert.StartsWith("moov", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_file_and_an_unknown_type_are_problems()
    {
        Assert.Equal("the file is empty", Assert.Single((await AnalyseAsync([], "video/mp4")).Problems).Reason);
        Assert.Equal(ProblemKind.Unsupported, Assert.Single((await AnalyseAsync([1], "video/x-unheard-of")).Problems).Kind);
        Assert.False(VideoAnalyser.CanExamine("audio/mpeg"));
    }

    [Fact]
    public async Task Noise_is_a_problem_whatever_type_it_claims()
    {
        byte[] noise = new SeededBytes(7).Bytes(50_000);
        foreach (string mime in new[] { "video/mp4", "video/x-matroska", "video/mp2t", "video/x-msvideo", "video/mpeg", "video/x-dv", "video/x-wtv", "application/mxf" })
        {
            VideoResult result = await AnalyseAsync(noise, mime);
            Assert.Empty(result.Frames);
            Assert.False(result.IsComplete, mime);
        }
    }

    [Fact]
    public async Task A_duration_that_is_not_true_changes_nothing_but_a_problem()
    {
        _ = videos.Counting;
        byte[] bytes = [.. videos.Make("lying.mkv", "-i", videos.PathOf("counting.mp4"), "-c", "copy")];
        int duration = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x44, 0x89, 0x88]); // Duration, a double of milliseconds
        BinaryPrimitives.WriteDoubleBigEndian(bytes.AsSpan(duration + 3), 1_700_000);
        VideoResult result = await AnalyseAsync(bytes, "video/x-matroska");
        Assert.Equal(10, result.Frames.Count(f => f.Reason == FrameReason.Interval));
        Problem problem = Assert.Single(result.Problems);
        Assert.Equal(ProblemKind.Mismatch, problem.Kind);
        Assert.Contains("1700.000", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_frames_a_second_give_a_frame_a_second()
    {
        byte[] bytes = videos.Make("fast.mkv", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=10000:duration=1.3", "-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-pix_fmt", "yuv420p");
        VideoResult result = await AnalyseAsync(bytes, "video/x-matroska");
        Assert.Equal([0, 1], result.Frames.Where(f => f.Reason == FrameReason.Interval).Select(f => f.Seconds));
        Assert.InRange(result.Frames.Count, 2, 8);
    }

    [Fact]
    public async Task A_long_video_is_sampled_over_its_whole_length()
    {
        byte[] bytes = videos.Make("long.mp4", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=2:duration=300", "-preset", "ultrafast", "-g", "20", "-pix_fmt", "yuv420p");
        VideoResult result = await AnalyseAsync(bytes, "video/mp4", VideoRequest.Default with { MaximumFrames = 100 });
        Assert.Equal(4, result.Sampling!.Interval);
        Assert.Equal(Enumerable.Range(0, 75).Select(i => 4.0 * i), result.Frames.Where(f => f.Reason == FrameReason.Interval).Select(f => f.Seconds));
        Assert.Empty(result.Problems);

        VideoResult keyFrames = await AnalyseAsync(bytes, "video/mp4", VideoRequest.Default with { KeyFramesOnlyAbove = TimeSpan.FromMinutes(4) });
        Assert.True(keyFrames.Sampling!.KeyFramesOnly);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => 10.0 * i), keyFrames.Frames.Select(f => f.Seconds));
        Assert.Empty(keyFrames.Problems);
    }

    [Fact]
    public async Task Bytes_that_cannot_be_read_cost_only_themselves()
    {
        byte[] bytes = videos.CountingFront;
        using MemoryByteSource inner = new(bytes);
        using FaultInjectingSource content = new(inner) { FailingRange = new ByteRange(bytes.Length / 2, 1024) };
        VideoResult result = await new VideoAnalyser(await ToolsAsync()).AnalyseAsync(content, "video/mp4", VideoRequest.Default, TestContext.Current.CancellationToken);
        Problem problem = Assert.Single(result.Problems, p => p.Kind == ProblemKind.Unreadable);
        Assert.Equal((bytes.Length / 2, 1024), (problem.Offset, problem.Length));
        Assert.Equal(9, result.LastFrame);
    }

    [Fact]
    public async Task Pictures_out_of_order_are_read_from_the_sandbox_memory()
    {
        VideoTools tools = await ToolsAsync();
        byte[] original = videos.CountingFront;
        // Every other chunk of each track is taken from a second copy of the file behind the first.
        byte[] bytes = [.. original, .. original];
        for (int at = 0; bytes.AsSpan(at, original.Length - at).IndexOf("stco"u8) is int next and >= 0; at += next + 4)
        {
            Span<byte> table = bytes.AsSpan(at + next + 8);
            int count = BinaryPrimitives.ReadInt32BigEndian(table);
            for (int i = 0; i < count; i += 2)
            {
                Span<byte> entry = table.Slice(4 + (4 * i), 4);
                BinaryPrimitives.WriteInt32BigEndian(entry, BinaryPrimitives.ReadInt32BigEndian(entry) + original.Length);
            }
        }

        VideoResult bare = await AnalyseAsync(bytes, "video/mp4", tools: tools.WithoutSandbox());
        Assert.Contains("order", Assert.Single(bare.Problems).Reason, StringComparison.Ordinal);
        if (!tools.IsSandboxed)
        {
            Assert.Skip("bubblewrap is not usable here");
        }

        VideoResult expected = await AnalyseAsync(original, "video/mp4");
        VideoResult result = await AnalyseAsync(bytes, "video/mp4");
        Assert.True(result.Sampling!.ReadAsWhole);
        Assert.Equal(expected.Frames.Select(f => (f.Seconds, f.Hash)), result.Frames.Select(f => (f.Seconds, f.Hash)));
        Assert.Empty(result.Problems);

        VideoResult refused = await AnalyseAsync(bytes, "video/mp4", VideoRequest.Default with { Limits = VideoLimits.Default with { SeekableBytes = 1000 } });
        Assert.Contains("larger", Assert.Single(refused.Problems).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_sandbox_the_same_frames_are_found()
    {
        VideoResult fenced = await AnalyseAsync(videos.Counting, "video/mp4");
        VideoResult bare = await AnalyseAsync(videos.Counting, "video/mp4", tools: (await ToolsAsync()).WithoutSandbox());
        Assert.Equal(fenced.Frames.Select(f => (f.Seconds, f.Hash)), bare.Frames.Select(f => (f.Seconds, f.Hash)));
    }

    [Fact]
    public async Task A_file_without_moving_pictures_says_so()
    {
        byte[] bytes = videos.Make("sound.mp4", "-f", "lavfi", "-i", "sine=duration=2");
        VideoResult result = await AnalyseAsync(bytes, "video/mp4");
        Assert.Empty(result.Frames);
        Assert.True(result.HasSound);
        Assert.Equal(ProblemKind.Notice, Assert.Single(result.Problems).Kind);
    }
}
