using Cairn.TestKit;

namespace Cairn.Cli.Tests.Options;

public sealed class MinQualityOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("0", 3)]
    [InlineData("50", 2)]
    [InlineData("100", 1)]
    public async Task Hashes_of_less_quality_are_left_out(string quality, int hashes)
    {
        Outcome outcome = await line.RunAsync("known", "import", TestFiles.FixturePath("known/pdq/quality.pdqlist"), "--name", "one", "--min-quality", quality, "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(hashes, outcome.Json.GetProperty("pdq").GetInt32());
    }

    [Fact]
    public async Task A_quality_that_is_none_is_refused() =>
        Assert.Equal(2, (await line.RunAsync("known", "import", TestFiles.FixturePath("known/pdq/quality.pdqlist"), "--name", "one", "--min-quality", "101")).ExitCode);
}
