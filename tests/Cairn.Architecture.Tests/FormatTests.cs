using System.Text.RegularExpressions;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage;

namespace Cairn.Architecture.Tests;

/// <summary>A registered format brings its page, its fixtures and its tests.</summary>
public sealed class FormatTests
{
    public static TheoryData<string, string> Formats()
    {
        var data = new TheoryData<string, string>();
        foreach (IContainerFormat format in StorageCatalogue.Containers)
        {
            data.Add("Containers", format.Description.Id);
        }

        foreach (ILogicalFormat format in StorageCatalogue.Logical)
        {
            data.Add("Logical", format.Description.Id);
        }

        foreach (IVolumeSystemFormat format in StorageCatalogue.VolumeSystems)
        {
            data.Add("Volumes", format.Description.Id);
        }

        foreach (IFileSystemFormat format in StorageCatalogue.FileSystems)
        {
            data.Add("FileSystems", format.Description.Id);
        }

        foreach (IEmbeddedFormat format in StorageCatalogue.Embedded)
        {
            data.Add("Embedded", format.Description.Id);
        }

        return data;
    }

    [Fact]
    public void Identities_are_unique_and_lower_case()
    {
        // A ZIP is evidence of its own and a file that holds others: unique among the former, and among the latter.
        (string Layer, string Id)[] ids = [.. Formats().Select(row => (row.Data.Item1 == "Embedded" ? "Embedded" : "", row.Data.Item2))];
        Assert.NotEmpty(ids);
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Matches("^[a-z][a-z0-9-]*$", id.Id));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_format_has_its_page(string layer, string id) =>
        Assert.True(Find("src/Cairn.Storage/" + layer, id, folder => File.Exists(Path.Combine(folder, "README.md"))), $"no folder of {id} in src/Cairn.Storage/{layer} with a README.md");

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_format_has_fixtures_with_a_manifest(string layer, string id)
    {
        Assert.True(Find(layer == "Embedded" ? "fixtures/embedded" : "fixtures", id, folder => File.Exists(Path.Combine(folder, "MANIFEST.tsv"))), $"no fixtures/{id} with a MANIFEST.tsv");
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_format_has_tests(string layer, string id)
    {
        if (layer == "Embedded")
        {
            // Their tests walk the fixtures: each has at least one whose members were listed by its maker.
            Assert.NotEmpty(Directory.EnumerateFiles(Repository.PathOf("fixtures", "embedded", id), "*.members.tsv"));
            return;
        }

        bool ownFolder = Find("tests/Cairn.Storage.Tests", id, folder => Directory.EnumerateFiles(folder, "*Tests.cs").Any());

        // Small formats share a file: there the tests open the format itself or its fixtures.
        Regex uses = new($"\\b{id}(Format|Tests)\\b|\"{id}/", RegexOptions.IgnoreCase);
        bool shared = Repository.Sources("tests", "Cairn.Storage.Tests").Any(path => uses.IsMatch(File.ReadAllText(path)));
        Assert.True(ownFolder || shared, $"no tests of {id} in tests/Cairn.Storage.Tests");
    }

    /// <summary>A folder named as the format.</summary>
    private static bool Find(string below, string id, Func<string, bool> holds)
    {
        string start = Repository.PathOf(below.Split('/'));
        return Directory.Exists(start)
            && Directory.EnumerateDirectories(start, "*", SearchOption.AllDirectories).Any(folder => Plain(Path.GetFileName(folder)) == Plain(id) && holds(folder));
    }

    private static string Plain(string name) => new([.. name.Where(char.IsAsciiLetterOrDigit).Select(char.ToLowerInvariant)]);
}
