using Cairn.Core;
using Cairn.Storage.Volumes;
using Cairn.Storage.Volumes.Signatures;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Volumes;

public sealed class VolumeLayoutTests
{
    [Theory]
    [InlineData("mbr/extended.img.gz", "mbr/extended.mmls.txt")]
    [InlineData("gpt/two.img.gz", "gpt/two.mmls.txt")]
    [InlineData("gpt/backup_only.img.gz", "gpt/two.mmls.txt")]
    [InlineData("gpt/grown.img.gz", "gpt/two.mmls.txt")]
    [InlineData("gpt/damaged_array.img.gz", "gpt/two.mmls.txt")]
    [InlineData("apm/mac.img.gz", "apm/mac.mmls.txt")]
    public void Partitions_are_those_that_mmls_lists(string image, string listing)
    {
        (IReadOnlyList<Volume> parts, _) = Read(TestFiles.Fixture(image));

        Assert.Equal(MmlsPartitions(TestFiles.FixtureText(listing)), parts.Where(p => p.Kind == VolumeKind.Partition).Select(p => (p.Offset / 512, p.Length / 512)));
    }

    [Fact]
    public void Undamaged_tables_give_no_problem()
    {
        Assert.Empty(Read(TestFiles.Fixture("mbr/extended.img.gz")).Problems);
        Assert.Empty(Read(TestFiles.Fixture("gpt/two.img.gz")).Problems);
        Assert.Empty(Read(TestFiles.Fixture("gpt/sectors_4096.img.gz")).Problems);
        Assert.Empty(Read(TestFiles.Fixture("apm/mac.img.gz")).Problems);
    }

