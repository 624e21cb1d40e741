namespace Cairn.Cli.Tests.Options;

public sealed class SlackOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Slack_is_what_follows_the_content_in_its_last_cluster()
    {
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--no-content");
        // log.csv lies in clusters of 1024 bytes (mke2fs -b 1024): its slack makes them whole.
        Outcome content = await line.RunAsync("cat", "--case", line.Case, "--volume", "7", "var/log/log.csv");
        Outcome slack = await line.RunAsync("cat", "--case", line.Case, "--volume", "7", "var/log/log.csv", "--slack");
        Assert.Equal(0, slack.ExitCode);
        Assert.InRange(slack.Bytes.Length, 1, 1023);
        Assert.Equal(0, (content.Bytes.Length + slack.Bytes.Length) % 1024);
    }
}
