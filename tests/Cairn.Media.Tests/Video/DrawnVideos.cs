using System.Diagnostics;
using Cairn.Core;
using Cairn.Media.Video;
using Cairn.TestKit;

namespace Cairn.Media.Tests.Video;

/// <summary>Videos of drawn patterns, made once by the system's ffmpeg when a test asks for them; tests skip where there is none.</summary>
public sealed class DrawnVideos : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Dictionary<string, byte[]> made = new(StringComparer.Ordinal);
    private readonly Lock gate = new();

    /// <summary>The bytes of <paramref name="name"/>, made with these arguments of ffmpeg.</summary>
    public byte[] Make(string name, params string[] arguments)
    {
        lock (gate)
        {
            if (!made.TryGetValue(name, out byte[]? bytes))
            {
                Run("ffmpeg", ["-v", "error", "-nostdin", "-y", .. arguments, folder.File(name)]);
                made[name] = bytes = File.ReadAllBytes(folder.File(name));
            }

            return bytes;
        }
    }

    /// <summary>Path of a video already made.</summary>
    public string PathOf(string name) => folder.File(name);

    /// <summary>Ten seconds of a counting test pattern with a tone, the index behind the pictures.</summary>
    public byte[] Counting => Make("counting.mp4", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=10", "-f", "lavfi", "-i", "sine=duration=10", "-pix_fmt", "yuv420p");

    /// <summary>The same with the index in front.</summary>
    public byte[] CountingFront
    {
        get
        {
            _ = Counting;
            return Make("front.mp4", "-i", PathOf("counting.mp4"), "-c", "copy", "-movflags", "faststart");
        }
    }

    /// <summary>Twelve seconds of zooming into a fractal.</summary>
    public byte[] Fractal => Make("fractal.mp4", "-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=8", "-t", "12", "-pix_fmt", "yuv420p");

    /// <summary>What an independent program says, one line.</summary>
    public static string Ask(string program, params string[] arguments) => Run(program, arguments);

    /// <summary>The tools, or the test is skipped.</summary>
    public static async Task<VideoTools> ToolsAsync()
    {
        VideoTools? tools = await VideoTools.FindAsync(cancel: TestContext.Current.CancellationToken);
        if (tools is null)
        {
            Assert.Skip("ffmpeg is not installed");
        }

        return tools;
    }

    /// <summary>Examines bytes.</summary>
    public static async Task<VideoResult> AnalyseAsync(byte[] bytes, string mime, VideoRequest? request = null, VideoTools? tools = null)
    {
        using MemoryByteSource content = new(bytes);
        return await new VideoAnalyser(tools ?? await ToolsAsync()).AnalyseAsync(content, mime, request ?? VideoRequest.Default, TestContext.Current.CancellationToken);
    }

    public void Dispose() => folder.Dispose();

    private static string Run(string program, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program}: {errors.GetAwaiter().GetResult()}");
            return output.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
            throw;
        }
    }
}
