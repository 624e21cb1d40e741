namespace Cairn.Cli.Tests.Options;

public sealed class ExhibitOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_exhibit_reference_is_recorded()
    {
        Outcome outcome = await line.ExamineFolderAsync("--exhibit", "RB/1", "--json");
        Assert.Equal("RB/1", outcome.Json.GetProperty("evidence")[0].GetProperty("exhibit").GetString());
    }
}
