using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Logical.Zip;

/// <summary>A record of the central directory (APPNOTE 4.3.12), or the part of it that a local header (4.3.7) repeats.</summary>
internal sealed class ZipRecord
{
    public const uint CentralSignature = 0x02014B50;
    public const uint LocalSignature = 0x04034B50;
    public const int CentralBytes = 46;
    public const int LocalBytes = 30;

    private static readonly UTF8Encoding StrictUtf8 = new(false, true);
    private static readonly Encoding Cp437 = CodePagesEncodingProvider.Instance.GetEncoding(437)!;

    /// <summary>Upper byte of "version made by": 0 MS-DOS, 3 UNIX, 19 macOS.</summary>
    public int Host { get; private set; }

    public int Flags { get; private set; }

    public int Method { get; private set; }

    public int Time { get; private set; }

    public int Date { get; private set; }

    public uint Checksum { get; private set; }

    public long CompressedSize { get; set; }

    public long Size { get; set; }

    public uint ExternalAttributes { get; private set; }

    /// <summary>As stored, before the archive's prefix is added.</summary>
    public long LocalOffset { get; private set; }

    public byte[] Name { get; private set; } = [];

    public byte[] Extra { get; private set; } = [];

    public string? Comment { get; private set; }

    /// <summary>Bytes of the whole record.</summary>
    public int Bytes { get; private set; }

    public bool IsEncrypted => (Flags & 1) != 0;

    /// <summary>Sizes and checksum follow the data.</summary>
    public bool HasDescriptor => (Flags & 8) != 0;

    /// <summary>APPNOTE 6.1.6: the last byte of the encryption header, of the time where the checksum follows the data.</summary>
    public byte CheckByte => HasDescriptor ? (byte)(Time >> 8) : (byte)(Checksum >> 24);

    private bool SaysUtf8 => (Flags & 0x800) != 0;

    /// <exception cref="MalformedDataException">It does not hold.</exception>
    public static ZipRecord Central(ArchiveReader archive, long at)
    {
        SpanReader reader = new(archive.At(at, CentralBytes, "central directory record"), at);
        uint signature = reader.U32Le("signature");
        if (signature != CentralSignature)
        {
            throw new MalformedDataException("central directory signature", at, "PK\\1\\2", $"{signature:X8}");
        }

        ZipRecord record = new() { Host = reader.U16Le("version made by") >> 8 };
        reader.Skip(2, "version needed");
        record.Common(ref reader);
        int name = reader.U16Le("file name length"), extra = reader.U16Le("extra field length"), comment = reader.U16Le("file comment length");
        reader.Skip(4, "disk number, internal attributes");
        record.ExternalAttributes = reader.U32Le("external attributes");
        record.LocalOffset = reader.U32Le("offset of the local header");
        record.Bytes = CentralBytes + name + extra + comment;
        ReadOnlySpan<byte> rest = archive.At(at + CentralBytes, name + extra + comment, "central directory record");
        record.Name = rest[..name].ToArray();
        record.Extra = rest.Slice(name, extra).ToArray();
        record.Comment = comment == 0 ? null : Decode(rest[(name + extra)..], record.SaysUtf8).Text;
        record.Zip64(true);
        return record;
    }

    /// <exception cref="MalformedDataException">It does not hold.</exception>
    public static ZipRecord Local(ArchiveReader archive, long at)
    {
        SpanReader reader = new(archive.At(at, LocalBytes, "local file header"), at);
        uint signature = reader.U32Le("signature");
        if (signature != LocalSignature)
        {
            throw new MalformedDataException("local file header signature", at, "PK\\3\\4", $"{signature:X8}");
        }

        ZipRecord record = new() { LocalOffset = at };
        reader.Skip(2, "version needed");
        record.Common(ref reader);
        int name = reader.U16Le("file name length"), extra = reader.U16Le("extra field length");
        record.Bytes = LocalBytes + name + extra;
        ReadOnlySpan<byte> rest = archive.At(at + LocalBytes, name + extra, "local file header");
        record.Name = rest[..name].ToArray();
        record.Extra = rest.Slice(name, extra).ToArray();
        record.Zip64(false);
        return record;
    }

