using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>
/// One walk over a FAT volume: the tree from the root, deleted directories whose first cluster is still free, then entries in free
/// clusters that no directory leads to. Directories are read in blocks; what is kept is a few bits per cluster and the directories
/// still to be read.
/// </summary>
internal sealed class FatWalk
{
    private const int BlockBytes = 1 << 20;
    private const int ProblemsPerDirectory = 8;

    private readonly FatFileSystem fs;
    private readonly FatBootSector boot;
    private readonly ClusterMap map;
    private readonly IProblemSink problems;
    private readonly CancellationToken cancel;
    private readonly ClusterMarks claimed;
    private readonly ClusterMarks walked;
    private readonly FolderQueue folders;
    private readonly LongName longName = new();
    private readonly byte[] buffer;

    // Directories may all lead to one long chain; their sizes are worth only so many steps in all.
    private long chainSteps;

    public FatWalk(FatFileSystem fs, IProblemSink problems, CancellationToken cancel)
    {
        this.fs = fs;
        boot = fs.Boot;
        map = fs.Map;
        this.problems = problems;
        this.cancel = cancel;
        chainSteps = (2 * fs.Clusters) + 1_000_000;
        claimed = new ClusterMarks(fs.Clusters);
        walked = new ClusterMarks(fs.Clusters);
        folders = new FolderQueue(problems, claimed, walked, Read);
        buffer = new byte[Math.Max(BlockBytes / boot.ClusterSize, 1) * boot.ClusterSize];
    }

    public IEnumerable<FileEntry> Run()
    {
        Folder root = new() { Name = "", State = EntryState.Allocated, Cluster = boot.Kind == FatKind.Fat32 ? boot.RootCluster : 0, IsRoot = true };
        List<Extent> runs = fs.RootRuns(out ChainEnd end);
        yield return FolderQueue.Root(FatFileSystem.InUse, runs, end);
        foreach (FileEntry entry in folders.From(root))
        {
            yield return entry;
        }

        foreach (FileEntry entry in Orphans())
        {
            yield return entry;
        }
    }

