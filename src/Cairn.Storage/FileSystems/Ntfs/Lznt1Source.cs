using System.Buffers;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>
/// A stream that NTFS compressed: units of (usually) 16 clusters, each with no clusters (zeros), all of its clusters (stored as it is) or
/// fewer (LZNT1).
/// </summary>
internal sealed class Lznt1Source : IByteSource
{
    private readonly IByteSource volume;
    private readonly ExtentSource raw;
    private readonly Extent[] extents;
    private readonly long validLength;
    private readonly int unitSize;
    private Decoded? last;

    public Lznt1Source(IByteSource volume, IReadOnlyList<Extent> extents, long size, long validLength, int unitSize)
    {
        (this.volume, this.validLength, this.unitSize, Length) = (volume, validLength, unitSize, size);
        this.extents = [.. extents];
        long mapped = this.extents.Length == 0 ? 0 : this.extents[^1].FileOffset + this.extents[^1].Length;
        raw = new ExtentSource(volume, this.extents, mapped, mapped);
    }

    public long Length { get; }

    public int SectorSize => volume.SectorSize;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        int wanted = (int)Math.Min(buffer.Length, Length - offset);
        int done = 0;
        while (done < wanted)
        {
            long at = offset + done;
            Span<byte> rest = buffer[done..wanted];
            if (at >= validLength)
            {
                rest.Clear();
                break;
            }

            long unit = at / unitSize;
            int within = (int)(at % unitSize);
            int count = Math.Min(rest.Length, unitSize - within);
            ReadUnit(unit, within, rest[..count]);
            if (at + count > validLength)
            {
                rest[(int)(validLength - at)..count].Clear();
            }

            done += count;
        }

        return wanted;
    }

    public void Dispose()
    {
    }

    private void ReadUnit(long unit, int within, Span<byte> target)
    {
        long start = unit * unitSize;
        long stored = StoredBytes(start);
        if (stored == 0)
        {
            target.Clear();
            return;
        }

        if (stored == unitSize)
        {
            int got = raw.ReadAt(start + within, target);
            target[got..].Clear();
            return;
        }

        if (target.Length == unitSize)
        {
            Decode(start, (int)stored, target);
            return;
        }

        // The last unit is kept: small sequential reads would decode each unit many times. Replacing the reference is atomic.
        Decoded? kept = last;
        if (kept?.Unit != unit)
        {
            byte[] plain = new byte[unitSize];
            Decode(start, (int)stored, plain);
            last = kept = new Decoded(unit, plain);
        }

        kept.Plain.AsSpan(within, target.Length).CopyTo(target);
    }

    private void Decode(long start, int stored, Span<byte> target)
    {
        byte[] packed = ArrayPool<byte>.Shared.Rent(stored);
        try
        {
            raw.ReadAt(start, packed.AsSpan(0, stored));
            if (!Lznt1.TryDecompress(packed.AsSpan(0, stored), target))
            {
                throw new UnreadableDataException(start, Math.Min(unitSize, Length - start), "the compressed unit is not LZNT1");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    /// <summary>Bytes of clusters at the start of a unit; clusters after a hole in the unit do not occur.</summary>
    private long StoredBytes(long start)
    {
        int low = 0, high = extents.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (extents[middle].FileOffset + extents[middle].Length <= start)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        long stored = 0;
        for (int i = low; i < extents.Length && extents[i].FileOffset < start + unitSize; i++)
        {
            if (!extents[i].IsSparse)
            {
                long from = Math.Max(start, extents[i].FileOffset);
                stored += Math.Min(start + unitSize, extents[i].FileOffset + extents[i].Length) - from;
            }
        }

        return stored;
    }

    private sealed record Decoded(long Unit, byte[] Plain);
}
