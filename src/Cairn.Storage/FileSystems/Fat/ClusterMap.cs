using System.Numerics;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>
/// One bit per cluster of a FAT or exFAT volume, set where the cluster is free, with running counts so that "are there N free clusters
/// from here on" costs the same however many are asked for. Index 0 is cluster 2. Filled once, then only read.
/// </summary>
internal sealed class ClusterMap
{
    private const int WordsPerCount = 64;
    private readonly ulong[] words;
    private readonly long[] freeBefore;

    /// <summary>Takes the bits over.</summary>
    public ClusterMap(ulong[] words, long count)
    {
        this.words = words;
        Count = count;
        int tail = (int)(count & 63);
        if (tail != 0)
        {
            words[count >> 6] &= (1UL << tail) - 1;
        }

        freeBefore = new long[(words.Length / WordsPerCount) + 1];
        long free = 0;
        for (int i = 0; i < words.Length; i++)
        {
            if (i % WordsPerCount == 0)
            {
                freeBefore[i / WordsPerCount] = free;
            }

            free += BitOperations.PopCount(words[i]);
        }

        FreeCount = free;
    }

    /// <summary>Clusters in all.</summary>
    public long Count { get; }

    /// <summary>Clusters that are free.</summary>
    public long FreeCount { get; }

    /// <summary>Words that hold <paramref name="count"/> bits.</summary>
    public static ulong[] Words(long count) => new ulong[((count + 63) >> 6) + 1];

    /// <summary>Whether the cluster is free; false outside the map.</summary>
    public bool IsFree(long index) => (ulong)index < (ulong)Count && ((words[index >> 6] >> (int)(index & 63)) & 1) != 0;

    /// <summary>Free clusters with an index of <paramref name="index"/> or more.</summary>
    public long FreeFrom(long index)
    {
        if (index >= Count)
        {
            return 0;
        }

        long word = index >> 6;
        long before = freeBefore[word / WordsPerCount];
        for (long i = word / WordsPerCount * WordsPerCount; i < word; i++)
        {
            before += BitOperations.PopCount(words[i]);
        }

        before += BitOperations.PopCount(words[word] & ((1UL << (int)(index & 63)) - 1));
        return FreeCount - before;
    }

    /// <summary>Whether none of the clusters is in use; false where some lie outside the map.</summary>
    public bool AllFree(long index, long count) =>
        index >= 0 && count <= Count - index && FreeFrom(index) - FreeFrom(index + count) == count;

    /// <summary>The first free cluster from <paramref name="index"/> on, or <see cref="Count"/>.</summary>
    public long NextFree(long index) => Next(index, 0);

    /// <summary>The first cluster in use from <paramref name="index"/> on, or <see cref="Count"/>.</summary>
    public long NextUsed(long index) => Next(index, ulong.MaxValue);

    private long Next(long index, ulong flip)
    {
        while (index < Count)
        {
            ulong word = (words[index >> 6] ^ flip) >> (int)(index & 63);
            if (word != 0)
            {
                return Math.Min(Count, index + BitOperations.TrailingZeroCount(word));
            }

            index = ((index >> 6) + 1) << 6;
        }

        return Count;
    }
}

/// <summary>Marks for clusters that were met before; index 0 is cluster 2.</summary>
internal sealed class ClusterMarks(long count)
{
    private readonly ulong[] words = ClusterMap.Words(count);

    /// <summary>Marks the cluster; false where it was marked before or is outside.</summary>
    public bool Add(long index)
    {
        if ((ulong)index >= (ulong)count)
        {
            return false;
        }

        ulong bit = 1UL << (int)(index & 63);
        ref ulong word = ref words[index >> 6];
        bool fresh = (word & bit) == 0;
        word |= bit;
        return fresh;
    }

    /// <summary>Whether it is marked.</summary>
    public bool Contains(long index) => (ulong)index < (ulong)count && ((words[index >> 6] >> (int)(index & 63)) & 1) != 0;
}

/// <summary>The allocation map of a volume whose clusters lie one after the other from <paramref name="heapOffset"/>.</summary>
internal sealed class ClusterAllocation(Func<ClusterMap> map, long heapOffset, int clusterSize) : IAllocationMap
{
    /// <inheritdoc/>
    public int ClusterSize => clusterSize;

    /// <inheritdoc/>
    public bool IsAllocated(long volumeOffset) => volumeOffset < heapOffset || !map().IsFree((volumeOffset - heapOffset) / clusterSize);

    /// <inheritdoc/>
    public IEnumerable<ByteRange> Unallocated()
    {
        ClusterMap clusters = map();
        for (long start = clusters.NextFree(0); start < clusters.Count;)
        {
            long end = clusters.NextUsed(start);
            yield return new ByteRange(heapOffset + (start * clusterSize), (end - start) * clusterSize);
            start = clusters.NextFree(end);
        }
    }
}
