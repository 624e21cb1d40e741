using Cairn.Core;

namespace Cairn.Storage.Embedded.Mail;

/// <summary>Base64 (RFC 2045 6.8): what is no letter of it is passed over, as the standard asks; padding ends a piece, not the content.</summary>
internal sealed class Base64Stream : ForwardStream
{
    private readonly ByteReader reader;
    private readonly long end;
    private int bits;
    private int held;

    public Base64Stream(IByteSource source, long start, long end)
    {
        reader = new ByteReader(source);
        reader.Skip(start);
        this.end = end;
    }

    public override int Read(Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length && reader.Position < end && reader.Next() is int b and >= 0)
        {
            int value = b switch
            {
                >= 'A' and <= 'Z' => b - 'A',
                >= 'a' and <= 'z' => b - 'a' + 26,
                >= '0' and <= '9' => b - '0' + 52,
                '+' or '-' => 62,
                '/' or '_' => 63,
                _ => -1,
            };
            if (b == '=')
            {
                (bits, held) = (0, 0);
                continue;
            }

            if (value < 0)
            {
                continue;
            }

            bits = (bits << 6) | value;
            held += 6;
            if (held >= 8)
            {
                held -= 8;
                buffer[done++] = (byte)(bits >> held);
                bits &= (1 << held) - 1;
            }
        }

        return done;
    }
}

/// <summary>An encoding that is decoded line by line.</summary>
internal abstract class LineDecoder : ForwardStream
{
    private readonly LineReader lines;
    private readonly Queue<byte> pending = new();
    private bool ended;

    protected LineDecoder(IByteSource source, long start, long end) => lines = new LineReader(source, start, end);

    public override int Read(Span<byte> buffer)
    {
        while (pending.Count == 0 && !ended)
        {
            if (lines.Next())
            {
                Decode(lines);
            }
            else
            {
                End();
            }
        }

        int done = 0;
        while (done < buffer.Length && pending.TryDequeue(out byte b))
        {
            buffer[done++] = b;
        }

        return done;
    }

    /// <summary>Decodes the line that <paramref name="lines"/> is at.</summary>
    protected abstract void Decode(LineReader lines);

    /// <summary>Adds one byte to the content.</summary>
    protected void Give(byte decoded) => pending.Enqueue(decoded);

    /// <summary>The content ends here, whatever lines follow.</summary>
    protected void End() => ended = true;
}

/// <summary>Quoted-printable (RFC 2045 6.7).</summary>
internal sealed class QuotedPrintableStream(IByteSource source, long start, long end) : LineDecoder(source, start, end)
{
    protected override void Decode(LineReader lines)
    {
        ReadOnlySpan<byte> line = lines.Line;
        long breakBytes = lines.End - lines.Start - line.Length;

        // White space at a line's end was added on the way.
        ReadOnlySpan<byte> text = breakBytes > 0 ? line.TrimEnd(" \t"u8) : line;
        bool isSoft = text.Length > 0 && text[^1] == '=';
        text = isSoft ? text[..^1] : text;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length && HexDigits.Pair(text[i + 1], text[i + 2]) is int escaped and >= 0)
            {
                Give((byte)escaped);
                i += 2;
            }
            else
            {
                Give(text[i]);
            }
        }

        if (!isSoft && breakBytes is 1 or 2)
        {
            if (breakBytes == 2)
            {
                Give((byte)'\r');
            }

            Give((byte)'\n');
        }
    }
}

/// <summary>uuencode: from the line "begin" to the line "end".</summary>
internal sealed class UuencodeStream(IByteSource source, long start, long end) : LineDecoder(source, start, end)
{
    private bool begun;

    protected override void Decode(LineReader lines)
    {
        ReadOnlySpan<byte> line = lines.Line;
        if (!begun)
        {
            begun = line.StartsWith("begin "u8);
            return;
        }

        if (line.StartsWith("end"u8))
        {
            End();
            return;
        }

        int count = line.Length == 0 ? 0 : (line[0] - 32) & 63;
        for (int i = 1; count > 0 && i < line.Length; i += 4)
        {
            int bits = 0;
            for (int j = 0; j < 4; j++)
            {
                bits = (bits << 6) | (i + j < line.Length ? (line[i + j] - 32) & 63 : 0);
            }

            for (int j = 2; j >= 0 && count > 0; j--, count--)
            {
                Give((byte)(bits >> (8 * j)));
            }
        }
    }
}
