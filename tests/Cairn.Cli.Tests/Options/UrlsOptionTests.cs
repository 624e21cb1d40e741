namespace Cairn.Cli.Tests.Options;

public sealed class UrlsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_address_is_passed_on_as_it_is()
    {
        (_, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--urls", "https://cairn.example:5001");
        Assert.Equal("https://cairn.example:5001", ServeLine.After(words, "--urls"));
    }
}
