using System.Numerics;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>The first sector of an NTFS volume, or its copy in the last.</summary>
internal sealed record NtfsBootSector
{
    public const int Length = 512;

    /// <summary>0x0B.</summary>
    public required int BytesPerSector { get; init; }

    /// <summary>0x0D, in bytes.</summary>
    public required int ClusterSize { get; init; }

    /// <summary>0x28.</summary>
    public required long TotalSectors { get; init; }

    /// <summary>0x30.</summary>
    public required long MftCluster { get; init; }

    /// <summary>0x38.</summary>
    public required long MirrorCluster { get; init; }

    /// <summary>0x40, in bytes.</summary>
    public required int RecordSize { get; init; }

    /// <summary>0x44, in bytes.</summary>
    public required int IndexRecordSize { get; init; }

    /// <summary>0x48.</summary>
    public required ulong SerialNumber { get; init; }

    public long TotalClusters => TotalSectors / (ClusterSize / BytesPerSector);

    public static NtfsBootSector Read(ReadOnlySpan<byte> sector, long origin)
    {
        SpanReader r = new(sector, origin);
        r.Skip(3, "jump");
        if (!r.Bytes(8, "OEM identifier").SequenceEqual("NTFS    "u8))
        {
            throw new MalformedDataException("OEM identifier", origin + 3, "NTFS", "something else");
        }

        int bytesPerSector = r.U16Le("bytes per sector");
        if (bytesPerSector is < 256 or > 4096 || !BitOperations.IsPow2(bytesPerSector))
        {
            throw new MalformedDataException("bytes per sector", origin + 0x0B, "256 to 4096, a power of two", $"{bytesPerSector}");
        }

        int perCluster = r.U8("sectors per cluster");

        // Above 0x80 the byte is the negative power of two: clusters of 128 KiB to 2 MiB do not fit a count.
        long sectors = perCluster <= 0x80 ? perCluster : 1L << Math.Min(32, 256 - perCluster);
        long cluster = sectors * bytesPerSector;
        if (sectors == 0 || !BitOperations.IsPow2(sectors) || cluster > 2 << 20)
        {
            throw new MalformedDataException("sectors per cluster", origin + 0x0D, "a power of two, clusters of 2 MiB at most", $"{perCluster}");
        }

        r.Seek(0x28, "total sectors");
        long total = r.I64Le("total sectors");
        long mft = r.I64Le("cluster of $MFT");
        long mirror = r.I64Le("cluster of $MFTMirr");
        int recordSize = Size(r.U8("clusters per MFT record"), cluster, "clusters per MFT record", origin + 0x40);
        r.Seek(0x44, "clusters per index record");
        int indexSize = Size(r.U8("clusters per index record"), cluster, "clusters per index record", origin + 0x44);
        r.Seek(0x48, "serial number");
        if (total <= 0 || total > long.MaxValue / bytesPerSector)
        {
            throw new MalformedDataException("total sectors", origin + 0x28, "more than 0", $"{total}");
        }

        return new NtfsBootSector
        {
            BytesPerSector = bytesPerSector,
            ClusterSize = (int)cluster,
            TotalSectors = total,
            MftCluster = mft,
            MirrorCluster = mirror,
            RecordSize = recordSize,
            IndexRecordSize = indexSize,
            SerialNumber = r.U64Le("serial number"),
        };
    }

    /// <summary>A count of clusters, or as a negative byte the power of two of the bytes.</summary>
    private static int Size(byte value, long cluster, string field, long offset)
    {
        int power = -(sbyte)value;
        long bytes = value < 0x80 ? value * cluster : power < 31 ? 1L << power : 0;
        if (bytes is < 512 or > 65_536 && !(field.Contains("index", StringComparison.Ordinal) && bytes is >= 512 and <= 2 << 20) || !BitOperations.IsPow2(bytes))
        {
            throw new MalformedDataException(field, offset, "512 to 65,536 bytes, a power of two", $"{bytes}");
        }

        return (int)bytes;
    }
}
