using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Core.Hashing;

/// <summary>Eight lanes in AVX2 registers, one hash after the other: sixteen registers do not hold the state of all three.</summary>
internal sealed class Avx2LaneKernel : LaneKernel
{
    /// <summary>Whether this processor has AVX2.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <inheritdoc/>
    public override int Lanes => Vector256<uint>.Count;

    /// <inheritdoc/>
    protected override void CompressChecked(ref byte data, ReadOnlySpan<int> offsets, int blocks, ref uint work, ref uint finalLanes)
    {
        ref uint md5 = ref At(ref work, Md5Row);
        ref uint sha1 = ref At(ref work, Sha1Row);
        ref uint sha256 = ref At(ref work, Sha256Row);
        for (int block = 0; block < blocks; block++)
        {
            Transpose(ref Unsafe.Add(ref data, block * BlockBytes), offsets, ref md5, ref sha1);
            Transpose(ref Unsafe.Add(ref data, (block * BlockBytes) + 32), offsets, ref At(ref md5, 8), ref At(ref sha1, 8));
            if (block == blocks - 1)
            {
                PlaceLengths(ref md5, ref sha1, Vector256.LoadUnsafe(ref finalLanes));
            }

            Expand(ref sha1, ref sha256);
            Md5(ref work, ref md5);
            Sha1(ref At(ref work, HashConstants.Md5Words), ref sha1);
            Sha256(ref At(ref work, HashConstants.Md5Words + HashConstants.Sha1Words), ref sha256);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref uint At(ref uint rows, int row) => ref Unsafe.Add(ref rows, row * Vector256<uint>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Word(ref uint rows, int row) => Vector256.LoadUnsafe(ref Unsafe.Add(ref rows, row * Vector256<uint>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Constant(ref uint table, int index) => Vector256.Create(Unsafe.Add(ref table, index));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> value, [ConstantExpected] int left) => (value << left) | (value >>> (32 - left));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Choose(Vector256<uint> x, Vector256<uint> y, Vector256<uint> z) => z ^ (x & (y ^ z));

    /// <summary>RFC 1321, 3.4.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Md5(ref uint state, ref uint words)
    {
        ref uint k = ref MemoryMarshal.GetReference(HashConstants.Md5K);
        Vector256<uint> a = Word(ref state, 0), b = Word(ref state, 1), c = Word(ref state, 2), d = Word(ref state, 3);
        for (int i = 0; i < 16; i += 4)
        {
            a = b + Rotate(a + Choose(b, c, d) + Word(ref words, i) + Constant(ref k, i), 7);
            d = a + Rotate(d + Choose(a, b, c) + Word(ref words, i + 1) + Constant(ref k, i + 1), 12);
            c = d + Rotate(c + Choose(d, a, b) + Word(ref words, i + 2) + Constant(ref k, i + 2), 17);
            b = c + Rotate(b + Choose(c, d, a) + Word(ref words, i + 3) + Constant(ref k, i + 3), 22);
        }

        for (int i = 16; i < 32; i += 4)
        {
            a = b + Rotate(a + Choose(d, b, c) + Word(ref words, ((5 * i) + 1) & 15) + Constant(ref k, i), 5);
            d = a + Rotate(d + Choose(c, a, b) + Word(ref words, ((5 * i) + 6) & 15) + Constant(ref k, i + 1), 9);
            c = d + Rotate(c + Choose(b, d, a) + Word(ref words, ((5 * i) + 11) & 15) + Constant(ref k, i + 2), 14);
            b = c + Rotate(b + Choose(a, c, d) + Word(ref words, 5 * i & 15) + Constant(ref k, i + 3), 20);
        }

        for (int i = 32; i < 48; i += 4)
        {
            a = b + Rotate(a + (b ^ c ^ d) + Word(ref words, ((3 * i) + 5) & 15) + Constant(ref k, i), 4);
            d = a + Rotate(d + (a ^ b ^ c) + Word(ref words, ((3 * i) + 8) & 15) + Constant(ref k, i + 1), 11);
            c = d + Rotate(c + (d ^ a ^ b) + Word(ref words, ((3 * i) + 11) & 15) + Constant(ref k, i + 2), 16);
            b = c + Rotate(b + (c ^ d ^ a) + Word(ref words, ((3 * i) + 14) & 15) + Constant(ref k, i + 3), 23);
        }

        for (int i = 48; i < 64; i += 4)
        {
            a = b + Rotate(a + (c ^ (b | ~d)) + Word(ref words, 7 * i & 15) + Constant(ref k, i), 6);
            d = a + Rotate(d + (b ^ (a | ~c)) + Word(ref words, ((7 * i) + 7) & 15) + Constant(ref k, i + 1), 10);
            c = d + Rotate(c + (a ^ (d | ~b)) + Word(ref words, ((7 * i) + 14) & 15) + Constant(ref k, i + 2), 15);
            b = c + Rotate(b + (d ^ (c | ~a)) + Word(ref words, ((7 * i) + 5) & 15) + Constant(ref k, i + 3), 21);
        }

        Add(ref state, 0, a);
        Add(ref state, 1, b);
        Add(ref state, 2, c);
        Add(ref state, 3, d);
    }

    /// <summary>FIPS 180-4, 6.1.2.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sha1(ref uint state, ref uint words)
    {
        Vector256<uint> a = Word(ref state, 0), b = Word(ref state, 1), c = Word(ref state, 2), d = Word(ref state, 3), e = Word(ref state, 4);
        for (int stage = 0; stage < 4; stage++)
        {
            Vector256<uint> k = Constant(ref MemoryMarshal.GetReference(HashConstants.Sha1K), stage);
            for (int i = stage * 20; i < (stage * 20) + 20; i++)
            {
                Vector256<uint> mixed = stage switch
                {
                    0 => Choose(b, c, d),
                    2 => (b & c) | (d & (b | c)),
                    _ => b ^ c ^ d,
                };
                Vector256<uint> next = Rotate(a, 5) + mixed + e + k + Word(ref words, i);
                e = d;
                d = c;
                c = Rotate(b, 30);
                b = a;
                a = next;
            }
        }

        Add(ref state, 0, a);
        Add(ref state, 1, b);
        Add(ref state, 2, c);
        Add(ref state, 3, d);
        Add(ref state, 4, e);
    }

    /// <summary>FIPS 180-4, 6.2.2.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Sha256(ref uint state, ref uint words)
    {
        ref uint k = ref MemoryMarshal.GetReference(HashConstants.Sha256K);
        Vector256<uint> a = Word(ref state, 0), b = Word(ref state, 1), c = Word(ref state, 2), d = Word(ref state, 3);
        Vector256<uint> e = Word(ref state, 4), f = Word(ref state, 5), g = Word(ref state, 6), h = Word(ref state, 7);
        for (int i = 0; i < 64; i++)
        {
            Vector256<uint> first = h + (Rotate(e, 26) ^ Rotate(e, 21) ^ Rotate(e, 7)) + Choose(e, f, g) + Constant(ref k, i) + Word(ref words, i);
            Vector256<uint> second = (Rotate(a, 30) ^ Rotate(a, 19) ^ Rotate(a, 10)) + ((a & b) | (c & (a | b)));
            h = g;
            g = f;
            f = e;
            e = d + first;
            d = c;
            c = b;
            b = a;
            a = first + second;
        }

        Add(ref state, 0, a);
        Add(ref state, 1, b);
        Add(ref state, 2, c);
        Add(ref state, 3, d);
        Add(ref state, 4, e);
        Add(ref state, 5, f);
        Add(ref state, 6, g);
        Add(ref state, 7, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref uint state, int row, Vector256<uint> value) => (Word(ref state, row) + value).StoreUnsafe(ref At(ref state, row));

    /// <summary>See <see cref="Avx512LaneKernel"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Expand(ref uint sha1, ref uint sha256)
    {
        for (int t = 0; t < 16; t++)
        {
            Word(ref sha1, t).StoreUnsafe(ref At(ref sha256, t));
        }

        for (int t = 16; t < 64; t++)
        {
            Vector256<uint> first = Word(ref sha256, t - 15), last = Word(ref sha256, t - 2);
            Vector256<uint> small0 = Rotate(first, 25) ^ Rotate(first, 14) ^ (first >>> 3);
            Vector256<uint> small1 = Rotate(last, 15) ^ Rotate(last, 13) ^ (last >>> 10);
            (Word(ref sha256, t - 16) + small0 + Word(ref sha256, t - 7) + small1).StoreUnsafe(ref At(ref sha256, t));
        }

        for (int t = 16; t < 80; t++)
        {
            Rotate(Word(ref sha1, t - 3) ^ Word(ref sha1, t - 8) ^ Word(ref sha1, t - 14) ^ Word(ref sha1, t - 16), 1).StoreUnsafe(ref At(ref sha1, t));
        }
    }

    /// <summary>See <see cref="Avx512LaneKernel"/>.</summary>
    private static void PlaceLengths(ref uint md5, ref uint sha1, Vector256<uint> last)
    {
        Vector256.ConditionalSelect(last, Word(ref md5, 15), Word(ref sha1, 14)).StoreUnsafe(ref At(ref sha1, 14));
        Vector256.ConditionalSelect(last, Word(ref md5, 14), Word(ref sha1, 15)).StoreUnsafe(ref At(ref sha1, 15));
    }

    /// <summary>Eight half blocks of eight words into eight vectors of the same word of each lane.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Transpose(ref byte data, ReadOnlySpan<int> offsets, ref uint little, ref uint big)
    {
        ref int offset = ref MemoryMarshal.GetReference(offsets);
        Quad(ref data, ref offset, 0, out Vector256<uint> a0, out Vector256<uint> a1, out Vector256<uint> a2, out Vector256<uint> a3);
        Quad(ref data, ref offset, 4, out Vector256<uint> b0, out Vector256<uint> b1, out Vector256<uint> b2, out Vector256<uint> b3);
        Put(Avx2.Permute2x128(a0, b0, 0x20), 0, ref little, ref big);
        Put(Avx2.Permute2x128(a1, b1, 0x20), 1, ref little, ref big);
        Put(Avx2.Permute2x128(a2, b2, 0x20), 2, ref little, ref big);
        Put(Avx2.Permute2x128(a3, b3, 0x20), 3, ref little, ref big);
        Put(Avx2.Permute2x128(a0, b0, 0x31), 4, ref little, ref big);
        Put(Avx2.Permute2x128(a1, b1, 0x31), 5, ref little, ref big);
        Put(Avx2.Permute2x128(a2, b2, 0x31), 6, ref little, ref big);
        Put(Avx2.Permute2x128(a3, b3, 0x31), 7, ref little, ref big);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(ref byte data, ref int offset, int lane, out Vector256<uint> w0, out Vector256<uint> w1, out Vector256<uint> w2, out Vector256<uint> w3)
    {
        Vector256<uint> r0 = Vector256.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane))).AsUInt32();
        Vector256<uint> r1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane + 1))).AsUInt32();
        Vector256<uint> r2 = Vector256.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane + 2))).AsUInt32();
        Vector256<uint> r3 = Vector256.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane + 3))).AsUInt32();
        Vector256<ulong> low01 = Avx2.UnpackLow(r0, r1).AsUInt64(), low23 = Avx2.UnpackLow(r2, r3).AsUInt64();
        Vector256<ulong> high01 = Avx2.UnpackHigh(r0, r1).AsUInt64(), high23 = Avx2.UnpackHigh(r2, r3).AsUInt64();
        w0 = Avx2.UnpackLow(low01, low23).AsUInt32();
        w1 = Avx2.UnpackHigh(low01, low23).AsUInt32();
        w2 = Avx2.UnpackLow(high01, high23).AsUInt32();
        w3 = Avx2.UnpackHigh(high01, high23).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector256<uint> word, int row, ref uint little, ref uint big)
    {
        word.StoreUnsafe(ref At(ref little, row));
        Vector256<byte> swap = Vector256.Create(0x0405060700010203UL, 0x0C0D0E0F08090A0BUL, 0x0405060700010203UL, 0x0C0D0E0F08090A0BUL).AsByte();
        Avx2.Shuffle(word.AsByte(), swap).AsUInt32().StoreUnsafe(ref At(ref big, row));
    }
}
