namespace Cairn.Cli.Tests.Options;

public sealed class OutputOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_hyphen_is_standard_output_and_a_file_is_written_whole()
    {
        await line.ExamineFolderAsync();
        Outcome screen = await line.RunAsync("export", "csv", "--case", line.Case, "-o", "-");
        string file = line.Folder.File("out.csv");
        Assert.Equal(0, (await line.RunAsync("export", "csv", "--case", line.Case, "--output", file)).ExitCode);
        Assert.Equal(screen.Out, File.ReadAllText(file));
        Assert.Empty(Directory.EnumerateFiles(line.Folder.Path, "*.part"));
    }

    [Fact]
    public async Task Evidence_and_the_case_itself_are_never_replaced()
    {
        await line.ExamineFolderAsync();
        foreach (string target in new[] { Path.Combine(line.Folder.File("evidence"), "a.txt"), Path.Combine(line.Case, "case.db"), line.Folder.File("evidence") })
        {
            Outcome outcome = await line.RunAsync("export", "csv", "--case", line.Case, "-o", target);
            Assert.Equal(2, outcome.ExitCode);
        }

        Assert.Equal("alpha\n", File.ReadAllText(Path.Combine(line.Folder.File("evidence"), "a.txt")));
    }
}
