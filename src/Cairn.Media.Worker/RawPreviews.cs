using System.Buffers.Binary;

namespace Cairn.Media.Worker;

/// <summary>
/// The JPEG previews in a camera's raw file: what the camera's maker shows of it, and far quicker than developing it. Source: TIFF 6.0;
/// TIFF/EP (ISO 12234-2) and DNG 1.4 for SubIFDs; the layouts of Canon, Nikon, Sony, Panasonic and Fujifilm as exiftool documents them.
/// </summary>
internal static class RawPreviews
{
    /// <summary>A preview whose longer side has this many pixels is taken in place of the raw picture.</summary>
    public const int LargeSide = 1024;

    private const int MostDirectories = 100;
    private const int MostWaiting = 1000;
    private const int MostEntries = 1000;
    private const int Shortest = 1000;

    private const ushort Compression = 0x0103, StripOffsets = 0x0111, StripByteCounts = 0x0117, SubIfds = 0x014A, JpegOffset = 0x0201, JpegLength = 0x0202;
    private const ushort PanasonicJpeg = 0x002E, ExifIfd = 0x8769;

    /// <summary>Where they lie, the largest first; empty where none is found. Never throws.</summary>
    public static List<Range> Find(ReadOnlySpan<byte> content)
    {
        List<Range> found = [];
        if (content.StartsWith("FUJIFILMCCD-RAW"u8) && content.Length > 92)
        {
            // Offset and length of the JPEG stand at 84 and 88 of the header.
            Add(content, BinaryPrimitives.ReadUInt32BigEndian(content[84..]), BinaryPrimitives.ReadUInt32BigEndian(content[88..]), found);
        }
        else if (content.Length > 8 && (content.StartsWith("II"u8) || content.StartsWith("MM"u8)))
        {
            Walk(content, content[0] == 'I', found);
        }

        int Length(Range range) => range.GetOffsetAndLength(int.MaxValue).Length;
        found.Sort((a, b) => Length(b).CompareTo(Length(a)));
        return found;
    }

    private static void Walk(ReadOnlySpan<byte> content, bool little, List<Range> found)
    {
        HashSet<uint> seen = [];
        Stack<uint> waiting = new([Number32(content, 4, little)]);
        while (waiting.Count > 0 && seen.Count < MostDirectories)
        {
            uint at = waiting.Pop();
            if (at < 8 || at > content.Length - 6 || !seen.Add(at))
            {
                continue;
            }

            int count = Math.Min((int)Number16(content, (int)at, little), MostEntries);
            uint compression = 0, strip = 0, stripLength = 0, jpeg = 0, jpegLength = 0;
            for (int i = 0; i < count && at + 2 + (12 * (i + 1)) <= content.Length; i++)
            {
                int entry = (int)at + 2 + (12 * i);
                ushort tag = Number16(content, entry, little), type = Number16(content, entry + 2, little);
                uint values = Number32(content, entry + 4, little);
                uint value = type == 3 ? Number16(content, entry + 8, little) : Number32(content, entry + 8, little);
                switch (tag)
                {
                    case Compression:
                        compression = value;
                        break;
                    case StripOffsets when values == 1:
                        strip = value;
                        break;
                    case StripByteCounts when values == 1:
                        stripLength = value;
                        break;
                    case JpegOffset:
                        jpeg = value;
                        break;
                    case JpegLength:
                        jpegLength = value;
                        break;
                    case PanasonicJpeg:
                        Add(content, value, values, found);
                        break;
                    case ExifIfd:
                        waiting.Push(value);
                        break;
                    case SubIfds when values == 1:
                        waiting.Push(value);
                        break;
                    case SubIfds:
                        for (uint k = 0; k < Math.Min(values, MostDirectories) && waiting.Count < MostWaiting && value + (4L * k) + 4 <= content.Length; k++)
                        {
                            waiting.Push(Number32(content, (int)(value + (4 * k)), little));
                        }

                        break;
                    default:
                        break;
                }
            }

            Add(content, jpeg, jpegLength, found);
            if (compression is 6 or 7)
            {
                Add(content, strip, stripLength, found);
            }

            long next = at + 2 + (12L * count);
            if (next + 4 <= content.Length)
            {
                waiting.Push(Number32(content, (int)next, little));
            }
        }
    }

    private static void Add(ReadOnlySpan<byte> content, uint offset, uint length, List<Range> found)
    {
        // A raw strip is often a lossless JPEG (SOF3), which no picture decoder takes.
        if (length >= Shortest && offset <= content.Length && length <= content.Length - offset)
        {
            ReadOnlySpan<byte> jpeg = content.Slice((int)offset, (int)length);
            if (jpeg[0] == 0xFF && jpeg[1] == 0xD8 && jpeg[..Math.Min(jpeg.Length, 4096)].IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC3, 0x00]) < 0)
            {
                found.Add((int)offset..(int)(offset + length));
            }
        }
    }

    private static ushort Number16(ReadOnlySpan<byte> content, int at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(content[at..]) : BinaryPrimitives.ReadUInt16BigEndian(content[at..]);

    private static uint Number32(ReadOnlySpan<byte> content, int at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(content[at..]) : BinaryPrimitives.ReadUInt32BigEndian(content[at..]);
}
