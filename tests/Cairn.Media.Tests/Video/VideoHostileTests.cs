using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cairn.Core;
using Cairn.Media.Video;
using Cairn.TestKit;
using static Cairn.Media.Tests.Video.DrawnVideos;

namespace Cairn.Media.Tests.Video;

/// <summary>Files that want ffmpeg to reach out, and programs that hang, flood or are not there.</summary>
public sealed class VideoHostileTests(DrawnVideos videos) : IClassFixture<DrawnVideos>
{
    public static TheoryData<string, string> Lists => new()
    {
        { "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n", "a playlist" },
        { "ffconcat version 1.0\nfile {0}\n", "a list to join" },
        { "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period><AdaptationSet mimeType=\"video/mp4\"><Representation id=\"1\"><BaseURL>{0}</BaseURL></Representation></AdaptationSet></Period></MPD>", "a manifest" },
        { "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\na=control:{0}\nm=video 9 RTP/AVP 96\na=rtpmap:96 H264/90000\n", "a session description" },
        { "[playlist]\nFile1={0}\n", "another playlist" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_list_named_as_a_video_reaches_nobody(string text, string what)
    {
        using Listener listener = new();
        using TempFolder folder = new();
        _ = videos.Counting;
        VideoTools tools = await ToolsAsync();
        foreach (string target in new[] { listener.Address, "file://" + videos.PathOf("counting.mp4"), videos.PathOf("counting.mp4") })
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text.Replace("{0}", target, StringComparison.Ordinal));
            foreach (string mime in new[] { "video/mp4", "video/x-matroska", "video/mp2t", "video/mpeg" })
            {
                // Without the sandbox, so that it is ffmpeg's own restrictions that are seen to hold.
                VideoResult result = await AnalyseAsync(bytes, mime, tools: tools.WithoutSandbox());
                Assert.Empty(result.Frames);
                Assert.False(result.IsComplete, what);
            }
        }

        Assert.Equal(0, listener.Calls);
    }

    [Fact]
    public async Task An_mp4_whose_data_lies_elsewhere_reaches_nobody()
    {
        using Listener listener = new();
        byte[] bytes = [.. videos.CountingFront];
        // ISO/IEC 14496-12, 8.7.2: the entry's flag says that the data lies in this file. Without it, and with the address of another.
        int dref = bytes.AsSpan().IndexOf("dref"u8);
        Assert.Equal("url "u8, bytes.AsSpan(dref + 16, 4));
        byte[] address = Encoding.ASCII.GetBytes(listener.Address + "\0");
        byte[] changed = [.. bytes.AsSpan(0, dref + 24), .. address, .. bytes.AsSpan(dref + 24)];
        changed[dref + 23] = 0;
        foreach (string box in new[] { "moov", "trak", "mdia", "minf", "dinf", "dref", "url " })
        {
            Span<byte> size = changed.AsSpan(changed.AsSpan().IndexOf(Encoding.ASCII.GetBytes(box)) - 4);
            BinaryPrimitives.WriteInt32BigEndian(size, BinaryPrimitives.ReadInt32BigEndian(size) + address.Length);
        }

        _ = await AnalyseAsync(changed, "video/mp4", tools: (await ToolsAsync()).WithoutSandbox());
        Assert.Equal(0, listener.Calls);
    }

    [Fact]
    public async Task Where_ffmpeg_is_not_installed_every_video_says_so()
    {
        using TempFolder folder = new();
        Assert.Null(await VideoTools.FindAsync(folder.Path, TestContext.Current.CancellationToken));
        using MemoryByteSource content = new(new byte[10]);
        Problem problem = Assert.Single((await new VideoAnalyser(null).AnalyseAsync(content, "video/mp4", VideoRequest.Default, TestContext.Current.CancellationToken)).Problems);
        Assert.Equal("not examined: ffmpeg is not installed (apt install ffmpeg)", problem.Reason);
    }

