namespace Cairn.Cli.Tests.Options;

public sealed class WithoutOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Named_parts_are_left_out_and_others_stay()
    {
        string html = await line.ReportAsync("--without", "glossary, timeline");
        Assert.DoesNotContain("Glossary", html, StringComparison.Ordinal);
        Assert.DoesNotContain("Timeline extract", html, StringComparison.Ordinal);
        Assert.Contains("Method in plain words", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_there_is_not_is_wrong_usage()
    {
        Outcome outcome = await line.RunAsync("report", "--case", line.Case, "-o", line.Folder.File("r.html"), "--without", "cover");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("no part 'cover'", outcome.Error, StringComparison.Ordinal);
    }
}
