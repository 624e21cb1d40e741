using System.Buffers.Binary;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>LZ77 with Huffman codes, MS-XCA 2.2, as WOF stores it: every chunk on its own.</summary>
internal sealed class XpressHuffman
{
    private const int Symbols = 512;
    private readonly HuffmanTable code = new(15);
    private readonly byte[] lengths = new byte[Symbols];

    /// <summary>Decompresses one chunk; fills all of <paramref name="target"/> or returns false.</summary>
    public bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.Length < Symbols / 2)
        {
            return false;
        }

        for (int i = 0; i < Symbols / 2; i++)
        {
            lengths[i * 2] = (byte)(source[i] & 15);
            lengths[(i * 2) + 1] = (byte)(source[i] >> 4);
        }

        if (!code.TryBuild(lengths))
        {
            return false;
        }

        ReadOnlySpan<ushort> entries = code.Entries;
        int from = Symbols / 2, to = 0;
        uint bits = (uint)Word(source, ref from) << 16;
        bits |= Word(source, ref from);
        int extra = 16; // bits in hand beyond the 16 that a symbol or distance needs
        while (to < target.Length)
        {
            int entry = entries[(int)(bits >> 17)];
            int length = entry & 31, symbol = entry >> 5;
            if (entry == 0 || from > source.Length + 4)
            {
                return false;
            }

            Consume(length, source, ref bits, ref extra, ref from);
            if (symbol < 256)
            {
                target[to++] = (byte)symbol;
                continue;
            }

            int match = symbol & 15, distanceBits = (symbol >> 4) - 16;
            if (match == 15)
            {
                if (from >= source.Length)
                {
                    return false;
                }

                match = source[from++];
                if (match == 255)
                {
                    if (from + 2 > source.Length)
                    {
                        return false;
                    }

                    match = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
                    from += 2;
                    if (match < 15)
                    {
                        return false; // a chunk is never long enough for the 32-bit form
                    }

                    match -= 15;
                }

                match += 15;
            }

            match += 3;
            int distance = distanceBits == 0 ? 1 : (int)(bits >> (32 - distanceBits)) + (1 << distanceBits);
            Consume(distanceBits, source, ref bits, ref extra, ref from);
            if (distance > to)
            {
                return false;
            }

            match = Math.Min(match, target.Length - to);
            for (int i = 0; i < match; i++, to++)
            {
                target[to] = target[to - distance];
            }
        }

        return true;
    }

    private static void Consume(int count, ReadOnlySpan<byte> source, ref uint bits, ref int extra, ref int from)
    {
        bits <<= count;
        extra -= count;
        if (extra < 0)
        {
            bits |= (uint)Word(source, ref from) << -extra;
            extra += 16;
        }
    }

    /// <summary>The next word; zeros past the end, where the format may look but not use them.</summary>
    private static ushort Word(ReadOnlySpan<byte> source, ref int from)
    {
        ushort word = from + 2 <= source.Length ? BinaryPrimitives.ReadUInt16LittleEndian(source[from..]) : (ushort)0;
        from += 2;
        return word;
    }
}
