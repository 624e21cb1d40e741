using System.Text;

namespace Cairn.Known.Import;

/// <summary>The bytes of a text file as UTF-8 in large pieces, whatever encoding its byte order mark says.</summary>
internal sealed class TextSource
{
    private readonly FileStream file;
    private readonly Stream stream;
    private readonly byte[] buffer = new byte[1 << 18];
    private int at;
    private int filled;

    public TextSource(FileStream file)
    {
        this.file = file;
        file.Position = 0;
        Span<byte> mark = stackalloc byte[3];
        int got = file.ReadAtLeast(mark, 3, throwOnEndOfStream: false);
        mark = mark[..got];
        if (mark.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || mark.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            file.Position = 2;
            stream = Encoding.CreateTranscodingStream(file, mark[0] == 0xFF ? Encoding.Unicode : Encoding.BigEndianUnicode, Encoding.UTF8, leaveOpen: true);
            return;
        }

        file.Position = mark.SequenceEqual((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
        stream = file;
    }

    public string Name => file.Name;

    public long Done => file.Position;

    public long Total => file.Length;

    /// <summary>The next byte, or -1 at the end.</summary>
    public int Next() => at < filled || Fill() ? buffer[at++] : -1;

    /// <summary>The next byte without taking it, or -1 at the end.</summary>
    public int Peek() => at < filled || Fill() ? buffer[at] : -1;

    /// <summary>What lies in the buffer up to a byte of <paramref name="stop"/>, which is not taken; empty where the next byte is one.</summary>
    public ReadOnlySpan<byte> Until(ReadOnlySpan<byte> stop)
    {
        if (at == filled && !Fill())
        {
            return default;
        }

        ReadOnlySpan<byte> rest = buffer.AsSpan(at, filled - at);
        int end = rest.IndexOfAny(stop);
        rest = end < 0 ? rest : rest[..end];
        at += rest.Length;
        return rest;
    }

    /// <summary>Copies what lies in the buffer without taking it.</summary>
    public int PeekMany(Span<byte> target)
    {
        if (at == filled && !Fill())
        {
            return 0;
        }

        int count = Math.Min(target.Length, filled - at);
        buffer.AsSpan(at, count).CopyTo(target);
        return count;
    }

    /// <summary>The next bytes, as many as there are and fit; 0 at the end.</summary>
    public int Read(Span<byte> target)
    {
        if (at == filled && !Fill())
        {
            return 0;
        }

        int count = PeekMany(target);
        at += count;
        return count;
    }

    /// <summary>
    /// Takes the next line into <paramref name="line"/> without its line feed; its length, or -1 at the end. <paramref name="number"/> is that of
    /// the line, for the message.
    /// </summary>
    /// <exception cref="KnownSetException">It is longer than <paramref name="line"/>.</exception>
    public int Line(byte[] line, long number)
    {
        if (Peek() < 0)
        {
            return -1;
        }

        int length = 0;
        while (true)
        {
            ReadOnlySpan<byte> part = Until("\n"u8);
            if (part.Length > line.Length - length)
            {
                throw new KnownSetException($"{Name} line {number}: it is longer than {line.Length:N0} bytes");
            }

            part.CopyTo(line.AsSpan(length));
            length += part.Length;
            if (Peek() is -1 or '\n')
            {
                Next();
                return length;
            }
        }
    }

    private bool Fill()
    {
        at = 0;
        filled = stream.Read(buffer);
        return filled > 0;
    }
}
