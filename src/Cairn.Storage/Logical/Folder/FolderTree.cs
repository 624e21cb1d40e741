using Cairn.Core;

namespace Cairn.Storage.Logical.Folder;

/// <summary>
/// A folder walked depth first, names in the order of their bytes. No link is followed, nothing is opened but directories and ordinary
/// files. An entry's key holds its number in the walk and a check of its path, so that a folder that has changed since cannot give the
/// content of another file under an old key.
/// </summary>
internal sealed class FolderTree : IFileTree
{
    private const int CheckBits = 23;

    private readonly IFolderAccess access;
    private readonly byte[] root;
    private readonly Lock gate = new();
    private NameIndex? index;

    /// <exception cref="UnreadableDataException">The folder cannot be listed.</exception>
    public FolderTree(IFolderAccess access, byte[] root)
    {
        (this.access, this.root) = (access, root);
        access.List(root, []);
    }

    public FileTreeInfo Info { get; } = new("folder", null, null, 0, 0);

    public IAllocationMap? Allocation => null;

    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        NameIndex names = new();
        foreach (FileEntry entry in Walk(names, problems, cancel))
        {
            yield return entry;
        }

        lock (gate)
        {
            index = names;
        }
    }

    public IByteSource OpenStream(StreamRef stream)
    {
        NameIndex names = Index();
        long number = stream.Key >> CheckBits;
        if (number < 0 || number >= names.Count || Key(number, PathOf(names, number)) != stream.Key)
        {
            throw new UnreadableDataException(0, 0, "the folder has changed since: this entry is not where it was");
        }

        return access.Open(PathOf(names, number), names.Fingerprint(number));
    }

    public IReadOnlyList<Extent> GetExtents(StreamRef stream) => [];

    public void Dispose()
    {
    }

    private NameIndex Index()
    {
        lock (gate)
        {
            if (index is null)
            {
                NameIndex names = new();
                foreach (FileEntry entry in Walk(names, new ProblemList(), CancellationToken.None))
                {
                    _ = entry;
                }

                index = names;
            }

            return index;
        }
    }

    private byte[] PathOf(NameIndex names, long number)
    {
        List<long> chain = [];
        for (long at = number; at >= 0; at = names.Parent(at))
        {
            chain.Add(at);
        }

        byte[] path = root;
        for (int i = chain.Count - 1; i >= 0; i--)
        {
            path = access.Join(path, names.Name(chain[i]));
        }

        return path;
    }

    private long Key(long number, ReadOnlySpan<byte> path) => (number << CheckBits) | (Crc32.Compute(path[root.Length..]) & ((1 << CheckBits) - 1));

    private IEnumerable<FileEntry> Walk(NameIndex names, IProblemSink problems, CancellationToken cancel)
    {
        Stack<Level> open = new();
        open.Push(new Level(root, "", -1, Listed(root, "the folder itself", problems)));
        long device = Device(problems);
        while (open.TryPeek(out Level? level))
        {
            cancel.ThrowIfCancellationRequested();
            if (level.Next == level.Names.Count)
            {
                open.Pop();
                continue;
            }

            byte[] name = level.Names[level.Next++];
            byte[] path = access.Join(level.Path, name);
            (string text, bool lossy) = access.ToText(name);
            string shown = level.Shown.Length == 0 ? text : $"{level.Shown}/{text}";
            List<Problem>? own = null;
            if (shown.Length > Limits.PathLength)
            {
                shown = shown[..Limits.PathLength];
                (own ??= []).Add(new Problem(ProblemKind.LimitReached, "path", $"longer than {Limits.PathLength} characters, cut"));
            }

            Found? found = null;
            try
            {
                found = access.Look(path);
            }
            catch (UnreadableDataException error)
            {
                (own ??= []).Add(Problem.From(error, "metadata"));
            }

            long number = names.Add(level.Number, name, found?.Fingerprint ?? 0);
            long key = Key(number, path);
            yield return Entry(key, number, shown, lossy ? name : null, found, own);
            if (found?.Type != EntryType.Directory)
            {
                continue;
            }

            if (found.Device != device)
            {
                problems.Report(new Problem(ProblemKind.Notice, shown, "another file system is mounted here; its files are included"));
            }

            if (open.Count > Limits.DirectoryDepth)
            {
                problems.Report(new Problem(ProblemKind.LimitReached, shown, $"more than {Limits.DirectoryDepth} directories deep; what lies below was not examined"));
                continue;
            }

            open.Push(new Level(path, shown, number, Listed(path, shown, problems)));
        }
    }

    private long Device(IProblemSink problems)
    {
        try
        {
            return access.Look(root).Device;
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, "the folder itself"));
            return 0;
        }
    }

    private List<byte[]> Listed(byte[] directory, string shown, IProblemSink problems)
    {
        List<byte[]> names = [];
        try
        {
            access.List(directory, names);
        }
        catch (UnreadableDataException error)
        {
            // What came before the failure is kept.
            problems.Report(new Problem(ProblemKind.Unreadable, shown, $"the directory cannot be listed: {error.Reason}"));
        }

        if (names.Count > Limits.NamesInDirectory)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, shown, $"{names.Count} names in one directory; {Limits.NamesInDirectory} were examined"));
        }

        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        if (names.Count > Limits.NamesInDirectory)
        {
            names.RemoveRange(Limits.NamesInDirectory, names.Count - Limits.NamesInDirectory);
        }

        return names;
    }

    private static FileEntry Entry(long key, long number, string path, byte[]? raw, Found? found, List<Problem>? problems)
    {
        bool file = found?.Type == EntryType.File;
        return new FileEntry
        {
            Key = key,
            Path = path,
            NameBytes = raw,
            Type = found?.Type ?? EntryType.Unknown,
            Times = found?.Times ?? default,
            Mode = found?.Mode,
            Uid = found?.Uid,
            Gid = found?.Gid,
            LinkCount = found?.LinkCount,
            LinkTarget = found?.LinkTarget,
            DosAttributes = found?.DosAttributes,
            Problems = problems,
            Streams = found is not null && !file ? [] :
            [
                new StreamInfo
                {
                    Ref = new StreamRef(key, 0),
                    Address = found is { Inode: not 0 } ? $"{found.Inode}" : $"{number}",
                    Size = found?.Size ?? 0,
                    ValidLength = found?.Size ?? 0,
                    AllocatedSize = found?.AllocatedSize ?? 0,
                    Flags = file ? StreamFlags.None : StreamFlags.NameOnly,
                },
            ],
        };
    }

    private sealed class Level(byte[] path, string shown, long number, List<byte[]> names)
    {
        public byte[] Path => path;

        public string Shown => shown;

        public long Number => number;

        public List<byte[]> Names => names;

        public int Next { get; set; }
    }

    /// <summary>Every name met, in few bytes each: its parent, where its bytes lie in a pool, and what the file looked like.</summary>
    private sealed class NameIndex
    {
        private const int PoolBlock = 1 << 20;
        private readonly List<(long Parent, long Place, int Fingerprint)> items = [];
        private readonly List<byte[]> pool = [];
        private int used = PoolBlock;

        public long Count => items.Count;

        public long Add(long parent, byte[] name, int fingerprint)
        {
            // Two bytes of length in front; no system has names of more than 64 KiB.
            int need = name.Length + 2;
            if (used + need > PoolBlock)
            {
                pool.Add(new byte[PoolBlock]);
                used = 0;
            }

            byte[] block = pool[^1];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(used), (ushort)name.Length);
            name.CopyTo(block, used + 2);
            items.Add((parent, ((long)(pool.Count - 1) * PoolBlock) + used, fingerprint));
            used += need;
            return items.Count - 1;
        }

        public long Parent(long number) => items[(int)number].Parent;

        public int Fingerprint(long number) => items[(int)number].Fingerprint;

        public ReadOnlySpan<byte> Name(long number)
        {
            long place = items[(int)number].Place;
            byte[] block = pool[(int)(place / PoolBlock)];
            int at = (int)(place % PoolBlock);
            return block.AsSpan(at + 2, System.Buffers.Binary.BinaryPrimitives.ReadUInt16LittleEndian(block.AsSpan(at)));
        }
    }
}
