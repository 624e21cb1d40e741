using System.Text.Json;
using Cairn.CaseStore.Review;
using Cairn.Known;
using Cairn.TestKit;

namespace Cairn.Cli.Tests.Exports;

public sealed class VicsTests : IDisposable
{
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task What_is_exported_and_imported_again_is_the_same_set()
    {
        string file = line.Folder.File("out.json"), samples = Path.Combine(TestFiles.RepositoryRoot, "samples", "known-sample.md5");
        await line.RunAsync("known", "import", samples, "--name", "sample", "--as", "notable");
        await line.RunAsync("examine", CommandLine.Sample, "--case", line.Case, "--exhibit", "RB/1");
        Outcome outcome = await line.RunAsync("export", "vics", "--case", line.Case, "-o", file, "--vics-categories", "notable=1,*=0,none=5", "--vics-profile", "UK");
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        JsonElement exported = JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("value")[0];
        JsonElement[] media = [.. exported.GetProperty("Media").EnumerateArray()];
        Assert.Contains("uncertified", exported.GetProperty("SourceApplicationName").GetString(), StringComparison.Ordinal);

        // The same pictures, by the jsonl export of the case: one media for each MD5, one file for each entry.
        JsonElement[] pictures = [.. (await line.RowsAsync()).Where(r => r.TryGetProperty("picture", out _))];
        Assert.Equal(pictures.Select(p => p.GetProperty("md5").GetString()!.ToUpperInvariant()).Distinct().Order(StringComparer.Ordinal), media.Select(m => m.GetProperty("MD5").GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(pictures.Length, media.Sum(m => m.GetProperty("MediaFiles").GetArrayLength()));
        Assert.Equal(pictures.Length, exported.GetProperty("TotalMediaFiles").GetInt32());
        // Which are of the set says md5sum's file.
        string[] notable = [.. File.ReadLines(samples).Select(l => l[..32].ToUpperInvariant())];
        Assert.All(media, m => Assert.Equal(notable.Contains(m.GetProperty("MD5").GetString()) ? 1 : 5, m.GetProperty("Category").GetInt32()));
        Assert.Equal(media.Count(m => notable.Contains(m.GetProperty("MD5").GetString())), exported.GetProperty("TotalPrecategorized").GetInt32());

        Outcome imported = await line.RunAsync("known", "import", file, "--name", "again", "--categories", "1=notable:one,5=known:five", "--json");
        Assert.True(imported.ExitCode == 0, imported.Error);
        Assert.Equal(media.Length, imported.Json.GetProperty("entries").GetInt32());
        using KnownSet set = KnownLibrary.Open(line.Folder.File("known")).Load("again");
        Dictionary<string, string> labels = media.ToDictionary(m => $"{m.GetProperty("MediaID")}", m => m.GetProperty("Category").GetInt32() == 1 ? "one" : "five", StringComparer.Ordinal);
        // Back: every entry of the set is a media with its category, and there are no more hashes than were exported.
        Assert.Equal((media.Length, media.Length, media.Length, media.Length), (set.Info.Entries, set.Info.Md5Count, set.Info.Sha1Count, set.Info.Sha256Count));
        Assert.Equal(labels, Enumerable.Range(0, media.Length).Select(set.Entry).ToDictionary(e => e.Id, e => e.Category!, StringComparer.Ordinal));
        // There: each hash of each media finds it.
        foreach (JsonElement item in media)
        {
            byte[] md5 = Convert.FromHexString(item.GetProperty("MD5").GetString()!), sha1 = Convert.FromHexString(item.GetProperty("SHA1").GetString()!);
            byte[] sha256 = Convert.FromHexString(item.GetProperty("AlternativeHashes").EnumerateArray().Single(h => h.GetProperty("HashName").GetString() == "SHA256").GetProperty("HashValue").GetString()!);
            foreach (KnownHit? hit in new[] { set.Lookup(md5, [], []), set.Lookup([], sha1, []), set.Lookup([], [], sha256) })
            {
                Assert.Equal($"{item.GetProperty("MediaID")}", hit!.EntryId);
            }
        }
    }

    [Fact]
    public async Task What_people_decided_comes_before_every_hit()
    {
        await line.ImportPdqAsync(CommandLine.PdqOfRgb);
        await line.ExaminePicturesAsync(["rgb.png"]);
        JsonElement row = await line.LineOfAsync("rgb.png");
        Assert.Equal(1, row.GetProperty("hits").GetArrayLength());
        ContentKey content = ContentKey.Of(Convert.FromHexString(row.GetProperty("sha256").GetString()!), 0);
        Actor actor = new("u-anna", "Anna Ash");
        using (ReviewStore store = ReviewStore.Open(line.Case, "0.1.0", TimeProvider.System))
        {
            store.Vote(actor, Guid.NewGuid(), new VoteRequest { Contents = [new EntryContent(content, row.GetProperty("id").GetInt64())], Grade = "not-indecent", Flags = ["victim"], Revealed = true, Milliseconds = 1_000 });
        }

        async Task<JsonElement> MediaAsync(string categories) => (await line.RunAsync("export", "vics", "--case", line.Case, "-o", "-", "--vics-categories", categories)).Json.GetProperty("value")[0].GetProperty("Media")[0];
        JsonElement media = await MediaAsync("notable=1,not-indecent=4,none=5");
        Assert.Equal((4, false, true), (media.GetProperty("Category").GetInt32(), media.GetProperty("IsPrecategorized").GetBoolean(), media.GetProperty("VictimIdentified").GetBoolean()));
        // A grade without a code is not replaced by that of a hit.
        Assert.False((await MediaAsync("notable=1,none=5")).TryGetProperty("Category", out _));
    }
}
