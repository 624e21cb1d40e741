using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Embedded.Tiff;

namespace Cairn.Storage.Embedded.Jpeg;

/// <summary>Pictures in JPEG files: EXIF and other thumbnails, previews of maker notes, further pictures, motion photos, and whatever follows the end.</summary>
internal sealed class JpegEmbedded : IEmbeddedFormat
{
    private const int ShortestTrailer = 16;

    public FormatDescription Description { get; } = new("jpeg", "pictures in JPEG files", "ITU-T T.81; JFIF 1.02; Exif 3.0; CIPA DC-007 (MPF); Adobe Photoshop file formats; ISO/IEC 14496-12");

    public IReadOnlyList<string> ContentTypes { get; } = ["image/jpeg"];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[3];
        return EmbeddedProbe.Head(content, head) && head[0] == 0xFF && head[1] == 0xD8 && head[2] == 0xFF
            ? ProbeResult.Yes("a start of image marker and another after it") : ProbeResult.No("no start of image marker");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        JpegWalker walker = new(content);
        if (!walker.Walk(0))
        {
            throw new MalformedDataException("marker", 2, "a JPEG marker segment", "something else");
        }

        (long end, bool whole) = (walker.End, walker.IsWhole);
        List<long> others = [];
        int previews = 0;
        foreach (JpegSegment segment in walker.Segments.ToArray())
        {
            if (segment.Marker is < 0xE0 or > 0xED || segment.Length < 6)
            {
                continue;
            }

            if (!Application(expansion, segment, others, ref previews))
            {
                return;
            }
        }

