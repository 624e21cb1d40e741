using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>The block bitmaps, one per group, read when asked for; a few are kept.</summary>
internal sealed class ExtAllocationMap : IAllocationMap
{
    private const int Kept = 32;
    private readonly ExtVolume volume;
    private readonly IProblemSink problems;
    private readonly Lock gate = new();
    private readonly long[] heldGroup = new long[Kept];
    private readonly byte[]?[] held = new byte[]?[Kept];
    private readonly HashSet<long> reported = [];

    internal ExtAllocationMap(ExtVolume volume, IProblemSink problems)
    {
        (this.volume, this.problems) = (volume, problems);
        Array.Fill(heldGroup, -1);
    }

    /// <inheritdoc/>
    public int ClusterSize => volume.Super.ClusterSize;

    private int BlocksPerCluster => ClusterSize / volume.BlockSize;

    /// <inheritdoc/>
    public bool IsAllocated(long volumeOffset)
    {
        ExtSuperblock super = volume.Super;
        long block = volumeOffset / volume.BlockSize;
        if (volumeOffset < 0 || block < super.FirstDataBlock || block >= super.BlockCount)
        {
            return true;
        }

        long group = (block - super.FirstDataBlock) / super.BlocksPerGroup;
        long bit = (block - super.FirstDataBlock) % super.BlocksPerGroup / BlocksPerCluster;
        lock (gate)
        {
            byte[] bitmap = Bitmap(group);
            return (bitmap[bit >> 3] & (1 << (int)(bit & 7))) != 0;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ByteRange> Unallocated()
    {
        ExtSuperblock super = volume.Super;
        byte[] bitmap = new byte[(super.ClustersPerGroup + 7) / 8];
        long start = -1, end = -1;
        for (long group = 0; group < volume.Groups; group++)
        {
            Fill(group, bitmap);
            long first = super.FirstBlockOf(group);
            long last = Math.Min(first + super.BlocksPerGroup, super.BlockCount);
            int clusters = (int)((last - first + BlocksPerCluster - 1) / BlocksPerCluster);
            int at = 0;
            while (at < clusters)
            {
                if ((at & 7) == 0 && bitmap[at >> 3] == 0xFF)
                {
                    at += 8;
                    continue;
                }

                if ((bitmap[at >> 3] & (1 << (at & 7))) != 0)
                {
                    at++;
                    continue;
                }

                int from = at;
                while (at < clusters && (bitmap[at >> 3] & (1 << (at & 7))) == 0)
                {
                    at += (at & 7) == 0 && bitmap[at >> 3] == 0 ? 8 : 1;
                }

                at = Math.Min(at, clusters);
                long freeFrom = (first + ((long)from * BlocksPerCluster)) * volume.BlockSize;
                long freeTo = Math.Min(first + ((long)at * BlocksPerCluster), last) * volume.BlockSize;
                if (freeFrom == end)
                {
                    end = freeTo;
                    continue;
                }

                if (start >= 0)
                {
                    yield return new ByteRange(start, end - start);
                }

                (start, end) = (freeFrom, freeTo);
            }
        }

        if (start >= 0)
        {
            yield return new ByteRange(start, end - start);
        }
    }

    private byte[] Bitmap(long group)
    {
        int slot = (int)(group % Kept);
        byte[] bitmap = held[slot] ??= new byte[(volume.Super.ClustersPerGroup + 7) / 8];
        if (heldGroup[slot] != group)
        {
            Fill(group, bitmap);
            heldGroup[slot] = group;
        }

        return bitmap;
    }

    private void Fill(long group, byte[] bitmap)
    {
        string place = $"block bitmap of group {group}";
        if (volume.Group(group) is not ExtGroup where)
        {
            Array.Fill(bitmap, (byte)0xFF); // reported when the descriptors were read
            return;
        }

        if (where.BlocksUninitialised && (volume.Super.HasChecksums || volume.Super.Has(ExtReadOnlyCompat.GroupChecksum)))
        {
            FillUninitialised(group, where, bitmap);
            return;
        }

        long offset = where.BlockBitmap * volume.BlockSize;
        try
        {
            volume.Source.ReadExactly(offset, bitmap, "block bitmap");
        }
        catch (UnreadableDataException error)
        {
            Array.Fill(bitmap, (byte)0xFF);
            ReportOnce(group, new Problem(ProblemKind.Unreadable, place, $"{error.Reason}; its blocks count as in use", offset));
            return;
        }
        catch (MalformedDataException error)
        {
            Array.Fill(bitmap, (byte)0xFF);
            ReportOnce(group, new Problem(ProblemKind.Missing, place, $"need {error.Need}, have {error.Have}; its blocks count as in use", offset));
            return;
        }

        if (volume.Super.HasChecksums && !where.IsCopy)
        {
            uint mask = volume.Super.DescriptorSize >= 64 ? uint.MaxValue : 0xFFFF;
            if (((ExtChecksum.Crc32C(volume.Super.ChecksumSeed, bitmap) ^ where.BlockBitmapChecksum) & mask) != 0)
            {
                ReportOnce(group, new Problem(ProblemKind.Mismatch, place, "its checksum is wrong; it is used all the same", offset));
            }
        }
    }

    /// <summary>What a bitmap that was never written would say: only the file system's own blocks in the group are in use.</summary>
    private void FillUninitialised(long group, in ExtGroup where, byte[] bitmap)
    {
        Array.Clear(bitmap);
        ExtSuperblock super = volume.Super;
        long first = super.FirstBlockOf(group);
        int perBlock = volume.BlockSize / super.DescriptorSize;
        bool meta = super.Has(ExtIncompat.MetaBlockGroups);
        bool copy = super.KeepsCopy(group);
        if (copy)
        {
            Mark(bitmap, first, first, group == 0 && first == 0 && volume.BlockSize == 1024 ? 2 : 1);
        }

        long descriptorBlocks = (super.GroupCount + perBlock - 1) / perBlock;
        long metaIndex = group / perBlock;
        if (!meta || metaIndex < super.FirstMetaGroup)
        {
            if (copy)
            {
                Mark(bitmap, first, first + 1, meta ? super.FirstMetaGroup : descriptorBlocks + super.ReservedDescriptorBlocks);
            }
        }
        else if (group % perBlock is 0 or 1 || group % perBlock == perBlock - 1)
        {
            Mark(bitmap, first, first + (copy ? 1 : 0), 1);
        }

        Mark(bitmap, first, where.BlockBitmap, 1);
        Mark(bitmap, first, where.InodeBitmap, 1);
        Mark(bitmap, first, where.InodeTable, (((long)super.InodesPerGroup * super.InodeSize) + volume.BlockSize - 1) / volume.BlockSize);
    }

    private void Mark(byte[] bitmap, long groupFirst, long block, long count)
    {
        long from = Math.Max(block, groupFirst);
        long to = Math.Min(block + count, groupFirst + volume.Super.BlocksPerGroup);
        for (long at = from; at < to; at++)
        {
            long bit = (at - groupFirst) / BlocksPerCluster;
            bitmap[bit >> 3] |= (byte)(1 << (int)(bit & 7));
        }
    }

    private void ReportOnce(long group, Problem problem)
    {
        lock (reported)
        {
            if (reported.Count >= Limits.ProblemsPerKind || !reported.Add(group))
            {
                return;
            }
        }

        problems.Report(problem);
    }
}
