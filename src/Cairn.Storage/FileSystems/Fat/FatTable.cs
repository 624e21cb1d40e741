using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>
/// The file allocation table, read in pages of 64 KiB that are never changed once read, so that any thread may follow chains. Where a
/// copy cannot be read, the next one answers.
/// </summary>
internal sealed class FatTable
{
    private const int PageBytes = 1 << 16;
    private const int Slots = 64;
    private readonly IByteSource volume;
    private readonly long[] copies;
    private readonly long bytes;
    private readonly int width;
    private readonly Page?[] cache = new Page?[Slots];

    /// <summary>The copies at the given offsets, the one in use first, each of <paramref name="bytes"/> bytes with entries of <paramref name="width"/> bits.</summary>
    public FatTable(IByteSource volume, long[] copies, long bytes, int width)
    {
        this.volume = volume;
        this.copies = copies;
        this.width = width;
        this.bytes = bytes;
    }

    /// <summary>The entry of <paramref name="cluster"/>, or false where no copy of it can be read.</summary>
    public bool TryGet(long cluster, out uint value)
    {
        value = 0;
        if (cluster < 0)
        {
            return false;
        }

        if (width == 12)
        {
            long at = cluster + (cluster >> 1);
            if (!TryByte(at, out byte low) || !TryByte(at + 1, out byte high))
            {
                return false;
            }

            int both = low | (high << 8);
            value = (uint)((cluster & 1) == 0 ? both & 0xFFF : both >> 4);
            return true;
        }

        int entry = width / 8;
        long offset = cluster * entry;
        if (PageOf(offset) is not Page page)
        {
            return false;
        }

        int within = (int)(offset % PageBytes);
        if (within + entry > page.Bytes.Length)
        {
            return false;
        }

        value = entry == 2
            ? BinaryPrimitives.ReadUInt16LittleEndian(page.Bytes.AsSpan(within))
            : BinaryPrimitives.ReadUInt32LittleEndian(page.Bytes.AsSpan(within));
        return true;
    }

