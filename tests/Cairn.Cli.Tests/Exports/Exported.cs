using System.Text.Json;

namespace Cairn.Cli.Tests.Exports;

/// <summary>What an export took.</summary>
internal static class Exported
{
    /// <summary>The rows of a jsonl export of the case, with further options.</summary>
    public static async Task<JsonElement[]> RowsAsync(this CommandLine line, params string[] more)
    {
        Outcome outcome = await line.RunAsync(["export", "jsonl", "--case", line.Case, "-o", "-", .. more]);
        Assert.Equal(0, outcome.ExitCode);
        return [.. outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonDocument.Parse(text).RootElement)];
    }

    /// <summary>Their paths, in order.</summary>
    public static async Task<string[]> PathsAsync(this CommandLine line, params string[] more) => [.. (await line.RowsAsync(more)).Select(row => row.GetProperty("path").GetString()!)];
}
