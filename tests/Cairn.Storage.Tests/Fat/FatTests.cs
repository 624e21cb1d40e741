using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Cairn.Core;
using Cairn.Storage.FileSystems.Fat;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Fat;

/// <summary>FAT against the Sleuth Kit's listings, and damaged volumes.</summary>
public sealed class FatTests
{
    private static readonly FatFormat Format = new();

    [Theory]
    [InlineData("fat12")]
    [InlineData("fat16")]
    [InlineData("fat32")]
    [InlineData("fat16-4k")]
    public void Entries_names_times_and_content_are_those_of_the_Sleuth_Kit(string name)
    {
        byte[] image = TestFiles.Fixture($"fat/{name}.img.gz");
        (IFileTree tree, List<FileEntry> entries, ProblemList problems) = Walk(image);
        FlsListing.AssertSame($"fat/{name}.fls.txt", tree, entries);
        Assert.Equal("MADE UP", tree.Info.Label);
        Assert.Equal("1A2B-3C4D", tree.Info.SerialOrUuid);
        Assert.True(tree.Info.TimesAreLocal);
        Assert.All(problems.Items, p => Assert.Equal(ProblemKind.Notice, p.Kind));
        Assert.Equal(ProbeConfidence.Certain, Format.Probe(new MemoryByteSource(image)).Confidence);
    }

    [Theory]
    [InlineData("fat12", 12, 2)]
    [InlineData("fat16", 16, 2)]
    [InlineData("fat32", 32, 1)]
    public void Streams_open_without_a_walk_and_extents_of_files_in_use_are_marked_in_use(string name, int bits, int mostPieces)
    {
        byte[] image = TestFiles.Fixture($"fat/{name}.img.gz");
        List<FileEntry> entries = Walk(image).Entries;
        using IFileTree tree = Format.Open(new MemoryByteSource(image), new ProblemList());
        Assert.Equal($"FAT{bits}", tree.Info.TypeName);
        int pieces = 0;
        foreach (FileEntry entry in entries.Where(e => e.Type == EntryType.File))
        {
            IReadOnlyList<Extent> extents = tree.GetExtents(entry.Streams[0].Ref);
            pieces = Math.Max(pieces, extents.Count);
            foreach (Extent extent in extents)
            {
                for (long at = 0; at < extent.Length; at += tree.Info.ClusterSize)
                {
                    Assert.Equal(entry.State == EntryState.Allocated, tree.Allocation!.IsAllocated(extent.VolumeOffset + at));
                }
            }
        }

        Assert.Equal(mostPieces, pieces);
        long free = tree.Allocation!.Unallocated().Sum(r => r.Length);
        long counted = Enumerable.Range(0, image.Length / 512).Count(s => !tree.Allocation.IsAllocated(s * 512L)) * 512L;
        Assert.Equal(counted, free);
    }

    [Fact]
    public void Deleted_entry_with_a_long_name_gets_its_first_letter_back_in_the_short_name()
    {
        FileEntry entry = Assert.Single(Walk(TestFiles.Fixture("fat/fat16.img.gz")).Entries, e => e.Path == "deleted directory");
        Assert.Equal(EntryState.Deleted, entry.State);
        Assert.Equal("DELETE~1", entry.ShortName);
    }

