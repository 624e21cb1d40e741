using System.Buffers.Binary;
using System.IO.Compression;
using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>
/// Metadata in files made of boxes: HEIF, AVIF, CR3, JPEG 2000, JPEG XL. Boxes are visited from a list, so that depth costs nothing.
/// Source: ISO/IEC 14496-12:2022, 4.2 and 8.11 (items); ISO/IEC 23008-12, 6.5 (properties); ISO/IEC 15444-1, I.5 and I.7;
/// ISO/IEC 18181-2, 9; C2PA 2.1, A.5; for CR3 the findings of the lclevy/canon_cr3 project.
/// </summary>
internal sealed class BoxReader(IByteSource content, MetadataCollector collector)
{
    private const int Boxes = 20_000;
    private const int Items = 10_000;
    private const int KnownItems = 16;
    private const int Extents = 64;

    private static readonly byte[] C2paUuid = Convert.FromHexString("D8FEC3D61B0E483C92975828877EC481");
    private static readonly byte[] CanonUuid = Convert.FromHexString("85C0B687820F11E08111F4CE462B6A48");
    private static readonly byte[] XmpUuid = Convert.FromHexString("BE7ACFCB97A942E89C71999491E3AFAC");
    private static readonly byte[] Jp2ExifUuid = "JpgTiffExif->JP2"u8.ToArray();

    private readonly Dictionary<uint, string> kinds = [];
    private readonly List<(uint Item, int Method, long Offset, long Length)> extents = [];
    private readonly Dictionary<int, (uint Width, uint Height)> sizes = [];
    private readonly Dictionary<uint, List<int>> properties = [];
    private long itemData = -1;
    private uint primaryItem;
    private int property;

