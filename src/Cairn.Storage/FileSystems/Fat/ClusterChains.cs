using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>Why a cluster chain ends.</summary>
internal enum ChainEnd
{
    /// <summary>At the end mark, or after as many clusters as were asked for.</summary>
    Whole,

    /// <summary>At a cluster that the table says is free.</summary>
    Free,

    /// <summary>At a cluster that is marked bad.</summary>
    Bad,

    /// <summary>At a number that is no cluster of the volume.</summary>
    OutOfRange,

    /// <summary>At a cluster past the end of the media.</summary>
    PastMedia,

    /// <summary>At one of its own clusters.</summary>
    Loop,

    /// <summary>At a cluster of another chain.</summary>
    CrossLink,

    /// <summary>At an entry of the table that cannot be read.</summary>
    Unreadable,
}

/// <summary>Cluster chains of a FAT or exFAT volume as runs on the volume. Keeps nothing between calls.</summary>
/// <param name="table">The file allocation table.</param>
/// <param name="mask">Bits of an entry that count.</param>
/// <param name="endMark">Lowest value that ends a chain; the one below marks a bad cluster.</param>
/// <param name="lastCluster">Highest cluster number.</param>
/// <param name="heapOffset">Offset of cluster 2.</param>
/// <param name="clusterSize">Bytes per cluster.</param>
internal sealed class ClusterChains(FatTable table, uint mask, uint endMark, long lastCluster, long heapOffset, int clusterSize)
{
    /// <summary>Where the chain goes from <paramref name="cluster"/>; <see cref="ChainEnd.Whole"/> with 0 at its end.</summary>
    public ChainEnd Next(uint cluster, out uint next)
    {
        next = 0;
        if (!table.TryGet(cluster, out uint value))
        {
            return ChainEnd.Unreadable;
        }

        value &= mask;
        if (value >= endMark)
        {
            return ChainEnd.Whole;
        }

        if (value == 0)
        {
            return ChainEnd.Free;
        }

        if (value == endMark - 1)
        {
            return ChainEnd.Bad;
        }

        if (value < 2 || value > lastCluster)
        {
            return ChainEnd.OutOfRange;
        }

        next = value;
        return ChainEnd.Whole;
    }

    /// <summary>Whether a number names a cluster of the volume.</summary>
    public bool IsCluster(uint cluster) => cluster >= 2 && cluster <= lastCluster;

    /// <summary>
    /// The runs of the chain from <paramref name="start"/>, at most <paramref name="limit"/> clusters. Keeps nothing about other chains:
    /// a loop is found by a marker that jumps ahead (Brent), and cut where it closes.
    /// </summary>
    public List<Extent> Runs(uint start, long limit, out ChainEnd end)
    {
        List<Extent> runs = [];
        end = ChainEnd.Whole;
        if (!IsCluster(start))
        {
            end = ChainEnd.OutOfRange;
            return runs;
        }

        uint cluster = start, marker = start;
        long power = 1, sinceMarker = 0, count = 0;
        while (count < limit)
        {
            Append(runs, cluster, count);
            count++;
            if (runs.Count >= Limits.ExtentsPerStream)
            {
                throw new MalformedDataException("cluster chain", OffsetOf(start), $"at most {Limits.ExtentsPerStream} extents", $"{runs.Count}");
            }

            if (count == limit)
            {
                break;
            }

            end = Next(cluster, out uint next);
            if (end != ChainEnd.Whole || next == 0)
            {
                break;
            }

            cluster = next;
            if (cluster == marker)
            {
                long distinct = DistinctClusters(start, sinceMarker + 1);
                List<Extent> cut = Runs(start, distinct, out _);
                end = ChainEnd.Loop;
                return cut;
            }

            if (++sinceMarker == power)
            {
                power *= 2;
                sinceMarker = 0;
                marker = cluster;
            }
        }

        return runs;
    }

    /// <summary>Runs for a deleted entry: free clusters from its first one on, in order, as the Sleuth Kit takes them.</summary>
    public List<Extent> FreeRuns(ClusterMap map, uint start, long clusters)
    {
        List<Extent> runs = [];
        long index = start - 2L;
        if (!IsCluster(start) || !map.IsFree(index))
        {
            return runs;
        }

        long done = 0;
        while (done < clusters && index < map.Count && runs.Count < Limits.ExtentsPerStream)
        {
            long end = Math.Min(map.NextUsed(index), index + clusters - done);
            runs.Add(new Extent(done * clusterSize, OffsetOf(index + 2), (end - index) * clusterSize));
            done += end - index;
            index = map.NextFree(end);
        }

        return runs;
    }

    private long OffsetOf(long cluster) => heapOffset + ((cluster - 2) * clusterSize);

    private void Append(List<Extent> runs, uint cluster, long count)
    {
        long at = OffsetOf(cluster);
        if (runs.Count > 0)
        {
            Extent last = runs[^1];
            if (last.VolumeOffset + last.Length == at)
            {
                runs[^1] = last with { Length = last.Length + clusterSize };
                return;
            }
        }

        runs.Add(new Extent(count * clusterSize, at, clusterSize));
    }

    private long DistinctClusters(uint start, long loop)
    {
        uint ahead = start, behind = start;
        for (long i = 0; i < loop; i++)
        {
            Next(ahead, out ahead);
        }

        long lead = 0;
        while (ahead != behind)
        {
            Next(ahead, out ahead);
            Next(behind, out behind);
            lead++;
        }

        return lead + loop;
    }

    /// <summary>Bytes of all runs.</summary>
    public static long Sum(List<Extent> extents)
    {
        long sum = 0;
        foreach (Extent extent in extents)
        {
            sum += extent.Length;
        }

        return sum;
    }
}
