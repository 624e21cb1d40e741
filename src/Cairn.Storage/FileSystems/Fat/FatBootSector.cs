using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>Width of a FAT entry.</summary>
internal enum FatKind
{
    /// <summary>12 bits.</summary>
    Fat12 = 12,

    /// <summary>16 bits.</summary>
    Fat16 = 16,

    /// <summary>28 of 32 bits.</summary>
    Fat32 = 32,
}

/// <summary>
/// The layout that a boot sector describes, all in bytes from the start of the volume. Field offsets are those of Microsoft's
/// "FAT32 File System Specification" 1.03 (BPB).
/// </summary>
internal sealed record FatBootSector
{
    /// <summary>Bytes of a boot sector that are read.</summary>
    public const int ReadBytes = 512;

    /// <summary>Width of FAT entries.</summary>
    public required FatKind Kind { get; init; }

    /// <summary>0x0B. Bytes per sector.</summary>
    public required int SectorSize { get; init; }

    /// <summary>0x0D times 0x0B. Bytes per cluster.</summary>
    public required int ClusterSize { get; init; }

    /// <summary>First byte of the first FAT.</summary>
    public required long FatOffset { get; init; }

    /// <summary>Bytes of one FAT.</summary>
    public required long FatBytes { get; init; }

    /// <summary>0x10. Copies of the FAT.</summary>
    public required int FatCount { get; init; }

    /// <summary>Which copy is in use (FAT32 with mirroring off), else 0.</summary>
    public required int ActiveFat { get; init; }

    /// <summary>First byte after the FATs: the root directory of FAT12 and FAT16, the first cluster of FAT32.</summary>
    public required long DataOffset { get; init; }

    /// <summary>0x11 times 32. Bytes of the root directory of FAT12 and FAT16.</summary>
    public required long RootBytes { get; init; }

    /// <summary>First byte of cluster 2.</summary>
    public required long HeapOffset { get; init; }

    /// <summary>Data clusters.</summary>
    public required long ClusterCount { get; init; }

    /// <summary>0x2C. First cluster of the root directory of FAT32.</summary>
    public required uint RootCluster { get; init; }

    /// <summary>0x13 or 0x20. Bytes the file system claims.</summary>
    public required long Length { get; init; }

    /// <summary>0x15. Media descriptor.</summary>
    public required byte Media { get; init; }

    /// <summary>0x27 or 0x43. Volume serial number, where the extended boot signature says there is one.</summary>
    public uint? Serial { get; init; }

    /// <summary>0x2B or 0x47. Label, 11 bytes.</summary>
    public byte[]? Label { get; init; }

    /// <summary>0x25 or 0x41, bit 0. Set by an operating system while mounted for writing.</summary>
    public bool DirtyFlag { get; init; }

    /// <summary>0x30. FSInfo, bytes from the start of the volume, or 0.</summary>
    public long FsInfoOffset { get; init; }

    /// <summary>0x32. Backup boot sector, bytes from the start of the volume, or 0.</summary>
    public long BackupOffset { get; init; }

    /// <summary>0x1FE. Whether 55 AA ends the sector.</summary>
    public bool Signed { get; init; }

    /// <summary>Whether the jump at the start is one.</summary>
    public bool Jumps { get; init; }

    /// <summary>Highest cluster number.</summary>
    public long LastCluster => ClusterCount + 1;

    /// <summary>Offset of a cluster.</summary>
    public long OffsetOf(long cluster) => HeapOffset + ((cluster - 2) * ClusterSize);

