using System.Globalization;
using System.Text.Json;

namespace Cairn.Cli.Tests.Options;

public sealed class PictureDistanceOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("19", 0)]
    [InlineData("20", 1)]
    [InlineData("63", 1)]
    public async Task A_picture_is_a_hit_up_to_the_distance(string distance, int hits)
    {
        // Five digits of the reference's hash with all their bits turned: 20 bits.
        await line.ImportPdqAsync("d1f86" + CommandLine.PdqOfRgb[5..]);
        Outcome outcome = await line.ExaminePicturesAsync(["rgb.png"], "--picture-distance", distance);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(hits, outcome.Json.GetProperty("hits").GetInt32());
        if (hits == 1)
        {
            JsonElement hit = Assert.Single((await line.LineOfAsync("rgb.png")).GetProperty("hits").EnumerateArray());
            Assert.Equal(20, hit.GetProperty("distance").GetInt32());
            Assert.Equal(int.Parse(distance, CultureInfo.InvariantCulture), hit.GetProperty("threshold").GetInt32());
        }
    }

    [Theory]
    [InlineData("64")]
    [InlineData("-1")]
    [InlineData("near")]
    public async Task A_distance_that_is_none_is_refused(string distance)
    {
        Outcome outcome = await line.ExamineFolderAsync("--picture-distance", distance);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--picture-distance", outcome.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(line.Case));
    }
}
