using Cairn.Core;

namespace Cairn.Storage.Logical.Tar;

/// <summary>
/// The content of a gzip file at any offset. The first pass over it leaves a checkpoint every few megabytes; a later read goes on from the
/// decoder that stands nearest before it, or from a checkpoint. So reading in order costs one pass over the file, several readings side by
/// side no more than that, and a read anywhere at most the distance between two checkpoints. The length is known after the first pass.
/// </summary>
internal sealed class GzipSource : IByteSource
{
    private const int Decoders = 16;
    private const int MostCheckpoints = 1_024;
    private const long FirstSpacing = 4 << 20;

    private readonly IByteSource file;
    private readonly Lock gate = new();
    private readonly List<Inflater> pool = [];
    private List<Checkpoint> checkpoints = [];
    private long spacing = FirstSpacing;
    private long reached;
    private long? length;
    private MalformedDataException? failure;
    private long failureAt = long.MaxValue;

    public GzipSource(IByteSource file) => this.file = file;

    /// <summary>Decodes to the end where that was not done yet; damaged data end where they stop decoding.</summary>
    public long Length
    {
        get
        {
            lock (gate)
            {
                while (length is null)
                {
                    Reach(reached);
                }

                return length.Value;
            }
        }
    }

    public int SectorSize => 512;

    /// <summary>Why the content ends where it does, where that is not the end of the data.</summary>
    public MalformedDataException? Failure
    {
        get
        {
            lock (gate)
            {
                return failure;
            }
        }
    }

    /// <summary>What the checksum of the whole says; known after the first pass.</summary>
    public Problem? Mismatch { get; private set; }

    /// <summary>Bytes after the compressed data; known after the first pass.</summary>
    public ByteRange? Trailing { get; private set; }

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (gate)
        {
            int done = 0;
            while (done < buffer.Length)
            {
                Inflater? decoder = Reach(offset + done);
                if (decoder is null)
                {
                    break;
                }

                done += decoder.CopyTo(offset + done, buffer[done..]);
            }

            return done;
        }
    }

    public void Dispose() => file.Dispose();

    /// <summary>A decoder that holds <paramref name="offset"/>, or null where the content ends before it.</summary>
    private Inflater? Reach(long offset)
    {
        if (offset >= (length ?? long.MaxValue) || offset >= failureAt)
        {
            return null;
        }

        Inflater decoder = Nearest(offset);
        while (offset >= decoder.End)
        {
            if (decoder.IsEnded)
            {
                Finish(decoder);
                return null;
            }

            try
            {
                decoder.Advance();
            }
            catch (MalformedDataException error)
            {
                pool.Remove(decoder);
                failure ??= error;
                failureAt = Math.Min(failureAt, decoder.End);
                length ??= decoder.End;
                if (offset < decoder.End)
                {
                    return decoder;
                }

                return null;
            }
            catch
            {
                // It stands in the middle of something; the next read starts again from a checkpoint.
                pool.Remove(decoder);
                throw;
            }

            if (decoder.IsAtBlock)
            {
                Remember(decoder);
            }

            reached = Math.Max(reached, decoder.End);
            if (decoder.IsEnded && length is null)
            {
                Finish(decoder);
            }
        }

        return decoder;
    }

    private void Finish(Inflater decoder)
    {
        if (length is null)
        {
            length = decoder.End;
            Mismatch = decoder.Mismatch;
            Trailing = decoder.Trailing;
        }
    }

    private void Remember(Inflater decoder)
    {
        long last = checkpoints.Count == 0 ? 0 : checkpoints[^1].OutputOffset;
        if (decoder.End - last < spacing)
        {
            return;
        }

        checkpoints.Add(decoder.Take());
        if (checkpoints.Count == MostCheckpoints)
        {
            // Memory stays the same however long the content is: every other one goes.
            List<Checkpoint> half = [];
            for (int i = 1; i < checkpoints.Count; i += 2)
            {
                half.Add(checkpoints[i]);
            }

            checkpoints = half;
            spacing *= 2;
        }
    }

    private Inflater Nearest(long offset)
    {
        Inflater? best = null;
        foreach (Inflater decoder in pool)
        {
            if (decoder.Start <= offset && (best is null || decoder.End > best.End || (offset < decoder.End && offset >= best.End)))
            {
                best = decoder;
            }
        }

        Checkpoint? from = Before(offset);
        if (best is null || (offset >= best.End && (from?.OutputOffset ?? 0) > best.End))
        {
            best = from is null ? new Inflater(file) : new Inflater(file, from);
            if (pool.Count == Decoders)
            {
                pool.RemoveAt(0);
            }
        }
        else
        {
            pool.Remove(best);
        }

        // The most recently used stands last.
        pool.Add(best);
        return best;
    }

    private Checkpoint? Before(long offset)
    {
        int low = 0, high = checkpoints.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (checkpoints[middle].OutputOffset <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : checkpoints[low - 1];
    }
}
