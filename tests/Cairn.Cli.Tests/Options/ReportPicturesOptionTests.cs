namespace Cairn.Cli.Tests.Options;

public sealed class ReportPicturesOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Theory]
    [InlineData("none", false, false)]
    [InlineData("chosen", false, false)]
    [InlineData("blurred", true, false)]
    [InlineData("shown", false, true)]
    public async Task Pictures_are_left_out_blurred_or_shown(string how, bool blurred, bool shown)
    {
        Assert.Equal(0, (await line.ExaminePicturesAsync(["rgb.png"])).ExitCode);
        string html = await line.ReportOfCaseAsync("--pictures", how, "--type", "picture");
        Assert.Equal(blurred, html.Contains("data:image/bmp;base64,", StringComparison.Ordinal));
        Assert.Equal(shown, html.Contains("data:image/jpeg;base64,", StringComparison.Ordinal));
        Assert.DoesNotContain("<img", await line.ReportOfCaseAsync("--type", "picture"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_word_is_wrong_usage()
    {
        Outcome outcome = await line.RunAsync("report", "--case", line.Case, "-o", line.Folder.File("r.html"), "--pictures", "all");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("none, chosen, blurred or shown", outcome.Error, StringComparison.Ordinal);
    }
}
