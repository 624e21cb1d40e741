namespace Cairn.Cli.Tests.Options;

public sealed class KnownOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Only_the_named_sets_are_looked_up()
    {
        // md5sum of "alpha\n" and of "beta\n", by md5sum.
        await line.RunAsync("known", "import", line.Folder.Write("one.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8), "--name", "one");
        await line.RunAsync("known", "import", line.Folder.Write("two.md5", "f0cf2a92516045024a0c99147b28f05b  b.txt\n"u8), "--name", "two");
        Outcome outcome = await line.ExamineFolderAsync("--known", "two", "--json");
        Assert.Equal(1, outcome.Json.GetProperty("hits").GetInt64());
        Assert.Equal("two", Assert.Single(outcome.Json.GetProperty("knownSets").EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_set_that_is_not_there_is_refused()
    {
        Outcome outcome = await line.ExamineFolderAsync("--known", "absent");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("absent", outcome.Error, StringComparison.Ordinal);
    }
}
