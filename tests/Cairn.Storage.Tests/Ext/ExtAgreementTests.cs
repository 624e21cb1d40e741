using System.Globalization;
using System.Text;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ext;

/// <summary>Every fixture against what the Sleuth Kit (fls) and the kernel read in it, written down when it was made.</summary>
public sealed class ExtAgreementTests
{
    [Theory]
    [InlineData("ext2-1k", "ext2")]
    [InlineData("ext2-rev0", "ext2")]
    [InlineData("ext3-1k", "ext3")]
    [InlineData("ext4-4k", "ext4")]
    [InlineData("ext4-64k", "ext4")]
    [InlineData("ext4-casefold", "ext4")]
    [InlineData("ext4-inline", "ext4")]
    [InlineData("ext4-metabg", "ext4")]
    [InlineData("ext4-plain", "ext4")]
    public void Names_sizes_times_and_content_are_those_of_the_Sleuth_Kit(string fixture, string type)
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest(fixture).Open();
        Assert.Equal(type, ours.Tree.Info.TypeName);
        Assert.Equal(fixture, ours.Tree.Info.Label);
        Assert.Equal("5b3a7c11-9d0e-4d4f-8a52-0d9f6a1c2e3b", ours.Tree.Info.SerialOrUuid);
        Assert.Empty(ours.Problems);
        Dictionary<(string, bool, string), FileEntry> found = [];
        foreach (FileEntry entry in ours.Entries)
        {
            found[(entry.Streams[0].Address, entry.State != EntryState.Allocated, entry.Path)] = entry;
        }

        int compared = 0;
        foreach (string line in Encoding.Latin1.GetString(TestFiles.Fixture($"ext/{fixture}.fls.txt")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split('|');
            string name = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(fields[1][1..]));
            string mode = fields[3];
            bool again = name.EndsWith(" (deleted-realloc)", StringComparison.Ordinal);
            bool deleted = again || name.EndsWith(" (deleted)", StringComparison.Ordinal);
            name = deleted ? name[..name.LastIndexOf(" (", StringComparison.Ordinal)] : name;
            name = mode[2] == 'l' ? name.Split(" -> ")[0] : name;

            // "$OrphanFiles" itself is made up, and "^" is a hash-tree entry that fls takes for a deleted name (README).
            if (mode.StartsWith("V/", StringComparison.Ordinal) || (deleted && name.EndsWith("/^", StringComparison.Ordinal)))
            {
                continue;
            }

            Assert.True(found.TryGetValue((fields[2], deleted, name), out FileEntry? entry), $"missing: {line}");
            compared++;
            if (again)
            {
                continue;
            }

            if (mode[2] == 'r')
            {
                Assert.Equal(long.Parse(fields[6], CultureInfo.InvariantCulture), entry.Streams[0].Size);
                if (entry.Streams[0].Size > 0 && (entry.Streams[0].Flags & (StreamFlags.NameOnly | StreamFlags.Incomplete)) == 0)
                {
                    Assert.Equal(fields[0], ours.Md5(entry));
                }
            }

            EvidenceTime[] times = [entry.Times.Accessed, entry.Times.Modified, entry.Times.Changed, entry.Times.Created];
            for (int i = 0; i < times.Length; i++)
            {
                long want = long.Parse(fields[7 + i], CultureInfo.InvariantCulture);

                // fls takes the seconds as unsigned: what the kernel stores as 1965 it shows as 2101.
                long got = times[i].ToUnix()?.Seconds ?? 0;
                Assert.True(want == 0 || want == got || (got < 0 && want == got + (1L << 32)), $"{line}: {got}");
            }
        }

