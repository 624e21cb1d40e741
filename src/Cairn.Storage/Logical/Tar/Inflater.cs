using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.Logical.Tar;

/// <summary>
/// Inflates gzip (RFC 1951, RFC 1952) with a state that can be left and taken up again at the start of any block. The system's decoder
/// cannot do that, and without it reading one file far inside a large archive means decoding everything before it.
/// </summary>
internal sealed class Inflater
{
    public const int Window = 32 << 10;

    private const int OutputBytes = 512 << 10;
    private const int InputBytes = 256 << 10;
    private const int MostBits = 15;

    private static readonly ushort[] LengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly byte[] LengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly ushort[] DistanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly byte[] DistanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
    private static readonly byte[] CodeOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly IByteSource source;
    private readonly byte[] input = new byte[InputBytes];
    private readonly byte[] output = new byte[OutputBytes];
    private readonly uint[] literals = new uint[1 << MostBits];
    private readonly uint[] distances = new uint[1 << MostBits];
    private readonly byte[] lengths = new byte[320];

    private long inputStart;
    private int inputAt;
    private int inputHeld;
    private ulong bits;
    private int bitCount;

    private long outputStart;
    private int outputHeld;

    private int literalBits;
    private int distanceBits;
    private int storedLeft;
    private int copyLeft;
    private int copyDistance;
    private bool lastBlock;
    private State state;

    private long memberStart;
    private uint memberChecksum;
    private bool memberWhole;
    private long checkedTo;

    /// <summary>Starts at the first member.</summary>
    public Inflater(IByteSource source)
    {
        this.source = source;
        state = State.Member;
        memberWhole = true;
    }

    /// <summary>Starts at a block that was reached before.</summary>
    public Inflater(IByteSource source, Checkpoint from)
    {
        this.source = source;
        inputStart = from.InputBit / 8;
        outputStart = from.OutputOffset - from.Window.Length;
        from.Window.CopyTo(output, 0);
        outputHeld = from.Window.Length;
        memberStart = from.MemberStart;
        checkedTo = from.OutputOffset;
        state = State.Block;
        int skip = (int)(from.InputBit % 8);
        if (skip > 0)
        {
            Need(skip);
            Drop(skip);
        }
    }

    private enum State
    {
        Member,
        Block,
        Stored,
        Symbols,
        Copy,
        Trailer,
        Ended,
    }

    /// <summary>First byte that is still held.</summary>
    public long Start => outputStart;

    /// <summary>One past the last byte decoded.</summary>
    public long End => outputStart + outputHeld;

    public bool IsEnded => state == State.Ended;

    /// <summary>The decoder stands at the start of a block, where a checkpoint can be taken.</summary>
    public bool IsAtBlock => state == State.Block;

    /// <summary>What the trailers of members that were decoded whole say, joined; null where all hold.</summary>
    public Problem? Mismatch { get; private set; }

    /// <summary>Bytes after the last member that are no gzip member.</summary>
    public ByteRange? Trailing { get; private set; }

    /// <summary>Compressed bytes used so far.</summary>
    public long InputOffset => inputStart + inputAt - (bitCount / 8);

    public Checkpoint Take()
    {
        int keep = Math.Min(Window, outputHeld);
        return new Checkpoint(End, (inputStart + inputAt) * 8 - bitCount, memberStart, output.AsSpan(outputHeld - keep, keep).ToArray());
    }

    public int CopyTo(long offset, Span<byte> target)
    {
        int within = (int)(offset - outputStart);
        int count = Math.Min(target.Length, outputHeld - within);
        output.AsSpan(within, count).CopyTo(target);
        return count;
    }

    /// <summary>Decodes on, until some more bytes are there, a block begins or the data end.</summary>
    /// <exception cref="MalformedDataException">The data do not decode; what was decoded before stays.</exception>
    /// <exception cref="UnreadableDataException">The source cannot be read.</exception>
    public void Advance()
    {
        if (outputHeld > OutputBytes - Window)
        {
            Slide();
        }

        int before = outputHeld;
        while (state != State.Ended)
        {
            switch (state)
            {
                case State.Member:
                    Member();
                    break;
                case State.Block:
                    if (outputHeld != before)
                    {
                        return;
                    }

                    Block();
                    break;
                case State.Stored:
                    Stored();
                    break;
                case State.Symbols:
                    Symbols();
                    break;
                case State.Copy:
                    Copy();
                    break;
                case State.Trailer:
                    Trailer();
                    break;
                default:
                    return;
            }

            if (outputHeld == OutputBytes)
            {
                return;
            }
        }
    }

