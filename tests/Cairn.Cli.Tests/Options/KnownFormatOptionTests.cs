namespace Cairn.Cli.Tests.Options;

public sealed class KnownFormatOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_file_of_another_format_than_named_is_refused()
    {
        string file = line.Folder.Write("one.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8);
        Assert.Equal(2, (await line.RunAsync("known", "import", file, "--name", "one", "--format", "nsrl")).ExitCode);
        Assert.Equal(0, (await line.RunAsync("known", "import", file, "--name", "one", "--format", "text")).ExitCode);
    }
}
