using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Jpeg;

/// <summary>A marker segment: its marker and the bytes after its length.</summary>
internal readonly record struct JpegSegment(byte Marker, long Offset, int Length);

/// <summary>
/// From the start of a JPEG to its end by its own markers (ITU-T T.81, annex B): a pair FF D9 within a segment, such as that of a thumbnail,
/// is not taken for the end.
/// </summary>
internal sealed class JpegWalker
{
    private const int MostSegments = 100_000;
    private const int Block = 64 << 10;

    private readonly IByteSource source;
    private readonly byte[] block = new byte[Block];
    private long blockStart = -1;
    private int held;

    public JpegWalker(IByteSource source) => this.source = source;

    /// <summary>Segments before the first scan, application segments among them.</summary>
    public List<JpegSegment> Segments { get; } = [];

    /// <summary>One past the end of image marker, or where the walk had to stop.</summary>
    public long End { get; private set; }

    /// <summary>Whether the end of image marker was reached.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Whether a frame that decoders of ordinary pictures read was seen: not lossless, as the raw data of cameras are.</summary>
    public bool HasPicture { get; private set; }

    /// <summary>Walks from <paramref name="start"/>; false where that is no JPEG at all.</summary>
    public bool Walk(long start)
    {
        Segments.Clear();
        (End, IsWhole, HasPicture) = (start, false, false);
        if (Byte(start) != 0xFF || Byte(start + 1) != 0xD8 || Byte(start + 2) != 0xFF)
        {
            return false;
        }

        long at = start + 2;
        bool scanned = false;
        for (int count = 0; count < MostSegments; count++)
        {
            // Any number of FF may come before a marker.
            int marker = -1;
            if (Byte(at) != 0xFF)
            {
                break;
            }

            while (Byte(at) == 0xFF)
            {
                marker = Byte(at + 1);
                at++;
                if (marker != 0xFF)
                {
                    break;
                }
            }

            at++;
            if (marker is -1 or 0)
            {
                break;
            }

            if (marker == 0xD9)
            {
                (End, IsWhole) = (at, true);
                return true;
            }

            if (marker is 0x01 or (>= 0xD0 and <= 0xD8))
            {
                if (marker == 0xD8)
                {
                    break;
                }

                continue;
            }

            int high = Byte(at), low = Byte(at + 1);
            int length = (high << 8) | low;
            if (high < 0 || low < 0 || length < 2 || at + length > source.Length)
            {
                break;
            }

            if (!scanned)
            {
                Segments.Add(new JpegSegment((byte)marker, at + 2, length - 2));
            }

            HasPicture |= marker is 0xC0 or 0xC1 or 0xC2 or 0xC9 or 0xCA;
            at += length;
            End = at;
            if (marker == 0xDA)
            {
                scanned = true;
                at = AfterScan(at);
                End = at;
            }
        }

        return Segments.Count > 0;
    }

    /// <summary>Entropy-coded data end at a marker that is neither a stuffed zero nor a restart.</summary>
    private long AfterScan(long at)
    {
        while (Load(at))
        {
            ReadOnlySpan<byte> rest = block.AsSpan((int)(at - blockStart), held - (int)(at - blockStart));
            int found = rest.IndexOf((byte)0xFF);
            if (found < 0)
            {
                at += rest.Length;
                continue;
            }

            at += found;
            int next = Byte(at + 1);
            if (next < 0)
            {
                return source.Length;
            }

            if (next is not (0 or (>= 0xD0 and <= 0xD7)))
            {
                return at;
            }

            at += 2;
        }

        return Math.Min(at, source.Length);
    }

    private int Byte(long offset) => Load(offset) ? block[offset - blockStart] : -1;

    private bool Load(long offset)
    {
        if (offset < 0 || offset >= source.Length)
        {
            return false;
        }

        if (blockStart < 0 || offset < blockStart || offset >= blockStart + held)
        {
            blockStart = -1;
            held = source.ReadAt(offset, block);
            blockStart = offset;
        }

        return held > 0;
    }
}

/// <summary>Ranges of a file in which complete files of known formats begin, found by looking at every byte.</summary>
internal static class AppendedFiles
{
    private const int MostFound = 1_000;
    private const int Step = 64 << 10;

    /// <summary>
    /// Pictures (JPEG) and videos (ISO media) that lie whole in [<paramref name="from"/>, <paramref name="until"/>), ascending, not overlapping.
    /// </summary>
    public static List<(long Start, long End, bool IsVideo)> Find(IByteSource source, long from, long until, CancellationToken cancel)
    {
        List<(long, long, bool)> found = [];
        JpegWalker walker = new(source);
        byte[] buffer = new byte[Step + 8];
        long at = from;

        // Walks that lead nowhere may together pass over the range only so often: each could read to its end.
        long walked = 0, mostWalked = 4 * (until - from) + (16L << 20);
        while (at + 8 <= until && found.Count < MostFound && walked <= mostWalked)
        {
            cancel.ThrowIfCancellationRequested();
            int got = source.ReadAt(at, buffer.AsSpan(0, (int)Math.Min(buffer.Length, until - at)));
            if (got < 8)
            {
                break;
            }

            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, got);
            int last = Math.Max(1, got - 7);
            long next = at + last;
            for (int i = 0; i < last; i++)
            {
                int ahead = bytes[i..last].IndexOfAny((byte)0xFF, (byte)0);
                if (ahead < 0)
                {
                    break;
                }

                i += ahead;
                if (bytes[i] == 0xFF && bytes[i + 1] == 0xD8 && bytes[i + 2] == 0xFF)
                {
                    bool isPicture = walker.Walk(at + i) && walker.IsWhole && walker.HasPicture && walker.End <= until;
                    walked += walker.End - (at + i);
                    if (isPicture)
                    {
                        found.Add((at + i, walker.End, false));
                        next = walker.End;
                        break;
                    }
                }
                else if (bytes[i] == 0 && bytes[i + 1] == 0 && bytes[(i + 4)..].StartsWith("ftyp"u8))
                {
                    long end = IsoEnd(source, at + i, until);
                    if (end > 0)
                    {
                        found.Add((at + i, end, true));
                        next = end;
                        break;
                    }
                }
            }

            at = next;
        }

        return found;
    }

    /// <summary>One past the last box of an ISO media file (ISO/IEC 14496-12, 4.2) that begins at <paramref name="start"/>; 0 where there is no second box.</summary>
    public static long IsoEnd(IByteSource source, long start, long until)
    {
        Span<byte> head = stackalloc byte[16];
        long at = start;
        for (int boxes = 0; boxes < 10_000; boxes++)
        {
            if (at + 8 > until || source.ReadAt(at, head) < 8)
            {
                return boxes >= 2 ? at : 0;
            }

            long size = BinaryPrimitives.ReadUInt32BigEndian(head);
            bool isName = true;
            foreach (byte c in head.Slice(4, 4))
            {
                isName &= c is >= 0x20 and < 0x7F or 0xA9;
            }

            size = size == 1 ? (long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64BigEndian(head[8..])) : size == 0 ? until - at : size;
            if (!isName || size < 8 || size > until - at)
            {
                // The last box may be cut; what is there is still worth having where a whole one came before.
                return boxes >= 2 ? at : isName && boxes == 1 && size > until - at ? until : 0;
            }

            at += size;
        }

        return at;
    }
}