    [Fact]
    public void Long_name_with_a_wrong_checksum_is_reported_and_the_short_name_stands()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "ALONGN~1TEX");
        image[slot - 32 + 13] ^= 0x55;
        image[slot - 64 + 13] ^= 0x55;
        image[slot - 96 + 13] ^= 0x55;
        FileEntry entry = Assert.Single(Walk(image).Entries, e => e.Path == "ALONGN~1.TEX");
        Problem problem = Assert.Single(entry.Problems!);
        Assert.Equal(ProblemKind.Malformed, problem.Kind);
        Assert.Contains("A long name with spaces.text", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_name_without_its_first_piece_is_reported_and_the_short_name_stands()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "ALONGN~1TEX");
        image[slot - 32] = 0x03;
        (_, List<FileEntry> entries, ProblemList problems) = Walk(image);
        Assert.Contains(entries, e => e.Path == "ALONGN~1.TEX" && e.State == EntryState.Allocated);
        Assert.Single(problems.Items, p => p.Kind == ProblemKind.Malformed);
    }

    [Fact]
    public void Lone_surrogate_in_a_long_name_is_replaced_and_the_bytes_are_kept()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "EMPTYF~1   ");
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(slot - 32 + 3), 0xD800);
        FileEntry entry = Assert.Single(Walk(image).Entries, e => e.Path == "e\uFFFDpty file");
        Assert.Equal([0x65, 0x00, 0x00, 0xD8, 0x70, 0x00], entry.NameBytes![..6]);
    }

    [Fact]
    public void Slash_in_a_name_does_not_make_a_directory()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "EMPTYF~1   ");
        image[slot - 32 + 3] = (byte)'/';
        FileEntry entry = Assert.Single(Walk(image).Entries, e => e.Path == "e^pty file");
        Assert.NotNull(entry.NameBytes);
    }

    [Fact]
    public void Chain_that_loops_is_a_cycle_and_ends_where_it_closes()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "PIECES  BIN");
        uint start = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(slot + 26));
        SetFat16(image, start + 1, (ushort)start);
        (IFileTree tree, List<FileEntry> entries, _) = Walk(image);
        FileEntry entry = Assert.Single(entries, e => e.Path == "PIECES.BIN");
        Assert.Equal(ProblemKind.Cycle, Assert.Single(entry.Problems!).Kind);
        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.Incomplete));
        Extent extent = Assert.Single(tree.GetExtents(entry.Streams[0].Ref));
        Assert.Equal(1024, extent.Length);
    }

    [Fact]
    public void Cross_linked_files_are_both_listed_and_the_second_is_reported()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int first = Slot(image, "SMALL   TXT"), second = Slot(image, "LOWER   TXT");
        image.AsSpan(first + 26, 2).CopyTo(image.AsSpan(second + 26));
        List<FileEntry> entries = Walk(image).Entries;
        Assert.Null(Assert.Single(entries, e => e.Path == "SMALL.TXT").Problems);
        Problem problem = Assert.Single(Assert.Single(entries, e => e.Path == "lower.txt").Problems!);
        Assert.Contains("cross-link", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Directory_that_leads_to_itself_is_a_cycle()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int sub = Slot(image, "SUB        "), deeper = Slot(image, "DEEPER     ");
        image.AsSpan(sub + 26, 2).CopyTo(image.AsSpan(deeper + 26));
        (_, List<FileEntry> entries, ProblemList problems) = Walk(image);
        Assert.Single(problems.Items, p => p.Kind == ProblemKind.Cycle);
        Assert.Contains(entries, e => e.Path == "sub/deeper");
        Assert.DoesNotContain(entries, e => e.Path.StartsWith("sub/deeper/", StringComparison.Ordinal) && e.State == EntryState.Allocated);
    }

    [Fact]
    public void Size_without_a_cluster_is_a_name_only()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "SMALL   TXT");
        image[slot + 26] = image[slot + 27] = 0;
        FileEntry entry = Assert.Single(Walk(image).Entries, e => e.Path == "SMALL.TXT");
        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.NameOnly));
        Assert.Equal(ProblemKind.Malformed, Assert.Single(entry.Problems!).Kind);
    }

    [Fact]
    public void Copies_of_the_table_that_differ_are_reported_once()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int fat = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(14)) * 512;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(22)) * 512;
        image[fat + length + 8] ^= 1;
        image[fat + length + 12] ^= 1;
        Problem problem = Assert.Single(Walk(image).Problems.Items, p => p.Kind == ProblemKind.Mismatch);
        Assert.Contains("2 bytes", problem.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Unreadable_table_is_read_from_its_second_copy()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int fat = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(14)) * 512;
        FaultInjectingSource source = new(new MemoryByteSource(image)) { FailingRange = new ByteRange(fat, 512) };
        ProblemList problems = new();
        using IFileTree tree = Format.Open(source, problems);
        List<FileEntry> entries = [.. tree.Walk(problems, TestContext.Current.CancellationToken)];
        FlsListing.AssertSame("fat/fat16.fls.txt", tree, entries);
    }

    [Fact]
    public void Boot_sector_that_is_gone_is_replaced_by_the_backup()
    {
        byte[] image = TestFiles.Fixture("fat/fat32.img.gz");
        image.AsSpan(0, 512).Clear();
        Assert.Equal(ProbeConfidence.Possible, Format.Probe(new MemoryByteSource(image)).Confidence);
        (IFileTree tree, List<FileEntry> entries, ProblemList problems) = Walk(image);
        FlsListing.AssertSame("fat/fat32.fls.txt", tree, entries);
        Assert.Contains(problems.Items, p => p.Kind == ProblemKind.Malformed && p.Place == "boot sector");
    }

    [Fact]
    public void Truncated_image_still_yields_what_lies_before_the_end()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "SMALL   TXT");
        (IFileTree tree, List<FileEntry> entries, ProblemList problems) = Walk(image[..(slot - (slot % 512) + (40 * 512))]);
        Assert.Contains(problems.Items, p => p.Kind == ProblemKind.Missing);
        FileEntry entry = Assert.Single(entries, e => e.Path == "SMALL.TXT");
        Assert.Equal(Encoding.ASCII.GetBytes("small line 1\n"), Head(tree, entry.Streams[0].Ref, 13));
    }

    [Theory]
    [InlineData(13, 1, 0L)]
    [InlineData(11, 2, 0L)]
    [InlineData(11, 2, 777L)]
    [InlineData(14, 2, 0L)]
    [InlineData(16, 1, 0L)]
    [InlineData(17, 2, 0L)]
    [InlineData(22, 2, 0xFFFFL)]
    public void Boot_sector_with_impossible_fields_is_no_FAT(int offset, int bytes, long value)
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        for (int i = 0; i < bytes; i++)
        {
            image[offset + i] = (byte)(value >> (8 * i));
        }

        Assert.Equal(ProbeConfidence.None, Format.Probe(new MemoryByteSource(image)).Confidence);
        Assert.Throws<MalformedDataException>(() => Format.Open(new MemoryByteSource(image), new ProblemList()));
    }

    [Fact]
    public void Boot_sector_that_claims_2_TiB_takes_no_memory_for_it()
    {
        byte[] image = TestFiles.Fixture("fat/fat32.img.gz");
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x20), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24), 0x7FFFFF);
        long before = GC.GetTotalAllocatedBytes(true);
        (_, _, ProblemList problems) = Walk(image);
        Assert.Contains(problems.Items, p => p.Kind == ProblemKind.Missing);
        Assert.True(GC.GetTotalAllocatedBytes(true) - before < 64 << 20);
    }

    [Fact]
    public void Deleted_directories_that_lead_to_each_other_end()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int inner = Slot(image, "\u00E5NNER      ");
        uint heap = HeapOffset(image);
        uint own = (uint)((inner - heap) / 512) + 2;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(inner + 26), (ushort)own);
        (_, List<FileEntry> entries, ProblemList problems) = Walk(image);
        Assert.Contains(entries, e => e.State == EntryState.Orphan && e.Path == "$OrphanFiles/_nner");
        Assert.True(entries.Count < 60);
        Assert.DoesNotContain(problems.Items, p => p.Kind == ProblemKind.LimitReached);
    }

    [Fact]
    public void Dirty_flags_are_noticed()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        SetFat16(image, 1, 0x3FFF);
        image[0x25] = 1;
        Assert.Equal(3, Walk(image).Problems.Items.Count(p => p.Kind == ProblemKind.Notice && p.Place is "FAT entry 1" or "boot sector"));
    }

    [Fact]
    public void Code_page_437_is_read_and_0x05_stands_for_0xE5()
    {
        byte[] image = TestFiles.Fixture("fat/fat16.img.gz");
        int slot = Slot(image, "SMALL   TXT");
        image[slot] = 0x05;
        image[slot + 1] = 0x90;
        FileEntry entry = Assert.Single(Walk(image).Entries, e => e.Path == "σÉALL.TXT");
        Assert.Equal([0x05, 0x90], entry.NameBytes![..2]);
        Assert.Equal(EntryState.Allocated, entry.State);
    }

    [Fact]
    public void Streams_that_are_no_entries_are_refused()
    {
        using IFileTree tree = Format.Open(new MemoryByteSource(TestFiles.Fixture("fat/fat12.img.gz")), new ProblemList());
        Assert.Throws<MalformedDataException>(() => tree.OpenStream(new StreamRef(17, 0)));
        Assert.Throws<MalformedDataException>(() => tree.GetExtents(new StreamRef(long.MaxValue, 0)));
        Assert.Throws<MalformedDataException>(() => tree.GetExtents(new StreamRef(-32, 1)));
    }

    [Theory]
    [InlineData("images/filesystems/dfir_ntfs/fat12.raw.gz", 1025, 0)]
    [InlineData("images/filesystems/dfir_ntfs/fat16.raw.gz", 1025, 0)]
    [InlineData("images/filesystems/dfir_ntfs/fat_dir.raw.gz", 0, 1)]
    public void Public_images_hold_what_fls_lists(string path, int allocated, int deleted)
    {
        using FileStream file = File.OpenRead(TestFiles.Corpus(path));
        using GZipStream gzip = new(file, CompressionMode.Decompress);
        using MemoryStream bytes = new();
        gzip.CopyTo(bytes);
        List<FileEntry> entries = Walk(bytes.ToArray()).Entries;
        Assert.Equal(allocated + 1, entries.Count(e => e.State == EntryState.Allocated));
        Assert.Equal(deleted, entries.Count(e => e.State != EntryState.Allocated));
    }

    [Fact]
    public void Deleted_files_of_the_DFTT_undelete_image_are_all_listed()
    {
        using ZipArchive zip = ZipFile.OpenRead(TestFiles.Corpus("images/filesystems/dftt/6-undel-fat.zip"));
        ZipArchiveEntry dd = Assert.Single(zip.Entries, e => e.Name.EndsWith(".dd", StringComparison.Ordinal));
        using Stream stream = dd.Open();
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        (IFileTree tree, List<FileEntry> entries, _) = Walk(bytes.ToArray());
        // fls -r -p -m "" -h lists 12 deleted entries; the page of the test names the MD5 of its first file.
        Assert.Equal(12, entries.Count(e => e.State == EntryState.Deleted));
        Assert.Equal("FAT_REC_1", tree.Info.Label);
    }

    private static (IFileTree Tree, List<FileEntry> Entries, ProblemList Problems) Walk(byte[] image)
    {
        ProblemList problems = new();
        IFileTree tree = Format.Open(new MemoryByteSource(image), problems);
        return (tree, [.. tree.Walk(problems, TestContext.Current.CancellationToken)], problems);
    }

    private static byte[] Head(IFileTree tree, StreamRef stream, int count)
    {
        byte[] bytes = new byte[count];
        using IByteSource source = tree.OpenStream(stream);
        source.ReadExactly(0, bytes, "content");
        return bytes;
    }

    private static int Slot(byte[] image, string name)
    {
        byte[] pattern = Encoding.Latin1.GetBytes(name);
        for (int i = 0; i < image.Length; i += 32)
        {
            if (image.AsSpan(i, 11).SequenceEqual(pattern))
            {
                return i;
            }
        }

        throw new InvalidOperationException($"no directory entry {name}");
    }

    private static void SetFat16(byte[] image, uint cluster, ushort value)
    {
        int fat = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(14)) * 512;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(22)) * 512;
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(fat + (int)(2 * cluster)), value);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(fat + length + (int)(2 * cluster)), value);
    }

    private static uint HeapOffset(byte[] image)
    {
        SpanReader r = new(image);
        r.Seek(14, "reserved");
        uint reserved = r.U16Le("reserved");
        uint fats = r.U8("fats");
        uint roots = r.U16Le("root entries");
        r.Skip(3, "sectors and media");
        return ((reserved + (fats * r.U16Le("sectors per FAT"))) * 512) + (roots * 32);
    }
}