    /// <summary>Visits the boxes, then the items that they describe.</summary>
    public void Read()
    {
        Queue<(long From, long To, bool AreProperties)> waiting = new([(0, content.Length, false)]);
        byte[] header = new byte[32];
        int boxes = 0;
        while (waiting.TryDequeue(out (long From, long To, bool AreProperties) range))
        {
            long offset = range.From;
            while (range.To - offset >= 8)
            {
                if (++boxes > Boxes)
                {
                    collector.Report(ProblemKind.LimitReached, "boxes", $"more than {Boxes:N0}");
                    waiting.Clear();
                    break;
                }

                int have = content.ReadAt(offset, header);
                if (have < 8)
                {
                    break;
                }

                long size = BinaryPrimitives.ReadUInt32BigEndian(header);
                int start = 8;
                if (size == 1 && have >= 16)
                {
                    size = (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(header.AsSpan(8)), long.MaxValue);
                    start = 16;
                }
                else if (size == 0)
                {
                    size = range.To - offset;
                }

                if (size < start || size > range.To - offset)
                {
                    collector.Report(ProblemKind.Malformed, "boxes", $"a box of {size} bytes where {range.To - offset} are left", offset);
                    break;
                }

                // A property is known by its place among the children of its box, from 1 (ISO/IEC 14496-12, 8.11.14).
                property += range.AreProperties ? 1 : 0;
                try
                {
                    Take(header.AsSpan(4, 4), header.AsSpan(start, Math.Clamp(have - start, 0, 16)), offset + start, offset + size, waiting);
                }
                catch (MalformedDataException error)
                {
                    collector.Report(error, "boxes");
                }

                offset += size;
            }
        }

        ReadItems();

        // The size of the item that is shown; of tiles and hidden pictures only where it is not told.
        IEnumerable<int> own = properties.TryGetValue(primaryItem, out List<int>? associated) && associated.Exists(sizes.ContainsKey) ? associated : sizes.Keys;
        foreach (int index in own)
        {
            if (sizes.TryGetValue(index, out (uint Width, uint Height) size))
            {
                collector.Size(size.Width, size.Height);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> type, ReadOnlySpan<byte> start, long from, long to, Queue<(long From, long To, bool AreProperties)> waiting)
    {
        if (type.SequenceEqual("meta"u8))
        {
            // A full box here; in QuickTime files it is a plain one, told by the handler box that comes first.
            waiting.Enqueue((start.Length >= 8 && start[4..].StartsWith("hdlr"u8) ? from : from + 4, to, false));
        }
        else if (type.SequenceEqual("moov"u8) || type.SequenceEqual("iprp"u8) || type.SequenceEqual("jp2h"u8))
        {
            waiting.Enqueue((from, to, false));
        }
        else if (type.SequenceEqual("ipco"u8))
        {
            waiting.Enqueue((from, to, true));
        }
        else if (type.SequenceEqual("ipma"u8))
        {
            ReadAssociations(from, to);
        }
        else if (type.SequenceEqual("pitm"u8) && start.Length >= 6)
        {
            primaryItem = start[0] == 0 ? BinaryPrimitives.ReadUInt16BigEndian(start[4..]) : start.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(start[4..]);
        }
        else if (type.SequenceEqual("iinf"u8))
        {
            // Version 0 counts its items in 16 bits, later ones in 32; each is a box.
            waiting.Enqueue((from + (start.Length > 0 && start[0] == 0 ? 6 : 8), to, false));
        }
        else if (type.SequenceEqual("iref"u8))
        {
            waiting.Enqueue((from + 4, to, false));
        }
        else if (type.SequenceEqual("thmb"u8))
        {
            collector.HasThumbnail = true;
        }
        else if (type.SequenceEqual("infe"u8))
        {
            ReadItemInfo(from, to);
        }
        else if (type.SequenceEqual("iloc"u8))
        {
            ReadLocations(from, to);
        }
        else if (type.SequenceEqual("idat"u8))
        {
            itemData = from;
        }
        else if (type.SequenceEqual("ispe"u8) && start.Length >= 12)
        {
            sizes[property] = (BinaryPrimitives.ReadUInt32BigEndian(start[4..]), BinaryPrimitives.ReadUInt32BigEndian(start[8..]));
        }
        else if (type.SequenceEqual("irot"u8) && start.Length >= 1)
        {
            collector.Add("HEIF", "Rotation", $"{(start[0] & 3) * 90} degrees counter-clockwise");
        }
        else if (type.SequenceEqual("ihdr"u8) && start.Length >= 8)
        {
            collector.Size(BinaryPrimitives.ReadUInt32BigEndian(start[4..]), BinaryPrimitives.ReadUInt32BigEndian(start));
        }
        else if (type.SequenceEqual("Exif"u8))
        {
            ReadExifItem(Block(from, to));
        }
        else if (type.SequenceEqual("xml "u8))
        {
            XmpReader.Read(Block(from, to), collector);
        }
        else if (type.SequenceEqual("jumb"u8))
        {
            collector.HasC2pa |= Jumbf.IsC2pa([0, 0, 0, 0, .. "jumb"u8, .. PictureMetadata.Bytes(content, from, 64)]);
        }
        else if (type.SequenceEqual("brob"u8) && start.Length >= 4)
        {
            ReadBrotli(start[..4].ToArray(), from + 4, to);
        }
        else if (type.SequenceEqual("uuid"u8) && start.Length >= 16)
        {
            ReadUuid(start[..16], from + 16, to, waiting);
        }
        else if (type.StartsWith("CMT"u8) && type[3] is >= (byte)'1' and <= (byte)'4')
        {
            PictureMetadata.ReadExif(Block(from, to), collector, type[3] switch { (byte)'2' => "ExifIFD", (byte)'3' => "Canon", (byte)'4' => "GPS", _ => "IFD0" });
        }
    }

    private void ReadUuid(ReadOnlySpan<byte> uuid, long from, long to, Queue<(long From, long To, bool AreProperties)> waiting)
    {
        if (uuid.SequenceEqual(C2paUuid))
        {
            collector.HasC2pa = true;
        }
        else if (uuid.SequenceEqual(CanonUuid))
        {
            waiting.Enqueue((from, to, false));
        }
        else if (uuid.SequenceEqual(XmpUuid))
        {
            XmpReader.Read(Block(from, to), collector);
        }
        else if (uuid.SequenceEqual(Jp2ExifUuid))
        {
            PictureMetadata.ReadExif(Block(from, to), collector);
        }
    }

    /// <summary>8.11.6: versions 2 and 3 have an item type of four characters.</summary>
    private void ReadItemInfo(long from, long to)
    {
        SpanReader reader = new(PictureMetadata.Bytes(content, from, (int)Math.Min(to - from, 256)), from);
        int version = reader.U8("version");
        reader.Skip(3, "flags");
        if (version is not (2 or 3) || kinds.Count >= KnownItems)
        {
            return;
        }

        uint item = version == 2 ? reader.U16Be("item_ID") : reader.U32Be("item_ID");
        reader.Skip(2, "item_protection_index");
        string type = System.Text.Encoding.Latin1.GetString(reader.Bytes(4, "item_type"));
        string rest = System.Text.Encoding.Latin1.GetString(reader.Bytes(reader.Remaining, "item_name"));
        if (type == "Exif" || (type == "mime" && rest.Contains("application/rdf+xml", StringComparison.Ordinal)))
        {
            kinds[item] = type;
        }
    }

    /// <summary>8.11.3.</summary>
    private void ReadLocations(long from, long to)
    {
        SpanReader reader = new(Block(from, to), from);
        int version = reader.U8("version");
        reader.Skip(3, "flags");
        int sizes = reader.U16Be("offset_size");
        int offsetSize = sizes >> 12, lengthSize = (sizes >> 8) & 15, baseSize = (sizes >> 4) & 15, indexSize = version is 1 or 2 ? sizes & 15 : 0;
        uint count = version < 2 ? reader.U16Be("item_count") : reader.U32Be("item_count");
        for (uint i = 0; i < count && i < Items; i++)
        {
            uint item = version < 2 ? reader.U16Be("item_ID") : reader.U32Be("item_ID");
            int method = version is 1 or 2 ? reader.U16Be("construction_method") & 15 : 0;
            reader.Skip(2, "data_reference_index");
            long origin = Value(ref reader, baseSize, "base_offset");
            int parts = reader.U16Be("extent_count");
            for (int k = 0; k < parts; k++)
            {
                Value(ref reader, indexSize, "extent_index");
                long offset = Value(ref reader, offsetSize, "extent_offset"), length = Value(ref reader, lengthSize, "extent_length");
                if (k < Extents && extents.Count < Items)
                {
                    extents.Add((item, method, origin > long.MaxValue - offset ? long.MaxValue : origin + offset, length));
                }
            }
        }
    }

    /// <summary>8.11.14.</summary>
    private void ReadAssociations(long from, long to)
    {
        SpanReader reader = new(Block(from, to), from);
        int version = reader.U8("version");
        reader.Skip(2, "flags");
        bool isWide = (reader.U8("flags") & 1) != 0;
        uint count = reader.U32Be("entry_count");
        for (uint i = 0; i < count && i < Items; i++)
        {
            uint item = version < 1 ? reader.U16Be("item_ID") : reader.U32Be("item_ID");
            int associations = reader.U8("association_count");
            List<int> own = [];
            for (int k = 0; k < associations; k++)
            {
                own.Add(isWide ? reader.U16Be("property_index") & 0x7FFF : reader.U8("property_index") & 0x7F);
            }

            properties[item] = own;
        }
    }

    private void ReadItems()
    {
        foreach ((uint item, string kind) in kinds)
        {
            using MemoryStream block = new();
            foreach ((uint owner, int method, long offset, long length) in extents)
            {
                if (owner != item || method > 1 || (method == 1 && itemData < 0))
                {
                    continue;
                }

                long at = method == 1 ? (offset > long.MaxValue - itemData ? long.MaxValue : itemData + offset) : offset;
                if (length > MetadataCollector.BlockBytes - block.Length || at > content.Length - length)
                {
                    collector.Report(ProblemKind.Malformed, $"item {item}", $"{length} bytes that are not there or too many", at);
                    break;
                }

                block.Write(PictureMetadata.Bytes(content, at, (int)length));
            }

            if (kind == "Exif")
            {
                ReadExifItem(block.ToArray());
            }
            else
            {
                XmpReader.Read(block.ToArray(), collector);
            }
        }
    }

    /// <summary>Four bytes say how far behind them the TIFF header lies (ISO/IEC 23008-12, A.2.1).</summary>
    private void ReadExifItem(ReadOnlyMemory<byte> block)
    {
        if (block.Length >= 8 && BinaryPrimitives.ReadUInt32BigEndian(block.Span) is uint skip && skip <= (uint)(block.Length - 8))
        {
            PictureMetadata.ReadExif(block[(4 + (int)skip)..], collector);
        }
        else if (block.Length > 0)
        {
            collector.Report(ProblemKind.Malformed, "EXIF", "its header lies outside it");
        }
    }

    private void ReadBrotli(byte[] type, long from, long to)
    {
        if (!type.AsSpan().SequenceEqual("Exif"u8) && !type.AsSpan().SequenceEqual("xml "u8) && !type.AsSpan().SequenceEqual("jumb"u8))
        {
            return;
        }

        if (PictureMetadata.Unpack(stream => new BrotliStream(stream, CompressionMode.Decompress), Block(from, to), "JPEG XL", collector) is not byte[] unpacked)
        {
            return;
        }

        switch (type[0])
        {
            case (byte)'E':
                ReadExifItem(unpacked);
                break;
            case (byte)'x':
                XmpReader.Read(unpacked, collector);
                break;
            default:
                collector.HasC2pa |= Jumbf.IsC2pa([0, 0, 0, 0, .. "jumb"u8, .. unpacked.AsSpan(0, Math.Min(64, unpacked.Length))]);
                break;
        }
    }

    private byte[] Block(long from, long to)
    {
        if (to - from > MetadataCollector.BlockBytes)
        {
            collector.Report(ProblemKind.LimitReached, "boxes", $"a box of metadata is larger than {MetadataCollector.BlockBytes >> 20} MiB", from);
            return [];
        }

        return PictureMetadata.Bytes(content, from, (int)(to - from));
    }

    private static long Value(ref SpanReader reader, int size, string field) => size switch
    {
        0 => 0,
        4 => reader.U32Be(field),
        8 => (long)Math.Min(reader.U64Be(field), long.MaxValue),
        _ => throw new MalformedDataException(field, reader.Position, "0, 4 or 8 bytes", $"{size}"),
    };
}
