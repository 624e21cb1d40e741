using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Tests.Ext;

/// <summary>What an entry says beyond its name: times, attributes, links, devices; set by tools/make_ext_fixtures.sh.</summary>
public sealed class ExtEntryTests
{
    [Fact]
    public void Extended_attributes_are_text_or_hexadecimal()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-4k").Open();
        FileEntry letter = ours.Live("documents/letter.txt");
        Assert.Equal("seen by the examiner", letter.Attributes!["user.comment"]);
        Assert.Equal("0x00ff10", letter.Attributes["user.bytes"]);
        string value = ours.Live("pictures/2024/drawing.svg").Attributes!["user.long"];
        Assert.Equal(420, value.Length + 1); // 30 lines of 14 bytes, less the newline the shell takes
        Assert.StartsWith("v line 000000\n", value, StringComparison.Ordinal);
        Assert.StartsWith("0x01000000", ours.Live("documents/nothing.txt").Attributes!["system.posix_acl_access"], StringComparison.Ordinal);
        Assert.Equal("immutable", ours.Live("documents/new 1.txt").Attributes!["flags"]);
    }

    [Fact]
    public void Times_before_1970_and_after_2038_keep_seconds_and_nanoseconds()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-4k").Open();
        Assert.Equal("1965-03-04T05:06:07.000000000Z", ours.Live("before-1970.txt").Times.Modified.ToIso());
        Assert.Equal("2100-01-02T03:04:05.123456789Z", ours.Live("after-2038.txt").Times.Modified.ToIso());
        Assert.Equal("1965-03-04T05:06:07Z", new ExtVolumeOnTest("ext2-1k").Open().Live("before-1970.txt").Times.Modified.ToIso());
    }

    [Theory]
    [InlineData("ext2-1k")]
    [InlineData("ext4-4k")]
    [InlineData("ext4-inline")]
    public void Links_devices_and_pipes_are_told_apart(string fixture)
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest(fixture).Open();
        Assert.Equal("documents/letter.txt", ours.Live("fast-link").LinkTarget);
        string far = string.Concat(Enumerable.Repeat("far/", 40)) + "away";
        Assert.Equal(far, ours.Live("slow-link").LinkTarget);
        Assert.Equal(far, Encoding.UTF8.GetString(ours.Content(ours.Live("slow-link"))));
        Assert.Equal(EntryType.Fifo, ours.Live("pipe").Type);
        Assert.Equal("4:65", ours.Live("device").Attributes!["device"]);
        Assert.Equal(EntryType.BlockDevice, ours.Live("disk").Type);
        Assert.Equal("259:300", ours.Live("disk").Attributes!["device"]);
    }

    [Fact]
    public void A_hard_link_gives_two_entries_of_one_inode()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-4k").Open();
        Assert.Equal(ours.Live("documents/letter.txt").Key, ours.Live("pictures/same-letter.txt").Key);
        Assert.Equal(2, ours.Live("documents/letter.txt").LinkCount);
    }

    [Fact]
    public void A_name_that_is_no_UTF8_keeps_its_bytes()
    {
        FileEntry entry = new ExtVolumeOnTest("ext4-4k").Open().Live("caf\uFFFD.txt");
        Assert.Equal("caf\u00E9.txt"u8.Length - 1, entry.NameBytes!.Length);
        Assert.Equal(0xE9, entry.NameBytes[3]);
    }

    [Fact]
    public void Preallocated_blocks_read_as_zeros_and_are_counted()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-4k").Open();
        FileEntry entry = ours.Live("preallocated.bin");
        byte[] content = ours.Content(entry);
        Assert.Equal(200000, content.Length);
        Assert.Equal("start"u8.ToArray(), content[..5]);
        Assert.Equal(-1, content.AsSpan(5).IndexOfAnyExcept((byte)0));
        Assert.Equal("196608", entry.Attributes!["unwritten bytes"]); // 49 blocks taken, the first written
        FileEntry kept = ours.Live("kept-size.bin");
        Assert.Equal(0, kept.Streams[0].Size);
        Assert.Equal("102400", kept.Attributes!["unwritten bytes"]);
    }

    [Theory]
    [InlineData("ext4-4k")]
    [InlineData("ext4-plain")]
    public void A_file_unlinked_while_open_still_has_its_content(string fixture)
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest(fixture).Open();
        FileEntry open = ours.Entries.Single(e => e.Attributes is { } a && a.ContainsKey("unlinked while open"));
        Assert.NotEqual(EntryState.Allocated, open.State);
        Assert.False(open.MetadataReallocated);
        Assert.Equal(0, open.LinkCount);
        Assert.True(open.Deleted.IsNone);
        Assert.StartsWith("open line 000000\nopen line 000001\n", Encoding.UTF8.GetString(ours.Content(open)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_deleted_file_of_ext2_still_has_its_content_and_one_of_ext4_its_name_alone()
    {
        ExtTreeOnTest ext2 = new ExtVolumeOnTest("ext2-rev0").Open();
        FileEntry gone = ext2.Entries.Single(e => e.State == EntryState.Deleted && e.Path == "many/a rather ordinary name number 7.txt");
        Assert.Equal("file 7", Encoding.UTF8.GetString(ext2.Content(gone)));
        Assert.False(gone.Deleted.IsNone);
        ExtTreeOnTest ext4 = new ExtVolumeOnTest("ext4-4k").Open();
        FileEntry name = ext4.Entries.First(e => e.State == EntryState.Deleted && !e.MetadataReallocated && e.Path.StartsWith("many/", StringComparison.Ordinal));
        Assert.Equal(StreamFlags.NameOnly, name.Streams[0].Flags & StreamFlags.NameOnly);
    }

    [Fact]
    public void Inodes_of_the_file_system_itself_are_listed()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-4k").Open();
        Assert.Equal(4 << 20, ours.Live("$SystemInodes/8-journal").Streams[0].Size);
        Assert.Contains(ours.Entries, e => e.Path.EndsWith("-orphan-file", StringComparison.Ordinal));
    }

    [Fact]
    public void A_fragmented_file_has_its_extents_in_order()
    {
        ExtTreeOnTest ours = new ExtVolumeOnTest("ext4-4k").Open();
        IReadOnlyList<Extent> extents = ours.Tree.GetExtents(ours.Live("fragmented.bin").Streams[0].Ref);
        Assert.True(extents.Count > 4, "more than the inode holds");
        for (int i = 1; i < extents.Count; i++)
        {
            Assert.True(extents[i].FileOffset >= extents[i - 1].FileOffset + extents[i - 1].Length);
        }
    }

    [Fact]
    public void Streams_open_without_a_walk_and_from_many_threads()
    {
        ExtVolumeOnTest volume = new("ext4-4k");
        ExtTreeOnTest walked = volume.Open();
        IFileTree fresh = new FileSystems.Ext.ExtFormat().Open(new MemoryByteSource(volume.Bytes), new ProblemList());
        FileEntry[] files = [.. walked.Entries.Where(e => e.Type == EntryType.File && e.State == EntryState.Allocated && e.Streams[0].Flags != StreamFlags.NameOnly)];
        Parallel.ForEach(files, entry =>
        {
            using IByteSource source = fresh.OpenStream(entry.Streams[0].Ref);
            byte[] bytes = new byte[source.Length];
            source.ReadAt(0, bytes);
            Assert.Equal(walked.Content(entry), bytes);
        });
    }
}
