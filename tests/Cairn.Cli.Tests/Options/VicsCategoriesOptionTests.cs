namespace Cairn.Cli.Tests.Options;

public sealed class VicsCategoriesOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task Nothing_is_exported_without_the_codes_and_a_bad_list_is_wrong_usage()
    {
        await line.ExamineFolderAsync();
        Outcome outcome = await line.RunAsync("export", "vics", "--case", line.Case, "-o", "-");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--vics-categories", outcome.Error, StringComparison.Ordinal);
        foreach (string list in new[] { "notable", "notable=x", "=1", "a=1,a=2", "" })
        {
            Assert.Equal(2, (await line.RunAsync("export", "vics", "--case", line.Case, "-o", "-", "--vics-categories", list)).ExitCode);
        }
    }

    [Fact]
    public async Task The_codes_can_be_in_a_file()
    {
        await line.ExaminePicturesAsync(["rgb.png"]);
        string list = line.Folder.Write("codes.txt", "# UK\nnotable = 1\nnone = 7\n"u8);
        Outcome outcome = await line.RunAsync("export", "vics", "--case", line.Case, "-o", "-", "--vics-categories", list);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(7, outcome.Json.GetProperty("value")[0].GetProperty("Media")[0].GetProperty("Category").GetInt32());
    }
}
