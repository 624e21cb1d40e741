namespace Cairn.Cli.Tests.Options;

public sealed class MarkingOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_marking_stands_at_the_top_and_at_the_foot()
    {
        string html = await line.ReportAsync("--marking", "OFFICIAL-SENSITIVE");
        Assert.Equal(3, html.Split("OFFICIAL-SENSITIVE").Length);
    }
}
