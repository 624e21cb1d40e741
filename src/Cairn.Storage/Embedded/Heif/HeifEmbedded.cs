using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Embedded.Jpeg;

namespace Cairn.Storage.Embedded.Heif;

/// <summary>JPEGs, Exif thumbnails and motion videos in files of boxes: HEIF with HEVC or AV1, Canon's CR3.</summary>
internal sealed class HeifEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("heif", "pictures in HEIF, AVIF and CR3", "ISO/IEC 14496-12; ISO/IEC 23008-12; Android motion photo format 1.0; CR3 as its public descriptions give it");

    public IReadOnlyList<string> ContentTypes { get; } = ["image/heic", "image/heif", "image/avif", "image/x-canon-cr3"];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[12];
        return EmbeddedProbe.Head(content, head) && head[4..8].SequenceEqual("ftyp"u8) ? ProbeResult.Yes("a file type box at the start") : ProbeResult.No("no file type box");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel) =>
        new HeifWalk(new Expansion(content, limits, receiver, cancel)).Run();
}

/// <summary>One pass over the boxes of a file.</summary>
internal sealed class HeifWalk(Expansion expansion)
{
    private const int MostBoxes = 100_000;
    private const int Deepest = 10;
    private const int LargestTable = 16 << 20;
    private const int MostItems = 65_536;
    private const int MostTrackPictures = 64;

    /// <summary>Boxes that hold boxes, and the bytes in front of them.</summary>
    private static readonly Dictionary<string, int> Holders = new(StringComparer.Ordinal) { ["moov"] = 0, ["trak"] = 0, ["mdia"] = 0, ["minf"] = 0, ["stbl"] = 0, ["meta"] = 4, ["iprp"] = 0 };

    private readonly IByteSource source = expansion.Content;
    private readonly Dictionary<uint, (string Type, string Name)> items = [];
    private readonly Dictionary<uint, (int Method, List<(long Offset, long Length)> Extents)> places = [];
    private int boxes;
    private int previews;
    private int motions;
    private long dataBox = -1;
    private long[] sizes = [];

    public void Run()
    {
        Boxes(0, source.Length, 0);
        if (!expansion.Stopped)
        {
            Items();
        }
    }

