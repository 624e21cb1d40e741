using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;

namespace Cairn.Cli.Tests.Options;

public sealed class ThumbnailPassphraseOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Thumbnails_are_read_with_the_passphrase_alone()
    {
        string file = line.Folder.Write("passphrase.txt", "four words of mine\nnot this line\n"u8);
        Outcome outcome = await line.ExaminePicturesAsync(["rgb.png"], "--thumbnail-passphrase", file);
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Throws<CaseException>(() => ThumbnailReader.Open(line.Case));
        Assert.Throws<CaseException>(() => ThumbnailReader.Open(line.Case, "four words of yours"));
        using ThumbnailReader reader = ThumbnailReader.Open(line.Case, "four words of mine");
        Assert.Single(reader.All());
        foreach (string path in Directory.EnumerateFiles(line.Case, "*", SearchOption.AllDirectories))
        {
            Assert.Equal(-1, File.ReadAllBytes(path).AsSpan().IndexOf("four words of mine"u8));
        }
    }

    [Fact]
    public async Task A_wrong_passphrase_is_refused_before_anything_is_added()
    {
        string right = line.Folder.Write("right.txt", "right\n"u8), wrong = line.Folder.Write("wrong.txt", "wrong\n"u8);
        await line.ExaminePicturesAsync(["rgb.png"], "--thumbnail-passphrase", right);
        byte[] before = File.ReadAllBytes(Path.Combine(line.Case, "case.db"));
        Outcome outcome = await line.ExaminePicturesAsync(["rgb.png"], "--thumbnail-passphrase", wrong);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("passphrase", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(line.Case, "case.db")));
    }

    [Fact]
    public async Task A_file_that_is_not_there_or_empty_is_wrong_usage()
    {
        Outcome absent = await line.ExamineFolderAsync("--thumbnail-passphrase", line.Folder.File("none.txt"));
        Assert.Equal(2, absent.ExitCode);
        Assert.Contains("--thumbnail-passphrase", absent.Error, StringComparison.Ordinal);
        Outcome empty = await line.ExamineFolderAsync("--thumbnail-passphrase", line.Folder.Write("empty.txt", "\nsecond\n"u8));
        Assert.Equal(2, empty.ExitCode);
        Assert.Contains("empty first line", empty.Error, StringComparison.Ordinal);
    }
}
