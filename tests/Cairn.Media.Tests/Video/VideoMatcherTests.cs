using System.Text;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Media.Video;
using static Cairn.Media.Tests.Video.DrawnVideos;

namespace Cairn.Media.Tests.Video;

public sealed class VideoMatcherTests(DrawnVideos videos) : IClassFixture<DrawnVideos>
{
    [Fact]
    public void Shares_count_different_frames_of_sufficient_quality()
    {
        // Query: A twice, B, C of low quality. Reference: A off by 31 bits, D, E of low quality.
        VideoFrame[] query = [Frame(0, Hash(0)), Frame(1, Hash(0)), Frame(2, Hash(100, 200)), Frame(3, Hash(50, 90), quality: 49)];
        FrameFingerprint[] reference = [Known(Hash(0, 31)), Known(Hash(150, 256)), Known(Hash(60, 200), 49)];
        VideoMatch match = VideoMatcher.Compare(query, reference, VideoMatchRule.Default);
        Assert.Equal((2, 1, 2, 1), (match.QueryFrames, match.QueryMatched, match.ReferenceFrames, match.ReferenceMatched));
        Assert.Equal((50, 50, 31), (match.QueryShare, match.ReferenceShare, match.MedianDistance));
        Assert.False(match.IsMatch);
        Assert.True(VideoMatcher.Compare(query, reference, VideoMatchRule.Default with { QueryShare = 50 }).IsMatch);
        Assert.False(VideoMatcher.Compare(query, reference, VideoMatchRule.Default with { QueryShare = 50, RequireBoth = true }).IsMatch);
        Assert.Equal(0, VideoMatcher.Compare(query, reference, VideoMatchRule.Default with { Distance = 30 }).QueryMatched);
    }

    [Fact]
    public void Nothing_matches_where_no_frame_is_left()
    {
        VideoMatchRule lax = new() { QueryShare = 0, ReferenceShare = 0 };
        VideoMatch match = VideoMatcher.Compare([Frame(0, Hash(0), quality: 10)], [Known(Hash(0))], lax);
        Assert.False(match.IsMatch);
        Assert.Equal((0, 0), (match.QueryShare, match.ReferenceShare));
        Assert.Contains("no frame of quality 50", match.Explanation, StringComparison.Ordinal);
        Assert.False(VideoMatcher.Compare([], [], lax).IsMatch);
        Assert.False(VideoMatcher.Compare([Frame(0, Hash(0))], [Known(Hash(0, 200))], lax).IsMatch);
    }

    [Fact]
    public async Task A_smaller_copy_and_a_mirrored_one_match_and_another_video_does_not()
    {
        FrameFingerprint[] known = await KnownAsync(videos.Fractal);
        VideoResult copy = await AnalyseAsync(videos.Make("copy.mp4", "-i", videos.PathOf("fractal.mp4"), "-vf", "scale=240:136", "-crf", "30"), "video/mp4");
        VideoMatch match = VideoMatcher.Compare(copy.Frames, known, VideoMatchRule.Default);
        Assert.True(match is { IsMatch: true, Orientation: PdqOrientation.Original }, match.Explanation);

        VideoResult mirrored = await AnalyseAsync(videos.Make("mirrored.mp4", "-i", videos.PathOf("fractal.mp4"), "-vf", "hflip"), "video/mp4");
        match = VideoMatcher.Compare(mirrored.Frames, known, VideoMatchRule.Default);
        Assert.True(match is { IsMatch: true, Orientation: PdqOrientation.FlipY }, match.Explanation);

        VideoResult other = await AnalyseAsync(videos.Counting, "video/mp4");
        match = VideoMatcher.Compare(other.Frames, known, VideoMatchRule.Default);
        Assert.Equal((false, 0), (match.IsMatch, match.QueryMatched));
    }

