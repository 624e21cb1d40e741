using System.Buffers;
using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Containers.BlockDevice;

/// <summary>
/// Reads a device in whole sectors, as Windows and macOS demand, and names the first bad sector where a read fails. Owns the handle.
/// </summary>
internal sealed class BlockDeviceSource(SafeFileHandle handle, string name, long length, int sectorSize) : IByteSource
{
    private const int MostAtOnce = 1 << 20;

    public long Length { get; } = length;

    public int SectorSize { get; } = sectorSize;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        int wanted = (int)Math.Min(buffer.Length, Length - offset);
        int done = 0;
        byte[]? bounce = null;
        try
        {
            while (done < wanted)
            {
                long at = offset + done;
                int into = (int)(at % SectorSize);
                int rest = wanted - done;
                if (into == 0 && rest >= SectorSize)
                {
                    int whole = rest - (rest % SectorSize);
                    ReadSectors(at, buffer.Slice(done, whole));
                    done += whole;
                    continue;
                }

                bounce ??= ArrayPool<byte>.Shared.Rent(SectorSize);
                int sector = (int)Math.Min(SectorSize, Length - (at - into));
                ReadSectors(at - into, bounce.AsSpan(0, sector));
                int count = Math.Min(rest, sector - into);
                bounce.AsSpan(into, count).CopyTo(buffer[done..]);
                done += count;
            }
        }
        finally
        {
            if (bounce is not null)
            {
                ArrayPool<byte>.Shared.Return(bounce);
            }
        }

        return wanted;
    }

    public void Dispose() => handle.Dispose();

    /// <summary>
    /// The length where the system does not tell it: the last sector that can be read, found by doubling and halving. A device whose
    /// last sectors are bad is found shorter than it is; no portable way says more.
    /// </summary>
    public static long FindLength(SafeFileHandle handle, int sector)
    {
        byte[] probe = new byte[sector];
        bool Readable(long index)
        {
            try
            {
                return FileReading.Fill(handle, index * sector, probe) == sector;
            }
            catch (IOException)
            {
                return false;
            }
        }

        if (!Readable(0))
        {
            return 0;
        }

        long low = 0, high = 1;
        while (high < (1L << 44) && Readable(high))
        {
            low = high;
            high *= 2;
        }

        while (low + 1 < high)
        {
            long middle = low + ((high - low) / 2);
            if (Readable(middle))
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return (low + 1) * sector;
    }

    private void ReadSectors(long offset, Span<byte> target)
    {
        for (int done = 0; done < target.Length;)
        {
            Span<byte> part = target.Slice(done, Math.Min(MostAtOnce, target.Length - done));
            int got;
            try
            {
                got = FileReading.Fill(handle, offset + done, part);
            }
            catch (IOException error)
            {
                LocateBadSector(offset + done, part, error);
                got = part.Length;
            }

            if (got < part.Length)
            {
                throw new UnreadableDataException(offset + done + got, Length - (offset + done + got), $"{name} ended before its stated length");
            }

            done += part.Length;
        }
    }

    /// <summary>Reads sector by sector after a failure, so that the error names the sector; returns where none fails this time.</summary>
    private void LocateBadSector(long offset, Span<byte> part, IOException first)
    {
        for (int at = 0; at < part.Length; at += SectorSize)
        {
            Span<byte> sector = part.Slice(at, Math.Min(SectorSize, part.Length - at));
            try
            {
                if (FileReading.Fill(handle, offset + at, sector) == sector.Length)
                {
                    continue;
                }
            }
            catch (IOException error)
            {
                throw new UnreadableDataException(offset + at, sector.Length, $"{name}: {error.Message}", error);
            }

            throw new UnreadableDataException(offset + at, sector.Length, $"{name}: {first.Message}", first);
        }
    }
}
