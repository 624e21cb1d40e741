using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Cairn.CaseStore.Schema;

/// <summary>
/// The bytes of a cell that digests are computed over. Each cell is self-delimiting, so a row is its cells one after another:
/// 00 for NULL; 10+n and n bytes for an integer, two's complement little-endian in the fewest bytes (1 to 8);
/// 20 or 30, the length as LEB128 and the bytes for a text (UTF-8) or a blob.
/// </summary>
internal static class CanonicalEncoding
{
    public const byte Null = 0x00;
    public const byte Integer = 0x10;
    public const byte Text = 0x20;
    public const byte Blob = 0x30;
    public const byte Real = 0x40;

    /// <summary>Most bytes in front of a cell's own bytes.</summary>
    public const int HeadBytes = 9;

    /// <summary>Writes an integer at the start of <paramref name="target"/> (at least 9 bytes); returns the bytes used.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int WriteInteger(Span<byte> target, long value)
    {
        int size = (72 - BitOperations.LeadingZeroCount((ulong)(value ^ (value >> 63)))) >> 3;
        target[0] = (byte)(Integer + size);
        BinaryPrimitives.WriteInt64LittleEndian(target[1..], value);
        return size + 1;
    }

    /// <summary>Writes tag and length of a text or blob; returns the bytes used.</summary>
    public static int WriteHead(Span<byte> target, byte tag, int length)
    {
        target[0] = tag;
        int at = 1;
        uint rest = (uint)length;
        while (rest >= 0x80)
        {
            target[at++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        target[at++] = (byte)rest;
        return at;
    }

    /// <summary>CRC-32C of a row: tells which row of a batch differs; the SHA-256 of the batch is what proves that one does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint RowCheck(ReadOnlySpan<byte> row)
    {
        uint crc = ~0u;
        while (row.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(row));
            row = row[8..];
        }

        foreach (byte value in row)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
