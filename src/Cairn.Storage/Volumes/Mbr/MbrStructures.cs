using Cairn.Core;

namespace Cairn.Storage.Volumes.Mbr;

/// <summary>One 16-byte entry of a partition table, at 0x1BE, 0x1CE, 0x1DE and 0x1EE of the sector.</summary>
/// <param name="Status">0x00. 0x80 for active, 0x00 otherwise; anything else is not written by any tool.</param>
/// <param name="Type">0x04. Partition type, 0 for an unused entry.</param>
/// <param name="Start">0x08. First sector: from the start of the media, of the extended partition or of the table's own sector.</param>
/// <param name="Count">0x0C. Sectors.</param>
internal readonly record struct MbrEntry(byte Status, byte Type, uint Start, uint Count)
{
    public bool IsUsed => Type != 0 && Count != 0;

    public bool IsProtective => Type == 0xEE;

    /// <summary>Types under which a chain of further tables lies.</summary>
    public bool IsExtended => Type is 0x05 or 0x0F or 0x85 or 0x15 or 0x1F or 0x91 or 0x9B or 0xC5 or 0xCF or 0xD5;
}

/// <summary>The partition table of a master or extended boot record.</summary>
internal static class MbrTable
{
    public const int Bytes = 512;

    private const int FirstEntry = 0x1BE;

    /// <summary>0x1FE. The bytes 55 AA.</summary>
    public static bool HasSignature(ReadOnlySpan<byte> sector) => sector.Length >= Bytes && sector[0x1FE] == 0x55 && sector[0x1FF] == 0xAA;

    public static MbrEntry[] Entries(ReadOnlySpan<byte> sector, long origin)
    {
        SpanReader reader = new(sector, origin);
        MbrEntry[] entries = new MbrEntry[4];
        for (int i = 0; i < entries.Length; i++)
        {
            reader.Seek(FirstEntry + (i * 16), "partition entry");
            byte status = reader.U8("boot indicator");
            reader.Skip(3, "first CHS address");
            byte type = reader.U8("partition type");
            reader.Skip(3, "last CHS address");
            entries[i] = new MbrEntry(status, type, reader.U32Le("first sector"), reader.U32Le("sector count"));
        }

        return entries;
    }

    /// <summary>
    /// How far the four entries look like a partition table rather than the boot code or data of a file system's boot sector: strict when
    /// every entry is in order and begins on the media, loose when at least one is, or when all are in order but lie past the end of media
    /// that was cut short.
    /// </summary>
    public static (bool Loose, bool Strict) Judge(ReadOnlySpan<MbrEntry> entries, long sectors)
    {
        int good = 0, bad = 0, past = 0;
        foreach (MbrEntry entry in entries)
        {
            bool status = entry.Status is 0x00 or 0x80;
            if (entry.Type == 0)
            {
                // Deleted entries sometimes keep their numbers; a wrong status says that this is not a table.
                bad += status ? 0 : 1;
            }
            else if (status && entry.Count != 0 && entry.Start != 0)
            {
                good += entry.Start < sectors ? 1 : 0;
                past += entry.Start < sectors ? 0 : 1;
            }
            else
            {
                bad++;
            }
        }

        return (good > 0 || (past > 0 && bad == 0), good > 0 && bad == 0 && past == 0);
    }
}