        if (whole)
        {
            AfterEnd(expansion, end, others);
        }
    }

    /// <summary>False where a limit is reached.</summary>
    private static bool Application(Expansion expansion, JpegSegment segment, List<long> others, ref int previews)
    {
        byte[] data = new byte[segment.Length];
        try
        {
            expansion.Content.ReadExactly(segment.Offset, data, "application segment");
            ReadOnlySpan<byte> bytes = data;
            if (segment.Marker == 0xE1 && bytes.StartsWith("Exif\0"u8))
            {
                return Exif(expansion, segment.Offset + 6, segment.Length - 6, ref previews);
            }

            if (segment.Marker == 0xE0 && bytes.StartsWith("JFXX\0"u8) && bytes[5] == 0x10)
            {
                return expansion.Give(new EmbeddedMember { Ordinal = 0, Path = "jfif-thumbnail.jpg", Kind = EmbeddedKind.Thumbnail }, segment.Offset + 6, segment.Length - 6);
            }

            if (segment.Marker == 0xE2 && bytes.StartsWith("MPF\0"u8))
            {
                Mpf(bytes[4..], segment.Offset + 4, others, expansion);
            }
            else if (segment.Marker == 0xED && bytes.StartsWith("Photoshop 3.0\0"u8))
            {
                return PhotoshopThumbnail.Give(expansion, segment.Offset + 14, segment.Length - 14);
            }
        }
        catch (MalformedDataException error)
        {
            expansion.Report(Problem.From(error, $"segment APP{segment.Marker - 0xE0} at {segment.Offset - 4}"));
        }
        catch (UnreadableDataException error)
        {
            expansion.Report(Problem.From(error, $"segment APP{segment.Marker - 0xE0} at {segment.Offset - 4}"));
        }

        return true;
    }

    /// <summary>The TIFF structure of an Exif block (or of a whole file), its offsets counted from <paramref name="start"/>.</summary>
    internal static bool Exif(Expansion expansion, long start, long length, ref int previews)
    {
        SubSource block = new(expansion.Content, start, length);
        foreach (TiffPicture picture in new TiffPictures(block, expansion, isExif: true, expansion.Cancel).Find())
        {
            string name = picture.Kind == EmbeddedKind.Thumbnail && picture.Place == "IFD1" ? "thumbnail.jpg" : $"preview-{++previews}.jpg";
            EmbeddedMember member = new() { Ordinal = 0, Path = name, Kind = picture.Kind, Attributes = new Dictionary<string, string> { ["found in"] = picture.Place } };
            if (!expansion.Give(member, start + picture.Offset, picture.Length))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>CIPA DC-007, 5.2.3: the entries of the MP index; offsets count from the byte order mark, that of the first picture is 0.</summary>
    private static void Mpf(ReadOnlySpan<byte> data, long origin, List<long> others, Expansion expansion)
    {
        if (data.Length < 8)
        {
            return;
        }

        bool little = data[0] == 'I';
        uint first = U32(data[4..], little);
        if (first > data.Length - 2)
        {
            throw new MalformedDataException("MP index", origin + 4, $"an offset below {data.Length}", $"{first}");
        }

        int count = U16(data[(int)first..], little);
        for (int i = 0; i < count; i++)
        {
            int at = (int)first + 2 + (12 * i);
            if (at + 12 > data.Length)
            {
                break;
            }

            ReadOnlySpan<byte> entry = data.Slice(at, 12);
            if (U16(entry, little) != 0xB002)
            {
                continue;
            }

            uint bytes = U32(entry[4..], little), offset = U32(entry[8..], little);
            for (uint e = 16; e + 16 <= bytes && offset + e + 16 <= data.Length; e += 16)
            {
                uint place = U32(data[(int)(offset + e + 8)..], little);
                if (place != 0)
                {
                    long absolute = origin + place;
                    others.Add(absolute);
                    if (absolute >= expansion.Content.Length)
                    {
                        expansion.Report(new Problem(ProblemKind.Missing, "MP index", $"picture {(e / 16) + 1} lies behind the end of the file", absolute));
                    }
                }
            }
        }
    }

    private static void AfterEnd(Expansion expansion, long end, List<long> others)
    {
        IByteSource content = expansion.Content;
        long at = end;
        int pictures = 0, videos = 0;
        foreach ((long start, long stop, bool isVideo) in AppendedFiles.Find(content, end, content.Length, expansion.Cancel))
        {
            if (!Rest(expansion, at, start))
            {
                return;
            }

            at = stop;
            bool isIndexed = others.Contains(start);
            EmbeddedMember member = new()
            {
                Ordinal = 0,
                Path = isVideo ? Numbered("motion", ++videos, "mp4") : Numbered("picture", 1 + ++pictures, "jpg"),
                Kind = isVideo ? EmbeddedKind.MotionVideo : EmbeddedKind.Preview,
                Attributes = new Dictionary<string, string> { ["found in"] = isIndexed ? "MP index" : "bytes after the end of the picture" },
            };
            if (!expansion.Give(member, start, stop - start))
            {
                return;
            }
        }

        Rest(expansion, at, content.Length);
    }

    private static string Numbered(string name, int number, string extension) => number == 1 ? $"{name}.{extension}" : $"{name}-{number}.{extension}";

    /// <summary>Bytes that belong to nothing known: cameras put their own records there, people other files.</summary>
    private static bool Rest(Expansion expansion, long from, long until)
    {
        if (until - from < ShortestTrailer || IsFill(expansion.Content, from, until))
        {
            return true;
        }

        return expansion.Give(new EmbeddedMember { Ordinal = 0, Path = $"trailer-{from}.bin", Kind = EmbeddedKind.Member, Attributes = new Dictionary<string, string> { ["found in"] = "bytes after the end of the picture" } }, from, until - from);
    }

    private static bool IsFill(IByteSource content, long from, long until)
    {
        byte[] buffer = new byte[64 << 10];
        int first = -1;
        while (from < until)
        {
            int got = content.ReadAt(from, buffer.AsSpan(0, (int)Math.Min(buffer.Length, until - from)));
            if (got == 0)
            {
                break;
            }

            first = first < 0 ? buffer[0] : first;
            if (first is not (0 or 0xFF or 0x20) || buffer.AsSpan(0, got).ContainsAnyExcept((byte)first))
            {
                return false;
            }

            from += got;
        }

        return true;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}

/// <summary>The thumbnail among the image resources of Photoshop.</summary>
internal static class PhotoshopThumbnail
{
    private const int MostResources = 10_000;

    /// <summary>Gives it where it is there; false where a limit is reached.</summary>
    public static bool Give(Expansion expansion, long start, long length)
    {
        byte[] head = new byte[12 + 256];
        Span<byte> format = stackalloc byte[4];
        long at = start, end = Math.Min(start + length, expansion.Content.Length);
        for (int i = 0; i < MostResources && at + 12 <= end; i++)
        {
            int got = expansion.Content.ReadAt(at, head.AsSpan(0, (int)Math.Min(head.Length, end - at)));
            if (got < 12 || !head.AsSpan(0, 4).SequenceEqual("8BIM"u8))
            {
                break;
            }

            // Signature, identity, a Pascal string padded to an even length, size of the data, data padded likewise.
            int id = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(4)), name = (head[6] + 2) & ~1;
            if (6 + name + 4 > got)
            {
                break;
            }

            uint size = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(6 + name));
            long data = at + 6 + name + 4;

            // 1036 thumbnail, 1033 the older one; 28 bytes of header, format 1 is JPEG.
            if (id is 1036 or 1033 && size > 28 && data + size <= end)
            {
                expansion.Content.ReadExactly(data, format, "thumbnail format");
                if (BinaryPrimitives.ReadUInt32BigEndian(format) == 1
                    && !expansion.Give(new EmbeddedMember { Ordinal = 0, Path = "photoshop-thumbnail.jpg", Kind = EmbeddedKind.Thumbnail }, data + 28, size - 28))
                {
                    return false;
                }
            }

            at = data + ((size + 1L) & ~1L);
        }

        return true;
    }
}
