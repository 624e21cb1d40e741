using Cairn.Core;

namespace Cairn.Storage.Volumes.Gpt;

/// <summary>A GPT header as found at one place (UEFI 2.10, table 5.5).</summary>
internal sealed record GptHeader
{
    /// <summary>"EFI PART".</summary>
    public static ReadOnlySpan<byte> Signature => "EFI PART"u8;

    /// <summary>Byte offset of the header on the media.</summary>
    public required long Offset { get; init; }

    /// <summary>Bytes per sector that the header's numbers count in.</summary>
    public required int SectorSize { get; init; }

    /// <summary>0x08. 0x00010000.</summary>
    public required uint Revision { get; init; }

    /// <summary>0x10. CRC-32 of the header with this field zero; 0x0C gives the bytes it covers.</summary>
    public required bool ChecksumHolds { get; init; }

    /// <summary>0x18. The sector that the header itself says it lies in.</summary>
    public required ulong Own { get; init; }

    /// <summary>0x20. The sector of the other header.</summary>
    public required ulong Other { get; init; }

    /// <summary>0x28. First sector that partitions may use.</summary>
    public required ulong FirstUsable { get; init; }

    /// <summary>0x30. Last sector that partitions may use.</summary>
    public required ulong LastUsable { get; init; }

    /// <summary>0x38. Identity of the disk.</summary>
    public required Guid Disk { get; init; }

    /// <summary>0x48. First sector of the partition entries.</summary>
    public required ulong EntriesSector { get; init; }

    /// <summary>0x50. Number of partition entries.</summary>
    public required uint EntryCount { get; init; }

    /// <summary>0x54. Bytes of one entry, 128 times a power of two.</summary>
    public required uint EntrySize { get; init; }

    /// <summary>0x58. CRC-32 of all entries.</summary>
    public required uint EntriesChecksum { get; init; }

    public bool IsSane => EntrySize is >= 128 and <= 65_536 && EntrySize % 8 == 0 && EntryCount > 0 && (long)EntryCount * EntrySize <= Limits.StructureBytes
        && EntriesSector <= (ulong)(long.MaxValue / 2 / SectorSize);

    public long EntriesOffset => (long)EntriesSector * SectorSize;

    public int EntriesBytes => (int)(EntryCount * EntrySize);

    /// <summary>Null where there is no header at <paramref name="offset"/>.</summary>
    public static GptHeader? At(Peek peek, long offset, int sectorSize)
    {
        ReadOnlySpan<byte> sector = peek.Bytes(offset, sectorSize);
        if (sector.Length < 92 || !sector[..8].SequenceEqual(Signature))
        {
            return null;
        }

        SpanReader reader = new(sector, offset);
        reader.Skip(8, "signature");
        uint revision = reader.U32Le("revision");
        uint size = reader.U32Le("header size");
        uint checksum = reader.U32Le("header CRC-32");
        reader.Skip(4, "reserved");
        bool holds = false;
        if (size >= 92 && size <= sector.Length)
        {
            byte[] copy = sector[..(int)size].ToArray();
            copy.AsSpan(0x10, 4).Clear();
            holds = Crc32.Compute(copy) == checksum;
        }

        return new GptHeader
        {
            Offset = offset,
            SectorSize = sectorSize,
            Revision = revision,
            ChecksumHolds = holds,
            Own = reader.U64Le("own sector"),
            Other = reader.U64Le("other header's sector"),
            FirstUsable = reader.U64Le("first usable sector"),
            LastUsable = reader.U64Le("last usable sector"),
            Disk = new Guid(reader.Bytes(16, "disk GUID")),
            EntriesSector = reader.U64Le("first sector of the entries"),
            EntryCount = reader.U32Le("number of entries"),
            EntrySize = reader.U32Le("size of an entry"),
            EntriesChecksum = reader.U32Le("CRC-32 of the entries"),
        };
    }
}
