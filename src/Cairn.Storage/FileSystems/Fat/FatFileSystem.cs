using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>A FAT12, FAT16 or FAT32 volume.</summary>
internal sealed class FatFileSystem : IFileTree
{
    /// <summary>Stream number of an entry that is read as in use.</summary>
    public const int InUse = 0;

    /// <summary>Stream number of an entry that is read as deleted: its chain is gone.</summary>
    public const int NotInUse = 1;

    private readonly ProblemList scanProblems = new();
    private readonly Lazy<ClusterMap> map;
    private readonly ClusterChains chains;

    /// <summary>Reads what opening needs: the boot sector is parsed already.</summary>
    public FatFileSystem(IByteSource volume, FatBootSector boot, IProblemSink problems)
    {
        Volume = volume;
        Boot = boot;
        Mask = boot.Kind switch { FatKind.Fat12 => 0xFFFu, FatKind.Fat16 => 0xFFFFu, _ => 0x0FFFFFFFu };
        long onMedia = volume.Length <= boot.HeapOffset ? 0 : (volume.Length - boot.HeapOffset + boot.ClusterSize - 1) / boot.ClusterSize;
        Clusters = Math.Min(boot.ClusterCount, onMedia);
        long[] copies = new long[boot.FatCount];
        for (int i = 0; i < copies.Length; i++)
        {
            copies[i] = boot.FatOffset + ((boot.ActiveFat + i) % boot.FatCount * boot.FatBytes);
        }

        // With mirroring off only one copy is kept up to date.
        Table = new FatTable(volume, boot.ActiveFat != 0 ? copies[..1] : copies, boot.FatBytes, (int)boot.Kind);
        chains = new ClusterChains(Table, Mask, 0x0FFFFFF8 & Mask, boot.LastCluster, boot.HeapOffset, boot.ClusterSize);
        map = new Lazy<ClusterMap>(() => Table.Scan(Clusters, Mask, scanProblems));
        Allocation = new ClusterAllocation(() => map.Value, boot.HeapOffset, boot.ClusterSize);
        Info = new FileTreeInfo($"FAT{(int)boot.Kind}", Label(problems), boot.Serial is uint serial ? $"{serial >> 16:X4}-{serial & 0xFFFF:X4}" : null,
            boot.ClusterSize, boot.Length, TimesAreLocal: true);
        if (boot.Length > volume.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, "boot sector", $"the file system claims {boot.Length} bytes, the volume has {volume.Length}", 0, boot.Length - volume.Length));
        }

        if (!boot.Signed)
        {
            problems.Report(new Problem(ProblemKind.Notice, "boot sector", "the signature 55 AA is missing", 510, 2));
        }

        CheckFlags(problems);
        CheckBackup(problems);
    }

    /// <inheritdoc/>
    public FileTreeInfo Info { get; }

    /// <inheritdoc/>
    public IAllocationMap? Allocation { get; }

    /// <summary>The volume.</summary>
    public IByteSource Volume { get; }

    /// <summary>The layout.</summary>
    public FatBootSector Boot { get; }

    /// <summary>The file allocation table.</summary>
    public FatTable Table { get; }

    /// <summary>Bits of a table entry that count.</summary>
    public uint Mask { get; }

    /// <summary>Lowest end mark of a chain.</summary>
    public uint EndMark => 0x0FFFFFF8 & Mask;

    /// <summary>Clusters that lie on the media at least in part.</summary>
    public long Clusters { get; }

    /// <summary>Free clusters.</summary>
    public ClusterMap Map => map.Value;

    /// <inheritdoc/>
    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return WalkAll(problems, cancel);
    }

    /// <inheritdoc/>
    public IByteSource OpenStream(StreamRef stream)
    {
        List<Extent> extents = ExtentsOf(stream, out long size);
        return new ExtentSource(Volume, extents, size, size);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Extent> GetExtents(StreamRef stream) => ExtentsOf(stream, out _);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>Where the chain goes from <paramref name="cluster"/>; <see cref="ChainEnd.Whole"/> with 0 at its end.</summary>
    public ChainEnd Next(uint cluster, out uint next) => chains.Next(cluster, out next);

    /// <summary>Whether a number names a cluster of the volume.</summary>
    public bool IsCluster(uint cluster) => chains.IsCluster(cluster);

    /// <summary>The runs of the chain from <paramref name="start"/>, at most <paramref name="limit"/> clusters.</summary>
    public List<Extent> Chain(uint start, long limit, out ChainEnd end) => chains.Runs(start, limit, out end);

    /// <summary>Runs for a deleted entry: free clusters from its first one on, in order, as the Sleuth Kit takes them.</summary>
    public List<Extent> FreeRuns(uint start, long clusters) => chains.FreeRuns(Map, start, clusters);

    /// <summary>The root directory's bytes.</summary>
    public List<Extent> RootRuns(out ChainEnd end)
    {
        end = ChainEnd.Whole;
        return Boot.Kind == FatKind.Fat32
            ? Chain(Boot.RootCluster, DirectoryClusters, out end)
            : [new Extent(0, Boot.DataOffset, Boot.RootBytes)];
    }

    /// <summary>Clusters of a directory that are read at most: twice what the specification allows.</summary>
    public long DirectoryClusters => Math.Max(1, 2 * FatSlot.DirectoryBytes / Boot.ClusterSize);

    /// <summary>The Sleuth Kit's number of the entry at a byte offset: entries are counted from the end of the FATs, from 3 on.</summary>
    public long AddressOf(long offset) => ((offset - Boot.DataOffset) / FatSlot.Bytes) + 3;

    private IEnumerable<FileEntry> WalkAll(IProblemSink problems, CancellationToken cancel)
    {
        _ = Map;
        foreach (Problem problem in scanProblems.Items)
        {
            problems.Report(problem);
        }

        CheckFreeCount(problems);
        foreach (FileEntry entry in new FatWalk(this, problems, cancel).Run())
        {
            yield return entry;
        }
    }

    private List<Extent> ExtentsOf(StreamRef stream, out long size)
    {
        if (stream.Key == 0)
        {
            List<Extent> root = RootRuns(out _);
            size = ClusterChains.Sum(root);
            return root;
        }

        if (stream.Key < Boot.DataOffset || (stream.Key - Boot.DataOffset) % FatSlot.Bytes != 0)
        {
            throw new MalformedDataException("directory entry", stream.Key, "an entry in the data area", "another place");
        }

        byte[] bytes = new byte[FatSlot.Bytes];
        Volume.ReadExactly(stream.Key, bytes, "directory entry");
        FatSlot slot = new(bytes, Boot.Kind);
        if (slot.IsLongName || slot.IsLabel)
        {
            throw new MalformedDataException("directory entry", stream.Key, "a file or directory", $"attributes 0x{slot.Attributes:X2}");
        }

        List<Extent> extents;
        if (stream.Stream == InUse)
        {
            extents = slot.IsDirectory
                ? Chain(slot.Cluster, DirectoryClusters, out _)
                : slot.Size == 0 ? [] : Chain(slot.Cluster, Needed(slot.Size), out _);
        }
        else
        {
            extents = FreeRuns(slot.Cluster, slot.IsDirectory ? 1 : Needed(slot.Size));
        }

        size = slot.IsDirectory ? ClusterChains.Sum(extents) : slot.Size;
        return extents;
    }

    /// <summary>Clusters for so many bytes.</summary>
    public long Needed(long size) => (size + Boot.ClusterSize - 1) / Boot.ClusterSize;

    private string? Label(IProblemSink problems)
    {
        string? label = null;
        try
        {
            long at = Boot.Kind == FatKind.Fat32 ? IsCluster(Boot.RootCluster) ? Boot.OffsetOf(Boot.RootCluster) : -1 : Boot.DataOffset;
            byte[] head = new byte[Boot.Kind == FatKind.Fat32 ? Boot.ClusterSize : Math.Min(1 << 16, Boot.RootBytes)];
            int got = at < 0 ? 0 : Volume.ReadAvailable(at, head, (_, _) => { });
            for (int i = 0; i + FatSlot.Bytes <= got && head[i] != 0; i += FatSlot.Bytes)
            {
                ReadOnlySpan<byte> bytes = head.AsSpan(i, FatSlot.Bytes);
                FatSlot slot = new(bytes, Boot.Kind);
                if (slot.IsLabel && !slot.IsDeleted)
                {
                    label = LabelText(bytes);
                    break;
                }
            }
        }
        catch (UnreadableDataException)
        {
            // The walk reports the root directory that cannot be read.
        }

        if (Boot.Label is byte[] stored)
        {
            string inBoot = LabelText(stored);
            if (label is null)
            {
                label = inBoot is "NO NAME" or "" ? null : inBoot;
            }
            else if (inBoot is not ("NO NAME" or "") && inBoot != label)
            {
                problems.Report(new Problem(ProblemKind.Notice, "volume label", $"the root directory says \"{label}\", the boot sector \"{inBoot}\""));
            }
        }

        return label;
    }

    /// <summary>The 11 bytes of a label as text.</summary>
    public static string LabelText(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[11];
        int length = 0;
        for (int i = 0; i < 11; i++)
        {
            text[i] = FatNames.Character(i == 0 && bytes[0] == 0x05 ? (byte)0xE5 : bytes[i]);
            if (bytes[i] is not ((byte)' ' or 0))
            {
                length = i + 1;
            }
        }

        return new string(text[..length]);
    }

    private void CheckFlags(IProblemSink problems)
    {
        if (Boot.Kind != FatKind.Fat12 && Table.TryGet(1, out uint second))
        {
            int top = Boot.Kind == FatKind.Fat16 ? 15 : 27;
            if (((second >> top) & 1) == 0)
            {
                problems.Report(new Problem(ProblemKind.Notice, "FAT entry 1", "the volume was not unmounted cleanly"));
            }

            if (((second >> (top - 1)) & 1) == 0)
            {
                problems.Report(new Problem(ProblemKind.Notice, "FAT entry 1", "the volume met disk errors when last in use"));
            }
        }

        if (Boot.DirtyFlag)
        {
            problems.Report(new Problem(ProblemKind.Notice, "boot sector", "the dirty flag is set: the volume was mounted for writing when imaged"));
        }

        if (Table.TryGet(0, out uint first) && (first & 0xFF) != Boot.Media)
        {
            problems.Report(new Problem(ProblemKind.Notice, "FAT entry 0", $"the media descriptor is 0x{Boot.Media:X2} in the boot sector and 0x{first & 0xFF:X2} in the FAT"));
        }
    }

    private void CheckBackup(IProblemSink problems)
    {
        if (Boot.BackupOffset == 0)
        {
            return;
        }

        byte[] first = new byte[90], second = new byte[90];
        try
        {
            if (Volume.ReadAt(0, first) == 90 && Volume.ReadAt(Boot.BackupOffset, second) == 90
                && !first.AsSpan(11, 53).SequenceEqual(second.AsSpan(11, 53)))
            {
                problems.Report(new Problem(ProblemKind.Mismatch, "backup boot sector", "its layout fields differ from those of the boot sector", Boot.BackupOffset, 90));
            }
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, "backup boot sector"));
        }
    }

    private void CheckFreeCount(IProblemSink problems)
    {
        if (Boot.FsInfoOffset == 0)
        {
            return;
        }

        byte[] info = new byte[512];
        try
        {
            if (Volume.ReadAt(Boot.FsInfoOffset, info) < info.Length)
            {
                return;
            }
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, "FSInfo"));
            return;
        }

        // 0x000, 0x1E4. Signatures; 0x1E8. Free clusters, all ones where not known.
        if (BinaryPrimitives.ReadUInt32LittleEndian(info) != 0x41615252 || BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(0x1E4)) != 0x61417272)
        {
            problems.Report(new Problem(ProblemKind.Notice, "FSInfo", "its signatures are not there", Boot.FsInfoOffset, 512));
            return;
        }

        uint free = BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(0x1E8));
        if (free != uint.MaxValue && free != Map.FreeCount && Clusters == Boot.ClusterCount)
        {
            problems.Report(new Problem(ProblemKind.Notice, "FSInfo", $"it counts {free} free clusters, the FAT has {Map.FreeCount}", Boot.FsInfoOffset + 0x1E8, 4));
        }
    }
}
