using System.Diagnostics;
using System.Text.Json;
using Cairn.TestKit;

namespace Cairn.Golden;

/// <summary>What a run of the command gave.</summary>
internal sealed record CairnResult(int ExitCode, string Output, string Errors)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;
}

/// <summary>Runs the built command as a process of its own, with its own settings folder, as a user would.</summary>
internal static class CairnProcess
{
    public static CairnResult Run(TempFolder settings, params string[] arguments)
    {
        using Process process = Start(settings, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CairnResult(process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    public static Process Start(TempFolder settings, params string[] arguments)
    {
        ProcessStartInfo start = new(Executable())
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["CAIRN_KEY_DIRECTORY"] = Path.Combine(settings.Path, "keys");
        start.Environment["CAIRN_KNOWN_DIRECTORY"] = Path.Combine(settings.Path, "known");
        Process process = Process.Start(start) ?? throw new InvalidOperationException("the command did not start");
        process.StandardInput.Close();
        return process;
    }

    private static string Executable()
    {
        // The tests and the command are built by the same solution in the same configuration.
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        string name = OperatingSystem.IsWindows() ? "cairn.exe" : "cairn";
        return Path.Combine(TestFiles.RepositoryRoot, "artifacts", "bin", "Cairn.Cli", configuration, name);
    }
}
