using Cairn.CaseStore;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>Files of the Windows Overlay Filter through a whole examination.</summary>
public sealed class OverlayTests : IDisposable
{
    private readonly TempFolder folder = new();

    public OverlayTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Content_in_a_WIM_elsewhere_is_counted_as_unreadable_and_a_long_packed_file_is_hashed()
    {
        MemoryByteSource media = new(TestFiles.Fixture("ntfs/wof-other.img.gz"));
        ExamineSummary summary = await Examiner.RunAsync(
            new ExamineOptions { Evidence = ["memory"], CaseDirectory = folder.File("case"), KnownDirectory = folder.File("known"), Workers = 1 },
            new RecordingObserver(), (path, _) => new OpenEvidence { Path = path, Container = new MemoryContainer(media) }, TestContext.Current.CancellationToken);
        Assert.Equal(4, summary.Counts.ContentByStatus[ContentStatus.Unreadable]);
        using CaseReader reader = CaseReader.Open(folder.File("case"));
        ExportRow wim = Main("wim.dll");
        Assert.Equal(ContentStatus.Unreadable, wim.Status);
        Assert.Null(wim.Md5);
        Assert.All(wim.Problems, p => Assert.Equal(ProblemKind.Unsupported, p.Kind));
        Assert.All(wim.Problems, p => Assert.Contains("WIM file elsewhere", p.Reason, StringComparison.Ordinal));

        // 70 MB without a cluster of its own.
        ExportRow packed = Main("long.txt");
        Assert.Equal(TestFiles.FixtureText("ntfs/wof-other.md5")[..32], Convert.ToHexStringLower(packed.Md5!));
        Assert.Equal(70_000_000, packed.Size);

        ExportRow Main(string path) => reader.Entries().Single(row => row.Path == path && row.Stream.Length == 0);
    }
}
