namespace Cairn.Cli.Tests.Options;

public sealed class StateOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("allocated", 61)]
    [InlineData("deleted", 7)]
    [InlineData("orphan", 9)]
    public async Task Only_entries_of_the_state_are_taken(string state, int entries)
    {
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--no-content");
        System.Text.Json.JsonElement[] rows = await Exports.Exported.RowsAsync(line, "--state", state);
        Assert.All(rows, row => Assert.Equal(state, row.GetProperty("state").GetString()));
        Assert.Equal(entries, rows.Count(row => !row.TryGetProperty("firstId", out _)));
    }

    [Fact]
    public async Task Another_state_is_wrong_usage() => Assert.Equal(2, (await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-", "--state", "gone")).ExitCode);
}