    /// <summary>
    /// Reads the whole table in order: which clusters are free (those without a readable entry count as in use), where copies disagree,
    /// what cannot be read.
    /// </summary>
    public ClusterMap Scan(long clusters, uint mask, IProblemSink problems)
    {
        ulong[] words = ClusterMap.Words(clusters);
        byte[] block = new byte[1 << 20];
        byte[] other = copies.Length > 1 ? new byte[1 << 20] : [];
        // FAT12 entries cross bytes; its table is small, so it is read entry by entry.
        long lastByte = width == 12 ? 0 : Math.Min(bytes, (clusters + 2) * (width / 8));
        long differing = 0, firstDifference = -1;
        long unreadable = 0, firstUnreadable = -1;
        for (long at = 0; at < lastByte; at += block.Length)
        {
            int want = (int)Math.Min(block.Length, lastByte - at);
            int got = Fill(copies[0] + at, block.AsSpan(0, want), at, ref unreadable, ref firstUnreadable);
            Collect(words, clusters, at, block.AsSpan(0, got), mask);
            for (int copy = 1; copy < copies.Length; copy++)
            {
                long none = 0, first = -1;
                int second = Math.Min(got, Fill(copies[copy] + at, other.AsSpan(0, want), -1, ref none, ref first));
                Compare(block.AsSpan(0, second), other.AsSpan(0, second), at, ref differing, ref firstDifference);
            }

            if (got < want)
            {
                break;
            }
        }

        if (width == 12)
        {
            for (long cluster = 2; cluster < clusters + 2; cluster++)
            {
                if (TryGet(cluster, out uint value) && value == 0)
                {
                    words[(cluster - 2) >> 6] |= 1UL << (int)((cluster - 2) & 63);
                }
            }

            int want = (int)Math.Min(bytes, ((clusters + 2) * 3 / 2) + 1);
            int got = Fill(copies[0], block.AsSpan(0, want), 0, ref unreadable, ref firstUnreadable);
            for (int copy = 1; copy < copies.Length; copy++)
            {
                long none = 0, first = -1;
                int second = Math.Min(got, Fill(copies[copy], other.AsSpan(0, want), -1, ref none, ref first));
                Compare(block.AsSpan(0, second), other.AsSpan(0, second), 0, ref differing, ref firstDifference);
            }
        }

        if (differing > 0)
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "file allocation tables",
                $"the copies of the FAT differ in {differing} bytes, first at byte {firstDifference} of the table; the first copy is used", copies[0] + firstDifference));
        }

        if (unreadable > 0)
        {
            problems.Report(new Problem(ProblemKind.Unreadable, "file allocation table",
                $"{unreadable} bytes of the FAT cannot be read from any copy; their clusters count as in use", firstUnreadable, unreadable));
        }

        return new ClusterMap(words, clusters);
    }

    private static void Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, long at, ref long differing, ref long first)
    {
        if (a.SequenceEqual(b))
        {
            return;
        }

        for (int i = 0; i < a.Length; i++)
        {
            if (a[i] != b[i])
            {
                differing++;
                if (first < 0)
                {
                    first = at + i;
                }
            }
        }
    }

    // Bytes of the first copy, or of another where it fails; what none gives is filled with ones, which means "in use".
    private int Fill(long offset, Span<byte> target, long at, ref long unreadable, ref long firstUnreadable)
    {
        List<ByteRange>? holes = null;
        int got = volume.ReadAvailable(offset, target, (range, _) => (holes ??= []).Add(range));
        if (holes is null)
        {
            return got;
        }

        foreach (ByteRange hole in holes)
        {
            Span<byte> part = target.Slice((int)(hole.Offset - offset), (int)hole.Length);
            bool filled = false;
            for (int copy = 1; at >= 0 && copy < copies.Length && !filled; copy++)
            {
                filled = TryRead(copies[copy] + at + (hole.Offset - offset), part);
            }

            if (!filled)
            {
                part.Fill(0xFF);
                unreadable += part.Length;
                if (firstUnreadable < 0)
                {
                    firstUnreadable = hole.Offset;
                }
            }
        }

        return got;
    }

    private bool TryRead(long offset, Span<byte> target)
    {
        try
        {
            return volume.ReadAt(offset, target) == target.Length;
        }
        catch (UnreadableDataException)
        {
            return false;
        }
    }

    private void Collect(ulong[] words, long clusters, long at, ReadOnlySpan<byte> block, uint mask)
    {
        int entry = width / 8;
        long cluster = at / entry;
        for (int i = 0; i + entry <= block.Length; i += entry, cluster++)
        {
            uint value = entry == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(block[i..]) : BinaryPrimitives.ReadUInt32LittleEndian(block[i..]);
            long index = cluster - 2;
            if ((value & mask) == 0 && index >= 0 && index < clusters)
            {
                words[index >> 6] |= 1UL << (int)(index & 63);
            }
        }
    }

    private bool TryByte(long offset, out byte value)
    {
        int within = (int)(offset % PageBytes);
        if (PageOf(offset) is Page page && within < page.Bytes.Length)
        {
            value = page.Bytes[within];
            return true;
        }

        value = 0;
        return false;
    }

    private Page? PageOf(long offset)
    {
        if (offset >= bytes)
        {
            return null;
        }

        long index = offset / PageBytes;
        ref Page? slot = ref cache[index % Slots];
        Page? page = Volatile.Read(ref slot);
        if (page is null || page.Index != index)
        {
            page = Load(index);
            Volatile.Write(ref slot, page);
        }

        return page.Bytes.Length == 0 ? null : page;
    }

    private Page Load(long index)
    {
        long at = index * PageBytes;
        int want = (int)Math.Min(PageBytes, bytes - at);
        byte[] data = new byte[Math.Max(0, Math.Min(want, volume.Length - copies[0] - at))];
        long unreadable = 0, first = -1;
        int got = Fill(copies[0] + at, data, at, ref unreadable, ref first);
        return new Page(index, got == data.Length ? data : data[..got]);
    }

    private sealed record Page(long Index, byte[] Bytes);
}
