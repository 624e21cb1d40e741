using Cairn.CaseStore.Review;

namespace Cairn.Cli.Tests.Options;

public sealed class SelectionOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_entries_of_a_selection_are_taken_and_another_name_is_wrong_usage()
    {
        await line.ExamineFolderAsync();
        Assert.Equal(2, (await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-", "--selection", "for counsel")).ExitCode);
        Actor actor = new("u-anna", "Anna Ash");
        using (ReviewStore store = ReviewStore.Open(line.Case, "0.1.0", TimeProvider.System))
        {
            long selection = store.CreateSelection(actor, Guid.NewGuid(), "for counsel").Sequence;
            store.AddToSelection(actor, Guid.NewGuid(), selection, [3, 1]);
        }

        Assert.Equal(["1", "3"], (await Exports.Exported.RowsAsync(line, "--selection", "for counsel")).Select(row => $"{row.GetProperty("id")}"));
        Assert.Equal(["1", "2", "3"], (await Exports.Exported.RowsAsync(line, "--selection", "for counsel", "--entries", "2")).Select(row => $"{row.GetProperty("id")}"));
        Outcome other = await line.RunAsync("export", "files", "--case", line.Case, "-o", line.Folder.File("out"), "--selection", "other");
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("'for counsel'", other.Error, StringComparison.Ordinal);
    }
}
