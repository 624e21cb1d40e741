using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>Superblock and group descriptors of an opened file system: where every inode lies. Immutable, safe from many threads.</summary>
internal sealed class ExtVolume
{
    private const int PageSize = 64 << 10;
    private const int MaximumCopies = 6;
    private readonly byte[] descriptors;
    private readonly Dictionary<int, ExtGroup> repaired = [];

    private ExtVolume(IByteSource source, ExtSuperblock super, byte[] descriptors, int groups)
    {
        (Source, Super, this.descriptors, Groups) = (source, super, descriptors, groups);
        Metadata = new ExtPageCache(source, PageSize, 128);
    }

    internal IByteSource Source { get; }

    internal ExtSuperblock Super { get; }

    /// <summary>Inode tables, bitmaps and attribute blocks.</summary>
    internal ExtPageCache Metadata { get; }

    /// <summary>Groups whose descriptors could be read.</summary>
    internal int Groups { get; }

    internal int BlockSize => Super.BlockSize;

    internal long BlockCount => Super.BlockCount;

    private bool ChecksDescriptors => Super.HasChecksums || Super.Has(ExtReadOnlyCompat.GroupChecksum);

    /// <summary>
    /// Finds a superblock: the first one, or where that does not hold the copy at the start of another group, where mke2fs puts it unless told otherwise.
    /// </summary>
    internal static (ExtSuperblock Super, long Offset)? FindSuperblock(IByteSource volume, out MalformedDataException? primary)
    {
        Span<byte> bytes = stackalloc byte[ExtSuperblock.Size];
        primary = null;
        if (TryReadSuperblock(volume, ExtSuperblock.PrimaryOffset, bytes, out primary) is ExtSuperblock first)
        {
            return (first, ExtSuperblock.PrimaryOffset);
        }

        ReadOnlySpan<int> groups = [1, 3, 5, 7, 9, 25, 27];
        foreach (int group in groups)
        {
            for (int logBlock = 0; logBlock <= 6; logBlock++)
            {
                int blockSize = 1024 << logBlock;
                long offset = ((8L * blockSize * group) + (logBlock == 0 ? 1 : 0)) * blockSize;
                if (offset < volume.Length - ExtSuperblock.Size
                    && TryReadSuperblock(volume, offset, bytes, out _) is ExtSuperblock copy
                    && copy.BlockSize == blockSize && copy.ChecksumHolds && (copy.Revision == 0 || copy.BlockGroupNumber == group))
                {
                    return (copy, offset);
                }
            }
        }

        return null;
    }

