using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>
/// Reads what a picture tells beside its pixels, without decoding it: EXIF with GPS and maker notes, XMP, IPTC, text, sizes, and whether
/// there is a C2PA manifest. Small managed readers with bounds of their own; nothing is written and nothing is judged. Safe from many threads.
/// </summary>
public static class PictureMetadata
{
    private const int Segments = 10_000;
    private const int UnpackedBytes = 1 << 20;
    private const string Place = "metadata";

    /// <summary>Reads <paramref name="content"/>; the form is told from its first bytes, <paramref name="mime"/> only where they leave it open. Never throws on the content.</summary>
    public static PictureFacts Read(IByteSource content, string mime)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(mime);
        MetadataCollector collector = new();
        try
        {
            byte[] start = new byte[32];
            ReadOnlySpan<byte> head = start.AsSpan(0, content.ReadAt(0, start));
            if (head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]))
            {
                ReadJpeg(content, collector);
            }
            else if (head.Length >= 8 && head[0] == 0x89 && head[1..].StartsWith("PNG\r\n\x1A\n"u8))
            {
                ReadPng(content, collector);
            }
            else if (head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..].StartsWith("WEBP"u8))
            {
                ReadWebp(content, collector);
            }
            else if (head.StartsWith("GIF8"u8))
            {
                ReadGif(content, collector);
            }
            else if (head.StartsWith("8BPS"u8))
            {
                ReadPsd(content, collector);
            }
            else if (head.StartsWith("BM"u8))
            {
                ReadBmp(head, collector);
            }
            else if (head.Length >= 12 && (head[4..].StartsWith("ftyp"u8) || head[4..].StartsWith("jP  "u8) || head[4..].StartsWith("JXL "u8)))
            {
                new BoxReader(content, collector).Read();
            }
            else if (head.StartsWith("II"u8) || head.StartsWith("MM"u8))
            {
                new TiffReader(content, collector).Read(isFile: true);
            }
        }
        catch (MalformedDataException error)
        {
            collector.Report(error, Place);
        }
        catch (UnreadableDataException error)
        {
            collector.Report(error, Place);
        }

        return collector.Facts();
    }

    /// <summary>Reads a picture in memory.</summary>
    public static PictureFacts Read(ReadOnlyMemory<byte> content, string mime)
    {
        using MemoryByteSource source = new(content);
        return Read(source, mime);
    }

    /// <summary>Reads a block of EXIF: a TIFF structure, perhaps behind its "Exif" mark. Damage costs the block alone.</summary>
    internal static void ReadExif(ReadOnlyMemory<byte> block, MetadataCollector collector, string first = "IFD0")
    {
        if (block.Span.StartsWith("Exif\0\0"u8))
        {
            block = block[6..];
        }

        if (!collector.Enter("EXIF", block.Length))
        {
            return;
        }

        try
        {
            using MemoryByteSource source = new(block);
            new TiffReader(source, collector).Read(isFile: false, first);
        }
        catch (MalformedDataException error)
        {
            collector.Report(error, "EXIF");
        }
        finally
        {
            collector.Leave();
        }
    }

    /// <summary>Marker segments up to the pixels. Source: ITU-T T.81, B.1 and B.2; CIPA DC-008, 4.7; XMP part 3, 1.1.</summary>
    internal static void ReadJpeg(IByteSource content, MetadataCollector collector)
    {
        long offset = 2;
        using MemoryStream photoshop = new();
        SortedDictionary<uint, byte[]> extended = [];
        long extendedBytes = 0;
        byte[] header = new byte[4];
        for (int count = 0; count < Segments; count++)
        {
            if (content.ReadAt(offset, header) < 4)
            {
                collector.Report(ProblemKind.Malformed, "JPEG", "the file ends before its pixels", offset);
                break;
            }

            if (header[0] != 0xFF)
            {
                // Some programs state a segment too short; what follows is worth having.
                collector.Report(ProblemKind.Malformed, "JPEG", "no marker where one must be", offset);
                int skip = NextMarker(Bytes(content, offset, 64 << 10));
                if (skip < 0)
                {
                    break;
                }

                offset += skip;
                continue;
            }

            int marker = header[1];
            if (marker == 0xFF)
            {
                offset++; // fill bytes
                continue;
            }

            if (marker is 0xD9 or 0xDA)
            {
                break;
            }

            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
            {
                offset += 2;
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2));
            if (length < 2)
            {
                collector.Report(ProblemKind.Malformed, "JPEG", $"a segment of {length} bytes", offset);
                break;
            }

            byte[] segment = marker is >= 0xC0 and <= 0xCF or >= 0xE0 and <= 0xEF or 0xFE ? Bytes(content, offset + 4, length - 2) : [];
            offset += 2 + length;
            ReadOnlySpan<byte> body = segment;
            switch (marker)
            {
                case >= 0xC0 and <= 0xCF when marker is not (0xC4 or 0xC8 or 0xCC) && body.Length >= 5:
                    collector.Size(BinaryPrimitives.ReadUInt16BigEndian(body[3..]), BinaryPrimitives.ReadUInt16BigEndian(body[1..]));
                    break;
                case 0xE1 when body.StartsWith("Exif\0"u8) && body.Length > 6:
                    ReadExif(segment.AsMemory(6), collector);
                    break;
                case 0xE1 when body.StartsWith("http://ns.adobe.com/xap/1.0/\0"u8):
                    XmpReader.Read(segment.AsMemory(29), collector);
                    break;
                case 0xE1 when body.StartsWith("http://ns.adobe.com/xmp/extension/\0"u8) && body.Length > 75 && (extendedBytes += body.Length) <= MetadataCollector.BlockBytes:
                    // Name, GUID of 32 characters, full length, offset of this part.
                    extended[BinaryPrimitives.ReadUInt32BigEndian(body[71..])] = segment[75..];
                    break;
                case 0xE2 when body.StartsWith("MPF\0"u8):
                    collector.Add("JPEG", "MultiPicture", "present");
                    break;
                case 0xE2 when body.StartsWith("ICC_PROFILE\0"u8):
                    collector.Add("JPEG", "ICCProfile", "present");
                    break;
                case 0xEB when body.StartsWith("JP"u8) && body.Length > 8:
                    collector.HasC2pa |= Jumbf.IsC2pa(body[8..]);
                    break;
                case 0xED when body.StartsWith("Photoshop 3.0\0"u8) && photoshop.Length + body.Length <= MetadataCollector.BlockBytes:
                    photoshop.Write(body[14..]);
                    break;
                case 0xFE:
                    collector.Add("JPEG", "Comment", MetadataCollector.Text(body));
                    break;
            }
        }

        if (photoshop.Length > 0)
        {
            PhotoshopResources.Read(photoshop.ToArray(), collector);
        }

        if (extended.Count > 0)
        {
            XmpReader.Read(extended.Values.SelectMany(part => part).ToArray(), collector);
        }
    }

    /// <summary>Distance to the next marker of a segment that holds metadata or begins the picture, -1 where none is near.</summary>
    private static int NextMarker(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i + 1 < bytes.Length; i++)
        {
            if (bytes[i] == 0xFF && bytes[i + 1] is (>= 0xC0 and <= 0xC4) or 0xDA or 0xDB or (>= 0xE0 and <= 0xEF) or 0xFE)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Chunks of a PNG. Source: W3C PNG 3rd edition, 5.3 and 11; C2PA 2.1, A.3.2.</summary>
    private static void ReadPng(IByteSource content, MetadataCollector collector)
    {
        long offset = 8;
        byte[] header = new byte[8];
        for (int count = 0; count < Segments && content.ReadAt(offset, header) == 8; count++)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
            string type = Encoding.Latin1.GetString(header, 4, 4);
            long data = offset + 8;
            offset = data + length + 4;
            if (data + length > content.Length)
            {
                collector.Report(ProblemKind.Malformed, "PNG", $"chunk {type} states {length} bytes where {content.Length - data} are left", data);
                return;
            }

            if (type is not ("IHDR" or "tEXt" or "zTXt" or "iTXt" or "eXIf" or "tIME" or "caBX" or "iCCP" or "IEND"))
            {
                continue;
            }

            if (length > MetadataCollector.BlockBytes)
            {
                collector.HasC2pa |= type == "caBX" && Jumbf.IsC2pa(Bytes(content, data, 64));
                collector.Report(ProblemKind.LimitReached, "PNG", $"chunk {type} is larger than {MetadataCollector.BlockBytes >> 20} MiB", data);
                continue;
            }

            byte[] body = Bytes(content, data, (int)length);
            switch (type)
            {
                case "IHDR" when body.Length >= 8:
                    collector.Size(BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(4)));
                    break;
                case "tEXt" or "zTXt" or "iTXt":
                    ReadPngText(type, body, collector);
                    break;
                case "eXIf":
                    ReadExif(body, collector);
                    break;
                case "tIME" when body.Length == 7:
                    collector.Add("PNG", "tIME", $"{BinaryPrimitives.ReadUInt16BigEndian(body):D4}-{body[2]:D2}-{body[3]:D2}T{body[4]:D2}:{body[5]:D2}:{body[6]:D2}Z");
                    break;
                case "caBX":
                    collector.HasC2pa |= Jumbf.IsC2pa(body);
                    break;
                case "iCCP":
                    collector.Add("PNG", "ICCProfile", "present");
                    break;
                case "IEND":
                    return;
            }
        }
    }

    private static void ReadPngText(string type, byte[] body, MetadataCollector collector)
    {
        int end = body.AsSpan().IndexOf((byte)0);
        if (end is < 1 or > 79)
        {
            collector.Report(ProblemKind.Malformed, "PNG", $"{type} without a keyword");
            return;
        }

        string keyword = Encoding.Latin1.GetString(body, 0, end);
        ReadOnlyMemory<byte> text = body.AsMemory(end + 1);
        bool isPacked = type == "zTXt";
        if (type == "zTXt")
        {
            text = text.Length > 0 ? text[1..] : text;
        }
        else if (type == "iTXt")
        {
            // Compression flag and method, language, translated keyword.
            if (text.Length < 4)
            {
                return;
            }

            isPacked = text.Span[0] == 1;
            text = text[2..];
            for (int i = 0; i < 2; i++)
            {
                int zero = text.Span.IndexOf((byte)0);
                text = zero < 0 ? default : text[(zero + 1)..];
            }
        }

        if (isPacked && Unpack(stream => new ZLibStream(stream, CompressionMode.Decompress), text, "PNG " + keyword, collector) is byte[] unpacked)
        {
            text = unpacked;
        }
        else if (isPacked)
        {
            return;
        }

        if (keyword == "XML:com.adobe.xmp")
        {
            XmpReader.Read(text, collector);
        }
        else if (keyword.StartsWith("Raw profile type ", StringComparison.Ordinal))
        {
            ReadRawProfile(keyword[17..].Trim(), text.Span, collector);
        }
        else
        {
            collector.Add("PNG", keyword, MetadataCollector.Text(text.Span));
        }
    }

    /// <summary>ImageMagick's way before PNG had a chunk for it: a name, a length, then hexadecimal digits in lines.</summary>
    private static void ReadRawProfile(string name, ReadOnlySpan<byte> text, MetadataCollector collector)
    {
        byte[] bytes = new byte[text.Length / 2];
        int lines = 0, at = 0, high = -1;
        foreach (byte each in text)
        {
            if (each == (byte)'\n')
            {
                lines++;
            }

            // Digits begin behind the third line break: an empty line, the name, the length.
            if (lines >= 3 && char.IsAsciiHexDigit((char)each))
            {
                int digit = Convert.ToInt32(((char)each).ToString(), 16);
                (high, bytes[at < bytes.Length ? at : 0]) = high < 0 ? (digit, bytes[at < bytes.Length ? at : 0]) : (-1, (byte)((high << 4) | digit));
                at += high < 0 ? 1 : 0;
            }
        }

        ReadOnlyMemory<byte> block = bytes.AsMemory(0, Math.Min(at, bytes.Length));
        switch (name)
        {
            case "exif" or "APP1" or "app1":
                if (block.Span.StartsWith("http://ns.adobe.com/xap/1.0/\0"u8))
                {
                    XmpReader.Read(block[29..], collector);
                }
                else
                {
                    ReadExif(block, collector);
                }

                break;
            case "xmp":
                XmpReader.Read(block, collector);
                break;
            case "iptc" or "8bim":
                if (block.Span.StartsWith("8BIM"u8))
                {
                    PhotoshopResources.Read(block, collector);
                }
                else
                {
                    IptcReader.Read(block.Span, collector);
                }

                break;
        }
    }

    /// <summary>Chunks of a WebP. Source: RFC 9649, 2; C2PA 2.1, A.3.4.</summary>
    private static void ReadWebp(IByteSource content, MetadataCollector collector)
    {
        long offset = 12;
        byte[] header = new byte[8];
        for (int count = 0; count < Segments && content.ReadAt(offset, header) == 8; count++)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4));
            string type = Encoding.Latin1.GetString(header, 0, 4);
            long data = offset + 8;
            offset = data + length + (length & 1);
            if (type is "EXIF" or "XMP " && (data + length > content.Length || length > MetadataCollector.BlockBytes))
            {
                collector.Report(ProblemKind.Malformed, "WebP", $"chunk {type.Trim()} states {length} bytes", data);
                continue;
            }

            byte[] start = Bytes(content, data, (int)Math.Min(length, type is "EXIF" or "XMP " ? length : 64));
            switch (type)
            {
                case "VP8X" when start.Length >= 10:
                    collector.Size(1 + (start[4] | (start[5] << 8) | (start[6] << 16)), 1 + (start[7] | (start[8] << 8) | (start[9] << 16)));
                    break;
                case "VP8 " when start.Length >= 10 && start.AsSpan(3).StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]):
                    collector.Size(BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(6)) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(start.AsSpan(8)) & 0x3FFF);
                    break;
                case "VP8L" when start.Length >= 5 && start[0] == 0x2F:
                    uint bits = BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(1));
                    collector.Size((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
                    break;
                case "EXIF":
                    ReadExif(start, collector);
                    break;
                case "XMP ":
                    XmpReader.Read(start, collector);
                    break;
                case "C2PA":
                    collector.HasC2pa |= Jumbf.IsC2pa(start);
                    break;
            }
        }
    }

    /// <summary>Blocks of a GIF. Source: GIF89a, 18 to 26; XMP part 3, 1.1.2; C2PA 2.1, A.3.3.</summary>
    private static void ReadGif(IByteSource content, MetadataCollector collector)
    {
        byte[] header = Bytes(content, 0, 13);
        if (header.Length < 13)
        {
            collector.Report(ProblemKind.Malformed, "GIF", "the file ends within its header");
            return;
        }

        collector.Size(BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(6)), BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(8)));
        long offset = 13 + Colours(header[10]);
        byte[] block = new byte[14];
        for (int count = 0; count < Segments; count++)
        {
            int have = content.ReadAt(offset, block);
            if (have < 2 || block[0] == 0x3B)
            {
                return;
            }

            if (block[0] == 0x2C && have >= 10)
            {
                offset = SkipBlocks(content, offset + 11 + Colours(block[9]));
            }
            else if (block[0] != 0x21)
            {
                collector.Report(ProblemKind.Malformed, "GIF", "no block where one must be", offset);
                return;
            }
            else if (block[1] == 0xFE)
            {
                int length = have > 2 ? block[2] : 0;
                collector.Add("GIF", "Comment", MetadataCollector.Text(Bytes(content, offset + 3, length)));
                offset = SkipBlocks(content, offset + 2);
            }
            else if (block[1] == 0xFF && block.AsSpan(3, 11).SequenceEqual("XMP DataXMP"u8))
            {
                // The packet lies bare; a trailer of 258 bytes makes it a chain of blocks for those who do not know it.
                long end = SkipBlocks(content, offset + 14);
                long length = Math.Min(end - offset - 14 - 258, MetadataCollector.BlockBytes);
                if (length > 0)
                {
                    XmpReader.Read(Bytes(content, offset + 14, (int)length), collector);
                }

                offset = end;
            }
            else
            {
                collector.HasC2pa |= block[1] == 0xFF && block.AsSpan(3, 8).SequenceEqual("C2PA_GIF"u8);
                offset = SkipBlocks(content, offset + 2);
            }
        }

        static int Colours(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
    }

    private static long SkipBlocks(IByteSource content, long offset)
    {
        byte[] window = new byte[64 << 10];
        long origin = offset;
        int have = 0;
        while (true)
        {
            if (offset < origin || offset >= origin + have)
            {
                origin = offset;
                have = content.ReadAt(origin, window);
                if (have == 0)
                {
                    return content.Length;
                }
            }

            int length = window[(int)(offset - origin)];
            offset += 1 + length;
            if (length == 0)
            {
                return offset;
            }
        }
    }

    /// <summary>Header, colours and resources of a Photoshop document. Source: Adobe Photoshop File Formats Specification.</summary>
    private static void ReadPsd(IByteSource content, MetadataCollector collector)
    {
        SpanReader reader = new(Bytes(content, 0, 30));
        reader.Skip(14, "header");
        uint height = reader.U32Be("height"), width = reader.U32Be("width");
        collector.Size(width, height);
        reader.Skip(4, "depth and mode");
        long offset = 30L + reader.U32Be("colour data length");
        SpanReader resources = new(Bytes(content, offset, 4), offset);
        uint length = resources.U32Be("resources length");
        if (length > MetadataCollector.BlockBytes)
        {
            collector.Report(ProblemKind.LimitReached, "Photoshop", $"resources of {length} bytes", offset);
            return;
        }

        PhotoshopResources.Read(Bytes(content, offset + 4, (int)length), collector);
    }

    private static void ReadBmp(ReadOnlySpan<byte> head, MetadataCollector collector)
    {
        if (head.Length >= 26)
        {
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(head[14..]);
            if (size == 12)
            {
                collector.Size(BinaryPrimitives.ReadUInt16LittleEndian(head[18..]), BinaryPrimitives.ReadUInt16LittleEndian(head[20..]));
            }
            else
            {
                // A negative height: rows from the top.
                collector.Size(BinaryPrimitives.ReadInt32LittleEndian(head[18..]), Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(head[22..])));
            }
        }
    }

    /// <summary>Unpacks at most 1 MiB; null with a problem where that is not enough or the data is damaged.</summary>
    internal static byte[]? Unpack(Func<Stream, Stream> open, ReadOnlyMemory<byte> packed, string place, MetadataCollector collector)
    {
        if (!collector.Enter(place, UnpackedBytes))
        {
            return null;
        }

        try
        {
            using Stream stream = open(new MemoryStream(packed.ToArray(), writable: false));
            using MemoryStream target = new();
            byte[] buffer = new byte[16 << 10];
            while (stream.Read(buffer) is int read and > 0)
            {
                target.Write(buffer, 0, read);
                if (target.Length > UnpackedBytes)
                {
                    collector.Report(ProblemKind.LimitReached, place, $"unpacks to more than {UnpackedBytes >> 20} MiB");
                    return null;
                }
            }

            return target.ToArray();
        }
        catch (Exception error) when (error is InvalidDataException or InvalidOperationException or IOException)
        {
            collector.Report(ProblemKind.Malformed, place, "cannot be unpacked: " + error.Message);
            return null;
        }
        finally
        {
            collector.Leave();
        }
    }

    /// <summary>Bytes at an offset, fewer where the content ends.</summary>
    internal static byte[] Bytes(IByteSource content, long offset, int count)
    {
        if (offset < 0 || offset >= content.Length || count <= 0)
        {
            return [];
        }

        byte[] bytes = new byte[(int)Math.Min(count, content.Length - offset)];
        int have = content.ReadAt(offset, bytes);
        return have == bytes.Length ? bytes : bytes[..have];
    }
}
