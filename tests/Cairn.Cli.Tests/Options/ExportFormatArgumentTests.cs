namespace Cairn.Cli.Tests.Options;

public sealed class ExportFormatArgumentTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("jsonl", "{\"volume\":")]
    [InlineData("csv", "id,exhibit,volume,path")]
    [InlineData("bodyfile", "0|")]
    public async Task Each_format_is_written(string format, string start)
    {
        await line.ExamineFolderAsync("--no-content");
        Outcome outcome = await line.RunAsync("export", format, "--case", line.Case, "-o", "-");
        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith(start, outcome.Out, StringComparison.Ordinal);
    }
}
