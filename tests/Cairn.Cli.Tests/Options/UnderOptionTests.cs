namespace Cairn.Cli.Tests.Options;

public sealed class UnderOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Only_entries_at_or_below_the_path_are_taken()
    {
        line.Folder.Write("evidence/subway.txt", "x"u8);
        await line.ExamineFolderAsync();
        Assert.Equal(["sub", "sub/b.txt"], await Exports.Exported.PathsAsync(line, "--under", "/sub/"));
        Assert.Equal(5, (await Exports.Exported.PathsAsync(line, "--under", "/")).Length);
        Assert.Empty(await Exports.Exported.PathsAsync(line, "--under", "no/such"));
    }
}
