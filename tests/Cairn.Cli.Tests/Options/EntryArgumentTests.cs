namespace Cairn.Cli.Tests.Options;

public sealed class EntryArgumentTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task An_entry_is_found_by_row_by_path_and_by_stream()
    {
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--no-content");
        Outcome stream = await line.RunAsync("cat", "--case", line.Case, "--volume", "4", "Users/sam/Documents/notes.txt:hidden");
        Assert.Equal("Text in an alternate stream.\n", stream.Out);
        Outcome first = await line.RunAsync("cat", "--case", line.Case, "1");
        Assert.Equal(0, first.ExitCode);
        Assert.NotEmpty(first.Bytes);
        Assert.Equal(2, (await line.RunAsync("cat", "--case", line.Case, "999999")).ExitCode);
        Assert.Equal(2, (await line.RunAsync("cat", "--case", line.Case, "no/such/file")).ExitCode);
        Assert.Equal(2, (await line.RunAsync("cat", "--case", line.Case)).ExitCode);
    }
}
