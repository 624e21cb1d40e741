using System.Buffers.Binary;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.Media.Pdq;

namespace Cairn.Media.Worker;

/// <summary>
/// The frames of an animated PNG, which neither library reads: each frame is put into a PNG of its own, decoded, and laid on the canvas
/// as its control chunk says. Source: PNG specification, third edition, 11.3.4 and 13.
/// </summary>
internal sealed class AnimatedPng
{
    /// <summary>Largest canvas that is held, in pixels of four bytes.</summary>
    private const long CanvasPixels = 16_000_000;

    private const int Signature = 8;
    private const int ChunkFrame = 12;

    private static readonly uint[] CrcTable = MakeCrcTable();

    private readonly List<Frame> frames = [];
    private readonly List<Range> shared = [];
    private byte[] header = [];
    private int width;
    private int height;
    private string? damage;

    private AnimatedPng()
    {
    }

    /// <summary>The animation in a PNG; null where it is a still picture.</summary>
    public static AnimatedPng? Find(ReadOnlySpan<byte> content)
    {
        AnimatedPng animation = new();
        return animation.Read(content) ? animation : null;
    }

    /// <summary>Adds count and hashes of the frames to <paramref name="result"/>, which is of the still picture.</summary>
    public PictureResult AddFrames(PictureResult result, ReadOnlySpan<byte> content, PictureLimits limits)
    {
        string? cut = damage;
        List<PictureFrame> hashes = [];
        if ((long)width * height > CanvasPixels)
        {
            cut = $"frames of {width} x {height} pixels are not sampled: more than the limit of {CanvasPixels}";
        }
        else
        {
            int reachable = Math.Min(frames.Count, limits.Frames);
            cut ??= reachable < frames.Count ? $"frames are sampled from the first {reachable} of {frames.Count}" : null;
            HashSet<int> wanted = [.. PictureDecoder.SampledFrames(reachable, limits.SampledFrames)];
            byte[] canvas = new byte[width * height * 4];
            byte[] before = [];
            long start = Environment.TickCount64;
            for (int i = 0; i < reachable; i++)
            {
                if (Environment.TickCount64 - start > limits.Time.TotalMilliseconds / 3)
                {
                    cut = $"frames after {i} of {frames.Count} were not looked at: they take too long";
                    break;
                }

                Frame frame = frames[i];
                try
                {
                    byte[] pixels = VipsPictures.ReadRgba(Wrap(content, frame), frame.Width, frame.Height, limits);
                    before = frame.Dispose == 2 ? [.. canvas] : before;
                    Lay(pixels, frame, canvas);
                }
                catch (DecodingException error)
                {
                    cut ??= $"frame {i} of {frames.Count}: {error.Message}";
                    continue;
                }

                if (wanted.Contains(i))
                {
                    PdqResult hash = PdqHasher.Hash(canvas, width, height, width * 4, PixelLayout.Rgba);
                    hashes.Add(new PictureFrame(i, hash.Hash, hash.Quality));
                }

                // What the next frame finds: 0 leaves all, 1 clears the frame's part, 2 puts back what was there.
                if (frame.Dispose == 1)
                {
                    Clear(frame, canvas);
                }
                else if (frame.Dispose == 2)
                {
                    (canvas, before) = (before, canvas);
                }
            }
        }

        return result with
        {
            FrameCount = frames.Count,
            Frames = hashes,
            Status = cut is null ? result.Status : PictureStatus.Partial,
            Reason = result.Reason.Length == 0 ? cut ?? "" : result.Reason,
        };
    }

    /// <summary>Chunks in the order of the file; a frame has a control chunk and then its data.</summary>
    private bool Read(ReadOnlySpan<byte> content)
    {
        bool isAnimated = false, pictureSeen = false;
        Frame? current = null;
        int at = Signature;
        while (at <= content.Length - ChunkFrame)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(content[at..]);
            if (length > content.Length - at - ChunkFrame)
            {
                damage = isAnimated ? "the animation is cut off" : null;
                break;
            }

            ReadOnlySpan<byte> type = content.Slice(at + 4, 4);
            ReadOnlySpan<byte> data = content.Slice(at + 8, (int)length);
            Range place = (at + 8)..(at + 8 + (int)length);
            if (type.SequenceEqual("IHDR"u8) && data.Length == 13)
            {
                header = data.ToArray();
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(data), BinaryPrimitives.ReadInt32BigEndian(data[4..]));
                if (width < 1 || height < 1)
                {
                    return false;
                }
            }
            else if (type.SequenceEqual("acTL"u8))
            {
                // Only before the picture, else the file is a still one for every reader.
                isAnimated |= !pictureSeen;
            }
            else if (type.SequenceEqual("fcTL"u8) && data.Length == 26)
            {
                current = new Frame(data);
                if (!current.IsWithin(width, height))
                {
                    damage ??= "a frame lies outside of the picture";
                    current = null;
                }
                else
                {
                    frames.Add(current);
                }
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                // Without a control chunk before it the picture is not part of the animation.
                pictureSeen = true;
                current?.Data.Add(place);
            }
            else if (type.SequenceEqual("fdAT"u8) && data.Length >= 4)
            {
                current?.Data.Add((place.Start.Value + 4)..place.End);
            }
            else if (type.SequenceEqual("PLTE"u8) || type.SequenceEqual("tRNS"u8))
            {
                shared.Add(at..(at + ChunkFrame + (int)length));
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }

