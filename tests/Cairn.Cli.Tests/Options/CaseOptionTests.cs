namespace Cairn.Cli.Tests.Options;

public sealed class CaseOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_case_is_made_where_it_does_not_exist()
    {
        Assert.Equal(0, (await line.ExamineFolderAsync()).ExitCode);
        Assert.True(File.Exists(Path.Combine(line.Case, "case.db")));
    }

    [Fact]
    public async Task A_folder_without_a_case_is_refused_by_what_reads_cases()
    {
        Outcome outcome = await line.RunAsync("show", "--case", line.Folder.File("absent"));
        Assert.Equal(2, outcome.ExitCode);
        Assert.False(Directory.Exists(line.Folder.File("absent")));
    }
}