    /// <summary>The name as text, its bytes where the text does not give them back, and whether the Unicode path field gave it.</summary>
    public (string Text, byte[]? Raw) NameText()
    {
        ReadOnlySpan<byte> unicode = Field(0x7075);
        if (unicode.Length > 5 && unicode[0] == 1 && System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(unicode[1..]) == Crc32.Compute(Name))
        {
            (string better, bool exact) = Decode(unicode[5..], true);
            if (exact)
            {
                return (better, Name);
            }
        }

        (string text, bool isUtf8) = Decode(Name, SaysUtf8);
        return (text, isUtf8 ? null : Name);
    }

    /// <summary>The data of an extra field, empty where there is none.</summary>
    public ReadOnlySpan<byte> Field(int id)
    {
        ReadOnlySpan<byte> rest = Extra;
        while (rest.Length >= 4)
        {
            int kind = rest[0] | (rest[1] << 8), length = rest[2] | (rest[3] << 8);
            if (length > rest.Length - 4)
            {
                break;
            }

            if (kind == id)
            {
                return rest.Slice(4, length);
            }

            rest = rest[(4 + length)..];
        }

        return [];
    }

    private static (string Text, bool IsUtf8) Decode(ReadOnlySpan<byte> bytes, bool saysUtf8)
    {
        try
        {
            // Many tools write UTF-8 without saying so; text that decodes strictly is hardly ever anything else.
            return (StrictUtf8.GetString(bytes), true);
        }
        catch (DecoderFallbackException)
        {
            return (saysUtf8 ? Encoding.UTF8.GetString(bytes) : Cp437.GetString(bytes), false);
        }
    }

    private void Common(ref SpanReader reader)
    {
        Flags = reader.U16Le("general purpose bit flag");
        Method = reader.U16Le("compression method");
        Time = reader.U16Le("last modified time");
        Date = reader.U16Le("last modified date");
        Checksum = reader.U32Le("CRC-32");
        CompressedSize = reader.U32Le("compressed size");
        Size = reader.U32Le("uncompressed size");
    }

    /// <summary>APPNOTE 4.5.3: the fields that are all ones in the record, in this order.</summary>
    private void Zip64(bool central)
    {
        bool size = Size == 0xFFFF_FFFF, compressed = CompressedSize == 0xFFFF_FFFF, offset = central && LocalOffset == 0xFFFF_FFFF;
        if (!size && !compressed && !offset)
        {
            return;
        }

        ReadOnlySpan<byte> field = Field(1);
        if (field.IsEmpty)
        {
            return;
        }

        SpanReader reader = new(field);
        Size = size ? NotNegative(reader.I64Le("zip64 uncompressed size"), "zip64 uncompressed size") : Size;
        CompressedSize = compressed ? NotNegative(reader.I64Le("zip64 compressed size"), "zip64 compressed size") : CompressedSize;
        LocalOffset = offset ? NotNegative(reader.I64Le("zip64 offset of the local header"), "zip64 offset of the local header") : LocalOffset;
    }

    private static long NotNegative(long value, string field) =>
        value >= 0 && value < long.MaxValue / 4 ? value : throw new MalformedDataException(field, 0, "less than 2^61", $"{(ulong)value}");
}

/// <summary>Reads small structures of an archive from blocks that are kept for the next one. Not safe from several threads.</summary>
internal sealed class ArchiveReader(IByteSource source, int blockBytes = 256 << 10)
{
    private byte[] block = [];
    private long start = -1;
    private int held;

    public IByteSource Source => source;

    public long Length => source.Length;

    /// <exception cref="MalformedDataException">The source ends before.</exception>
    /// <exception cref="UnreadableDataException">It cannot be read.</exception>
    public ReadOnlySpan<byte> At(long offset, int count, string field)
    {
        if (offset < 0 || offset > source.Length - count)
        {
            throw new MalformedDataException(field, offset, $"{count} bytes", $"{Math.Max(0, source.Length - Math.Max(0, offset))}");
        }

        if (start < 0 || offset < start || offset + count > start + held)
        {
            if (block.Length < Math.Max(blockBytes, count))
            {
                block = new byte[Math.Max(blockBytes, count)];
            }

            start = -1;
            held = source.ReadAt(offset, block);
            start = offset;
            if (held < count)
            {
                throw new MalformedDataException(field, offset, $"{count} bytes", $"{held}");
            }
        }

        return block.AsSpan((int)(offset - start), count);
    }
}
