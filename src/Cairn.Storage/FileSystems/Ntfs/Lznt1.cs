using System.Buffers.Binary;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>LZNT1, MS-XCA 2.5: chunks of 4,096 bytes, each with a header of two bytes.</summary>
internal static class Lznt1
{
    private const int ChunkSize = 4_096;

    /// <summary>
    /// Decompresses one compression unit into <paramref name="target"/>; what the chunks do not fill is zero. Returns false where the
    /// bytes are not LZNT1; the target then holds what came before.
    /// </summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int from = 0, to = 0;
        while (from + 2 <= source.Length && to < target.Length)
        {
            int header = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
            if (header == 0)
            {
                break;
            }

            int length = (header & 0x0FFF) + 1;
            from += 2;
            if (length > source.Length - from)
            {
                target[to..].Clear();
                return false;
            }

            ReadOnlySpan<byte> chunk = source.Slice(from, length);
            Span<byte> room = target.Slice(to, Math.Min(ChunkSize, target.Length - to));
            if ((header & 0x8000) == 0)
            {
                int plain = Math.Min(length, room.Length);
                chunk[..plain].CopyTo(room);
                room[plain..].Clear();
            }
            else if (!Chunk(chunk, room))
            {
                target[to..].Clear();
                return false;
            }

            from += length;
            to += room.Length;
        }

        target[to..].Clear();
        return true;
    }

    private static bool Chunk(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int from = 0, to = 0;
        int lengthBits = 12, split = 16; // for positions up to 16 the distance has 4 bits
        while (from < source.Length && to < target.Length)
        {
            int flags = source[from++];
            for (int bit = 0; bit < 8 && from < source.Length && to < target.Length; bit++)
            {
                if ((flags & (1 << bit)) == 0)
                {
                    target[to++] = source[from++];
                    continue;
                }

                if (from + 2 > source.Length)
                {
                    return false;
                }

                while (to > split)
                {
                    split <<= 1;
                    lengthBits--;
                }

                int pair = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
                from += 2;
                int length = (pair & ((1 << lengthBits) - 1)) + 3;
                int distance = (pair >> lengthBits) + 1;
                if (distance > to)
                {
                    return false;
                }

                length = Math.Min(length, target.Length - to);
                if (distance >= length)
                {
                    target.Slice(to - distance, length).CopyTo(target[to..]);
                    to += length;
                }
                else
                {
                    for (int i = 0; i < length; i++, to++)
                    {
                        target[to] = target[to - distance];
                    }
                }
            }
        }

        target[to..].Clear();
        return true;
    }
}
