namespace Cairn.Cli.Tests.Options;

public sealed class MediaHashOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("none", false, false)]
    [InlineData("auto", true, true)]
    [InlineData("all", true, true)]
    public async Task The_chosen_hashes_are_computed(string choice, bool md5, bool sha256)
    {
        string image = line.Folder.Write("small.dd", new byte[4096]);
        Outcome outcome = await line.RunAsync("examine", image, "--case", line.Case, "--media-hash", choice, "--json");
        var evidence = outcome.Json.GetProperty("evidence")[0];
        // md5sum and sha256sum of 4096 zero bytes.
        Assert.Equal(md5 ? "620f0b67a91f7f74151bc5be745b7110" : null, evidence.GetProperty("md5").GetString());
        Assert.Equal(sha256 ? "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7" : null, evidence.GetProperty("sha256").GetString());
    }
}
