namespace Cairn.Cli.Tests.Options;

public sealed class CasesOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_folder_of_cases_is_passed_on_as_a_full_path()
    {
        (_, string[] words) = await ServeLine.RunAsync(line, "--cases", line.Folder.Path);
        Assert.Equal(line.Folder.Path, ServeLine.After(words, "--cases"));
        Assert.DoesNotContain("--case", words);
    }
}