    private void Slide()
    {
        Check();
        int drop = outputHeld - Window;
        output.AsSpan(drop, Window).CopyTo(output);
        outputStart += drop;
        outputHeld = Window;
    }

    /// <summary>Takes what was decoded since into the member's checksum.</summary>
    private void Check()
    {
        if (memberWhole)
        {
            memberChecksum = Crc32.Compute(output.AsSpan((int)(checkedTo - outputStart), (int)(End - checkedTo)), memberChecksum);
        }

        checkedTo = End;
    }

    private void Member()
    {
        // RFC 1952, 2.3.
        AlignToByte();
        long at = InputOffset;
        if (!TryByte(out int first))
        {
            if (at == 0)
            {
                throw Bad("gzip header", "10 bytes", "none");
            }

            state = State.Ended;
            return;
        }

        if (first != 0x1F || !TryByte(out int second) || second != 0x8B)
        {
            if (at == 0)
            {
                throw Bad("gzip identification", "1F 8B", $"{first:X2}");
            }

            Trailing = new ByteRange(at, source.Length - at);
            state = State.Ended;
            return;
        }

        int method = Byte("compression method");
        if (method != 8)
        {
            throw Bad("compression method", "8", $"{method}");
        }

        int flags = Byte("flags");
        for (int i = 0; i < 6; i++)
        {
            Byte("modification time");
        }

        if ((flags & 4) != 0)
        {
            int length = Byte("extra length") | (Byte("extra length") << 8);
            for (int i = 0; i < length; i++)
            {
                Byte("extra field");
            }
        }

        for (int text = (flags & 8) != 0 ? 1 : 0; text > 0;)
        {
            text = Byte("file name");
        }

        for (int text = (flags & 16) != 0 ? 1 : 0; text > 0;)
        {
            text = Byte("comment");
        }

        if ((flags & 2) != 0)
        {
            Byte("header CRC");
            Byte("header CRC");
        }

        Check();
        memberStart = End;
        memberChecksum = 0;
        memberWhole = true;
        lastBlock = false;
        state = State.Block;
    }

    private void Block()
    {
        if (lastBlock)
        {
            state = State.Trailer;
            return;
        }

        lastBlock = Bits(1) == 1;
        switch (Bits(2))
        {
            case 0:
                AlignToByte();
                int length = Byte("stored length") | (Byte("stored length") << 8);
                int complement = Byte("stored length complement") | (Byte("stored length complement") << 8);
                if ((length ^ 0xFFFF) != complement)
                {
                    throw Bad("stored length complement", $"{length ^ 0xFFFF:X4}", $"{complement:X4}");
                }

                storedLeft = length;
                state = State.Stored;
                break;
            case 1:
                lengths.AsSpan(0, 144).Fill(8);
                lengths.AsSpan(144, 112).Fill(9);
                lengths.AsSpan(256, 24).Fill(7);
                lengths.AsSpan(280, 8).Fill(8);
                literalBits = Build(lengths.AsSpan(0, 288), literals, "fixed codes");
                lengths.AsSpan(0, 30).Fill(5);
                distanceBits = Build(lengths.AsSpan(0, 30), distances, "fixed codes");
                state = State.Symbols;
                break;
            case 2:
                Dynamic();
                state = State.Symbols;
                break;
            default:
                throw Bad("block type", "0, 1 or 2", "3");
        }
    }

    private void Dynamic()
    {
        int literalCount = Bits(5) + 257, distanceCount = Bits(5) + 1, codeCount = Bits(4) + 4;
        if (literalCount > 286 || distanceCount > 30)
        {
            throw Bad("numbers of codes", "at most 286 and 30", $"{literalCount} and {distanceCount}");
        }

        Span<byte> codes = stackalloc byte[19];
        codes.Clear();
        for (int i = 0; i < codeCount; i++)
        {
            codes[CodeOrder[i]] = (byte)Bits(3);
        }

        int width = Build(codes, literals, "code length codes");
        Span<byte> all = lengths.AsSpan(0, literalCount + distanceCount);
        for (int i = 0; i < all.Length;)
        {
            int symbol = Symbol(literals, width);
            if (symbol < 16)
            {
                all[i++] = (byte)symbol;
                continue;
            }

            int repeat = symbol == 16 ? 3 + Bits(2) : symbol == 17 ? 3 + Bits(3) : 11 + Bits(7);
            if ((symbol == 16 && i == 0) || repeat > all.Length - i)
            {
                throw Bad("repeated code length", "a length before and room behind", $"{repeat} at {i} of {all.Length}");
            }

            all.Slice(i, repeat).Fill(symbol == 16 ? all[i - 1] : (byte)0);
            i += repeat;
        }

        if (all[256] == 0)
        {
            throw Bad("code lengths", "a code for the end of the block", "none");
        }

        literalBits = Build(all[..literalCount], literals, "literal codes");
        distanceBits = Build(all[literalCount..], distances, "distance codes");
    }

