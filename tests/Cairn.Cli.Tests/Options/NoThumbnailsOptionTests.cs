namespace Cairn.Cli.Tests.Options;

public sealed class NoThumbnailsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pictures_are_decoded_and_nothing_of_them_is_kept(bool none)
    {
        Outcome outcome = await line.ExaminePicturesAsync(["rgb.png"], none ? ["--no-thumbnails"] : []);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(CommandLine.PdqOfRgb, (await line.LineOfAsync("rgb.png")).GetProperty("picture").GetProperty("pdq").GetString());
        Assert.Equal(!none, File.Exists(Path.Combine(line.Case, "thumbnails.db")));
        Assert.Equal(!none, File.Exists(Path.Combine(line.Case, "thumbnails.key")));
    }
}
