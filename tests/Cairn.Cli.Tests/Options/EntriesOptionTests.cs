namespace Cairn.Cli.Tests.Options;

public sealed class EntriesOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Ids_and_ranges_take_these_rows_alone()
    {
        await line.ExamineFolderAsync();
        string[] ids = [.. (await Exports.Exported.RowsAsync(line)).Select(row => $"{row.GetProperty("id")}")];
        Assert.Equal(["1", "2", "3", "4"], ids);
        Assert.Equal(["2", "4"], (await Exports.Exported.RowsAsync(line, "--entries", "2,4-9")).Select(row => $"{row.GetProperty("id")}"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("x")]
    [InlineData("5-2")]
    [InlineData("1-99999999")]
    [InlineData(",")]
    public async Task Anything_else_is_wrong_usage(string list)
    {
        Outcome outcome = await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-", "--entries", list);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--entries", outcome.Error, StringComparison.Ordinal);
    }
}
