using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Storage.FileSystems.Fat;

namespace Cairn.Storage.FileSystems.ExFat;

/// <summary>
/// One walk over an exFAT volume: the tree from the root, deleted directories whose first cluster is still free, then whole entry sets
/// in free clusters that no directory leads to.
/// </summary>
internal sealed class ExFatWalk
{
    private const int BlockBytes = 1 << 20;
    private const int ProblemsPerDirectory = 8;
    private const int SecondariesAtMost = 18;

    private readonly ExFatFileSystem fs;
    private readonly ExFatBootSector boot;
    private readonly ClusterMap map;
    private readonly IProblemSink problems;
    private readonly CancellationToken cancel;
    private readonly ClusterMarks claimed;
    private readonly ClusterMarks walked;
    private readonly FolderQueue folders;
    private readonly List<FileEntry> ready = [];
    private readonly ExFatEntrySet set = new();
    private readonly byte[] buffer;
    private readonly int blockBytes;

    public ExFatWalk(ExFatFileSystem fs, IProblemSink problems, CancellationToken cancel)
    {
        this.fs = fs;
        boot = fs.Boot;
        map = fs.Map;
        this.problems = problems;
        this.cancel = cancel;
        claimed = new ClusterMarks(fs.Clusters);
        walked = new ClusterMarks(fs.Clusters);
        folders = new FolderQueue(problems, claimed, walked, Read);
        // Clusters reach 32 MiB; blocks are whole sectors and divide clusters or are made of them.
        blockBytes = BlockBytes;
        buffer = new byte[BlockBytes];
    }

    public IEnumerable<FileEntry> Run()
    {
        Folder root = new() { Name = "", State = EntryState.Allocated, Cluster = boot.RootCluster, IsRoot = true };
        List<Extent> runs = fs.Chains.Runs(boot.RootCluster, fs.Needed(ExFatFileSystem.DirectoryLimit), out ChainEnd end);
        yield return FolderQueue.Root(ExFatFileSystem.InUse, runs, end);
        foreach (FileEntry entry in folders.From(root))
        {
            yield return entry;
        }

        foreach (FileEntry entry in Orphans())
        {
            yield return entry;
        }
    }

