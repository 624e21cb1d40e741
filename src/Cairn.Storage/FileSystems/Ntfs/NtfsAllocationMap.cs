using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>$Bitmap: one bit per cluster, read a page at a time.</summary>
internal sealed class NtfsAllocationMap : IAllocationMap
{
    private const int PageBytes = 65_536;
    private readonly IByteSource? bitmap;
    private readonly long clusters;
    private readonly IProblemSink problems;
    private Page? last;
    private int reported;

    /// <summary>With no <paramref name="bitmap"/> everything counts as in use.</summary>
    public NtfsAllocationMap(IByteSource? bitmap, int clusterSize, long clusters, IProblemSink problems)
    {
        (this.bitmap, ClusterSize, this.problems) = (bitmap, clusterSize, problems);
        this.clusters = Math.Min(clusters, bitmap is null ? 0 : bitmap.Length > long.MaxValue / 8 ? long.MaxValue : bitmap.Length * 8);
        reported = bitmap is null ? 1 : 0;
    }

    public int ClusterSize { get; }

    public bool IsAllocated(long volumeOffset)
    {
        long cluster = volumeOffset / ClusterSize;
        if (volumeOffset < 0 || cluster >= clusters)
        {
            return true;
        }

        long at = cluster >> 3;
        Page page = PageOf(at / PageBytes);
        int within = (int)(at % PageBytes);
        return within >= page.Bits.Length || (page.Bits[within] & (1 << (int)(cluster & 7))) != 0;
    }

    public IEnumerable<ByteRange> Unallocated()
    {
        long start = -1;
        for (long page = 0; page * PageBytes * 8 < clusters; page++)
        {
            byte[] bits = PageOf(page).Bits;
            long first = page * PageBytes * 8;
            int count = (int)Math.Min(clusters - first, bits.Length * 8L);
            for (int i = 0; i < count;)
            {
                // Eight clusters that are alike are passed over together.
                if ((i & 7) == 0 && i + 8 <= count && bits[i >> 3] == (start < 0 ? 0xFF : 0))
                {
                    i += 8;
                    continue;
                }

                bool free = (bits[i >> 3] & (1 << (i & 7))) == 0;
                if (free && start < 0)
                {
                    start = first + i;
                }
                else if (!free && start >= 0)
                {
                    yield return new ByteRange(start * ClusterSize, (first + i - start) * ClusterSize);
                    start = -1;
                }

                i++;
            }
        }

        if (start >= 0)
        {
            yield return new ByteRange(start * ClusterSize, (clusters - start) * ClusterSize);
        }
    }

    private Page PageOf(long number)
    {
        Page? page = last;
        if (page?.Number == number)
        {
            return page;
        }

        byte[] bits = new byte[(int)Math.Min(PageBytes, ((clusters + 7) / 8) - (number * PageBytes))];
        try
        {
            int got = bitmap!.ReadAt(number * PageBytes, bits);
            bits.AsSpan(got).Fill(0xFF);
        }
        catch (UnreadableDataException error)
        {
            // What cannot be read counts as in use: nothing may be called free without evidence.
            bits.AsSpan().Fill(0xFF);
            if (Interlocked.Exchange(ref reported, 1) == 0)
            {
                problems.Report(Problem.From(error, "$Bitmap"));
            }
        }

        // Replacing the reference is atomic; two threads at worst read the same page twice.
        page = new Page(number, bits);
        last = page;
        return page;
    }

    private sealed record Page(long Number, byte[] Bits);
}
