using System.Buffers;
using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>A part of a stream whose place on the volume is not known because the map is damaged.</summary>
internal readonly record struct ExtBadRange(long Offset, long Length, string Reason)
{
    internal long End => Offset + Length;
}

/// <summary>Where the blocks of an inode lie: its extent tree or its block pointers, read as far as they hold.</summary>
internal sealed class ExtBlockMap
{
    private const int MaximumDepth = 5;
    private const int HeaderSize = 12;
    private const int EntrySize = 12;
    private const ushort ExtentMagic = 0xF30A;
    private const int MaximumWrittenLength = 32768;
    private const int DirectBlocks = 12;
    private readonly ExtVolume volume;
    private readonly uint number;
    private readonly uint seed;
    private readonly long limitBlocks;
    private readonly List<Extent> extents = [];
    private readonly List<ExtBadRange> bad = [];
    private readonly HashSet<long> seen = [];
    private List<Problem>? problems;
    private long cursor;
    private bool outOfOrder;
    private long budget;

    private ExtBlockMap(ExtVolume volume, uint number, uint generation, long limitBlocks, long budget)
    {
        (this.volume, this.number, this.limitBlocks, this.budget) = (volume, number, limitBlocks, budget);
        seed = volume.Super.HasChecksums ? ExtChecksum.InodeSeed(volume.Super, number, generation) : 0;
    }

    /// <summary>In file order, joined; unwritten extents have no place, so that they read as the zeros they stand for.</summary>
    internal IReadOnlyList<Extent> Extents => extents;

    /// <summary>In file order.</summary>
    internal IReadOnlyList<ExtBadRange> Bad => bad;

    /// <summary>What did not hold; null where all did.</summary>
    internal IReadOnlyList<Problem>? Problems => problems;

    /// <summary>Blocks given to the file but never written.</summary>
    internal long UnwrittenBlocks { get; private set; }

    /// <summary>Blocks given to the file, unwritten ones included.</summary>
    internal long MappedBlocks { get; private set; }

    /// <summary>Blocks of the map that were read.</summary>
    internal long NodesRead { get; private set; }

    /// <summary>
    /// The map of <paramref name="inode"/>, whose content is neither inline nor a fast link. Pointers are followed for
    /// <paramref name="size"/> bytes, extents to the end of the tree. At most <paramref name="nodeBudget"/> blocks of the map are read.
    /// </summary>
    internal static ExtBlockMap Read(ExtVolume volume, uint number, in ExtInode inode, long size, long nodeBudget = long.MaxValue)
    {
        long blocks = size <= 0 ? 0 : ((size - 1) / volume.BlockSize) + 1;
        ExtBlockMap map = new(volume, number, inode.Generation, blocks, nodeBudget);
        if (inode.Has(ExtInodeFlags.Extents))
        {
            map.ReadNode(inode.BlockArea, inode.BlockArea.Length, -1, 0, long.MaxValue);
            map.PutInOrder();
        }
        else
        {
            map.ReadPointers(inode.BlockArea);
        }

        return map;
    }

    /// <summary>
    /// What can be told of a tree whose extents all lie in the inode, without reading or allocating; false where it is deeper or does not hold.
    /// </summary>
    internal static bool TrySummarise(ExtVolume volume, in ExtInode inode, out long firstOffset, out long mapped, out long unwritten)
    {
        (firstOffset, mapped, unwritten) = (-1, 0, 0);
        ReadOnlySpan<byte> root = inode.BlockArea;
        int entries = U16(root, 2);
        if (U16(root, 0) != ExtentMagic || U16(root, 6) != 0 || entries > 4)
        {
            return false;
        }

        long end = 0;
        for (int i = 0; i < entries; i++)
        {
            (long logical, long length, long start, bool written) = Leaf(root.Slice(HeaderSize + (i * EntrySize), EntrySize));
            if (length == 0 || logical < end || !volume.Holds(start, length))
            {
                return false;
            }

            end = logical + length;
            mapped += length;
            unwritten += written ? 0 : length;
            if (written && firstOffset < 0)
            {
                firstOffset = start * volume.BlockSize;
            }
        }

        return true;
    }

    private static (long Logical, long Length, long Start, bool Written) Leaf(ReadOnlySpan<byte> entry)
    {
        int length = U16(entry, 4);
        bool written = length <= MaximumWrittenLength;
        return (U32(entry, 0), written ? length : length - MaximumWrittenLength, U32(entry, 8) | ((long)U16(entry, 6) << 32), written);
    }

    private static ushort U16(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);

    private static uint U32(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);

