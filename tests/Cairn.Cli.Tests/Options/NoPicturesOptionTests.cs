namespace Cairn.Cli.Tests.Options;

public sealed class NoPicturesOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_picture_is_decoded_and_no_thumbnail_made(bool none)
    {
        await line.ImportPdqAsync(CommandLine.PdqOfRgb);
        Outcome outcome = await line.ExaminePicturesAsync(["rgb.png"], none ? ["--no-pictures"] : []);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(none ? 0 : 1, outcome.Json.GetProperty("hits").GetInt32());
        Assert.Equal(!none, (await line.LineOfAsync("rgb.png")).TryGetProperty("picture", out _));
        Assert.Equal(!none, File.Exists(Path.Combine(line.Case, "thumbnails.db")));
    }
}
