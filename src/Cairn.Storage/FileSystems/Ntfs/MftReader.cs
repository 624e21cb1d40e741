using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>The master file table: where it lies, and its records by number. Safe to use from many threads once made.</summary>
internal sealed class MftReader
{
    private readonly NtfsBootSector boot;
    private IByteSource data = null!;
    private NonResidentContent content = null!;

    private MftReader(IByteSource volume, NtfsBootSector boot)
    {
        Volume = volume;
        this.boot = boot;
    }

    public IByteSource Volume { get; }

    public int RecordSize => boot.RecordSize;

    public int ClusterSize => boot.ClusterSize;

    /// <summary>Records that the table has on the volume.</summary>
    public long RecordCount { get; private set; }

    /// <summary>The table's own bytes.</summary>
    public IByteSource Data => data;

    /// <summary>Finds the table through its first record, or through the copy of that in $MFTMirr.</summary>
    public static MftReader Open(IByteSource volume, NtfsBootSector boot, IProblemSink problems)
    {
        MftReader mft = new(volume, boot);
        byte[] record = new byte[boot.RecordSize];
        string? why = mft.ReadFirst(boot.MftCluster, record);
        if (why is not null)
        {
            string? mirror = mft.ReadFirst(boot.MirrorCluster, record);
            if (mirror is not null)
            {
                throw new MalformedDataException("MFT record 0", Offset(boot.MftCluster, boot.ClusterSize), "a record that maps $MFT, there or in $MFTMirr", $"{why}; in $MFTMirr {mirror}");
            }

            problems.Report(new Problem(ProblemKind.Malformed, "MFT record 0", $"{why}; its copy in $MFTMirr was used", Offset(boot.MftCluster, boot.ClusterSize), boot.RecordSize));
        }

        mft.Map(record, problems);
        return mft;
    }

    /// <summary>
    /// Reads a record and undoes its fixups. False with the reason where it does not hold; a record that was never used is one of those.
    /// </summary>
    /// <exception cref="UnreadableDataException">The volume cannot be read there.</exception>
    public bool TryRead(long number, byte[] buffer, out string? why)
    {
        if (number < 0 || number >= RecordCount)
        {
            why = $"the MFT has {RecordCount} records";
            return false;
        }

        int got = data.ReadAt(number * RecordSize, buffer.AsSpan(0, RecordSize));
        if (got < RecordSize)
        {
            why = "the MFT ends within it";
            return false;
        }

        RecordState state = FixupArray.Undo(buffer.AsSpan(0, RecordSize), FixupArray.File, out why);
        if (state == RecordState.Empty)
        {
            why = "the record was never used";
        }

        if (state != RecordState.Valid && number < 4 && TryReadMirror(number, buffer))
        {
            why = null;
            return true;
        }

        return state == RecordState.Valid;
    }

    /// <summary>
    /// Reads as many records from <paramref name="first"/> on as <paramref name="block"/> holds and the table has, their fixups not undone;
    /// gives their number. What cannot be read is zero, and is told to <paramref name="problems"/> where there are any.
    /// </summary>
    public int ReadBlock(long first, byte[] block, List<Problem>? problems)
    {
        int count = (int)Math.Min(block.Length / RecordSize, RecordCount - first);
        Span<byte> bytes = block.AsSpan(0, count * RecordSize);
        int got = data.ReadAvailable(first * RecordSize, bytes, (range, why) =>
        {
            long from = range.Offset / RecordSize, to = (range.End - 1) / RecordSize;
            problems?.Add(new Problem(ProblemKind.Unreadable, from == to ? $"MFT record {from}" : $"MFT records {from} to {to}", why, OffsetOf(from), range.Length));
        });
        bytes[got..].Clear();
        return count;
    }

    /// <summary>Reads one of the first four records from $MFTMirr.</summary>
    public bool TryReadMirror(long number, byte[] buffer)
    {
        try
        {
            long offset = Offset(boot.MirrorCluster, boot.ClusterSize);
            return offset >= 0
                && Volume.ReadAt(offset + (number * RecordSize), buffer.AsSpan(0, RecordSize)) == RecordSize
                && FixupArray.Undo(buffer.AsSpan(0, RecordSize), FixupArray.File, out _) == RecordState.Valid;
        }
        catch (UnreadableDataException)
        {
            return false;
        }
    }

