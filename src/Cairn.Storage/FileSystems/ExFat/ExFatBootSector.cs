using System.Numerics;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.ExFat;

/// <summary>
/// The layout that an exFAT main or backup boot sector describes, in bytes from the start of the volume. Field offsets are those of
/// Microsoft's "exFAT file system specification", revision 1.00, section 3.1.
/// </summary>
internal sealed record ExFatBootSector
{
    /// <summary>Bytes of a boot sector that hold fields.</summary>
    public const int ReadBytes = 512;

    /// <summary>Sectors of a boot region.</summary>
    public const int RegionSectors = 12;

    /// <summary>0x6C. Bytes per sector.</summary>
    public required int SectorSize { get; init; }

    /// <summary>0x6C and 0x6D. Bytes per cluster.</summary>
    public required int ClusterSize { get; init; }

    /// <summary>0x48. Bytes the file system claims.</summary>
    public required long Length { get; init; }

    /// <summary>0x50. First byte of the first FAT.</summary>
    public required long FatOffset { get; init; }

    /// <summary>0x54. Bytes of one FAT.</summary>
    public required long FatBytes { get; init; }

    /// <summary>0x6E. Copies of the FAT: 1, or 2 for TexFAT.</summary>
    public required int FatCount { get; init; }

    /// <summary>0x58. First byte of cluster 2.</summary>
    public required long HeapOffset { get; init; }

    /// <summary>0x5C. Clusters.</summary>
    public required long ClusterCount { get; init; }

    /// <summary>0x60. First cluster of the root directory.</summary>
    public required uint RootCluster { get; init; }

    /// <summary>0x64. Serial number.</summary>
    public required uint Serial { get; init; }

    /// <summary>0x68. Revision.</summary>
    public required int Revision { get; init; }

    /// <summary>0x6A. Flags: bit 0 active FAT, bit 1 dirty, bit 2 media failure.</summary>
    public required int Flags { get; init; }

    /// <summary>Highest cluster number.</summary>
    public long LastCluster => ClusterCount + 1;

    /// <summary>Which FAT and bitmap are in use.</summary>
    public int Active => FatCount == 2 ? Flags & 1 : 0;

    /// <summary>Offset of a cluster.</summary>
    public long OffsetOf(long cluster) => HeapOffset + ((cluster - 2) * ClusterSize);

    /// <summary>Reads a boot sector; null with the reason where the fields do not make an exFAT volume.</summary>
    public static ExFatBootSector? Read(ReadOnlySpan<byte> sector, out string why)
    {
        why = "";
        if (!sector.Slice(3, 8).SequenceEqual("EXFAT   "u8))
        {
            why = "the name EXFAT is not there";
            return null;
        }

        SpanReader r = new(sector);
        r.Seek(0x48, "volume length");
        ulong sectors = r.U64Le("volume length");
        long fatOffset = r.U32Le("FAT offset");
        long fatLength = r.U32Le("FAT length");
        long heap = r.U32Le("cluster heap offset");
        long clusters = r.U32Le("cluster count");
        uint root = r.U32Le("root directory cluster");
        uint serial = r.U32Le("serial number");
        int revision = r.U16Le("revision");
        int flags = r.U16Le("volume flags");
        int sectorShift = r.U8("bytes per sector shift");
        int clusterShift = r.U8("sectors per cluster shift");
        int fats = r.U8("number of FATs");
        if (sectorShift is < 9 or > 12)
        {
            why = $"a sector of 2^{sectorShift} bytes";
        }
        else if (sectorShift + clusterShift > 25)
        {
            why = $"a cluster of 2^{sectorShift + clusterShift} bytes";
        }
        else if (fats is not (1 or 2))
        {
            why = $"{fats} FATs";
        }
        else if (sectors == 0 || sectors > long.MaxValue >> 12)
        {
            why = $"{sectors} sectors";
        }
        else if (fatOffset == 0 || fatLength == 0 || heap < fatOffset + (fatLength * fats))
        {
            why = "the FAT does not lie before the clusters";
        }
        else if (clusters == 0)
        {
            why = "no clusters";
        }

        if (why.Length > 0)
        {
            return null;
        }

        int sectorSize = 1 << sectorShift;
        return new ExFatBootSector
        {
            SectorSize = sectorSize,
            ClusterSize = sectorSize << clusterShift,
            Length = (long)sectors * sectorSize,
            FatOffset = fatOffset * sectorSize,
            FatBytes = fatLength * sectorSize,
            FatCount = fats,
            HeapOffset = heap * sectorSize,
            ClusterCount = Math.Min(clusters, 0xFFFFFFF5L),
            RootCluster = root,
            Serial = serial,
            Revision = revision,
            Flags = flags,
        };
    }

    /// <summary>The checksum over the first 11 sectors of a boot region, without the fields that change in use.</summary>
    public static uint Checksum(ReadOnlySpan<byte> region)
    {
        uint sum = 0;
        for (int i = 0; i < region.Length; i++)
        {
            if (i is not (0x6A or 0x6B or 0x70))
            {
                sum = BitOperations.RotateRight(sum, 1) + region[i];
            }
        }

        return sum;
    }
}
