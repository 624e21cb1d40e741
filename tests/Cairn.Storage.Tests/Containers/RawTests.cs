using Cairn.Core;
using Cairn.Storage.Containers.BlockDevice;
using Cairn.Storage.Containers.Raw;
using Cairn.Storage.Containers.SplitRaw;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Containers;

public sealed class RawTests
{
    private const string MediaMd5 = "76ac33f609c1e0c8b32a5f2f04d333a6"; // md5sum, fixtures/ewf/media.txt

    [Fact]
    public void Raw_image_reads_as_md5sum_does()
    {
        using var folder = new TempFolder();
        var problems = new ProblemList();
        using IEvidenceContainer container = new RawFormat().Open(TestFiles.FixtureFile("raw/media.raw.gz", folder), problems);
        Assert.Equal(MediaMd5, ContainerReading.Hash(container.Media).Md5);
        Assert.Empty(problems.Items);
        Assert.Equal(0, container.Media.ReadAt(container.Media.Length, new byte[1]));
    }

    [Fact]
    public void A_file_that_shrinks_is_unreadable_where_it_ended()
    {
        using var folder = new TempFolder();
        string path = folder.Write("image.dd", new byte[4096]);
        using IEvidenceContainer container = new RawFormat().Open(path, new ProblemList());
        using (FileStream file = File.Open(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(1000);
        }

        var error = Assert.Throws<UnreadableDataException>(() => container.Media.ReadAt(0, new byte[2048]));
        Assert.Equal((1000, 3096), (error.Offset, error.Length));
    }

    [Theory]
    [InlineData("disk.raw", "disk.tsv")]
    [InlineData("disk.img", "disk.log")]
    [InlineData("disk.dd", "disk.gz")]
    public void A_file_beside_it_with_as_many_letters_is_no_segment(string name, string beside)
    {
        using var folder = new TempFolder();
        string disk = folder.Write(name, new byte[4096]);
        folder.Write(beside, "a list"u8);
        Assert.Equal(ProbeConfidence.None, new SplitRawFormat().Probe(disk, []).Confidence);
    }

    [Fact]
    public void A_file_far_from_the_segments_is_left_out_and_said()
    {
        using var folder = new TempFolder();
        Unpack("letters", folder);
        folder.Write("letters.gz", "something else"u8);
        var problems = new ProblemList();
        using IEvidenceContainer container = new SplitRawFormat().Open(folder.File("letters.aa"), problems);
        Assert.Equal(MediaMd5, ContainerReading.Hash(container.Media).Md5);
        Assert.Equal(4, container.Files.Count);
        Problem problem = Assert.Single(problems.Items);
        Assert.Equal((ProblemKind.Notice, "file letters.gz"), (problem.Kind, problem.Place));
    }

    [Theory]
    [InlineData("media.raw", "media.raw.001")]
    [InlineData("media.raw", "media.raw.003")]
    [InlineData("letters", "letters.aa")]
    [InlineData("letters", "letters.ad")]
    public void Any_piece_opens_the_split_set(string stem, string given)
    {
        using var folder = new TempFolder();
        Unpack(stem, folder);
        var format = new SplitRawFormat();
        Assert.Equal(ProbeConfidence.Certain, format.Probe(folder.File(given), []).Confidence);
        var problems = new ProblemList();
        using IEvidenceContainer container = format.Open(folder.File(given), problems);
        Assert.Equal(MediaMd5, ContainerReading.Hash(container.Media, 64_123).Md5);
        Assert.Equal(4, container.Files.Count);
        Assert.Empty(problems.Items);
    }

    [Theory]
    [InlineData("media.raw.002", 100_000)]
    [InlineData("media.raw.001", 0)]
    public void A_missing_piece_is_named_and_unreadable(string missing, int offset)
    {
        using var folder = new TempFolder();
        Unpack("media.raw", folder);
        File.Delete(folder.File(missing));
        var problems = new ProblemList();
        using IEvidenceContainer container = new SplitRawFormat().Open(folder.File("media.raw.003"), problems);
        Problem problem = Assert.Single(problems.Items);
        Assert.Equal((ProblemKind.Missing, (long)offset, 100_000L), (problem.Kind, problem.Offset, problem.Length));
        Assert.Contains(missing, problem.Place, StringComparison.Ordinal);
        Assert.Equal(641 * 512, container.Media.Length);

        // ReadAvailable tries again by whole sectors, so a piece that starts within one takes that sector with it.
        int from = offset / 512 * 512;
        Assert.Equal(new ByteRange(from, offset + 100_000 - from), Assert.Single(ContainerReading.Hash(container.Media, 1 << 20).Unreadable).Range);
    }

    [Fact]
    public void A_gap_between_pieces_of_different_sizes_ends_the_media()
    {
        using var folder = new TempFolder();
        folder.Write("x.001", new byte[512]);
        folder.Write("x.002", new byte[1024]);
        folder.Write("x.004", new byte[512]);
        folder.Write("x.005", new byte[512]);
        var problems = new ProblemList();
        using IEvidenceContainer container = new SplitRawFormat().Open(folder.File("x.001"), problems);
        Assert.Equal(1536, container.Media.Length);
        Assert.Contains("x.003", Assert.Single(problems.Items).Place, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x.000", true)]
    [InlineData("x.dd", false)]
    [InlineData("x.01", false)]
    [InlineData("001", false)]
    public void Probe_goes_by_the_name(string name, bool expected)
    {
        using var folder = new TempFolder();
        Assert.Equal(expected, new SplitRawFormat().Probe(folder.Write(name, new byte[512]), []).Confidence > ProbeConfidence.None);
    }

    [Fact]
    public void A_block_device_takes_size_and_write_protection_from_the_kernel()
    {
        using var folder = new TempFolder();
        string device = folder.Write("sdz", TestFiles.Fixture("raw/media.raw.gz"));
        string sys = TestFiles.FixturePath("blockdevice/sys");
        var format = new BlockDeviceFormat(sys, folder.Path + "/");
        Assert.Equal(ProbeConfidence.Certain, format.Probe(device, []).Confidence);
        var problems = new ProblemList();
        using IEvidenceContainer container = format.Open(device, problems);
        Assert.Equal(641 * 512, container.Media.Length);
        Assert.Equal(MediaMd5, ContainerReading.Hash(container.Media, 100_001).Md5);
        Assert.Empty(problems.Items);
    }

    [Fact]
    public void A_device_that_can_be_written_is_noticed_and_measured_without_the_kernel()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("sys/disk"));
        string device = folder.Write("disk", new byte[1000 * 512]);
        var problems = new ProblemList();
        using IEvidenceContainer container = new BlockDeviceFormat(folder.File("sys"), folder.Path + "/").Open(device, problems);
        Assert.Equal(1000 * 512, container.Media.Length);
        Assert.Equal(ProblemKind.Notice, Assert.Single(problems.Items).Kind);
    }

    [Fact]
    public void A_larger_failing_unit_is_passed_over_at_once()
    {
        var media = new FaultInjectingSource(new MemoryByteSource(new byte[1 << 20])) { FailingRange = new ByteRange(4096, 512) };
        var ranges = new List<ByteRange>();
        Assert.Equal(1 << 16, media.ReadAvailable(0, new byte[1 << 16], (range, _) => ranges.Add(range)));
        Assert.Equal([new ByteRange(4096, 512)], ranges);
    }

    private static void Unpack(string stem, TempFolder folder)
    {
        foreach (string file in Directory.EnumerateFiles(TestFiles.FixturePath("splitraw"), stem + ".*.gz"))
        {
            TestFiles.FixtureFile("splitraw/" + Path.GetFileName(file), folder);
        }
    }
}
