using Cairn.Core;

namespace Cairn.Storage.Embedded;

/// <summary>Single bytes of a source, read in blocks.</summary>
internal sealed class ByteReader(IByteSource source)
{
    private readonly byte[] block = new byte[64 << 10];
    private long start;
    private int held;
    private int at;

    public long Position => start + at;

    /// <summary>The next byte, or -1 at the end.</summary>
    public int Next()
    {
        if (at == held)
        {
            start += held;
            at = 0;
            held = source.ReadAt(start, block);
            if (held == 0)
            {
                return -1;
            }
        }

        return block[at++];
    }

    /// <summary>Takes back the byte read last.</summary>
    public void Back()
    {
        if (at > 0)
        {
            at--;
        }
        else
        {
            Move(start - 1);
        }
    }

    public void Skip(long count) => Move(Position + count);

    private void Move(long position)
    {
        if (position >= start && position <= start + held)
        {
            at = (int)(position - start);
            return;
        }

        (start, held, at) = (position, 0, 0);
    }
}
