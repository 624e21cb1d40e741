using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Media.Video;

/// <summary>
/// In which order the bytes of an ISO base media file (MP4, MOV, 3GP) are to be given so that it can be read from front to back. Most
/// cameras write the index ("moov") behind the pictures; it is then given first, with the chunk offsets in it moved by its own length.
/// Source: ISO/IEC 14496-12:2022, 4.2 (boxes), 8.2.1 (moov), 8.7.5 (stco, co64); QuickTime File Format (cmov).
/// </summary>
internal sealed class MovieLayout
{
    private const int TopLevelBoxes = 1_000_000;
    private const int BoxesWithin = 100_000;

    private MovieLayout(IReadOnlyList<InputPart> parts, string? needsSeeking, bool isReordered) =>
        (Parts, NeedsSeeking, IsReordered) = (parts, needsSeeking, isReordered);

    /// <summary>The bytes in the order to give them.</summary>
    public IReadOnlyList<InputPart> Parts { get; }

    /// <summary>Why the file cannot be read from front to back; null where it can.</summary>
    public string? NeedsSeeking { get; }

    /// <summary>Whether the index was put in front.</summary>
    public bool IsReordered { get; }

    /// <summary>Reads the boxes of <paramref name="content"/> and its index.</summary>
    /// <exception cref="MalformedDataException">There is no whole index: no picture can be found.</exception>
    /// <exception cref="UnreadableDataException">The headers or the index cannot be read.</exception>
    public static MovieLayout Read(IByteSource content)
    {
        long offset = 0;
        long firstData = -1;
        Span<byte> header = stackalloc byte[16];
        for (int boxes = 0; offset < content.Length; boxes++)
        {
            if (boxes == TopLevelBoxes)
            {
                throw new MalformedDataException("box count", offset, $"at most {TopLevelBoxes:N0} before the index", "more");
            }

            int have = content.ReadAt(offset, header);
            SpanReader reader = new(header[..have], offset);
            long size = reader.U32Be("box size");
            uint type = reader.U32Be("box type");
            int headerLength = 8;
            if (size == 1)
            {
                ulong large = reader.U64Be("box largesize");
                size = large > long.MaxValue ? long.MaxValue : (long)large;
                headerLength = 16;
            }
            else if (size == 0)
            {
                size = content.Length - offset; // 4.2.2: the last box, to the end of the file
            }

            if (size < headerLength)
            {
                throw new MalformedDataException("box size", offset, $"{headerLength} bytes or more", $"{size}");
            }

            if (type == Code("moov"))
            {
                if (size > content.Length - offset)
                {
                    throw new MalformedDataException("moov", offset, $"{size} bytes", $"{content.Length - offset}");
                }

                return size > Limits.StructureBytes
                    ? throw new MalformedDataException("moov", offset, $"at most {Limits.StructureBytes} bytes", $"{size}")
                    : WithIndex(content, offset, (int)size, headerLength, firstData);
            }

            if (type == Code("mdat") && firstData < 0)
            {
                firstData = offset;
            }

            if (size > content.Length - offset)
            {
                break; // cut off within this box: what should follow is not here
            }

            offset += size;
        }

        throw new MalformedDataException("moov", content.Length, "the index of the pictures", "none: the file is cut off before it or it was never written");
    }

    private static MovieLayout WithIndex(IByteSource content, long offset, int size, int headerLength, long firstData)
    {
        byte[] moov = new byte[size];
        int have = content.ReadAt(offset, moov);
        if (have < size)
        {
            throw new MalformedDataException("moov", offset, $"{size} bytes", $"{have}");
        }

        bool behind = firstData >= 0;
        string? needsSeeking = Arrange(moov, headerLength, offset, behind);
        if (needsSeeking is not null)
        {
            return new MovieLayout(InputPart.Whole(content), needsSeeking, false);
        }

        if (!behind)
        {
            return new MovieLayout(InputPart.Whole(content), null, false);
        }

        // Everything before the pictures (the file type) stays first, so that the file is recognised.
        List<InputPart> parts = [];
        if (firstData > 0)
        {
            parts.Add(InputPart.Range(0, firstData));
        }

        parts.Add(InputPart.Of(moov));
        parts.Add(InputPart.Range(firstData, offset - firstData));
        if (offset + size < content.Length)
        {
            parts.Add(InputPart.Range(offset + size, content.Length - offset - size));
        }

        return new MovieLayout(parts, null, true);
    }

