namespace Cairn.Cli.Tests.Options;

public sealed class ByOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Who_makes_the_report_is_named_or_is_the_user()
    {
        Assert.Contains("<dt>Report made by</dt><dd><bdi>A. Examiner</bdi></dd>", await line.ReportAsync("--by", "A. Examiner"), StringComparison.Ordinal);
        Assert.Contains($"<dt>Report made by</dt><dd><bdi>{Environment.UserName}</bdi></dd>", await line.ReportAsync(), StringComparison.Ordinal);
    }
}
