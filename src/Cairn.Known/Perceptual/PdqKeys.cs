using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cairn.Known.Perceptual;

/// <summary>Finds, in the ascending 16-bit keys of a bucket, those within a few bits of a key.</summary>
internal static class PdqKeys
{
    /// <summary>
    /// In a bucket longer than this for each key that would be near enough, those keys are looked for one after the other by halving: many
    /// equal prefixes cost no more than the matches among them.
    /// </summary>
    private const int LongBucket = 256;

    private const int Lanes512 = 32;
    private const int Lanes256 = 16;

    /// <summary>
    /// Adds the positions of every key within <paramref name="radius"/> bits. <paramref name="keys"/> may be read up to 64 bytes past the bucket.
    /// </summary>
    /// <param name="keys">All keys of the list, its padding included.</param>
    /// <param name="start">First position of the bucket.</param>
    /// <param name="end">Position after its last.</param>
    /// <param name="key">What is looked for.</param>
    /// <param name="radius">Bits that may differ.</param>
    /// <param name="prefixDistance">Bits of the prefix that differ, added to the distance.</param>
    /// <param name="use">Vectors to use.</param>
    /// <param name="found">What is found.</param>
    public static void Find(ReadOnlySpan<byte> keys, int start, int end, ushort key, int radius, int prefixDistance, VectorUse use, ref PdqCandidates found)
    {
        int length = end - start;
        if (radius <= 3 && length > LongBucket * PdqWords.MasksByWeight.Starts[radius + 1])
        {
            FindInLong(keys, start, end, key, radius, prefixDistance, ref found);
            return;
        }

        if (radius == 0 && length > Lanes512)
        {
            // Most buckets are asked for one key, and keys are spread evenly in most: a few around where it should be are all that is read.
            int middle = start + (int)((long)length * key >> 16);
            int low = Math.Max(start, middle - (Lanes512 / 2)), high = Math.Min(end, low + Lanes512);
            (start, end) = (low == start || At(keys, low) < key) && (high == end || At(keys, high - 1) > key) ? (low, high) : (start, end);
        }

        if (use == VectorUse.Bits512)
        {
            Find512(keys, start, end, key, radius, prefixDistance, ref found);
        }
        else if (use == VectorUse.Bits256)
        {
            Find256(keys, start, end, key, radius, prefixDistance, ref found);
        }
        else
        {
            for (int position = start; position < end; position++)
            {
                Test(keys, position, key, radius, prefixDistance, ref found);
            }
        }
    }

    /// <summary>The key at a position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort At(ReadOnlySpan<byte> keys, int position) => BinaryPrimitives.ReadUInt16LittleEndian(keys[(position * sizeof(ushort))..]);

    private static void Find512(ReadOnlySpan<byte> keys, int start, int end, ushort key, int radius, int prefixDistance, ref PdqCandidates found)
    {
        Vector512<ushort> wanted = Vector512.Create(key);
        for (int position = start; position < end; position += Lanes512)
        {
            Vector512<ushort> left = Vector512.Create(keys.Slice(position * sizeof(ushort), 64)).AsUInt16() ^ wanted;
            for (int i = 0; i < radius; i++)
            {
                // Takes the lowest bit away; what is 0 stays 0.
                left &= left + Vector512<ushort>.AllBitsSet;
            }

            ulong bits = Vector512.Equals(left, Vector512<ushort>.Zero).ExtractMostSignificantBits();
            if (bits != 0)
            {
                Take(bits, keys, position, end, key, prefixDistance, ref found);
            }
        }
    }

    private static void Find256(ReadOnlySpan<byte> keys, int start, int end, ushort key, int radius, int prefixDistance, ref PdqCandidates found)
    {
        Vector256<ushort> wanted = Vector256.Create(key);
        for (int position = start; position < end; position += Lanes256)
        {
            Vector256<ushort> left = Vector256.Create(keys.Slice(position * sizeof(ushort), 32)).AsUInt16() ^ wanted;
            for (int i = 0; i < radius; i++)
            {
                left &= left + Vector256<ushort>.AllBitsSet;
            }

            uint bits = Vector256.Equals(left, Vector256<ushort>.Zero).ExtractMostSignificantBits();
            if (bits != 0)
            {
                Take(bits, keys, position, end, key, prefixDistance, ref found);
            }
        }
    }

    private static void Take(ulong bits, ReadOnlySpan<byte> keys, int position, int end, ushort key, int prefixDistance, ref PdqCandidates found)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            int at = position + BitOperations.TrailingZeroCount(bits);
            if (at >= end)
            {
                return;
            }

            found.Add(at, prefixDistance + BitOperations.PopCount((uint)(At(keys, at) ^ key)));
        }
    }

    private static void Test(ReadOnlySpan<byte> keys, int position, ushort key, int radius, int prefixDistance, ref PdqCandidates found)
    {
        int distance = BitOperations.PopCount((uint)(At(keys, position) ^ key));
        if (distance <= radius)
        {
            found.Add(position, prefixDistance + distance);
        }
    }

    private static void FindInLong(ReadOnlySpan<byte> keys, int start, int end, ushort key, int radius, int prefixDistance, ref PdqCandidates found)
    {
        (ushort[] masks, int[] starts) = PdqWords.MasksByWeight;
        for (int i = 0; i < starts[radius + 1] && !found.Overflowed; i++)
        {
            ushort wanted = (ushort)(key ^ masks[i]);
            int low = start, high = end;
            while (low < high)
            {
                int middle = low + ((high - low) / 2);
                (low, high) = At(keys, middle) < wanted ? (middle + 1, high) : (low, middle);
            }

            for (; low < end && At(keys, low) == wanted && !found.Overflowed; low++)
            {
                found.Add(low, prefixDistance + BitOperations.PopCount(masks[i]));
            }
        }
    }
}
