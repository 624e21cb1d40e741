using Cairn.Core;
using Cairn.Storage.Containers.Ewf;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Containers.Ewf;

/// <summary>Images written by ewfacquire, held against the texts of ewfinfo and ewfverify.</summary>
public sealed class EwfFixtureTests
{
    public static TheoryData<string> Single => new(
        "ewf.e01", "smart.s01", "ftk.E01", "encase1.E01", "encase2.E01", "encase3.E01", "encase4.E01", "encase5.E01", "encase6.E01", "encase7.E01",
        "linen5.E01", "linen6.E01", "linen7.E01", "ewfx.e01", "encase6-none.E01", "encase6-empty-block.E01", "encase6-best.E01", "chunk16.E01",
        "chunk128.E01", "chunk1024.E01", "chunk32768.E01", "hashes.e01", "smart-none.s01");

    [Theory]
    [MemberData(nameof(Single))]
    public void Media_hash_and_metadata_are_those_of_libewf(string name)
    {
        using var folder = new TempFolder();
        Dictionary<string, string> expected = ContainerReading.Expected($"ewf/{name}.txt");
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(TestFiles.FixtureFile($"ewf/{name}.gz", folder), problems);

        Assert.Equal(641 * 512, container.Media.Length);
        Assert.Equal(expected["Number of sectors"], (container.Media.Length / 512).ToString());
        Assert.Equal(expected["MD5 hash calculated over data"], ContainerReading.Hash(container.Media).Md5);
        Assert.Equal(TestFiles.Fixture("ewf/media.raw.gz"), ContainerReading.All(container.Media));
        StoredHash md5 = Assert.Single(container.StoredHashes, hash => hash.Algorithm == "MD5");
        Assert.Equal(expected["MD5 hash stored in file"], Convert.ToHexStringLower(md5.Value));
        Assert.Equal(int.Parse(expected["Sectors per chunk"]) * 512, container.ChunkSize);

        Dictionary<string, string> metadata = new(container.Metadata);
        Assert.Equal(expected["Case number"], metadata["case number"]);
        Assert.Equal(expected["Evidence number"], metadata["evidence number"]);
        Assert.Equal(expected["Examiner name"], metadata["examiner"]);
        Assert.Equal(expected["Description"], metadata["description"]);
        Assert.Equal(expected["Notes"], metadata["notes"]);
        Assert.False(metadata.ContainsKey("password"));

        // Padding of the last, uncompressed chunk aside there is nothing to say about a sound image.
        Assert.Empty(problems.Items);
    }

    [Theory]
    [InlineData("ewf.e01", "EWF (original)")]
    [InlineData("smart.s01", "EWF (SMART)")]
    [InlineData("ftk.E01", "EWF (FTK Imager)")]
    [InlineData("encase1.E01", "EWF (EnCase 1)")]
    [InlineData("encase2.E01", "EWF (EnCase 2 or 3)")]
    [InlineData("encase4.E01", "EWF (EnCase 4)")]
    [InlineData("encase5.E01", "EWF (EnCase 5)")]
    [InlineData("encase6.E01", "EWF (EnCase 6)")]
    [InlineData("linen5.E01", "EWF (linen 5)")]
    [InlineData("linen6.E01", "EWF (linen 6)")]
    [InlineData("ewfx.e01", "EWF (EWF-X)")]
    public void The_writer_is_named(string name, string typeName)
    {
        using var folder = new TempFolder();
        using IEvidenceContainer container = ContainerReading.OpenEwf(TestFiles.FixtureFile($"ewf/{name}.gz", folder), new ProblemList());
        Assert.Equal(typeName, container.TypeName);
    }

    [Theory]
    [InlineData("multi-encase6", "E")]
    [InlineData("multi-encase1", "E")]
    [InlineData("multi-ftk", "E")]
    [InlineData("multi-smart", "s")]
    public void Any_segment_opens_the_whole_set(string stem, string letter)
    {
        using var folder = new TempFolder();
        ContainerReading.Unpack(stem, folder);
        Dictionary<string, string> expected = ContainerReading.Expected($"ewf/{stem}.{letter}01.txt");
        for (int given = 1; given <= 3; given++)
        {
            var problems = new ProblemList();
            using IEvidenceContainer container = ContainerReading.OpenEwf(folder.File($"{stem}.{letter}0{given}"), problems);
            Assert.Equal(3, container.Files.Count);
            Assert.Equal(expected["MD5 hash calculated over data"], ContainerReading.Hash(container.Media, 70_001).Md5);
            Assert.Empty(problems.Items);
        }
    }

    [Fact]
    public void Hashes_of_the_extended_section_are_stored_hashes()
    {
        using var folder = new TempFolder();
        using IEvidenceContainer container = ContainerReading.OpenEwf(TestFiles.FixtureFile("ewf/hashes.e01.gz", folder), new ProblemList());
        Assert.Equal(["MD5", "SHA256"], container.StoredHashes.Select(hash => hash.Algorithm));
        Assert.Equal("79962210c90fafec6cd5d2d7cc604ef50cf3896102331cbe3bad9a927497d379", Convert.ToHexStringLower(container.StoredHashes[1].Value));
    }

