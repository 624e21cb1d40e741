using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Cairn.Core.Pictures;

namespace Cairn.Known.Perceptual;

/// <summary>
/// Every hash of a run of records held against a query: the answer that all else is held against, and the bound of the worst case. .NET 10
/// does not offer the population count of AVX-512, so it is a table of 16 in a shuffle, then a sum of absolute differences.
/// </summary>
internal static class PdqScan
{
    /// <summary>Bytes of a record: the four words of a hash, little-endian.</summary>
    public const int RecordBytes = PdqHash.ByteLength;

    private const int Together = 8;

    /// <summary>Called with the number of a record and its distance.</summary>
    public delegate void Found<TState>(ref TState state, int record, int distance) where TState : allows ref struct;

    public static PdqHash Read(ReadOnlySpan<byte> record) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(record), BinaryPrimitives.ReadUInt64LittleEndian(record[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(record[16..]), BinaryPrimitives.ReadUInt64LittleEndian(record[24..]));

    public static void Write(Span<byte> record, in PdqHash hash)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(record, hash.Word0);
        BinaryPrimitives.WriteUInt64LittleEndian(record[8..], hash.Word1);
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], hash.Word2);
        BinaryPrimitives.WriteUInt64LittleEndian(record[24..], hash.Word3);
    }

    /// <summary>Every record within <paramref name="distance"/>, in order.</summary>
    public static void Run<TState>(ReadOnlySpan<byte> records, in PdqHash query, int distance, VectorUse use, ref TState state, Found<TState> found) where TState : allows ref struct
    {
        int count = records.Length / RecordBytes, done = 0;
        if (use == VectorUse.Bits512 && BitConverter.IsLittleEndian)
        {
            done = Run512(records, query, distance, ref state, found);
        }
        else if (use == VectorUse.Bits256 && BitConverter.IsLittleEndian)
        {
            done = Run256(records, query, distance, ref state, found);
        }

        for (int record = done; record < count; record++)
        {
            int there = Read(records.Slice(record * RecordBytes, RecordBytes)).Distance(query);
            if (there <= distance)
            {
                found(ref state, record, there);
            }
        }
    }

    private static int Run512<TState>(ReadOnlySpan<byte> records, in PdqHash query, int distance, ref TState state, Found<TState> found) where TState : allows ref struct
    {
        Vector256<ulong> half = Vector256.Create(query.Word0, query.Word1, query.Word2, query.Word3);
        Vector512<byte> wanted = Vector512.Create(half, half).AsByte(), nibble = Vector512.Create((byte)0x0F);
        Vector128<byte> few = Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        Vector512<byte> bits = Vector512.Create(Vector256.Create(few, few), Vector256.Create(few, few));
        Vector512<ushort> limit = Vector512.Create((ushort)distance);
        int end = records.Length / RecordBytes / Together * Together;
        ref byte first = ref MemoryMarshal.GetReference(records);
        for (int record = 0; record < end; record += Together)
        {
            Vector512<ulong> sums = Vector512<ulong>.Zero;
            for (int i = 0; i < 4; i++)
            {
                Vector512<byte> other = Vector512.LoadUnsafe(ref first, (nuint)((record * RecordBytes) + (i * 64))) ^ wanted;
                Vector512<byte> counts = Avx512BW.Shuffle(bits, other & nibble) + Avx512BW.Shuffle(bits, (other.AsUInt16() >>> 4).AsByte() & nibble);
                sums |= Avx512BW.SumAbsoluteDifferences(counts, Vector512<byte>.Zero).AsUInt64() << (16 * i);
            }

            // Each 64 bits hold the counts of one word of four records; the four words of each half are added.
            sums += Avx512F.PermuteVar8x64(sums, Vector512.Create(1UL, 0, 3, 2, 5, 4, 7, 6));
            sums += Avx512F.PermuteVar8x64(sums, Vector512.Create(2UL, 3, 0, 1, 6, 7, 4, 5));
            if (Vector512.LessThanOrEqualAny(sums.AsUInt16(), limit))
            {
                Tell(sums.GetElement(0), sums.GetElement(4), record, distance, ref state, found);
            }
        }

        return end;
    }

    private static int Run256<TState>(ReadOnlySpan<byte> records, in PdqHash query, int distance, ref TState state, Found<TState> found) where TState : allows ref struct
    {
        Vector256<byte> wanted = Vector256.Create(query.Word0, query.Word1, query.Word2, query.Word3).AsByte(), nibble = Vector256.Create((byte)0x0F);
        Vector128<byte> few = Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        Vector256<byte> bits = Vector256.Create(few, few);
        Vector256<ushort> limit = Vector256.Create((ushort)distance);
        int end = records.Length / RecordBytes / Together * Together;
        ref byte first = ref MemoryMarshal.GetReference(records);
        Span<ulong> both = stackalloc ulong[2];
        for (int record = 0; record < end; record += Together)
        {
            bool any = false;
            for (int odd = 0; odd < 2; odd++)
            {
                Vector256<ulong> sums = Vector256<ulong>.Zero;
                for (int i = 0; i < 4; i++)
                {
                    Vector256<byte> other = Vector256.LoadUnsafe(ref first, (nuint)((record + (2 * i) + odd) * RecordBytes)) ^ wanted;
                    Vector256<byte> counts = Avx2.Shuffle(bits, other & nibble) + Avx2.Shuffle(bits, (other.AsUInt16() >>> 4).AsByte() & nibble);
                    sums |= Avx2.SumAbsoluteDifferences(counts, Vector256<byte>.Zero).AsUInt64() << (16 * i);
                }

                sums += Avx2.Permute4x64(sums, 0b10_11_00_01);
                sums += Avx2.Permute4x64(sums, 0b01_00_11_10);
                any |= Vector256.LessThanOrEqualAny(sums.AsUInt16(), limit);
                both[odd] = sums.GetElement(0);
            }

            if (any)
            {
                Tell(both[0], both[1], record, distance, ref state, found);
            }
        }

        return end;
    }

    /// <summary>The four counts of 16 bits in <paramref name="even"/> belong to records 0, 2, 4, 6 of the eight, those in <paramref name="odd"/> to the others.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Tell<TState>(ulong even, ulong odd, int record, int distance, ref TState state, Found<TState> found) where TState : allows ref struct
    {
        for (int i = 0; i < Together; i++)
        {
            int there = (ushort)(((i & 1) == 0 ? even : odd) >> (16 * (i / 2)));
            if (there <= distance)
            {
                found(ref state, record + i, there);
            }
        }
    }
}
