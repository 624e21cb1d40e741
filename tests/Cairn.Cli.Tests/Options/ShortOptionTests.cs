namespace Cairn.Cli.Tests.Options;

public sealed class ShortOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_short_form_leaves_out_the_timeline()
    {
        Assert.Contains("Timeline extract", await line.ReportAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("Timeline extract", await line.ReportAsync("--short"), StringComparison.Ordinal);
    }
}
