namespace Cairn.Cli.Tests.Options;

public sealed class ReportFileOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_report_is_put_in_and_covered_by_the_list()
    {
        await line.ExamineFolderAsync("--no-content");
        string report = line.Folder.Write("r.html", "<p>report</p>"u8), folder = line.Folder.File("portable");
        Outcome outcome = await line.RunAsync("export", "portable", "--case", line.Case, "-o", folder, "--under", "/", "--report", report);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal("<p>report</p>", File.ReadAllText(Path.Combine(folder, "report.html")));
        Assert.Contains("  report.html\n", File.ReadAllText(Path.Combine(folder, "SHA256SUMS")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_file_is_wrong_usage()
    {
        await line.ExamineFolderAsync("--no-content");
        foreach (string report in new[] { line.Folder.File("absent.html"), line.Folder.Write("r.exe", "x"u8) })
        {
            Assert.Equal(2, (await line.RunAsync("export", "portable", "--case", line.Case, "-o", line.Folder.File("portable"), "--under", "/", "--report", report)).ExitCode);
        }
    }
}