    private List<Extent> RunsOf(Folder folder)
    {
        bool live = folder.State == EntryState.Allocated;
        if (!folders.Enter(folder, boot.OffsetOf(folder.Cluster)))
        {
            return [];
        }

        long size = folder.IsRoot ? ExFatFileSystem.DirectoryLimit : Math.Min(folder.Size, ExFatFileSystem.DirectoryLimit);
        if (!folder.IsRoot && folder.Size > size)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, folder.Place, $"{folder.Size} bytes, the format allows {ExFatFileSystem.DirectoryLimit}; the rest is not read"));
        }

        long clusters = fs.Needed(size);
        if (!live)
        {
            return fs.FreeRuns(folder.Cluster, folder.NoFatChain, clusters);
        }

        if (folder.Again)
        {
            folder.Strict = true;
            return fs.LiveRuns(folder.Cluster, folder.NoFatChain, clusters, out _);
        }

        long count = Claim(folder.Cluster, folder.NoFatChain, clusters, false, out ChainEnd end, out uint last, out bool unmarked);
        if (end != ChainEnd.Whole)
        {
            problems.Report(EndProblem(end, folder.Place, count, last));
        }
        else if (count < clusters && !folder.IsRoot)
        {
            problems.Report(new Problem(ProblemKind.Malformed, folder.Place, $"its chain has {count} clusters, {size} bytes need {clusters}"));
        }

        if (unmarked)
        {
            problems.Report(new Problem(ProblemKind.Malformed, folder.Place, "it has clusters that the allocation bitmap says are free"));
        }

        return count == 0 ? [] : fs.LiveRuns(folder.Cluster, folder.NoFatChain, count, out _);
    }

    private IEnumerable<FileEntry> Read(Folder folder)
    {
        cancel.ThrowIfCancellationRequested();
        set.Reset();
        ready.Clear();
        bool live = folder.State == EntryState.Allocated;
        List<Extent> runs = RunsOf(folder);
        long expected = 0;
        foreach (Extent run in runs)
        {
            if (run.FileOffset != expected)
            {
                Flush(folder);
            }

            expected = run.FileOffset + run.Length;
            for (long done = 0; done < run.Length; done += blockBytes)
            {
                cancel.ThrowIfCancellationRequested();
                int want = (int)Math.Min(blockBytes, run.Length - done);
                long at = run.VolumeOffset + done;
                int got = at >= fs.Volume.Length ? 0 : fs.Volume.ReadAvailable(at, buffer.AsSpan(0, want),
                    (range, reason) => problems.Report(new Problem(ProblemKind.Unreadable, folder.Place, reason, range.Offset, range.Length)));
                if (got < want)
                {
                    problems.Report(new Problem(ProblemKind.Missing, folder.Place, "it goes on past the end of the volume", at + got, want - got));
                }

                bool free = false;
                for (int i = 0; i + ExFatEntrySet.EntryBytes <= got; i += ExFatEntrySet.EntryBytes)
                {
                    long offset = at + i;
                    if (i == 0 || (offset - boot.HeapOffset) % boot.ClusterSize == 0)
                    {
                        long index = (offset - boot.HeapOffset) / boot.ClusterSize;
                        free = map.IsFree(index);
                        if (free)
                        {
                            walked.Add(index);
                        }
                    }

                    Take(folder, buffer.AsSpan(i, ExFatEntrySet.EntryBytes), offset, live && !free);
                    if (ready.Count > 0)
                    {
                        foreach (FileEntry entry in ready)
                        {
                            yield return entry;
                        }

                        ready.Clear();
                    }
                }
            }
        }

        Flush(folder);
        foreach (FileEntry entry in ready)
        {
            yield return entry;
        }

        ready.Clear();
        if (folder.Odd > ProblemsPerDirectory)
        {
            problems.Report(new Problem(ProblemKind.Malformed, folder.Place, $"{folder.Odd - ProblemsPerDirectory} more entries cannot be read"));
        }

        if (folder.OddDeleted > 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, folder.Place, $"{folder.OddDeleted} deleted entries are left of sets that cannot be read any more"));
        }
    }

    private void Take(Folder folder, ReadOnlySpan<byte> entry, long offset, bool live)
    {
        int position = folder.Slots++;
        if (set.Pending)
        {
            if (set.TryAdd(entry))
            {
                if (set.IsComplete)
                {
                    Flush(folder);
                }

                return;
            }

            Flush(folder);
        }

        byte type = entry[0];
        if (type == 0)
        {
            folder.Ended |= live;
            return;
        }

        bool inUse = (type & ExFatEntrySet.InUseBit) != 0;
        bool strict = !live || folder.Strict || folder.Ended;
        switch (type & 0x7F)
        {
            case ExFatEntrySet.File when entry[1] >= 2 && (!strict || entry[1] <= SecondariesAtMost):
                set.Begin(entry, offset, live && !folder.Ended);
                return;
            case ExFatFileSystem.VolumeLabel when !strict:
                return;
            case ExFatFileSystem.Bitmap when !strict && inUse:
                ready.Add(SystemEntry(folder, "$ALLOC_BITMAP", entry, offset, true));
                return;
            case ExFatFileSystem.UpCase when !strict && inUse:
                ready.Add(SystemEntry(folder, "$UPCASE_TABLE", entry, offset, true));
                return;
            case ExFatFileSystem.VolumeGuid when !strict && inUse:
                ready.Add(SystemEntry(folder, "$VOLUME_GUID", entry, offset, false));
                return;
            case ExFatFileSystem.TexFatPadding when !strict && inUse:
                ready.Add(SystemEntry(folder, "$TEX_FAT", entry, offset, false));
                return;
            case ExFatFileSystem.AccessControl when !strict && inUse:
                ready.Add(SystemEntry(folder, "$ACCESS_CONTROL_TABLE", entry, offset, false));
                return;
            default:
                break;
        }

        if (strict)
        {
            return;
        }

        if (!inUse)
        {
            folder.OddDeleted++;
            return;
        }

        folder.Odd++;
        if (folder.Odd == 4 && position == 3)
        {
            folder.Strict = true;
        }

        if (folder.Odd <= ProblemsPerDirectory)
        {
            problems.Report(new Problem((type & 0x20) != 0 ? ProblemKind.Notice : ProblemKind.Malformed, folder.Place,
                $"directory entry {fs.AddressOf(offset)} of type 0x{type:X2} is not known or has no place here", offset, ExFatEntrySet.EntryBytes));
        }
    }

    // Takes what has come of a set as its entry, if it is enough for one.
    private void Flush(Folder folder)
    {
        if (!set.Pending)
        {
            return;
        }

        if (Entry(folder) is FileEntry entry)
        {
            ready.Add(entry);
        }

        set.Reset();
    }

    private FileEntry? Entry(Folder folder)
    {
        bool inUse = set.Live && set.InUse && folder.State == EntryState.Allocated;
        bool strict = !set.Live || folder.Strict;
        long address = fs.AddressOf(set.Offset);
        string place = $"directory entry {address}";
        ReadOnlySpan<char> stored = set.Name;
        bool fits = set.HasStream && fs.Fits(set.Cluster, set.Size);
        if (!set.HasStream || stored.Length == 0 || (!fits && (strict || !inUse)) || (strict && set.TimesAreZero)
            || (folder.IsOrphanage && !(set.IsComplete && stored.Length == set.NameLength && set.ChecksumHolds())))
        {
            if (!strict && inUse)
            {
                folder.Odd++;
                if (folder.Odd <= ProblemsPerDirectory)
                {
                    problems.Report(new Problem(ProblemKind.Malformed, folder.Place,
                        $"directory entry {address} has no stream extension or no name", set.Offset, ExFatEntrySet.EntryBytes));
                }
            }
            else if (!strict)
            {
                folder.OddDeleted++;
            }

            return null;
        }

        string name = FatNames.Long(stored, out bool exact);
        string path = folder.Path.Length == 0 ? name : $"{folder.Path}/{name}";
        EntryState state = inUse ? EntryState.Allocated : folder.State == EntryState.Orphan ? EntryState.Orphan : EntryState.Deleted;
        List<Problem>? own = null;
        CheckSet(folder, stored, inUse, place, ref own);

        StreamFlags flags = set.IsDirectory ? StreamFlags.Index : StreamFlags.None;
        long size = (long)Math.Min(set.Size, long.MaxValue);
        long valid = set.IsDirectory ? size : (long)Math.Min(set.ValidLength, (ulong)size);
        long allocated = 0;
        long start = size > 0 && fs.Chains.IsCluster(set.Cluster) ? boot.OffsetOf(set.Cluster) : -1;
        if (!fits)
        {
            flags |= StreamFlags.NameOnly;
            start = -1;
            (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"first cluster {set.Cluster} and {set.Size} bytes do not fit the volume"));
        }
        else if (size > 0)
        {
            if (set.ValidLength > set.Size && !set.IsDirectory)
            {
                (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"its valid length {set.ValidLength} is more than its {set.Size} bytes"));
            }

            if (inUse)
            {
                InUse(folder, size, place, ref flags, ref allocated, ref own);
            }
            else
            {
                NotInUse(size, place, ref flags, ref allocated, ref start, ref own);
            }

            if (set.IsDirectory)
            {
                Descend(folder, name, path, state, size);
            }
        }

        return new FileEntry
        {
            Key = set.Offset,
            Path = path,
            NameBytes = exact ? null : FatNames.Bytes(stored),
            Type = set.IsDirectory ? EntryType.Directory : EntryType.File,
            State = state,
            Times = set.Times,
            DosAttributes = set.Attributes,
            Streams =
            [
                new StreamInfo
                {
                    Ref = new StreamRef(set.Offset, inUse ? ExFatFileSystem.InUse : ExFatFileSystem.NotInUse),
                    Address = address.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    Size = size,
                    ValidLength = valid,
                    AllocatedSize = allocated,
                    Flags = flags,
                    FirstOffset = start,
                },
            ],
            Problems = own,
        };
    }

    private void CheckSet(Folder folder, ReadOnlySpan<char> stored, bool inUse, string place, ref List<Problem>? own)
    {
        bool whole = set.IsComplete && stored.Length == set.NameLength;
        if (inUse)
        {
            if (!whole)
            {
                (own ??= []).Add(new Problem(ProblemKind.Malformed, place, "entries of its set are missing: the name is cut", set.Offset));
            }
            else if (!set.ChecksumHolds())
            {
                (own ??= []).Add(new Problem(ProblemKind.Mismatch, place, "the checksum of its entry set does not hold", set.Offset));
            }
            else if (fs.Upper.Length > 0 && ExFatEntrySet.Hash(stored, fs.Upper) != set.NameHash)
            {
                (own ??= []).Add(new Problem(ProblemKind.Mismatch, place, "the hash of its name does not hold", set.Offset));
            }

            return;
        }

        if (!whole || !set.ChecksumHolds())
        {
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, "its entry set is not whole any more, or was changed when it was deleted", set.Offset));
        }

        if (set.InUse && folder.State == EntryState.Allocated)
        {
            (own ??= []).Add(new Problem(ProblemKind.Notice, place,
                folder.Ended ? "it lies after the end mark of its directory" : "its directory's cluster is marked free", set.Offset));
        }
    }

    private void InUse(Folder folder, long size, string place, ref StreamFlags flags, ref long allocated, ref List<Problem>? own)
    {
        long needed = fs.Needed(size);
        if (set.IsDirectory || folder.Again)
        {
            // A directory's clusters are followed, and their problems reported, when it is read.
            allocated = needed * boot.ClusterSize;
            return;
        }

        long clusters = Claim(set.Cluster, set.NoFatChain, needed, true, out ChainEnd end, out uint last, out bool unmarked);
        allocated = clusters * boot.ClusterSize;
        if (end != ChainEnd.Whole)
        {
            (own ??= []).Add(EndProblem(end, place, clusters, last));
            if (clusters < needed)
            {
                flags |= StreamFlags.Incomplete;
            }

            if (end is ChainEnd.CrossLink or ChainEnd.PastMedia)
            {
                allocated = Math.Max(allocated, needed * boot.ClusterSize);
            }
        }
        else if (clusters < needed)
        {
            flags |= StreamFlags.Incomplete;
            (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"its chain has {clusters} clusters, {size} bytes need {needed}; the rest reads as zeros"));
        }
        else if (clusters > needed)
        {
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, $"its chain has {clusters} clusters, {size} bytes need {needed}"));
        }

        if (unmarked)
        {
            (own ??= []).Add(new Problem(ProblemKind.Malformed, place, "it has clusters that the allocation bitmap says are free"));
        }
    }

    private void NotInUse(long size, string place, ref StreamFlags flags, ref long allocated, ref long start, ref List<Problem>? own)
    {
        long needed = fs.Needed(size);
        long first = set.Cluster - 2L;
        if (!map.IsFree(first))
        {
            flags |= StreamFlags.NameOnly;
            start = -1;
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, $"its first cluster {set.Cluster} is in use by another file; nothing of the content is known to be left"));
            return;
        }

        long available = map.FreeFrom(first) - (set.NoFatChain ? map.FreeFrom(Math.Min(first + needed, map.Count)) : 0);
        allocated = Math.Min(needed, available) * boot.ClusterSize;
        if (available < needed)
        {
            flags |= StreamFlags.Incomplete;
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, set.NoFatChain
                ? $"{needed - available} of its {needed} clusters are in use by other files; they read as zeros"
                : $"{needed} clusters are needed, {available} are free from its first one on; the rest reads as zeros"));
        }
    }

    private void Descend(Folder folder, string name, string path, EntryState state, long size)
    {
        if (set.Cluster - 2L >= fs.Clusters)
        {
            problems.Report(new Problem(ProblemKind.Missing, $"directory {path}", $"its first cluster {set.Cluster} lies past the end of the media"));
            return;
        }

        if (state != EntryState.Allocated && !map.IsFree(set.Cluster - 2L))
        {
            return;
        }

        Folder child = new()
        {
            Name = name,
            State = state,
            Cluster = set.Cluster,
            NoFatChain = set.NoFatChain,
            Size = size,
            Parent = folder,
            Depth = folder.Depth + 1,
        };
        folders.Add(child, path);
    }

    private FileEntry SystemEntry(Folder folder, string name, ReadOnlySpan<byte> entry, long offset, bool hasContent)
    {
        uint cluster = hasContent ? BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]) : 0;
        ulong length = hasContent ? BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]) : 0;
        bool fits = fs.Fits(cluster, length);
        long size = (long)Math.Min(length, long.MaxValue);
        string place = $"directory entry {fs.AddressOf(offset)}";
        List<Problem>? own = null;
        StreamFlags flags = StreamFlags.None;
        long allocated = 0;
        if (!fits)
        {
            flags = StreamFlags.NameOnly;
            (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"{name}: first cluster {cluster} and {length} bytes do not fit the volume"));
        }
        else if (size > 0)
        {
            allocated = Claim(cluster, false, fs.Needed(size), true, out ChainEnd end, out uint last, out _) * boot.ClusterSize;
            if (end != ChainEnd.Whole)
            {
                (own ??= []).Add(EndProblem(end, place, allocated / boot.ClusterSize, last));
            }
        }

        return new FileEntry
        {
            Key = offset,
            Path = folder.Path.Length == 0 ? name : $"{folder.Path}/{name}",
            Type = EntryType.File,
            State = EntryState.Allocated,
            Attributes = name == "$VOLUME_GUID" ? new Dictionary<string, string> { ["volume GUID"] = new Guid(entry.Slice(6, 16)).ToString("D") } : null,
            Streams =
            [
                new StreamInfo
                {
                    Ref = new StreamRef(offset, ExFatFileSystem.InUse),
                    Address = fs.AddressOf(offset).ToString(System.Globalization.CultureInfo.InvariantCulture),
                    Size = size,
                    ValidLength = size,
                    AllocatedSize = allocated,
                    Flags = flags,
                    FirstOffset = fits && size > 0 ? boot.OffsetOf(cluster) : -1,
                },
            ],
            Problems = own,
        };
    }

    // Makes clusters an entry's own, until its end or a cluster that has an owner. A chain in the FAT is followed past what is needed
    // where toEnd says so.
    private long Claim(uint start, bool contiguous, long needed, bool toEnd, out ChainEnd end, out uint last, out bool unmarked)
    {
        long count = 0;
        last = start;
        end = ChainEnd.Whole;
        unmarked = false;
        long limit = toEnd && !contiguous ? long.MaxValue : needed;
        for (uint cluster = start; cluster != 0 && count < limit;)
        {
            long index = cluster - 2L;
            last = cluster;
            if (!fs.Chains.IsCluster(cluster))
            {
                end = ChainEnd.OutOfRange;
                return count;
            }

            if (index >= fs.Clusters)
            {
                end = ChainEnd.PastMedia;
                return count;
            }

            if (!claimed.Add(index))
            {
                end = ChainEnd.CrossLink;
                uint again = start;
                for (long i = 0; i < count && !contiguous; i++)
                {
                    if (again == cluster)
                    {
                        end = ChainEnd.Loop;
                        break;
                    }

                    fs.Chains.Next(again, out again);
                }

                return count;
            }

            unmarked |= map.IsFree(index);
            count++;
            if (contiguous)
            {
                cluster++;
                continue;
            }

            end = fs.Chains.Next(cluster, out cluster);
            if (end != ChainEnd.Whole)
            {
                return count;
            }
        }

        return count;
    }

    private static Problem EndProblem(ChainEnd end, string place, long clusters, uint cluster)
    {
        string after = $"after {clusters} clusters it";
        return end switch
        {
            ChainEnd.Loop => Problem.Cycle(place, $"{after} leads back to its own cluster {cluster}"),
            ChainEnd.CrossLink => new Problem(ProblemKind.Malformed, place, $"{after} enters cluster {cluster}, which belongs to another file or directory too (cross-link)"),
            ChainEnd.Free => new Problem(ProblemKind.Malformed, place, $"{after} ends at cluster {cluster}, which has no entry in the FAT"),
            ChainEnd.Bad => new Problem(ProblemKind.Malformed, place, $"{after} ends at cluster {cluster}, which is marked bad"),
            ChainEnd.PastMedia => new Problem(ProblemKind.Missing, place, $"{after} goes on at cluster {cluster}, past the end of the media"),
            ChainEnd.Unreadable => new Problem(ProblemKind.Unreadable, place, $"{after} ends at cluster {cluster}, whose FAT entry cannot be read"),
            _ => new Problem(ProblemKind.Malformed, place, $"{after} ends at cluster {cluster}, after which no cluster of the volume is named"),
        };
    }

    private IEnumerable<FileEntry> Orphans()
    {
        ClusterMarks candidates = new(map.Count);
        ClusterMarks pointed = new(map.Count);
        bool found = false;
        for (long start = map.NextFree(0); start < map.Count;)
        {
            long end = map.NextUsed(start);
            long from = boot.OffsetOf(start + 2), to = boot.OffsetOf(end + 2);
            for (long at = from; at < to; at += blockBytes)
            {
                cancel.ThrowIfCancellationRequested();
                int got = at >= fs.Volume.Length ? 0 : fs.Volume.ReadAvailable(at, buffer.AsSpan(0, (int)Math.Min(blockBytes, to - at)),
                    (range, reason) => problems.Report(new Problem(ProblemKind.Unreadable, "free clusters", reason, range.Offset, range.Length)));
                for (int i = 0; i + boot.SectorSize <= got; i += boot.SectorSize)
                {
                    if (!StartsSet(buffer.AsSpan(i, ExFatEntrySet.EntryBytes)))
                    {
                        continue;
                    }

                    long cluster = (at + i - boot.HeapOffset) / boot.ClusterSize;
                    if (walked.Contains(cluster))
                    {
                        continue;
                    }

                    for (int slot = i; slot + (2 * ExFatEntrySet.EntryBytes) <= i + boot.SectorSize; slot += ExFatEntrySet.EntryBytes)
                    {
                        ReadOnlySpan<byte> pair = buffer.AsSpan(slot, 2 * ExFatEntrySet.EntryBytes);
                        if ((pair[0] & 0x7F) != ExFatEntrySet.File || pair[1] is < 2 or > SecondariesAtMost
                            || pair[32] != ((pair[0] & ExFatEntrySet.InUseBit) | ExFatEntrySet.StreamExtension))
                        {
                            continue;
                        }

                        found |= candidates.Add(cluster);
                        uint target = BinaryPrimitives.ReadUInt32LittleEndian(pair[52..]);
                        if ((pair[4] & 0x10) != 0 && fs.Chains.IsCluster(target) && target - 2L != cluster && map.IsFree(target - 2L))
                        {
                            pointed.Add(target - 2L);
                        }
                    }
                }
            }

            start = map.NextFree(end);
        }

        if (!found)
        {
            yield break;
        }

        foreach (FileEntry entry in folders.Orphans(map, candidates, pointed, ReadOrphans))
        {
            yield return entry;
        }
    }

    private IEnumerable<FileEntry> ReadOrphans(Folder orphanage, long index)
    {
        long offset = boot.OffsetOf(index + 2);
        set.Reset();
        ready.Clear();
        for (long done = 0; done < boot.ClusterSize; done += blockBytes)
        {
            int got = fs.Volume.ReadAvailable(offset + done, buffer.AsSpan(0, (int)Math.Min(blockBytes, boot.ClusterSize - done)), (_, _) => { });
            for (int i = 0; i + ExFatEntrySet.EntryBytes <= got; i += ExFatEntrySet.EntryBytes)
            {
                Take(orphanage, buffer.AsSpan(i, ExFatEntrySet.EntryBytes), offset + done + i, false);
                if (ready.Count > 0)
                {
                    foreach (FileEntry entry in ready)
                    {
                        yield return entry;
                    }

                    ready.Clear();
                }
            }
        }

        Flush(orphanage);
        foreach (FileEntry entry in ready)
        {
            yield return entry;
        }

        ready.Clear();
    }

    // Whether a sector's first entry can be one of a directory's: the rest of a set may begin in the sector before.
    private static bool StartsSet(ReadOnlySpan<byte> entry) => (entry[0] & 0x7F) switch
    {
        ExFatEntrySet.File => entry[1] is >= 2 and <= SecondariesAtMost,
        ExFatEntrySet.StreamExtension => true,
        ExFatEntrySet.FileName => true,
        _ => false,
    };
}