    private void Boxes(long at, long end, int depth)
    {
        byte[] head = new byte[32];
        while (at + 8 <= end && !expansion.Stopped)
        {
            expansion.Cancel.ThrowIfCancellationRequested();
            if (++boxes > MostBoxes)
            {
                expansion.Stop($"more than {MostBoxes:N0} boxes");
                return;
            }

            int got = source.ReadAt(at, head);
            if (got < 8)
            {
                return;
            }

            long size = BinaryPrimitives.ReadUInt32BigEndian(head);
            int header = 8;
            if (size == 1 && got >= 16)
            {
                (size, header) = ((long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(8))), 16);
            }
            else if (size == 0)
            {
                size = end - at;
            }

            string type = System.Text.Encoding.Latin1.GetString(head, 4, 4);
            if (size < header)
            {
                expansion.Report(new Problem(ProblemKind.Malformed, $"box {type}", $"a size of {size} bytes; the boxes after it are left out", at));
                return;
            }

            if (size > end - at)
            {
                expansion.Report(new Problem(ProblemKind.Missing, $"box {type}", $"{size} bytes, of which {end - at} are there", at, size));
                size = end - at;
            }

            try
            {
                Box(type, at + header, at + size, depth);
            }
            catch (MalformedDataException error)
            {
                expansion.Report(Problem.From(error, $"box {type} at {at}"));
            }
            catch (UnreadableDataException error)
            {
                expansion.Report(Problem.From(error, $"box {type} at {at}"));
            }

            at += size;
        }
    }

    private void Box(string type, long at, long end, int depth)
    {
        switch (type)
        {
            case "iinf":
                ItemInfos(at, end);
                break;
            case "iloc":
                ItemPlaces(Table(at, end, "iloc"), at);
                break;
            case "idat":
                dataBox = at;
                break;
            case "mpvd":
                expansion.Give(new EmbeddedMember { Ordinal = 0, Path = ++motions == 1 ? "motion.mp4" : $"motion-{motions}.mp4", Kind = EmbeddedKind.MotionVideo }, at, end - at);
                break;
            case "uuid":
                Canon(at, end, depth);
                break;
            case "THMB" or "PRVW":
                // A few fields of the maker's in front of the picture.
                foreach ((long start, long stop, bool isVideo) in AppendedFiles.Find(source, at, end, expansion.Cancel))
                {
                    if (!isVideo)
                    {
                        Picture(start, stop - start, type == "THMB" ? EmbeddedKind.Thumbnail : EmbeddedKind.Preview, $"box {type}");
                        break;
                    }
                }

                break;
            case "stsz":
                SampleSizes(Table(at, end, "stsz"));
                break;
            case "stco" or "co64":
                Samples(Table(at, end, type), type == "co64");
                break;
            default:
                if (Holders.TryGetValue(type, out int skip))
                {
                    if (depth == Deepest)
                    {
                        expansion.Report(new Problem(ProblemKind.LimitReached, $"box {type}", $"boxes more than {Deepest} deep; those within it are left out", at));
                        break;
                    }

                    Boxes(at + skip, end, depth + 1);
                }

                break;
        }
    }

    private byte[] Table(long at, long end, string name)
    {
        if (end - at > LargestTable)
        {
            throw new MalformedDataException(name, at, $"at most {LargestTable} bytes", $"{end - at}");
        }

        byte[] data = new byte[end - at];
        source.ReadExactly(at, data, name);
        return data;
    }

    /// <summary>14496-12, 8.11.6: the type of each item.</summary>
    private void ItemInfos(long at, long end)
    {
        SpanReader reader = new(Table(at, end, "iinf"), at);
        int version = (int)(reader.U32Be("version") >> 24);
        uint count = version == 0 ? reader.U16Be("entry count") : reader.U32Be("entry count");
        for (uint i = 0; i < count && reader.Remaining >= 12 && items.Count < MostItems; i++)
        {
            int start = reader.Position;
            uint size = reader.U32Be("size");
            reader.Skip(4, "infe");
            int own = reader.U8("version");
            reader.Skip(3, "flags");
            if (own >= 2 && size >= 20)
            {
                uint id = own == 2 ? reader.U16Be("item ID") : reader.U32Be("item ID");
                reader.Skip(2, "protection");
                items[id] = (System.Text.Encoding.Latin1.GetString(reader.Bytes(4, "item type")), "");
            }

            if (size < 8)
            {
                break;
            }

            reader.Seek((int)Math.Min(int.MaxValue, start + (long)size), "next entry");
        }
    }

    /// <summary>14496-12, 8.11.3: where each item lies.</summary>
    private void ItemPlaces(byte[] data, long origin)
    {
        SpanReader reader = new(data, origin);
        int version = (int)(reader.U32Be("version") >> 24);
        int sizes1 = reader.U8("offset and length size"), sizes2 = reader.U8("base offset and index size");
        int offsetSize = sizes1 >> 4, lengthSize = sizes1 & 15, baseSize = sizes2 >> 4, indexSize = version is 1 or 2 ? sizes2 & 15 : 0;
        uint count = version < 2 ? reader.U16Be("item count") : reader.U32Be("item count");
        for (uint i = 0; i < count && places.Count < MostItems; i++)
        {
            uint id = version < 2 ? reader.U16Be("item ID") : reader.U32Be("item ID");
            int method = version is 1 or 2 ? reader.U16Be("construction method") & 15 : 0;
            reader.Skip(2, "data reference");
            long start = Number(ref reader, baseSize);
            int extents = reader.U16Be("extent count");
            List<(long, long)> list = [];
            for (int e = 0; e < extents; e++)
            {
                _ = Number(ref reader, indexSize);
                long offset = Number(ref reader, offsetSize), length = Number(ref reader, lengthSize);
                list.Add((start + offset, length));
            }

            places[id] = (method, list);
        }
    }

    private static long Number(ref SpanReader reader, int size) => size switch
    {
        0 => 0,
        4 => reader.U32Be("offset or length"),
        8 => (long)Math.Min(long.MaxValue / 4, reader.U64Be("offset or length")),
        _ => throw new MalformedDataException("iloc sizes", 0, "0, 4 or 8", $"{size}"),
    };

    private void Items()
    {
        foreach ((uint id, (string type, _)) in items.OrderBy(item => item.Key))
        {
            if (type is not ("jpeg" or "Exif") || !places.TryGetValue(id, out (int Method, List<(long Offset, long Length)> Extents) place) || place.Extents.Count != 1)
            {
                continue;
            }

            (long offset, long length) = place.Extents[0];
            long origin = place.Method == 1 ? dataBox : 0;
            if (place.Method > 1 || origin < 0 || offset > source.Length || origin + offset >= source.Length)
            {
                expansion.Report(new Problem(ProblemKind.Missing, $"item {id}", "it lies behind the end of the file or in another", offset, length));
                continue;
            }

            offset += origin;
            length = length == 0 ? source.Length - offset : Math.Min(length, source.Length - offset);
            bool go = type == "jpeg" ? Picture(offset, length, EmbeddedKind.Preview, $"item {id}") : Exif(offset, length, $"item {id}");
            if (!go)
            {
                return;
            }
        }
    }

    /// <summary>23008-12, A.2.1: four bytes that say how far behind them the TIFF header lies.</summary>
    private bool Exif(long offset, long length, string place)
    {
        try
        {
            Span<byte> skip = stackalloc byte[4];
            source.ReadExactly(offset, skip, "exif_tiff_header_offset");
            long header = 4L + BinaryPrimitives.ReadUInt32BigEndian(skip);
            return header >= length || JpegEmbedded.Exif(expansion, offset + header, length - header, ref previews);
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, place));
        }
        catch (UnreadableDataException error)
        {
            expansion.Report(Problem.From(error, place));
        }

        return true;
    }

    private void Canon(long at, long end, int depth)
    {
        Span<byte> id = stackalloc byte[16];
        if (end - at < 24 || depth == Deepest || source.ReadAt(at, id) < 16)
        {
            return;
        }

        if (id.SequenceEqual((ReadOnlySpan<byte>)[0x85, 0xC0, 0xB6, 0x87, 0x82, 0x0F, 0x11, 0xE0, 0x81, 0x11, 0xF4, 0xCE, 0x46, 0x2B, 0x6A, 0x48]))
        {
            Boxes(at + 16, end, depth + 1);
        }
        else if (id.SequenceEqual((ReadOnlySpan<byte>)[0xEA, 0xF4, 0x2B, 0x5E, 0x1C, 0x98, 0x4B, 0x88, 0xB9, 0xFB, 0xB7, 0xDC, 0x40, 0x6E, 0x4D, 0x16]))
        {
            // Eight bytes in front of the box.
            Boxes(at + 24, end, depth + 1);
        }
    }

    private void SampleSizes(byte[] data)
    {
        SpanReader reader = new(data);
        reader.Skip(4, "version");
        uint same = reader.U32Be("sample size"), count = reader.U32Be("sample count");
        int many = (int)Math.Min(count, MostTrackPictures);
        sizes = new long[many];
        for (int i = 0; i < many; i++)
        {
            sizes[i] = same != 0 ? same : reader.U32Be("entry size");
        }
    }

    /// <summary>The samples of a track that are JPEGs: in CR3 the first track is the full-size preview.</summary>
    private void Samples(byte[] data, bool wide)
    {
        SpanReader reader = new(data);
        reader.Skip(4, "version");
        int count = (int)Math.Min(reader.U32Be("entry count"), (uint)sizes.Length);
        for (int i = 0; i < count; i++)
        {
            long offset = wide ? (long)Math.Min(long.MaxValue / 4, reader.U64Be("chunk offset")) : reader.U32Be("chunk offset");
            JpegWalker walker = new(source);
            if (offset < source.Length && sizes[i] > 0 && walker.Walk(offset) && walker.HasPicture
                && !Picture(offset, Math.Min(sizes[i], source.Length - offset), EmbeddedKind.Preview, "track"))
            {
                break;
            }
        }

        sizes = [];
    }

    private bool Picture(long offset, long length, EmbeddedKind kind, string place) =>
        expansion.Give(new EmbeddedMember
        {
            Ordinal = 0,
            Path = kind == EmbeddedKind.Thumbnail ? "thumbnail.jpg" : $"preview-{++previews}.jpg",
            Kind = kind,
            Attributes = new Dictionary<string, string> { ["found in"] = place },
        }, offset, length);
}
