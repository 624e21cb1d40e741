namespace Cairn.Cli.Tests;

/// <summary>cairn serve with a program in the place of the review application that writes down how it was called.</summary>
internal static class ServeLine
{
    /// <summary>The words that the program was given; empty where it was not started.</summary>
    public static async Task<(Outcome Outcome, string[] Words)> RunAsync(CommandLine line, params string[] more)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the program in its place is a shell script");
        string written = line.Folder.File("words");
        string program = line.Folder.Write("web/Cairn.Web", System.Text.Encoding.ASCII.GetBytes($"#!/bin/sh\nprintf '%s\\n' \"$@\" > '{written}'\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        line.Set("CAIRN_WEB", Path.GetDirectoryName(program)!);
        Directory.CreateDirectory(line.Case);
        Outcome outcome = await line.RunAsync(["serve", .. more]);
        return (outcome, File.Exists(written) ? await File.ReadAllLinesAsync(written, TestContext.Current.CancellationToken) : []);
    }

    /// <summary>The value after a word.</summary>
    public static string? After(string[] words, string name) => Array.IndexOf(words, name) is >= 0 and int at && at + 1 < words.Length ? words[at + 1] : null;
}
