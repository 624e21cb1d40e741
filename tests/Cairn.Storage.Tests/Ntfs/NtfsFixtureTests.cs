using System.Globalization;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Ntfs;

/// <summary>Volumes that mkntfs and ntfs-3g wrote, held against the Sleuth Kit and against md5sum on the mount.</summary>
public sealed class NtfsFixtureTests
{
    [Theory]
    [InlineData("general")]
    [InlineData("fragments")]
    [InlineData("clusters64k")]
    [InlineData("wof")]
    [InlineData("sectors4k-clusters4k")]
    [InlineData("sectors4k-clusters64k")]
    public void Every_line_of_fls_is_an_entry_with_the_same_address_state_size_and_times(string name)
    {
        NtfsVolume volume = NtfsVolume.Of(name);
        Dictionary<(string, bool, string), (FileEntry Entry, StreamInfo Stream)> ours = [];
        foreach (FileEntry entry in volume.Walk())
        {
            foreach (StreamInfo stream in entry.Streams)
            {
                ours.TryAdd((stream.Address, entry.State != EntryState.Allocated, entry.Path + (stream.Name.Length > 0 ? ":" + stream.Name : "")), (entry, stream));
            }
        }

        HashSet<string> inForce = [.. ours.Keys.Where(k => !k.Item2).Select(k => k.Item3)];
        int compared = 0;
        foreach (FlsLine line in FlsLine.Read(TestFiles.FixtureText($"ntfs/{name}.fls.txt.gz")))
        {
            // The Sleuth Kit lists the streams of a directory a second time under the directory's own "." entry.
            if (line.Path.Contains("/.:", StringComparison.Ordinal))
            {
                continue;
            }

            // With clusters larger than an index block it does not undo that block's fixups: it lists its names a second time, mangled, or where a
            // fixup lies in another field without the attribute, and their records then as orphans too.
            if (name.EndsWith("clusters64k", StringComparison.Ordinal) && line.Deleted && !ours.ContainsKey((line.Address, true, line.Path))
                && ours.Keys.Any(k => k.Item1.Split('-')[0] == line.Address.Split('-')[0] && AlmostTheSame(k.Item3[(k.Item3.LastIndexOf('/') + 1)..], line.Path[(line.Path.LastIndexOf('/') + 1)..])))
            {
                continue;
            }

            // A remnant of an index entry with its header overwritten, of a file that is still there: the Sleuth Kit lists it as deleted.
            if (line.Deleted && line.Address == "0" && inForce.Contains(line.Path))
            {
                continue;
            }

            Assert.True(ours.TryGetValue((line.Address, line.Deleted, line.Path), out (FileEntry Entry, StreamInfo Stream) found), $"{line.Address} {line.Path} is missing");
            compared++;
            Assert.Equal(line.Reallocated, found.Entry.MetadataReallocated && !found.Stream.Flags.HasFlag(StreamFlags.NameOnly));
            if (line.Reallocated)
            {
                continue;
            }

            Assert.Equal((line.Path, line.Size), (line.Path, found.Stream.Size));

            // A FILETIME of 0 is no time; the Sleuth Kit prints it as a number of its own.
            if (line.Address.StartsWith("0-", StringComparison.Ordinal))
            {
                continue;
            }

            EntryTimes times = found.Entry.Times;
            Assert.Equal(
                (line.Path, line.Times),
                (line.Path, string.Join('|', Seconds(times.Accessed), Seconds(times.Modified), Seconds(times.Changed), Seconds(times.Created))));
        }

        Assert.True(compared > 30);
        Assert.DoesNotContain(volume.Problems.Items, p => p.Kind != ProblemKind.Notice);
    }

    [Theory]
    [InlineData("general")]
    [InlineData("fragments")]
    [InlineData("sectors4k-clusters4k")]
    [InlineData("sectors4k-clusters64k")]
    public void Content_is_what_the_mounted_volume_gives(string name)
    {
        NtfsVolume volume = NtfsVolume.Of(name);
        using IFileTree tree = volume.Open();
        Dictionary<string, FileEntry> files = tree.Walk(volume.Problems, TestContext.Current.CancellationToken)
            .Where(e => e.State == EntryState.Allocated)
            .ToDictionary(e => e.Path);
        string[] lines = TestFiles.FixtureText($"ntfs/{name}.md5").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (string line in lines)
        {
            (string md5, string path) = (line[..32], line[36..]);
            string stream = path.Split(':') is [_, string named] ? named : "";
            Assert.Equal((path, md5), (path, NtfsVolume.Md5(tree, files[path.Split(':')[0]].Streams.Single(s => s.Name == stream))));
        }

        Assert.True(lines.Length > 100);
    }

