using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>The Adler-32 checksum of RFC 1950, which EWF puts behind every structure and every uncompressed chunk.</summary>
internal static class Adler32
{
    private const uint Modulus = 65521;

    // The most bytes after which neither sum has passed 32 bits (RFC 1950, section 9).
    private const int Run = 5552;

    /// <summary>The checksum of <paramref name="data"/>, from the usual start of 1.</summary>
    public static uint Compute(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> run = data[..Math.Min(Run, data.Length)];
            data = data[run.Length..];
            if (Vector128.IsHardwareAccelerated)
            {
                int whole = run.Length & ~15;
                AddBlocks(run[..whole], ref a, ref b);
                run = run[whole..];
            }

            foreach (byte value in run)
            {
                a += value;
                b += a;
            }

            a %= Modulus;
            b %= Modulus;
        }

        return (b << 16) | a;
    }

    /// <summary>Sixteen bytes at a time: the first sum grows by the bytes, the second by 16 times the old first sum and the bytes weighted 16 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddBlocks(ReadOnlySpan<byte> data, ref uint a, ref uint b)
    {
        Vector128<ushort> lowWeights = Vector128.Create((ushort)16, 15, 14, 13, 12, 11, 10, 9);
        Vector128<ushort> highWeights = Vector128.Create((ushort)8, 7, 6, 5, 4, 3, 2, 1);
        Vector128<uint> sums = Vector128<uint>.Zero;
        Vector128<uint> earlier = Vector128<uint>.Zero;
        Vector128<uint> weighted = Vector128<uint>.Zero;
        int blocks = data.Length / 16;
        for (int i = 0; i < blocks; i++)
        {
            Vector128<byte> bytes = Vector128.Create(data.Slice(i * 16, 16));
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(bytes);
            earlier += sums;

            // At most 16 · 255 a product and 31 · 255 a pair: no lane passes 16 bits.
            Vector128<ushort> products = (low * lowWeights) + (high * highWeights);
            (Vector128<uint> p0, Vector128<uint> p1) = Vector128.Widen(products);
            weighted += p0 + p1;
            (Vector128<uint> s0, Vector128<uint> s1) = Vector128.Widen(low + high);
            sums += s0 + s1;
        }

        b += ((uint)blocks * 16 * a) + (Vector128.Sum(earlier) * 16) + Vector128.Sum(weighted);
        a += Vector128.Sum(sums);
    }
}
