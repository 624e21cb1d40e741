using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>Files within files through a whole examination: their place, hashes, limits, and resuming.</summary>
public sealed class EmbeddedStageTests : IDisposable
{
    private readonly TempFolder folder = new();

    public EmbeddedStageTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_member_of_an_archive_has_the_hash_that_md5sum_gave_it()
    {
        folder.Write("evidence/plain.zip", TestFiles.Fixture("zip/plain.zip"));
        await ExamineAsync("case");
        Dictionary<string, string> expected = TestFiles.FixtureText("zip/tree.md5").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(line => "plain.zip/" + line[34..], line => line[..32]);
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        Dictionary<string, string> found = reader.Entries().Where(row => row.Member is not null && row.Md5 is not null).ToDictionary(row => row.Path, row => Convert.ToHexStringLower(row.Md5!));
        foreach ((string path, string md5) in expected)
        {
            Assert.Equal(md5, found[path]);
        }

        ExportRow root = reader.Entries().Single(row => row.Path == "plain.zip");
        Assert.All(reader.Entries().Where(row => row.Member is not null), row =>
        {
            Assert.Equal(root.Id, row.Member!.ParentId);
            Assert.Equal(1, row.Member.Depth);
            Assert.StartsWith(root.Address + "/", row.Address, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task An_archive_in_a_deeper_one_gives_its_bytes_again_to_cat()
    {
        byte[] text = Encoding.UTF8.GetBytes("four levels down\n");
        byte[] archive = Zipped("note.txt", text);
        for (int level = 0; level < 3; level++)
        {
            archive = Zipped($"level{level}.zip", archive);
        }

        folder.Write("evidence/outer.zip", archive);
        await ExamineAsync("case");
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow note = reader.Entries().Single(row => row.Path == "outer.zip/level2.zip/level1.zip/level0.zip/note.txt");
        Assert.Equal(4, note.Member!.Depth);
        Assert.Equal(SHA256.HashData(text), note.Sha256);
        using OpenedEntry opened = EntryReader.Open(reader, note.Id, slack: false);
        byte[] bytes = new byte[100];
        Assert.Equal(text.Length, opened.Bytes.ReadAt(0, bytes));
        Assert.Equal(text, bytes[..text.Length]);
    }

    [Fact]
    public async Task Levels_past_the_limit_are_a_problem_and_what_is_above_is_read()
    {
        byte[] archive = Zipped("note.txt", "unreached"u8.ToArray());
        for (int level = 0; level < 15; level++)
        {
            archive = Zipped("next.zip", archive);
        }

        folder.Write("evidence/deep.zip", archive);
        ExamineSummary summary = await ExamineAsync("case");
        Assert.Equal(10, summary.Counts.Members);
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        StoredProblem problem = Assert.Single(reader.Problems());
        Assert.Equal(ProblemKind.LimitReached, problem.Problem.Kind);
        Assert.Contains("10 levels", problem.Problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_archive_gives_what_is_there_and_a_problem()
    {
        byte[] whole = TestFiles.Fixture("zip/plain.zip");
        folder.Write("evidence/cut.zip", whole.AsSpan(0, whole.Length * 2 / 3));
        ExamineSummary summary = await ExamineAsync("case");
        Assert.True(summary.Problems > 0);
        Assert.True(summary.Counts.Members > 0);
    }

    [Fact]
    public async Task A_run_stopped_among_the_members_is_continued_to_the_same_rows()
    {
        // Many roots, some with many members, so that batches end within a root and between roots.
        for (int i = 0; i < 6; i++)
        {
            folder.Write($"evidence/many{i}.zip", Many(700 + (i * 311)));
        }

        await ExamineAsync("calm");
        for (int stopAfter = 1; stopAfter <= 5; stopAfter++)
        {
            string name = $"disturbed{stopAfter}";
            using CancellationTokenSource stop = new();
            Stopper observer = new(stop, stopAfter * 900);
            try
            {
                await Examiner.RunAsync(Options(name), observer, stop.Token);
            }
            catch (OperationCanceledException)
            {
                // As meant.
            }

            await ExamineAsync(name);
            Assert.Equal(Rows("calm"), Rows(name));
            Assert.True(CaseVerifier.Verify(folder.File(name), null, null, CancellationToken.None).Intact);
        }
    }

    [Fact]
    public async Task Without_embedded_no_member_is_listed()
    {
        folder.Write("evidence/plain.zip", TestFiles.Fixture("zip/plain.zip"));
        ExamineSummary summary = await Examiner.RunAsync(Options("case") with { Embedded = false }, new Quiet(), CancellationToken.None);
        Assert.Equal(0, summary.Counts.Members);
        Assert.Equal(1, summary.Streams);
    }

    private static byte[] Zipped(string name, byte[] content)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create))
        {
            using Stream entry = zip.CreateEntry(name).Open();
            entry.Write(content);
        }

        return bytes.ToArray();
    }

    private static byte[] Many(int count)
    {
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create))
        {
            for (int i = 0; i < count; i++)
            {
                using Stream entry = zip.CreateEntry($"folder/{i}.txt", CompressionLevel.NoCompression).Open();
                entry.Write(Encoding.ASCII.GetBytes($"member {i}"));
            }
        }

        return bytes.ToArray();
    }

    private List<(long, string, string)> Rows(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        return [.. reader.Entries().Select(row => (row.Id, row.Path, row.Sha256 is null ? "" : Convert.ToHexString(row.Sha256)))];
    }

    private Task<ExamineSummary> ExamineAsync(string name) => Examiner.RunAsync(Options(name), new Quiet(), CancellationToken.None);

    private ExamineOptions Options(string name) => new()
    {
        Evidence = [folder.File("evidence")],
        CaseDirectory = folder.File(name),
        KnownDirectory = folder.File("known"),
    };

    private class Quiet : IExamineObserver
    {
        public virtual void Progress(ExamineProgress progress)
        {
        }

        public void Problem(Problem problem)
        {
        }

        public void Hit(string path, string setName)
        {
        }
    }

    /// <summary>Stops the run once so many entries were found.</summary>
    private sealed class Stopper(CancellationTokenSource stop, long entries) : Quiet
    {
        public override void Progress(ExamineProgress progress)
        {
            if (progress.Entries >= entries)
            {
                stop.Cancel();
            }
        }
    }
}
