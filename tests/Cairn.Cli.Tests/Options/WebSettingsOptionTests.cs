namespace Cairn.Cli.Tests.Options;

public sealed class WebSettingsOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_file_of_settings_is_passed_on_as_a_full_path()
    {
        (_, string[] words) = await ServeLine.RunAsync(line, "--case", line.Case, "--settings", line.Folder.File("s.json"));
        Assert.Equal(line.Folder.File("s.json"), ServeLine.After(words, "--settings"));
    }
}
