using Cairn.CaseStore;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Engine.Tests;

/// <summary>Whole examinations of media that fail at the n-th read, once or from then on, or in one place.</summary>
public sealed class FaultInjectionTests : IDisposable
{
    private static readonly byte[] Image = TestFiles.Fixture("hostile/names.img.gz");

    private readonly TempFolder folder = new();

    public FaultInjectionTests() => Environment.SetEnvironmentVariable("CAIRN_KEY_DIRECTORY", folder.File("keys"));

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_fails_ends_no_examination_and_is_not_hidden(bool lasting)
    {
        using FaultInjectingSource sound = new(new MemoryByteSource(Image));
        ExamineSummary whole = await ExamineAsync(sound, "sound");
        Assert.Equal(0, whole.Problems);
        long reads = sound.Reads;
        Assert.True(reads > 20);
        for (long n = 1; n <= reads; n++)
        {
            using FaultInjectingSource faulty = new(new MemoryByteSource(Image)) { FailingRead = n, Lasting = lasting };
            string name = $"{n}-{lasting}";
            ExamineSummary summary = await ExamineAsync(faulty, name);
            AssertAccountsForEveryByte(name);
            if (faulty.Reads < n)
            {
                // Threads read in another order this time and needed fewer reads: nothing failed.
                Assert.Equal(whole.Problems, summary.Problems);
            }
            else if (lasting)
            {
                Assert.True(summary.Problems > whole.Problems, $"read {n} failed for good and nothing says so");
            }
            else
            {
                // A transient fault may be healed by a second attempt; what is missing must be explained.
                Assert.True(summary.Problems > whole.Problems || summary.Streams == whole.Streams, $"read {n} failed, entries are missing and nothing says so");
            }
        }
    }

    [Fact]
    public async Task An_unreadable_sector_in_a_file_costs_that_file_its_hashes_and_no_other()
    {
        // The content of "=1+1|cmd" is "a formula": found in the image by its bytes.
        long at = Image.AsSpan().IndexOf("a formula\n"u8);
        using FaultInjectingSource faulty = new(new MemoryByteSource(Image)) { FailingRange = new ByteRange(at, 1) };
        await ExamineAsync(faulty, "sector");
        using CaseReader reader = CaseReader.Open(folder.File("sector"));
        foreach (ExportRow row in reader.Entries().Where(r => r.Type == EntryType.File && r.Size > 0))
        {
            if (row.Path == "=1+1|cmd")
            {
                Assert.Null(row.Md5);
                Assert.NotEqual(ContentStatus.Read, row.Status);
                Assert.NotEmpty(row.Problems);
            }
            else
            {
                Assert.NotNull(row.Md5);
            }
        }

        AssertAccountsForEveryByte("sector");
        Assert.Equal(512, reader.Coverage(1).Where(c => c.Category == "unreadable").Sum(c => c.Bytes));
    }

    private void AssertAccountsForEveryByte(string name)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        Assert.Equal(Image.Length, reader.Coverage(1).Sum(c => c.Bytes));
    }

    private Task<ExamineSummary> ExamineAsync(IByteSource media, string name) => Examiner.RunAsync(
        new ExamineOptions { Evidence = ["memory"], CaseDirectory = folder.File(name), KnownDirectory = folder.File("known"), Workers = 1 },
        new RecordingObserver(), (path, _) => new OpenEvidence { Path = path, Container = new MemoryContainer(media) }, TestContext.Current.CancellationToken);
}
