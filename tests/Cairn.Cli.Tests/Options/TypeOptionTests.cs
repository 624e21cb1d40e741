namespace Cairn.Cli.Tests.Options;

public sealed class TypeOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Only_entries_of_the_type_are_taken()
    {
        line.Folder.Write("evidence/p.png", Cairn.TestKit.TestFiles.Fixture("pictures/rgb.png"));
        await line.ExamineFolderAsync();
        Assert.Equal(["p.png"], await Exports.Exported.PathsAsync(line, "--type", "picture"));
        Assert.Equal(["p.png"], await Exports.Exported.PathsAsync(line, "--type", "image/"));
        Assert.Equal(["a.txt", "sub/b.txt"], (await Exports.Exported.PathsAsync(line, "--type", "text/plain")).Order(StringComparer.Ordinal));
        Assert.Empty(await Exports.Exported.PathsAsync(line, "--type", "video"));
    }

    [Fact]
    public async Task A_word_that_is_no_type_is_wrong_usage() => Assert.Equal(2, (await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-", "--type", "photos")).ExitCode);
}
