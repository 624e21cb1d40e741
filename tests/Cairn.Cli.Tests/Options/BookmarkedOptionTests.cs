using Cairn.CaseStore.Review;

namespace Cairn.Cli.Tests.Options;

public sealed class BookmarkedOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Only_bookmarked_files_are_described_and_filters_hold_too()
    {
        await line.ExamineFolderAsync();
        Assert.Contains("No file is as was asked for.", await line.ReportOfCaseAsync("--bookmarked"), StringComparison.Ordinal);
        long id = (await line.LineOfAsync("sub/b.txt")).GetProperty("id").GetInt64();
        using (ReviewStore store = ReviewStore.Open(line.Case, "Cairn", TimeProvider.System))
        {
            store.BookmarkEntries(new Actor("one", "One"), Guid.NewGuid(), [id]);
        }

        string html = await line.ReportOfCaseAsync("--bookmarked");
        Assert.Contains("1 file was asked for.", html, StringComparison.Ordinal);
        Assert.Contains($"id=\"file-{id}\"", html, StringComparison.Ordinal);
        Assert.Contains("No file is as was asked for.", await line.ReportOfCaseAsync("--bookmarked", "--under", "a.txt"), StringComparison.Ordinal);
    }
}
