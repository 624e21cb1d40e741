using System.Diagnostics;
using Cairn.TestKit;

namespace Cairn.Web.Tests;

/// <summary>A case of the sample, made once by the built command as a user would make it.</summary>
internal static class SampleCase
{
    private static readonly Lazy<TempFolder> Made = new(Make);

    /// <summary>Words that start the built command.</summary>
    public static string Command
    {
        get
        {
            string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
            return Path.Combine(TestFiles.RepositoryRoot, "artifacts", "bin", "Cairn.Cli", configuration, OperatingSystem.IsWindows() ? "cairn.exe" : "cairn");
        }
    }

    /// <summary>Copies the case into a folder, so that a test may write beside it.</summary>
    public static string CopyTo(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Made.Value.Path, "case")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    /// <summary>Examines evidence into a case.</summary>
    public static void Examine(string evidence, string folder, TempFolder settings) => Run(settings, "examine", evidence, "--case", folder, "--exhibit", "TST/1");

    private static TempFolder Make()
    {
        TempFolder folder = new();
        Run(folder, "known", "import", Path.Combine(TestFiles.RepositoryRoot, "samples", "known-sample.md5"), "--name", "sample", "--as", "notable", "--version", "1");
        Examine(Path.Combine(TestFiles.RepositoryRoot, "samples", "cairn-sample.E01"), folder.File("case"), folder);
        return folder;
    }

    private static void Run(TempFolder settings, params string[] arguments)
    {
        ProcessStartInfo start = new(Command) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["CAIRN_KEY_DIRECTORY"] = settings.File("keys");
        start.Environment["CAIRN_KNOWN_DIRECTORY"] = settings.File("known");
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, errors.GetAwaiter().GetResult());
    }
}
