using Cairn.Core;

namespace Cairn.Storage.Logical;

/// <summary>
/// Compressed content as a source. Decoding only goes forward: reading in order costs one pass, every step back decodes again from the
/// start. Never gives more than the declared size. The checksum is held against the bytes of an unbroken pass from the start.
/// </summary>
internal sealed class DecodedSource(Func<Stream> open, long length, uint? expected) : IByteSource, ISelfChecking
{
    private const int PassOver = 64 << 10;

    private readonly Lock gate = new();
    private Stream? decoder;
    private long position;
    private uint checksum;
    private MalformedDataException? failure;
    private bool ended;
    private byte[]? passed;
    private Problem? verdict;
    private bool judged;

    public long Length => length;

    public int SectorSize => 512;

    public Problem? Verdict
    {
        get
        {
            lock (gate)
            {
                return verdict;
            }
        }
    }

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (gate)
        {
            if (offset >= length)
            {
                return 0;
            }

            buffer = buffer[..(int)Math.Min(buffer.Length, length - offset)];
            if (decoder is null || offset < position)
            {
                Restart();
            }

            while (position < offset)
            {
                passed ??= new byte[PassOver];
                if (Decode(passed.AsSpan(0, (int)Math.Min(PassOver, offset - position))) == 0)
                {
                    return failure is null ? 0 : throw failure;
                }
            }

            int done = 0;
            while (done < buffer.Length)
            {
                int got = Decode(buffer[done..]);
                if (got == 0)
                {
                    break;
                }

                done += got;
            }

            // What was decoded before the damage is delivered; the next read says what is wrong.
            return done == 0 && failure is not null ? throw failure : done;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            decoder?.Dispose();
            decoder = null;
        }
    }

    private void Restart()
    {
        decoder?.Dispose();
        decoder = null;
        position = 0;
        checksum = 0;
        failure = null;
        ended = false;
        decoder = Guarded(open);
    }

    private int Decode(Span<byte> target)
    {
        if (failure is not null || ended || target.Length == 0)
        {
            return 0;
        }

        int got = 0;
        try
        {
            got = decoder!.Read(target);
        }
        catch (UnreadableDataException)
        {
            decoder!.Dispose();
            decoder = null;
            throw;
        }
        catch (MalformedDataException error)
        {
            failure = error;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Decoders of other makers throw what they like on damaged data; all of it means the same.
            failure = Damaged(error);
        }

        if (got <= 0)
        {
            ended = true;
            return 0;
        }

        checksum = expected is null ? 0 : Crc32.Compute(target[..got], checksum);
        position += got;
        if (position == length)
        {
            Judge();
        }

        return got;
    }

    private void Judge()
    {
        if (judged)
        {
            return;
        }

        judged = true;
        if (expected is uint stored && checksum != stored)
        {
            verdict = new Problem(ProblemKind.Mismatch, "content", $"its CRC-32 is {checksum:x8}, the archive says {stored:x8}");
            return;
        }

        try
        {
            Span<byte> more = stackalloc byte[1];
            if (decoder!.Read(more) > 0)
            {
                verdict = new Problem(ProblemKind.Mismatch, "content", $"the compressed data go on after the {length:N0} bytes that the archive says it holds; the rest was not read");
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            verdict = new Problem(ProblemKind.Malformed, "content", "the compressed data do not end as they should, after all bytes were decoded");
        }
    }

    private MalformedDataException Damaged(Exception error) => new("compressed data", position, "data that decode", $"{error.GetType().Name}: {error.Message}");

    private Stream Guarded(Func<Stream> make)
    {
        try
        {
            return make();
        }
        catch (Exception error) when (error is not (OutOfMemoryException or MalformedDataException or UnreadableDataException))
        {
            throw Damaged(error);
        }
    }
}

/// <summary>Bytes stored as they are, with the checksum that the archive holds for them.</summary>
internal sealed class StoredSource(IByteSource source, uint expected) : IByteSource, ISelfChecking
{
    private readonly Lock gate = new();
    private long position;
    private uint checksum;
    private Problem? verdict;

    public long Length => source.Length;

    public int SectorSize => 512;

    public Problem? Verdict
    {
        get
        {
            lock (gate)
            {
                return verdict;
            }
        }
    }

    public int ReadAt(long offset, Span<byte> buffer)
    {
        int got = source.ReadAt(offset, buffer);
        lock (gate)
        {
            if (offset == position && got > 0)
            {
                checksum = Crc32.Compute(buffer[..got], checksum);
                position += got;
                if (position == Length && checksum != expected)
                {
                    verdict = new Problem(ProblemKind.Mismatch, "content", $"its CRC-32 is {checksum:x8}, the archive says {expected:x8}");
                }
            }
        }

        return got;
    }

    public void Dispose() => source.Dispose();
}
