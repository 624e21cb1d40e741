using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Storage.Containers.Ewf;
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
            AssertAccountsForEveryByte(name, Image.Length);
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

    [Theory]
    [InlineData("ntfs/wof.img.gz", false)]
    [InlineData("ntfs/wof.img.gz", true)]
    [InlineData("fat/fat16.img.gz", false)]
    [InlineData("fat/fat16.img.gz", true)]
    [InlineData("exfat/exfat.img.gz", false)]
    [InlineData("exfat/exfat.img.gz", true)]
    [InlineData("ext/ext4-inline.img.gz", false)]
    [InlineData("ext/ext4-inline.img.gz", true)]
    public async Task Every_file_system_says_what_a_failing_read_cost(string fixture, bool lasting)
    {
        byte[] image = TestFiles.Fixture(fixture);
        using FaultInjectingSource sound = new(new MemoryByteSource(image));
        ExamineSummary whole = await ExamineAsync(sound, "sound");
        foreach (long n in Sample(sound.Reads))
        {
            using FaultInjectingSource faulty = new(new MemoryByteSource(image)) { FailingRead = n, Lasting = lasting };
            ExamineSummary summary = await ExamineAsync(faulty, $"{n}");
            AssertAccountsForEveryByte($"{n}", image.Length);
            AssertSaid(whole, summary, n, lasting, faulty.Reads >= n);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_E01_on_a_failing_disk_is_read_as_far_as_it_goes(bool lasting)
    {
        string path = Path.Combine(TestFiles.RepositoryRoot, "samples", "cairn-sample.E01");
        (ExamineSummary? whole, long reads) = await ExamineE01Async(path, "sound", 0, false);
        foreach (long n in Sample(reads))
        {
            (ExamineSummary? summary, long done) = await ExamineE01Async(path, $"{n}", n, lasting);
            if (summary is null)
            {
                continue; // it could not be opened, which is said in one line
            }

            AssertAccountsForEveryByte($"{n}", whole!.Evidence[0].Size);
            AssertSaid(whole, summary, n, lasting, done >= n);
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

        AssertAccountsForEveryByte("sector", Image.Length);
        Assert.Equal(512, reader.Coverage(1).Where(c => c.Category == "unreadable").Sum(c => c.Bytes));
    }

    /// <summary>The first reads, which find the structures, and some of those after.</summary>
    private static IEnumerable<long> Sample(long reads) => new[] { 1, 2, 4, 9, reads / 3, reads * 2 / 3, reads - 1 }.Where(n => n > 0).Distinct();

    private static void AssertSaid(ExamineSummary whole, ExamineSummary summary, long n, bool lasting, bool failed)
    {
        if (failed && lasting)
        {
            Assert.True(summary.Problems > whole.Problems, $"read {n} failed for good and nothing says so");
        }
        else
        {
            // A transient fault may be healed by a second attempt; what is missing must be explained.
            Assert.True(summary.Problems > whole.Problems || summary.Streams == whole.Streams, $"read {n} failed, entries are missing and nothing says so");
        }
    }

    private async Task<(ExamineSummary? Summary, long Reads)> ExamineE01Async(string path, string name, long failing, bool lasting)
    {
        long reads = 0;
        EwfFormat format = new(EwfMedia.CacheBytes, (handle, offset, buffer) =>
        {
            long number = Interlocked.Increment(ref reads);
            return failing > 0 && (number == failing || (lasting && number > failing)) ? throw new IOException("injected fault") : RandomAccess.Read(handle, buffer, offset);
        });
        try
        {
            ExamineSummary summary = await Examiner.RunAsync(
                new ExamineOptions { Evidence = [path], CaseDirectory = folder.File(name), KnownDirectory = folder.File("known"), Workers = 1 },
                new RecordingObserver(), (file, problems) => new OpenEvidence { Path = file, Container = format.Open(file, problems) }, TestContext.Current.CancellationToken);
            return (summary, reads);
        }
        catch (EvidenceException error)
        {
            Assert.Contains("injected fault", error.Message, StringComparison.Ordinal);
            return (null, reads);
        }
    }

    private void AssertAccountsForEveryByte(string name, long length)
    {
        using CaseReader reader = CaseReader.Open(folder.File(name));
        Assert.Equal(length, reader.Coverage(1).Sum(c => c.Bytes));
    }

    private Task<ExamineSummary> ExamineAsync(IByteSource media, string name) => Examiner.RunAsync(
        new ExamineOptions { Evidence = ["memory"], CaseDirectory = folder.File(name), KnownDirectory = folder.File("known"), Workers = 1 },
        new RecordingObserver(), (path, _) => new OpenEvidence { Path = path, Container = new MemoryContainer(media) }, TestContext.Current.CancellationToken);
}
