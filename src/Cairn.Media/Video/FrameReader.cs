using System.Buffers.Binary;

namespace Cairn.Media.Video;

/// <summary>
/// Reads raw frames with their times from the Matroska stream that ffmpeg writes (RFC 8794, RFC 9559). A container rather than bare
/// pixels, so that a frame and its time cannot come apart. Only what ffmpeg writes for one raw video track is understood, and nothing
/// that the child process says is trusted: a frame has exactly the expected size, or reading ends.
/// </summary>
internal sealed class FrameReader(Stream stream, int frameBytes)
{
    private const uint Segment = 0x18538067;
    private const uint Cluster = 0x1F43B675;
    private const uint ClusterTimestamp = 0xE7;
    private const uint SimpleBlock = 0xA3;
    private const uint BlockGroup = 0xA0;
    private const uint Block = 0xA1;
    private const int OtherBytes = 4 << 20;

    private readonly byte[] small = new byte[16];
    private long clusterMilliseconds;

    /// <summary>Milliseconds from the start of the video of the frame just read.</summary>
    public long Milliseconds { get; private set; }

    /// <summary>Reads the next frame into <paramref name="frame"/>; false at the end, or where the stream breaks off or is not as expected.</summary>
    public async ValueTask<bool> ReadAsync(Memory<byte> frame, CancellationToken cancel)
    {
        while (await ReadHeaderAsync(cancel) is (uint id, long size))
        {
            switch (id)
            {
                case Segment or Cluster or BlockGroup:
                    continue; // their children follow
                case ClusterTimestamp when size is > 0 and <= 8:
                    if (!await FillAsync(small.AsMemory(0, (int)size), cancel))
                    {
                        return false;
                    }

                    clusterMilliseconds = 0;
                    for (int i = 0; i < size; i++)
                    {
                        clusterMilliseconds = (clusterMilliseconds << 8) | small[i];
                    }

                    continue;
                case SimpleBlock or Block:
                    // Track number (one byte for track 1), 16-bit relative time, flags; then the pixels.
                    if (size != frameBytes + 4L || !await FillAsync(small.AsMemory(0, 4), cancel) || !await FillAsync(frame[..frameBytes], cancel))
                    {
                        return false;
                    }

                    Milliseconds = clusterMilliseconds + BinaryPrimitives.ReadInt16BigEndian(small.AsSpan(1));
                    return true;
                default:
                    if (size < 0 || size > OtherBytes || !await SkipAsync(size, frame, cancel))
                    {
                        return false;
                    }

                    continue;
            }
        }

        return false;
    }

    /// <summary>Identifier and size of the next element, -1 for a size that is not known; null at the end.</summary>
    private async ValueTask<(uint Id, long Size)?> ReadHeaderAsync(CancellationToken cancel)
    {
        if (!await FillAsync(small.AsMemory(0, 1), cancel))
        {
            return null;
        }

        int length = int.LeadingZeroCount(small[0]) - 23;
        if (length > 4 || !await FillAsync(small.AsMemory(1, length - 1), cancel))
        {
            return null;
        }

        uint id = 0;
        for (int i = 0; i < length; i++)
        {
            id = (id << 8) | small[i];
        }

        if (!await FillAsync(small.AsMemory(0, 1), cancel))
        {
            return null;
        }

        length = int.LeadingZeroCount(small[0]) - 23;
        if (length > 8 || !await FillAsync(small.AsMemory(1, length - 1), cancel))
        {
            return null;
        }

        long mask = (1L << (7 * length)) - 1;
        long size = 0;
        for (int i = 0; i < length; i++)
        {
            size = (size << 8) | small[i];
        }

        size &= mask;
        return (id, size == mask ? -1 : size);
    }

    private async ValueTask<bool> FillAsync(Memory<byte> buffer, CancellationToken cancel) =>
        await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancel) == buffer.Length;

    private async ValueTask<bool> SkipAsync(long size, Memory<byte> scratch, CancellationToken cancel)
    {
        while (size > 0)
        {
            int part = (int)Math.Min(size, scratch.Length);
            if (!await FillAsync(scratch[..part], cancel))
            {
                return false;
            }

            size -= part;
        }

        return true;
    }
}
