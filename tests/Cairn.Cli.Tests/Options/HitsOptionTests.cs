namespace Cairn.Cli.Tests.Options;

public sealed class HitsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Only_entries_with_such_a_hit_are_taken()
    {
        // MD5 of alpha and a line end, by md5sum.
        await line.RunAsync("known", "import", line.Folder.Write("set.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8), "--name", "set", "--as", "notable");
        await line.ExamineFolderAsync();
        Assert.Equal(["a.txt"], await Exports.Exported.PathsAsync(line, "--hits", "notable"));
        Assert.Equal(["a.txt"], await Exports.Exported.PathsAsync(line, "--hits", "any"));
        Assert.Empty(await Exports.Exported.PathsAsync(line, "--hits", "ignorable"));
    }

    [Fact]
    public async Task Another_meaning_is_wrong_usage() => Assert.Equal(2, (await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-", "--hits", "good")).ExitCode);
}
