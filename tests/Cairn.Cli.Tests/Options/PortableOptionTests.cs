namespace Cairn.Cli.Tests.Options;

public sealed class PortableOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_folder_that_is_no_portable_case_is_wrong_usage_and_so_are_two_things_at_once()
    {
        await line.ExamineFolderAsync("--no-content");
        Outcome outcome = await line.RunAsync("verify", "--portable", line.Case);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("not a portable case", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await line.RunAsync("verify", "--portable", line.Case, "--case", line.Case)).ExitCode);
    }

    [Fact]
    public async Task The_screen_says_what_to_compare()
    {
        await line.ExamineFolderAsync();
        string folder = line.Folder.File("portable");
        await line.RunAsync("export", "portable", "--case", line.Case, "-o", folder, "--under", "/");
        Outcome outcome = await line.RunAsync("verify", "--portable", folder);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("VERIFIED", outcome.Out, StringComparison.Ordinal);
        Assert.Contains(File.ReadAllText(Path.Combine(folder, "signature", "verifier-key.txt")).Trim(), outcome.Out, StringComparison.Ordinal);
    }
}
