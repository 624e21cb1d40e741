using Cairn.CaseStore;

namespace Cairn.Cli.Tests.Commands;

public sealed class ThumbnailsTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_small_picture_is_shown_written_and_made_unreadable()
    {
        await line.ExaminePicturesAsync(["rgb.png"]);
        Outcome shown = await line.RunAsync("thumbnails", "show", "--case", line.Case, "--json");
        Assert.Equal(("readable", 1), (shown.Json.GetProperty("state").GetString(), shown.Json.GetProperty("thumbnails").GetInt32()));
        string file = line.Folder.File("small.jpg");
        Outcome written = await line.RunAsync("thumbnails", "write", "1", "--case", line.Case, "--output", file);
        Assert.True(written.ExitCode == 0, written.Error);
        Assert.Equal([0xFF, 0xD8, 0xFF], File.ReadAllBytes(file)[..3]);
        Assert.Equal(2, (await line.RunAsync("thumbnails", "write", "1", "--case", line.Case, "--output", file)).ExitCode);
        Assert.Equal(2, (await line.RunAsync("thumbnails", "write", "7", "--case", line.Case, "--output", line.Folder.File("none.jpg"))).ExitCode);

        Outcome refused = await line.RunAsync("thumbnails", "destroy-key", "--case", line.Case);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(line.Case, "thumbnails.key")));
        Assert.Equal(0, (await line.RunAsync("thumbnails", "destroy-key", "--case", line.Case, "--force")).ExitCode);
        Assert.False(File.Exists(Path.Combine(line.Case, "thumbnails.key")));
        Assert.Equal("key gone", (await line.RunAsync("thumbnails", "show", "--case", line.Case, "--json")).Json.GetProperty("state").GetString());
        Assert.Equal(2, (await line.RunAsync("thumbnails", "write", "1", "--case", line.Case, "--output", "-")).ExitCode);
        Assert.Equal(2, (await line.RunAsync("thumbnails", "destroy-key", "--case", line.Case, "--force")).ExitCode);
        using CaseReader reader = CaseReader.Open(line.Case);
        Assert.Contains("key of the thumbnails destroyed", reader.Audit().Last().Detail, StringComparison.Ordinal);
        Assert.Equal(0, (await line.RunAsync("verify", "--case", line.Case)).ExitCode);
    }
}
