using Cairn.TestKit;

namespace Cairn.Cli.Tests.Options;

public sealed class CategoriesOptionTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_vics_file_is_imported_with_what_its_categories_mean_and_not_without()
    {
        string file = TestFiles.FixturePath("known/vics/case-2.0.vics");
        Outcome without = await line.RunAsync("known", "import", file, "--name", "pictures");
        Assert.Equal(2, without.ExitCode);
        Assert.Contains("--categories", without.Error, StringComparison.Ordinal);
        Outcome outcome = await line.RunAsync("known", "import", file, "--name", "pictures", "--categories", "0=ignorable,1=notable:CAM,*=known", "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(("0=ignorable,1=notable:CAM,*=known", 2), (outcome.Json.GetProperty("categories").GetString(), outcome.Json.GetProperty("pdq").GetInt32()));
        Assert.Equal(1, outcome.Json.GetProperty("contradictions").GetInt32());
        Assert.Equal(1, outcome.Json.GetProperty("ignored").GetProperty("photoDna").GetInt32());
    }

    [Fact]
    public async Task A_mapping_can_be_a_file_and_a_bad_one_is_a_usage_error()
    {
        string file = TestFiles.FixturePath("known/vics/case-2.0.vics"), map = line.Folder.Write("uk.csv", "category,meaning,label\n1,notable,CAM\n*,known\n"u8);
        Outcome outcome = await line.RunAsync("known", "import", file, "--name", "pictures", "--categories", map);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("different meanings or categories", outcome.Out, StringComparison.Ordinal);
        Assert.Equal(2, (await line.RunAsync("known", "import", file, "--name", "other", "--categories", "1=bad")).ExitCode);
    }

    [Fact]
    public async Task Several_files_become_one_set()
    {
        Outcome outcome = await line.RunAsync(
            "known", "import", TestFiles.FixturePath("known/pdq/tagged.pdqlist"), TestFiles.FixturePath("known/text/list.md5"), "--name", "both", "--as", "notable", "--json");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(["tagged.pdqlist", "list.md5"], outcome.Json.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()));
    }
}
