using System.Buffers.Binary;
using System.IO.Compression;
using Cairn.Core;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>From the stored bytes of a chunk to the bytes of the media, every checksum on the way checked.</summary>
internal static class ChunkDecoder
{
    /// <summary>The most bytes a chunk can take in its file: incompressible data in stored blocks, with room for a careless writer.</summary>
    public static int MostStored(int chunkSize) => chunkSize + (chunkSize / 8) + 4096;

    /// <summary>
    /// Decodes into <paramref name="target"/>, which has room for a whole chunk.
    /// </summary>
    /// <param name="stored">The array that holds the stored bytes.</param>
    /// <param name="start">Where they start.</param>
    /// <param name="length">How many there are at the most; what follows the chunk is not looked at.</param>
    /// <param name="compressed">What the table says; null where it does not.</param>
    /// <param name="target">A chunk's size.</param>
    /// <param name="expected">Bytes of the chunk that lie on the media: less than a chunk's size in the last one alone.</param>
    /// <exception cref="MalformedDataException">The chunk is damaged.</exception>
    public static void Decode(byte[] stored, int start, int length, bool? compressed, Span<byte> target, int expected)
    {
        switch (compressed)
        {
            case true:
                Inflate(stored, start, length, target, expected);
                break;
            case false:
                Copy(stored.AsSpan(start, length), target, expected);
                break;
            default:
                // Past 2 GiB in a segment of EnCase 6.7.1 nothing says which it is; only one of them passes its checksum.
                if (length >= expected + 4 && TryCopy(stored.AsSpan(start, length), target, expected))
                {
                    return;
                }

                Inflate(stored, start, length, target, expected);
                break;
        }
    }

    private static void Copy(ReadOnlySpan<byte> stored, Span<byte> target, int expected)
    {
        if (stored.Length < expected + 4)
        {
            throw new MalformedDataException("uncompressed chunk", 0, $"{expected} bytes and a checksum", $"{stored.Length} bytes");
        }

        if (!TryCopy(stored, target, expected))
        {
            throw new MalformedDataException("uncompressed chunk", 0, $"Adler-32 {BinaryPrimitives.ReadUInt32LittleEndian(stored[expected..]):x8}", $"{Adler32.Compute(stored[..expected]):x8}");
        }
    }

    private static bool TryCopy(ReadOnlySpan<byte> stored, Span<byte> target, int expected)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(stored[expected..]) == Adler32.Compute(stored[..expected]))
        {
            stored[..expected].CopyTo(target);
            return true;
        }

        if (expected == target.Length)
        {
            return false;
        }

        // The last chunk can hold more than its part of the media: padding to the size of the others, or the rest of a sector that was
        // cut. The checksum then stands behind what was stored.
        return TryCopyAll(stored, target, Math.Min(stored.Length - 4, target.Length)) || (stored.Length - 4 > target.Length && TryCopyAll(stored, target, target.Length));
    }

    private static bool TryCopyAll(ReadOnlySpan<byte> stored, Span<byte> target, int size)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(stored[size..]) == Adler32.Compute(stored[..size]))
        {
            stored[..size].CopyTo(target);
            return true;
        }

        return false;
    }

    private static void Inflate(byte[] stored, int start, int length, Span<byte> target, int expected)
    {
        int got = 0;
        try
        {
            using var input = new StoredStream(stored, start, length);
            using var zlib = new ZLibStream(input, CompressionMode.Decompress);
            int read;
            while (got < target.Length && (read = zlib.Read(target[got..])) > 0)
            {
                got += read;
            }

            // Only a read past the last byte makes the decoder look at the checksum behind it.
            Span<byte> more = stackalloc byte[1];
            if (zlib.Read(more) > 0)
            {
                throw new MalformedDataException("compressed chunk", 0, $"no more than {target.Length} bytes inside", "more");
            }

            if (input.RanOut)
            {
                throw new InvalidDataException("the stream is cut off");
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            if (StoredBlocks.TryDecode(stored.AsSpan(start, length), target, out got))
            {
                if (got >= expected)
                {
                    return;
                }
            }

            throw new MalformedDataException("compressed chunk", 0, "a zlib stream whose checksum holds", error.Message);
        }

        if (got < expected)
        {
            throw new MalformedDataException("compressed chunk", 0, $"{expected} bytes inside", $"{got}");
        }
    }
}

/// <summary>
/// Streams of stored blocks alone, as tools write them for data that does not compress. The Tableau TD3 left the second copy of a block's
/// length at 0, which zlib rejects; the Adler-32 behind the stream still tells whether the data is whole.
/// </summary>
internal static class StoredBlocks
{
    public static bool TryDecode(ReadOnlySpan<byte> stored, Span<byte> target, out int length)
    {
        length = 0;

        // RFC 1950: deflate, no preset dictionary, and the two bytes divisible by 31.
        if (stored.Length < 2 || (stored[0] & 0x0F) != 8 || (stored[1] & 0x20) != 0 || ((stored[0] << 8) | stored[1]) % 31 != 0)
        {
            return false;
        }

        int at = 2;
        while (true)
        {
            // RFC 1951, 3.2.3 and 3.2.4: a bit for "last", two for the type (0), padding, length, its complement.
            if (stored.Length - at < 5 || (stored[at] & 0x06) != 0)
            {
                return false;
            }

            bool last = (stored[at] & 1) != 0;
            ushort size = BinaryPrimitives.ReadUInt16LittleEndian(stored[(at + 1)..]);
            ushort complement = BinaryPrimitives.ReadUInt16LittleEndian(stored[(at + 3)..]);
            at += 5;
            if ((complement != 0 && complement != (ushort)~size) || size > stored.Length - at || size > target.Length - length)
            {
                return false;
            }

            stored.Slice(at, size).CopyTo(target[length..]);
            at += size;
            length += size;
            if (last)
            {
                return stored.Length - at >= 4 && BinaryPrimitives.ReadUInt32BigEndian(stored[at..]) == Adler32.Compute(target[..length]);
            }
        }
    }
}
