namespace Cairn.Cli.Tests.Options;

public sealed class AccountsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Accounts_are_asked_for_only_where_that_is_said()
    {
        (_, string[] without) = await ServeLine.RunAsync(line, "--case", line.Case);
        Assert.DoesNotContain("--accounts", without);
        (_, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--accounts");
        Assert.Equal("true", ServeLine.After(words, "--accounts"));
    }
}
