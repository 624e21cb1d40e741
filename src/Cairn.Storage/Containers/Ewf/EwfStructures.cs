using System.Buffers.Binary;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>The 13 bytes at the start of each segment file.</summary>
/// <param name="Number">0x09. Segment number, from 1.</param>
/// <param name="FieldsHold">0x08 is 1 and 0x0B is 0, as written by every tool.</param>
internal readonly record struct EwfFileHeader(int Number, bool FieldsHold)
{
    public const int Size = 13;

    /// <summary>0x00. "EVF", a tab, CR LF, 0xFF, 0.</summary>
    public static ReadOnlySpan<byte> Signature => [0x45, 0x56, 0x46, 0x09, 0x0D, 0x0A, 0xFF, 0x00];

    /// <summary>The same of logical evidence (L01).</summary>
    public static ReadOnlySpan<byte> LogicalSignature => [0x4C, 0x56, 0x46, 0x09, 0x0D, 0x0A, 0xFF, 0x00];

    /// <summary>EWF version 2 (Ex01).</summary>
    public static ReadOnlySpan<byte> Version2Signature => [0x45, 0x56, 0x46, 0x32, 0x0D, 0x0A, 0x81, 0x00];

    /// <summary>EWF version 2, logical evidence (Lx01).</summary>
    public static ReadOnlySpan<byte> Version2LogicalSignature => [0x4C, 0x45, 0x46, 0x32, 0x0D, 0x0A, 0x81, 0x00];

    public static EwfFileHeader Read(ReadOnlySpan<byte> data)
    {
        var reader = new SpanReader(data);
        if (!reader.Bytes(8, "EWF signature").SequenceEqual(Signature))
        {
            throw new MalformedDataException("EWF signature", 0, "EVF", Convert.ToHexString(data[..Math.Min(8, data.Length)]));
        }

        byte start = reader.U8("fields start");
        ushort number = reader.U16Le("segment number");
        ushort end = reader.U16Le("fields end");
        return new EwfFileHeader(number, start == 1 && end == 0);
    }
}

/// <summary>The 76 bytes at the start of each section.</summary>
/// <param name="Type">0x00. 16 bytes of ASCII, padded with zeros; what is not printable shows as "?".</param>
/// <param name="Offset">Where the descriptor lies in its file.</param>
/// <param name="Next">0x10. Offset of the next section in the file.</param>
/// <param name="Size">0x18. Bytes of the section with this descriptor.</param>
/// <param name="ChecksumHolds">0x48. Adler-32 of the 72 bytes before it.</param>
internal sealed record EwfSection(string Type, long Offset, long Next, long Size, bool ChecksumHolds)
{
    public const int DescriptorSize = 76;

    /// <summary>First byte of the section's own data.</summary>
    public long DataOffset => Offset + DescriptorSize;

    /// <summary>Where the section ends by its size.</summary>
    public long EndBySize => Size > long.MaxValue - Offset ? long.MaxValue : Offset + Size;

    /// <summary>A section that ends its segment file.</summary>
    public bool IsLast => Type is "next" or "done";

    public static bool IsKnown(string type) => type is "header" or "header2" or "xheader" or "volume" or "disk" or "data" or "sectors" or "table" or "table2"
        or "next" or "done" or "hash" or "digest" or "xhash" or "error2" or "session" or "ltree" or "ltypes";

    public static EwfSection Read(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, offset);
        ReadOnlySpan<byte> name = reader.Bytes(16, "section type");
        int end = name.IndexOf((byte)0);
        string type = Printable(end < 0 ? name : name[..end]);
        long next = Clamp(reader.U64Le("next section offset"));
        long size = Clamp(reader.U64Le("section size"));
        reader.Skip(40, "padding");
        return new EwfSection(type, offset, next, size, reader.U32Le("section checksum") == Adler32.Compute(data[..72]));
    }

    private static long Clamp(ulong value) => value > long.MaxValue ? long.MaxValue : (long)value;

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            text[i] = bytes[i] is > 0x20 and < 0x7F ? (char)bytes[i] : '?';
        }

        return new string(text);
    }
}

