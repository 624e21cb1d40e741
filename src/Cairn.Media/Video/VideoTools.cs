using System.Globalization;
using System.Text.RegularExpressions;

namespace Cairn.Media.Video;

/// <summary>
/// The system's ffmpeg and ffprobe, and what fences them in: bubblewrap (no network, no files but the programs' own, nothing kept) and
/// prlimit (memory, processor time) where the system has them.
/// </summary>
public sealed partial class VideoTools
{
    /// <summary>The one message where ffmpeg is not found.</summary>
    public const string NotInstalled = "not examined: ffmpeg is not installed (apt install ffmpeg)";

    private readonly string? bubblewrap;
    private readonly string? prlimit;
    private readonly bool hasFrameRateMode;

    private VideoTools(string ffmpeg, string ffprobe, string? bubblewrap, string? prlimit, string version)
    {
        (Ffmpeg, Ffprobe, this.bubblewrap, this.prlimit, Version) = (ffmpeg, ffprobe, bubblewrap, prlimit, version);
        // -fps_mode came with 5.1, and the option it replaces leaves with later versions. Builds from source have no such number.
        Match number = VersionNumber().Match(version);
        hasFrameRateMode = !number.Success
            || int.Parse(number.Groups[1].Value, CultureInfo.InvariantCulture) is int major && (major > 5 || (major == 5 && number.Groups[2].Value != "0"));
    }

    /// <summary>Full path of ffmpeg.</summary>
    public string Ffmpeg { get; }

    /// <summary>Full path of ffprobe.</summary>
    public string Ffprobe { get; }

    /// <summary>What ffmpeg says of its version: "5.1.9-0+deb12u1".</summary>
    public string Version { get; }

    /// <summary>Whether ffmpeg runs in a sandbox without network.</summary>
    public bool IsSandboxed => bubblewrap is not null;

    /// <summary>How ffmpeg is fenced in, in words for a report.</summary>
    public string Isolation =>
        (bubblewrap is not null ? "bubblewrap: no network, no access to files" : "child process only: bubblewrap is not usable here")
        + (prlimit is not null ? "; memory and processor time limited by the system" : "; memory watched");

    /// <summary>
    /// Looks for the programs in the folders of <paramref name="searchPath"/> (as in PATH, which it is by default) and tries them; null
    /// where ffmpeg or ffprobe is not there or does not run.
    /// </summary>
    public static async Task<VideoTools?> FindAsync(string? searchPath = null, CancellationToken cancel = default)
    {
        string system = Environment.GetEnvironmentVariable("PATH") ?? "";
        string path = searchPath ?? system;
        if (Locate("ffmpeg", path) is not string ffmpeg || Locate("ffprobe", path) is not string ffprobe)
        {
            return null;
        }

        bool isLinux = OperatingSystem.IsLinux();
        string? prlimit = isLinux ? Locate("prlimit", system) : null;
        foreach (string? bubblewrap in isLinux && Locate("bwrap", system) is string found ? new[] { found, null } : [null])
        {
            // A sandbox that the kernel or a container forbids is found out here, once, and not with the first video.
            VideoTools tools = new(ffmpeg, ffprobe, bubblewrap, prlimit, "");
            if (await tools.ReadVersionAsync(cancel) is string version)
            {
                return new VideoTools(ffmpeg, ffprobe, bubblewrap, prlimit, version);
            }
        }

        return null;
    }

    /// <summary>These tools without the sandbox, for the tests of systems that have none.</summary>
    internal VideoTools WithoutSandbox() => new(Ffmpeg, Ffprobe, null, prlimit, Version);

    /// <summary>The option that keeps every selected frame with its own time.</summary>
    internal string[] EveryFrame => hasFrameRateMode ? ["-fps_mode", "passthrough"] : ["-vsync", "passthrough"];

    /// <summary>
    /// The command for <paramref name="program"/> within its fences. With <paramref name="asFile"/> the sandbox takes its standard input
    /// into its own memory and shows it to the program as <see cref="SandboxFile"/>.
    /// </summary>
    internal List<string> Command(string program, IEnumerable<string> arguments, VideoLimits limits, TimeSpan time, bool asFile)
    {
        List<string> command = [];
        if (prlimit is not null)
        {
            command.AddRange([
                prlimit, $"--as={limits.Memory}", $"--cpu={(long)Math.Ceiling(time.TotalSeconds * Math.Max(1, limits.Threads)) + 10}",
                $"--fsize={(asFile ? limits.SeekableBytes + 1 : 0)}", "--core=0", "--nofile=256", "--",
            ]);
        }

        if (bubblewrap is not null)
        {
            // Not --die-with-parent: Linux ties that to the thread that starts the child, and a thread of the pool may end before the
            // child does. When this process dies the child's input ends, its output is closed, and its processor time is limited.
            command.AddRange([
                bubblewrap, "--unshare-all", "--new-session", "--cap-drop", "ALL", "--clearenv", "--setenv", "PATH", "/usr/bin:/bin",
                "--ro-bind-try", "/usr", "/usr", "--ro-bind-try", "/lib", "/lib", "--ro-bind-try", "/lib64", "/lib64", "--ro-bind-try", "/bin", "/bin",
                "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/alternatives", "/etc/alternatives",
            ]);
            foreach (string folder in new[] { program, Resolve(program) }.Select(p => Path.GetDirectoryName(p)!).Distinct(StringComparer.Ordinal))
            {
                if (!folder.StartsWith("/usr/", StringComparison.Ordinal) && folder != "/bin" && folder != "/")
                {
                    command.AddRange(["--ro-bind", folder, folder]);
                }
            }

            command.AddRange(["--dev", "/dev", "--chdir", "/"]);
            if (asFile)
            {
                command.AddRange(["--ro-bind-data", "0", SandboxFile]);
            }

            command.Add("--");
        }

        command.Add(program);
        command.AddRange(arguments);
        return command;
    }

    /// <summary>Where the sandbox shows a file that it holds in memory.</summary>
    internal const string SandboxFile = "/input";

    private async Task<string?> ReadVersionAsync(CancellationToken cancel)
    {
        VideoLimits limits = new() { Stall = TimeSpan.FromSeconds(20) };
        using MemoryStream output = new();
        ToolOutcome outcome = await ToolRun.RunAsync(this, Ffmpeg, ["-hide_banner", "-version"], null, [], limits, TimeSpan.FromSeconds(20), false,
            (stream, stop) => ToolRun.CopyAsync(stream, output, 1 << 16, stop), cancel);
        Match version = VersionText().Match(System.Text.Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length));
        return outcome.ExitCode == 0 && version.Success ? version.Groups[1].Value : null;
    }

    private static string? Locate(string name, string path)
    {
        string file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        foreach (string folder in path.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Path.IsPathFullyQualified(folder))
            {
                continue; // a relative entry would find whatever lies in the current folder, evidence perhaps
            }

            string full = Path.Combine(folder, file);
            if (File.Exists(full) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(full) & (UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)) != 0))
            {
                return full;
            }
        }

        return null;
    }

    private static string Resolve(string program)
    {
        try
        {
            return File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? program;
        }
        catch (IOException)
        {
            return program;
        }
    }

    [GeneratedRegex(@"^ffmpeg version (\S{1,80})")]
    private static partial Regex VersionText();

    [GeneratedRegex(@"^n?(\d{1,3})\.(\d{1,3})")]
    private static partial Regex VersionNumber();
}
