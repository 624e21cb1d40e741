using Cairn.Core;

namespace Cairn.Storage.Logical.Tar;

/// <summary>TAR archives of every dialect, plain or in gzip.</summary>
internal sealed class TarFormat : ILogicalFormat
{
    public FormatDescription Description { get; } = new("tar", "TAR", "POSIX.1-2001 pax; GNU tar manual, appendix D; RFC 1951, RFC 1952");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head)
    {
        if (head.Length >= 3 && head[0] == 0x1F && head[1] == 0x8B && head[2] == 8)
        {
            byte[] first = new byte[TarHeader.Block];
            using GzipSource gzip = new(new MemoryByteSource(head.ToArray()));
            int got = gzip.ReadAt(0, first);
            if (got < first.Length)
            {
                return ProbeResult.No("gzip, but its content does not begin with a tar header");
            }

            ProbeResult inner = OfBlock(first);
            return inner.Confidence == ProbeConfidence.None ? ProbeResult.No("gzip, but its content does not begin with a tar header") : inner with { Why = "gzip with " + inner.Why };
        }

        return head.Length < TarHeader.Block ? ProbeResult.No("shorter than a tar header") : OfBlock(head[..TarHeader.Block]);
    }

    public IFileTree Open(string path, IProblemSink problems)
    {
        ArchiveFile file = new(path);
        Span<byte> mark = stackalloc byte[2];
        bool gzip;
        try
        {
            gzip = file.ReadAt(0, mark) == 2 && mark[0] == 0x1F && mark[1] == 0x8B;
        }
        catch (UnreadableDataException error)
        {
            file.Dispose();
            throw new EvidenceException($"{path}: the archive cannot be read ({error.Reason})", error);
        }

        return new TarTree(gzip ? new GzipSource(file) : file);
    }

    public static ProbeResult OfBlock(ReadOnlySpan<byte> block) =>
        !TarHeader.ChecksumHolds(block) ? ProbeResult.No("no tar header whose checksum holds")
        : TarHeader.HasMagic(block) ? ProbeResult.Yes("a ustar header whose checksum holds")
        : LooksOld(block) ? ProbeResult.Yes("a V7 tar header whose checksum holds") : ProbeResult.Maybe("a block whose tar checksum holds");

    private static bool LooksOld(ReadOnlySpan<byte> block) =>
        block[0] is > 32 and not 127 && TarHeader.TryNumber(block.Slice(100, 8), out _) && TarHeader.TryNumber(block.Slice(124, 12), out long size) && size >= 0
        && TarHeader.TryNumber(block.Slice(136, 12), out _) && block[156] is 0 or (>= (byte)'0' and <= (byte)'7');
}
