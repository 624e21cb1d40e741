using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Cairn.Media.Decoding;

/// <summary>
/// The command that starts a worker, and what fences it in. The shell's limits (no core dump, no byte into any file, memory) hold on every
/// Unix; bubblewrap adds no network, a read-only view of the system's programs and libraries, nothing of the evidence, and processes of its own.
/// </summary>
internal sealed class WorkerFence
{
    private const string Program = "Cairn.Media.Worker";

    /// <summary>
    /// The limit of memory may not be known to a system's shell; the others are. The one on files can be lifted by the worker up to one picture,
    /// for a file in memory.
    /// </summary>
    private const string Shell = "ulimit -c 0; ulimit -S -f 0; ulimit -H -f $1; ulimit -d $0 2>/dev/null; shift; exec \"$@\"";

    private readonly List<string> worker;
    private readonly string folder;
    private readonly string? dotnetFolder;
    private readonly PictureWorkerOptions options;

    /// <summary>Finds the worker's program.</summary>
    /// <exception cref="PictureWorkerException">It is not there.</exception>
    public WorkerFence(PictureWorkerOptions options)
    {
        this.options = options;
        folder = Path.GetFullPath(options.Folder);
        string library = Path.Combine(folder, Program + ".dll");
        string host = Path.Combine(folder, Program + (OperatingSystem.IsWindows() ? ".exe" : ""));
        string? dotnet = FindDotnet();
        if (File.Exists(library) && dotnet is not null)
        {
            worker = [dotnet, library];
            dotnetFolder = Path.GetDirectoryName(dotnet);
        }
        else if (File.Exists(host))
        {
            worker = [host];
        }
        else
        {
            throw new PictureWorkerException($"pictures are not decoded: {Program} is missing in {folder}; publish it beside cairn");
        }

        if (options.TestHooks)
        {
            worker.Add("--test-hooks");
        }
    }

    /// <summary>
    /// The dotnet that runs us, which starts the worker too. Null where we are native code, or published with our own runtime: the worker is then
    /// a program that starts by itself.
    /// </summary>
    private static string? FindDotnet()
    {
        if (!RuntimeFeature.IsDynamicCodeSupported)
        {
            return null;
        }

        string runtime = RuntimeEnvironment.GetRuntimeDirectory();
        string dotnet = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        bool isOwn = Path.TrimEndingDirectorySeparator(runtime) == Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        return !isOwn && File.Exists(dotnet) ? dotnet : null;
    }

    /// <summary>Where bubblewrap lies; null where it is not there or not wanted.</summary>
    public static string? FindBubblewrap(PictureWorkerOptions options) => !options.Sandbox || !OperatingSystem.IsLinux()
        ? null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(Path.IsPathFullyQualified).Select(f => Path.Combine(f, "bwrap")).FirstOrDefault(File.Exists);

    /// <summary>The command, within <paramref name="bubblewrap"/> where it is given.</summary>
    public List<string> Command(string? bubblewrap)
    {
        List<string> command = OperatingSystem.IsWindows() ? [] : ["/bin/sh", "-c", Shell, $"{options.Limits.Memory >> 10}", $"{(options.Limits.InputBytes >> 9) + 1}"];
        if (bubblewrap is not null)
        {
            // Not --die-with-parent: Linux ties that to the thread that starts the worker, and threads of a pool come and go. A worker
            // without a parent ends when its input does, or by its own watch on the time.
            command.AddRange([bubblewrap, "--unshare-all", "--new-session", "--cap-drop", "ALL", "--clearenv"]);
            foreach ((string name, string value) in Variables())
            {
                command.AddRange(["--setenv", name, value]);
            }

            foreach (string system in new[] { "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/alternatives" })
            {
                command.AddRange(["--ro-bind-try", system, system]);
            }

            command.AddRange(["--proc", "/proc", "--dev", "/dev", "--size", "1048576", "--tmpfs", "/tmp"]);
            foreach (string needed in new[] { folder, dotnetFolder }.OfType<string>().Distinct(StringComparer.Ordinal))
            {
                if (!needed.StartsWith("/usr/", StringComparison.Ordinal))
                {
                    command.AddRange(["--ro-bind", needed, needed]);
                }
            }

            command.AddRange(["--chdir", "/", "--"]);
        }

        command.AddRange(worker);
        return command;
    }

    /// <summary>The whole environment of a worker: nothing of ours that it has no use for.</summary>
    public IEnumerable<(string Name, string Value)> Variables()
    {
        yield return ("PATH", "/usr/bin:/bin");
        if (dotnetFolder is not null)
        {
            yield return ("DOTNET_ROOT", dotnetFolder);
        }

        if (OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable("SystemRoot") is string root)
        {
            yield return ("SystemRoot", root);
        }

        // No sockets or dumps of the runtime, and no memory file, which the limit on files would forbid.
        yield return ("DOTNET_EnableDiagnostics", "0");
        yield return ("DOTNET_DbgEnableMiniDump", "0");
        yield return ("DOTNET_EnableWriteXorExecute", "0");
        yield return ("DOTNET_gcServer", "0");
        // One processor each, and memory in place of temporary files.
        yield return ("VIPS_CONCURRENCY", "1");
        yield return ("VIPS_DISC_THRESHOLD", "1024g");
        yield return ("MAGICK_THREAD_LIMIT", "1");
        yield return ("MALLOC_ARENA_MAX", "2");

        // Blocks of this size come from memory that is used again: fresh pages for every picture would cost more than copying it (glibc).
        yield return ("MALLOC_MMAP_THRESHOLD_", "67108864");
        yield return ("MALLOC_TRIM_THRESHOLD_", "134217728");

        // A thread without work sleeps at once: there is a worker for each processor.
        yield return ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0");
    }
}