    // The bytes of a folder, or none where it must not be read (again).
    private List<Extent> RunsOf(Folder folder)
    {
        if (folder.IsRoot && boot.Kind != FatKind.Fat32)
        {
            return [new Extent(0, boot.DataOffset, boot.RootBytes)];
        }

        bool live = folder.State == EntryState.Allocated;
        if (!folders.Enter(folder, boot.OffsetOf(folder.Cluster)))
        {
            return [];
        }

        if (!live)
        {
            // A deleted directory's chain is gone; only its first cluster is sure to have been its own.
            return [new Extent(0, boot.OffsetOf(folder.Cluster), boot.ClusterSize)];
        }

        if (folder.Again)
        {
            folder.Strict = true;
            return fs.Chain(folder.Cluster, fs.DirectoryClusters, out _);
        }

        long clusters = Claim(folder.Cluster, fs.DirectoryClusters, out ChainEnd end, out uint last);
        if (end != ChainEnd.Whole)
        {
            problems.Report(EndProblem(end, folder.Place, clusters, last));
        }
        else if (clusters == fs.DirectoryClusters && fs.Next(last, out uint more) == ChainEnd.Whole && more != 0)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, folder.Place, $"more than {2 * FatSlot.DirectoryBytes} bytes, twice what the format allows; the rest is not read"));
        }

        return clusters == 0 ? [] : fs.Chain(folder.Cluster, clusters, out _);
    }

    private IEnumerable<FileEntry> Read(Folder folder)
    {
        cancel.ThrowIfCancellationRequested();
        longName.Reset();
        List<Extent> runs = RunsOf(folder);
        bool live = folder.State == EntryState.Allocated;
        foreach (Extent run in runs)
        {
            for (long done = 0; done < run.Length; done += buffer.Length)
            {
                int want = (int)Math.Min(buffer.Length, run.Length - done);
                long at = run.VolumeOffset + done;
                int got = at >= fs.Volume.Length ? 0 : fs.Volume.ReadAvailable(at, buffer.AsSpan(0, want),
                    (range, reason) => problems.Report(new Problem(ProblemKind.Unreadable, folder.Place, reason, range.Offset, range.Length)));
                if (got < want)
                {
                    problems.Report(new Problem(ProblemKind.Missing, folder.Place, "it goes on past the end of the volume", at + got, want - got));
                }

                if (!live)
                {
                    for (long cluster = at; cluster < at + got; cluster += boot.ClusterSize)
                    {
                        walked.Add((cluster - boot.HeapOffset) / boot.ClusterSize);
                    }
                }

                bool free = false;
                for (int i = 0; i + FatSlot.Bytes <= got; i += FatSlot.Bytes)
                {
                    long offset = at + i;
                    if (i % boot.ClusterSize == 0 || i == 0)
                    {
                        long index = offset < boot.HeapOffset ? -1 : (offset - boot.HeapOffset) / boot.ClusterSize;
                        free = index >= 0 && map.IsFree(index);
                        if (live && free)
                        {
                            walked.Add(index);
                        }
                    }

                    if (Take(folder, buffer.AsSpan(i, FatSlot.Bytes), offset, live && !free) is FileEntry entry)
                    {
                        yield return entry;
                    }
                }
            }
        }

        if (longName.Pending && live && !longName.Deleted)
        {
            Lost(folder, FatNames.Long(longName.Characters, out _), longName.Offset);
        }

        if (folder.Odd > ProblemsPerDirectory)
        {
            problems.Report(new Problem(ProblemKind.Malformed, folder.Place, $"{folder.Odd - ProblemsPerDirectory} more entries hold no name or cannot be read"));
        }

        if (folder.OddDeleted > 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, folder.Place, $"{folder.OddDeleted} deleted entries hold nothing that can be read"));
        }
    }

    // One slot of a folder that is read through its own entry.
    private FileEntry? Take(Folder folder, ReadOnlySpan<byte> bytes, long offset, bool live)
    {
        int position = folder.Slots++;
        byte first = bytes[0];
        if (first == 0)
        {
            if (live && !folder.Ended)
            {
                folder.Ended = true;
                longName.Reset();
            }

            return null;
        }

        FatSlot slot = new(bytes, boot.Kind);
        bool strict = !live || folder.Strict || folder.Ended;
        if (slot.IsLongName)
        {
            if (strict && !(first == FatSlot.DeletedMark || (first & 0xBF) is >= 1 and <= 20))
            {
                longName.Reset();
                return null;
            }

            if (!longName.Take(bytes, offset, out string? lost) && !strict && first != FatSlot.DeletedMark)
            {
                Lost(folder, lost, offset);
            }

            return null;
        }

        if (slot.IsLabel)
        {
            longName.Reset();
            if (live && !strict && folder.IsRoot && !slot.IsDeleted)
            {
                string? written = slot.Times.Modified.ToIso();
                problems.Report(new Problem(ProblemKind.Notice, "volume label", $"the label \"{FatFileSystem.LabelText(bytes)}\" was written {written ?? "at no time"} (local time)", offset, FatSlot.Bytes));
            }

            return null;
        }

        if (slot.IsDirectory && first == (byte)'.' && (IsDot(bytes, 1) || IsDot(bytes, 2)))
        {
            longName.Reset();
            if (live && position == 0 && slot.Cluster != folder.Cluster && !folder.IsRoot)
            {
                problems.Report(new Problem(ProblemKind.Malformed, $"directory {folder.Path}", $"its \".\" entry names cluster {slot.Cluster}, its own entry {folder.Cluster}", offset, FatSlot.Bytes));
            }

            return null;
        }

        // The long name is this entry's where the checksum holds; a deleted entry has lost the byte that it would be checked by.
        ReadOnlySpan<char> pieces = default;
        byte recovered = 0;
        List<Problem>? own = null;
        if (longName.Pending)
        {
            bool fits = slot.IsDeleted
                ? longName.Complete && FirstByteMayBe(recovered = FatNames.FirstByte(bytes, longName.Checksum))
                : longName.Complete && !longName.Deleted && FatNames.Checksum(bytes) == longName.Checksum;
            if (fits)
            {
                pieces = longName.Characters;
            }
            else if (!strict && !(longName.Deleted && !slot.IsDeleted))
            {
                own = [new Problem(ProblemKind.Malformed, $"directory entry {fs.AddressOf(offset)}",
                    $"the long name before it does not belong to it ({(longName.Complete ? "checksum" : "pieces missing")}): \"{FatNames.Long(longName.Characters, out _)}\"", longName.Offset)];
            }
        }

        bool accepted = strict
            ? slot.IsPlausible(bytes, boot, fs.EndMark)
            : slot.IsDeleted
                ? FatSlot.NameHolds(bytes, slot.Attributes) && !slot.IsBlank && (slot.Fits(boot, fs.EndMark) || (slot.Cluster == 0 && slot.Size <= boot.Length))
                : pieces.Length > 0 || NameReads(bytes);
        if (!accepted)
        {
            longName.Reset();
            if (!strict)
            {
                Odd(folder, slot, offset, position);
            }

            return null;
        }

        FileEntry entry = Entry(folder, bytes, slot, offset, live && !slot.IsDeleted && !folder.Ended, pieces, recovered, own);
        longName.Reset();
        return entry;
    }

    private FileEntry Entry(Folder folder, ReadOnlySpan<byte> bytes, FatSlot slot, long offset, bool inUse, ReadOnlySpan<char> pieces, byte recovered, List<Problem>? own)
    {
        string name;
        string? shortName = null;
        byte[]? nameBytes = null;
        IReadOnlyDictionary<string, string>? attributes = null;
        bool exact;
        EntryState state = inUse ? EntryState.Allocated : folder.State == EntryState.Orphan ? EntryState.Orphan : EntryState.Deleted;
        string shortText = FatNames.Short(bytes, true, out bool shortExact);
        if (pieces.Length > 0 && !folder.IsOrphanage)
        {
            name = FatNames.Long(pieces, out exact);
            nameBytes = exact ? null : FatNames.Bytes(pieces);
            shortName = slot.IsDeleted ? FatNames.Character(recovered == 5 ? (byte)0xE5 : recovered) + shortText[1..] : shortText;
        }
        else
        {
            name = shortText;
            nameBytes = shortExact ? null : bytes[..11].ToArray();
            if (pieces.Length > 0)
            {
                // Kept beside the 8.3 name, under which the Sleuth Kit lists orphans.
                attributes = new Dictionary<string, string> { ["long name"] = FatNames.Long(pieces, out _) };
            }
        }

        string path = folder.Path.Length == 0 ? name : $"{folder.Path}/{name}";
        long address = fs.AddressOf(offset);
        string place = $"directory entry {address}";
        if (!inUse && folder.State == EntryState.Allocated && !slot.IsDeleted)
        {
            (own ??= []).Add(new Problem(ProblemKind.Notice, place,
                folder.Ended ? "it lies after the end mark of its directory" : "its directory's cluster is marked free", offset, FatSlot.Bytes));
        }

        StreamFlags flags = slot.IsDirectory ? StreamFlags.Index : StreamFlags.None;
        long size = slot.Size;
        long allocated = 0;
        long start = fs.IsCluster(slot.Cluster) ? boot.OffsetOf(slot.Cluster) : -1;
        if (inUse)
        {
            InUse(folder, slot, place, ref flags, ref size, ref allocated, ref start, ref own);
        }
        else
        {
            NotInUse(slot, place, ref flags, ref size, ref allocated, ref start, ref own);
        }

        if (slot.IsDirectory)
        {
            Descend(folder, slot, name, path, state);
        }

        return new FileEntry
        {
            Key = offset,
            Path = path,
            NameBytes = nameBytes,
            ShortName = shortName,
            Type = slot.IsDirectory ? EntryType.Directory : EntryType.File,
            State = state,
            Times = slot.Times,
            DosAttributes = slot.Attributes,
            Attributes = attributes,
            Streams =
            [
                new StreamInfo
                {
                    Ref = new StreamRef(offset, inUse ? FatFileSystem.InUse : FatFileSystem.NotInUse),
                    Address = address.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    Size = size,
                    ValidLength = size,
                    AllocatedSize = allocated,
                    Flags = flags,
                    FirstOffset = start,
                },
            ],
            Problems = own,
        };
    }

    private void InUse(Folder folder, FatSlot slot, string place, ref StreamFlags flags, ref long size, ref long allocated, ref long start, ref List<Problem>? own)
    {
        if (slot.IsDirectory)
        {
            // Its chain is followed, and its problems reported, when it is read; here only what the entry needs.
            List<Extent> runs = fs.Chain(slot.Cluster, Math.Min(fs.DirectoryClusters, chainSteps), out ChainEnd ends);
            size = 0;
            foreach (Extent run in runs)
            {
                size += run.Length;
            }

            chainSteps = Math.Max(1, chainSteps - (size / boot.ClusterSize));

            allocated = size;
            if (ends != ChainEnd.Whole)
            {
                flags |= StreamFlags.Incomplete;
            }

            return;
        }

        long needed = fs.Needed(slot.Size);
        if (slot.Cluster == 0 || slot.Cluster >= fs.EndMark)
        {
            start = -1;
            if (slot.Size != 0)
            {
                flags |= StreamFlags.NameOnly;
                (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"{slot.Size} bytes but no first cluster"));
            }

            return;
        }

        if (start < 0)
        {
            flags |= slot.Size != 0 ? StreamFlags.NameOnly : 0;
            (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"its first cluster {slot.Cluster} is no cluster of the volume"));
            return;
        }

        if (folder.Again)
        {
            // Listed before; its clusters are its own.
            allocated = needed * boot.ClusterSize;
            return;
        }

        long clusters = Claim(slot.Cluster, long.MaxValue, out ChainEnd end, out uint last);
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
            (own ??= []).Add(new Problem(ProblemKind.Malformed, place, $"its chain has {clusters} clusters, {slot.Size} bytes need {needed}; the rest reads as zeros"));
        }
        else if (clusters > needed)
        {
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, $"its chain has {clusters} clusters, {slot.Size} bytes need {needed}"));
        }
    }

    private void NotInUse(FatSlot slot, string place, ref StreamFlags flags, ref long size, ref long allocated, ref long start, ref List<Problem>? own)
    {
        bool free = start >= 0 && map.IsFree(slot.Cluster - 2L);
        if (slot.IsDirectory)
        {
            size = free ? boot.ClusterSize : 0;
            allocated = size;
            flags |= free ? 0 : StreamFlags.NameOnly;
            start = free ? start : -1;
            return;
        }

        if (slot.Size == 0)
        {
            start = -1;
            return;
        }

        if (!free)
        {
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, start < 0
                ? $"no first cluster is left (cluster {slot.Cluster})"
                : $"its first cluster {slot.Cluster} is in use by another file; nothing of the content is known to be left"));
            flags |= StreamFlags.NameOnly;
            start = -1;
            return;
        }

        long needed = fs.Needed(slot.Size);
        long available = map.FreeFrom(slot.Cluster - 2L);
        allocated = Math.Min(needed, available) * boot.ClusterSize;
        if (available < needed)
        {
            flags |= StreamFlags.Incomplete;
            (own ??= []).Add(new Problem(ProblemKind.Notice, place, $"{needed} clusters are needed, {available} are free from its first one on; the rest reads as zeros"));
        }
    }

    private void Descend(Folder folder, FatSlot slot, string name, string path, EntryState state)
    {
        if (!fs.IsCluster(slot.Cluster) || slot.Cluster - 2L >= fs.Clusters)
        {
            if (state == EntryState.Allocated)
            {
                problems.Report(new Problem(ProblemKind.Malformed, $"directory {path}", $"its first cluster {slot.Cluster} is no cluster of the media"));
            }

            return;
        }

        if (state != EntryState.Allocated && !map.IsFree(slot.Cluster - 2L))
        {
            return;
        }

        folders.Add(new Folder { Name = name, State = state, Cluster = slot.Cluster, Parent = folder, Depth = folder.Depth + 1 }, path);
    }

    // Follows a chain and makes its clusters its own, until its end or a cluster that has an owner.
    private long Claim(uint start, long limit, out ChainEnd end, out uint last)
    {
        long count = 0;
        last = start;
        end = ChainEnd.Whole;
        for (uint cluster = start; cluster != 0 && count < limit;)
        {
            long index = cluster - 2L;
            if (index >= fs.Clusters)
            {
                last = cluster;
                end = ChainEnd.PastMedia;
                return count;
            }

            if (!claimed.Add(index))
            {
                last = cluster;
                end = ChainEnd.CrossLink;
                // Its own cluster or another's: followed again as far as it came.
                uint again = start;
                for (long i = 0; i < count; i++)
                {
                    if (again == cluster)
                    {
                        end = ChainEnd.Loop;
                        break;
                    }

                    fs.Next(again, out again);
                }

                return count;
            }

            count++;
            last = cluster;
            end = fs.Next(cluster, out cluster);
            if (end != ChainEnd.Whole)
            {
                return count;
            }
        }

        return count;
    }

    private static Problem EndProblem(ChainEnd end, string place, long clusters, uint cluster)
    {
        string after = $"after {clusters} clusters its chain";
        return end switch
        {
            ChainEnd.Loop => Problem.Cycle(place, $"{after} leads back to its own cluster {cluster}"),
            ChainEnd.CrossLink => new Problem(ProblemKind.Malformed, place, $"{after} enters cluster {cluster}, which belongs to another file or directory too (cross-link)"),
            ChainEnd.Free => new Problem(ProblemKind.Malformed, place, $"{after} ends at cluster {cluster}, which the FAT says is free"),
            ChainEnd.Bad => new Problem(ProblemKind.Malformed, place, $"{after} ends at cluster {cluster}, which is marked bad"),
            ChainEnd.PastMedia => new Problem(ProblemKind.Missing, place, $"{after} goes on at cluster {cluster}, past the end of the media"),
            ChainEnd.Unreadable => new Problem(ProblemKind.Unreadable, place, $"{after} ends at cluster {cluster}, whose FAT entry cannot be read"),
            _ => new Problem(ProblemKind.Malformed, place, $"{after} ends at cluster {cluster}, whose FAT entry names no cluster of the volume"),
        };
    }

    private void Lost(Folder folder, string? text, long offset)
    {
        if (folder.LostNames++ < ProblemsPerDirectory)
        {
            problems.Report(new Problem(ProblemKind.Malformed, folder.Place,
                text is null ? "a piece of a long name without its beginning" : $"a long name without its entry: \"{text}\"", offset, FatSlot.Bytes));
        }
    }

    private void Odd(Folder folder, FatSlot slot, long offset, int position)
    {
        if (slot.IsDeleted)
        {
            folder.OddDeleted++;
            return;
        }

        folder.Odd++;
        if (folder.Odd == 4 && position == 3)
        {
            // Most likely the cluster of a file: from here on only what looks like an entry in every field is taken.
            folder.Strict = true;
        }

        if (folder.Odd <= ProblemsPerDirectory)
        {
            problems.Report(new Problem(ProblemKind.Malformed, folder.Place,
                $"directory entry {fs.AddressOf(offset)} holds no name", offset, FatSlot.Bytes));
        }
    }

    private static bool IsDot(ReadOnlySpan<byte> bytes, int dots) =>
        bytes[..dots].IndexOfAnyExcept((byte)'.') < 0 && bytes[dots..11].IndexOfAnyExcept((byte)' ') < 0;

    private static bool FirstByteMayBe(byte first) => first == 0x05 || (first > 0x20 && FatNames.MayBeInShortName(first));

    // In a directory in use a name may break the rules of 8.3 and still be one.
    private static bool NameReads(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] <= 0x20 && bytes[0] != 0x05)
        {
            return false;
        }

        return bytes[1..11].IndexOfAnyInRange((byte)0, (byte)0x1F) < 0;
    }

    private IEnumerable<FileEntry> Orphans()
    {
        ClusterMarks candidates = new(map.Count);
        ClusterMarks pointed = new(map.Count);
        long found = 0;

        // Which free clusters hold something like entries, and which of them a directory among these leads to.
        for (long start = map.NextFree(0); start < map.Count;)
        {
            long end = map.NextUsed(start);
            long perBlock = buffer.Length / boot.ClusterSize;
            for (long index = start; index < end; index += perBlock)
            {
                cancel.ThrowIfCancellationRequested();
                long count = Math.Min(perBlock, end - index);
                int got = fs.Volume.ReadAvailable(boot.OffsetOf(index + 2), buffer.AsSpan(0, (int)(count * boot.ClusterSize)),
                    (range, reason) => problems.Report(new Problem(ProblemKind.Unreadable, "free clusters", reason, range.Offset, range.Length)));
                for (int i = 0; i + boot.SectorSize <= got; i += boot.SectorSize)
                {
                    long cluster = index + (i / boot.ClusterSize);
                    if (!StartsEntry(buffer.AsSpan(i, FatSlot.Bytes)) || walked.Contains(cluster))
                    {
                        continue;
                    }

                    for (int at = i; at < i + boot.SectorSize; at += FatSlot.Bytes)
                    {
                        ReadOnlySpan<byte> bytes = buffer.AsSpan(at, FatSlot.Bytes);
                        if (!IsOrphan(bytes, out FatSlot slot))
                        {
                            continue;
                        }

                        if (candidates.Add(cluster))
                        {
                            found++;
                        }

                        if (slot.IsDirectory && slot.Cluster - 2L != cluster && map.IsFree(slot.Cluster - 2L))
                        {
                            pointed.Add(slot.Cluster - 2L);
                        }
                    }
                }
            }

            start = map.NextFree(end);
        }

        if (found == 0)
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
        byte[] cluster = new byte[boot.ClusterSize];
        int got = fs.Volume.ReadAvailable(offset, cluster, (_, _) => { });
        longName.Reset();
        for (int i = 0; i + boot.SectorSize <= got; i += boot.SectorSize)
        {
            if (!StartsEntry(cluster.AsSpan(i, FatSlot.Bytes)))
            {
                longName.Reset();
                continue;
            }

            for (int at = i; at < i + boot.SectorSize; at += FatSlot.Bytes)
            {
                if (Take(orphanage, cluster.AsSpan(at, FatSlot.Bytes), offset + at, false) is FileEntry entry)
                {
                    yield return entry;
                }
            }
        }
    }

    private bool StartsEntry(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] == 0)
        {
            return false;
        }

        FatSlot slot = new(bytes, boot.Kind);
        return (slot.Attributes & 0x0F) == 0x0F
            ? bytes[0] == FatSlot.DeletedMark || bytes[0] <= 0x54
            : slot.IsPlausible(bytes, boot, fs.EndMark);
    }

    private bool IsOrphan(ReadOnlySpan<byte> bytes, out FatSlot slot)
    {
        slot = new FatSlot(bytes, boot.Kind);
        return bytes[0] != 0 && !slot.IsLongName && !slot.IsLabel && !(slot.IsDirectory && bytes[0] == (byte)'.') && slot.IsPlausible(bytes, boot, fs.EndMark);
    }
}
