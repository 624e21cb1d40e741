namespace Cairn.Cli.Tests.Options;

public sealed class KnownDirectoryOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_option_goes_before_the_variable()
    {
        string other = line.Folder.File("other");
        string file = line.Folder.Write("one.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8);
        Assert.Equal(0, (await line.RunAsync("known", "import", file, "--name", "one", "--known-directory", other)).ExitCode);
        Assert.Contains("one", (await line.RunAsync("known", "list", "--known-directory", other)).Out, StringComparison.Ordinal);
        Assert.Equal(0, (await line.RunAsync("known", "list", "--json")).Json.GetProperty("sets").GetArrayLength());
        line.Set("CAIRN_KNOWN_DIRECTORY", other);
        Assert.Equal(1, (await line.RunAsync("known", "list", "--json")).Json.GetProperty("sets").GetArrayLength());
    }
}
