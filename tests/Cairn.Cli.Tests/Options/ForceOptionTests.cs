namespace Cairn.Cli.Tests.Options;

public sealed class ForceOptionTests : IDisposable
{
    private readonly CommandLine line = new() { OutIsTerminal = true };

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task What_is_not_text_goes_to_a_terminal_only_with_force()
    {
        await line.ExamineFolderAsync("--no-content");
        Outcome refused = await line.RunAsync("cat", "--case", line.Case, "raw.bin");
        Assert.Equal(2, refused.ExitCode);
        Assert.Empty(refused.Bytes);
        Assert.Equal([0, 1, 2, 27, 255], (await line.RunAsync("cat", "--case", line.Case, "raw.bin", "--force")).Bytes);
        Assert.Equal("alpha\n", (await line.RunAsync("cat", "--case", line.Case, "a.txt")).Out);
    }
}