    internal static ExtVolume Open(IByteSource source, ExtSuperblock super, IProblemSink problems)
    {
        long wanted = super.GroupCount;
        if (super.InodeCount != (ulong)wanted * super.InodesPerGroup)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "superblock", $"{super.BlockCount} blocks make {wanted} groups, which does not go with {super.InodeCount} inodes of {super.InodesPerGroup} per group"));
        }

        // Neither the groups nor their inode tables can be more than the volume has room for.
        long room = Math.Max(source.Length / ((long)super.InodesPerGroup * super.InodeSize), source.Length / ((long)super.BlocksPerGroup * super.BlockSize)) + 1;
        long limit = Math.Min(Math.Min(wanted, room), Limits.StructureBytes / super.DescriptorSize);
        if (limit < wanted)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, "group descriptors", $"the superblock asks for {wanted} groups; the volume has room for {limit}, which are read"));
        }

        int perBlock = super.BlockSize / super.DescriptorSize;
        int blocks = (int)((limit + perBlock - 1) / perBlock);
        byte[] table = new byte[Math.Min((long)blocks * super.BlockSize, Limits.StructureBytes + super.BlockSize)];
        int groups = 0;
        Span<long> copies = stackalloc long[MaximumCopies];
        int at = ReadContiguous(source, super, table, blocks);
        groups = (int)Math.Min(limit, (long)at * perBlock);
        for (int block = at; block < blocks; block++)
        {
            int count = CopiesOf(super, block, copies);
            bool got = false;
            Problem? first = null;
            for (int copy = 0; copy < count && !got; copy++)
            {
                got = TryRead(source, copies[copy] * super.BlockSize, table.AsSpan(block * super.BlockSize, super.BlockSize), out Problem? why);
                first ??= why;
            }

            if (!got)
            {
                problems.Report(new Problem(ProblemKind.Missing, $"group descriptor block {block}", $"neither it nor a copy can be read; groups from {(long)block * perBlock} on are left out ({first?.Reason})", first?.Offset));
                break;
            }

            groups = (int)Math.Min(limit, (long)(block + 1) * perBlock);
        }

        ExtVolume volume = new(source, super, table, groups);
        volume.Check(problems);
        return volume;
    }

    /// <summary>The descriptor of a group, from a copy where the first one does not hold; null where none holds.</summary>
    internal ExtGroup? Group(long group)
    {
        if (group < 0 || group >= Groups)
        {
            return null;
        }

        ExtGroup found = repaired.TryGetValue((int)group, out ExtGroup better) ? better : ExtGroup.Parse(Descriptor(descriptors, (int)group));
        return found.InodeTable == 0 ? null : found;
    }

    /// <summary>Byte offset of an inode on the volume.</summary>
    internal long InodeOffset(long inode)
    {
        if (inode < 1 || inode > Super.InodeCount)
        {
            throw new MalformedDataException("inode number", 0, $"1 to {Super.InodeCount}", $"{inode}");
        }

        long group = (inode - 1) / Super.InodesPerGroup;
        if (Group(group) is not ExtGroup where)
        {
            throw new MalformedDataException($"bg_inode_table of group {group}", 0, "a group descriptor that holds", "none");
        }

        return (where.InodeTable * BlockSize) + ((inode - 1) % Super.InodesPerGroup * Super.InodeSize);
    }

    /// <summary>Fills <paramref name="target"/> (s_inode_size bytes) with an inode.</summary>
    internal void ReadInode(long inode, Span<byte> target) => Metadata.Read(InodeOffset(inode), target, "inode");

    /// <summary>Whether <paramref name="block"/> and the <paramref name="count"/> - 1 after it lie in the file system.</summary>
    internal bool Holds(long block, long count) => block > 0 && block < BlockCount && count <= BlockCount - block;

    private static ExtSuperblock? TryReadSuperblock(IByteSource volume, long offset, Span<byte> bytes, out MalformedDataException? why)
    {
        why = null;
        try
        {
            volume.ReadExactly(offset, bytes, "superblock");
            return ExtSuperblock.Parse(bytes, offset);
        }
        catch (MalformedDataException error)
        {
            why = error;
        }
        catch (UnreadableDataException error)
        {
            why = new MalformedDataException("superblock", offset, "readable bytes", error.Reason);
        }

        return null;
    }

    private static bool TryRead(IByteSource source, long offset, Span<byte> target, out Problem? why)
    {
        why = null;
        try
        {
            source.ReadExactly(offset, target, "group descriptors");
            return true;
        }
        catch (MalformedDataException error)
        {
            why = Problem.From(error, "group descriptors");
        }
        catch (UnreadableDataException error)
        {
            why = Problem.From(error, "group descriptors");
        }

        return false;
    }

    /// <summary>Reads the descriptor blocks that lie one after another in one go; returns how many that gave.</summary>
    private static int ReadContiguous(IByteSource source, ExtSuperblock super, byte[] table, int blocks)
    {
        int contiguous = super.Has(ExtIncompat.MetaBlockGroups) ? (int)Math.Min(blocks, super.FirstMetaGroup) : blocks;
        long offset = FirstDescriptorBlock(super, 0) * super.BlockSize;
        if (contiguous == 0)
        {
            return 0;
        }

        long there = Math.Min((long)contiguous * super.BlockSize, source.Length - offset) / super.BlockSize * super.BlockSize;
        return there > 0 && TryRead(source, offset, table.AsSpan(0, (int)there), out _) ? (int)(there / super.BlockSize) : 0;
    }

    /// <summary>The block after the superblock (copy) of a group.</summary>
    private static long FirstDescriptorBlock(ExtSuperblock super, long group)
    {
        long first = super.FirstBlockOf(group);

        // With blocks of 1 KiB the superblock is block 1 even where bigalloc makes the first data block 0.
        return group == 0 && first == 0 && super.BlockSize == 1024 ? 2 : first + 1;
    }

    /// <summary>Where descriptor block <paramref name="index"/> and its copies lie; the count of those.</summary>
    private static int CopiesOf(ExtSuperblock super, int index, Span<long> copies)
    {
        int count = 0;
        if (super.Has(ExtIncompat.MetaBlockGroups) && index >= super.FirstMetaGroup)
        {
            int perBlock = super.BlockSize / super.DescriptorSize;
            long group = (long)index * perBlock;
            foreach (long holder in (ReadOnlySpan<long>)[group, group + 1, group + perBlock - 1])
            {
                if (holder < super.GroupCount && (holder == group || holder > group))
                {
                    copies[count++] = super.KeepsCopy(holder) ? FirstDescriptorBlock(super, holder) : super.FirstBlockOf(holder);
                }
            }

            return count;
        }

        copies[count++] = FirstDescriptorBlock(super, 0) + index;
        for (long group = 1; group < super.GroupCount && group < 1000 && count < copies.Length; group++)
        {
            if (super.KeepsCopy(group))
            {
                copies[count++] = FirstDescriptorBlock(super, group) + index;
            }
        }

        return count;
    }

    private ReadOnlySpan<byte> Descriptor(byte[] table, int group) => table.AsSpan(group * Super.DescriptorSize, Super.DescriptorSize);

    private bool InRange(in ExtGroup group)
    {
        long tableBlocks = (((long)Super.InodesPerGroup * Super.InodeSize) + BlockSize - 1) / BlockSize;
        return Holds(group.BlockBitmap, 1) && Holds(group.InodeBitmap, 1) && Holds(group.InodeTable, tableBlocks);
    }

    private bool ChecksumHolds(ReadOnlySpan<byte> descriptor, int group) => !ChecksDescriptors
        || System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(descriptor[0x1E..]) == ExtChecksum.OfGroup(Super, (uint)group, descriptor);

    /// <summary>Looks at every descriptor once and finds a better copy for those that do not hold.</summary>
    private void Check(IProblemSink problems)
    {
        byte[]? block = null;
        long held = -1;
        Span<long> copies = stackalloc long[MaximumCopies];
        int perBlock = BlockSize / Super.DescriptorSize;
        int lostFrom = -1;
        for (int group = 0; group < Groups; group++)
        {
            ReadOnlySpan<byte> bytes = Descriptor(descriptors, group);
            ExtGroup parsed = ExtGroup.Parse(bytes);
            bool sound = ChecksumHolds(bytes, group);
            bool inRange = InRange(parsed);
            if (sound && inRange)
            {
                ReportLost(ref lostFrom, group, problems);
                continue;
            }

            ExtGroup? better = null;
            int count = CopiesOf(Super, group / perBlock, copies);
            for (int copy = 1; copy < count && better is null; copy++)
            {
                block ??= new byte[BlockSize];
                if (held != copies[copy])
                {
                    held = -1;
                    if (!TryRead(Source, copies[copy] * BlockSize, block, out _))
                    {
                        continue;
                    }

                    held = copies[copy];
                }

                ReadOnlySpan<byte> other = Descriptor(block, group % perBlock);
                ExtGroup candidate = ExtGroup.Parse(other);
                if (InRange(candidate) && ChecksumHolds(other, group))
                {
                    // Flags of a copy may be old; without them the bitmaps themselves count.
                    better = candidate with { Flags = 0, IsCopy = true };
                }
            }

            string place = $"group descriptor {group}";
            if (!inRange && better is null)
            {
                lostFrom = lostFrom < 0 ? group : lostFrom;
                repaired[group] = default;
                continue;
            }

            ReportLost(ref lostFrom, group, problems);
            if (!inRange)
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, $"its bitmaps or inode table (blocks {parsed.BlockBitmap}, {parsed.InodeBitmap}, {parsed.InodeTable}) do not lie in the file system; a copy is used"));
                repaired[group] = better!.Value;
            }
            else
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, $"its checksum is wrong; {(better is null ? "it is used all the same" : "a copy is used")}"));
                repaired[group] = better ?? parsed with { Flags = 0 };
            }
        }

        ReportLost(ref lostFrom, Groups, problems);
    }

    /// <summary>One problem for neighbouring groups, from <paramref name="from"/> to the one before <paramref name="to"/>.</summary>
    private static void ReportLost(ref int from, int to, IProblemSink problems)
    {
        if (from >= 0)
        {
            string place = to - from == 1 ? $"group descriptor {from}" : $"group descriptors {from} to {to - 1}";
            problems.Report(new Problem(ProblemKind.Malformed, place, "bitmaps or inode table do not lie in the file system; the inodes cannot be read, the blocks count as in use"));
            from = -1;
        }
    }
}
