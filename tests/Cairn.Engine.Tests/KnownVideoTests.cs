using System.Diagnostics;
using System.Globalization;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Known;
using Cairn.Media.Video;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>Videos made by ffmpeg against a known video (an entry with the hashes of its frames) and a known picture, through whole examinations.</summary>
public sealed class KnownVideoTests : IDisposable
{
    private readonly TempFolder folder = new();

    public KnownVideoTests()
    {
        Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));
        Directory.CreateDirectory(folder.File("evidence"));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Copies_and_parts_of_a_known_video_are_hits_by_video_and_unlike_ones_are_none()
    {
        await ImportAsync();
        Make("evidence/again.mp4", "-i", folder.File("fractal.mp4"), "-crf", "33");
        Make("evidence/small.mp4", "-i", folder.File("fractal.mp4"), "-vf", "scale=240:136");
        Make("evidence/third.mp4", "-ss", "4", "-t", "4", "-i", folder.File("fractal.mp4"));
        Make("evidence/mirrored.mp4", "-i", folder.File("fractal.mp4"), "-vf", "hflip");
        Make("evidence/unlike.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=8", "-t", "6", "-pix_fmt", "yuv420p");
        Dictionary<string, HitRow> hits = (await HitsAsync()).ToDictionary(hit => hit.Path, hit => hit.Hit);
        Assert.Equal(["again.mp4", "mirrored.mp4", "small.mp4", "third.mp4"], hits.Keys.Order(StringComparer.Ordinal));
        Assert.All(hits.Values, hit =>
        {
            Assert.Equal(("video", "zoom", 31), (hit.Method, hit.Entry!.Id, hit.Entry.Threshold));
            Assert.InRange(hit.Entry.Distance!.Value, 0, 31);
            Assert.NotNull(hit.Entry.Position);
            Assert.Matches(@"^\d+ of \d+ frames \(\d+\.\d %\) are within 31 bits of the known video, which has \d+ of its \d+ \(\d+\.\d %\) here", hit.Detail);
        });
        Assert.All(["again.mp4", "small.mp4", "third.mp4"], name => Assert.Equal(PdqOrientation.Original, hits[name].Entry!.Orientation));
        Assert.Equal(PdqOrientation.FlipY, hits["mirrored.mp4"].Entry!.Orientation);
        Assert.Contains("(100.0 %) here", hits["again.mp4"].Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("(100.0 %) here", hits["third.mp4"].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_video_that_shares_too_few_frames_is_a_weaker_hit_and_a_known_picture_in_a_video_is_one_by_itself()
    {
        await ImportAsync();
        Make("evidence/mixed.mp4", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=8:duration=6", "-ss", "6", "-t", "1", "-i", folder.File("fractal.mp4"), "-i", folder.File("still.mp4"),
            "-filter_complex", "[0:v]setsar=1[a];[1:v]setsar=1,fps=8[b];[2:v]setsar=1,fps=8[c];[a][b][c]concat=n=3:v=1", "-pix_fmt", "yuv420p");
        List<(string Path, HitRow Hit)> hits = await HitsAsync();
        HitRow video = Assert.Single(hits, hit => hit.Hit.Entry!.Id == "zoom").Hit;
        Assert.Equal("frames", video.Method);
        Assert.EndsWith("; not the 80 % of either that make it the same video or a part of it; drawn", video.Detail, StringComparison.Ordinal);
        HitRow picture = Assert.Single(hits, hit => hit.Hit.Entry!.Id == "still").Hit;
        Assert.Equal("video", picture.Method);
        Assert.EndsWith("are near; drawn", picture.Detail, StringComparison.Ordinal);
        Assert.Equal(2, hits.Count);
    }

    [Fact]
    public async Task An_animation_is_held_against_known_videos_by_the_same_rule()
    {
        await ImportAsync();
        Make("evidence/part.gif", "-i", folder.File("fractal.mp4"), "-vf", "fps=1,split[a][b];[a]palettegen[p];[b][p]paletteuse");
        Make("evidence/other.gif", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=1", "-t", "6");
        (string path, HitRow hit) = Assert.Single(await HitsAsync());
        Assert.Equal(("part.gif", "video", "zoom"), (path, hit.Method, hit.Entry!.Id));
    }

    private void Make(string name, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("ffmpeg", ["-v", "error", "-nostdin", "-y", .. arguments, folder.File(name)]))!;
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("ffmpeg is not installed");
        }
    }

    /// <summary>A set with two entries: a video of twelve seconds, and a picture.</summary>
    private async Task ImportAsync()
    {
        Make("fractal.mp4", "-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=8", "-t", "12", "-pix_fmt", "yuv420p");
        Make("still.mp4", "-f", "lavfi", "-i", "smptebars=size=320x180:rate=8", "-t", "1", "-pix_fmt", "yuv420p");
        VideoAnalyser analyser = new(await VideoTools.FindAsync(cancel: Cancel));
        List<string> lines = ["id,pdq,label"];
        foreach ((string name, string id, int most) in ((string, string, int)[])[("fractal.mp4", "zoom", 100), ("still.mp4", "still", 1)])
        {
            using MemoryByteSource bytes = new(await File.ReadAllBytesAsync(folder.File(name), Cancel));
            VideoResult result = await analyser.AnalyseAsync(bytes, "video/mp4", VideoRequest.Default, Cancel);
            Assert.NotEmpty(result.Frames);
            lines.AddRange(result.Frames.Take(most).Select(frame => string.Create(CultureInfo.InvariantCulture, $"{id},{frame.Hash},drawn")));
        }

        await File.WriteAllLinesAsync(folder.File("set.csv"), lines, Cancel);
        KnownLibrary.Open(folder.File("known")).Import(folder.File("set.csv"), new ImportOptions { Name = "drawn", Version = "1", Meaning = KnownMeaning.Notable });
    }

    private async Task<List<(string Path, HitRow Hit)>> HitsAsync()
    {
        ExamineOptions options = new() { Evidence = [folder.File("evidence")], CaseDirectory = folder.File("case"), KnownDirectory = folder.File("known") };
        await Examiner.RunAsync(options, new Quiet(), Cancel);
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        return [.. reader.Hits().Select(hit => (reader.PathOf(hit.EntryId)!, hit.Hit))];
    }

    private sealed class Quiet : IExamineObserver
    {
        public void Progress(ExamineProgress progress)
        {
        }

        public void Problem(Problem problem)
        {
        }

        public void Hit(string path, string setName)
        {
        }
    }
}
