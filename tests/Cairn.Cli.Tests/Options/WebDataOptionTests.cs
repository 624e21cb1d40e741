namespace Cairn.Cli.Tests.Options;

public sealed class WebDataOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_folder_of_accounts_is_passed_on_as_a_full_path()
    {
        (_, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--data", line.Folder.File("accounts"));
        Assert.Equal(line.Folder.File("accounts"), ServeLine.After(words, "--data"));
    }
}