    [Fact]
    public async Task An_extract_matches_by_its_own_share_and_a_compilation_by_the_known_one()
    {
        _ = videos.Counting;
        FrameFingerprint[] known = await KnownAsync(videos.Fractal);
        VideoResult extract = await AnalyseAsync(videos.Make("extract.mp4", "-ss", "5", "-t", "3", "-i", videos.PathOf("fractal.mp4")), "video/mp4");
        VideoMatch match = VideoMatcher.Compare(extract.Frames, known, VideoMatchRule.Default);
        Assert.True(match.IsMatch && match.ReferenceShare < 80, match.Explanation);

        VideoResult compilation = await AnalyseAsync(
            videos.Make("compilation.mp4", "-i", videos.PathOf("counting.mp4"), "-i", videos.PathOf("fractal.mp4"), "-filter_complex",
                "[0:v]scale=320:180,fps=8,setsar=1[a];[1:v]setsar=1[b];[a][b]concat=n=2:v=1", "-pix_fmt", "yuv420p"), "video/mp4");
        match = VideoMatcher.Compare(compilation.Frames, known, VideoMatchRule.Default);
        Assert.True(match.IsMatch && match.QueryShare < 80, match.Explanation);
    }

    [Fact]
    public void A_list_is_read_as_text_in_both_orders_and_as_json()
    {
        string hash = "f8f8f0cce0f4a84f0637022a278f67f0b36e2ed596621e1d33e6339c4e9c9b22";
        IReadOnlyList<FrameFingerprint> text = FrameHashList.Read(Encoding.ASCII.GetBytes($"0,100,{hash},0.000\r\n30,{hash.ToUpperInvariant()},88,1.001\n"));
        Assert.Equal([(100, 0.0), (88, 1.001)], text.Select(f => (f.Quality, f.Seconds!.Value)));
        Assert.All(text, f => Assert.Equal(hash, f.Hash.ToString()));

        // The text of a hash writes its 16-bit words from the last to the first.
        string words = string.Join(',', Enumerable.Range(0, 16).Select(i => Convert.ToInt32(hash.Substring(60 - (4 * i), 4), 16)));
        FrameFingerprint json = Assert.Single(FrameHashList.Read(Encoding.ASCII.GetBytes($$$"""{"0": {"quality": 77, "hash": {"w": [{{{words}}}]}, "timestamp": 2.5}}""")));
        Assert.Equal((hash, 77, 2.5), (json.Hash.ToString(), json.Quality, json.Seconds!.Value));
    }

    [Theory]
    [InlineData("0,100,nothing,0.0")]
    [InlineData("0,101,f8f8f0cce0f4a84f0637022a278f67f0b36e2ed596621e1d33e6339c4e9c9b22,0.0")]
    [InlineData("{\"0\": {\"quality\": 77, \"hash\": {\"w\": [1,2]}, \"timestamp\": 2.5}}")]
    [InlineData("{\"0\": {\"quality\": 77, \"hash\": {\"w\": [1,2")]
    [InlineData("{\"0\": 5}")]
    [InlineData("a,b")]
    public void A_damaged_list_is_refused(string text) => Assert.Throws<MalformedDataException>(() => FrameHashList.Read(Encoding.ASCII.GetBytes(text)));

    private static async Task<FrameFingerprint[]> KnownAsync(byte[] bytes) =>
        [.. (await AnalyseAsync(bytes, "video/mp4")).Frames.Select(f => new FrameFingerprint(f.Hash, f.Quality, f.Seconds))];

    /// <summary>A hash whose bits from <paramref name="from"/> to before <paramref name="to"/> are set.</summary>
    private static PdqHash Hash(int from, int to = 0)
    {
        byte[] bytes = new byte[PdqHash.ByteLength];
        for (int i = from; i < to; i++)
        {
            bytes[i / 8] |= (byte)(1 << (i % 8));
        }

        return PdqHash.FromBytes(bytes);
    }

    private static VideoFrame Frame(double seconds, PdqHash hash, int quality = 100) => new(seconds, hash, quality, FrameReason.Interval, [hash]);

    private static FrameFingerprint Known(PdqHash hash, int quality = 100) => new(hash, quality, null);
}
