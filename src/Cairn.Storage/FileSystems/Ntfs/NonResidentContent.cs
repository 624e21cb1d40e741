using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>The runs of a non-resident stream, all its pieces together.</summary>
internal sealed class NonResidentContent
{
    private readonly List<Extent> extents = [];
    private readonly List<(ByteRange Range, string Why)> missing = [];

    public IReadOnlyList<Extent> Extents => extents;

    /// <summary>Size in bytes as the first piece says.</summary>
    public long Size { get; private set; }

    public long ValidLength { get; private set; }

    /// <summary>Bytes from the start that the runs map.</summary>
    public long Mapped { get; private set; }

    /// <summary>True where no piece of the run list is missing.</summary>
    public bool IsWhole => missing.Count == 0;

    public bool IsCompressed { get; private set; }

    /// <summary>Bytes of a compression unit.</summary>
    public int UnitSize { get; private set; }

    public static NonResidentContent Of(AttributeSet set, AttributeStream stream, int clusterSize)
    {
        NonResidentContent content = new();
        AttributeView first = set.Pieces[stream.FirstPiece].View;
        bool hasStart = first.StartVcn == 0;
        int count = stream.Pieces?.Count ?? 1;
        for (int i = 0; i < count; i++)
        {
            content.Add(set.Pieces[stream.Pieces is null ? stream.FirstPiece : stream.Pieces[i]].View, clusterSize);
        }

        // Sizes are in the piece of virtual cluster 0; where that one is lost the runs are all there is.
        content.Size = hasStart && first.Size >= 0 ? first.Size : content.Mapped;
        content.ValidLength = hasStart && first.InitialisedSize >= 0 ? Math.Min(first.InitialisedSize, content.Size) : content.Size;
        if (first.IsCompressed && first.CompressionUnit is > 0 and <= 8 && (long)clusterSize << first.CompressionUnit <= 1 << 20)
        {
            content.IsCompressed = true;
            content.UnitSize = clusterSize << first.CompressionUnit;
        }

        if (content.Mapped < content.Size && content.Mapped < content.ValidLength)
        {
            content.missing.Add((new ByteRange(content.Mapped, content.Size - content.Mapped), "the run list ends before the stream does"));
        }

        return content;
    }

    /// <summary>The runs of one piece alone.</summary>
    public static NonResidentContent Of(in AttributeView piece, int clusterSize)
    {
        NonResidentContent content = new();
        content.Add(piece, clusterSize);
        content.Size = content.ValidLength = Math.Min(Math.Max(0, piece.Size), content.Mapped);
        return content;
    }

    /// <summary>The first <paramref name="length"/> bytes as they lie in the clusters, whatever was initialised.</summary>
    public IByteSource WholeOf(IByteSource volume, long length)
    {
        ExtentSource source = new(volume, extents, length, length);
        return missing.Count == 0 ? source : new DamagedSource(source, missing);
    }

    /// <summary>The bytes; ranges whose runs are lost throw when read.</summary>
    public IByteSource Open(IByteSource volume)
    {
        IByteSource source = IsCompressed
            ? new Lznt1Source(volume, extents, Size, ValidLength, UnitSize)
            : new ExtentSource(volume, extents, Size, ValidLength);
        return missing.Count == 0 ? source : new DamagedSource(source, missing);
    }

    private void Add(in AttributeView piece, int clusterSize)
    {
        long start = piece.StartVcn;
        if (start < 0 || start > (1L << 62) / clusterSize)
        {
            return;
        }

        long at = start * clusterSize;
        if (at < Mapped)
        {
            // A piece that maps what is mapped already: the earlier one stands.
            return;
        }

        if (at > Mapped)
        {
            missing.Add((new ByteRange(Mapped, at - Mapped), "a piece of the run list is missing"));
            Mapped = at;
        }

        RunList runs = new(piece.Runs, clusterSize);
        while (runs.MoveNext())
        {
            if (extents.Count == Limits.ExtentsPerStream || runs.Count * clusterSize > (1L << 62) - Mapped)
            {
                return;
            }

            long length = runs.Count * clusterSize;
            long on = runs.Cluster < 0 ? -1 : runs.Cluster * clusterSize;
            if (extents.Count > 0 && extents[^1] is Extent last && last.FileOffset + last.Length == Mapped
                && (on < 0 ? last.IsSparse : !last.IsSparse && last.VolumeOffset + last.Length == on))
            {
                extents[^1] = last with { Length = last.Length + length };
            }
            else
            {
                extents.Add(new Extent(Mapped, on, length));
            }

            Mapped += length;
        }
    }
}

/// <summary>A stream some of whose run list is lost: reading there says so instead of giving zeros.</summary>
internal sealed class DamagedSource(IByteSource inner, IReadOnlyList<(ByteRange Range, string Why)> missing) : IByteSource
{
    public long Length => inner.Length;

    public int SectorSize => inner.SectorSize;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        foreach ((ByteRange range, string why) in missing)
        {
            long from = Math.Max(offset, range.Offset);
            long to = Math.Min(Math.Min(offset + buffer.Length, range.End), Length);
            if (from < to)
            {
                throw new UnreadableDataException(from, to - from, why);
            }
        }

        return inner.ReadAt(offset, buffer);
    }

    public void Dispose() => inner.Dispose();
}
