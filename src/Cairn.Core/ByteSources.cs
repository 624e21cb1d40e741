namespace Cairn.Core;

/// <summary>Bytes in memory.</summary>
public sealed class MemoryByteSource : IByteSource
{
    private readonly ReadOnlyMemory<byte> data;

    /// <summary>Reads <paramref name="data"/>.</summary>
    public MemoryByteSource(ReadOnlyMemory<byte> data, int sectorSize = 512) => (this.data, SectorSize) = (data, sectorSize);

    /// <summary>All of them.</summary>
    public ReadOnlyMemory<byte> Data => data;

    /// <inheritdoc/>
    public long Length => data.Length;

    /// <inheritdoc/>
    public int SectorSize { get; }

    /// <inheritdoc/>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= data.Length)
        {
            return 0;
        }

        int count = (int)Math.Min(buffer.Length, data.Length - offset);
        data.Span.Slice((int)offset, count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}

/// <summary>A window on another source; does not own it.</summary>
public sealed class SubSource : IByteSource
{
    private readonly IByteSource parent;
    private readonly long start;

    /// <summary>The <paramref name="length"/> bytes from <paramref name="start"/> of <paramref name="parent"/>, cut at the parent's end.</summary>
    public SubSource(IByteSource parent, long start, long length)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        this.parent = parent;
        this.start = start;
        Length = Math.Max(0, Math.Min(length, parent.Length - start));
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => parent.SectorSize;

    /// <inheritdoc/>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        int count = (int)Math.Min(buffer.Length, Length - offset);
        try
        {
            return parent.ReadAt(start + offset, buffer[..count]);
        }
        catch (UnreadableDataException bad)
        {
            // Offsets in messages are those of the source that was asked, and no more of it than the window shows.
            throw Moved(bad, start, start + Length, 0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>
    /// The failure as seen through a window on [<paramref name="from"/>, <paramref name="to"/>) that starts at <paramref name="origin"/>
    /// of the source that was asked.
    /// </summary>
    internal static UnreadableDataException Moved(UnreadableDataException bad, long from, long to, long origin)
    {
        long start = Math.Clamp(bad.Offset, from, to);
        long end = Math.Clamp(bad.Length > long.MaxValue - bad.Offset ? long.MaxValue : bad.Offset + bad.Length, start, to);
        return new UnreadableDataException(origin + start - from, end - start, bad.Reason, bad) { Kind = bad.Kind };
    }
}

/// <summary>
/// The content of a stream put together from extents of a volume; sparse runs, ranges no extent covers and everything past the valid
/// length read as zeros.
/// </summary>
public sealed class ExtentSource : IByteSource
{
    private readonly IByteSource volume;
    private readonly Extent[] extents;
    private readonly long validLength;

    /// <summary>Extents in file order, not overlapping.</summary>
    public ExtentSource(IByteSource volume, IEnumerable<Extent> extents, long size, long validLength)
    {
        ArgumentNullException.ThrowIfNull(volume);
        this.volume = volume;
        this.extents = [.. extents];
        Length = size;
        this.validLength = Math.Min(size, validLength);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => volume.SectorSize;

    /// <inheritdoc/>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        int wanted = (int)Math.Min(buffer.Length, Length - offset);
        int done = 0;
        int index = FirstEndingAfter(offset);
        while (done < wanted)
        {
            long at = offset + done;
            Span<byte> rest = buffer[done..wanted];
            if (at >= validLength || index >= extents.Length)
            {
                rest.Clear();
                break;
            }

            Extent extent = extents[index];
            if (at < extent.FileOffset)
            {
                int gap = (int)Math.Min(rest.Length, extent.FileOffset - at);
                rest[..gap].Clear();
                done += gap;
                continue;
            }

            long within = at - extent.FileOffset;
            int count = (int)Math.Min(Math.Min(rest.Length, extent.Length - within), validLength - at);
            if (extent.IsSparse)
            {
                rest[..count].Clear();
            }
            else
            {
                ReadFromVolume(extent, extent.VolumeOffset + within, rest[..count], at);
            }

            done += count;
            if (within + count == extent.Length)
            {
                index++;
            }
        }

        return wanted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void ReadFromVolume(Extent extent, long volumeOffset, Span<byte> target, long streamOffset)
    {
        int got;
        try
        {
            got = volume.ReadAt(volumeOffset, target);
        }
        catch (UnreadableDataException bad)
        {
            // A damaged chunk can reach past the extent, into what belongs to other files.
            throw SubSource.Moved(bad, extent.VolumeOffset, extent.VolumeOffset + extent.Length, extent.FileOffset);
        }

        if (got < target.Length)
        {
            throw new UnreadableDataException(streamOffset + got, target.Length - got, "the extent lies past the end of the volume");
        }
    }

    private int FirstEndingAfter(long offset)
    {
        int low = 0, high = extents.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (extents[middle].FileOffset + extents[middle].Length <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

/// <summary>Reading helpers for every source.</summary>
public static class ByteSourceReading
{
    /// <summary>Fills <paramref name="buffer"/> or throws <see cref="MalformedDataException"/> naming <paramref name="field"/>.</summary>
    public static void ReadExactly(this IByteSource source, long offset, Span<byte> buffer, string field)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (offset < 0)
        {
            throw new MalformedDataException(field, offset, "an offset of 0 or more", $"{offset}");
        }

        int got = source.ReadAt(offset, buffer);
        if (got < buffer.Length)
        {
            throw new MalformedDataException(field, offset, $"{buffer.Length} bytes", $"{got}");
        }
    }

    /// <summary>
    /// Fills as much as can be read: where a range fails, tries again sector by sector, zero-fills what stays unreadable and calls
    /// <paramref name="unreadable"/> with each joined range (in the source's offsets) and its reason. Returns the bytes filled, as ReadAt does.
    /// </summary>
    public static int ReadAvailable(this IByteSource source, long offset, Span<byte> buffer, Action<ByteRange, string> unreadable)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(unreadable);
        try
        {
            return source.ReadAt(offset, buffer);
        }
        catch (UnreadableDataException)
        {
            // Fall through to the slow path below.
        }

        int wanted = (int)Math.Max(0, Math.Min(buffer.Length, source.Length - offset));
        int sector = Math.Max(512, source.SectorSize);
        ByteRange bad = default;
        string reason = "";
        int done = 0;
        while (done < wanted)
        {
            long at = offset + done;
            int count = (int)Math.Min(wanted - done, sector - (at % sector));
            string? failed = null;
            try
            {
                int got = source.ReadAt(at, buffer.Slice(done, count));
                if (got < count)
                {
                    failed = "the source ends early";
                }
            }
            catch (UnreadableDataException error)
            {
                failed = error.Reason;

                // A failure that names more than was asked for is of a larger unit, a chunk or a missing segment: no need to try its
                // every sector.
                if (error.Offset <= at && error.Length <= long.MaxValue - error.Offset && error.Offset + error.Length > at + count)
                {
                    count = (int)Math.Min(wanted - done, error.Offset + error.Length - at);
                }
            }

            if (failed is not null)
            {
                buffer.Slice(done, count).Clear();
                if (bad.Length > 0 && bad.End == at && reason == failed)
                {
                    bad = new ByteRange(bad.Offset, bad.Length + count);
                }
                else
                {
                    if (bad.Length > 0)
                    {
                        unreadable(bad, reason);
                    }

                    bad = new ByteRange(at, count);
                    reason = failed;
                }
            }

            done += count;
        }

        if (bad.Length > 0)
        {
            unreadable(bad, reason);
        }

        return wanted;
    }
}
