using Cairn.Core;
using Cairn.Storage.FileSystems.Ntfs;

namespace Cairn.Storage.Tests.Ntfs;

public sealed class NtfsDirectoryMapTests
{
    private readonly ProblemList problems = new();

    [Fact]
    public void Ten_thousand_levels_have_their_whole_path()
    {
        DirectoryMap map = Chain(10_000, "d");
        (string path, bool orphan) = map.PathOf(Record(9_999));
        Assert.False(orphan);
        Assert.Equal((10_000 * 2) - 1, path.Length);
        Assert.Equal(10_000, path.Split('/').Length);
        Assert.Empty(problems.Items);
    }

    [Fact]
    public void Paths_longer_than_the_limit_are_cut_and_reported_once_for_each_directory_that_passes_it()
    {
        DirectoryMap map = Chain(400, new string('n', 250));
        for (int i = 0; i < 400; i++)
        {
            Assert.True(map.PathOf(Record(i)).Path.Length <= Limits.PathLength);
        }

        // 65,536 characters are 261 directories of 251 each; the first cut comes at the 262nd, and the path starts again from there.
        Problem cut = Assert.Single(problems.Items);
        Assert.Equal(($"MFT record {Record(261)}", ProblemKind.LimitReached), (cut.Place, cut.Kind));
    }

    [Fact]
    public void A_chain_without_end_is_cut_at_the_limit()
    {
        DirectoryMap map = Chain(Limits.DirectoryDepth + 10, "d");
        (string path, bool orphan) = map.PathOf(Record(Limits.DirectoryDepth + 9));
        Assert.True(orphan);
        Assert.StartsWith(DirectoryMap.OrphanFolder, path, StringComparison.Ordinal);
        Assert.Equal(ProblemKind.LimitReached, Assert.Single(problems.Items).Kind);
    }

    [Fact]
    public void Two_directories_that_hold_each_other_are_one_cycle()
    {
        DirectoryMap map = new(problems);
        Add(map, 100, 101, "a");
        Add(map, 101, 100, "b");
        Assert.Equal(("$OrphanFiles/b/a", true), map.PathOf(100));
        Assert.Equal(("$OrphanFiles/b", true), map.PathOf(101));
        Assert.Equal(ProblemKind.Cycle, Assert.Single(problems.Items).Kind);
    }

    [Fact]
    public void A_name_whose_directory_was_deleted_fits_the_sequence_number_before()
    {
        DirectoryMap map = new(problems);
        int slot = map.GetOrAdd(100);
        map.Slots[slot].Flags |= DirectoryFlags.Known;
        map.Slots[slot].Sequence = 8;
        Assert.True(map.Fits(new FileReference(100 | (7UL << 48))));
        Assert.False(map.Fits(new FileReference(100 | (8UL << 48))));
    }

    private static long Record(int level) => 100 + level;

    private static void Add(DirectoryMap map, long record, long parent, string name)
    {
        int slot = map.GetOrAdd(record);
        map.Slots[slot].Flags |= DirectoryFlags.Known | DirectoryFlags.InUse;
        map.Slots[slot].Sequence = 1;
        map.SetName(slot, name, new FileReference((ulong)parent | (1UL << 48)));
    }

    private DirectoryMap Chain(int levels, string name)
    {
        DirectoryMap map = new(problems);
        for (int i = 0; i < levels; i++)
        {
            Add(map, Record(i), i == 0 ? MetadataFile.Root : Record(i - 1), name);
        }

        return map;
    }
}
