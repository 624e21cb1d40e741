using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Media.Pdq;

namespace Cairn.Media.Decoding;

/// <summary>
/// The bytes between the pool and a worker. A request is a header with its length before it, then the content; an answer is one block with
/// its length before it. All numbers are little-endian. Both sides hold every length against a limit: what a worker says is not trusted
/// more than the evidence that it read.
/// </summary>
internal static class PictureProtocol
{
    /// <summary>What a worker says first, so that another program in its place is noticed: "CPW" and the version.</summary>
    public const uint Hello = 0x01575043;

    /// <summary>Bytes of the length before a header or an answer.</summary>
    public const int LengthBytes = 4;

    /// <summary>Longest header.</summary>
    public const int HeaderLimit = 4096;

    /// <summary>Longest answer.</summary>
    public const int AnswerLimit = 4 << 20;

    private const int TextLimit = 500;

    /// <summary>The header of a request with its length before it.</summary>
    public static byte[] WriteHeader(string mime, PictureRequest request, PictureLimits limits, long contentLength)
    {
        Writer writer = new();
        writer.U64((ulong)contentLength);
        writer.Text(mime);
        writer.U8(request.Thumbnail);
        writer.U8(request.Frames);
        writer.I32(request.ThumbnailSide);
        writer.U64((ulong)limits.Time.Ticks);
        writer.U64((ulong)limits.Pixels);
        writer.U64((ulong)limits.Memory);
        writer.I32(limits.Frames);
        writer.I32(limits.SampledFrames);
        return writer.Take();
    }

    /// <summary>Reads a header without its length.</summary>
    public static (string Mime, PictureRequest Request, PictureLimits Limits, long ContentLength) ReadHeader(ReadOnlySpan<byte> header)
    {
        SpanReader r = new(header);
        long length = r.I64Le("content length");
        string mime = ReadText(ref r, "type");
        PictureRequest request = new() { Thumbnail = r.U8("thumbnail") != 0, Frames = r.U8("frames") != 0, ThumbnailSide = r.I32Le("side of the thumbnail") };
        PictureLimits limits = new()
        {
            Time = new TimeSpan(r.I64Le("time")),
            Pixels = r.I64Le("pixels"),
            Memory = r.I64Le("memory"),
            Frames = r.I32Le("frames"),
            SampledFrames = r.I32Le("sampled frames"),
        };
        return (mime, request, limits, length);
    }

    /// <summary>An answer with its length before it.</summary>
    public static byte[] WriteAnswer(PictureResult result)
    {
        Writer writer = new();
        writer.U8((byte)result.Status);
        writer.Text(result.Reason);
        writer.Text(result.Format);
        writer.Text(result.HashMethod);
        writer.I32(result.Width);
        writer.I32(result.Height);
        writer.I32(result.Orientation);
        writer.I32(result.FrameCount);
        writer.U8(result.Hash is not null);
        if (result.Hash is not null)
        {
            writer.I32(result.Quality);
            for (int i = 0; i < PdqOrientations.Count; i++)
            {
                writer.Bytes(result.Orientations[i].ToBytes());
            }
        }

        writer.I32(result.Frames.Count);
        foreach (PictureFrame frame in result.Frames)
        {
            writer.I32(frame.Index);
            writer.I32(frame.Quality);
            writer.Bytes(frame.Hash.ToBytes());
        }

        writer.I32(result.Thumbnail.Length);
        writer.Bytes(result.Thumbnail.Span);
        return writer.Take();
    }

