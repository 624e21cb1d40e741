using System.Text;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>A directory of a FAT or exFAT volume on its way to be read.</summary>
internal sealed class Folder
{
    public required string Name { get; init; }

    // Only while it is read.
    public string Path { get; set; } = "";

    public required EntryState State { get; init; }

    public required uint Cluster { get; init; }

    // exFAT: its clusters follow each other, the FAT says nothing of them.
    public bool NoFatChain { get; init; }

    // exFAT: a directory of FAT has no size.
    public long Size { get; init; }

    public Folder? Parent { get; init; }

    // For messages.
    public string Place => IsRoot ? "root directory" : $"directory {Path}";

    public int Depth { get; init; }

    public bool IsRoot { get; init; }

    // Free clusters taken together under $OrphanFiles: only what holds in every respect is taken.
    public bool IsOrphanage { get; init; }

    // Its first cluster was listed under another path.
    public bool Again { get; set; }

    // Only entries that hold in every field are taken.
    public bool Strict { get; set; }

    // The end mark was passed.
    public bool Ended { get; set; }

    public int Slots { get; set; }

    public int Odd { get; set; }

    public int OddDeleted { get; set; }

    public int LostNames { get; set; }
}

/// <summary>
/// The directories of one walk that are still to be read, depth first. <paramref name="read"/> gives the entries of one and adds the
/// directories among them; <paramref name="claimed"/> are the clusters that have an owner, <paramref name="walked"/> those that were listed.
/// </summary>
internal sealed class FolderQueue(IProblemSink problems, ClusterMarks claimed, ClusterMarks walked, Func<Folder, IEnumerable<FileEntry>> read)
{
    // Directories reached a second time (cross-linked, or moved before they were deleted) are listed again under their other path, but
    // not without end: each could lead to all others.
    private const int SecondVisits = 256;
    private const int OrphansAtMost = 1_000_000;
    private readonly Stack<Folder> pending = new();
    private readonly List<Folder> children = [];
    private readonly List<int> lengths = [];
    private readonly StringBuilder path = new();
    private int secondVisits = SecondVisits;
    private bool secondVisitsReported;

    /// <summary>The entry of the root directory, whose clusters are <paramref name="runs"/>.</summary>
    public static FileEntry Root(int stream, List<Extent> runs, ChainEnd end)
    {
        long size = ClusterChains.Sum(runs);
        return new FileEntry
        {
            Key = 0,
            Path = "",
            Type = EntryType.Directory,
            State = EntryState.Allocated,
            Streams =
            [
                new StreamInfo
                {
                    Ref = new StreamRef(0, stream),
                    Address = "2",
                    Size = size,
                    ValidLength = size,
                    AllocatedSize = size,
                    Flags = StreamFlags.Index | (end == ChainEnd.Whole ? 0 : StreamFlags.Incomplete),
                    FirstOffset = runs.Count > 0 ? runs[0].VolumeOffset : -1,
                },
            ],
        };
    }

    /// <summary>Everything from <paramref name="root"/> down.</summary>
    public IEnumerable<FileEntry> From(Folder root)
    {
        pending.Push(root);
        return Drain();
    }

    /// <summary>Adds a directory found in the one that is being read, at <paramref name="childPath"/>.</summary>
    public void Add(Folder child, string childPath)
    {
        if (child.Depth > Limits.DirectoryDepth || childPath.Length > Limits.PathLength)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, $"directory entry at cluster {child.Cluster}", "the path is too deep or too long to be followed"));
            return;
        }

        children.Add(child);
    }

    /// <summary>Whether a directory whose first cluster lies at <paramref name="offset"/> is to be read; marks it as read.</summary>
    public bool Enter(Folder folder, long offset)
    {
        long first = folder.Cluster - 2L;
        bool live = folder.State == EntryState.Allocated;
        if (live ? claimed.Contains(first) : walked.Contains(first))
        {
            for (Folder? up = folder.Parent; up is not null; up = up.Parent)
            {
                if (up.Cluster == folder.Cluster)
                {
                    problems.Report(Problem.Cycle(folder.Place, $"its first cluster {folder.Cluster} is that of a directory above it"));
                    return false;
                }
            }

            if (live)
            {
                problems.Report(new Problem(ProblemKind.Malformed, folder.Place, $"its first cluster {folder.Cluster} belongs to another file or directory too (cross-link)", offset));
            }

            if (secondVisits == 0)
            {
                if (!secondVisitsReported)
                {
                    secondVisitsReported = true;
                    problems.Report(new Problem(ProblemKind.LimitReached, folder.Place, $"more than {SecondVisits} directories lead to clusters that were listed under another path; the rest is not listed again"));
                }

                return false;
            }

            secondVisits--;
            folder.Again = true;
        }

        walked.Add(first);
        return true;
    }

    /// <summary>
    /// What lies in free clusters that no directory leads to: first in the <paramref name="candidates"/> to which no other one points, then
    /// what only a circle of directories leads to. <paramref name="take"/> gives the entries of one cluster.
    /// </summary>
    public IEnumerable<FileEntry> Orphans(ClusterMap map, ClusterMarks candidates, ClusterMarks pointed, Func<Folder, long, IEnumerable<FileEntry>> take)
    {
        int emitted = 0;
        for (int round = 0; round < 2; round++)
        {
            for (long index = 0; index < map.Count; index++)
            {
                if (!candidates.Contains(index) || walked.Contains(index) || (round == 0 && pointed.Contains(index)))
                {
                    continue;
                }

                walked.Add(index);
                Folder orphanage = new() { Name = "$OrphanFiles", State = EntryState.Orphan, IsOrphanage = true, Strict = true, Cluster = 0 };
                orphanage.Path = PathOf(orphanage);
                children.Clear();
                foreach (FileEntry entry in take(orphanage, index).Concat(Waiting()))
                {
                    if (++emitted > OrphansAtMost)
                    {
                        problems.Report(new Problem(ProblemKind.LimitReached, "$OrphanFiles", $"more than {OrphansAtMost} entries in free clusters; the rest is not listed"));
                        yield break;
                    }

                    yield return entry;
                }
            }
        }
    }

    private IEnumerable<FileEntry> Waiting()
    {
        PushChildren();
        foreach (FileEntry entry in Drain())
        {
            yield return entry;
        }
    }

    private IEnumerable<FileEntry> Drain()
    {
        while (pending.TryPop(out Folder? folder))
        {
            children.Clear();
            folder.Path = PathOf(folder);
            foreach (FileEntry entry in read(folder))
            {
                yield return entry;
            }

            // Those that wait keep names, not paths: a deep tree's paths would fill the memory.
            folder.Path = "";
            PushChildren();
        }
    }

    private void PushChildren()
    {
        for (int i = children.Count - 1; i >= 0; i--)
        {
            pending.Push(children[i]);
        }
    }

    // Folders come depth first, so the path of the one that is read begins with that of the folder that named it, read before.
    private string PathOf(Folder folder)
    {
        int end = folder.Depth == 0 ? 0 : lengths[folder.Depth - 1];
        path.Length = end;
        if (end > 0)
        {
            path.Append('/');
        }

        path.Append(folder.Name);
        while (lengths.Count <= folder.Depth)
        {
            lengths.Add(0);
        }

        lengths[folder.Depth] = path.Length;
        return path.ToString();
    }
}