            at += ChunkFrame + (int)length;
        }

        frames.RemoveAll(f => f.Data.Count == 0);
        return isAnimated && header.Length > 0 && frames.Count > 0;
    }

    /// <summary>A frame as a PNG of its own.</summary>
    private byte[] Wrap(ReadOnlySpan<byte> content, Frame frame)
    {
        using MemoryStream png = new();
        png.Write(content[..Signature]);
        byte[] own = [.. header];
        BinaryPrimitives.WriteInt32BigEndian(own, frame.Width);
        BinaryPrimitives.WriteInt32BigEndian(own.AsSpan(4), frame.Height);
        WriteChunk(png, "IHDR"u8, own);
        foreach (Range chunk in shared)
        {
            png.Write(content[chunk]);
        }

        foreach (Range data in frame.Data)
        {
            WriteChunk(png, "IDAT"u8, content[data]);
        }

        WriteChunk(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void WriteChunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        png.Write(number);
    }

    private void Lay(ReadOnlySpan<byte> pixels, Frame frame, Span<byte> canvas)
    {
        for (int y = 0; y < frame.Height; y++)
        {
            ReadOnlySpan<byte> source = pixels.Slice(y * frame.Width * 4, frame.Width * 4);
            Span<byte> target = canvas.Slice((((frame.Y + y) * width) + frame.X) * 4, frame.Width * 4);
            if (frame.Blend == 0)
            {
                source.CopyTo(target);
                continue;
            }

            for (int x = 0; x < source.Length; x += 4)
            {
                Over(source.Slice(x, 4), target.Slice(x, 4));
            }
        }
    }

    /// <summary>13.16 of the specification: colours not multiplied by their alpha.</summary>
    private static void Over(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int above = source[3] * 255, below = (255 - source[3]) * target[3], alpha = above + below;
        if (alpha == 0)
        {
            return;
        }

        for (int c = 0; c < 3; c++)
        {
            target[c] = (byte)(((source[c] * above) + (target[c] * below) + (alpha / 2)) / alpha);
        }

        target[3] = (byte)((alpha + 127) / 255);
    }

    private void Clear(Frame frame, Span<byte> canvas)
    {
        for (int y = 0; y < frame.Height; y++)
        {
            canvas.Slice((((frame.Y + y) * width) + frame.X) * 4, frame.Width * 4).Clear();
        }
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte each in data)
        {
            crc = CrcTable[(byte)(crc ^ each)] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint[] MakeCrcTable()
    {
        uint[] table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint value = i;
            for (int bit = 0; bit < 8; bit++)
            {
                value = (value & 1) != 0 ? 0xEDB88320 ^ (value >> 1) : value >> 1;
            }

            table[i] = value;
        }

        return table;
    }

    /// <summary>A control chunk and where the frame's data lies.</summary>
    private sealed class Frame
    {
        public Frame(ReadOnlySpan<byte> control)
        {
            Width = BinaryPrimitives.ReadInt32BigEndian(control[4..]);
            Height = BinaryPrimitives.ReadInt32BigEndian(control[8..]);
            X = BinaryPrimitives.ReadInt32BigEndian(control[12..]);
            Y = BinaryPrimitives.ReadInt32BigEndian(control[16..]);
            Dispose = control[24];
            Blend = control[25];
        }

        public int Width { get; }

        public int Height { get; }

        public int X { get; }

        public int Y { get; }

        public byte Dispose { get; }

        public byte Blend { get; }

        public List<Range> Data { get; } = [];

        public bool IsWithin(int width, int height) =>
            Width > 0 && Height > 0 && X >= 0 && Y >= 0 && (long)X + Width <= width && (long)Y + Height <= height;
    }
}
