using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical;
using Cairn.Storage.Logical.Tar;
using SharpCompress.Compressors.BZip2;
using SharpCompress.Compressors.Xz;
using ZstdStream = SharpCompress.Compressors.ZStandard.DecompressionStream;

namespace Cairn.Storage.Embedded.Compressed;

/// <summary>One file compressed as it is: gzip, bzip2, xz, Zstandard. Gives the one member that it holds.</summary>
internal sealed class CompressedEmbedded : IEmbeddedFormat
{
    /// <summary>Bytes of history that a decoder may be made to keep.</summary>
    private const long LargestDictionary = 256L << 20;

    /// <summary>What libzstd takes without being told otherwise.</summary>
    private const long LargestWindow = 128L << 20;

    private const int LongestName = 4096;

    public FormatDescription Description { get; } = new("compressed", "gzip, bzip2, xz, Zstandard", "RFC 1951, RFC 1952; bzip2 1.0.8; the .xz file format 1.2.0; RFC 8878");

    public IReadOnlyList<string> ContentTypes { get; } = ["application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd"];

    public ProbeResult Probe(IByteSource content) => KindOf(EmbeddedProbe.Start(content, 18)) switch
    {
        Kind.Gzip => ProbeResult.Yes("gzip with deflate"),
        Kind.Bzip2 => ProbeResult.Yes("a bzip2 header before a block"),
        Kind.Xz => ProbeResult.Yes("an xz header"),
        Kind.Zstd => ProbeResult.Yes("a Zstandard frame"),
        _ => ProbeResult.No("no header of a compression"),
    };

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        byte[] head = new byte[64 << 10];
        head = head[..content.ReadAt(0, head)];
        Kind kind = KindOf(head);
        Expansion expansion = new(content, limits, receiver, cancel);
        EmbeddedMember member = new() { Ordinal = 0, Path = "content", Kind = EmbeddedKind.Member };
        switch (kind)
        {
            case Kind.Gzip:
                expansion.Give(GzipHeader(member, head), () => new GzipStream(content));
                break;
            case Kind.Bzip2:
                expansion.Give(member, () => new Bzip2Reading(content));
                break;
            case Kind.Xz:
                if (XzDictionary.Largest(content) is long dictionary && dictionary > LargestDictionary)
                {
                    Refuse(dictionary, LargestDictionary);
                    expansion.Give(member);
                    break;
                }

                expansion.Give(member, () => new XZStream(new ReadingStream(content)));
                break;
            case Kind.Zstd:
                if (Window(head) is long window && window > LargestWindow)
                {
                    Refuse(window, LargestWindow);
                    expansion.Give(member);
                    break;
                }

                expansion.Give(member, () => new ZstdStream(new ReadingStream(content), 64 << 10, true, false));
                break;
            default:
                throw new MalformedDataException("signature", 0, "gzip, bzip2, xz or Zstandard", "something else");
        }

