using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>What the walk keeps of a directory.</summary>
internal struct DirectorySlot
{
    /// <summary>Sum of the hashes of all names in use that point here, to be held against the directory's own index.</summary>
    public ulong Names;

    /// <summary>Path once known and short enough to keep.</summary>
    public string? Path;

    public long Record;
    public long Parent;
    public int NameStart;
    public ushort ParentSequence;
    public ushort Sequence;
    public byte NameLength;
    public DirectoryFlags Flags;
}

[Flags]
internal enum DirectoryFlags : byte
{
    None = 0,

    /// <summary>Its record was read and says directory; else only names point here.</summary>
    Known = 1,
    InUse = 2,
    HasName = 4,

    /// <summary>The path is being put together; met again it is a cycle.</summary>
    Resolving = 8,

    /// <summary>The path begins at $OrphanFiles.</summary>
    Orphan = 16,

    /// <summary>The parent is not to be followed: a cycle was cut here.</summary>
    Cut = 32,
}

/// <summary>
/// Every directory of the volume by record number: parent, name and, once asked for, path. Files are not kept. Some 50 bytes for each
/// directory, its path, and 4 bytes for each record in the neighbourhood of a directory.
/// </summary>
internal sealed class DirectoryMap(IProblemSink problems)
{
    public const string OrphanFolder = "$OrphanFiles";
    private const int PagePower = 10;
    private const int KeptPathChars = 1_024;
    private const int NamePoolChars = 64 << 20;
    private readonly Rows<DirectorySlot> slots = new();
    private readonly Dictionary<long, int[]> pages = [];
    private readonly List<int> chain = [];
    private char[] names = new char[4_096];
    private int namesUsed;
    private char[] work = new char[4_096];
    private int workUsed;
    private (long Record, string Path, bool Orphan) lastLong = (-1, "", false);
    private long keptBudget = 32 << 20;
    private (long Record, int[] Page) lastPage = (-1, []);
    private bool isSealed;


    public Span<DirectorySlot> Slots => slots.All;

    /// <summary>Index of the slot of <paramref name="record"/>, or -1.</summary>
    public int Find(long record) => pages.TryGetValue(record >> PagePower, out int[]? page) ? page[record & ((1 << PagePower) - 1)] - 1 : -1;

    /// <summary>Index of the slot of <paramref name="record"/>, made where there is none.</summary>
    public int GetOrAdd(long record)
    {
        ref int cell = ref PageOf(record)[record & ((1 << PagePower) - 1)];
        if (cell == 0)
        {
            slots.Add(new DirectorySlot { Record = record });
            cell = slots.Count;
        }

        return cell - 1;
    }

