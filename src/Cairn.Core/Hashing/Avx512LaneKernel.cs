using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Core.Hashing;

/// <summary>
/// Sixteen lanes in AVX-512 registers. Each quarter of a block is one MD5 round of 16 steps, 20 rounds of SHA-1 and 16 of SHA-256,
/// and the three are interleaved line by line: each is a chain of dependent operations that alone would leave most of the
/// processor idle, and the 17 words of state fit the 32 registers.
/// </summary>
internal sealed class Avx512LaneKernel : LaneKernel
{
    private const byte Choose = 0xCA;    // x ? y : z
    private const byte ChooseByLast = 0xE4; // z ? x : y
    private const byte Parity = 0x96;    // x ^ y ^ z
    private const byte Majority = 0xE8;
    private const byte Md5I = 0x39;      // y ^ (x | ~z)

    /// <summary>Vector operations beyond AVX-512 F: the byte shuffle.</summary>
    public static bool IsSupported => Avx512F.IsSupported && Avx512BW.IsSupported;

    /// <inheritdoc/>
    public override int Lanes => Vector512<uint>.Count;

    /// <inheritdoc/>
    protected override void CompressChecked(ref byte data, ReadOnlySpan<int> offsets, int blocks, ref uint work, ref uint finalLanes)
    {
        ref uint state = ref work;
        ref uint current = ref At(ref work, CurrentRow);
        ref uint md5 = ref At(ref work, Md5Row);
        ref uint sha1 = ref At(ref work, Sha1Row);
        ref uint sha256 = ref At(ref work, Sha256Row);
        ref uint md5K = ref MemoryMarshal.GetReference(HashConstants.Md5K);
        ref uint sha256K = ref MemoryMarshal.GetReference(HashConstants.Sha256K);
        for (int block = 0; block < blocks; block++)
        {
            Transpose(ref Unsafe.Add(ref data, block * BlockBytes), offsets, ref md5, ref sha1);
            if (block == blocks - 1)
            {
                PlaceLengths(ref md5, ref sha1, Vector512.LoadUnsafe(ref finalLanes));
            }

            Expand(ref sha1, ref sha256);
            for (int i = 0; i < HashConstants.StateWords; i++)
            {
                Word(ref state, i).StoreUnsafe(ref At(ref current, i));
            }

            Quarter0(ref current, ref md5, ref sha1, ref sha256, ref md5K, ref sha256K);
            Quarter1(ref current, ref md5, ref At(ref sha1, 20), ref At(ref sha256, 16), ref Unsafe.Add(ref md5K, 16), ref Unsafe.Add(ref sha256K, 16));
            Quarter2(ref current, ref md5, ref At(ref sha1, 40), ref At(ref sha256, 32), ref Unsafe.Add(ref md5K, 32), ref Unsafe.Add(ref sha256K, 32));
            Quarter3(ref current, ref md5, ref At(ref sha1, 60), ref At(ref sha256, 48), ref Unsafe.Add(ref md5K, 48), ref Unsafe.Add(ref sha256K, 48));
            for (int i = 0; i < HashConstants.StateWords; i++)
            {
                (Word(ref state, i) + Word(ref current, i)).StoreUnsafe(ref At(ref state, i));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref uint At(ref uint rows, int row) => ref Unsafe.Add(ref rows, row * Vector512<uint>.Count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Word(ref uint rows, int row) => Vector512.LoadUnsafe(ref Unsafe.Add(ref rows, row * Vector512<uint>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Constant(ref uint table, int index) => Vector512.Create(Unsafe.Add(ref table, index));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Quarter0(ref uint current, ref uint md5, ref uint sha1, ref uint sha256, ref uint md5K, ref uint sha256K) =>
        Quarter(ref current, ref md5, ref sha1, ref sha256, ref md5K, ref sha256K, Choose, 7, 12, 17, 22, 1, 0, Choose, 0x5A827999);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Quarter1(ref uint current, ref uint md5, ref uint sha1, ref uint sha256, ref uint md5K, ref uint sha256K) =>
        Quarter(ref current, ref md5, ref sha1, ref sha256, ref md5K, ref sha256K, ChooseByLast, 5, 9, 14, 20, 5, 1, Parity, 0x6ED9EBA1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Quarter2(ref uint current, ref uint md5, ref uint sha1, ref uint sha256, ref uint md5K, ref uint sha256K) =>
        Quarter(ref current, ref md5, ref sha1, ref sha256, ref md5K, ref sha256K, Parity, 4, 11, 16, 23, 3, 5, Majority, 0x8F1BBCDC);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Quarter3(ref uint current, ref uint md5, ref uint sha1, ref uint sha256, ref uint md5K, ref uint sha256K) =>
        Quarter(ref current, ref md5, ref sha1, ref sha256, ref md5K, ref sha256K, Md5I, 6, 10, 15, 21, 7, 0, Parity, 0xCA62C1D6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarter(
        ref uint current, ref uint md5, ref uint sha1, ref uint sha256, ref uint md5K, ref uint sha256K,
        [ConstantExpected] byte md5Function, [ConstantExpected] byte shift0, [ConstantExpected] byte shift1, [ConstantExpected] byte shift2, [ConstantExpected] byte shift3,
        int md5Multiply, int md5Add, [ConstantExpected] byte sha1Function, uint sha1K)
    {
        Vector512<uint> k1 = Vector512.Create(sha1K);
        Vector512<uint> ma = Word(ref current, 0), mb = Word(ref current, 1), mc = Word(ref current, 2), md = Word(ref current, 3);
        Vector512<uint> sa = Word(ref current, 4), sb = Word(ref current, 5), sc = Word(ref current, 6), sd = Word(ref current, 7), se = Word(ref current, 8);
        Vector512<uint> a = Word(ref current, 9), b = Word(ref current, 10), c = Word(ref current, 11), d = Word(ref current, 12);
        Vector512<uint> e = Word(ref current, 13), f = Word(ref current, 14), g = Word(ref current, 15), h = Word(ref current, 16);
        for (int half = 0; half < 16; half += 8)
        {
            h += Word(ref sha256, 0) + Constant(ref sha256K, half + 0) + Avx512F.TernaryLogic(e, f, g, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25), Parity);
            ma = mb + Avx512F.RotateLeft(ma + Word(ref md5, (md5Multiply * (half + 0)) + md5Add & 15) + Constant(ref md5K, half + 0) + Avx512F.TernaryLogic(mb, mc, md, md5Function), shift0);
            se += Word(ref sha1, 0) + k1 + Avx512F.TernaryLogic(sb, sc, sd, sha1Function) + Avx512F.RotateLeft(sa, 5); sb = Avx512F.RotateLeft(sb, 30);
            d += h; h += Avx512F.TernaryLogic(a, b, c, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22), Parity);
            g += Word(ref sha256, 1) + Constant(ref sha256K, half + 1) + Avx512F.TernaryLogic(d, e, f, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(d, 6), Avx512F.RotateRight(d, 11), Avx512F.RotateRight(d, 25), Parity);
            md = ma + Avx512F.RotateLeft(md + Word(ref md5, (md5Multiply * (half + 1)) + md5Add & 15) + Constant(ref md5K, half + 1) + Avx512F.TernaryLogic(ma, mb, mc, md5Function), shift1);
            sd += Word(ref sha1, 1) + k1 + Avx512F.TernaryLogic(sa, sb, sc, sha1Function) + Avx512F.RotateLeft(se, 5); sa = Avx512F.RotateLeft(sa, 30);
            c += g; g += Avx512F.TernaryLogic(h, a, b, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(h, 2), Avx512F.RotateRight(h, 13), Avx512F.RotateRight(h, 22), Parity);
            f += Word(ref sha256, 2) + Constant(ref sha256K, half + 2) + Avx512F.TernaryLogic(c, d, e, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(c, 6), Avx512F.RotateRight(c, 11), Avx512F.RotateRight(c, 25), Parity);
            mc = md + Avx512F.RotateLeft(mc + Word(ref md5, (md5Multiply * (half + 2)) + md5Add & 15) + Constant(ref md5K, half + 2) + Avx512F.TernaryLogic(md, ma, mb, md5Function), shift2);
            sc += Word(ref sha1, 2) + k1 + Avx512F.TernaryLogic(se, sa, sb, sha1Function) + Avx512F.RotateLeft(sd, 5); se = Avx512F.RotateLeft(se, 30);
            b += f; f += Avx512F.TernaryLogic(g, h, a, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(g, 2), Avx512F.RotateRight(g, 13), Avx512F.RotateRight(g, 22), Parity);
            e += Word(ref sha256, 3) + Constant(ref sha256K, half + 3) + Avx512F.TernaryLogic(b, c, d, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(b, 6), Avx512F.RotateRight(b, 11), Avx512F.RotateRight(b, 25), Parity);
            mb = mc + Avx512F.RotateLeft(mb + Word(ref md5, (md5Multiply * (half + 3)) + md5Add & 15) + Constant(ref md5K, half + 3) + Avx512F.TernaryLogic(mc, md, ma, md5Function), shift3);
            sb += Word(ref sha1, 3) + k1 + Avx512F.TernaryLogic(sd, se, sa, sha1Function) + Avx512F.RotateLeft(sc, 5); sd = Avx512F.RotateLeft(sd, 30);
            a += e; e += Avx512F.TernaryLogic(f, g, h, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(f, 2), Avx512F.RotateRight(f, 13), Avx512F.RotateRight(f, 22), Parity);
            sa += Word(ref sha1, 4) + k1 + Avx512F.TernaryLogic(sc, sd, se, sha1Function) + Avx512F.RotateLeft(sb, 5); sc = Avx512F.RotateLeft(sc, 30);
            d += Word(ref sha256, 4) + Constant(ref sha256K, half + 4) + Avx512F.TernaryLogic(a, b, c, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(a, 6), Avx512F.RotateRight(a, 11), Avx512F.RotateRight(a, 25), Parity);
            ma = mb + Avx512F.RotateLeft(ma + Word(ref md5, (md5Multiply * (half + 4)) + md5Add & 15) + Constant(ref md5K, half + 4) + Avx512F.TernaryLogic(mb, mc, md, md5Function), shift0);
            se += Word(ref sha1, 5) + k1 + Avx512F.TernaryLogic(sb, sc, sd, sha1Function) + Avx512F.RotateLeft(sa, 5); sb = Avx512F.RotateLeft(sb, 30);
            h += d; d += Avx512F.TernaryLogic(e, f, g, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(e, 2), Avx512F.RotateRight(e, 13), Avx512F.RotateRight(e, 22), Parity);
            c += Word(ref sha256, 5) + Constant(ref sha256K, half + 5) + Avx512F.TernaryLogic(h, a, b, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(h, 6), Avx512F.RotateRight(h, 11), Avx512F.RotateRight(h, 25), Parity);
            md = ma + Avx512F.RotateLeft(md + Word(ref md5, (md5Multiply * (half + 5)) + md5Add & 15) + Constant(ref md5K, half + 5) + Avx512F.TernaryLogic(ma, mb, mc, md5Function), shift1);
            sd += Word(ref sha1, 6) + k1 + Avx512F.TernaryLogic(sa, sb, sc, sha1Function) + Avx512F.RotateLeft(se, 5); sa = Avx512F.RotateLeft(sa, 30);
            g += c; c += Avx512F.TernaryLogic(d, e, f, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(d, 2), Avx512F.RotateRight(d, 13), Avx512F.RotateRight(d, 22), Parity);
            b += Word(ref sha256, 6) + Constant(ref sha256K, half + 6) + Avx512F.TernaryLogic(g, h, a, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(g, 6), Avx512F.RotateRight(g, 11), Avx512F.RotateRight(g, 25), Parity);
            mc = md + Avx512F.RotateLeft(mc + Word(ref md5, (md5Multiply * (half + 6)) + md5Add & 15) + Constant(ref md5K, half + 6) + Avx512F.TernaryLogic(md, ma, mb, md5Function), shift2);
            sc += Word(ref sha1, 7) + k1 + Avx512F.TernaryLogic(se, sa, sb, sha1Function) + Avx512F.RotateLeft(sd, 5); se = Avx512F.RotateLeft(se, 30);
            f += b; b += Avx512F.TernaryLogic(c, d, e, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(c, 2), Avx512F.RotateRight(c, 13), Avx512F.RotateRight(c, 22), Parity);
            a += Word(ref sha256, 7) + Constant(ref sha256K, half + 7) + Avx512F.TernaryLogic(f, g, h, Choose) + Avx512F.TernaryLogic(Avx512F.RotateRight(f, 6), Avx512F.RotateRight(f, 11), Avx512F.RotateRight(f, 25), Parity);
            mb = mc + Avx512F.RotateLeft(mb + Word(ref md5, (md5Multiply * (half + 7)) + md5Add & 15) + Constant(ref md5K, half + 7) + Avx512F.TernaryLogic(mc, md, ma, md5Function), shift3);
            sb += Word(ref sha1, 8) + k1 + Avx512F.TernaryLogic(sd, se, sa, sha1Function) + Avx512F.RotateLeft(sc, 5); sd = Avx512F.RotateLeft(sd, 30);
            e += a; a += Avx512F.TernaryLogic(b, c, d, Majority) + Avx512F.TernaryLogic(Avx512F.RotateRight(b, 2), Avx512F.RotateRight(b, 13), Avx512F.RotateRight(b, 22), Parity);
            sa += Word(ref sha1, 9) + k1 + Avx512F.TernaryLogic(sc, sd, se, sha1Function) + Avx512F.RotateLeft(sb, 5); sc = Avx512F.RotateLeft(sc, 30);
            sha1 = ref At(ref sha1, 10);
            sha256 = ref At(ref sha256, 8);
        }

        ma.StoreUnsafe(ref At(ref current, 0));
        mb.StoreUnsafe(ref At(ref current, 1));
        mc.StoreUnsafe(ref At(ref current, 2));
        md.StoreUnsafe(ref At(ref current, 3));
        sa.StoreUnsafe(ref At(ref current, 4));
        sb.StoreUnsafe(ref At(ref current, 5));
        sc.StoreUnsafe(ref At(ref current, 6));
        sd.StoreUnsafe(ref At(ref current, 7));
        se.StoreUnsafe(ref At(ref current, 8));
        a.StoreUnsafe(ref At(ref current, 9));
        b.StoreUnsafe(ref At(ref current, 10));
        c.StoreUnsafe(ref At(ref current, 11));
        d.StoreUnsafe(ref At(ref current, 12));
        e.StoreUnsafe(ref At(ref current, 13));
        f.StoreUnsafe(ref At(ref current, 14));
        g.StoreUnsafe(ref At(ref current, 15));
        h.StoreUnsafe(ref At(ref current, 16));
    }

    /// <summary>The message schedules: words 16 to 79 of SHA-1 (FIPS 180-4, 6.1.2) and 16 to 63 of SHA-256 (6.2.2); words 0 to 15 are the block.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Expand(ref uint sha1, ref uint sha256)
    {
        for (int t = 0; t < 16; t++)
        {
            Word(ref sha1, t).StoreUnsafe(ref At(ref sha256, t));
        }

        for (int t = 16; t < 64; t++)
        {
            Vector512<uint> first = Word(ref sha256, t - 15), last = Word(ref sha256, t - 2);
            Vector512<uint> small0 = Avx512F.TernaryLogic(Avx512F.RotateRight(first, 7), Avx512F.RotateRight(first, 18), first >>> 3, Parity);
            Vector512<uint> small1 = Avx512F.TernaryLogic(Avx512F.RotateRight(last, 17), Avx512F.RotateRight(last, 19), last >>> 10, Parity);
            (Word(ref sha256, t - 16) + small0 + Word(ref sha256, t - 7) + small1).StoreUnsafe(ref At(ref sha256, t));
            Vector512<uint> mixed = Avx512F.TernaryLogic(Word(ref sha1, t - 3), Word(ref sha1, t - 8), Word(ref sha1, t - 14), Parity) ^ Word(ref sha1, t - 16);
            Avx512F.RotateLeft(mixed, 1).StoreUnsafe(ref At(ref sha1, t));
        }

        for (int t = 64; t < 80; t++)
        {
            Vector512<uint> mixed = Avx512F.TernaryLogic(Word(ref sha1, t - 3), Word(ref sha1, t - 8), Word(ref sha1, t - 14), Parity) ^ Word(ref sha1, t - 16);
            Avx512F.RotateLeft(mixed, 1).StoreUnsafe(ref At(ref sha1, t));
        }
    }

    /// <summary>
    /// In lanes whose block is the last one the length was written for MD5 (low word first, little-endian); SHA wants the high word first and
    /// big-endian, which is the two MD5 words swapped.
    /// </summary>
    private static void PlaceLengths(ref uint md5, ref uint sha1, Vector512<uint> last)
    {
        Vector512.ConditionalSelect(last, Word(ref md5, 15), Word(ref sha1, 14)).StoreUnsafe(ref At(ref sha1, 14));
        Vector512.ConditionalSelect(last, Word(ref md5, 14), Word(ref sha1, 15)).StoreUnsafe(ref At(ref sha1, 15));
    }

    /// <summary>Sixteen blocks of sixteen words into sixteen vectors of the same word of each lane: little-endian for MD5, big-endian for SHA.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Transpose(ref byte data, ReadOnlySpan<int> offsets, ref uint little, ref uint big)
    {
        ref int offset = ref MemoryMarshal.GetReference(offsets);
        // Four lanes at a time into 4x4 tiles (word w of lanes 4q..4q+3 in each 128-bit part), then the parts are gathered.
        Quad(ref data, ref offset, 0, out Vector512<uint> a0, out Vector512<uint> a1, out Vector512<uint> a2, out Vector512<uint> a3);
        Quad(ref data, ref offset, 4, out Vector512<uint> b0, out Vector512<uint> b1, out Vector512<uint> b2, out Vector512<uint> b3);
        Quad(ref data, ref offset, 8, out Vector512<uint> c0, out Vector512<uint> c1, out Vector512<uint> c2, out Vector512<uint> c3);
        Quad(ref data, ref offset, 12, out Vector512<uint> d0, out Vector512<uint> d1, out Vector512<uint> d2, out Vector512<uint> d3);
        Gather(a0, b0, c0, d0, 0, ref little, ref big);
        Gather(a1, b1, c1, d1, 1, ref little, ref big);
        Gather(a2, b2, c2, d2, 2, ref little, ref big);
        Gather(a3, b3, c3, d3, 3, ref little, ref big);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(ref byte data, ref int offset, int lane, out Vector512<uint> w0, out Vector512<uint> w1, out Vector512<uint> w2, out Vector512<uint> w3)
    {
        Vector512<uint> r0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane))).AsUInt32();
        Vector512<uint> r1 = Vector512.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane + 1))).AsUInt32();
        Vector512<uint> r2 = Vector512.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane + 2))).AsUInt32();
        Vector512<uint> r3 = Vector512.LoadUnsafe(ref Unsafe.Add(ref data, Unsafe.Add(ref offset, lane + 3))).AsUInt32();
        Vector512<ulong> low01 = Avx512F.UnpackLow(r0, r1).AsUInt64(), low23 = Avx512F.UnpackLow(r2, r3).AsUInt64();
        Vector512<ulong> high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64(), high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
        w0 = Avx512F.UnpackLow(low01, low23).AsUInt32();
        w1 = Avx512F.UnpackHigh(low01, low23).AsUInt32();
        w2 = Avx512F.UnpackLow(high01, high23).AsUInt32();
        w3 = Avx512F.UnpackHigh(high01, high23).AsUInt32();
    }

    /// <summary>Each 128-bit part p of the four holds word 4p + <paramref name="column"/> of four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gather(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, Vector512<uint> d, int column, ref uint little, ref uint big)
    {
        Vector512<uint> evenAb = Avx512F.Shuffle4x128(a, b, 0x88), oddAb = Avx512F.Shuffle4x128(a, b, 0xDD);
        Vector512<uint> evenCd = Avx512F.Shuffle4x128(c, d, 0x88), oddCd = Avx512F.Shuffle4x128(c, d, 0xDD);
        Put(Avx512F.Shuffle4x128(evenAb, evenCd, 0x88), column, ref little, ref big);
        Put(Avx512F.Shuffle4x128(oddAb, oddCd, 0x88), column + 4, ref little, ref big);
        Put(Avx512F.Shuffle4x128(evenAb, evenCd, 0xDD), column + 8, ref little, ref big);
        Put(Avx512F.Shuffle4x128(oddAb, oddCd, 0xDD), column + 12, ref little, ref big);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Vector512<uint> word, int row, ref uint little, ref uint big)
    {
        word.StoreUnsafe(ref At(ref little, row));
        Vector512<byte> swap = Vector512.Create(0x0405060700010203UL, 0x0C0D0E0F08090A0BUL, 0x0405060700010203UL, 0x0C0D0E0F08090A0BUL, 0x0405060700010203UL, 0x0C0D0E0F08090A0BUL, 0x0405060700010203UL, 0x0C0D0E0F08090A0BUL).AsByte();
        Avx512BW.Shuffle(word.AsByte(), swap).AsUInt32().StoreUnsafe(ref At(ref big, row));
    }
}