    /// <summary>One node of an extent tree: 12 bytes of header, then entries of 12. <paramref name="depth"/> is -1 for the root, which may say any.</summary>
    private void ReadNode(ReadOnlySpan<byte> node, int capacity, int depth, long from, long to)
    {
        int entries = U16(node, 2);
        int maximum = U16(node, 4);
        int level = U16(node, 6);
        if (U16(node, 0) != ExtentMagic)
        {
            // Cleared when the file was deleted, or never made: no extents, which is no damage where there is nothing to read.
            if (depth >= 0 || limitBlocks > 0)
            {
                Fail(from, to, $"eh_magic is 0x{U16(node, 0):X4}, not 0xF30A");
            }

            return;
        }

        if (level > MaximumDepth || (depth >= 0 && level != depth))
        {
            Fail(from, to, $"eh_depth is {level}, not {(depth < 0 ? "at most 5" : $"{depth}")}");
            return;
        }

        int room = (capacity - HeaderSize) / EntrySize;
        if (entries > room)
        {
            Note($"eh_entries is {entries}, with room for {room}");
            entries = room;
        }
        else if (entries > maximum)
        {
            Note($"eh_entries is {entries}, more than eh_max {maximum}");
        }

        if (level == 0)
        {
            for (int i = 0; i < entries; i++)
            {
                ReadLeaf(node.Slice(HeaderSize + (i * EntrySize), EntrySize));
            }

            return;
        }

        byte[] child = ArrayPool<byte>.Shared.Rent(volume.BlockSize);
        try
        {
            Span<byte> bytes = child.AsSpan(0, volume.BlockSize);
            for (int i = 0; i < entries; i++)
            {
                ReadOnlySpan<byte> entry = node.Slice(HeaderSize + (i * EntrySize), EntrySize);
                long start = Math.Max(from, U32(entry, 0));
                long end = i + 1 < entries ? Math.Max(start, Math.Min(to, U32(node, HeaderSize + ((i + 1) * EntrySize)))) : to;
                long block = U32(entry, 4) | ((long)U16(entry, 8) << 32);
                if (!TryReadBlock(block, start, end, bytes))
                {
                    continue;
                }

                if (volume.Super.HasChecksums && U16(bytes, 0) == ExtentMagic)
                {
                    int tail = HeaderSize + (U16(bytes, 4) * EntrySize);
                    if (tail + 4 <= bytes.Length && U32(bytes, tail) != ExtChecksum.Crc32C(seed, bytes[..tail]))
                    {
                        Note($"the checksum of extent block {block} is wrong", ProblemKind.Mismatch, block);
                    }
                }

                ReadNode(bytes, bytes.Length, level - 1, start, end);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(child);
        }
    }

    private void ReadLeaf(ReadOnlySpan<byte> entry)
    {
        (long logical, long length, long start, bool written) = Leaf(entry);
        if (length == 0)
        {
            Note($"an extent at block {logical} of the file has no length");
            return;
        }

        if (!volume.Holds(start, length))
        {
            Fail(logical, logical + length, $"blocks {start} to {start + length - 1} do not lie in the file system");
            return;
        }

        Add(logical, written ? start : -1, length);
        MappedBlocks += length;
        UnwrittenBlocks += written ? 0 : length;
    }

    /// <summary>i_block as 12 pointers to data and one each of single, double and triple indirection.</summary>
    private void ReadPointers(ReadOnlySpan<byte> area)
    {
        long at = PointersIn(area[..(4 * DirectBlocks)], 0, 0);
        long perBlock = volume.BlockSize / 4;
        long span = 1;
        for (int level = 1; level <= 3 && at < limitBlocks; level++)
        {
            span *= perBlock;
            ReadIndirect(U32(area, 4 * (DirectBlocks + level - 1)), level, at, span);
            at += span;
        }

        if (at < limitBlocks)
        {
            Fail(at, limitBlocks, "the size is more than block pointers can reach");
        }
    }

    private void ReadIndirect(long block, int level, long at, long span)
    {
        if (block == 0)
        {
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(volume.BlockSize);
        try
        {
            Span<byte> bytes = rented.AsSpan(0, volume.BlockSize);
            if (!TryReadBlock(block, at, Math.Min(at + span, limitBlocks), bytes))
            {
                return;
            }

            MappedBlocks++;
            if (level == 1)
            {
                PointersIn(bytes, at, block);
                return;
            }

            long each = span / (volume.BlockSize / 4);
            for (int i = 0; i < bytes.Length / 4 && at < limitBlocks; i++, at += each)
            {
                ReadIndirect(U32(bytes, 4 * i), level - 1, at, each);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private long PointersIn(ReadOnlySpan<byte> pointers, long at, long holder)
    {
        for (int i = 0; i < pointers.Length / 4 && at < limitBlocks; i++, at++)
        {
            long block = U32(pointers, 4 * i);
            if (block == 0)
            {
                continue;
            }

            if (!volume.Holds(block, 1))
            {
                Fail(at, at + 1, holder == 0 ? $"block {block} does not lie in the file system" : $"block {block}, named by indirect block {holder}, does not lie in the file system");
                continue;
            }

            Add(at, block, 1);
            MappedBlocks++;
        }

        return at;
    }

    /// <summary>Reads a block of the map itself, once.</summary>
    private bool TryReadBlock(long block, long from, long to, Span<byte> bytes)
    {
        if (!volume.Holds(block, 1))
        {
            Fail(from, to, $"block {block} of the map does not lie in the file system");
            return false;
        }

        if (!seen.Add(block))
        {
            Fail(from, to, $"block {block} of the map was already read: a loop or a block used twice", ProblemKind.Cycle);
            return false;
        }

        if (budget-- <= 0)
        {
            Fail(from, to, "the maps of this file system take more blocks than it has", ProblemKind.LimitReached);
            return false;
        }

        try
        {
            NodesRead++;
            volume.Source.ReadExactly(block * volume.BlockSize, bytes, "block of the map");
            return true;
        }
        catch (MalformedDataException error)
        {
            Fail(from, to, $"block {block} of the map: need {error.Need}, have {error.Have}");
        }
        catch (UnreadableDataException error)
        {
            Fail(from, to, $"block {block} of the map: {error.Reason}", ProblemKind.Unreadable);
        }

        return false;
    }

    private void Add(long logical, long start, long length)
    {
        long size = volume.BlockSize;
        outOfOrder |= logical < cursor;
        cursor = Math.Max(cursor, logical + length);
        if (extents.Count > 0)
        {
            Extent last = extents[^1];
            long end = last.FileOffset + last.Length;
            if (end == logical * size && (start < 0 ? last.IsSparse : !last.IsSparse && last.VolumeOffset + last.Length == start * size))
            {
                extents[^1] = last with { Length = last.Length + (length * size) };
                return;
            }
        }

        if (extents.Count >= Limits.ExtentsPerStream)
        {
            Fail(logical, logical + length, $"more than {Limits.ExtentsPerStream} extents", ProblemKind.LimitReached);
            return;
        }

        extents.Add(new Extent(logical * size, start < 0 ? -1 : start * size, length * size));
    }

    /// <summary>A tree that does not hold may give extents in any order, and some blocks twice: what starts earlier in the file counts.</summary>
    private void PutInOrder()
    {
        if (!outOfOrder)
        {
            return;
        }

        Note("its extents are not in order");
        Extent[] given = [.. extents];
        int[] order = new int[given.Length];
        long[] keys = new long[given.Length];
        for (int i = 0; i < given.Length; i++)
        {
            (order[i], keys[i]) = (i, given[i].FileOffset);
        }

        Array.Sort(keys, order);
        extents.Clear();
        long end = 0;
        foreach (int i in order)
        {
            Extent extent = given[i];
            long over = end - extent.FileOffset;
            if (over > 0)
            {
                Note($"the extent at block {extent.FileOffset / volume.BlockSize} of the file overlaps the one before");
                if (over >= extent.Length)
                {
                    continue;
                }

                extent = new Extent(end, extent.IsSparse ? -1 : extent.VolumeOffset + over, extent.Length - over);
            }

            extents.Add(extent);
            end = extent.FileOffset + extent.Length;
        }
    }

    /// <summary>Blocks <paramref name="from"/> to <paramref name="to"/> of the file cannot be placed.</summary>
    private void Fail(long from, long to, string reason, ProblemKind kind = ProblemKind.Malformed)
    {
        Note(reason, kind);
        from = Math.Max(from, cursor);
        to = Math.Min(to, limitBlocks);
        if (to <= from)
        {
            return;
        }

        cursor = to;
        long offset = from * volume.BlockSize;
        long length = (to - from) * volume.BlockSize;
        if (bad.Count > 0 && bad[^1].End == offset && bad[^1].Reason == reason)
        {
            bad[^1] = bad[^1] with { Length = bad[^1].Length + length };
        }
        else
        {
            bad.Add(new ExtBadRange(offset, length, reason));
        }
    }

    private void Note(string reason, ProblemKind kind = ProblemKind.Malformed, long block = -1)
    {
        problems ??= [];

        // The first few say what is wrong; thousands in one file would say no more.
        if (problems.Count < 16)
        {
            problems.Add(new Problem(kind, $"inode {number}, block map", reason, block < 0 ? null : block * volume.BlockSize));
        }
    }
}
