namespace Cairn.Cli.Tests.Options;

public sealed class KnownSourceOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_publisher_is_recorded()
    {
        string file = line.Folder.Write("one.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8);
        Outcome outcome = await line.RunAsync("known", "import", file, "--name", "one", "--source", "A. Publisher", "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("A. Publisher", outcome.Json.GetProperty("source").GetString());
    }
}
