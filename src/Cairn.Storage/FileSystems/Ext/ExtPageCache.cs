using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>
/// Metadata of the volume read in large aligned pages, a fixed number of which are kept. A page that cannot be read whole is not kept:
/// what is asked of it is read alone, so that one bad sector costs one record. Safe to call from many threads.
/// </summary>
internal sealed class ExtPageCache
{
    private readonly IByteSource source;
    private readonly int pageSize;
    private readonly long[] held;
    private readonly int[] filled;
    private readonly byte[]?[] pages;
    private readonly Lock gate = new();

    internal ExtPageCache(IByteSource source, int pageSize, int slots)
    {
        (this.source, this.pageSize) = (source, pageSize);
        held = new long[slots];
        filled = new int[slots];
        pages = new byte[]?[slots];
        Array.Fill(held, -1);
    }

    /// <summary>Fills <paramref name="target"/> or throws.</summary>
    internal void Read(long offset, Span<byte> target, string field)
    {
        if (offset < 0 || offset > source.Length - target.Length)
        {
            throw new MalformedDataException(field, offset, $"{target.Length} bytes within the volume of {source.Length}", "a place past its end");
        }

        int done = 0;
        lock (gate)
        {
            while (done < target.Length)
            {
                long at = offset + done;
                long page = at / pageSize;
                int slot = (int)(page % held.Length);
                if (held[slot] != page && !Load(page, slot))
                {
                    break;
                }

                int within = (int)(at - (page * pageSize));
                int count = Math.Min(target.Length - done, filled[slot] - within);
                if (count <= 0)
                {
                    break;
                }

                pages[slot].AsSpan(within, count).CopyTo(target[done..]);
                done += count;
            }
        }

        if (done < target.Length)
        {
            source.ReadExactly(offset + done, target[done..], field);
        }
    }

    private bool Load(long page, int slot)
    {
        held[slot] = -1;
        byte[] buffer = pages[slot] ??= new byte[pageSize];
        try
        {
            filled[slot] = source.ReadAt(page * pageSize, buffer);
        }
        catch (UnreadableDataException)
        {
            return false;
        }

        held[slot] = page;
        return true;
    }
}
