using System.Buffers.Binary;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>What became of a record whose fixups were to be undone.</summary>
internal enum RecordState
{
    /// <summary>Signature and fixups hold; the bytes are as they were before the write.</summary>
    Valid = 0,

    /// <summary>All of the header is zero: never used.</summary>
    Empty = 1,

    /// <summary>Signature or fixups do not hold.</summary>
    Damaged = 2,
}

/// <summary>
/// The update sequence of FILE and INDX records: the last two bytes of every 512 were replaced at the write, so that a torn write shows.
/// The stride is 512 whatever the sector size.
/// </summary>
internal static class FixupArray
{
    public const uint File = 0x454C_4946;
    public const uint Index = 0x5844_4E49;
    private const uint Bad = 0x4441_4142;
    private const int Stride = 512;

    /// <summary>Undoes the fixups of <paramref name="record"/> in place and says why where that cannot be done.</summary>
    public static RecordState Undo(Span<byte> record, uint signature, out string? why)
    {
        why = null;
        uint found = BinaryPrimitives.ReadUInt32LittleEndian(record);
        int offset = BinaryPrimitives.ReadUInt16LittleEndian(record[4..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(record[6..]);
        if (found == 0 && record.Length >= RecordView.HeaderLength && record[..RecordView.HeaderLength].IndexOfAnyExcept((byte)0) < 0)
        {
            return RecordState.Empty;
        }

        if (found != signature)
        {
            why = found == Bad ? "marked BAAD by the file system" : $"signature is 0x{found:X8}";
            return RecordState.Damaged;
        }

        if (count < 1 || (count - 1) * Stride > record.Length || offset + (count * 2) > record.Length || (offset & 1) != 0)
        {
            why = $"update sequence of {count} values at offset {offset} does not fit {record.Length} bytes";
            return RecordState.Damaged;
        }

        ushort expected = BinaryPrimitives.ReadUInt16LittleEndian(record[offset..]);
        for (int i = 1; i < count; i++)
        {
            ushort seen = BinaryPrimitives.ReadUInt16LittleEndian(record[((i * Stride) - 2)..]);
            if (seen != expected)
            {
                why = $"update sequence of sector {i - 1} is 0x{seen:X4}, need 0x{expected:X4}: a torn write or damage";
                return RecordState.Damaged;
            }
        }

        for (int i = 1; i < count; i++)
        {
            record.Slice(offset + (i * 2), 2).CopyTo(record[((i * Stride) - 2)..]);
        }

        return RecordState.Valid;
    }
}
