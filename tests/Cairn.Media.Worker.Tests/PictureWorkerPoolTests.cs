using System.Diagnostics;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.TestKit;

namespace Cairn.Media.Worker.Tests;

/// <summary>What becomes of pictures that hang, crash or flood a worker, and of workers that lose their pool.</summary>
public sealed class PictureWorkerPoolTests
{
    private static readonly byte[] Picture = TestFiles.Fixture("pictures/baseline.jpg");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("x-test/hang", PictureStatus.TimedOut, "decoding took more than 1 seconds")]
    [InlineData("x-test/crash", PictureStatus.Crashed, "the decoder crashed")]
    [InlineData("x-test/exit", PictureStatus.Crashed, "the decoder crashed (exit code 3)")]
    public async Task A_picture_that_breaks_its_worker_costs_itself_alone(string mime, PictureStatus status, string reason)
    {
        await using PictureWorkerPool pool = await StartAsync(new() { Time = TimeSpan.FromSeconds(1) });
        PictureResult broken = await pool.AnalyseAsync(Picture, mime, new PictureRequest(), Cancel);
        Assert.Equal(status, broken.Status);
        Assert.Contains(reason, broken.Reason, StringComparison.Ordinal);
        Assert.Equal(PictureStatus.Decoded, (await pool.AnalyseAsync(Picture, "image/jpeg", new PictureRequest(), Cancel)).Status);
        Assert.Equal(1, pool.Replaced);
    }

    [Fact]
    public async Task A_worker_that_takes_too_much_memory_is_stopped_by_the_system()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "memory is limited by the system on Linux alone");
        await using PictureWorkerPool pool = await StartAsync(new() { Memory = 512 << 20 });
        PictureResult result = await pool.AnalyseAsync(Picture, "x-test/memory", new PictureRequest(), Cancel);
        Assert.Equal(PictureStatus.LimitReached, result.Status);
        Assert.Contains("memory", result.Reason, StringComparison.Ordinal);
        Assert.Equal(PictureStatus.Decoded, (await pool.AnalyseAsync(Picture, "", new PictureRequest(), Cancel)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_worker_cannot_write_a_file(bool sandbox)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no limit on files there");
        string path = Path.Combine("/tmp", "cairn-worker-test");
        File.Delete(path);
        await using PictureWorkerPool pool = await StartAsync(new(), sandbox);
        Assert.Equal(PictureStatus.Crashed, (await pool.AnalyseAsync(Picture, "x-test/write", new PictureRequest(), Cancel)).Status);
        Assert.True(!File.Exists(path) || new FileInfo(path).Length == 0);
        File.Delete(path);
    }

    [Fact]
    public async Task A_worker_in_the_sandbox_reaches_no_network()
    {
        await using PictureWorkerPool pool = await StartAsync(new());
        Assert.SkipUnless(pool.IsSandboxed, pool.Notice ?? "no sandbox");
        PictureResult result = await pool.AnalyseAsync(Picture, "x-test/interfaces", new PictureRequest(), Cancel);
        Assert.Equal(PictureStatus.Decoded, result.Status);
    }

    [Fact]
    public async Task A_pool_without_the_sandbox_says_so_and_works()
    {
        await using PictureWorkerPool pool = await StartAsync(new(), sandbox: false);
        Assert.False(pool.IsSandboxed);
        Assert.StartsWith("child process", pool.Isolation, StringComparison.Ordinal);
        Assert.Equal(PictureStatus.Decoded, (await pool.AnalyseAsync(Picture, "", new PictureRequest(), Cancel)).Status);
    }

    [Fact]
    public async Task Test_hooks_are_not_there_unless_a_test_asks_for_them()
    {
        await using PictureWorkerPool pool = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 1 }, Cancel);
        Assert.Equal(PictureStatus.Decoded, (await pool.AnalyseAsync(Picture, "x-test/exit", new PictureRequest(), Cancel)).Status);
        Assert.Equal(0, pool.Replaced);
    }

    [Fact]
    public async Task Bounds_on_bytes_pixels_and_memory_are_held()
    {
        await using PictureWorkerPool pool = await StartAsync(new() { InputBytes = 1000 });
        Assert.Equal(PictureStatus.LimitReached, (await pool.AnalyseAsync(Picture, "", new PictureRequest(), Cancel)).Status);
        Assert.Equal(PictureStatus.Malformed, (await pool.AnalyseAsync(default, "", new PictureRequest(), Cancel)).Status);
        await using PictureWorkerPool small = await StartAsync(new() { Pixels = 320 * 239 });
        foreach (string file in new[] { "baseline.jpg", "rgb.png", "lossy.webp", "lzw.tif", "still.heic", "still.avif", "lossy.jp2", "lossy.jxl", "layers.psd" })
        {
            PictureResult result = await small.AnalyseAsync(TestFiles.Fixture("pictures/" + file), "", new PictureRequest(), Cancel);
            Assert.Equal((file, PictureStatus.LimitReached), (file, result.Status));
            Assert.Equal((320, 240), (result.Width, result.Height));
        }
    }

    [Fact]
    public async Task A_long_animation_is_sampled_evenly()
    {
        await using PictureWorkerPool pool = await StartAsync(new() { SampledFrames = 3 });
        foreach (string file in new[] { "animated.gif", "animated.webp", "animated.png" })
        {
            PictureResult result = await pool.AnalyseAsync(TestFiles.Fixture("pictures/" + file), "", new PictureRequest(), Cancel);
            Assert.Equal([0, 2, 5], result.Frames.Select(f => f.Index));
            Assert.Equal((6, PictureStatus.Decoded), (result.FrameCount, result.Status));
        }
    }

    [Fact]
    public async Task Cancelling_stops_a_picture_at_once_and_the_next_one_works()
    {
        await using PictureWorkerPool pool = await StartAsync(new());
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.AnalyseAsync(Picture, "x-test/hang", new PictureRequest(), soon.Token));
        Assert.Equal(PictureStatus.Decoded, (await pool.AnalyseAsync(Picture, "", new PictureRequest(), Cancel)).Status);
    }

    [Fact]
    public async Task A_pool_that_is_closed_at_work_ends_its_calls_and_its_workers()
    {
        PictureWorkerPool pool = await StartAsync(new());
        int[] processes = Children(await pool.TakeProcessIdAsync());
        Task<PictureResult> hanging = pool.AnalyseAsync(Picture, "x-test/hang", new PictureRequest(), Cancel);
        await Task.Delay(200, Cancel);
        await pool.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        await AssertEndAsync(processes);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.AnalyseAsync(Picture, "", new PictureRequest(), Cancel));
    }

    [Fact]
    public async Task A_worker_that_was_killed_while_it_waited_is_replaced_without_a_word()
    {
        await using PictureWorkerPool pool = await StartAsync(new());
        using (Process process = Process.GetProcessById(await pool.TakeProcessIdAsync()))
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(Cancel);
        }

        Assert.Equal(PictureStatus.Decoded, (await pool.AnalyseAsync(Picture, "", new PictureRequest(), Cancel)).Status);
    }

    [Theory]
    [InlineData("x-test/hang")]
    [InlineData("")]
    public async Task A_worker_ends_when_its_pool_is_killed_busy_or_not(string mime)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /proc");
        // Another process with a pool, which is this program told to be one; killed without a chance to clean up.
        ProcessStartInfo start = new(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment[PoolHost.Variable] = mime.Length == 0 ? "idle" : mime;
        using Process host = Process.Start(start)!;
        string line = await host.StandardOutput.ReadLineAsync(Cancel) ?? "";
        Assert.True(int.TryParse(line, out int worker), line);
        int[] processes = Children(worker);
        Assert.All(processes, id => Assert.True(Directory.Exists($"/proc/{id}")));
        host.Kill();
        await AssertEndAsync(processes);
    }

    [Fact]
    public async Task A_missing_worker_is_said_in_words()
    {
        using TempFolder folder = new();
        PictureWorkerException error = await Assert.ThrowsAsync<PictureWorkerException>(() => PictureWorkerPool.StartAsync(new PictureWorkerOptions { Folder = folder.Path }, Cancel));
        Assert.Contains("Cairn.Media.Worker is missing in", error.Message, StringComparison.Ordinal);
    }

    private static Task<PictureWorkerPool> StartAsync(PictureLimits limits, bool sandbox = true) =>
        PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = 1, Limits = limits, Sandbox = sandbox, TestHooks = true }, Cancel);

    /// <summary>A process and all below it, by /proc.</summary>
    private static int[] Children(int root)
    {
        List<int> found = [root];
        for (int i = 0; i < found.Count; i++)
        {
            foreach (string task in Directory.EnumerateDirectories($"/proc/{found[i]}/task"))
            {
                found.AddRange(File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse));
            }
        }

        return [.. found];
    }

    private static async Task AssertEndAsync(int[] processes)
    {
        for (int i = 0; i < 100 && processes.Any(IsThere); i++)
        {
            await Task.Delay(50, Cancel);
        }

        Assert.DoesNotContain(processes, IsThere);
    }

    /// <summary>A process that has ended and that nobody has asked about is not there.</summary>
    private static bool IsThere(int id)
    {
        try
        {
            string state = File.ReadAllText($"/proc/{id}/stat");
            return state[state.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
