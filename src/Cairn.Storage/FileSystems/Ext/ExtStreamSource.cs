using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>
/// The content of an inode. What the block map does not place because it is damaged is unreadable, never zeros; holes and unwritten extents are zeros.
/// </summary>
internal sealed class ExtStreamSource : IByteSource
{
    // A damaged map may claim terabytes of which the volume holds a few blocks: past this much the claim itself, kept with the entry, says enough.
    private const long LongestBadRange = 64L << 20;
    private readonly IByteSource content;
    private readonly ExtBadRange[] bad;

    internal ExtStreamSource(IByteSource volume, ExtBlockMap map, long size)
    {
        content = new ExtentSource(volume, map.Extents, size, size);
        Length = size;
        bad = new ExtBadRange[map.Bad.Count];
        for (int i = 0; i < bad.Length; i++)
        {
            ExtBadRange range = map.Bad[i];
            bad[i] = range with { Length = Math.Min(range.Length, LongestBadRange) };
        }
    }

    /// <summary>Inline content, of which the inode holds less than the size.</summary>
    internal ExtStreamSource(byte[] inline, long size)
    {
        content = new MemoryByteSource(inline);
        Length = size;
        bad = inline.Length < size ? [new ExtBadRange(inline.Length, size - inline.Length, "the inode does not hold that much inline content")] : [];
    }

    public long Length { get; }

    public int SectorSize => content.SectorSize;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        long end = Math.Min(Length, offset + Math.Min(buffer.Length, long.MaxValue - offset));
        int low = 0, high = bad.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (bad[middle].End <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        if (low < bad.Length && bad[low].Offset < end)
        {
            long from = Math.Max(offset, bad[low].Offset);
            throw new UnreadableDataException(from, Math.Min(end, bad[low].End) - from, bad[low].Reason);
        }

        return content.ReadAt(offset, buffer);
    }

    public void Dispose()
    {
    }
}
