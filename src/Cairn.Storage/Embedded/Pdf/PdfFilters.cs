using System.IO.Compression;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Pdf;

/// <summary>zlib data that say when they are cut short: the system's decoder takes the end of its input for the end of the content.</summary>
internal sealed class FlateStream : ForwardStream
{
    private readonly Watched input;
    private readonly ZLibStream decoder;
    private long position;

    public FlateStream(Stream input)
    {
        this.input = new Watched(input);
        decoder = new ZLibStream(this.input, CompressionMode.Decompress);
    }

    public override int Read(Span<byte> buffer)
    {
        int got = decoder.Read(buffer);
        position += got;
        return got == 0 && buffer.Length > 0 && input.Ended ? throw new MalformedDataException("zlib data", position, "an end mark", "the end of the stream") : got;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoder.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed class Watched(Stream inner) : ForwardStream
    {
        /// <summary>The decoder asked for more than there was.</summary>
        public bool Ended { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            int got = inner.Read(buffer);
            Ended |= got == 0 && buffer.Length > 0;
            return got;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>LZW of PDF (7.4.4): codes of 9 to 12 bits, highest first, 256 clears, 257 ends.</summary>
internal sealed class LzwStream(Stream input, bool early) : ForwardStream
{
    private readonly short[] prefix = new short[4096];
    private readonly byte[] last = new byte[4096];
    private readonly byte[] stack = new byte[4097];
    private readonly byte[] block = new byte[4096];
    private int held;
    private int at;
    private uint bits;
    private int bitCount;
    private int width = 9;
    private int next = 258;
    private int before = -1;
    private byte firstOfBefore;
    private int pending;
    private bool ended;

    public override int Read(Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            if (pending > 0)
            {
                buffer[done++] = stack[--pending];
                continue;
            }

            if (ended || !Code())
            {
                break;
            }
        }

        return done;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Code()
    {
        while (bitCount < width)
        {
            if (at == held)
            {
                held = input.Read(block);
                at = 0;
                if (held == 0)
                {
                    ended = true;
                    return false;
                }
            }

            bits = (bits << 8) | block[at++];
            bitCount += 8;
        }

        bitCount -= width;
        int code = (int)(bits >> bitCount) & ((1 << width) - 1);
        if (code == 257)
        {
            ended = true;
            return false;
        }

        if (code == 256)
        {
            (width, next, before) = (9, 258, -1);
            return true;
        }

        if (code > next || (code == next && before < 0))
        {
            throw new MalformedDataException("LZW code", 0, $"at most {next}", $"{code}");
        }

        int walk = code;
        if (code == next)
        {
            stack[pending++] = firstOfBefore;
            walk = before;
        }

        while (walk >= 258)
        {
            stack[pending++] = last[walk];
            walk = prefix[walk];
        }

        stack[pending++] = (byte)walk;
        if (before >= 0 && next < 4096)
        {
            (prefix[next], last[next]) = ((short)before, (byte)walk);
            next++;
        }

        (before, firstOfBefore) = (code, (byte)walk);
        int edge = next + (early ? 1 : 0);
        width = edge >= 2048 ? 12 : edge >= 1024 ? 11 : edge >= 512 ? 10 : 9;
        return true;
    }
}

/// <summary>ASCII85 (7.4.3), ASCIIHex (7.4.2) and run lengths (7.4.5).</summary>
internal sealed class TextFilterStream(Stream input, string kind) : ForwardStream
{
    private readonly byte[] block = new byte[4096];
    private readonly Queue<byte> pending = new();
    private int held;
    private int at;
    private bool ended;

    public override int Read(Span<byte> buffer)
    {
        while (pending.Count == 0 && !ended)
        {
            Step();
        }

        int done = 0;
        while (done < buffer.Length && pending.TryDequeue(out byte b))
        {
            buffer[done++] = b;
        }

        return done;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Next()
    {
        if (at == held)
        {
            held = input.Read(block);
            at = 0;
        }

        return held == 0 ? -1 : block[at++];
    }

    private void Step()
    {
        switch (kind)
        {
            case "ASCII85Decode":
                Five();
                break;
            case "ASCIIHexDecode":
                int high = Digit(), low = high < 0 ? -1 : Digit();
                ended = high < 0 || low < 0;
                if (high >= 0)
                {
                    pending.Enqueue((byte)((high << 4) | Math.Max(0, low)));
                }

                break;
            default:
                int length = Next();
                if (length is < 0 or 128)
                {
                    ended = true;
                    break;
                }

                int value = length > 128 ? Next() : 0;
                for (int i = 0; i < (length < 128 ? length + 1 : 257 - length); i++)
                {
                    int b = length < 128 ? Next() : value;
                    if (b < 0)
                    {
                        ended = true;
                        break;
                    }

                    pending.Enqueue((byte)b);
                }

                break;
        }
    }

    private int Digit()
    {
        int b;
        while ((b = Next()) is >= 0 and not '>')
        {
            if (HexDigits.Value(b) is int digit and >= 0)
            {
                return digit;
            }
        }

        return -1;
    }

    private void Five()
    {
        ulong value = 0;
        int count = 0;
        while (count < 5)
        {
            int b = Next();
            if (b is < 0 or '~')
            {
                ended = true;
                break;
            }

            if (b == 'z' && count == 0)
            {
                for (int i = 0; i < 4; i++)
                {
                    pending.Enqueue(0);
                }

                return;
            }

            if (b is >= '!' and <= 'u')
            {
                value = (value * 85) + (ulong)(b - '!');
                count++;
            }
        }

        for (int i = count; i < 5; i++)
        {
            value = (value * 85) + 84;
        }

        for (int i = 0; i < count - 1; i++)
        {
            pending.Enqueue((byte)(value >> (24 - (8 * i))));
        }
    }
}

/// <summary>Undoes the predictors of Flate and LZW (7.4.4.4): PNG's by row, TIFF's for samples of 8 bits.</summary>
internal sealed class PredictorStream : ForwardStream
{
    private readonly Stream input;
    private readonly bool isPng;
    private readonly int pixel;
    private byte[] row;
    private byte[] above;
    private int at;
    private int held;

    public PredictorStream(Stream input, int predictor, int colours, int bits, int columns)
    {
        this.input = input;
        isPng = predictor >= 10;
        pixel = Math.Max(1, colours * bits / 8);
        int bytes = (int)((((long)colours * bits * columns) + 7) / 8);
        (row, above) = (new byte[bytes], new byte[bytes]);
    }

    public override int Read(Span<byte> buffer)
    {
        if (at == held && !Row())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, held - at);
        row.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            input.Dispose();
        }

        base.Dispose(disposing);
    }

    private bool Row()
    {
        (row, above) = (above, row);
        int kind = 2;
        if (isPng)
        {
            Span<byte> first = stackalloc byte[1];
            if (input.Read(first) == 0)
            {
                return false;
            }

            kind = first[0];
        }

        (at, held) = (0, input.ReadAtLeast(row, row.Length, throwOnEndOfStream: false));
        if (!isPng)
        {
            for (int i = pixel; i < held; i++)
            {
                row[i] += row[i - pixel];
            }

            return held > 0;
        }

        for (int i = 0; i < held; i++)
        {
            int left = i >= pixel ? row[i - pixel] : 0, up = above[i], corner = i >= pixel ? above[i - pixel] : 0;
            row[i] += kind switch
            {
                1 => (byte)left,
                2 => (byte)up,
                3 => (byte)((left + up) / 2),
                4 => (byte)Paeth(left, up, corner),
                _ => 0,
            };
        }

        return held > 0;
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner, a = Math.Abs(estimate - left), b = Math.Abs(estimate - up), c = Math.Abs(estimate - corner);
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}

/// <summary>A header of Netpbm in front of samples, which makes a picture of them that any program reads.</summary>
internal sealed class PrefixedStream(byte[] prefix, Stream inner) : ForwardStream
{
    private int at;

    public override int Read(Span<byte> buffer)
    {
        if (at == prefix.Length)
        {
            return inner.Read(buffer);
        }

        int count = Math.Min(buffer.Length, prefix.Length - at);
        prefix.AsSpan(at, count).CopyTo(buffer);
        at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
