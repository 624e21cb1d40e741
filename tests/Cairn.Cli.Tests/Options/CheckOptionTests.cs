namespace Cairn.Cli.Tests.Options;

public sealed class CheckOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_damaged_set_is_listed_with_exit_code_1_and_the_others_can_be_used()
    {
        string file = line.Folder.Write("one.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8);
        await line.RunAsync("known", "import", file, "--name", "good", "--version", "1");
        await line.RunAsync("known", "import", file, "--name", "bad", "--version", "1");
        Assert.Equal(0, (await line.RunAsync("known", "list", "--check")).ExitCode);
        string path = Directory.EnumerateFiles(line.Folder.File("known"), "bad@*.known").Single();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^50] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(0, (await line.RunAsync("known", "list")).ExitCode);
        Outcome outcome = await line.RunAsync("known", "list", "--check", "--json");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("bad", Assert.Single(outcome.Json.GetProperty("damaged").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(0, (await line.ExamineFolderAsync("--known", "good")).ExitCode);
        Assert.Equal(2, (await line.RunAsync("examine", line.Folder.File("evidence"), "--case", line.Folder.File("other"))).ExitCode);
    }
}
