using System.ComponentModel;
using System.Diagnostics;

namespace Cairn.Cli.Tests.Exports;

/// <summary>An independent program that says what it finds.</summary>
internal static class JudgeTool
{
    /// <summary>Runs it in a folder; skips the test where it is not installed.</summary>
    public static (int ExitCode, string Output) Run(string folder, string name, params string[] arguments)
    {
        ProcessStartInfo start = new(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + errors.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{name} is not installed");
            throw;
        }
    }
}