        Assert.True(compared > 60, $"{compared}");
    }

    [Theory]
    [InlineData("ext2-1k", 100)]
    [InlineData("ext2-rev0", 43)]
    [InlineData("ext3-1k", 220)]
    [InlineData("ext4-4k", 290)]
    [InlineData("ext4-64k", 43)]
    [InlineData("ext4-bigalloc", 100)]
    [InlineData("ext4-casefold", 43)]
    [InlineData("ext4-inline", 43)]
    [InlineData("ext4-metabg", 100)]
    [InlineData("ext4-plain", 104)]
    [InlineData("ext4-eainode", 2)]
    [InlineData("ext4-verity", 2)]
    public void Content_size_and_time_are_those_of_the_kernel(string fixture, int files)
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest(fixture).Open();
        Dictionary<string, FileEntry> live = [];
        foreach (FileEntry entry in ours.Entries)
        {
            if (entry.State == EntryState.Allocated)
            {
                live.Add(entry.Path, entry);
            }
        }

        string[] lines = TestFiles.FixtureText($"ext/{fixture}.files.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(files, lines.Length);
        foreach (string line in lines)
        {
            string[] fields = line.Split('|');
            Assert.True(live.TryGetValue(fields[3], out FileEntry? entry), $"missing: {line}");
            Assert.Equal(EntryType.File, entry.Type);
            Assert.Equal(long.Parse(fields[1], CultureInfo.InvariantCulture), entry.Streams[0].Size);
            Assert.Equal(long.Parse(fields[2], CultureInfo.InvariantCulture), entry.Times.Modified.ToUnix()!.Value.Seconds);
            Assert.Equal(fields[0], ours.Md5(entry));
            Assert.Null(entry.Problems);
        }

        Assert.Equal(files, live.Values.Count(e => e.Type == EntryType.File && !e.Path.StartsWith('$')));
    }

    [Theory]
    [InlineData("ext2-1k")]
    [InlineData("ext2-rev0")]
    [InlineData("ext3-1k")]
    [InlineData("ext4-4k")]
    [InlineData("ext4-64k")]
    [InlineData("ext4-bigalloc")]
    [InlineData("ext4-casefold")]
    [InlineData("ext4-inline")]
    [InlineData("ext4-metabg")]
    [InlineData("ext4-plain")]
    [InlineData("ext4-eainode")]
    [InlineData("ext4-encrypted")]
    [InlineData("ext4-verity")]
    public void Free_bytes_are_as_many_as_the_superblock_counts(string fixture)
    {
        ExtVolumeOnTest volume = new(fixture);
        ExtTreeOnTest ours = volume.Open();
        long free = 0, end = -1;
        foreach (ByteRange range in ours.Tree.Allocation!.Unallocated())
        {
            Assert.True(range.Offset > end, "ascending and joined");
            Assert.False(ours.Tree.Allocation.IsAllocated(range.Offset));
            Assert.False(ours.Tree.Allocation.IsAllocated(range.End - 1));
            Assert.True(ours.Tree.Allocation.IsAllocated(range.Offset - 1));
            (free, end) = (free + range.Length, range.End);
        }

        // 0x0C s_free_blocks_count, kept by the kernel and mke2fs.
        Assert.Equal(volume.U32(1024 + 0x0C) * (long)volume.BlockSize, free);
    }

    [Theory]
    [InlineData("images/filesystems/blkid_fs/ext2.img.gz", "ext2", 3, 0)]
    [InlineData("images/filesystems/blkid_fs/ext4.img.gz", "ext4", 11, 1)]
    [InlineData("images/filesystems/blkid_fs/jbd.img.gz", "ext journal", 0, 1)]
    [InlineData("images/filesystems/ext4-view/test_disk_ext3.bin.gz", "ext3", 1006, 0)]
    [InlineData("images/filesystems/ext4-view/test_disk1.bin.gz", "ext4", 11038, 0)]
    public void Public_images_open_with_as_many_entries_as_were_checked_against_fls(string file, string type, int entries, int problems)
    {
        using FileStream stream = File.OpenRead(TestFiles.Corpus(file));
        using System.IO.Compression.GZipStream gzip = new(stream, System.IO.Compression.CompressionMode.Decompress);
        using MemoryStream bytes = new();
        gzip.CopyTo(bytes);
        ExtTreeOnTest ours = ExtVolumeOnTest.Open(new MemoryByteSource(bytes.ToArray()));
        Assert.Equal(type, ours.Tree.Info.TypeName);
        Assert.Equal(entries, ours.Entries.Count);
        Assert.Equal(problems, ours.Problems.Count);
    }
}
