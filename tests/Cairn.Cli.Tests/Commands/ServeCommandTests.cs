namespace Cairn.Cli.Tests.Commands;

public sealed class ServeCommandTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Without_the_review_application_it_says_what_is_missing_and_where()
    {
        line.Set("CAIRN_WEB", line.Folder.File("absent"));
        Outcome outcome = await line.RunAsync("serve", "--case", line.Case);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("Cairn.Web", outcome.Error, StringComparison.Ordinal);
        Assert.Contains(line.Folder.File("absent"), outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_case_or_a_folder_of_cases_is_named_and_not_both()
    {
        Assert.Equal(2, (await ServeLine.RunAsync(line)).Outcome.ExitCode);
        (Outcome both, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--cases", line.Folder.Path);
        Assert.Equal(2, both.ExitCode);
        Assert.Empty(words);
    }

    [Fact]
    public async Task The_application_is_told_the_case_and_how_content_is_read()
    {
        (Outcome outcome, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(line.Case, ServeLine.After(words, "--case"));
        Assert.True(File.Exists(ServeLine.After(words, "--reader")));
    }
}