    [Fact]
    public void Files_packed_by_WOF_read_as_they_were_before()
    {
        NtfsVolume volume = NtfsVolume.Of("wof");
        using IFileTree tree = volume.Open();
        Dictionary<string, FileEntry> files = tree.Walk(volume.Problems, TestContext.Current.CancellationToken).Where(e => e.State == EntryState.Allocated).ToDictionary(e => e.Path);
        string[] lines = TestFiles.FixtureText("ntfs/wof.md5").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        foreach (string line in lines)
        {
            FileEntry entry = files[line[36..]];
            StreamInfo main = entry.Streams.First(s => s.Name.Length == 0);
            Assert.True(main.Flags.HasFlag(StreamFlags.Compressed));
            Assert.True(main.FirstOffset > 0);
            Assert.Equal((line[36..], line[..32]), (line[36..], NtfsVolume.Md5(tree, main)));
        }
    }

    [Fact]
    public void Content_that_WOF_keeps_elsewhere_is_a_problem_and_never_zeros()
    {
        NtfsVolume volume = NtfsVolume.Of("wof-other");
        using IFileTree tree = volume.Open();
        Dictionary<string, FileEntry> files = tree.Walk(volume.Problems, TestContext.Current.CancellationToken).Where(e => e.State == EntryState.Allocated).ToDictionary(e => e.Path);
        Assert.Empty(volume.Problems.Items);
        Check("wim.dll", ProblemKind.Unsupported, "its content lies in a WIM file elsewhere (resource 0102030405060708090a0b0c0d0e0f1011121314) (Windows Overlay Filter, provider 1), which is not read");
        Check("provider9.dll", ProblemKind.Unsupported, "its content lies with provider 9 of the Windows Overlay Filter, which is not known");
        Check("algorithm9.dll", ProblemKind.Unsupported, "its content is packed by the Windows Overlay Filter with algorithm 9, which is not known");
        Check("gone.dll", ProblemKind.Missing, "its content is packed by the Windows Overlay Filter, but the stream WofCompressedData is not there");
        StreamInfo packed = files["long.txt"].Streams.Single(s => s.Name.Length == 0);
        Assert.Equal(70_000_000, packed.Size);
        Assert.Equal(TestFiles.FixtureText("ntfs/wof-other.md5")[..32], NtfsVolume.Md5(tree, packed));

        void Check(string name, ProblemKind kind, string reason)
        {
            Problem problem = Assert.Single(files[name].Problems!);
            Assert.Equal((kind, reason), (problem.Kind, problem.Reason));
            UnreadableDataException error = Assert.Throws<UnreadableDataException>(() => tree.OpenStream(files[name].Streams.Single(s => s.Name.Length == 0).Ref));
            Assert.Equal((kind, reason), (error.Kind, error.Reason));
        }
    }

    [Theory]
    [InlineData("sectors4k-clusters4k", 4_096)]
    [InlineData("sectors4k-clusters64k", 65_536)]
    public void Sectors_and_records_of_4096_bytes_are_read(string name, int clusterSize)
    {
        NtfsVolume volume = NtfsVolume.Of(name);
        using IFileTree tree = volume.Open();
        Assert.Equal((name, clusterSize), (tree.Info.Label, tree.Info.ClusterSize));
        List<FileEntry> entries = [.. tree.Walk(volume.Problems, TestContext.Current.CancellationToken)];
        FileEntry large = entries.Single(e => e.Path == "resident in a large record.txt");
        Assert.True(large.Streams[0].Flags.HasFlag(StreamFlags.Resident));
        Assert.Equal(2_870, large.Streams[0].Size); // wc -c, in the mount

        // The first record of the mirror is the MFT's own: as mkntfs lays it out, the volume opens from it where the MFT is lost.
        long mft = BitConverter.ToInt64(volume.Bytes, 0x30) * clusterSize;
        volume.Bytes.AsSpan((int)mft, 4 * 4_096).Clear();
        ProblemList problems = new();
        using IFileTree again = new FileSystems.Ntfs.NtfsFormat().Open(new MemoryByteSource(volume.Bytes), problems);
        Assert.Equal(entries.Count(e => e.Path.StartsWith("dir/", StringComparison.Ordinal)), again.Walk(problems, TestContext.Current.CancellationToken).Count(e => e.Path.StartsWith("dir/", StringComparison.Ordinal)));
        Assert.NotEmpty(problems.Items);
    }

