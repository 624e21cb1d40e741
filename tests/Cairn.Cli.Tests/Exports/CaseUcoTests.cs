using System.Text.Json;
using Cairn.Reports.Tests.CaseUco;
using Cairn.TestKit;

namespace Cairn.Cli.Tests.Exports;

public sealed class CaseUcoTests : IDisposable
{
    private const string Observable = "https://ontology.unifiedcyberontology.org/uco/observable/";
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task The_sample_conforms_to_the_ontology_and_has_every_hash_and_hit_of_the_case()
    {
        Shapes shapes = new(File.ReadAllText(TestFiles.Corpus("interchange/case-uco/ontology/case-1.4.0.ttl")));
        await line.RunAsync("known", "import", Path.Combine(TestFiles.RepositoryRoot, "samples", "known-sample.md5"), "--name", "sample", "--as", "notable");
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--exhibit", "RB/1");
        Outcome outcome = await line.RunAsync("export", "case-uco", "--case", line.Case, "-o", "-");
        Assert.Equal(0, outcome.ExitCode);
        Graph graph = new();
        JsonLd.Read(outcome.Out, graph);
        Assert.Empty(shapes.Check(graph));
        JsonElement[] rows = await line.RowsAsync();
        string[] paths = [.. rows.Where(r => !r.TryGetProperty("firstId", out _)).Select(r => $"/{r.GetProperty("path")}").Order(StringComparer.Ordinal)];
        Assert.Equal(paths, graph.Subjects.Where(s => graph.Of(s, Observable + "allocationStatus").Count > 0).Select(s => graph.Of(s, Observable + "filePath")[0].Value).Order(StringComparer.Ordinal));
        // Eleven copies of the files of the set, by md5sum.
        Assert.Equal(11, graph.Subjects.Count(s => graph.Of(s, "https://ontology.unifiedcyberontology.org/uco/analysis/resultContent").Count > 0));
        string[] hashes = [.. rows.Select(r => r.GetProperty("sha256").GetString()).OfType<string>().Order(StringComparer.Ordinal)];
        Assert.Equal(hashes, graph.Subjects.Where(s => graph.Of(s, "https://ontology.unifiedcyberontology.org/uco/types/hashMethod").Any(m => m.Value == "SHA256"))
            .Select(s => graph.Of(s, "https://ontology.unifiedcyberontology.org/uco/types/hashValue")[0].Value.ToLowerInvariant()).Where(h => h != "f63d4f2377642244af7c252602878d7df94f7f88c2e267bdf1fbb1a284b4cc5c").Order(StringComparer.Ordinal));
    }
}