/// <summary>What a volume, disk or data section says about the media.</summary>
/// <param name="MediaType">0x00. 0 removable, 1 fixed, 3 optical, 0x10 memory.</param>
/// <param name="ChunkCount">0x04.</param>
/// <param name="SectorsPerChunk">0x08.</param>
/// <param name="BytesPerSector">0x0C.</param>
/// <param name="SectorCount">0x10. 64 bits in the long form, 32 in the short.</param>
/// <param name="MediaFlags">0x24, long form. 1 image, 2 physical, 4 FastBloc, 8 Tableau.</param>
/// <param name="CompressionLevel">0x34, long form. 0 none, 1 fast, 2 best.</param>
/// <param name="ErrorGranularity">0x38, long form, in sectors.</param>
/// <param name="SetIdentifier">0x40, long form. The same in each segment of a set; zeros where the tool wrote none.</param>
/// <param name="IsShort">The 94 bytes of SMART and of the original format, rather than the 1,052 of EnCase.</param>
/// <param name="ChecksumHolds">Adler-32 over all before it.</param>
internal sealed record EwfVolume(
    byte MediaType, uint ChunkCount, uint SectorsPerChunk, uint BytesPerSector, long SectorCount, byte MediaFlags, byte CompressionLevel, uint ErrorGranularity, Guid SetIdentifier, bool IsShort, bool ChecksumHolds)
{
    public const int LongSize = 1052;
    public const int ShortSize = 94;

    /// <summary>Bytes of a chunk; 0 where the fields cannot be.</summary>
    public int ChunkSize
    {
        get
        {
            ulong size = (ulong)SectorsPerChunk * BytesPerSector;
            return size is > 0 and <= Limits.StructureBytes ? (int)size : 0;
        }
    }

    /// <summary>Whether the same media is described, whatever tool and set wrote it down.</summary>
    public bool SameMedia(EwfVolume other) => SectorsPerChunk == other.SectorsPerChunk && BytesPerSector == other.BytesPerSector && SectorCount == other.SectorCount;

    public static EwfVolume Read(ReadOnlySpan<byte> data, long offset)
    {
        bool isShort = data.Length < LongSize;
        data = data[..Math.Min(data.Length, isShort ? ShortSize : LongSize)];
        var reader = new SpanReader(data, offset);
        if (isShort)
        {
            reader.Skip(4, "reserved");
            uint chunks = reader.U32Le("number of chunks");
            uint perChunk = reader.U32Le("sectors per chunk");
            uint sectorSize = reader.U32Le("bytes per sector");
            uint sectors = reader.U32Le("number of sectors");
            reader.Seek(90, "checksum");
            return new EwfVolume(1, chunks, perChunk, sectorSize, sectors, 0, 0, 0, Guid.Empty, true, reader.U32Le("volume checksum") == Adler32.Compute(data[..90]));
        }

        byte mediaType = reader.U8("media type");
        reader.Skip(3, "unknown");
        uint chunkCount = reader.U32Le("number of chunks");
        uint sectorsPerChunk = reader.U32Le("sectors per chunk");
        uint bytesPerSector = reader.U32Le("bytes per sector");
        ulong sectorCount = reader.U64Le("number of sectors");
        reader.Seek(36, "media flags");
        byte flags = reader.U8("media flags");
        reader.Seek(52, "compression level");
        byte level = reader.U8("compression level");
        reader.Skip(3, "unknown");
        uint granularity = reader.U32Le("error granularity");
        reader.Skip(4, "unknown");
        var identifier = new Guid(reader.Bytes(16, "set identifier"));
        reader.Seek(1048, "checksum");
        bool holds = reader.U32Le("volume checksum") == Adler32.Compute(data[..1048]);
        return new EwfVolume(mediaType, chunkCount, sectorsPerChunk, bytesPerSector, sectorCount > long.MaxValue ? long.MaxValue : (long)sectorCount, flags, level, granularity, identifier, false, holds);
    }
}