    /// <summary>Looks at every chunk offset of <paramref name="moov"/>, and moves it where the index goes in front; says why reading from front to back would fail.</summary>
    private static string? Arrange(Span<byte> moov, int headerLength, long moovOffset, bool behind)
    {
        int budget = BoxesWithin;
        foreach ((uint type, Range body) in Boxes(moov, headerLength, moov.Length, ref budget))
        {
            if (type == Code("cmov"))
            {
                return "its index is compressed";
            }

            if (type != Code("trak"))
            {
                continue;
            }

            bool isVideo = false;
            List<(Range Body, bool Is64)> tables = [];
            foreach (Range mdia in Within(moov, body, "mdia", ref budget))
            {
                foreach (Range hdlr in Within(moov, mdia, "hdlr", ref budget))
                {
                    // 8.4.3: version and flags, pre_defined (component type), handler_type.
                    ReadOnlySpan<byte> handler = moov[hdlr];
                    isVideo |= handler.Length >= 12 && BinaryPrimitives.ReadUInt32BigEndian(handler[8..]) == Code("vide");
                }

                foreach (Range minf in Within(moov, mdia, "minf", ref budget))
                {
                    foreach (Range stbl in Within(moov, minf, "stbl", ref budget))
                    {
                        tables.AddRange(Within(moov, stbl, "stco", ref budget).Select(t => (t, false)));
                        tables.AddRange(Within(moov, stbl, "co64", ref budget).Select(t => (t, true)));
                    }
                }
            }

            foreach ((Range table, bool is64) in tables)
            {
                if (ArrangeTable(moov[table], is64, moovOffset, behind ? moov.Length : 0, isVideo) is string reason)
                {
                    return reason;
                }
            }
        }

        return null;
    }

    private static string? ArrangeTable(Span<byte> table, bool is64, long moovOffset, int move, bool isVideo)
    {
        if (table.Length < 8)
        {
            return null; // what is damaged here is for the decoder to say
        }

        int width = is64 ? 8 : 4;
        Span<byte> entries = table[8..];
        int count = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(table[4..]), (uint)(entries.Length / width));
        ulong last = 0;
        for (int i = 0; i < count; i++)
        {
            Span<byte> entry = entries.Slice(i * width, width);
            ulong chunk = is64 ? BinaryPrimitives.ReadUInt64BigEndian(entry) : BinaryPrimitives.ReadUInt32BigEndian(entry);
            if (isVideo && chunk < last)
            {
                return "its pictures do not lie in the order in which they are shown";
            }

            last = chunk;
            if (move == 0 || chunk >= (ulong)moovOffset)
            {
                continue; // what lies behind the index keeps its place when the index goes in front
            }

            chunk += (ulong)move;
            if (is64)
            {
                BinaryPrimitives.WriteUInt64BigEndian(entry, chunk);
            }
            else if (chunk <= uint.MaxValue)
            {
                BinaryPrimitives.WriteUInt32BigEndian(entry, (uint)chunk);
            }
            else
            {
                return "its index has no room for offsets beyond 4 GiB";
            }
        }

        return null;
    }

    private static List<Range> Within(ReadOnlySpan<byte> moov, Range parent, string type, ref int budget)
    {
        uint code = Code(type);
        List<Range> found = [];
        foreach ((uint each, Range body) in Boxes(moov, parent.Start.Value, parent.End.Value, ref budget))
        {
            if (each == code)
            {
                found.Add(body);
            }
        }

        return found;
    }

    private static List<(uint Type, Range Body)> Boxes(ReadOnlySpan<byte> moov, int from, int to, ref int budget)
    {
        List<(uint, Range)> boxes = [];
        while (to - from >= 8 && budget-- > 0)
        {
            uint size = BinaryPrimitives.ReadUInt32BigEndian(moov[from..]);
            if (size < 8 || size > (uint)(to - from))
            {
                break;
            }

            boxes.Add((BinaryPrimitives.ReadUInt32BigEndian(moov[(from + 4)..]), new Range(from + 8, from + (int)size)));
            from += (int)size;
        }

        return boxes;
    }

    private static uint Code(string type) => ((uint)type[0] << 24) | ((uint)type[1] << 16) | ((uint)type[2] << 8) | type[3];
}