    /// <summary>
    /// A table over the next bits, as many as the longest code has: symbol in the upper part, length in the lowest four bits, 0 where no code
    /// begins like that. Codes that over-subscribe are refused; incomplete ones are let pass and refused where an absent code is met.
    /// </summary>
    private int Build(ReadOnlySpan<byte> codeLengths, uint[] table, string what)
    {
        Span<int> count = stackalloc int[MostBits + 1];
        Span<int> next = stackalloc int[MostBits + 1];
        count.Clear();
        int longest = 0;
        foreach (byte length in codeLengths)
        {
            count[length]++;
            longest = Math.Max(longest, length);
        }

        count[0] = 0;
        int code = 0;
        for (int length = 1; length <= MostBits; length++)
        {
            code = (code + count[length - 1]) << 1;
            next[length] = code;
            if (code + count[length] > 1 << length)
            {
                throw Bad(what, "no more codes than bits can tell apart", $"{count[length]} of length {length}");
            }
        }

        int width = Math.Max(1, longest);
        Span<uint> used = table.AsSpan(0, 1 << width);
        used.Clear();
        for (int symbol = 0; symbol < codeLengths.Length; symbol++)
        {
            int length = codeLengths[symbol];
            if (length == 0)
            {
                continue;
            }

            int reversed = Reverse(next[length]++, length);
            uint entry = ((uint)symbol << 4) | (uint)length;
            for (int at = reversed; at < used.Length; at += 1 << length)
            {
                used[at] = entry;
            }
        }

        return width;
    }

    private static int Reverse(int code, int length)
    {
        int reversed = 0;
        for (int i = 0; i < length; i++)
        {
            reversed = (reversed << 1) | (code & 1);
            code >>= 1;
        }

        return reversed;
    }

    private void Stored()
    {
        while (storedLeft > 0 && outputHeld < OutputBytes)
        {
            if (bitCount >= 8)
            {
                output[outputHeld++] = (byte)bits;
                Drop(8);
                storedLeft--;
                continue;
            }

            if (inputAt == inputHeld && !Fill())
            {
                throw Bad("stored block", $"{storedLeft} bytes more", "none");
            }

            int count = Math.Min(Math.Min(storedLeft, OutputBytes - outputHeld), inputHeld - inputAt);
            input.AsSpan(inputAt, count).CopyTo(output.AsSpan(outputHeld));
            inputAt += count;
            outputHeld += count;
            storedLeft -= count;
        }

        if (storedLeft == 0)
        {
            state = State.Block;
        }
    }

    private void Symbols()
    {
        uint literalMask = (1u << literalBits) - 1, distanceMask = (1u << distanceBits) - 1;
        uint[] literalTable = literals, distanceTable = distances;
        byte[] target = output;
        while (outputHeld < OutputBytes)
        {
            // A length and a distance with their extra bits take at most 48, so one filling of the register is enough for both.
            if (bitCount < 48)
            {
                Refill();
            }

            uint entry = literalTable[(uint)bits & literalMask];
            int used = (int)entry & 15;
            if (used == 0 || used > bitCount)
            {
                throw BadCode(used);
            }

            bits >>= used;
            bitCount -= used;
            int symbol = (int)(entry >> 4);
            if (symbol < 256)
            {
                target[outputHeld++] = (byte)symbol;
                continue;
            }

            if (symbol == 256)
            {
                state = State.Block;
                return;
            }

            if (symbol > 285)
            {
                throw Bad("length code", "at most 285", $"{symbol}");
            }

            int length = LengthBase[symbol - 257] + Extra(LengthExtra[symbol - 257]);
            entry = distanceTable[(uint)bits & distanceMask];
            used = (int)entry & 15;
            if (used == 0 || used > bitCount)
            {
                throw BadCode(used);
            }

            bits >>= used;
            bitCount -= used;
            symbol = (int)(entry >> 4);
            if (symbol > 29)
            {
                throw Bad("distance code", "at most 29", $"{symbol}");
            }

            int distance = DistanceBase[symbol] + Extra(DistanceExtra[symbol]);
            if (distance > End - memberStart)
            {
                throw Bad("distance", $"at most {End - memberStart}", $"{distance}");
            }

            if (length > OutputBytes - outputHeld)
            {
                (copyLeft, copyDistance) = (length, distance);
                state = State.Copy;
                return;
            }

            CopyBack(target, outputHeld, distance, length);
            outputHeld += length;
        }
    }