    [Fact]
    public void Links_have_their_targets()
    {
        List<FileEntry> entries = NtfsVolume.Of("wof").Walk();
        FileEntry junction = entries.Single(e => e.Path == "junction");
        Assert.Equal((EntryType.Link, "\\??\\C:\\target"), (junction.Type, junction.LinkTarget));
        Assert.Equal("0xA0000003", junction.Attributes!["reparse tag"]);
        FileEntry link = entries.Single(e => e.Path == "link.txt");
        Assert.Equal((EntryType.Link, "target\\x.txt"), (link.Type, link.LinkTarget));
    }

    [Fact]
    public void A_file_with_three_names_is_three_entries_of_one_key()
    {
        List<FileEntry> names = [.. NtfsVolume.Of("general").Walk().Where(e => e.Path is "docs/report.txt" or "docs/deep/same report.txt" or "docs/deep/deeper/third name.txt")];
        Assert.Equal(3, names.Count);
        Assert.Single(names.Select(e => e.Key).Distinct());
        Assert.All(names, e => Assert.Equal(3, e.LinkCount));
    }

    [Fact]
    public void The_volume_names_itself()
    {
        using IFileTree tree = NtfsVolume.Of("general").Open();
        Assert.Equal(("NTFS", "Général", 4_096), (tree.Info.TypeName, tree.Info.Label, tree.Info.ClusterSize));
    }

    [Fact]
    public void A_walk_gives_the_same_entries_each_time()
    {
        NtfsVolume volume = NtfsVolume.Of("general");
        Assert.Equal(volume.Walk().Select(e => (e.Key, e.Path, e.State)), volume.Walk().Select(e => (e.Key, e.Path, e.State)));
    }

    [Fact]
    public void Unallocated_ranges_agree_with_the_question_for_one_cluster()
    {
        using IFileTree tree = NtfsVolume.Of("general").Open();
        List<ByteRange> free = [.. tree.Allocation!.Unallocated()];
        Assert.NotEmpty(free);
        long at = 0;
        foreach (ByteRange range in free)
        {
            Assert.True(range.Offset >= at);
            for (; at < range.Offset; at += 4_096)
            {
                Assert.True(tree.Allocation.IsAllocated(at));
            }

            for (; at < range.End; at += 4_096)
            {
                Assert.False(tree.Allocation.IsAllocated(at));
            }
        }
    }

    [Fact]
    public void Extents_of_a_stream_hold_its_bytes()
    {
        NtfsVolume volume = NtfsVolume.Of("fragments");
        using IFileTree tree = volume.Open();
        StreamInfo stream = tree.Walk(volume.Problems, TestContext.Current.CancellationToken).Single(e => e.Path == "holes.bin").Streams.Single(s => s.Name.Length == 0);
        IReadOnlyList<Extent> extents = tree.GetExtents(stream.Ref);
        Assert.True(extents.Count > 1_000);
        Assert.Equal(stream.FirstOffset, extents[0].VolumeOffset);
        using IByteSource source = tree.OpenStream(stream.Ref);
        byte[] sector = new byte[512];
        foreach (Extent extent in extents.Where(e => e.FileOffset < stream.ValidLength && !e.IsSparse))
        {
            source.ReadAt(extent.FileOffset, sector);
            Assert.True(volume.Bytes.AsSpan((int)extent.VolumeOffset, 512).SequenceEqual(sector));
        }
    }

    private static bool AlmostTheSame(string a, string b) => a.Length == b.Length && a.Where((c, i) => c != b[i]).Count() <= 1;

    private static long Seconds(EvidenceTime time) => time.ToUnix()?.Seconds ?? 0;

    /// <summary>A line of the body file that fls writes; lines about $FILE_NAME and its own inventions left out.</summary>
    private sealed record FlsLine(string Path, string Address, bool Deleted, bool Reallocated, long Size, string Times)
    {
        public static IEnumerable<FlsLine> Read(string text)
        {
            foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] parts = line.Split('|');
                string name = parts[1];
                if (name.Contains("($FILE_NAME)", StringComparison.Ordinal) || parts[3].StartsWith("V/V", StringComparison.Ordinal))
                {
                    continue;
                }

                bool reallocated = name.EndsWith(" (deleted-realloc)", StringComparison.Ordinal);
                bool deleted = reallocated || name.EndsWith(" (deleted)", StringComparison.Ordinal);
                string path = deleted ? name[..name.LastIndexOf(" (", StringComparison.Ordinal)] : name;
                yield return new FlsLine(path.TrimStart('/'), parts[2], deleted, reallocated, long.Parse(parts[6], CultureInfo.InvariantCulture), string.Join('|', parts[7..11]));
            }
        }
    }
}
