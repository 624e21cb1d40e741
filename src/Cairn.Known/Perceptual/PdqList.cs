using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Cairn.Known.Sets;

namespace Cairn.Known.Perceptual;

/// <summary>
/// One of the eight lists of a segment, where it lies: every hash in the order of one slot. The prefix is not stored: it is the bucket that a
/// position lies in. The key is, and the link, which is the position of the same hash in the next list.
/// </summary>
internal readonly ref struct PdqList(string path, int count, ReadOnlySpan<byte> starts, ReadOnlySpan<byte> marks, ReadOnlySpan<byte> keys, ReadOnlySpan<byte> links)
{
    private const int StepsBeforeHalving = 4;

    private readonly ReadOnlySpan<byte> starts = starts;
    private readonly ReadOnlySpan<byte> marks = marks;
    private readonly ReadOnlySpan<byte> links = links;

    /// <summary>The keys (16 bits), and 64 bytes more.</summary>
    public ReadOnlySpan<byte> Keys { get; } = keys;

    /// <summary>The positions of a bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (int Start, int End) Bucket(int bucket)
    {
        ReadOnlySpan<byte> both = starts.Slice(bucket * sizeof(uint), 2 * sizeof(uint));
        return (BinaryPrimitives.ReadInt32LittleEndian(both), BinaryPrimitives.ReadInt32LittleEndian(both[sizeof(uint)..]));
    }

    /// <summary>The position of the same hash in the next list.</summary>
    /// <exception cref="KnownSetException">The file is damaged.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Link(int position)
    {
        int link = BinaryPrimitives.ReadInt32LittleEndian(links[(position * PdqSegmentLayout.LinkBytes)..]) & 0xFFFFFF;
        return link < count ? link : throw SetFile.Damaged(path, "a link of a PDQ segment leads outside it");
    }

    /// <summary>The 32 bits of the hash at a position: its prefix and its key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Slot(int position) => ((uint)Prefix(position) << 16) | PdqKeys.At(Keys, position);

    private int Prefix(int position)
    {
        int mark = position / PdqSegmentLayout.MarkEvery;
        int low = BinaryPrimitives.ReadUInt16LittleEndian(marks[(mark * sizeof(ushort))..]);
        for (int step = 0; step < StepsBeforeHalving; step++)
        {
            if (low >= PdqWords.Buckets - 1 || Start(low + 1) > position)
            {
                return low;
            }

            low++;
        }

        int high = Math.Max(low, (int)BinaryPrimitives.ReadUInt16LittleEndian(marks[((mark + 1) * sizeof(ushort))..]));
        while (low < high)
        {
            int middle = low + ((high - low + 1) / 2);
            (low, high) = Start(middle) <= position ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    private int Start(int bucket) => BinaryPrimitives.ReadInt32LittleEndian(starts[(bucket * sizeof(uint))..]);
}