    /// <summary>Reads a boot sector; null with the reason where the fields do not make a FAT volume.</summary>
    public static FatBootSector? Read(ReadOnlySpan<byte> sector, out string why)
    {
        SpanReader r = new(sector);
        byte jump = r.U8("jump");
        byte jump1 = r.U8("jump");
        byte jump2 = r.U8("jump");
        ReadOnlySpan<byte> oem = r.Bytes(8, "OEM name");
        int sectorSize = r.U16Le("bytes per sector");
        int perCluster = r.U8("sectors per cluster");
        int reserved = r.U16Le("reserved sectors");
        int fats = r.U8("number of FATs");
        int rootEntries = r.U16Le("root entries");
        long sectors = r.U16Le("total sectors 16");
        byte media = r.U8("media");
        long fatSectors = r.U16Le("sectors per FAT 16");
        r.Skip(8, "geometry and hidden sectors");
        long sectors32 = r.U32Le("total sectors 32");
        bool signed = sector.Length >= 512 && sector[510] == 0x55 && sector[511] == 0xAA;
        bool jumps = (jump == 0xEB && jump2 == 0x90) || jump == 0xE9 || (jump == 0xEB && jump1 >= 0x1C);

        why = "";
        if (oem.SequenceEqual("NTFS    "u8) || oem.SequenceEqual("EXFAT   "u8) || oem.SequenceEqual("-FVE-FS-"u8))
        {
            why = "the OEM name is that of another file system";
        }
        else if (sectorSize is not (128 or 256 or 512 or 1024 or 2048 or 4096))
        {
            why = $"{sectorSize} bytes per sector";
        }
        else if (perCluster == 0 || (perCluster & (perCluster - 1)) != 0)
        {
            why = $"{perCluster} sectors per cluster";
        }
        else if (reserved == 0)
        {
            why = "no reserved sectors";
        }
        else if (fats is 0 or > 8)
        {
            why = $"{fats} FATs";
        }

        if (why.Length > 0)
        {
            return null;
        }

        bool wide = fatSectors == 0;
        uint rootCluster = 0;
        int activeFat = 0;
        long fsInfo = 0, backup = 0;
        int extended = 0x24;
        if (wide)
        {
            fatSectors = r.U32Le("sectors per FAT 32");
            int flags = r.U16Le("extended flags");
            activeFat = (flags & 0x80) != 0 && (flags & 15) < fats ? flags & 15 : 0;
            r.Skip(2, "version");
            rootCluster = r.U32Le("root cluster");
            fsInfo = r.U16Le("FSInfo sector");
            backup = r.U16Le("backup boot sector");
            extended = 0x40;
        }

        if (sectors == 0 || (wide && sectors32 != 0 && rootEntries == 0))
        {
            sectors = sectors32 != 0 ? sectors32 : sectors;
        }

        if (fatSectors == 0)
        {
            why = "no sectors per FAT";
            return null;
        }

        if (sectors == 0)
        {
            why = "no sectors";
            return null;
        }

        long rootSectors = ((rootEntries * 32L) + sectorSize - 1) / sectorSize;
        long dataSector = reserved + (fats * fatSectors);
        long heapSector = dataSector + rootSectors;
        if (reserved > sectors || heapSector >= sectors)
        {
            why = "the FATs do not fit into the sectors of the volume";
            return null;
        }

        long clusters = (sectors - heapSector) / perCluster;
        if (clusters == 0)
        {
            why = "no clusters";
            return null;
        }

        FatKind kind;
        if (wide && rootEntries == 0)
        {
            // The specification counts clusters; volumes too small for their FAT32 are made all the same, and only the fields tell.
            kind = FatKind.Fat32;
        }
        else if (rootEntries == 0)
        {
            why = "no root directory entries";
            return null;
        }
        else
        {
            kind = clusters < 4085 ? FatKind.Fat12 : FatKind.Fat16;
            if (clusters >= 65525)
            {
                why = $"{clusters} clusters are too many for FAT16";
                return null;
            }
        }

        long fatBytes = fatSectors * sectorSize;
        // Clusters that the FAT has no entry for cannot be in use.
        long described = kind switch
        {
            FatKind.Fat12 => fatBytes * 2 / 3,
            FatKind.Fat16 => fatBytes / 2,
            _ => fatBytes / 4,
        } - 2;
        if (described <= 0)
        {
            why = "the FAT has no entries";
            return null;
        }

        if (kind == FatKind.Fat32)
        {
            described = Math.Min(described, 0x0FFFFFF5);
        }

        byte signature = sector[extended + 2];
        return new FatBootSector
        {
            Kind = kind,
            SectorSize = sectorSize,
            ClusterSize = perCluster * sectorSize,
            FatOffset = (long)reserved * sectorSize,
            FatBytes = fatBytes,
            FatCount = fats,
            ActiveFat = activeFat,
            DataOffset = dataSector * sectorSize,
            RootBytes = rootEntries * 32L,
            HeapOffset = heapSector * sectorSize,
            ClusterCount = Math.Min(clusters, described),
            RootCluster = rootCluster,
            Length = sectors * sectorSize,
            Media = media,
            Serial = signature is 0x28 or 0x29 ? new SpanReader(sector[(extended + 3)..]).U32Le("serial number") : null,
            Label = signature == 0x29 ? sector.Slice(extended + 7, 11).ToArray() : null,
            DirtyFlag = signature is 0x28 or 0x29 && (sector[extended + 1] & 1) != 0,
            FsInfoOffset = fsInfo is 0 or 0xFFFF ? 0 : fsInfo * sectorSize,
            BackupOffset = backup is 0 or 0xFFFF ? 0 : backup * sectorSize,
            Signed = signed,
            Jumps = jumps,
        };
    }
}
