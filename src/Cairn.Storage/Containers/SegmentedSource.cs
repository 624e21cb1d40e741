using Cairn.Core;

namespace Cairn.Storage.Containers;

/// <summary>Where a file's bytes lie on the media; a negative <paramref name="File"/> stands for a file that is missing.</summary>
/// <param name="File">Index in the set.</param>
/// <param name="MediaOffset">First byte on the media.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct SegmentRange(int File, long MediaOffset, long Length);

/// <summary>Media that lies uncompressed in one file after another. Owns the files.</summary>
internal sealed class SegmentedSource : IByteSource
{
    private readonly SegmentFiles files;
    private readonly SegmentRange[] ranges;

    /// <summary>Ranges ascending, without gaps, from media offset 0.</summary>
    public SegmentedSource(SegmentFiles files, SegmentRange[] ranges)
    {
        this.files = files;
        this.ranges = ranges;
        Length = ranges.Length == 0 ? 0 : ranges[^1].MediaOffset + ranges[^1].Length;
    }

    public long Length { get; }

    public int SectorSize => 512;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        int wanted = (int)Math.Min(buffer.Length, Length - offset);
        int done = 0;
        for (int index = Find(offset); done < wanted; index++)
        {
            SegmentRange range = ranges[index];
            long at = offset + done;
            long within = at - range.MediaOffset;
            int count = (int)Math.Min(wanted - done, range.Length - within);
            if (count == 0)
            {
                continue;
            }

            if (range.File < 0)
            {
                throw new UnreadableDataException(at, range.Length - within, "the segment that holds it is missing");
            }

            int got;
            try
            {
                got = files.Read(range.File, within, buffer.Slice(done, count));
            }
            catch (IOException error)
            {
                throw new UnreadableDataException(at, count, $"{files.NameOf(range.File)}: {error.Message}", error);
            }

            if (got < count)
            {
                throw new UnreadableDataException(at + got, range.Length - within - got, $"{files.NameOf(range.File)} became shorter while it was read");
            }

            done += count;
        }

        return wanted;
    }

    public void Dispose() => files.Dispose();

    private int Find(long offset)
    {
        int low = 0, high = ranges.Length - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (ranges[middle].MediaOffset <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