        void Refuse(long asked, long most) =>
            expansion.Report(new Problem(ProblemKind.LimitReached, "header", $"decoding asks for a dictionary of {asked:N0} bytes, more than {most:N0}; the content is left out"));
    }

    private static Kind KindOf(ReadOnlySpan<byte> head)
    {
        if (head.Length >= 10 && head[0] == 0x1F && head[1] == 0x8B && head[2] == 8)
        {
            return Kind.Gzip;
        }

        // bzip2: "BZh", the block size, then the first block (pi) or the end (the root of pi) of an empty file.
        if (head.Length >= 10 && head.StartsWith("BZh"u8) && head[3] is >= (byte)'1' and <= (byte)'9'
            && (head[4..10].SequenceEqual((ReadOnlySpan<byte>)[0x31, 0x41, 0x59, 0x26, 0x53, 0x59]) || head[4..10].SequenceEqual((ReadOnlySpan<byte>)[0x17, 0x72, 0x45, 0x38, 0x50, 0x90])))
        {
            return Kind.Bzip2;
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]))
        {
            return Kind.Xz;
        }

        // RFC 8878, 3.1.2: skippable frames may come first.
        return head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) || (head.Length >= 8 && (head[0] & 0xF0) == 0x50 && head[1] == 0x2A && head[2] == 0x4D && head[3] == 0x18) ? Kind.Zstd : Kind.None;
    }

    /// <summary>RFC 1952, 2.3: the name and the time of the first member.</summary>
    private static EmbeddedMember GzipHeader(EmbeddedMember member, ReadOnlySpan<byte> head)
    {
        SpanReader reader = new(head);
        try
        {
            reader.Skip(3, "identification");
            int flags = reader.U8("flags");
            uint modified = reader.U32Le("modification time");
            member = member with { Times = new EntryTimes(modified == 0 ? EvidenceTime.None : new EvidenceTime(modified, TimeKind.UnixSeconds), default, default, default) };
            reader.Skip(2, "extra flags, system");
            if ((flags & 4) != 0)
            {
                reader.Skip(reader.U16Le("extra length"), "extra field");
            }

            if ((flags & 8) == 0)
            {
                return member;
            }

            ReadOnlySpan<byte> rest = head[reader.Position..];
            int end = rest.IndexOf((byte)0);
            if (end is <= 0 or > LongestName)
            {
                return member;
            }

            // RFC 1952 asks for Latin-1; most writers give the bytes of the file's name, which are UTF-8 today.
            byte[] name = rest[..end].ToArray();
            (string text, byte[]? raw) = TarHeader.Decode(name);
            string path = ArchivePath.Normalise(text, [], out bool altered);
            return member with
            {
                Path = path,
                NameBytes = raw,
                Attributes = altered ? new Dictionary<string, string> { [ArchivePath.StoredName] = text } : null,
            };
        }
        catch (MalformedDataException)
        {
            // The decoder says what is wrong with the header.
            return member;
        }
    }

    /// <summary>RFC 8878, 3.1.1.1: the window of the first frame, or null where it is not in the head.</summary>
    private static long? Window(ReadOnlySpan<byte> head)
    {
        while (head.Length >= 8 && (head[0] & 0xF0) == 0x50)
        {
            uint skip = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (skip > head.Length - 8)
            {
                return null;
            }

            head = head[(8 + (int)skip)..];
        }

        if (head.Length < 14)
        {
            return null;
        }

        int descriptor = head[4];
        bool single = (descriptor & 0x20) != 0;
        if (!single)
        {
            long power = 1L << (10 + (head[5] >> 3));
            return power + (power / 8 * (head[5] & 7));
        }

        // A single segment: the window is the content.
        int at = 5 + ((descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 });
        return (descriptor >> 6) switch
        {
            0 => head[at],
            1 => BinaryPrimitives.ReadUInt16LittleEndian(head[at..]) + 256,
            2 => BinaryPrimitives.ReadUInt32LittleEndian(head[at..]),
            _ => head.Length < at + 8 ? null : (long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(head[at..])),
        };
    }

    private enum Kind
    {
        None,
        Gzip,
        Bzip2,
        Xz,
        Zstd,
    }

    /// <summary>Own decoder of gzip: it holds every member's checksum and says where the data are cut short, which the system's does not.</summary>
    private sealed class GzipStream(IByteSource content) : ForwardStream, IJudging
    {
        private readonly Inflater decoder = new(content);
        private long position;
        private MalformedDataException? damage;

        public Problem? Verdict => decoder.Mismatch ?? (decoder.Trailing is ByteRange trailing
            ? new Problem(ProblemKind.Notice, "gzip data", "bytes follow that are no gzip member", trailing.Offset, trailing.Length) : null);

        public override int Read(Span<byte> buffer)
        {
            while (position >= decoder.End)
            {
                if (damage is not null)
                {
                    throw damage;
                }

                if (decoder.IsEnded)
                {
                    return 0;
                }

                try
                {
                    decoder.Advance();
                }
                catch (MalformedDataException error)
                {
                    // What was decoded before the damage is delivered first.
                    damage = error;
                }
            }

            int got = decoder.CopyTo(position, buffer);
            position += got;
            return got;
        }
    }
}

/// <summary>Streams of bzip2 one after the other; bytes after the last one are a notice, and what was decoded before damage is delivered.</summary>
internal sealed class Bzip2Reading(IByteSource content) : ForwardStream, IJudging
{
    private readonly ReadingStream packed = new(content);
    private Stream? decoder;
    private Exception? damage;
    private long position;

