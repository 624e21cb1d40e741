using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Storage.FileSystems.Fat;

namespace Cairn.Storage.FileSystems.ExFat;

/// <summary>An exFAT volume.</summary>
internal sealed class ExFatFileSystem : IFileTree
{
    /// <summary>Stream number of an entry that is read as in use.</summary>
    public const int InUse = 0;

    /// <summary>Stream number of an entry that is read as deleted.</summary>
    public const int NotInUse = 1;

    /// <summary>Types, without the in-use bit, of entries that are no files.</summary>
    public const int Bitmap = 0x01, UpCase = 0x02, VolumeLabel = 0x03, VolumeGuid = 0x20, TexFatPadding = 0x21, AccessControl = 0x62;

    private const uint EndMark = 0xFFFFFFF8;

    // Clusters whose bits are held at once: the bitmap of this many is what one structure may take.
    private const long ClustersAtMost = (long)Limits.StructureBytes * 8;

    // The entries that describe the volume stand at the start of the root directory; this much of it is looked at.
    private const long HeadBytes = 1 << 20;
    private const int DirectoryBytes = 256 << 20;

    private readonly ClusterChains chains;
    private readonly Lazy<ClusterMap> map;
    private readonly ProblemList mapProblems = new();
    private readonly List<(uint Cluster, ulong Length, int Which)> bitmaps = [];
    private readonly char[] upper = [];