    [Fact]
    public void Sha1_of_the_digest_section_is_a_stored_hash()
    {
        using var folder = new TempFolder();
        using IEvidenceContainer container = ContainerReading.OpenEwf(TestFiles.FixtureFile("ewf/encase6-best.E01.gz", folder), new ProblemList());
        StoredHash sha1 = Assert.Single(container.StoredHashes, hash => hash.Algorithm == "SHA1");
        Assert.Contains(Convert.ToHexStringLower(sha1.Value) + "  media.raw", TestFiles.FixtureText("ewf/media.txt"), StringComparison.Ordinal);
    }

    [Fact]
    public void Sectors_of_4096_bytes_are_kept_and_the_cut_last_one_is_said()
    {
        // libewf gives 80 sectors of 4,096 bytes here and fails on the last chunk; the 512 bytes behind them are in no sector.
        using var folder = new TempFolder();
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(TestFiles.FixtureFile("ewf/sector4096.E01.gz", folder), problems);
        Assert.Equal(4096, container.Media.SectorSize);
        Assert.Equal(80 * 4096, container.Media.Length);
        Assert.Equal(TestFiles.Fixture("ewf/media.raw.gz")[..(80 * 4096)], ContainerReading.All(container.Media));
    }

    [Fact]
    public void Many_threads_read_the_same_bytes()
    {
        using var folder = new TempFolder();
        byte[] media = TestFiles.Fixture("ewf/media.raw.gz");

        // A cache of two chunks, so that threads take each other's places all the time.
        using IEvidenceContainer container = new EwfFormat(2 * 32768).Open(TestFiles.FixtureFile("ewf/encase6.E01.gz", folder), new ProblemList());
        Parallel.For(0, 8, thread =>
        {
            var seeded = new SeededBytes((ulong)thread);
            byte[] buffer = new byte[100_000];
            for (int i = 0; i < 300; i++)
            {
                int offset = seeded.Next(media.Length), size = seeded.Next(buffer.Length);
                int got = container.Media.ReadAt(offset, buffer.AsSpan(0, size));
                Assert.Equal(Math.Min(size, media.Length - offset), got);
                Assert.True(media.AsSpan(offset, got).SequenceEqual(buffer.AsSpan(0, got)));
            }
        });
    }

    [Theory]
    [InlineData("4556463209", "Ex01")]
    [InlineData("45564632", "Ex01")]
    public void Other_versions_are_refused_by_name(string signature, string named)
    {
        _ = signature;
        using var folder = new TempFolder();
        string path = folder.Write("image.Ex01", [0x45, 0x56, 0x46, 0x32, 0x0D, 0x0A, 0x81, 0x00, 2, 1, 1, 0, 0]);
        var format = new EwfFormat();
        Assert.Equal(ProbeConfidence.Certain, format.Probe(path, File.ReadAllBytes(path)).Confidence);
        var error = Assert.Throws<EvidenceException>(() => format.Open(path, new ProblemList()));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images/containers/ewf.E01", "12fa506e8e270f36f47159b80db58119")]
    [InlineData("images/containers/nps-2010-emails.E01", "7dae50cec8163697415e69fd72387c01")]
    [InlineData("images/containers/test.ntfs.dd.E01", "8b4382280340597b7930b4b34742afba")]
    [InlineData("images/containers/tsk_image/image.E01", "3ebb0b7dcd6b5fcd59a0020625d70994")]
    [InlineData("images/containers/plaso_image/image.E01", "d73c51f10c7ee6a681b7b619ccc6f1c4")]
    [InlineData("images/containers/plaso_image/image-split.E02", "38ea5af8a80e16e46c095c9110242fc0")]
    [InlineData("images/containers/dfvfs_ext2/ext2.E01", "196066add11fb71c4c49cf1bb50d6d24")]
    [InlineData("images/containers/dfvfs_ext2/ext2.split.E01", "196066add11fb71c4c49cf1bb50d6d24")]
    public void Public_images_hash_as_ewfverify_says(string path, string md5)
    {
        // The sums are those that ewfverify 20140813 calculated.
        var problems = new ProblemList();
        using IEvidenceContainer container = ContainerReading.OpenEwf(TestFiles.Corpus(path), problems);
        Assert.Equal(md5, ContainerReading.Hash(container.Media).Md5);
        bool cut = path.EndsWith("/ewf.E01", StringComparison.Ordinal);
        Assert.Equal(!cut, Convert.ToHexStringLower(container.StoredHashes[0].Value) == md5);
        Assert.Equal(cut ? 1 : 0, problems.Items.Count);
        Assert.All(problems.Items, problem => Assert.Equal(ProblemKind.Notice, problem.Kind));
    }
}
