namespace Cairn.Cli.Tests.Options;

public sealed class ExtentsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_evidence_is_asked_where_bytes_lie_and_its_absence_is_said()
    {
        Assert.Equal(0, (await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case)).ExitCode);
        string with = await line.ReportOfCaseAsync("--extents", "--under", "Users/sam", "--type", "image/");
        Assert.Matches("<dt>Where its bytes lie</dt><dd>28,854 bytes at [0-9,]+ \\(bytes of the part\\)|<dt>Where its bytes lie</dt><dd>[0-9,]+ bytes at [0-9,]+", with);
        Assert.DoesNotContain("Where its bytes lie", await line.ReportOfCaseAsync("--under", "Users/sam", "--type", "image/"), StringComparison.Ordinal);
    }
}
