using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Storage.FileSystems.Ntfs;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ntfs;

/// <summary>What is damaged is a problem with its place; all else is still read.</summary>
public sealed class NtfsDamageTests
{
    private static readonly NtfsVolume Sound = NtfsVolume.Of("general");

    private static long KeyOf(string path) => Sound.Walk().First(e => e.Path == path && e.State == EntryState.Allocated).Key;

    [Fact]
    public void One_torn_record_is_one_problem_and_its_name_stays()
    {
        long key = KeyOf("docs/report.txt");
        int all = Sound.Walk().Count;
        NtfsVolume volume = NtfsVolume.Of("general");
        volume.Patch(volume.Record(key) + 510, [0xAB, 0xCD]);
        List<FileEntry> entries = volume.Walk();
        Assert.Single(volume.Problems.Items, p => p.Place == $"MFT record {key}" && p.Kind == ProblemKind.Malformed);
        Assert.Equal(all, entries.Count);
        FileEntry left = entries.Single(e => e.Path == "docs/report.txt");
        Assert.Equal((key, EntryState.Allocated), (left.Key, left.State));
        Assert.True(left.Streams[0].Flags.HasFlag(StreamFlags.NameOnly));
        Assert.Single(left.Problems!);
    }

    [Fact]
    public void A_lost_boot_sector_is_read_from_its_copy()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        volume.Bytes.AsSpan(0, 512).Clear();
        Assert.Equal(ProbeConfidence.Possible, new NtfsFormat().Probe(new MemoryByteSource(volume.Bytes)).Confidence);
        Assert.Equal(Sound.Walk().Count, volume.Walk().Count);
        Assert.Single(volume.Problems.Items, p => p.Place == "boot sector");
    }

    [Fact]
    public void A_lost_first_record_is_read_from_the_mirror()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        volume.Bytes.AsSpan(volume.Record(0), 1_024).Fill(0xEE);
        Assert.Equal(Sound.Walk().Count, volume.Walk().Count);
        Assert.Contains(volume.Problems.Items, p => p.Place == "MFT record 0" && p.Reason.Contains("$MFTMirr", StringComparison.Ordinal));
    }

    [Fact]
    public void Truncated_run_list_still_yields_earlier_clusters()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        FileEntry entry = volume.Walk().First(e => e.Path == "docs/report.txt");
        StreamInfo before = entry.Streams[0];
        int attribute = volume.Attribute(entry.Key, 0x80);
        int runs = attribute + BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(attribute + 0x20));
        Assert.Equal(1, volume.Bytes[runs] & 15);
        Assert.True(volume.Bytes[runs + 1] > 1);
        volume.Patch(runs + 1, [1]); // one cluster of the first run
        volume.Patch(runs + 2 + (volume.Bytes[runs] >> 4), [0]);
        using IFileTree tree = volume.Open();
        FileEntry damaged = tree.Walk(volume.Problems, TestContext.Current.CancellationToken).First(e => e.Path == "docs/report.txt");
        Assert.True(damaged.Streams[0].Flags.HasFlag(StreamFlags.Incomplete));
        Assert.Single(damaged.Problems!);
        using IByteSource source = tree.OpenStream(damaged.Streams[0].Ref);
        Assert.Equal(before.Size, source.Length);
        byte[] cluster = new byte[4_096];
        Assert.Equal(4_096, source.ReadAt(0, cluster));
        Assert.True(volume.Bytes.AsSpan((int)before.FirstOffset, 4_096).SequenceEqual(cluster));
        UnreadableDataException error = Assert.Throws<UnreadableDataException>(() => source.ReadAt(4_096, new byte[10]));
        Assert.Equal(4_096, error.Offset);
    }

    [Fact]
    public void A_run_before_the_volume_is_damage()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        long key = KeyOf("docs/report.txt");
        int attribute = volume.Attribute(key, 0x80);
        int runs = attribute + BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(attribute + 0x20));
        volume.Bytes[runs + (volume.Bytes[runs] & 15) + (volume.Bytes[runs] >> 4)] = 0x80; // the distance's highest byte: negative
        FileEntry entry = volume.Walk().First(e => e.Path == "docs/report.txt");
        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.Incomplete));
        Assert.Contains("clusters from cluster 0", Assert.Single(entry.Problems!).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_past_the_initialised_size_read_as_zeros()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        long key = KeyOf("docs/report.txt");
        int attribute = volume.Attribute(key, 0x80);
        BinaryPrimitives.WriteInt64LittleEndian(volume.Bytes.AsSpan(attribute + 0x38), 1_000);
        using IFileTree tree = volume.Open();
        StreamInfo stream = tree.Walk(volume.Problems, TestContext.Current.CancellationToken).First(e => e.Path == "docs/report.txt").Streams[0];
        Assert.Equal(1_000, stream.ValidLength);
        using IByteSource source = tree.OpenStream(stream.Ref);
        byte[] bytes = new byte[stream.Size];
        Assert.Equal(bytes.Length, source.ReadAt(0, bytes));
        Assert.NotEqual(0, bytes[999]);
        Assert.Equal(-1, bytes.AsSpan(1_000).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_directory_that_holds_itself_is_a_cycle_and_its_files_stay()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        FileEntry docs = Sound.Walk().First(e => e.Path == "docs");
        int name = volume.Attribute(docs.Key, 0x30);
        int value = name + BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(name + 0x14));
        ushort sequence = BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(volume.Record(docs.Key) + 0x10));
        BinaryPrimitives.WriteUInt64LittleEndian(volume.Bytes.AsSpan(value), (ulong)docs.Key | ((ulong)sequence << 48));
        List<FileEntry> entries = volume.Walk();
        Assert.Single(volume.Problems.Items, p => p.Kind == ProblemKind.Cycle);
        Assert.Contains(entries, e => e.Path == "$OrphanFiles/docs/small.txt");
    }

    [Fact]
    public void An_unpaired_surrogate_keeps_the_name_as_bytes()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        long key = KeyOf("docs/small.txt");
        int name = volume.Attribute(key, 0x30);
        int value = name + BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(name + 0x14));
        volume.Patch(value + 66, [0x00, 0xD8]);
        FileEntry entry = volume.Walk().Single(e => e.Key == key && e.NameBytes is not null);
        Assert.Equal("docs/\uFFFDmall.txt", entry.Path);
        Assert.Equal([0x00, 0xD8, (byte)'m', 0], entry.NameBytes![..4]);
    }

    [Fact]
    public void Encrypted_streams_say_so()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        long key = KeyOf("docs/report.txt");
        volume.Patch(volume.Attribute(key, 0x80) + 0x0C, [0x00, 0x40]);
        FileEntry entry = volume.Walk().First(e => e.Key == key);
        Assert.True(entry.Streams[0].Flags.HasFlag(StreamFlags.Encrypted));
        Assert.Equal(ProblemKind.Encrypted, Assert.Single(entry.Problems!).Kind);
    }

    [Fact]
    public void An_attribute_list_that_leads_back_to_itself_ends()
    {
        NtfsVolume volume = NtfsVolume.Of("fragments");
        FileEntry entry = volume.Walk().First(e => e.Path == "holes.bin");
        int list = volume.Attribute(entry.Key, 0x20);
        int runs = list + BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(list + 0x20));
        Assert.Equal((1, 0x21), (volume.Bytes[list + 8], volume.Bytes[runs]));
        int value = BinaryPrimitives.ReadInt16LittleEndian(volume.Bytes.AsSpan(runs + 2)) * 512;
        int end = value + BinaryPrimitives.ReadInt32LittleEndian(volume.Bytes.AsSpan(list + 0x30));
        for (int at = value; at < end; at += BinaryPrimitives.ReadUInt16LittleEndian(volume.Bytes.AsSpan(at + 4)))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(volume.Bytes.AsSpan(at + 0x10), (uint)entry.Key);
        }

        using IFileTree tree = volume.Open();
        FileEntry damaged = tree.Walk(volume.Problems, TestContext.Current.CancellationToken).First(e => e.Key == entry.Key);
        Assert.True(damaged.Streams[0].Flags.HasFlag(StreamFlags.Incomplete) || damaged.Streams[0].Size == 0);
        Assert.Equal(entry.Key, damaged.Key);
    }

    [Fact]
    public void A_volume_cut_short_is_reported_and_read_as_far_as_it_goes()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        List<FileEntry> entries = volume.Walk(new MemoryByteSource(volume.Bytes.AsMemory(0, volume.Bytes.Length / 2)));
        Assert.Contains(volume.Problems.Items, p => p.Kind == ProblemKind.Missing && p.Place == "boot sector");
        Assert.Equal(
            Sound.Walk().Where(e => e.State == EntryState.Allocated).Select(e => (e.Key, e.Path)),
            entries.Where(e => e.State == EntryState.Allocated).Select(e => (e.Key, e.Path)));
    }

    [Fact]
    public void Unreadable_records_are_one_problem_and_the_walk_goes_on()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        long key = KeyOf("docs/report.txt");
        FaultInjectingSource source = new(new MemoryByteSource(volume.Bytes)) { FailingRange = new ByteRange(volume.Record(key), 1_024) };
        List<FileEntry> entries = volume.Walk(source);
        Assert.Contains(volume.Problems.Items, p => p.Kind == ProblemKind.Unreadable && p.Place == $"MFT record {key}");
        Assert.Contains(entries, e => e.Path == "docs/small.txt" && e.Problems is null);
    }
}
