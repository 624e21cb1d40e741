using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Embedded.Jpeg;

namespace Cairn.Storage.Embedded.Tiff;

/// <summary>A JPEG within a TIFF structure.</summary>
/// <param name="Offset">From the start of the structure.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Kind">Thumbnail or preview.</param>
/// <param name="Place">The directory that names it.</param>
internal readonly record struct TiffPicture(long Offset, long Length, EmbeddedKind Kind, string Place);

/// <summary>
/// The JPEGs that the directories of a TIFF structure (an Exif block, a TIFF file, a camera's raw file) name. Directories are visited once
/// each, wherever their offsets lead.
/// </summary>
internal sealed class TiffPictures(IByteSource source, IProblemSink problems, bool isExif, CancellationToken cancel)
{
    private const int MostDirectories = 1_000;
    private const int MostEntries = 4_096;
    private const int MostNote = 16 << 20;
    private const int LargestThumbnail = 64 << 10;

    private readonly HashSet<long> seen = [];
    private readonly HashSet<long> given = [];
    private readonly List<TiffPicture> found = [];
    private readonly Queue<(long Offset, string Place)> pending = [];
    private readonly List<(long Offset, long Length, string Place)> notes = [];
    private bool little;

    public IReadOnlyList<TiffPicture> Find()
    {
        Span<byte> head = stackalloc byte[8];
        source.ReadExactly(0, head, "TIFF header");
        little = head[0] == 'I';
        if ((head[0] != 'I' || head[1] != 'I') && (head[0] != 'M' || head[1] != 'M'))
        {
            throw new MalformedDataException("byte order", 0, "II or MM", $"{head[0]:X2} {head[1]:X2}");
        }

        pending.Enqueue((U32(head[4..]), "IFD0"));
        for (int i = 0; pending.Count > 0; i++)
        {
            cancel.ThrowIfCancellationRequested();
            (long offset, string place) = pending.Dequeue();
            if (i == MostDirectories)
            {
                problems.Report(new Problem(ProblemKind.LimitReached, place, $"more than {MostDirectories} directories; the rest is left out", offset));
                break;
            }

            if (!seen.Add(offset))
            {
                problems.Report(Problem.Cycle(place, $"its directory at {offset} was read before"));
                continue;
            }

            try
            {
                Directory(offset, place);
            }
            catch (MalformedDataException error)
            {
                problems.Report(Problem.From(error, place));
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, place));
            }
        }

        // Maker notes have structures of their own, for each maker and age another; a JPEG in one can be told by itself.
        // A note may name what lies outside of it; an Exif block is small enough to be looked at whole.
        if (isExif)
        {
            notes.Add((8, source.Length, "Exif block"));
        }

        foreach ((long offset, long length, string place) in notes)
        {
            foreach ((long start, long end, bool isVideo) in AppendedFiles.Find(source, offset, Math.Min(source.Length, offset + Math.Min(length, MostNote)), cancel))
            {
                if (!isVideo && given.Add(start))
                {
                    found.Add(new TiffPicture(start, end - start, EmbeddedKind.Preview, place));
                }
            }
        }

        return found;
    }

    private void Directory(long offset, string place)
    {
        Span<byte> two = stackalloc byte[2];
        source.ReadExactly(offset, two, $"{place}, number of entries");
        int count = U16(two);
        if (count > MostEntries)
        {
            throw new MalformedDataException($"{place}, number of entries", offset, $"at most {MostEntries}", $"{count}");
        }

        byte[] data = new byte[(12 * count) + 4];
        int got = source.ReadAt(offset + 2, data);
        long jpeg = -1, jpegLength = -1, strip = -1, stripLength = -1, compression = 0, stripOffsets = 0, subfile = 0;
        for (int i = 0; i < Math.Min(count, got / 12); i++)
        {
            ReadOnlySpan<byte> entry = data.AsSpan(12 * i, 12);
            int tag = U16(entry), type = U16(entry[2..]);
            uint values = U32(entry[4..]);
            long value = type == 3 ? U16(entry[8..]) : U32(entry[8..]);
            switch (tag)
            {
                case 0x00FE:
                    subfile = value;
                    break;
                case 0x0103:
                    compression = value;
                    break;
                case 0x0111:
                    (strip, stripOffsets) = (value, values);
                    break;
                case 0x0117:
                    stripLength = values == 1 ? value : -1;
                    break;
                case 0x0201:
                    jpeg = value;
                    break;
                case 0x0202:
                    jpegLength = value;
                    break;
                case 0x002E when type == 7:
                    // Panasonic RW2: the whole JPEG is the value.
                    Add(U32(entry[8..]), values, EmbeddedKind.Preview, place + ", JpgFromRaw");
                    break;
                case 0x014A:
                    SubDirectories(entry, values, place);
                    break;
                case 0x8769:
                    pending.Enqueue((value, place + ", Exif IFD"));
                    break;
                case 0x927C or 0xC634 when values > 64:
                    notes.Add((U32(entry[8..]), values, place + (tag == 0x927C ? ", MakerNote" : ", DNGPrivateData")));
                    break;
                case 0x8649 when values > 32:
                    notes.Add((U32(entry[8..]), values, place + ", Photoshop resources"));
                    break;
                default:
                    break;
            }
        }

        if (got < data.Length - 4)
        {
            throw new MalformedDataException($"{place}, entries", offset + 2, $"{data.Length - 4} bytes", $"{got}");
        }

        if (jpeg > 0)
        {
            bool isThumbnail = isExif || (place == "IFD1" && jpegLength < LargestThumbnail);
            if (jpegLength <= 0)
            {
                problems.Report(new Problem(ProblemKind.Missing, place, "it names a JPEG without a length", offset));
            }
            else
            {
                Add(jpeg, jpegLength, isThumbnail ? EmbeddedKind.Thumbnail : EmbeddedKind.Preview, place);
            }
        }

        // A strip that is a JPEG of its own: previews of camera raw files. The raw data themselves are lossless JPEG and no preview; the
        // main picture of a TIFF is the file itself.
        if (compression is 6 or 7 && stripOffsets == 1 && strip > 0 && stripLength > 0 && (subfile == 1 || place != "IFD0" || compression == 6))
        {
            Add(strip, stripLength, EmbeddedKind.Preview, place + ", strip");
        }

        if (got >= data.Length && U32(data.AsSpan(12 * count)) is uint next and not 0)
        {
            string name = place.StartsWith("IFD", StringComparison.Ordinal) && int.TryParse(place.AsSpan(3), out int number) ? $"IFD{number + 1}" : place + ", next";
            pending.Enqueue((next, name));
        }
    }

    private void SubDirectories(ReadOnlySpan<byte> entry, uint count, string place)
    {
        if (count == 1)
        {
            pending.Enqueue((U32(entry[8..]), place + ", SubIFD"));
            return;
        }

        byte[] offsets = new byte[(int)Math.Min(count, 64) * 4];
        int got = source.ReadAt(U32(entry[8..]), offsets);
        for (int i = 0; i + 4 <= got; i += 4)
        {
            pending.Enqueue((U32(offsets.AsSpan(i)), $"{place}, SubIFD{i / 4}"));
        }
    }

    private void Add(long offset, long length, EmbeddedKind kind, string place)
    {
        if (offset >= source.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, place, $"its JPEG lies behind the end, at {offset}", offset, length));
            return;
        }

        if (given.Contains(offset))
        {
            return;
        }

        JpegWalker walker = new(source);
        if (!walker.Walk(offset))
        {
            // Other makers than the standard's put other things there; only a thumbnail of Exif has to be a JPEG.
            if (isExif)
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, "its thumbnail does not begin as a JPEG does", offset, length));
            }

            return;
        }

        if (!walker.HasPicture && walker.IsWhole)
        {
            return;
        }

        if (offset + length > source.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, place, $"its JPEG of {length} bytes reaches behind the end", offset, length));
            length = source.Length - offset;
        }

        given.Add(offset);
        found.Add(new TiffPicture(offset, length, kind, place));
    }

    private ushort U16(ReadOnlySpan<byte> bytes) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private uint U32(ReadOnlySpan<byte> bytes) => little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