    [Fact]
    public async Task A_tool_that_hangs_is_killed_with_its_children()
    {
        using TempFolder folder = new();
        string mark = (7_000_000 + Environment.ProcessId).ToString(CultureInfo.InvariantCulture);
        VideoTools tools = await FakeAsync(folder, $"sleep {mark} & sleep {mark}");
        foreach (VideoTools each in new[] { tools, tools.WithoutSandbox() })
        {
            Stopwatch clock = Stopwatch.StartNew();
            VideoLimits limits = new() { Time = TimeSpan.FromSeconds(1), ProbeTime = TimeSpan.FromSeconds(1) };
            VideoResult result = await AnalyseAsync(videos.CountingFront, "video/mp4", VideoRequest.Default with { Limits = limits }, each);
            Assert.Contains(result.Problems, p => p.Kind == ProblemKind.LimitReached && p.Reason.Contains("stopped after 1 seconds", StringComparison.Ordinal));
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
            await Task.Delay(500, TestContext.Current.CancellationToken);
            Assert.Equal(0, Directory.EnumerateDirectories("/proc").Count(p => CommandLine(p).Contains(mark, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task A_tool_that_stands_still_is_killed_before_its_time_is_over()
    {
        using TempFolder folder = new();
        VideoTools tools = await FakeAsync(folder, "sleep 100");
        Stopwatch clock = Stopwatch.StartNew();
        VideoResult result = await AnalyseAsync(videos.CountingFront, "video/mp4", VideoRequest.Default with { Limits = new() { Stall = TimeSpan.FromSeconds(1) } }, tools);
        Assert.Contains("nothing happened", Assert.Single(result.Problems).Reason, StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public async Task A_tool_that_floods_its_output_costs_no_memory()
    {
        using TempFolder folder = new();
        VideoTools tools = await FakeAsync(folder, "cat /dev/zero & yes complaint >&2");
        VideoLimits limits = new() { Time = TimeSpan.FromSeconds(2), ProbeTime = TimeSpan.FromSeconds(2) };
        long before = GC.GetTotalMemory(forceFullCollection: true);
        VideoResult result = await AnalyseAsync(videos.CountingFront, "video/mp4", VideoRequest.Default with { Limits = limits }, tools);
        Assert.Contains(result.Problems, p => p.Kind == ProblemKind.LimitReached);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 << 20);
    }

    [Fact]
    public async Task A_tool_that_dies_at_once_is_a_problem()
    {
        using TempFolder folder = new();
        VideoTools tools = await FakeAsync(folder, "kill -SEGV $$");
        Assert.Equal(ProblemKind.Malformed, Assert.Single((await AnalyseAsync(videos.CountingFront, "video/mp4", tools: tools)).Problems).Kind);
    }

    [Fact]
    public async Task Too_little_memory_is_a_problem_of_the_video()
    {
        VideoResult result = await AnalyseAsync(videos.CountingFront, "video/mp4", VideoRequest.Default with { Limits = new() { Memory = 50 << 20 } });
        Assert.False(result.IsComplete);
        Assert.Empty(result.Frames);
    }

    [Fact]
    public async Task A_request_that_is_called_off_ends_at_once()
    {
        using TempFolder folder = new();
        VideoTools tools = await FakeAsync(folder, "sleep 100");
        using CancellationTokenSource cancel = new(TimeSpan.FromSeconds(1));
        using MemoryByteSource content = new(videos.CountingFront);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new VideoAnalyser(tools).AnalyseAsync(content, "video/mp4", VideoRequest.Default, cancel.Token));
    }

    [Fact]
    public async Task Damage_anywhere_never_throws()
    {
        VideoTools tools = await ToolsAsync();
        byte[] original = videos.Make("tiny.mp4", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=2", "-pix_fmt", "yuv420p");
        SeededBytes seeded = new(11);
        for (int i = 0; i < 20; i++)
        {
            byte[] bytes = [.. original];
            for (int k = 0; k < 30; k++)
            {
                bytes[seeded.Next(bytes.Length)] = (byte)seeded.Next(256);
            }

            VideoResult result = await AnalyseAsync(bytes, "video/mp4", VideoRequest.Default with { ContactSheet = false }, tools);
            Assert.True(result.Frames.Count > 0 || result.Problems.Count > 0);
        }
    }

    [Fact]
    public void The_layout_of_damaged_boxes_throws_nothing_else()
    {
        byte[] original = videos.Counting;
        SeededBytes seeded = new(5);
        for (int i = 0; i < 3_000; i++)
        {
            byte[] bytes = original[..seeded.Next(original.Length + 1)];
            for (int k = 0; k < 20 && bytes.Length > 0; k++)
            {
                // Mostly where the boxes are: at the start and in the index at the end.
                int at = seeded.Next(3) == 0 ? seeded.Next(Math.Min(64, bytes.Length)) : bytes.Length - 1 - seeded.Next(Math.Min(12_000, bytes.Length));
                bytes[at] = (byte)seeded.Next(256);
            }

            using MemoryByteSource content = new(bytes);
            try
            {
                MovieLayout layout = MovieLayout.Read(content);
                Assert.Equal(bytes.Length, layout.Parts.Sum(p => p.Length));
            }
            catch (MalformedDataException)
            {
                // What a parser may throw.
            }
        }
    }

    /// <summary>Programs that answer to -version and else do what the test says.</summary>
    private static async Task<VideoTools> FakeAsync(TempFolder folder, string script)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("the programs of this test are shell scripts");
        }

        foreach (string name in new[] { "ffmpeg", "ffprobe" })
        {
            string path = folder.Write(name, Encoding.UTF8.GetBytes($"#!/bin/sh\ncase \"$*\" in *-version*) echo 'ffmpeg version 6.1 fake'; exit 0;; esac\n{script}\n"));
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        VideoTools? tools = await VideoTools.FindAsync(folder.Path, TestContext.Current.CancellationToken);
        Assert.NotNull(tools);
        return tools;
    }

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Counts who calls.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private int calls;

        public Listener()
        {
            listener.Start();
            _ = AcceptAsync();
        }

        public int Calls => Volatile.Read(ref calls);

        public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/x.mp4";

        public void Dispose() => listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    using TcpClient client = await listener.AcceptTcpClientAsync();
                    Interlocked.Increment(ref calls);
                }
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}
