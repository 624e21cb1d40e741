using System.Text.Json;
using Cairn.CaseStore.Review;
using Cairn.Cli.Tests.Exports;

namespace Cairn.Cli.Tests.Commands;

/// <summary>What the commands say of a case that people reviewed.</summary>
public sealed class ReviewedCaseTests : IDisposable
{
    private static readonly Actor Anna = new("u-anna", "Anna Ash");
    private readonly CommandLine line = new();

    public void Dispose() => line.Dispose();

    [Fact]
    public async Task A_hit_tells_how_often_its_entry_was_overruled_here_and_in_other_cases()
    {
        await ExamineWithHitsAsync(line.Case);
        Assert.Equal((0, 0), Overruled((await line.RowsAsync("--hits", "any"))[0]));
        JsonElement row = (await line.RowsAsync("--hits", "any"))[0];
        ContentKey content = ContentKey.Of(Convert.FromHexString(row.GetProperty("sha256").GetString()!), row.GetProperty("id").GetInt64());
        using (ReviewStore store = ReviewStore.Open(line.Case, "test", TimeProvider.System))
        {
            // The set has hashes only, so its entry is the content.
            store.Overrule(Anna, Guid.NewGuid(), new Overrule("set", null, content.Text, content, row.GetProperty("id").GetInt64(), "a system file"));
            store.Overrule(new Actor("u-ben", "Ben Birch"), Guid.NewGuid(), new Overrule("set", null, content.Text, content, row.GetProperty("id").GetInt64(), "as Anna says"));
            Assert.Equal(2, store.ShareOverrules(line.Folder.File("known")));
            Assert.Equal(0, store.ShareOverrules(line.Folder.File("known")));
        }

        Assert.Equal((1, 0), Overruled((await line.RowsAsync("--hits", "any"))[0]));

        string next = line.Folder.File("next");
        await ExamineWithHitsAsync(next);
        Outcome other = await line.RunAsync("export", "jsonl", "--case", next, "-o", "-", "--hits", "any");
        Assert.Equal((0, 1), Overruled(JsonDocument.Parse(other.Bytes).RootElement));
        other = await line.RunAsync("export", "jsonl", "--case", next, "-o", "-", "--hits", "any", "--known-directory", line.Folder.File("none"));
        Assert.Equal((0, 0), Overruled(JsonDocument.Parse(other.Bytes).RootElement));

        using (ReviewStore store = ReviewStore.Open(line.Case, "test", TimeProvider.System))
        {
            store.UndoLast(Anna, Guid.NewGuid());
            Assert.Equal(1, store.ShareOverrules(line.Folder.File("known")));
            store.UndoLast(new Actor("u-ben", "Ben Birch"), Guid.NewGuid());
            Assert.Equal(1, store.ShareOverrules(line.Folder.File("known")));
        }

        other = await line.RunAsync("export", "jsonl", "--case", next, "-o", "-", "--hits", "any");
        Assert.Equal((0, 0), Overruled(JsonDocument.Parse(other.Bytes).RootElement));
        Assert.Equal(1, (await line.RunAsync("known", "list", "--json")).Json.GetProperty("sets").GetArrayLength());
    }

    [Fact]
    public async Task Verification_says_what_of_the_review_was_checked_and_finds_what_was_altered()
    {
        await line.ExamineFolderAsync();
        Assert.Contains("none: nobody has reviewed the case", (await line.RunAsync("verify", "--case", line.Case)).Out, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, (await line.RunAsync("verify", "--case", line.Case, "--json")).Json.GetProperty("review").ValueKind);
        string kept = line.Folder.File("kept.txt");
        using (ReviewStore store = ReviewStore.Open(line.Case, "test", TimeProvider.System))
        {
            store.Vote(Anna, Guid.NewGuid(), new VoteRequest { Contents = [new EntryContent(ContentKey.Of(null, 1), 1)], Grade = "C" });
            await File.WriteAllTextAsync(kept, store.Checkpoint()!.Text, TestContext.Current.CancellationToken);
        }

        Outcome outcome = await line.RunAsync("verify", "--case", line.Case, "--json");
        Assert.Equal(0, outcome.ExitCode);
        JsonElement review = outcome.Json.GetProperty("review");

        // Rows: case id and salt, the scheme; the act, its vote; the key of the checkpoint.
        Assert.Equal((3, 6, 1, 1), (review.GetProperty("auditEntries").GetInt32(), review.GetProperty("rows").GetInt32(), review.GetProperty("contents").GetInt32(), review.GetProperty("checkpoints").GetInt32()));
        outcome = await line.RunAsync("verify", "--case", line.Case, "--checkpoint", kept);
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("6 rows checked against its own audit log of 3 entries", outcome.Out, StringComparison.Ordinal);
        Assert.Contains("covers 3 entries of the review's log", outcome.Out, StringComparison.Ordinal);

        File.Delete(Path.Combine(line.Case, "review.db"));
        outcome = await line.RunAsync("verify", "--case", line.Case, "--checkpoint", kept);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("review.db is missing", outcome.Out, StringComparison.Ordinal);
    }

    private async Task ExamineWithHitsAsync(string directory)
    {
        // MD5 of alpha and a line end, by md5sum.
        await line.RunAsync("known", "import", line.Folder.Write("set.md5", "9f9f90dbe3e5ee1218c86b8839db1995  a.txt\n"u8), "--name", "set", "--as", "notable");
        line.Folder.Write("evidence/a.txt", "alpha\n"u8);
        Assert.Equal(0, (await line.RunAsync("examine", line.Folder.File("evidence"), "--case", directory)).ExitCode);
    }

    private static (int Here, int Elsewhere) Overruled(JsonElement row)
    {
        JsonElement hit = Assert.Single(row.GetProperty("hits").EnumerateArray());
        return hit.TryGetProperty("overruled", out JsonElement overruled) ? (overruled.GetProperty("here").GetInt32(), overruled.GetProperty("elsewhere").GetInt32()) : (0, 0);
    }
}
