namespace Cairn.Cli.Tests.Options;

public sealed class NoCheckOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_report_says_whether_the_case_was_checked()
    {
        Assert.Contains("All are as they were written.", await line.ReportAsync(), StringComparison.Ordinal);
        Assert.Contains("were not checked against the log", await line.ReportAsync("--no-check"), StringComparison.Ordinal);
    }
}
