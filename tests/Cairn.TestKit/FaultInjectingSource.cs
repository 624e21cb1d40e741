using Cairn.Core;

namespace Cairn.TestKit;

/// <summary>
/// A source that fails where the test says: at the n-th read, once or from then on, and within a range of bytes. What does not fail is
/// read from the source underneath, which it does not own.
/// </summary>
public sealed class FaultInjectingSource : IByteSource
{
    private readonly IByteSource inner;
    private long reads;

    /// <summary>Reads <paramref name="inner"/>.</summary>
    public FaultInjectingSource(IByteSource inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        this.inner = inner;
    }

    /// <summary>The read that fails, counted from 1; 0 for none.</summary>
    public long FailingRead { get; init; }

    /// <summary>Whether every read after the failing one fails too, rather than that one alone.</summary>
    public bool Lasting { get; init; }

    /// <summary>Reads that touch this range fail.</summary>
    public ByteRange FailingRange { get; init; }

    /// <summary>The source ends here although its length says otherwise, as a file that shrank: reads past it return less.</summary>
    public long EndsAt { get; init; } = long.MaxValue;

    /// <summary>Reads so far.</summary>
    public long Reads => Interlocked.Read(ref reads);

    /// <inheritdoc/>
    public long Length => inner.Length;

    /// <inheritdoc/>
    public int SectorSize => inner.SectorSize;

    /// <inheritdoc/>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        long number = Interlocked.Increment(ref reads);
        if (FailingRead > 0 && (number == FailingRead || (Lasting && number > FailingRead)))
        {
            throw new UnreadableDataException(offset, buffer.Length, "injected fault");
        }

        long from = Math.Max(offset, FailingRange.Offset);
        long to = Math.Min(offset + buffer.Length, FailingRange.End);
        if (from < to)
        {
            throw new UnreadableDataException(from, to - from, "injected fault");
        }

        if (offset >= EndsAt)
        {
            return 0;
        }

        return inner.ReadAt(offset, buffer[..(int)Math.Min(buffer.Length, EndsAt - offset)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
