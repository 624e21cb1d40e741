using System.Buffers;
using Cairn.Core;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>The media inside an EWF image. Owns the segment files.</summary>
internal sealed class EwfMedia : IByteSource
{
    /// <summary>Bytes of decoded chunks that are kept.</summary>
    public const long CacheBytes = 96L << 20;

    // Stored bytes read at once: neighbouring chunks lie side by side in their file.
    private const int RunBytes = 1 << 20;

    private readonly SegmentFiles files;
    private readonly ChunkGroup[] groups;
    private readonly int chunkSize;
    private readonly ChunkCache cache;
    private byte[]? storedZeros;

    /// <summary>Groups ascending by first chunk, not overlapping; chunks that no group covers are unreadable.</summary>
    public EwfMedia(SegmentFiles files, ChunkGroup[] groups, int chunkSize, int sectorSize, long length, long cacheBytes)
    {
        this.files = files;
        this.groups = groups;
        this.chunkSize = chunkSize;
        SectorSize = sectorSize;
        Length = length;
        cache = new ChunkCache(chunkSize, cacheBytes);
    }

    public long Length { get; }

    public int SectorSize { get; }

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        int wanted = (int)Math.Min(buffer.Length, Length - offset);
        int done = 0;
        byte[]? run = null;
        long runFirst = 0, runLast = -1, runStart = 0;
        int runLength = 0, runFile = -1;
        try
        {
            long last = (offset + wanted - 1) / chunkSize;
            ChunkGroup? group = null;
            for (long chunk = offset / chunkSize; chunk <= last; chunk++)
            {
                long chunkStart = chunk * chunkSize;
                int from = (int)(offset + done - chunkStart);
                int size = (int)Math.Min(chunkSize, Length - chunkStart);
                Span<byte> target = buffer.Slice(done, Math.Min(size - from, wanted - done));
                done += target.Length;
                if (TryCopyCached(chunk, from, target))
                {
                    continue;
                }

                if (group is null || chunk >= group.FirstChunk + group.Count)
                {
                    group = GroupOf(chunk);
                }

                int index = (int)(chunk - group.FirstChunk);
                if (chunk < runFirst || chunk > runLast || runFile != group.File)
                {
                    runLast = chunk;
                    runFirst = chunk;
                    runFile = group.File;
                    (runStart, runLength, int count) = PlanRun(group, index, (int)Math.Min(last - chunk + 1, int.MaxValue));
                    runLast = chunk + count - 1;
                    Fetch(group, runStart, ref runLength, ref run, chunkStart, size);
                }

                long start = group.StartOf(index);
                int within = (int)(start - runStart);
                int length = (int)Math.Min(Math.Min(group.EndOf(index) - start, ChunkDecoder.MostStored(chunkSize)), runLength - within);
                CopyDecoded(group, index, chunk, run!, within, Math.Max(0, length), from, target, size);
            }
        }
        finally
        {
            if (run is not null)
            {
                ArrayPool<byte>.Shared.Return(run);
            }
        }

