using System.Text;
using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded.Thumbcache;

/// <summary>The thumbnails and icons that Windows keeps for each user since Vista: thumbcache_*.db and iconcache_*.db.</summary>
internal sealed class ThumbcacheEmbedded : IEmbeddedFormat
{
    private const int VistaVersion = 0x14;
    private const int SevenVersion = 0x15;
    private const int EntryBytes = 56;
    private const int Step = 64 << 10;
    private const int LongestIdentifier = 4096;

    public FormatDescription Description { get; } = new("thumbcache", "Windows thumbnail cache", "Windows Explorer thumbnail database format, as libyal and Thumbcache Viewer describe it");

    public IReadOnlyList<string> ContentTypes { get; } = ["application/x-ms-thumbcache"];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[24];
        return EmbeddedProbe.Head(content, head) && head.StartsWith("CMMM"u8) && head[4] is >= VistaVersion and <= 0x40
            ? ProbeResult.Yes($"the signature of a thumbnail cache, version {head[4]}") : ProbeResult.No("no signature of a thumbnail cache");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        byte[] head = new byte[24];
        content.ReadExactly(0, head, "header");
        SpanReader header = new(head);
        header.Skip(4, "signature");
        uint version = header.U32Le("version");

        // Headers differ in length between versions: the first entry is where its signature is.
        long at = Next(content, 12, cancel);
        byte[] entry = new byte[EntryBytes];
        while (at >= 0)
        {
            cancel.ThrowIfCancellationRequested();
            long next;
            try
            {
                int got = content.ReadAt(at, entry);
                if (!Entry(expansion, entry.AsSpan(0, got), at, version, out next))
                {
                    return;
                }
            }
            catch (MalformedDataException error)
            {
                expansion.Report(Problem.From(error, $"entry at {at}"));
                next = at + 4;
            }
            catch (UnreadableDataException error)
            {
                expansion.Report(Problem.From(error, $"entry at {at}"));
                next = at + 512;
            }

            at = Next(content, next, cancel);
        }
    }

    private static bool Entry(Expansion expansion, ReadOnlySpan<byte> bytes, long at, uint version, out long next)
    {
        SpanReader reader = new(bytes, at);
        reader.Skip(4, "signature");
        uint size = reader.U32Le("entry size");
        ulong hash = reader.U64Le("entry hash");
        string? extension = null;
        if (version == VistaVersion)
        {
            extension = Encoding.Unicode.GetString(reader.Bytes(8, "extension")).TrimEnd('\0');
        }

        uint identifierBytes = reader.U32Le("identifier size"), padding = reader.U32Le("padding size"), dataBytes = reader.U32Le("data size");
        Dictionary<string, string> attributes = new() { ["hash"] = $"{hash:x16}" };
        if (version > SevenVersion)
        {
            attributes["dimensions"] = $"{reader.U32Le("width")}x{reader.U32Le("height")}";
        }

        reader.Skip(4 + 8 + 8, "unknown, checksums");
        long start = at + reader.Position;
        if (size < reader.Position || size > expansion.Content.Length - at)
        {
            throw new MalformedDataException("entry size", at + 4, $"between {reader.Position} and {expansion.Content.Length - at}", $"{size}");
        }

        next = at + size;
        long data = start + identifierBytes + padding;
        if (identifierBytes > LongestIdentifier || data + dataBytes > next)
        {
            throw new MalformedDataException("data size", at, $"identifier, padding and data within {size} bytes", $"{identifierBytes}, {padding}, {dataBytes}");
        }

        if (identifierBytes > 0)
        {
            byte[] identifier = new byte[(int)identifierBytes];
            expansion.Content.ReadExactly(start, identifier, "identifier");
            attributes["identifier"] = Encoding.Unicode.GetString(identifier).TrimEnd('\0');
        }

        Span<byte> first = stackalloc byte[4];
        string kind = dataBytes >= 4 && expansion.Content.ReadAt(data, first) == 4 ? Extension(first) : extension ?? "bin";
        return expansion.Give(new EmbeddedMember { Ordinal = 0, Path = $"{hash:x16}.{kind}", Kind = EmbeddedKind.Thumbnail, Attributes = attributes }, data, dataBytes);
    }

    private static string Extension(ReadOnlySpan<byte> first) =>
        first.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? "jpg" : first.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50]) ? "png" : first.StartsWith("BM"u8) ? "bmp" : "bin";

    /// <summary>The next signature from an offset on; -1 where there is none. Entries follow each other directly in a sound file.</summary>
    private static long Next(IByteSource content, long from, CancellationToken cancel)
    {
        byte[] buffer = new byte[Step];
        int ask = 64;
        while (from + 4 <= content.Length)
        {
            cancel.ThrowIfCancellationRequested();
            int got;
            try
            {
                got = content.ReadAt(from, buffer.AsSpan(0, ask));
            }
            catch (UnreadableDataException)
            {
                // Reported where an entry is read; here only the way to the next one is sought.
                from += 512;
                continue;
            }

            int found = buffer.AsSpan(0, got).IndexOf("CMMM"u8);
            if (found >= 0)
            {
                return from + found;
            }

            from += Math.Max(1, got - 3);
            ask = Step;
        }

        return -1;
    }
}
