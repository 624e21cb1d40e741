namespace Cairn.Cli.Tests.Options;

public sealed class MostProblemsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task No_more_problems_are_listed_than_asked_for()
    {
        line.Folder.Write("evidence/broken.zip", [0x50, 0x4B, 3, 4, 1, 2, 3]);
        string all = await line.ReportAsync();
        Assert.Contains("Problems and notices</caption>", all, StringComparison.Ordinal);
        string none = await line.ReportAsync("--most-problems", "0");
        Assert.DoesNotContain("Problems and notices</caption>", none, StringComparison.Ordinal);
        Assert.Contains("The first 0 of", none, StringComparison.Ordinal);
    }
}