    [Fact]
    public void Names_and_identifiers_of_a_GPT_are_those_that_sgdisk_was_given()
    {
        (IReadOnlyList<Volume> parts, _) = Read(TestFiles.Fixture("gpt/two.img.gz"));
        Volume[] partitions = [.. parts.Where(p => p.Kind == VolumeKind.Partition)];

        Assert.Equal(["Pictures", "Größe"], partitions.Select(p => p.Label));
        Assert.Equal(["AAAAAAAA-0000-0000-0000-000000000001", "AAAAAAAA-0000-0000-0000-000000000002"], partitions.Select(p => p.Identifier));
        Assert.Equal(["EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "0FC63DAF-8483-4772-8E79-3D69D8477DE4"], partitions.Select(p => p.TypeCode));
    }

    [Fact]
    public void Sectors_of_4096_bytes_are_found_where_the_source_says_512()
    {
        (IReadOnlyList<Volume> parts, _) = Read(TestFiles.Fixture("gpt/sectors_4096.img.gz"));

        (long, long)[] expected = [.. TestFiles.FixtureText("gpt/sectors_4096.parted.txt").Split('\n')
            .Select(line => line.Split(':')).Where(f => f.Length > 5 && char.IsDigit(f[0][0]))
            .Select(f => (long.Parse(f[1].TrimEnd('B')), long.Parse(f[3].TrimEnd('B'))))];
        Assert.Equal(2, expected.Length);
        Assert.Equal(expected, parts.Where(p => p.Kind == VolumeKind.Partition).Select(p => (p.Offset, p.Length)));
    }

    [Fact]
    public void Lost_primary_table_is_reported_and_the_backup_is_used()
    {
        IReadOnlyList<Problem> problems = Read(TestFiles.Fixture("gpt/backup_only.img.gz")).Problems;

        Assert.Equal([ProblemKind.Missing, ProblemKind.Notice], problems.Select(p => p.Kind).Order().Reverse());
    }

    [Fact]
    public void Damaged_primary_entries_are_reported_and_the_backup_is_used()
    {
        IReadOnlyList<Problem> problems = Read(TestFiles.Fixture("gpt/damaged_array.img.gz")).Problems;

        Assert.Equal(2, problems.Count(p => p.Kind == ProblemKind.Mismatch));
        Assert.Single(problems, p => p.Kind == ProblemKind.Notice);
    }

    [Fact]
    public void Chain_of_extended_partitions_that_leads_back_ends_with_one_cycle()
    {
        (IReadOnlyList<Volume> parts, IReadOnlyList<Problem> problems) = Read(TestFiles.Fixture("mbr/loop.img.gz"));

        Assert.Single(problems, p => p.Kind == ProblemKind.Cycle);
        Assert.Equal(3, parts.Count(p => p.Kind == VolumeKind.Partition));
    }

    [Fact]
    public void Media_without_a_table_is_one_partition()
    {
        (IReadOnlyList<Volume> parts, IReadOnlyList<Problem> problems) = Read(new SeededBytes(3).Bytes(100_001));

        Assert.Equal([new Volume(VolumeKind.Partition, "none", 0, 100_001)], parts);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("fat/fat16.img.gz")]
    [InlineData("exfat/exfat.img.gz")]
    [InlineData("ext/ext4-plain.img.gz")]
    public void File_system_on_the_whole_disk_is_not_taken_for_a_partition_table(string image)
    {
        byte[] bytes = TestFiles.Fixture(image);

        Assert.Equal([new Volume(VolumeKind.Partition, "none", 0, bytes.Length)], Read(bytes).Parts);
    }

    [Fact]
    public void Partition_reaching_past_the_media_is_cut_there()
    {
        byte[] bytes = TestFiles.Fixture("mbr/extended.img.gz")[..(500 * 512)];
        (IReadOnlyList<Volume> parts, IReadOnlyList<Problem> problems) = Read(bytes);

        Assert.Equal((128 * 512L, 372 * 512L), Assert.Single(parts, p => p.Kind == VolumeKind.Partition) is { } p ? (p.Offset, p.Length) : default);
        Assert.Equal(2, problems.Count(p => p.Kind == ProblemKind.Missing));
    }

    [Fact]
    public void Overlapping_partitions_keep_their_starts_and_the_sum_holds()
    {
        byte[] bytes = new byte[2_000 * 512];
        Entry(bytes, 0, 0x83, 10, 500);
        Entry(bytes, 1, 0x83, 100, 900);
        Entry(bytes, 2, 0x83, 100, 50);
        (IReadOnlyList<Volume> parts, IReadOnlyList<Problem> problems) = Read(bytes);

        Assert.Equal([(10L, 90L), (100L, 900L)], parts.Where(p => p.Kind == VolumeKind.Partition).Select(p => (p.Offset / 512, p.Length / 512)));
        Assert.Equal(2, problems.Count(p => p.Kind == ProblemKind.Malformed));
    }

    [Fact]
    public void Unreadable_first_sector_is_a_problem_and_the_backup_GPT_is_still_found()
    {
        using MemoryByteSource media = new(TestFiles.Fixture("gpt/two.img.gz"));
        ProblemList problems = new();
        using FaultInjectingSource faulty = new(media) { FailingRange = new ByteRange(0, 17_408) };
        IReadOnlyList<Volume> parts = VolumeLayout.Read(faulty, problems);

        Assert.Equal(2, parts.Count(p => p.Kind == VolumeKind.Partition));
        Assert.Contains(problems.Items, p => p.Kind == ProblemKind.Unreadable);
    }

    [Fact]
    public void Any_damage_leaves_parts_that_add_up()
    {
        SeededBytes random = new(11);
        foreach (string image in new[] { "mbr/extended.img.gz", "gpt/two.img.gz", "apm/mac.img.gz" })
        {
            byte[] original = TestFiles.Fixture(image);
            byte[] bytes = [.. original];
            for (int round = 0; round < 400; round++)
            {
                for (int i = 0; i < 6; i++)
                {
                    bytes[random.Next(4_096)] = (byte)random.Next();
                }

                _ = Read(bytes);
                if (round % 20 == 0)
                {
                    original.AsSpan(0, 4_096).CopyTo(bytes);
                }
            }
        }
    }

    [Fact]
    public void Extended_partitions_of_the_public_test_set_are_those_that_mmls_lists()
    {
        string zip = TestFiles.Corpus("images/filesystems/dftt/1-extend-part.zip");
        using System.IO.Compression.ZipArchive archive = System.IO.Compression.ZipFile.OpenRead(zip);
        using Stream stream = archive.Entries.First(e => e.Name.EndsWith(".dd", StringComparison.Ordinal)).Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);

        // mmls 4.11.1.
        Assert.Equal(
            [(63L, 52_353L), (52_416, 52_416), (104_832, 52_416), (157_311, 52_353), (209_727, 52_353), (262_143, 50_337)],
            Read(bytes.ToArray()).Parts.Where(p => p.Kind == VolumeKind.Partition).Select(p => (p.Offset / 512, p.Length / 512)));
    }

    [Fact]
    public void Signatures_agree_with_blkid_on_its_own_test_images()
    {
        string folder = TestFiles.Corpus("images/filesystems/blkid_fs");

        // What the file's name, by blkid's own tests, says it is; where our word for it differs.
        Dictionary<string, string> words = new()
        {
            ["ext2"] = "ext",
            ["ext4"] = "ext",
            ["fat32"] = "fat",
            ["iso"] = "iso9660",
            ["squashfs3"] = "squashfs",
            ["squashfs4"] = "squashfs",
            ["swap1"] = "swap",
            ["vxfs"] = "vxfs",
        };
        foreach (string path in Directory.GetFiles(folder, "*.img.gz"))
        {
            using System.IO.Compression.GZipStream gzip = new(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress);
            using MemoryStream bytes = new();
            gzip.CopyTo(bytes);
            string name = Path.GetFileName(path).Split('.', '-', '_')[0];
            using MemoryByteSource volume = new(bytes.ToArray());

            Assert.Equal((path, words.GetValueOrDefault(name, name)), (path, VolumeSignatures.Identify(volume)?.Id));
        }
    }

    [Fact]
    public void BitLocker_To_Go_is_recognised_as_encrypted()
    {
        using MemoryByteSource volume = new(File.ReadAllBytes(TestFiles.Corpus("images/encrypted/bdetogo.raw")));

        Assert.Equal(("bitlocker", true), VolumeSignatures.Identify(volume) is { } found ? (found.Id, found.Encrypted) : default);
    }

    [Fact]
    public void Zeros_are_blank_and_random_bytes_are_high_entropy()
    {
        using MemoryByteSource zeros = new(new byte[1 << 20]);
        using MemoryByteSource random = new(new SeededBytes(5).Bytes(1 << 20));
        using MemoryByteSource text = new(Enumerable.Range(0, 1 << 20).Select(i => (byte)('a' + (i % 7))).ToArray());

        Assert.Equal("blank", VolumeSignatures.Identify(zeros)?.Id);
        Assert.Equal("high-entropy", VolumeSignatures.Identify(random)?.Id);
        Assert.Null(VolumeSignatures.Identify(text));
    }

    private static (IReadOnlyList<Volume> Parts, IReadOnlyList<Problem> Problems) Read(byte[] bytes)
    {
        using MemoryByteSource media = new(bytes);
        ProblemList problems = new();
        IReadOnlyList<Volume> parts = VolumeLayout.Read(media, problems);
        long at = 0;
        foreach (Volume part in parts)
        {
            Assert.Equal(at, part.Offset);
            Assert.True(part.Length > 0);
            at += part.Length;
        }

        Assert.Equal(bytes.Length, at);
        return (parts, problems.Items);
    }

    private static IEnumerable<(long, long)> MmlsPartitions(string listing)
    {
        foreach (string line in listing.Split('\n'))
        {
            string[] fields = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            bool isPartition = fields.Length >= 6 && fields[0].EndsWith(':') && fields[1] is not ("Meta" or "-------");
            if (isPartition && !line.Contains("Apple_Free", StringComparison.Ordinal) && !line.Contains("Apple_partition_map", StringComparison.Ordinal))
            {
                yield return (long.Parse(fields[2]), long.Parse(fields[4]));
            }
        }
    }

    private static void Entry(byte[] sector, int index, byte type, uint start, uint count)
    {
        Span<byte> entry = sector.AsSpan(0x1BE + (index * 16), 16);
        entry[4] = type;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(entry[8..], start);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(entry[12..], count);
        (sector[510], sector[511]) = (0x55, 0xAA);
    }
}
