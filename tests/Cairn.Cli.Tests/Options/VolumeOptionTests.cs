namespace Cairn.Cli.Tests.Options;

public sealed class VolumeOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Without_an_entry_the_whole_volume_is_written()
    {
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--no-content");
        Outcome outcome = await line.RunAsync("cat", "--case", line.Case, "--volume", "2");
        Assert.Equal(16_384, outcome.Bytes.Length);
        // GPT entry 0 begins with the type GUID of a Microsoft basic data partition.
        Assert.Equal("A2A0D0EBE5B9334487C068B6B72699C7", Convert.ToHexString(outcome.Bytes, 0, 16));
    }
}
