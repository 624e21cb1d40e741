using System.Text;
using Cairn.Core;
using Cairn.Storage.FileSystems.Ext;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ext;

/// <summary>One structure of a fixture is damaged; the rest must still be there and the damage must be said.</summary>
public sealed class ExtDamageTests
{
    [Fact]
    public void An_extent_tree_that_loops_is_a_cycle_and_its_range_is_unreadable()
    {
        ExtVolumeOnTest volume = new("ext4-4k");
        long inode = volume.Inode((uint)volume.Open().Live("fragmented.bin").Key);
        long leaf = (long)volume.U32(inode + 0x28 + 12 + 4) * volume.BlockSize;
        volume.Put16(inode + 0x28 + 6, 3);                 // the root says depth 3
        volume.Put16(leaf + 2, 1);                         // one entry
        volume.Put16(leaf + 6, 2);                         // an index node now, which names itself
        volume.Put32(leaf + 12, 0);
        volume.Put32(leaf + 16, (uint)(leaf / volume.BlockSize));
        volume.Put32(leaf + 20, 0);
        ExtTreeOnTest ours = volume.Open();
        FileEntry entry = ours.Live("fragmented.bin");
        Assert.Contains(entry.Problems!, p => p.Kind == ProblemKind.Cycle);
        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.Incomplete));
        using IByteSource content = ours.Tree.OpenStream(entry.Streams[0].Ref);
        Assert.Throws<UnreadableDataException>(() => content.ReadAt(0, new byte[10]));
    }

    [Fact]
    public void An_extent_tree_that_lies_about_its_depth_is_unreadable()
    {
        ExtVolumeOnTest volume = new("ext4-4k");
        long inode = volume.Inode((uint)volume.Open().Live("fragmented.bin").Key);
        volume.Put16(inode + 0x28 + 6, 4);
        FileEntry entry = volume.Open().Live("fragmented.bin");
        Assert.Contains(entry.Problems!, p => p.Reason == "eh_depth is 0, not 3");
        volume.Put16(inode + 0x28 + 6, 77);
        entry = volume.Open().Live("fragmented.bin");
        Assert.Contains(entry.Problems!, p => p.Reason == "eh_depth is 77, not at most 5");
    }

    [Fact]
    public void An_indirect_block_that_names_itself_ends()
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        FileEntry entry = volume.Open().Live("sparse.bin");
        long inode = volume.Inode((uint)entry.Key);
        uint doubly = volume.U32(inode + 0x28 + (13 * 4));
        Assert.NotEqual(0u, doubly);
        for (int i = 0; i < 256; i++)
        {
            volume.Put32(((long)doubly * 1024) + (4 * i), doubly);
        }

        ExtTreeOnTest ours = volume.Open();
        using IByteSource content = ours.Tree.OpenStream(ours.Live("sparse.bin").Streams[0].Ref);
        Assert.Equal(3000000 - 0, content.Length);
        UnreadableDataException error = Assert.Throws<UnreadableDataException>(() => content.ReadAt(1500000, new byte[6]));
        Assert.Contains("already read", error.Reason, StringComparison.Ordinal);
        Assert.Equal(100, content.ReadAt(0, new byte[100]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(65532)]
    public void A_record_length_that_does_not_hold_costs_one_name_at_most(int length)
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        ExtTreeOnTest before = volume.Open();
        long record = volume.Record(before.DirectoryBlock("documents"), "letter.txt");
        volume.Put16(record + 4, (ushort)length);
        ExtTreeOnTest ours = volume.Open();
        Problem problem = Assert.Single(ours.Problems, p => p.Place.StartsWith("directory inode", StringComparison.Ordinal));
        Assert.Equal(ProblemKind.Malformed, problem.Kind);
        Assert.Contains($"rec_len {length}", problem.Reason, StringComparison.Ordinal);
        Assert.Equal("documents/nothing.txt", ours.Live("documents/nothing.txt").Path);
        Assert.NotNull(ours.Live("documents/nothing.txt").Problems);
    }

    [Fact]
    public void A_directory_with_a_second_name_is_walked_once()
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        ExtTreeOnTest before = volume.Open();
        long record = volume.Record(before.DirectoryBlock("deep/level0"), "level1");
        volume.Put32(record, 2);
        ExtTreeOnTest ours = volume.Open();
        Assert.Single(ours.Problems, p => p.Kind == ProblemKind.Cycle);
        Assert.Equal(EntryType.Directory, ours.Live("deep/level0/level1").Type);

        // What was below is in use and no longer named: it is shown all the same.
        FileEntry lost = ours.Entries.Single(e => e.Problems is not null && e.Problems[0].Kind == ProblemKind.Missing);
        Assert.Equal(before.Live("deep/level0/level1").Key, lost.Key);
        Assert.Contains(ours.Entries, e => e.Path.EndsWith("/level18/level19/bottom.txt", StringComparison.Ordinal) && e.Path.StartsWith(lost.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_with_an_inode_past_the_table_is_listed_alone()
    {
        ExtVolumeOnTest volume = new("ext4-plain");
        long record = volume.Record(volume.Open().DirectoryBlock("documents"), "nothing.txt");
        volume.Put32(record, 0x00FFFFFF);
        FileEntry entry = volume.Open().Live("documents/nothing.txt");
        Assert.Equal(StreamFlags.NameOnly, entry.Streams[0].Flags);
        Assert.Equal(0x00FFFFFF, entry.Key);
        Assert.Single(entry.Problems!);
    }

    [Fact]
    public void Counts_far_beyond_the_volume_are_bounded()
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        int entries = volume.Open().Entries.Count;
        volume.Put32(1024, 0xFFFFFFFF);
        volume.Put32(1024 + 4, 0xFFFFFFFF);
        ExtTreeOnTest ours = volume.Open();
        Assert.Equal(entries, ours.Entries.Count);
        Assert.Contains(ours.Problems, p => p.Kind == ProblemKind.LimitReached);
        Assert.Contains(ours.Problems, p => p.Kind == ProblemKind.Missing && p.Place == "volume");
    }

    [Theory]
    [InlineData("ext2-1k")]
    [InlineData("ext3-1k")]
    [InlineData("ext4-metabg")]
    public void Group_descriptors_that_do_not_hold_are_taken_from_a_copy(string fixture)
    {
        ExtVolumeOnTest volume = new(fixture);
        int entries = volume.Open().Entries.Count;
        volume.Bytes.AsSpan(2048, 32).Fill(0xEE);
        ExtTreeOnTest ours = volume.Open();
        Problem problem = Assert.Single(ours.Problems);
        Assert.Equal("group descriptor 0", problem.Place);
        Assert.EndsWith("a copy is used", problem.Reason, StringComparison.Ordinal);
        Assert.Equal(entries, ours.Entries.Count);
    }

    [Fact]
    public void A_superblock_that_is_gone_is_taken_from_its_copy()
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        int entries = volume.Open().Entries.Count;
        volume.Bytes.AsSpan(1024, 1024).Clear();
        ProbeResult probe = new ExtFormat().Probe(new MemoryByteSource(volume.Bytes));
        Assert.Equal(ProbeConfidence.Possible, probe.Confidence);
        ExtTreeOnTest ours = volume.Open();
        Assert.Equal(entries, ours.Entries.Count);
        Assert.Equal("superblock", Assert.Single(ours.Problems).Place);
    }

    [Fact]
    public void A_volume_cut_short_gives_what_is_left()
    {
        ExtVolumeOnTest volume = new("ext4-4k");
        int entries = volume.Open().Entries.Count;
        volume.Cut(6 << 20);
        ExtTreeOnTest ours = volume.Open();
        Assert.Equal(ProblemKind.Missing, ours.Problems[0].Kind);
        Assert.Equal((24L << 20) - (6L << 20), ours.Problems[0].Length);
        Assert.True(ours.Entries.Count > 12 && ours.Entries.Count <= entries, $"{ours.Entries.Count} of {entries}");
    }

    [Fact]
    public void A_bad_sector_in_an_inode_table_costs_the_inodes_in_it()
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        IReadOnlyList<FileEntry> before = volume.Open().Entries;
        long sector = volume.Inode((uint)before.Single(e => e.Path == "sparse.bin").Key) / 512 * 512;
        long[] inside = [.. before.Select(e => e.Key).Where(k => k is > 0 and <= 1536 && volume.Inode((uint)k) / 512 * 512 == sector).Distinct().Order()];
        ExtTreeOnTest ours = ExtVolumeOnTest.Open(new FaultInjectingSource(new MemoryByteSource(volume.Bytes)) { FailingRange = new ByteRange(sector, 512) });
        Assert.Equal(inside, ours.Entries.Where(e => e.Problems is not null && e.Problems[0].Kind == ProblemKind.Unreadable).Select(e => e.Key).Distinct().Order());
        Assert.True(inside.Length >= 2, "more than one inode in the sector");
        Assert.Equal(before.Count, ours.Entries.Count);
        Assert.Contains(ours.Problems, p => p.Kind == ProblemKind.Unreadable && p.Offset == sector && p.Length == 512);
    }

    [Fact]
    public void Wrong_checksums_are_said_one_by_one()
    {
        ExtVolumeOnTest volume = new("ext4-4k");
        ExtTreeOnTest before = volume.Open();
        int entries = before.Entries.Count;
        Assert.Empty(before.Problems);
        long letter = volume.Inode((uint)before.Live("documents/letter.txt").Key);
        volume.Bytes[letter + 0x10] ^= 1;                                     // an inode's modification time
        long block = before.DirectoryBlock("documents");
        volume.Bytes[volume.Record(block, "nothing.txt") + 8] ^= 0x20;        // a letter of a name
        long bitmap = (long)volume.U32(volume.DescriptorOffset + 4) * 4096;
        volume.Bytes[bitmap + 300] ^= 1;                                      // an inode bitmap, past what is in use
        volume.Bytes[1024 + 0x2C] ^= 1;                                       // the superblock's mount time
        ExtTreeOnTest ours = volume.Open();
        Assert.Equal(3, ours.Problems.Count);
        Assert.All(ours.Problems, p => Assert.Equal(ProblemKind.Mismatch, p.Kind));
        Assert.Equal(ProblemKind.Mismatch, Assert.Single(ours.Live("documents/letter.txt").Problems!).Kind);
        Assert.Equal(entries, ours.Entries.Count);
    }

    [Fact]
    public void A_name_with_a_separator_does_not_look_like_a_path()
    {
        ExtVolumeOnTest volume = new("ext2-1k");
        long record = volume.Record(volume.Open().DirectoryBlock("documents"), "nothing.txt");
        Encoding.ASCII.GetBytes("../../etc/x").CopyTo(volume.Bytes, record + 8);
        FileEntry entry = volume.Open().Live("documents/..\uFFFD..\uFFFDetc\uFFFDx");
        Assert.Equal("../../etc/x"u8.ToArray(), entry.NameBytes);
    }

    [Fact]
    public void Thousands_of_mutations_let_out_no_other_exception()
    {
        byte[] original = TestFiles.Fixture("ext/ext2-rev0.img.gz");
        byte[] inline = TestFiles.Fixture("ext/ext4-inline.img.gz");
        SeededRun(original, 1500, 1);
        SeededRun(inline, 1500, 2);
    }

    private static void SeededRun(byte[] original, int rounds, uint seed)
    {
        List<int> pieces = [];
        for (int at = 0; at + 512 <= original.Length; at += 512)
        {
            if (original.AsSpan(at, 512).IndexOfAnyExcept((byte)0) >= 0)
            {
                pieces.Add(at);
            }
        }

        byte[] bytes = [.. original];
        uint state = seed;
        int Next(int below) => (int)((state = (state * 1664525) + 1013904223) >> 8) % below;
        ExtFormat format = new();
        for (int round = 0; round < rounds; round++)
        {
            List<int> touched = [];
            for (int i = 0; i < 4; i++)
            {
                int at = (Next(3) == 0 ? 1024 : pieces[Next(pieces.Count)]) + Next(512);
                bytes[at] = (byte)Next(256);
                touched.Add(at);
            }

            MemoryByteSource source = new(bytes);
            ProblemList problems = new();
            try
            {
                if (format.Probe(source).Confidence != ProbeConfidence.None)
                {
                    foreach (FileEntry entry in format.Open(source, problems).Walk(problems, TestContext.Current.CancellationToken))
                    {
                        Assert.NotEmpty(entry.Streams);
                    }
                }
            }
            catch (MalformedDataException)
            {
                // The one way a parser may refuse.
            }

            foreach (int at in touched)
            {
                bytes[at] = original[at];
            }
        }
    }
}