/// <summary>The 24 bytes before the entries of a table.</summary>
/// <param name="EntryCount">0x00.</param>
/// <param name="BaseOffset">0x08. Added to each entry, from EnCase 6; 0 before.</param>
/// <param name="ChecksumHolds">0x14. Adler-32 of the 20 bytes before it.</param>
internal readonly record struct EwfTableHeader(uint EntryCount, long BaseOffset, bool ChecksumHolds)
{
    public const int Size = 24;

    public static EwfTableHeader Read(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, offset);
        uint count = reader.U32Le("number of entries");
        reader.Skip(4, "padding");
        ulong start = reader.U64Le("table base offset");
        reader.Skip(4, "padding");
        uint checksum = reader.U32Le("table header checksum");
        return new EwfTableHeader(count, start > long.MaxValue ? long.MaxValue : (long)start, checksum == Adler32.Compute(data[..20]));
    }
}

/// <summary>Checked reads of the small sections.</summary>
internal static class EwfSmallSections
{
    /// <summary>Bytes of an error2 section before its entries: the count, 512 of padding, the checksum.</summary>
    public const int ErrorHeaderSize = 520;

    /// <summary>Bytes of a session section before its entries.</summary>
    public const int SessionHeaderSize = 36;

    /// <summary>hash: MD5 at 0, 16 unknown bytes, Adler-32 of the 32 before it.</summary>
    public static (byte[] Md5, bool ChecksumHolds) ReadHash(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, offset);
        byte[] md5 = reader.Bytes(16, "MD5").ToArray();
        reader.Skip(16, "unknown");
        return (md5, reader.U32Le("hash checksum") == Adler32.Compute(data[..32]));
    }

    /// <summary>digest: MD5 at 0, SHA-1 at 0x10, 40 bytes of padding, Adler-32 of the 76 before it.</summary>
    public static (byte[] Md5, byte[] Sha1, bool ChecksumHolds) ReadDigest(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, offset);
        byte[] md5 = reader.Bytes(16, "MD5").ToArray();
        byte[] sha1 = reader.Bytes(20, "SHA-1").ToArray();
        reader.Skip(40, "padding");
        return (md5, sha1, reader.U32Le("digest checksum") == Adler32.Compute(data[..76]));
    }

    /// <summary>error2: ranges of sectors, and whether the checksums of the header and of the entries hold.</summary>
    public static (List<(uint First, uint Count)> Ranges, uint Announced, bool ChecksumHolds) ReadErrors(ReadOnlySpan<byte> data, long offset)
    {
        var reader = new SpanReader(data, offset);
        uint announced = reader.U32Le("number of errors");
        reader.Skip(512, "padding");
        bool holds = reader.U32Le("error2 header checksum") == Adler32.Compute(data[..516]);
        int count = (int)Math.Min(announced, (uint)(reader.Remaining / 8));
        var ranges = new List<(uint, uint)>(count);
        for (int i = 0; i < count; i++)
        {
            ranges.Add((reader.U32Le("first sector of the error"), reader.U32Le("sectors of the error")));
        }

        holds &= reader.Remaining >= 4 && BinaryPrimitives.ReadUInt32LittleEndian(data[(ErrorHeaderSize + (count * 8))..]) == Adler32.Compute(data.Slice(ErrorHeaderSize, count * 8));
        return (ranges, announced, holds);
    }

    /// <summary>xhash: hashes as XML text.</summary>
    public static string? Element(string xml, string name)
    {
        int start = xml.IndexOf($"<{name}>", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
        {
            return null;
        }

        start += name.Length + 2;
        int end = xml.IndexOf($"</{name}>", start, StringComparison.OrdinalIgnoreCase);
        return end < 0 ? null : xml[start..end].Trim();
    }

    /// <summary>Text of a section that may start with a byte order mark.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith<byte>([0xFF, 0xFE]))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith<byte>([0xFE, 0xFF]))
        {
            return Encoding.BigEndianUnicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith<byte>([0xEF, 0xBB, 0xBF]))
        {
            return Encoding.UTF8.GetString(bytes[3..]);
        }

        // The header section is written in the examiner's code page, which it does not name; UTF-8 where it is that, else Latin-1.
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }
}
