namespace Cairn.Cli.Tests.Options;

public sealed class KnownNameOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_set_is_called_so()
    {
        string file = line.Folder.Write("one.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8);
        Outcome outcome = await line.RunAsync("known", "import", file, "--name", "one", "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal("one", outcome.Json.GetProperty("name").GetString());
    }
}
