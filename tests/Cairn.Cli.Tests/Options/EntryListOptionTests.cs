namespace Cairn.Cli.Tests.Options;

public sealed class EntryListOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_file_with_ids_takes_these_rows_and_those_of_the_command_line()
    {
        await line.ExamineFolderAsync();
        string list = line.Folder.Write("list.txt", "# chosen\n3\n\n 1 \n"u8);
        Assert.Equal(["1", "3"], (await Exports.Exported.RowsAsync(line, "--list", list)).Select(row => $"{row.GetProperty("id")}"));
        Assert.Equal(["1", "2", "3"], (await Exports.Exported.RowsAsync(line, "--list", list, "--entries", "2")).Select(row => $"{row.GetProperty("id")}"));
    }

    [Fact]
    public async Task A_file_that_is_no_list_is_wrong_usage()
    {
        await line.ExamineFolderAsync();
        foreach (string list in new[] { line.Folder.Write("bad.txt", "1\ntwo\n"u8), line.Folder.Write("empty.txt", ""u8), line.Folder.File("absent.txt") })
        {
            Outcome outcome = await line.RunAsync("export", "jsonl", "--case", line.Case, "-o", "-", "--list", list);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains("--list", outcome.Error, StringComparison.Ordinal);
        }
    }
}
