namespace Cairn.Cli.Tests.Options;

public sealed class NoContentOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Nothing_is_hashed()
    {
        Outcome examined = await line.ExamineFolderAsync("--no-content");
        Assert.True(examined.ExitCode == 0, examined.Error);
        Outcome export = await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-");
        Assert.DoesNotContain("\"md5\":\"", export.Out, StringComparison.Ordinal);
        Assert.Contains("\"path\":\"a.txt\"", export.Out, StringComparison.Ordinal);
    }
}
