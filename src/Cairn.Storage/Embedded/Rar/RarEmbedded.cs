using System.Text;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical.Tar;
using SharpCompress.Archives.Rar;
using SharpCompress.Common;
using SharpCompress.Readers;
using SharpCompress.Readers.Rar;

namespace Cairn.Storage.Embedded.Rar;

/// <summary>RAR archives of versions 1.5 to 7. SharpCompress decodes them; what the headers of version 5 ask for is looked at first.</summary>
internal sealed class RarEmbedded : IEmbeddedFormat
{
    private const long LargestDictionary = 256L << 20;
    private const int MostKeyRounds = 20;
    private const int MostBlocks = 1_000_000;

    public FormatDescription Description { get; } = new("rar", "RAR", "RAR 5.0 archive format (rarlab.com); technote.txt of RAR 4");

    public IReadOnlyList<string> ContentTypes { get; } = ["application/x-rar"];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[8];
        return EmbeddedProbe.Head(content, head) && head.StartsWith("Rar!\x1A\x07"u8) && (head[6] == 0 || (head[6] == 1 && head[7] == 0))
            ? ProbeResult.Yes(head[6] == 0 ? "the mark of RAR 4" : "the mark of RAR 5") : ProbeResult.No("no mark of RAR");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        byte[] head = new byte[20];
        head = head[..content.ReadAt(0, head)];
        bool isFive = head.Length >= 8 && head[6] == 1;

        // RAR 4: bit 7 of the archive header's flags. RAR 5: a header of its own before all others.
        bool isHeaderEncrypted = !isFive && head.Length >= 12 && head[9] == 0x73 && (head[10] & 0x80) != 0;
        if (isFive && Refused(content, cancel, out isHeaderEncrypted) is string refused)
        {
            expansion.Report(new Problem(ProblemKind.LimitReached, "RAR headers", refused + "; the archive is left out"));
            return;
        }

        Dictionary<string, byte[]> names = new(StringComparer.Ordinal);
        ReaderOptions options = new()
        {
            LeaveStreamOpen = true,
            ArchiveEncoding = new ArchiveEncoding
            {
                CustomDecoder = (bytes, index, count, _) =>
                {
                    byte[] name = bytes.AsSpan(index, count).ToArray();
                    (string text, byte[]? raw) = TarHeader.Decode(name);
                    if (raw is not null)
                    {
                        text = CodePagesEncodingProvider.Instance.GetEncoding(437)!.GetString(name);
                        names[text] = raw;
                    }

                    return text;
                },
            },
        };
        new SharpArchive(
            password => RarArchive.OpenArchive(new ReadingStream(content), options with { Password = password }),
            password => RarReader.OpenReader(new ReadingStream(content), options with { Password = password }),
            holdsChecksums: true,
            expansion).Give(isHeaderEncrypted, names);
    }

    /// <summary>Walks the headers of RAR 5: why they are not given to the decoder, or null.</summary>
    private static string? Refused(IByteSource content, CancellationToken cancel, out bool isEncrypted)
    {
        isEncrypted = false;
        long at = 8;
        byte[] head = new byte[16 << 10];
        for (int blocks = 0; at + 7 < content.Length && blocks < MostBlocks; blocks++)
        {
            cancel.ThrowIfCancellationRequested();
            SpanReader reader = new(head.AsSpan(0, content.ReadAt(at, head)), at);
            try
            {
                reader.Skip(4, "CRC");
                ulong size = Number(ref reader);
                int start = reader.Position;
                ulong type = Number(ref reader), flags = Number(ref reader);
                ulong extra = (flags & 1) != 0 ? Number(ref reader) : 0, data = (flags & 2) != 0 ? Number(ref reader) : 0;
                if (size == 0 || size > 2 << 20 || data > long.MaxValue / 4)
                {
                    return null;
                }

                if (type == 4)
                {
                    isEncrypted = true;
                    _ = Number(ref reader);
                    _ = Number(ref reader);
                    int rounds = reader.U8("KDF count");
                    return rounds > MostKeyRounds ? $"2^{rounds} rounds to make a key, more than 2^{MostKeyRounds}" : null;
                }

                if (type is 2 or 3 && File(ref reader, start, size, extra) is string refused)
                {
                    return refused;
                }

                at += start + (long)size + (long)data;
                if (type == 5)
                {
                    return null;
                }
            }
            catch (MalformedDataException)
            {
                // The decoder comes upon it too, and says so.
                return null;
            }
        }

        return null;
    }

    private static string? File(ref SpanReader reader, int start, ulong size, ulong extra)
    {
        ulong flags = Number(ref reader);
        _ = Number(ref reader);
        _ = Number(ref reader);
        reader.Skip(((flags & 2) != 0 ? 4 : 0) + ((flags & 4) != 0 ? 4 : 0), "time, CRC");
        ulong compression = Number(ref reader);

        // Bits 10 to 13 (14 from version 7 of the archiver on): 128 KiB times a power of two; bits 15 to 19 add 32nds of it.
        int version = (int)(compression & 63), power = (int)(compression >> 10) & (version == 0 ? 15 : 31);
        long dictionary = (128L << 10) << power;
        dictionary += version == 0 ? 0 : dictionary / 32 * ((long)(compression >> 15) & 31);
        bool isStored = ((compression >> 7) & 7) == 0;
        if (!isStored && dictionary > LargestDictionary)
        {
            return $"decoding asks for a dictionary of {dictionary:N0} bytes, more than {LargestDictionary:N0}";
        }

        // Extra records stand at the header's end; that of encryption holds the number of rounds.
        if (extra == 0 || extra > size || start + (long)(size - extra) > reader.Length)
        {
            return null;
        }

        reader.Seek(start + (int)(size - extra), "extra area");
        while (reader.Position < start + (int)size && reader.Remaining > 4)
        {
            ulong record = Number(ref reader);
            int begin = reader.Position;
            if (record == 0 || record > (ulong)reader.Remaining)
            {
                break;
            }

            if (Number(ref reader) == 1)
            {
                _ = Number(ref reader);
                _ = Number(ref reader);
                int rounds = reader.U8("KDF count");
                return rounds > MostKeyRounds ? $"2^{rounds} rounds to make a key, more than 2^{MostKeyRounds}" : null;
            }

            reader.Seek(begin + (int)record, "next record");
        }

        return null;
    }

    /// <summary>Seven bits a byte, lowest first.</summary>
    private static ulong Number(ref SpanReader reader)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = reader.U8("number");
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new MalformedDataException("number", reader.Position, "at most ten bytes", "more");
    }
}