    private static void CopyBack(byte[] target, int at, int distance, int length)
    {
        int from = at - distance;
        if (distance >= length)
        {
            target.AsSpan(from, length).CopyTo(target.AsSpan(at));
        }
        else if (distance == 1)
        {
            target.AsSpan(at, length).Fill(target[from]);
        }
        else
        {
            for (int i = 0; i < length; i++)
            {
                target[at + i] = target[from + i];
            }
        }
    }

    private void Copy()
    {
        int count = Math.Min(copyLeft, OutputBytes - outputHeld);
        CopyBack(output, outputHeld, copyDistance, count);
        outputHeld += count;
        copyLeft -= count;
        if (copyLeft == 0)
        {
            state = State.Symbols;
        }
    }

    private void Trailer()
    {
        Check();
        AlignToByte();
        uint checksum = Word("CRC-32"), size = Word("size");
        if (memberWhole && Mismatch is null)
        {
            long length = End - memberStart;
            if (checksum != memberChecksum)
            {
                Mismatch = new Problem(ProblemKind.Mismatch, "gzip", $"the CRC-32 of its content is {memberChecksum:x8}, its trailer says {checksum:x8}", InputOffset - 8, 8);
            }
            else if (size != (uint)length)
            {
                Mismatch = new Problem(ProblemKind.Mismatch, "gzip", $"its content is {length:N0} bytes, its trailer says {size:N0} (modulo 2^32)", InputOffset - 4, 4);
            }
        }

        state = State.Member;
    }

    private uint Word(string field) => (uint)(Byte(field) | (Byte(field) << 8) | (Byte(field) << 16) | (Byte(field) << 24));

    private int Symbol(uint[] table, int width)
    {
        Refill();
        uint entry = table[(uint)bits & ((1u << width) - 1)];
        int used = (int)entry & 15;
        if (used == 0 || used > bitCount)
        {
            throw BadCode(used);
        }

        Drop(used);
        return (int)(entry >> 4);
    }

    private int Extra(int count)
    {
        if (count > bitCount)
        {
            throw Bad("extra bits", $"{count} bits", $"{bitCount}");
        }

        int value = (int)(bits & ((1u << count) - 1));
        bits >>= count;
        bitCount -= count;
        return value;
    }

    private int Bits(int count)
    {
        Need(count);
        int value = (int)(bits & ((1u << count) - 1));
        Drop(count);
        return value;
    }

    private void Need(int count)
    {
        if (bitCount < count)
        {
            Refill();
            if (bitCount < count)
            {
                throw Bad("compressed data", $"{count} bits", $"{bitCount}");
            }
        }
    }

    private void Drop(int count)
    {
        bits >>= count;
        bitCount -= count;
    }

    private void Refill()
    {
        if (inputHeld - inputAt >= 8)
        {
            // Whole bytes that fit above what is held.
            int count = (63 - bitCount) >> 3;
            bits |= BinaryPrimitives.ReadUInt64LittleEndian(input.AsSpan(inputAt)) << bitCount;
            inputAt += count;
            bitCount += count * 8;
            bits &= ulong.MaxValue >> (64 - bitCount);
            return;
        }

        while (bitCount <= 55)
        {
            if (inputAt == inputHeld && !Fill())
            {
                return;
            }

            bits |= (ulong)input[inputAt++] << bitCount;
            bitCount += 8;
        }
    }

    private bool Fill()
    {
        long at = inputStart + inputHeld;
        int got = source.ReadAt(at, input);
        inputStart = at;
        inputAt = 0;
        inputHeld = got;
        return got > 0;
    }

    private void AlignToByte() => Drop(bitCount % 8);

    private bool TryByte(out int value)
    {
        if (bitCount < 8)
        {
            Refill();
        }

        if (bitCount < 8)
        {
            value = 0;
            return false;
        }

        value = (int)(bits & 0xFF);
        Drop(8);
        return true;
    }

    private int Byte(string field) => TryByte(out int value) ? value : throw Bad(field, "a byte", "the end of the data");

    private MalformedDataException BadCode(int used) =>
        used == 0 ? Bad("code", "one that the block defines", "another") : Bad("compressed data", $"{used} bits", $"{bitCount}");

    private MalformedDataException Bad(string field, string need, string have) => new(field, InputOffset, need, have);
}

/// <summary>The start of a block: where it lies in the compressed data, and the content before it that the block may copy from.</summary>
/// <param name="OutputOffset">First byte that the block gives.</param>
/// <param name="InputBit">First bit of the block.</param>
/// <param name="MemberStart">Where the block's member began in the output.</param>
/// <param name="Window">Up to 32 KiB before <paramref name="OutputOffset"/>.</param>
internal sealed record Checkpoint(long OutputOffset, long InputBit, long MemberStart, byte[] Window);