    public Problem? Verdict { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            if (damage is not null)
            {
                return done > 0 ? done : throw damage;
            }

            try
            {
                if (decoder is null && !Next())
                {
                    break;
                }

                int value = decoder!.ReadByte();
                if (value < 0)
                {
                    decoder.Dispose();
                    decoder = null;
                    continue;
                }

                buffer[done++] = (byte)value;
                position++;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                damage = Damage.Of(error, position);
            }
        }

        return done;
    }

    protected override void Dispose(bool disposing)
    {
        decoder?.Dispose();
        base.Dispose(disposing);
    }

    private bool Next()
    {
        long at = packed.Position;
        Span<byte> head = stackalloc byte[4];
        int got = packed.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        packed.Position = at;
        if (at > 0 && got == 0)
        {
            return false;
        }

        if (at > 0 && (got < 4 || !head.StartsWith("BZh"u8)))
        {
            Verdict = new Problem(ProblemKind.Notice, "bzip2 data", "bytes follow that are no bzip2 stream", at, packed.Length - at);
            return false;
        }

        decoder = BZip2Stream.Create(packed, SharpCompress.Compressors.CompressionMode.Decompress, false, true, false);
        return true;
    }
}

/// <summary>The largest dictionary that the blocks of an xz file ask for, as far as its index leads to them.</summary>
internal static class XzDictionary
{
    private const int HeaderBytes = 12;
    private const int MostBlocks = 100_000;
    private const int LongestIndex = 16 << 20;

    /// <summary>Bytes, or null where no block header can be read.</summary>
    public static long? Largest(IByteSource content)
    {
        long? largest = Block(content, HeaderBytes);
        if (content.Length < 32)
        {
            return largest;
        }

        // The last stream's footer leads to its index, and that to every block: one may ask for more than the first.
        Span<byte> footer = stackalloc byte[HeaderBytes];
        if (content.ReadAt(content.Length - HeaderBytes, footer) < HeaderBytes || footer[10] != 'Y' || footer[11] != 'Z')
        {
            return largest;
        }

        long indexBytes = ((long)BinaryPrimitives.ReadUInt32LittleEndian(footer[4..]) + 1) * 4;
        long indexStart = content.Length - HeaderBytes - indexBytes;
        if (indexBytes > LongestIndex || indexStart < HeaderBytes)
        {
            return largest;
        }

        byte[] index = new byte[indexBytes];
        if (content.ReadAt(indexStart, index) < index.Length || index[0] != 0)
        {
            return largest;
        }

        int at = 1;
        long count = Number(index, ref at), offset = HeaderBytes;
        for (long i = 0; i < Math.Min(count, MostBlocks) && offset > 0 && offset < indexStart; i++)
        {
            if (Block(content, offset) is long asked)
            {
                largest = Math.Max(largest ?? 0, asked);
            }

            long unpadded = Number(index, ref at);
            _ = Number(index, ref at);
            if (unpadded <= 0 || unpadded > content.Length)
            {
                break;
            }

            offset += (unpadded + 3) & ~3L;
        }

        return largest;
    }

    private static long? Block(IByteSource content, long offset)
    {
        Span<byte> head = stackalloc byte[1024];
        head = head[..content.ReadAt(offset, head)];
        if (head.Length < 8 || head[0] == 0)
        {
            return null;
        }

        // Block header 3.1: size, flags, optional sizes, then each filter's identity, length of its properties and properties.
        int filters = (head[1] & 3) + 1, at = 2;
        _ = (head[1] & 0x40) != 0 ? Number(head, ref at) : 0;
        _ = (head[1] & 0x80) != 0 ? Number(head, ref at) : 0;
        for (int i = 0; i < filters; i++)
        {
            long id = Number(head, ref at), length = Number(head, ref at);
            if (id == 0x21 && length == 1 && at < head.Length)
            {
                int bits = head[at] & 0x3F;
                return bits >= 40 ? uint.MaxValue : (2L | (bits & 1)) << ((bits / 2) + 11);
            }

            if (length < 0 || length > head.Length - at)
            {
                return null;
            }

            at += (int)length;
        }

        return null;
    }

    /// <summary>1.2: seven bits a byte, lowest first; -1 where it does not hold.</summary>
    private static long Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = 0;
        for (int shift = 0; shift < 63 && at < bytes.Length; shift += 7)
        {
            byte b = bytes[at++];
            value |= (long)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        return -1;
    }
}