    /// <summary>
    /// Bytes that all attribute lists together may have. Each entry of a list names an attribute of an extension record, so lists larger
    /// than the MFT itself are hostile.
    /// </summary>
    public long ListBudget => Limits.AttributeListBytes + (2 * RecordCount * RecordSize);

    /// <summary>Byte offset on the volume of a record, or -1.</summary>
    public long OffsetOf(long number)
    {
        long at = number * RecordSize;
        IReadOnlyList<Extent> extents = content.Extents;
        int low = 0, high = extents.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (extents[middle].FileOffset + extents[middle].Length <= at)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < extents.Count && !extents[low].IsSparse ? extents[low].VolumeOffset + (at - extents[low].FileOffset) : -1;
    }

    private static long Offset(long cluster, int clusterSize) => cluster < 0 || cluster > (1L << 62) / clusterSize ? -1 : cluster * clusterSize;

    private string? ReadFirst(long cluster, byte[] record)
    {
        long offset = Offset(cluster, boot.ClusterSize);
        if (offset < 0)
        {
            return $"cluster {cluster} is not on the volume";
        }

        try
        {
            if (Volume.ReadAt(offset, record) < record.Length)
            {
                return $"cluster {cluster} lies past the end of the volume";
            }
        }
        catch (UnreadableDataException error)
        {
            return error.Reason;
        }

        RecordState state = FixupArray.Undo(record, FixupArray.File, out string? why);
        if (state != RecordState.Valid)
        {
            return why ?? "it is all zero";
        }

        AttributeWalk walk = new(record);
        while (walk.MoveNext())
        {
            AttributeView attribute = walk.Current;
            if (attribute.Type == AttributeType.Data && attribute.Name.IsEmpty && attribute.NonResident && attribute.StartVcn == 0)
            {
                RunSummary summary = RunList.Summarise(attribute, ClusterSize);
                return summary.FirstCluster < 0 ? "its $DATA has no clusters" : null;
            }
        }

        return "it has no $DATA";
    }

    /// <summary>
    /// Maps the table. Where its run list spans extension records these lie in the table itself, so each is read through what is mapped so far.
    /// </summary>
    private void Map(byte[] record, IProblemSink problems)
    {
        AttributeSet set = new();
        MapWith(set, record, problems: null);
        long before = -1;

        // Each round can reach extension records that the runs of the last one brought into reach.
        for (int round = 0; round < 64 && content.Mapped > before; round++)
        {
            before = content.Mapped;
            MapWith(set, record, problems: null);
        }

        MapWith(set, record, problems);
    }

    private void MapWith(AttributeSet set, byte[] record, IProblemSink? problems)
    {
        if (content is null)
        {
            // The first look uses the base record alone.
            content = BaseOnly(record);
        }
        else
        {
            set.ListBudget = Limits.AttributeListBytes;
            set.Load(record, 0, MetadataFile.Mft, this);
            AttributeStream? stream = set.FindStream(AttributeType.Data, []);
            if (stream is AttributeStream found)
            {
                content = NonResidentContent.Of(set, found, ClusterSize);
            }

            if (problems is not null && set.Damage is not null)
            {
                foreach (string why in set.Damage)
                {
                    problems.Report(new Problem(ProblemKind.Malformed, "MFT record 0", why));
                }
            }
        }

        data = content.Open(Volume);
        long bytes = Math.Min(content.Mapped, content.Size);
        if (problems is not null && content.Mapped < content.Size)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "$MFT", $"its runs map {content.Mapped} of {content.Size} bytes; the records past them cannot be read", null, content.Size - content.Mapped));
        }

        if (problems is not null && bytes > Volume.Length)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "$MFT", $"its runs map {bytes} bytes of a volume of {Volume.Length}; only that many were read"));
        }

        RecordCount = Math.Min(bytes, Volume.Length) / RecordSize;

        // Bytes past the initialised size can hold records of an earlier life, so the runs are read to the stream's end.
        data = content.WholeOf(Volume, RecordCount * RecordSize);
    }

    private NonResidentContent BaseOnly(byte[] record)
    {
        AttributeWalk walk = new(record);
        while (walk.MoveNext())
        {
            AttributeView attribute = walk.Current;
            if (attribute.Type == AttributeType.Data && attribute.Name.IsEmpty && attribute.NonResident && attribute.StartVcn == 0)
            {
                return NonResidentContent.Of(attribute, ClusterSize);
            }
        }

        throw new MalformedDataException("$MFT", 0, "a $DATA attribute", "none");
    }
}
