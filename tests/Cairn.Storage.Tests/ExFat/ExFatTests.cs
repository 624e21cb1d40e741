using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Cairn.Core;
using Cairn.Storage.FileSystems.ExFat;
using Cairn.Storage.Tests.Fat;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.ExFat;

/// <summary>exFAT against the Sleuth Kit's listings, and damaged volumes.</summary>
public sealed class ExFatTests
{
    private static readonly ExFatFormat Format = new();

    [Theory]
    [InlineData("exfat")]
    [InlineData("exfat-4k")]
    public void Entries_names_times_and_content_are_those_of_the_Sleuth_Kit(string name)
    {
        byte[] image = TestFiles.Fixture($"exfat/{name}.img.gz");
        (IFileTree tree, List<FileEntry> entries, ProblemList problems) = Walk(image);
        FlsListing.AssertSame($"exfat/{name}.fls.txt", tree, entries);
        Assert.Equal("Étiquette", tree.Info.Label);
        Assert.All(problems.Items, p => Assert.Equal(ProblemKind.Notice, p.Kind));
        Assert.All(entries.Where(e => e.State == EntryState.Allocated), e => Assert.Null(e.Problems));
        Assert.Equal(ProbeConfidence.Certain, Format.Probe(new MemoryByteSource(image)).Confidence);
    }

    [Fact]
    public void Deleted_file_in_pieces_is_read_along_the_chain_that_the_FAT_still_holds()
    {
        // Deleted as Windows does it: the in-use bits of the entries and the bits of the bitmap are cleared, the FAT is left alone.
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        (IFileTree before, List<FileEntry> entries, _) = Walk(image);
        FileEntry live = Assert.Single(entries, e => e.Path == "pieces");
        string md5 = FlsListing.Md5(before, live.Streams[0].Ref);
        IReadOnlyList<Extent> extents = before.GetExtents(live.Streams[0].Ref);
        Assert.True(extents.Count > 1);
        for (int i = 0; i < 3; i++)
        {
            image[live.Key + (32 * i)] &= 0x7F;
        }

        long bitmap = Assert.Single(before.GetExtents(Assert.Single(entries, e => e.Path == "$ALLOC_BITMAP").Streams[0].Ref)).VolumeOffset;
        long heap = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(0x58)) * 512L;
        foreach (Extent extent in extents)
        {
            for (long cluster = (extent.VolumeOffset - heap) / 512; cluster < (extent.VolumeOffset - heap + extent.Length) / 512; cluster++)
            {
                image[bitmap + (cluster / 8)] &= (byte)~(1 << (int)(cluster % 8));
            }
        }

