using System.Text.RegularExpressions;

namespace Cairn.Architecture.Tests;

/// <summary>Who may know whom.</summary>
public sealed partial class ArrowTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Cairn.Core"] = [],
        ["Cairn.Storage"] = ["Cairn.Core"],
        ["Cairn.Known"] = ["Cairn.Core"],
        ["Cairn.Media"] = ["Cairn.Core"],
        ["Cairn.Media.Worker"] = ["Cairn.Core", "Cairn.Media"],
        ["Cairn.CaseStore"] = ["Cairn.Core"],
        ["Cairn.Engine"] = ["Cairn.CaseStore", "Cairn.Core", "Cairn.Known", "Cairn.Media", "Cairn.Storage"],
        ["Cairn.Reports"] = ["Cairn.CaseStore", "Cairn.Core"],
        ["Cairn.Web"] = ["Cairn.CaseStore", "Cairn.Core", "Cairn.Reports"],
        ["Cairn.Cli"] = ["Cairn.CaseStore", "Cairn.Core", "Cairn.Engine", "Cairn.Known", "Cairn.Media.Worker", "Cairn.Reports", "Cairn.Storage"],
    };

    [Fact]
    public void Every_project_refers_to_exactly_what_the_architecture_allows()
    {
        string[] projects = [.. Repository.Projects.Where(p => Repository.Relative(p.Value).StartsWith("src/", StringComparison.Ordinal)).Select(p => p.Key).Order(StringComparer.Ordinal)];
        Assert.Equal(Allowed.Keys.Order(StringComparer.Ordinal), projects);
        Assert.All(projects, project => Assert.Equal(Allowed[project].Order(StringComparer.Ordinal), Repository.References(project)));
    }

    [Theory]
    [InlineData("FileSystems", "Containers")]
    [InlineData("FileSystems", "Volumes")]
    [InlineData("FileSystems", "Logical")]
    [InlineData("Containers", "FileSystems")]
    [InlineData("Containers", "Volumes")]
    [InlineData("Volumes", "Containers")]
    [InlineData("Volumes", "FileSystems")]
    [InlineData("Logical", "Containers")]
    [InlineData("Logical", "FileSystems")]
    [InlineData("Logical", "Volumes")]
    public void A_layer_of_storage_never_names_another(string layer, string other) =>
        Assert.DoesNotContain(Repository.Sources("src", "Cairn.Storage", layer), path => File.ReadAllText(path).Contains($"Cairn.Storage.{other}", StringComparison.Ordinal));

    [Fact]
    public void Only_the_case_store_and_the_known_sets_open_databases() =>
        Assert.DoesNotContain(Repository.Sources("src").Where(p => !Repository.Relative(p).StartsWith("src/Cairn.CaseStore/", StringComparison.Ordinal) && !Repository.Relative(p).StartsWith("src/Cairn.Known/", StringComparison.Ordinal)),
            path => File.ReadAllText(path).Contains("Microsoft.Data.Sqlite", StringComparison.Ordinal));

    [Fact]
    public void Native_decoders_of_pictures_are_named_by_the_worker_alone() =>
        Assert.DoesNotContain(Repository.Sources("src").Where(p => !Repository.Relative(p).StartsWith("src/Cairn.Media.Worker/", StringComparison.Ordinal)),
            path => NativeDecoder().IsMatch(File.ReadAllText(path)));

    [Fact]
    public void The_command_starts_the_worker_and_never_calls_it() =>
        Assert.DoesNotContain(Repository.Sources("src", "Cairn.Cli"), path => File.ReadAllText(path).Contains("Cairn.Media.Worker", StringComparison.Ordinal));

    [Fact]
    public void Parsers_do_not_write_to_the_console() =>
        Assert.DoesNotContain(Repository.Sources("src").Where(p => !Repository.Relative(p).StartsWith("src/Cairn.Cli/", StringComparison.Ordinal)),
            path => ConsoleUse().IsMatch(File.ReadAllText(path)));

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = File.ReadAllText(Repository.PathOf("Cairn.slnx"));
        Assert.All(Repository.Projects.Values, path => Assert.Contains($"\"{Repository.Relative(path)}\"", solution, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_source_project_has_tests() =>
        Assert.All(Allowed.Keys, project => Assert.True(Repository.Projects.ContainsKey(project + ".Tests"), $"{project}.Tests is missing"));

    [Fact]
    public void Every_project_has_its_lock_file() =>
        Assert.All(Repository.Projects.Values, path => Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(path)!, "packages.lock.json")), path));

    [GeneratedRegex(@"^\s*using (static )?(NetVips|ImageMagick|SkiaSharp)\b", RegexOptions.Multiline)]
    private static partial Regex NativeDecoder();

    [GeneratedRegex(@"\bConsole\.(Write|Error|Out|In|Read)")]
    private static partial Regex ConsoleUse();
}
