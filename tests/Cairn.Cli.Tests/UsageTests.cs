namespace Cairn.Cli.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData]
    [InlineData("no-such-command")]
    [InlineData("examine")]
    [InlineData("examine", "x.E01")]
    [InlineData("examine", "--case", "c")]
    [InlineData("examine", "x.E01", "--case", "c", "--media-hash", "some")]
    [InlineData("examine", "x.E01", "--case", "c", "--no-such-option")]
    [InlineData("verify")]
    [InlineData("verify", "x.E01", "--case", "c")]
    [InlineData("verify", "x.E01", "--no-evidence")]
    [InlineData("show")]
    [InlineData("export", "jsonl", "--case", "c")]
    [InlineData("export", "xml", "--case", "c", "-o", "-")]
    [InlineData("known")]
    [InlineData("known", "import", "x.md5")]
    [InlineData("known", "import", "x.md5", "--name", "n", "--as", "good")]
    [InlineData("known", "import", "x.md5", "--name", "n", "--format", "xml")]
    public async Task Wrong_usage_is_one_line_on_standard_error_and_exit_code_2(params string[] arguments)
    {
        Outcome outcome = await line.RunAsync(arguments);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Out);
        Assert.StartsWith("cairn: ", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("examine", "--help")]
    [InlineData("known", "import", "--help")]
    public async Task Help_goes_to_standard_output(params string[] arguments)
    {
        Outcome outcome = await line.RunAsync(arguments);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("Usage:", outcome.Out, StringComparison.Ordinal);
        Assert.Equal("", outcome.Error);
    }

    [Fact]
    public async Task The_version_is_that_of_the_audit_log()
    {
        Outcome outcome = await line.RunAsync("--version");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(Cairn.Engine.Examiner.ToolVersion, outcome.Out.TrimEnd());
    }

    [Fact]
    public async Task A_path_that_begins_with_an_at_sign_is_a_path()
    {
        Outcome outcome = await line.RunAsync("examine", "@absent.dd", "--case", line.Case);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("no such file", outcome.Error, StringComparison.Ordinal);
    }
}