        (IFileTree tree, List<FileEntry> after, _) = Walk(image);
        FileEntry gone = Assert.Single(after, e => e.Path == "pieces");
        Assert.Equal(EntryState.Deleted, gone.State);
        Assert.Null(gone.Problems);
        Assert.Equal(extents, tree.GetExtents(gone.Streams[0].Ref));
        Assert.Equal(md5, FlsListing.Md5(tree, gone.Streams[0].Ref));
    }

    [Fact]
    public void Bytes_past_the_valid_length_read_as_zeros()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        FileEntry small = Assert.Single(Walk(image).Entries, e => e.Path == "small.txt");
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan((int)small.Key + 32 + 8), 5);
        (IFileTree tree, List<FileEntry> entries, _) = Walk(image);
        StreamInfo stream = Assert.Single(entries, e => e.Path == "small.txt").Streams[0];
        Assert.Equal(5, stream.ValidLength);
        byte[] bytes = new byte[stream.Size];
        using IByteSource source = tree.OpenStream(stream.Ref);
        source.ReadExactly(0, bytes, "content");
        Assert.Equal("small", Encoding.ASCII.GetString(bytes, 0, 5));
        Assert.True(bytes.AsSpan(5).IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void Entry_set_with_a_wrong_checksum_is_listed_and_reported()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        FileEntry small = Assert.Single(Walk(image).Entries, e => e.Path == "small.txt");
        image[small.Key + 2] ^= 1;
        FileEntry entry = Assert.Single(Walk(image).Entries, e => e.Path == "small.txt");
        Assert.Equal(ProblemKind.Mismatch, Assert.Single(entry.Problems!).Kind);
    }

    [Fact]
    public void Boot_region_with_a_wrong_checksum_is_reported()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        image[1024 + 7] ^= 1;
        Problem problem = Assert.Single(Walk(image).Problems.Items, p => p.Kind == ProblemKind.Mismatch);
        Assert.Equal("main boot region", problem.Place);
    }

    [Fact]
    public void Boot_sector_that_is_gone_is_replaced_by_the_backup()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        image.AsSpan(0, 512).Clear();
        (IFileTree tree, List<FileEntry> entries, ProblemList problems) = Walk(image);
        FlsListing.AssertSame("exfat/exfat.fls.txt", tree, entries);
        Assert.Contains(problems.Items, p => p.Kind == ProblemKind.Malformed && p.Place == "boot sector");
    }

    [Fact]
    public void Bitmap_that_is_not_named_makes_every_cluster_count_as_in_use()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        int bitmap = (int)Assert.Single(Walk(image).Entries, e => e.Path == "$ALLOC_BITMAP").Key;
        image[bitmap] = 0x01;
        (IFileTree tree, _, ProblemList problems) = Walk(image);
        Assert.Single(problems.Items, p => p.Kind == ProblemKind.Missing && p.Place == "allocation bitmap");
        Assert.Empty(tree.Allocation!.Unallocated());
    }

    [Fact]
    public void Directory_that_leads_to_itself_is_a_cycle()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        List<FileEntry> before = Walk(image).Entries;
        int dir = (int)Assert.Single(before, e => e.Path == "dir").Key, sub = (int)Assert.Single(before, e => e.Path == "dir/sub").Key;
        image.AsSpan(dir + 32 + 20, 4).CopyTo(image.AsSpan(sub + 32 + 20));
        (_, List<FileEntry> entries, ProblemList problems) = Walk(image);
        Assert.Single(problems.Items, p => p.Kind == ProblemKind.Cycle);
        Assert.DoesNotContain(entries, e => e.Path.StartsWith("dir/sub/", StringComparison.Ordinal) && e.State == EntryState.Allocated);
    }

    [Fact]
    public void Chain_that_loops_is_a_cycle()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        FileEntry pieces = Assert.Single(Walk(image).Entries, e => e.Path == "pieces");
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan((int)pieces.Key + 32 + 20));
        int fat = BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(0x50)) * 512;
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(fat + (int)(4 * start)), start);
        (IFileTree tree, List<FileEntry> entries, _) = Walk(image);
        FileEntry entry = Assert.Single(entries, e => e.Path == "pieces");
        Assert.Contains(entry.Problems!, p => p.Kind == ProblemKind.Cycle);
        Assert.Equal(512, Assert.Single(tree.GetExtents(entry.Streams[0].Ref)).Length);
    }

    [Fact]
    public void Size_of_all_ones_does_not_fit_and_opens_nothing()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        FileEntry small = Assert.Single(Walk(image).Entries, e => e.Path == "small.txt");
        image.AsSpan((int)small.Key + 32 + 24, 8).Fill(0xFF);
        (IFileTree tree, List<FileEntry> entries, _) = Walk(image);
        FileEntry entry = Assert.Single(entries, e => e.Path == "small.txt");
        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.NameOnly));
        Assert.Throws<MalformedDataException>(() => tree.OpenStream(entry.Streams[0].Ref));
    }

    [Fact]
    public void Local_times_become_UTC_by_their_own_offset()
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        FileEntry before = Assert.Single(Walk(image).Entries, e => e.Path == "dir/sub/deeper/z");
        Assert.Equal("2011-02-03T04:05:06Z", before.Times.Modified.ToIso());
        // 0x84: valid, one hour (4 quarters) east.
        image[before.Key + 23] = 0x84;
        FileEntry after = Assert.Single(Walk(image).Entries, e => e.Path == "dir/sub/deeper/z");
        Assert.Equal("2011-02-03T03:05:06Z", after.Times.Modified.ToIso());
    }

    [Theory]
    [InlineData(0x6C, 8)]
    [InlineData(0x6C, 13)]
    [InlineData(0x6D, 26)]
    [InlineData(0x6E, 0)]
    [InlineData(0x6E, 3)]
    [InlineData(0x5B, 0xFF)]
    public void Boot_sector_with_impossible_fields_is_not_read(int offset, int value)
    {
        byte[] image = TestFiles.Fixture("exfat/exfat.img.gz");
        image[offset] = (byte)value;
        image.AsSpan(12 * 512, 512).Clear();
        if (offset == 0x5B)
        {
            // A cluster heap far past the end: a layout, but nothing of it is on the media.
            Assert.Single(Walk(image).Entries);
            return;
        }

        Assert.Equal(ProbeConfidence.None, Format.Probe(new MemoryByteSource(image)).Confidence);
        Assert.Throws<MalformedDataException>(() => Format.Open(new MemoryByteSource(image), new ProblemList()));
    }

    [Fact]
    public void Public_Windows_volume_holds_what_fls_lists()
    {
        using FileStream file = File.OpenRead(TestFiles.Corpus("images/filesystems/dfir_ntfs/exfat_win.raw.gz"));
        using GZipStream gzip = new(file, CompressionMode.Decompress);
        using MemoryStream bytes = new();
        gzip.CopyTo(bytes);
        List<FileEntry> entries = Walk(bytes.ToArray()).Entries;
        Assert.Equal(704 + 1, entries.Count(e => e.State == EntryState.Allocated));
        // fls prints a sixth: the place of an empty label, which is no file.
        Assert.Equal(5, entries.Count(e => e.State != EntryState.Allocated));
    }

    private static (IFileTree Tree, List<FileEntry> Entries, ProblemList Problems) Walk(byte[] image)
    {
        ProblemList problems = new();
        IFileTree tree = Format.Open(new MemoryByteSource(image), problems);
        return (tree, [.. tree.Walk(problems, TestContext.Current.CancellationToken)], problems);
    }
}
