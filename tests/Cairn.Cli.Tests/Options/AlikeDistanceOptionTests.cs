namespace Cairn.Cli.Tests.Options;

public sealed class AlikeDistanceOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("9", 0)]
    [InlineData("10", 1)]
    public async Task Pictures_are_of_one_group_up_to_the_distance(string distance, int groups)
    {
        // The reference's hashes of the two differ in 10 bits.
        Outcome outcome = await line.ExaminePicturesAsync(["rgb.png", "palette.png"], "--alike-distance", distance);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Outcome show = await line.RunAsync("show", "--case", line.Case, "--json");
        Assert.Equal(groups, show.Json.GetProperty("pictures").GetProperty("alikeGroups").GetInt32());
    }

    [Theory]
    [InlineData("64")]
    [InlineData("-1")]
    public async Task A_distance_that_is_none_is_refused(string distance)
    {
        Outcome outcome = await line.ExamineFolderAsync("--alike-distance", distance);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--alike-distance", outcome.Error, StringComparison.Ordinal);
    }
}
