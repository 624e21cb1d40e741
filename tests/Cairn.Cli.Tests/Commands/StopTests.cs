namespace Cairn.Cli.Tests.Commands;

public sealed class StopTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_stopped_examination_says_that_the_same_command_continues_it()
    {
        string image = line.Folder.File("large.dd");
        using (FileStream file = File.Create(image))
        {
            file.SetLength(6L << 30);
        }

        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        Outcome outcome = await line.RunAsync(stop.Token, "examine", image, "--case", line.Case, "--media-hash", "all");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Out);
        string last = outcome.Error.TrimEnd().Split('\n')[^1];
        Assert.Contains("stopped", last, StringComparison.Ordinal);
        Assert.Contains("the same command continues it", last, StringComparison.Ordinal);
    }
}
