namespace Cairn.Cli.Tests.Options;

public sealed class ReferenceOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_reference_is_in_the_title() =>
        Assert.Contains("<h1>Digital examination report, Operation &lt;Rook&gt;</h1>", await line.ReportAsync("--reference", "Operation <Rook>"), StringComparison.Ordinal);
}