    /// <summary>Reads what opening needs: the boot region is checked already.</summary>
    public ExFatFileSystem(IByteSource volume, ExFatBootSector boot, IProblemSink problems)
    {
        Volume = volume;
        Boot = boot;
        long onMedia = volume.Length <= boot.HeapOffset ? 0 : (volume.Length - boot.HeapOffset + boot.ClusterSize - 1) / boot.ClusterSize;
        Clusters = Math.Min(boot.ClusterCount, Math.Min(onMedia, ClustersAtMost));
        if (Math.Min(boot.ClusterCount, onMedia) > ClustersAtMost)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, "allocation bitmap", $"{boot.ClusterCount} clusters; those after the first {ClustersAtMost} count as in use"));
        }

        long fat = boot.FatOffset + (boot.Active * boot.FatBytes);
        chains = new ClusterChains(new FatTable(volume, [fat], boot.FatBytes, 32), uint.MaxValue, EndMark, boot.LastCluster, boot.HeapOffset, boot.ClusterSize);
        if (boot.FatCount == 2)
        {
            problems.Report(new Problem(ProblemKind.Notice, "boot sector", $"TexFAT: two FATs, the {(boot.Active == 0 ? "first" : "second")} is in use"));
        }

        if ((boot.Flags & 2) != 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, "boot sector", "the volume was not unmounted cleanly (dirty flag)"));
        }

        if ((boot.Flags & 4) != 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, "boot sector", "the media failure flag is set"));
        }

        if (boot.Length > volume.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, "boot sector", $"the file system claims {boot.Length} bytes, the volume has {volume.Length}", 0, boot.Length - volume.Length));
        }

        string? label = ReadHead(problems, out upper);
        map = new Lazy<ClusterMap>(ReadMap);
        Allocation = new ClusterAllocation(() => map.Value, boot.HeapOffset, boot.ClusterSize);
        Info = new FileTreeInfo("exFAT", label, $"{boot.Serial >> 16:X4}-{boot.Serial & 0xFFFF:X4}", boot.ClusterSize, boot.Length);
    }

    /// <inheritdoc/>
    public FileTreeInfo Info { get; }

    /// <inheritdoc/>
    public IAllocationMap? Allocation { get; }

    /// <summary>The volume.</summary>
    public IByteSource Volume { get; }

    /// <summary>The layout.</summary>
    public ExFatBootSector Boot { get; }

    /// <summary>Clusters that lie on the media at least in part.</summary>
    public long Clusters { get; }

    /// <summary>Free clusters.</summary>
    public ClusterMap Map => map.Value;

    /// <summary>Chains of clusters.</summary>
    public ClusterChains Chains => chains;

    /// <summary>The up-case table, empty where it cannot be used.</summary>
    public ReadOnlySpan<char> Upper => upper;

    /// <summary>Bytes of a directory that are read at most: what the specification allows.</summary>
    public static long DirectoryLimit => DirectoryBytes;

    /// <inheritdoc/>
    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return WalkAll(problems, cancel);
    }

    /// <inheritdoc/>
    public IByteSource OpenStream(StreamRef stream)
    {
        List<Extent> extents = ExtentsOf(stream, out long size, out long valid);
        return new ExtentSource(Volume, extents, size, valid);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Extent> GetExtents(StreamRef stream) => ExtentsOf(stream, out _, out _);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    /// <summary>The Sleuth Kit's number of the entry at a byte offset: entries are counted from the first cluster, from 3 on.</summary>
    public long AddressOf(long offset) => ((offset - Boot.HeapOffset) / ExFatEntrySet.EntryBytes) + 3;

    /// <summary>Clusters for so many bytes.</summary>
    public long Needed(long size) => (size + Boot.ClusterSize - 1) / Boot.ClusterSize;

    /// <summary>Whether a first cluster and size can be: in range, not larger than the volume.</summary>
    public bool Fits(uint cluster, ulong size) =>
        size == 0 || (chains.IsCluster(cluster) && size <= (ulong)Boot.ClusterCount * (ulong)Boot.ClusterSize);

    /// <summary>Runs of something in use.</summary>
    public List<Extent> LiveRuns(uint cluster, bool contiguous, long clusters, out ChainEnd end)
    {
        end = ChainEnd.Whole;
        if (clusters == 0)
        {
            return [];
        }

        if (!contiguous)
        {
            return chains.Runs(cluster, clusters, out end);
        }

        if (!chains.IsCluster(cluster))
        {
            end = ChainEnd.OutOfRange;
            return [];
        }

        long count = Math.Min(clusters, Boot.LastCluster - cluster + 1);
        if (count < clusters)
        {
            end = ChainEnd.OutOfRange;
        }

        return [new Extent(0, Boot.OffsetOf(cluster), count * Boot.ClusterSize)];
    }

    /// <summary>
    /// Runs of something deleted, free clusters only: where the entry says one run, that run; where the chain in the FAT still stands,
    /// whole and free, that chain (deleting frees bits of the bitmap, not the FAT); else the free clusters from the first on.
    /// </summary>
    public List<Extent> FreeRuns(uint cluster, bool contiguous, long clusters)
    {
        List<Extent> runs = [];
        long first = cluster - 2L;
        if (clusters == 0 || !chains.IsCluster(cluster) || !Map.IsFree(first))
        {
            return runs;
        }

        if (contiguous)
        {
            long end = Math.Min(first + clusters, Map.Count);
            for (long start = first; start < end && runs.Count < Limits.ExtentsPerStream;)
            {
                long used = Math.Min(end, Map.NextUsed(start));
                runs.Add(new Extent((start - first) * Boot.ClusterSize, Boot.OffsetOf(start + 2), (used - start) * Boot.ClusterSize));
                start = Map.NextFree(used);
            }

            return runs;
        }

        if (clusters > 1)
        {
            List<Extent> chain = chains.Runs(cluster, clusters + 1, out ChainEnd ends);
            if (ends == ChainEnd.Whole && ClusterChains.Sum(chain) == clusters * Boot.ClusterSize && AllFree(chain))
            {
                return chain;
            }
        }

        return chains.FreeRuns(Map, cluster, clusters);
    }

    private bool AllFree(List<Extent> runs)
    {
        foreach (Extent run in runs)
        {
            if (!Map.AllFree((run.VolumeOffset - Boot.HeapOffset) / Boot.ClusterSize, run.Length / Boot.ClusterSize))
            {
                return false;
            }
        }

        return true;
    }

    private IEnumerable<FileEntry> WalkAll(IProblemSink problems, CancellationToken cancel)
    {
        _ = Map;
        foreach (Problem problem in mapProblems.Items)
        {
            problems.Report(problem);
        }

        foreach (FileEntry entry in new ExFatWalk(this, problems, cancel).Run())
        {
            yield return entry;
        }
    }

    private List<Extent> ExtentsOf(StreamRef stream, out long size, out long valid)
    {
        if (stream.Key == 0)
        {
            List<Extent> root = chains.Runs(Boot.RootCluster, Needed(DirectoryBytes), out _);
            size = valid = ClusterChains.Sum(root);
            return root;
        }

        if (stream.Key < Boot.HeapOffset || (stream.Key - Boot.HeapOffset) % ExFatEntrySet.EntryBytes != 0)
        {
            throw new MalformedDataException("directory entry", stream.Key, "an entry in the cluster heap", "another place");
        }

        byte[] entry = new byte[ExFatEntrySet.EntryBytes];
        Volume.ReadExactly(stream.Key, entry, "directory entry");
        int type = entry[0] & 0x7F;
        if (type is Bitmap or UpCase)
        {
            uint cluster = BinaryPrimitives.ReadUInt32LittleEndian(entry.AsSpan(20));
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(entry.AsSpan(24));
            if (!Fits(cluster, length))
            {
                throw new MalformedDataException("directory entry", stream.Key, "a first cluster and length within the volume", $"cluster {cluster}, {length} bytes");
            }

            size = valid = (long)length;
            return SystemRuns(cluster, (long)length);
        }

        if (type is VolumeGuid or TexFatPadding or AccessControl)
        {
            size = valid = 0;
            return [];
        }

        if (type != ExFatEntrySet.File)
        {
            throw new MalformedDataException("directory entry", stream.Key, "a file entry", $"type 0x{entry[0]:X2}");
        }

        ExFatEntrySet set = new();
        set.Begin(entry, stream.Key, true);
        if (!set.TryAdd(After(stream.Key)))
        {
            throw new MalformedDataException("stream extension", stream.Key + ExFatEntrySet.EntryBytes, "a stream extension after the file entry", "something else");
        }

        if (!Fits(set.Cluster, set.Size))
        {
            throw new MalformedDataException("stream extension", stream.Key, "a first cluster and length within the volume", $"cluster {set.Cluster}, {set.Size} bytes");
        }

        size = (long)set.Size;
        valid = set.IsDirectory ? size : (long)Math.Min(set.ValidLength, set.Size);
        long clusters = Needed(set.IsDirectory ? Math.Min(size, DirectoryBytes) : size);
        List<Extent> runs = stream.Stream == InUse ? LiveRuns(set.Cluster, set.NoFatChain, clusters, out _) : FreeRuns(set.Cluster, set.NoFatChain, clusters);
        return runs;
    }

    // The entry after the one at the offset: at the end of a cluster, where the FAT says, or in the cluster that follows.
    private byte[] After(long offset)
    {
        long next = offset + ExFatEntrySet.EntryBytes;
        byte[] entry = new byte[ExFatEntrySet.EntryBytes];
        if ((next - Boot.HeapOffset) % Boot.ClusterSize == 0)
        {
            uint cluster = (uint)(((offset - Boot.HeapOffset) / Boot.ClusterSize) + 2);
            if (chains.Next(cluster, out uint linked) == ChainEnd.Whole && linked != 0 && Boot.OffsetOf(linked) != next)
            {
                Volume.ReadExactly(Boot.OffsetOf(linked), entry, "directory entry");
                if ((entry[0] & 0x7F) == ExFatEntrySet.StreamExtension)
                {
                    return entry;
                }
            }
        }

        Volume.ReadExactly(next, entry, "directory entry");
        return entry;
    }

    // The bitmap and the up-case table have a chain in the FAT; where it does not reach, they lie in one piece.
    private List<Extent> SystemRuns(uint cluster, long length)
    {
        long clusters = Needed(length);
        List<Extent> chain = chains.Runs(cluster, clusters, out _);
        return ClusterChains.Sum(chain) >= length ? chain : LiveRuns(cluster, true, clusters, out _);
    }

    private ClusterMap ReadMap()
    {
        ulong[] words = ClusterMap.Words(Clusters);
        if (bitmaps.Count == 0)
        {
            mapProblems.Report(new Problem(ProblemKind.Missing, "allocation bitmap", "the root directory names none; every cluster counts as in use"));
            return new ClusterMap(words, Clusters);
        }

        int chosen = bitmaps.FindIndex(b => b.Which == Boot.Active);
        (uint cluster, ulong length, _) = bitmaps[Math.Max(0, chosen)];
        long wanted = (Clusters + 7) / 8;
        if (!Fits(cluster, length) || (long)length < (Boot.ClusterCount + 7) / 8)
        {
            mapProblems.Report(new Problem(ProblemKind.Malformed, "allocation bitmap", $"cluster {cluster}, {length} bytes: too short or outside the volume; clusters without a bit count as in use"));
        }

        if (!chains.IsCluster(cluster))
        {
            return new ClusterMap(words, Clusters);
        }

        long bytes = (long)Math.Min((ulong)wanted, length);
        byte[] block = new byte[1 << 20];
        foreach (Extent run in SystemRuns(cluster, bytes))
        {
            for (long done = 0; done < run.Length && run.FileOffset + done < bytes; done += block.Length)
            {
                int want = (int)Math.Min(Math.Min(block.Length, run.Length - done), bytes - run.FileOffset - done);
                long at = run.VolumeOffset + done;
                List<ByteRange> holes = [];
                int got = at >= Volume.Length ? 0 : Volume.ReadAvailable(at, block.AsSpan(0, want), (range, reason) =>
                {
                    holes.Add(range);
                    mapProblems.Report(new Problem(ProblemKind.Unreadable, "allocation bitmap", $"{reason}; its clusters count as in use", range.Offset, range.Length));
                });
                foreach (ByteRange hole in holes)
                {
                    block.AsSpan((int)(hole.Offset - at), (int)hole.Length).Fill(0xFF);
                }

                if (got < want)
                {
                    mapProblems.Report(new Problem(ProblemKind.Missing, "allocation bitmap", "it goes on past the end of the volume; clusters without a bit count as in use", at + got, want - got));
                }

                long first = run.FileOffset + done;
                for (int i = 0; i < got; i++)
                {
                    // A run begins at a cluster, so bytes fall into words as they come.
                    words[(first + i) >> 3] |= (ulong)(byte)~block[i] << (int)(((first + i) & 7) * 8);
                }
            }
        }

        return new ClusterMap(words, Clusters);
    }

    private string? ReadHead(IProblemSink problems, out char[] table)
    {
        string? label = null;
        table = [];
        List<Extent> runs = chains.Runs(Boot.RootCluster, Math.Max(1, HeadBytes / Boot.ClusterSize), out _);
        byte[] block = new byte[Math.Min(Boot.ClusterSize, (int)HeadBytes)];
        foreach (Extent run in runs)
        {
            for (long done = 0; done < run.Length; done += block.Length)
            {
                int got = run.VolumeOffset + done >= Volume.Length ? 0 : Volume.ReadAvailable(run.VolumeOffset + done, block, (_, _) => { });
                for (int i = 0; i + ExFatEntrySet.EntryBytes <= got; i += ExFatEntrySet.EntryBytes)
                {
                    ReadOnlySpan<byte> entry = block.AsSpan(i, ExFatEntrySet.EntryBytes);
                    switch (entry[0])
                    {
                        case 0:
                            return label;
                        case Bitmap | ExFatEntrySet.InUseBit:
                            bitmaps.Add((BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]), entry[1] & 1));
                            break;
                        case UpCase | ExFatEntrySet.InUseBit:
                            table = ReadUpCase(entry, problems);
                            break;
                        case VolumeLabel | ExFatEntrySet.InUseBit when entry[1] is > 0 and <= 15:
                            label = LabelText(entry);
                            break;
                        default:
                            break;
                    }

                    if (bitmaps.Count > 2)
                    {
                        problems.Report(new Problem(ProblemKind.Malformed, "root directory", "more than two allocation bitmaps", run.VolumeOffset + done + i, ExFatEntrySet.EntryBytes));
                        return label;
                    }
                }
            }
        }

        return label;
    }

    /// <summary>A volume label entry's text.</summary>
    public static string LabelText(ReadOnlySpan<byte> entry)
    {
        Span<char> text = stackalloc char[15];
        int length = Math.Min((int)entry[1], 15);
        for (int i = 0; i < length; i++)
        {
            text[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(entry[(2 + (2 * i))..]);
        }

        return FatNames.Long(text[..length], out _);
    }

    private char[] ReadUpCase(ReadOnlySpan<byte> entry, IProblemSink problems)
    {
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
        uint cluster = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]);
        // 65,536 characters of two bytes at most.
        if (!Fits(cluster, length) || length is 0 or > 131_072 || (length & 1) != 0)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "up-case table", $"cluster {cluster}, {length} bytes; name hashes are not checked"));
            return [];
        }

        byte[] bytes = new byte[length];
        try
        {
            using ExtentSource source = new(Volume, SystemRuns(cluster, (long)length), (long)length, (long)length);
            source.ReadExactly(0, bytes, "up-case table");
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, "up-case table"));
            return [];
        }

        uint sum = ExFatEntrySet.TableChecksum(0, bytes);
        if (sum != stored)
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "up-case table", $"its checksum is {stored:X8}, its bytes give {sum:X8}; name hashes are not checked"));
            return [];
        }

        // 0xFFFF and a count stand for so many characters that are their own upper case.
        char[] table = new char[65_536];
        for (int i = 0; i < table.Length; i++)
        {
            table[i] = (char)i;
        }

        int at = 0;
        for (int i = 0; i < bytes.Length && at < table.Length; i += 2)
        {
            ushort value = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i));
            if (value == 0xFFFF && i + 2 < bytes.Length)
            {
                i += 2;
                at += BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i));
            }
            else
            {
                table[at++] = (char)value;
            }
        }

        return table;
    }
}