        return wanted;
    }

    public void Dispose() => files.Dispose();

    private bool TryCopyCached(long chunk, int from, Span<byte> target)
    {
        ChunkCache.Shard shard = cache.ShardOf(chunk);
        lock (shard.Gate)
        {
            if (shard.Find(chunk) is not { } known)
            {
                return false;
            }

            known.AsSpan(from, target.Length).CopyTo(target);
            return true;
        }
    }

    private void CopyDecoded(ChunkGroup group, int index, long chunk, byte[] stored, int start, int length, int from, Span<byte> target, int size)
    {
        // Empty space compresses to the same few bytes each time; equal stored bytes are an equal chunk.
        byte[]? zeros = Volatile.Read(ref storedZeros);
        bool? compressed = group.IsCompressed(index);
        if (zeros is not null && compressed == true && size == chunkSize && length == zeros.Length && stored.AsSpan(start, length).SequenceEqual(zeros))
        {
            target.Clear();
            return;
        }

        ChunkCache.Shard shard = cache.ShardOf(chunk);
        lock (shard.Gate)
        {
            byte[]? decoded = shard.Find(chunk);
            if (decoded is null)
            {
                decoded = shard.Take(chunkSize, out int place);
                try
                {
                    ChunkDecoder.Decode(stored, start, length, compressed, decoded, size);
                }
                catch (MalformedDataException error)
                {
                    throw new UnreadableDataException(chunk * chunkSize, size, $"{Where(group, index, chunk)}: {error.Field}: need {error.Need}, have {error.Have}", error);
                }

                shard.Keep(place, chunk);
                if (zeros is null && compressed == true && size == chunkSize && length < 512 && !decoded.AsSpan().ContainsAnyExcept((byte)0))
                {
                    Volatile.Write(ref storedZeros, stored.AsSpan(start, length).ToArray());
                }
            }

            decoded.AsSpan(from, target.Length).CopyTo(target);
        }
    }

    /// <summary>How many of the next chunks lie one behind the other in the file and fit into one read.</summary>
    private (long Start, int Length, int Count) PlanRun(ChunkGroup group, int index, int most)
    {
        int mostStored = ChunkDecoder.MostStored(chunkSize);
        long start = group.StartOf(index);
        long end = Math.Min(group.EndOf(index), start + mostStored);
        int count = 1;
        int limit = Math.Min(most, group.Count - index);
        while (count < limit)
        {
            int next = index + count;
            long nextEnd = Math.Min(group.EndOf(next), group.StartOf(next) + mostStored);
            if (group.Lost?.Contains(next) == true || group.StartOf(next) != end || nextEnd - start > RunBytes)
            {
                break;
            }

            end = nextEnd;
            count++;
        }

        return (start, (int)Math.Max(0, end - start), count);
    }

    private void Fetch(ChunkGroup group, long start, ref int length, ref byte[]? run, long chunkStart, int size)
    {
        int index = (int)((chunkStart / chunkSize) - group.FirstChunk);
        if (group.Lost?.Contains(index) == true)
        {
            throw new UnreadableDataException(chunkStart, size, $"{Where(group, index, chunkStart / chunkSize)}: the table and its copy are both damaged and disagree about where this chunk lies");
        }

        if (start < EwfFileHeader.Size || length == 0 || start >= files.LengthOf(group.File))
        {
            throw new UnreadableDataException(chunkStart, size, $"{Where(group, index, chunkStart / chunkSize)}: the table points outside the chunk data, which ends at {group.End}");
        }

        if (run is null || run.Length < length)
        {
            if (run is not null)
            {
                ArrayPool<byte>.Shared.Return(run);
                run = null;
            }

            run = ArrayPool<byte>.Shared.Rent(Math.Max(length, 64 << 10));
        }

        try
        {
            length = files.Read(group.File, start, run.AsSpan(0, length));
        }
        catch (IOException error)
        {
            throw new UnreadableDataException(chunkStart, size, $"{Where(group, index, chunkStart / chunkSize)}: {error.Message}", error);
        }
    }

    private string Where(ChunkGroup group, int index, long chunk) => $"chunk {chunk} in {files.NameOf(group.File)} at file offset {group.StartOf(index)}";

    /// <summary>The group that holds the chunk.</summary>
    private ChunkGroup GroupOf(long chunk)
    {
        int low = 0, high = groups.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            ChunkGroup group = groups[middle];
            if (chunk < group.FirstChunk)
            {
                high = middle - 1;
            }
            else if (chunk >= group.FirstChunk + group.Count)
            {
                low = middle + 1;
            }
            else
            {
                return group;
            }
        }

        // The whole stretch without a table is named, so that a reader can pass over it at once.
        long end = low < groups.Length ? Math.Min(Length, groups[low].FirstChunk * chunkSize) : Length;
        throw new UnreadableDataException(chunk * chunkSize, end - (chunk * chunkSize), $"chunk {chunk}: no table of the segments at hand says where it lies");
    }
}