    /// <summary>Reads an answer without its length.</summary>
    /// <exception cref="MalformedDataException">Not an answer.</exception>
    public static PictureResult ReadAnswer(ReadOnlySpan<byte> answer)
    {
        SpanReader r = new(answer);
        PictureStatus status = (PictureStatus)Number(r.U8("status"), (int)PictureStatus.Malformed, "status");
        string reason = ReadText(ref r, "reason"), format = ReadText(ref r, "format"), method = ReadText(ref r, "method");
        int width = Number(r.I32Le("width"), int.MaxValue, "width"), height = Number(r.I32Le("height"), int.MaxValue, "height");
        int orientation = Number(r.I32Le("orientation"), 8, "orientation"), frameCount = Number(r.I32Le("frame count"), int.MaxValue, "frame count");
        PdqOrientations orientations = default;
        PdqHash? hash = null;
        int quality = 0;
        if (r.U8("hash") != 0)
        {
            quality = Number(r.I32Le("quality"), 100, "quality");
            for (int i = 0; i < PdqOrientations.Count; i++)
            {
                orientations[i] = PdqHash.FromBytes(r.Bytes(PdqHash.ByteLength, "hash"));
            }

            hash = orientations[0];
        }

        PictureFrame[] frames = new PictureFrame[Number(r.I32Le("frames"), r.Remaining / PdqHash.ByteLength, "frames")];
        for (int i = 0; i < frames.Length; i++)
        {
            int index = Number(r.I32Le("index of a frame"), int.MaxValue, "index of a frame"), frameQuality = Number(r.I32Le("quality"), 100, "quality");
            frames[i] = new PictureFrame(index, PdqHash.FromBytes(r.Bytes(PdqHash.ByteLength, "hash of a frame")), frameQuality);
        }

        byte[] thumbnail = r.Bytes(Number(r.I32Le("thumbnail"), r.Remaining, "thumbnail"), "thumbnail").ToArray();
        return new PictureResult
        {
            Status = status,
            Reason = reason,
            Format = format,
            HashMethod = method,
            Width = width,
            Height = height,
            Orientation = Math.Max(1, orientation),
            FrameCount = frameCount,
            Frames = frames,
            Hash = hash,
            Quality = quality,
            Orientations = orientations,
            Thumbnail = thumbnail,
        };
    }

    /// <summary>Text of a decoder or of evidence, in one line of bounded length without control characters.</summary>
    public static string OneLine(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan(0, Math.Min(text.Length, 4 * TextLimit));
        StringBuilder line = new();
        foreach (char each in start)
        {
            bool plain = each is >= ' ' and not '\x7F' && !char.IsControl(each) && !char.IsSurrogate(each);
            if (plain && (each != ' ' || (line.Length > 0 && line[^1] != ' ')))
            {
                line.Append(each);
            }
            else if (!plain && line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }

            if (line.Length == TextLimit)
            {
                break;
            }
        }

        return line.ToString().TrimEnd(' ', '.');
    }

    private static int Number(int value, int limit, string field) =>
        (uint)value <= (uint)limit ? value : throw new MalformedDataException(field, 0, $"0 to {limit}", $"{value}");

    private static string ReadText(ref SpanReader r, string field)
    {
        int length = r.U16Le(field);
        return OneLine(Encoding.UTF8.GetString(r.Bytes(length, field)));
    }

    /// <summary>Puts a block together; the first four bytes become its length.</summary>
    private sealed class Writer
    {
        private readonly ArrayBufferWriter<byte> bytes = new();

        public Writer() => I32(0);

        public void U8(byte value) => Bytes([value]);

        public void U8(bool value) => U8(value ? (byte)1 : (byte)0);

        public void I32(int value)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), value);
            bytes.Advance(sizeof(int));
        }

        public void U64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.GetSpan(sizeof(ulong)), value);
            bytes.Advance(sizeof(ulong));
        }

        public void Text(string text)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(OneLine(text));
            Bytes([(byte)utf8.Length, (byte)(utf8.Length >> 8)]);
            Bytes(utf8);
        }

        public void Bytes(ReadOnlySpan<byte> value) => bytes.Write(value);

        public byte[] Take()
        {
            byte[] block = bytes.WrittenSpan.ToArray();
            BinaryPrimitives.WriteInt32LittleEndian(block, block.Length - LengthBytes);
            return block;
        }
    }
}
