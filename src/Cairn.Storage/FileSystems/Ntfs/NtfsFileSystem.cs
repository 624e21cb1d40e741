using System.Collections.Concurrent;
using System.Globalization;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>An opened NTFS volume.</summary>
internal sealed class NtfsFileSystem : IFileTree
{
    private readonly MftReader mft;
    private readonly NtfsBootSector boot;
    private readonly ConcurrentBag<OpenRecord> pool = [];
    private NtfsWalk? prepared;

    private NtfsFileSystem(MftReader mft, NtfsBootSector boot, FileTreeInfo info, IAllocationMap allocation)
    {
        (this.mft, this.boot, Info, Allocation) = (mft, boot, info, allocation);
    }

    public FileTreeInfo Info { get; }

    public IAllocationMap? Allocation { get; }

    public static NtfsFileSystem Open(IByteSource volume, IProblemSink problems)
    {
        NtfsBootSector boot = NtfsFormat.ReadBootSector(volume, problems);
        long claimed = (boot.TotalSectors + 1) * boot.BytesPerSector;
        if (boot.TotalSectors * boot.BytesPerSector > volume.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, "boot sector", $"it claims {boot.TotalSectors * boot.BytesPerSector} bytes, the media has {volume.Length}; what lies past that cannot be read", 0x28));
        }

        MftReader mft = MftReader.Open(volume, boot, problems);
        AttributeSet set = new();
        string? label = null;
        if (TryLoad(mft, MetadataFile.Volume, set, problems))
        {
            label = ReadVolume(set, problems);
        }

        IByteSource? bitmap = null;
        if (TryLoad(mft, MetadataFile.Bitmap, set, problems) && set.FindStream(AttributeType.Data, []) is AttributeStream stream)
        {
            bitmap = set.Pieces[stream.FirstPiece].View.NonResident
                ? NonResidentContent.Of(set, stream, boot.ClusterSize).Open(volume)
                : new MemoryByteSource(set.Pieces[stream.FirstPiece].View.Value.ToArray(), volume.SectorSize);
        }
        else
        {
            problems.Report(new Problem(ProblemKind.Missing, "$Bitmap", "it cannot be read; every cluster counts as in use"));
        }

        FileTreeInfo info = new("NTFS", label, boot.SerialNumber.ToString("X16", CultureInfo.InvariantCulture), boot.ClusterSize, Math.Min(claimed, volume.Length));
        return new NtfsFileSystem(mft, boot, info, new NtfsAllocationMap(bitmap, boot.ClusterSize, boot.TotalClusters, problems));
    }

    public void Prepare(CancellationToken cancel) => prepared = NtfsWalk.Begin(mft, boot.IndexRecordSize, cancel);

    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        NtfsWalk walk = Interlocked.Exchange(ref prepared, null) ?? NtfsWalk.Begin(mft, boot.IndexRecordSize, cancel);
        return walk.Entries(problems, cancel);
    }

    public IByteSource OpenStream(StreamRef stream)
    {
        OpenRecord opened = Take();
        try
        {
            AttributeSet set = Load(opened, stream.Key);
            if (Find(set, stream) is not AttributeStream found)
            {
                return new MemoryByteSource(ReadOnlyMemory<byte>.Empty, mft.Volume.SectorSize);
            }

            AttributeView view = set.Pieces[found.FirstPiece].View;
            return Overlay(set, view) is ReparsePoint overlay
                ? Unpacked(set, overlay, view.NonResident ? NonResidentContent.Of(set, found, mft.ClusterSize).Size : view.Value.Length)
                : Content(set, found);
        }
        finally
        {
            pool.Add(opened);
        }
    }

    public IReadOnlyList<Extent> GetExtents(StreamRef stream)
    {
        OpenRecord opened = Take();
        try
        {
            AttributeSet set = Load(opened, stream.Key);
            return Find(set, stream) is AttributeStream found && set.Pieces[found.FirstPiece].View.NonResident
                ? NonResidentContent.Of(set, found, mft.ClusterSize).Extents
                : [];
        }
        finally
        {
            pool.Add(opened);
        }
    }

    public void Dispose()
    {
    }

    private static bool TryLoad(MftReader mft, long number, AttributeSet set, IProblemSink problems)
    {
        byte[] record = new byte[mft.RecordSize];
        try
        {
            if (mft.TryRead(number, record, out string? why))
            {
                set.ListBudget = Limits.AttributeListBytes;
                set.Load(record, 0, number, mft);
                return true;
            }

            problems.Report(new Problem(ProblemKind.Malformed, $"MFT record {number}", why!, mft.OffsetOf(number)));
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, $"MFT record {number}"));
        }

        return false;
    }

    private static string? ReadVolume(AttributeSet set, IProblemSink problems)
    {
        string? label = null;
        foreach (AttributePiece piece in set.Pieces.All)
        {
            AttributeView view = piece.View;
            if (view.NonResident)
            {
                continue;
            }

            if (view.Type == AttributeType.VolumeName && view.Value.Length > 0)
            {
                label = NtfsName.Text(view.Value, out _);
            }

            // 0x0A of $VOLUME_INFORMATION: flags, the lowest of which is set while the volume is mounted or after a crash.
            if (view.Type == AttributeType.VolumeInformation && view.Value.Length >= 12 && (view.Value[10] & 1) != 0)
            {
                problems.Report(new Problem(ProblemKind.Notice, "$Volume", "the volume is marked dirty: it was not closed cleanly, and its journal may hold changes that are not in its metadata"));
            }
        }

        return label;
    }

    private OpenRecord Take() => pool.TryTake(out OpenRecord? opened) ? opened : new OpenRecord(new AttributeSet(), new byte[mft.RecordSize]);

    private AttributeSet Load(OpenRecord opened, long key)
    {
        if (!mft.TryRead(key, opened.Record, out string? why))
        {
            throw new MalformedDataException($"MFT record {key}", Math.Max(0, key) * mft.RecordSize, "a record that holds", why ?? "");
        }

        opened.Set.ListBudget = Limits.AttributeListBytes;
        opened.Set.Load(opened.Record, 0, key, mft);
        return opened.Set;
    }

    private static AttributeStream? Find(AttributeSet set, StreamRef reference)
    {
        (uint type, ushort id) = NtfsStreamRef.Parts(reference);
        if (reference.Stream == 0)
        {
            return null; // an entry without content
        }

        foreach (AttributeStream stream in set.Streams.All)
        {
            if (stream.Type == type && stream.Id == id)
            {
                return stream;
            }
        }

        throw new MalformedDataException($"MFT record {reference.Key}", 0, $"attribute {type}-{id}", "no such attribute");
    }

    /// <summary>What the Windows Overlay Filter says of a file's main stream; null where it has no part in it.</summary>
    private ReparsePoint? Overlay(AttributeSet set, in AttributeView view)
    {
        if (view.Type != AttributeType.Data || !view.Name.IsEmpty)
        {
            return null;
        }

        for (int i = 0; i < set.Pieces.Count; i++)
        {
            if (set.Pieces[i].View.Type == AttributeType.ReparsePoint)
            {
                return ReparsePoint.Of(set, i, mft) is { IsOverlay: true } overlay ? overlay : null;
            }
        }

        return null;
    }

    private WofSource Unpacked(AttributeSet set, ReparsePoint overlay, long size)
    {
        if (overlay.Packing is not WofAlgorithm algorithm)
        {
            throw new UnreadableDataException(0, size, overlay.NotRead!) { Kind = ProblemKind.Unsupported };
        }

        foreach (AttributeStream stream in set.Streams.All)
        {
            if (stream.Type == AttributeType.Data && NtfsName.Text(set.Pieces[stream.FirstPiece].View.Name, out _) == WofSource.StreamName)
            {
                return new WofSource(Content(set, stream), size, algorithm);
            }
        }

        throw new UnreadableDataException(0, size, WofSource.NoStream) { Kind = ProblemKind.Missing };
    }

    private IByteSource Content(AttributeSet set, in AttributeStream stream)
    {
        AttributeView view = set.Pieces[stream.FirstPiece].View;
        return view.NonResident
            ? NonResidentContent.Of(set, stream, mft.ClusterSize).Open(mft.Volume)
            : new MemoryByteSource(view.Value.ToArray(), mft.Volume.SectorSize);
    }

    private sealed record OpenRecord(AttributeSet Set, byte[] Record);
}
