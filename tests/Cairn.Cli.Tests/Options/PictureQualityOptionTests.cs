namespace Cairn.Cli.Tests.Options;

public sealed class PictureQualityOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("83", 1)]
    [InlineData("84", 0)]
    public async Task A_picture_of_less_quality_is_not_looked_up(string quality, int hits)
    {
        // The reference gives alpha.png a quality of 83.
        await line.ImportPdqAsync("4687996726f86783cb36f6494ff03a03d46c2eb39707f8fcc40931f4ee8f4401");
        Outcome outcome = await line.ExaminePicturesAsync(["alpha.png"], "--picture-quality", quality);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(hits, outcome.Json.GetProperty("hits").GetInt32());
        Assert.Equal(83, (await line.LineOfAsync("alpha.png")).GetProperty("picture").GetProperty("quality").GetInt32());
    }

    [Theory]
    [InlineData("101")]
    [InlineData("-1")]
    public async Task A_quality_that_is_none_is_refused(string quality)
    {
        Outcome outcome = await line.ExamineFolderAsync("--picture-quality", quality);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--picture-quality", outcome.Error, StringComparison.Ordinal);
    }
}
