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

    [Theory]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("half")]
    public async Task A_quality_that_is_none_is_refused_before_the_file_is_looked_for(string quality)
    {
        Outcome outcome = await line.RunAsync("known", "import", "no such file", "--name", "one", "--min-quality", quality);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--min-quality takes 0 to 100", outcome.Error, StringComparison.Ordinal);
    }
}