    /// <summary>
    /// Finds every path once, in the order of the slots, and with it all cycles: from here on the map stays as it is, its answers do not
    /// depend on the order of the questions, and it can be asked from several threads.
    /// </summary>
    public void Seal(CancellationToken cancel)
    {
        for (int slot = 0; slot < slots.Count; slot++)
        {
            if ((slot & 1023) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            PathOf(Slots[slot].Record);
        }

        isSealed = true;
    }

    public void SetName(int slot, ReadOnlySpan<char> name, FileReference parent)
    {
        if (namesUsed + name.Length > NamePoolChars)
        {
            // Names this many are hostile; the directory goes by its number.
            problems.Report(new Problem(ProblemKind.LimitReached, $"MFT record {Slots[slot].Record}", "names of directories take too much memory; this one goes by its number"));
            return;
        }

        if (namesUsed + name.Length > names.Length)
        {
            Array.Resize(ref names, Math.Max(names.Length * 2, namesUsed + name.Length));
        }

        ref DirectorySlot entry = ref Slots[slot];
        name.CopyTo(names.AsSpan(namesUsed));
        entry.NameStart = namesUsed;
        entry.NameLength = (byte)name.Length;
        entry.Parent = parent.Record;
        entry.ParentSequence = parent.Sequence;
        entry.Flags |= DirectoryFlags.HasName;
        namesUsed += name.Length;
    }

    /// <summary>Whether a name that points at <paramref name="parent"/> still finds its directory there.</summary>
    public bool Fits(FileReference parent)
    {
        int slot = Find(parent.Record);
        if (slot < 0 || (Slots[slot].Flags & DirectoryFlags.Known) == 0)
        {
            // The root is the root even where its record is lost.
            return parent.Record == MetadataFile.Root;
        }

        ref DirectorySlot entry = ref Slots[slot];
        return NtfsSequence.OfNames(entry.Sequence, (entry.Flags & DirectoryFlags.InUse) != 0) == parent.Sequence;
    }

    /// <summary>The path of the directory at <paramref name="record"/>, and whether it begins at $OrphanFiles.</summary>
    public (string Path, bool Orphan) PathOf(long record)
    {
        if (record == MetadataFile.Root)
        {
            return ("", false);
        }

        int slot = Find(record);
        if (slot < 0)
        {
            return ($"{OrphanFolder}/OrphanFile-{record}", true);
        }

        string? path = Slots[slot].Path;
        if (path is not null)
        {
            return (path, (Slots[slot].Flags & DirectoryFlags.Orphan) != 0);
        }

        lock (chain)
        {
            return Resolve(slot);
        }
    }

    private (string Path, bool Orphan) Resolve(int slot)
    {
        // Up to a directory whose path is known, then down again: paths can be too deep for recursion.
        chain.Clear();
        string path = "";
        bool orphan = false;
        while (true)
        {
            ref DirectorySlot entry = ref Slots[slot];
            if (entry.Record == MetadataFile.Root)
            {
                break;
            }

            if (entry.Path is not null)
            {
                (path, orphan) = (entry.Path, (entry.Flags & DirectoryFlags.Orphan) != 0);
                break;
            }

            if (entry.Record == lastLong.Record)
            {
                (path, orphan) = (lastLong.Path, lastLong.Orphan);
                break;
            }

            chain.Add(slot);
            entry.Flags |= DirectoryFlags.Resolving;
            FileReference parent = new((ulong)entry.Parent | ((ulong)entry.ParentSequence << 48));
            if ((entry.Flags & (DirectoryFlags.Cut | DirectoryFlags.HasName)) != DirectoryFlags.HasName || !Fits(parent))
            {
                (path, orphan) = (OrphanFolder, true);
                break;
            }

            if (parent.Record == MetadataFile.Root)
            {
                break;
            }

            int up = Find(parent.Record);
            if ((Slots[up].Flags & DirectoryFlags.Resolving) != 0)
            {
                Report(Problem.Cycle($"MFT record {entry.Record}", $"directory {parent.Record} that holds it lies within it; shown under {OrphanFolder}"));
                entry.Flags |= DirectoryFlags.Cut;
                (path, orphan) = (OrphanFolder, true);
                break;
            }

            if (chain.Count >= Limits.DirectoryDepth)
            {
                Report(new Problem(ProblemKind.LimitReached, $"MFT record {entry.Record}", $"more than {Limits.DirectoryDepth} directories deep; shown under {OrphanFolder}"));
                entry.Flags |= DirectoryFlags.Cut;
                (path, orphan) = (OrphanFolder, true);
                break;
            }

            slot = up;
        }

        workUsed = 0;
        Append(path);
        for (int i = chain.Count - 1; i >= 0; i--)
        {
            ref DirectorySlot entry = ref Slots[chain[i]];
            entry.Flags &= ~DirectoryFlags.Resolving;
            if (workUsed > 0)
            {
                Append("/");
            }

            Append((entry.Flags & DirectoryFlags.HasName) != 0 ? names.AsSpan(entry.NameStart, entry.NameLength) : $"OrphanFile-{entry.Record}");
            if (workUsed > Limits.PathLength)
            {
                Report(new Problem(ProblemKind.LimitReached, $"MFT record {entry.Record}", $"path of {workUsed} characters was cut to its first {KeptPathChars / 2}"));
                workUsed = KeptPathChars / 2;
                Append($"~/record-{entry.Record}");
            }

            if (orphan)
            {
                entry.Flags |= DirectoryFlags.Orphan;
            }

            // Long paths are put together each time they are asked for: ten thousand of them would fill memory.
            if (workUsed <= KeptPathChars && keptBudget > 0)
            {
                entry.Path = new string(work, 0, workUsed);
                keptBudget -= workUsed + 16;
            }
        }

        if (chain.Count == 0)
        {
            return (path, orphan);
        }

        string whole = Slots[chain[0]].Path ?? new string(work, 0, workUsed);
        lastLong = (Slots[chain[0]].Record, whole, orphan);
        return (whole, orphan);
    }

    /// <summary>Paths that are not kept are put together again and again; what is wrong with them is told once.</summary>
    private void Report(Problem problem)
    {
        if (!isSealed)
        {
            problems.Report(problem);
        }
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (workUsed + text.Length > work.Length)
        {
            Array.Resize(ref work, Math.Max(work.Length * 2, workUsed + text.Length));
        }

        text.CopyTo(work.AsSpan(workUsed));
        workUsed += text.Length;
    }

    private int[] PageOf(long record)
    {
        long number = record >> PagePower;
        if (lastPage.Record != number)
        {
            if (!pages.TryGetValue(number, out int[]? page))
            {
                pages[number] = page = new int[1 << PagePower];
            }

            lastPage = (number, page);
        }

        return lastPage.Page;
    }

    /// <summary>A directory's path and a name in it.</summary>
    public static string Join(string directory, ReadOnlySpan<char> name) =>
        directory.Length == 0 ? new string(name) : string.Concat(directory, "/", name);
}
