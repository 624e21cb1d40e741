using System.Buffers.Binary;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>
/// LZX with a window of 32 KiB as WOF (and WIM) stores it: every chunk on its own, x86 call targets translated against a fixed size.
/// The format is that of MS-PATCH's LZX without its stream header.
/// </summary>
internal sealed class Lzx
{
    public const int ChunkSize = 32_768;
    private const int Slots = 30;
    private const int MainSymbols = 256 + (Slots * 8);
    private const int LengthSymbols = 249;
    private const int TranslationSize = 12_000_000;
    private readonly HuffmanTable main = new(16);
    private readonly HuffmanTable length = new(16);
    private readonly HuffmanTable pre = new(15);
    private readonly HuffmanTable aligned = new(7);
    private readonly byte[] mainLengths = new byte[MainSymbols];
    private readonly byte[] lengthLengths = new byte[LengthSymbols];

    /// <summary>Decompresses one chunk; fills all of <paramref name="target"/> or returns false.</summary>
    public bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> target)
    {
        mainLengths.AsSpan().Clear();
        lengthLengths.AsSpan().Clear();
        BitReader bits = new(source);
        Span<int> recent = [1, 1, 1];
        int to = 0;
        while (to < target.Length)
        {
            int type = bits.Take(3);
            int size = bits.Take(1) == 1 ? ChunkSize : bits.Take(16);
            if (size == 0 || size > target.Length - to || bits.Overrun)
            {
                return false;
            }

            Span<byte> upTo = target[..(to + size)];
            bool good = type switch
            {
                1 or 2 => Block(ref bits, type == 2, upTo, to, recent),
                3 => Plain(ref bits, upTo, to, recent),
                _ => false,
            };
            if (!good)
            {
                return false;
            }

            to += size;
        }

        UndoTranslation(target);
        return true;
    }

    private static bool Plain(ref BitReader bits, Span<byte> target, int to, scoped Span<int> recent)
    {
        bits.Align();
        for (int i = 0; i < 3; i++)
        {
            if (!bits.TryBytes(4, out ReadOnlySpan<byte> offset))
            {
                return false;
            }

            recent[i] = BinaryPrimitives.ReadInt32LittleEndian(offset);
            if (recent[i] <= 0)
            {
                return false;
            }
        }

        int size = target.Length - to;
        if (!bits.TryBytes(size, out ReadOnlySpan<byte> bytes))
        {
            return false;
        }

        bytes.CopyTo(target[to..]);
        if ((size & 1) == 1)
        {
            bits.TryBytes(1, out _);
        }

        return true;
    }

    private static void UndoTranslation(Span<byte> target)
    {
        int end = target.Length - 10, at = 0;
        while (at < end)
        {
            int found = target[at..end].IndexOf((byte)0xE8);
            if (found < 0)
            {
                return;
            }

            at += found;
            Span<byte> operand = target.Slice(at + 1, 4);
            int absolute = BinaryPrimitives.ReadInt32LittleEndian(operand);
            if (absolute >= 0)
            {
                if (absolute < TranslationSize)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(operand, absolute - at);
                }
            }
            else if (absolute >= -at)
            {
                BinaryPrimitives.WriteInt32LittleEndian(operand, absolute + TranslationSize);
            }

            at += 5;
        }
    }

    private bool Block(ref BitReader bits, bool hasAligned, Span<byte> target, int to, scoped Span<int> recent)
    {
        if (hasAligned)
        {
            Span<byte> alignedLengths = stackalloc byte[8];
            for (int i = 0; i < 8; i++)
            {
                alignedLengths[i] = (byte)bits.Take(3);
            }

            if (!aligned.TryBuild(alignedLengths))
            {
                return false;
            }
        }

        if (!ReadLengths(ref bits, mainLengths.AsSpan(0, 256)) || !ReadLengths(ref bits, mainLengths.AsSpan(256))
            || !ReadLengths(ref bits, lengthLengths) || !main.TryBuild(mainLengths) || !length.TryBuild(lengthLengths))
        {
            return false;
        }

        while (to < target.Length)
        {
            int symbol = bits.Symbol(main);
            if (symbol < 0 || bits.Overrun)
            {
                return false;
            }

            if (symbol < 256)
            {
                target[to++] = (byte)symbol;
                continue;
            }

            int count = (symbol & 7) + 2, slot = (symbol - 256) >> 3;
            if (count == 9)
            {
                int more = bits.Symbol(length);
                if (more < 0)
                {
                    return false;
                }

                count += more;
            }

            int distance;
            if (slot < 3)
            {
                distance = recent[slot];
                recent[slot] = recent[0];
                recent[0] = distance;
            }
            else
            {
                int extra = slot < 4 ? 0 : (slot >> 1) - 1;
                distance = (slot < 4 ? slot : (2 + (slot & 1)) << extra) - 2;
                if (hasAligned && extra >= 3)
                {
                    distance += bits.Take(extra - 3) << 3;
                    int low = bits.Symbol(aligned);
                    if (low < 0)
                    {
                        return false;
                    }

                    distance += low;
                }
                else
                {
                    distance += bits.Take(extra);
                }

                recent[2] = recent[1];
                recent[1] = recent[0];
                recent[0] = distance;
            }

            if (distance > to || distance <= 0 || count > target.Length - to)
            {
                return false;
            }

            for (int i = 0; i < count; i++, to++)
            {
                target[to] = target[to - distance];
            }
        }

        return true;
    }

    /// <summary>Code lengths are stored as differences from those of the block before, themselves coded.</summary>
    private bool ReadLengths(ref BitReader bits, Span<byte> lengths)
    {
        Span<byte> preLengths = stackalloc byte[20];
        for (int i = 0; i < 20; i++)
        {
            preLengths[i] = (byte)bits.Take(4);
        }

        if (!pre.TryBuild(preLengths))
        {
            return false;
        }

        int at = 0;
        while (at < lengths.Length)
        {
            int symbol = bits.Symbol(pre);
            int run = 1, value;
            switch (symbol)
            {
                case < 0:
                    return false;
                case 17:
                    (run, value) = (4 + bits.Take(4), 0);
                    break;
                case 18:
                    (run, value) = (20 + bits.Take(5), 0);
                    break;
                case 19:
                    run = 4 + bits.Take(1);
                    int delta = bits.Symbol(pre);
                    if (delta is < 0 or > 16)
                    {
                        return false;
                    }

                    value = (lengths[at] - delta + 17) % 17;
                    break;
                default:
                    value = (lengths[at] - symbol + 17) % 17;
                    break;
            }

            if (bits.Overrun)
            {
                return false;
            }

            run = Math.Min(run, lengths.Length - at);
            lengths.Slice(at, run).Fill((byte)value);
            at += run;
        }

        return true;
    }

    /// <summary>Bits of little-endian 16-bit words, the highest first.</summary>
    private ref struct BitReader(ReadOnlySpan<byte> source)
    {
        private readonly ReadOnlySpan<byte> source = source;
        private uint held;
        private int count;
        private int position;

        /// <summary>True once bits past the end (zeros) were used.</summary>
        public readonly bool Overrun => position - (count / 8) > source.Length + 1;

        public int Take(int bits)
        {
            if (bits == 0)
            {
                return 0;
            }

            Fill(bits);
            int value = (int)(held >> (32 - bits));
            held <<= bits;
            count -= bits;
            return value;
        }

        /// <summary>The next symbol, or -1 for a code that does not occur.</summary>
        public int Symbol(HuffmanTable table)
        {
            Fill(16);
            int entry = table.Entries[(int)(held >> (32 - table.Bits))];
            if (entry == 0)
            {
                return -1;
            }

            held <<= entry & 31;
            count -= entry & 31;
            return entry >> 5;
        }

        /// <summary>To the next word boundary, passing over a whole word where already there.</summary>
        public void Align()
        {
            Fill(1);
            int rest = count % 16;
            int drop = rest == 0 ? 16 : rest;
            held <<= drop;
            count -= drop;
            position -= count / 8;
            (held, count) = (0, 0);
        }

        public bool TryBytes(int length, out ReadOnlySpan<byte> bytes)
        {
            if (length > source.Length - position)
            {
                bytes = default;
                return false;
            }

            bytes = source.Slice(position, length);
            position += length;
            return true;
        }

        private void Fill(int bits)
        {
            while (count < bits)
            {
                uint word = position + 2 <= source.Length ? BinaryPrimitives.ReadUInt16LittleEndian(source[position..]) : 0u;
                position += 2;
                held |= word << (16 - count);
                count += 16;
            }
        }
    }
}
