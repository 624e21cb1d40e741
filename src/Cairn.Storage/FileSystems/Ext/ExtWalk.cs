using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>
/// One walk: the tree from the root, then the file system's own inodes, then what no name leads to. Holds the directories still to be read,
/// one directory's names, and a bit per inode met.
/// </summary>
internal sealed class ExtWalk
{
    private const uint RootInode = 2;
    private const uint ResizeInode = 7;
    private const int ReadsOfDeletedDirectory = 16;
    private const int TablePiece = 1 << 20;
    private const string OrphanFolder = "$OrphanFiles/";
    private const string SystemFolder = "$SystemInodes/";
    private readonly ExtVolume volume;
    private readonly ExtSuperblock super;
    private readonly IProblemSink problems;
    private readonly CancellationToken cancel;
    private readonly ExtDirectory directory;
    private readonly ExtInodeSet reached = new();
    private readonly ExtInodeSet walked = new();
    private readonly Dictionary<uint, int> deletedReads = [];
    private readonly List<Place> pending = [];
    private readonly List<Place> children = [];
    private readonly byte[] inodeBytes;
    private readonly HashSet<long> badBitmaps = [];
    private long directoryBudget;
    private long nodeBudget;
    private bool budgetReported;

    internal ExtWalk(ExtVolume volume, IProblemSink problems, CancellationToken cancel)
    {
        (this.volume, this.problems, this.cancel) = (volume, problems, cancel);
        super = volume.Super;
        directory = new ExtDirectory(super);
        inodeBytes = new byte[super.InodeSize];

        // No block belongs to two directories or two maps, so more than the volume holds (twice, for what deleted entries may repeat) is an attack.
        directoryBudget = Math.Min(volume.Source.Length, long.MaxValue / 4) * 2;
        nodeBudget = (Math.Min(volume.Source.Length, long.MaxValue / 4) / super.BlockSize * 2) + 1024;
    }

    internal IEnumerable<FileEntry> Entries()
    {
        reached.Add(RootInode);
        yield return Make(new Name("", null), RootInode, 2, EntryState.Allocated, out _);
        pending.Add(new Place(null, "", RootInode, EntryState.Allocated));
        foreach (FileEntry entry in Drain(true))
        {
            yield return entry;
        }

        ExtInodeSet orphans = new();
        ExtInodeSet nameless = new();
        ExtInodeSet own = new();
        ScanTables(orphans, nameless, own);
        foreach (uint inode in own.Ascending())
        {
            cancel.ThrowIfCancellationRequested();
            yield return MakeOwn(inode);
        }

        foreach (FileEntry entry in Orphans(orphans))
        {
            yield return entry;
        }

        foreach (FileEntry entry in Nameless(nameless))
        {
            yield return entry;
        }
    }

    private static EntryType TypeOfName(byte type) => type switch
    {
        1 => EntryType.File,
        2 => EntryType.Directory,
        3 => EntryType.CharacterDevice,
        4 => EntryType.BlockDevice,
        5 => EntryType.Fifo,
        6 => EntryType.Socket,
        7 => EntryType.Link,
        _ => EntryType.Unknown,
    };

    private static EntryType TypeOfMode(int typeBits) => typeBits switch
    {
        ExtContent.TypeRegular => EntryType.File,
        ExtContent.TypeDirectory => EntryType.Directory,
        ExtContent.TypeLink => EntryType.Link,
        ExtContent.TypeCharacter => EntryType.CharacterDevice,
        ExtContent.TypeBlock => EntryType.BlockDevice,
        ExtContent.TypeFifo => EntryType.Fifo,
        ExtContent.TypeSocket => EntryType.Socket,
        _ => EntryType.Unknown,
    };

    private static Name Decode(string folder, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes) && bytes.IndexOfAny((byte)0, (byte)'/') < 0)
        {
            return new Name(folder + Encoding.UTF8.GetString(bytes), null);
        }

        // A separator or a NUL in a name (ciphertext, or an attack) must not look like a path.
        string text = Encoding.UTF8.GetString(bytes).Replace('/', '\uFFFD').Replace('\0', '\uFFFD');
        return new Name(folder + text, bytes.ToArray());
    }

    /// <summary>The path of the entry that holds the value of an extended attribute.</summary>
    internal static string NameOfValue(uint inode) => $"{SystemFolder}{Number(inode)}-attribute-value";

    private static bool IsDot(ReadOnlySpan<byte> name) => name.Length is 1 or 2 && name[0] == '.' && name[^1] == '.';

    private static string Number(uint inode) => inode.ToString(CultureInfo.InvariantCulture);

    /// <summary>Reads the pending directories until none is left. <paramref name="naming"/>: the names met count for what no name leads to.</summary>
    private IEnumerable<FileEntry> Drain(bool naming)
    {
        while (pending.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            Place place = pending[^1];
            pending.RemoveAt(pending.Count - 1);
            if (!MayRead(place))
            {
                continue;
            }

            bool deleted = place.State != EntryState.Allocated;
            ReadDirectory(place.Inode, deleted);
            bool encrypted = directory.Encrypted;
            string folder = place.Folder(out bool cut);
            if (cut)
            {
                problems.Report(new Problem(ProblemKind.LimitReached, $"directory inode {place.Inode}", $"its path is longer than {Limits.PathLength} characters and is cut in the middle"));
            }

            children.Clear();
            int count = directory.Count;
            for (int i = 0; i < count; i++)
            {
                ExtName name = directory[directory.Order[i]];
                ReadOnlySpan<byte> text = directory.Text(name);
                bool gone = (name.State & ExtNameState.Deleted) != 0;
                if (IsDot(text))
                {
                    if (naming && (name.State & ExtNameState.NoSuchInode) == 0)
                    {
                        reached.Add(name.Inode);
                    }

                    continue;
                }

                if (gone && text.IndexOfAny((byte)0, (byte)'/') >= 0 && !directory.Encrypted)
                {
                    continue; // what looks like a record in slack is none: no name holds these
                }

                if ((name.State & ExtNameState.Repeated) != 0)
                {
                    if (!gone)
                    {
                        problems.Report(new Problem(ProblemKind.Malformed, $"directory inode {place.Inode}", $"the name of inode {name.Inode} is there twice; it is listed once"));
                    }

                    continue;
                }

                if (naming || !gone)
                {
                    reached.Add(name.Inode);
                }

                EntryState state = !gone ? EntryState.Allocated : place.State == EntryState.Orphan ? EntryState.Orphan : EntryState.Deleted;
                Name full = Decode(folder, text);
                if ((name.State & ExtNameState.NoSuchInode) != 0)
                {
                    FileEntry nowhere = WithoutInode(full, name.Inode, name.Type, state, new Problem(ProblemKind.Malformed, $"directory inode {place.Inode}", $"a name has inode {name.Inode}; the last is {super.InodeCount}"));
                    yield return encrypted ? WithEncryptedName(nowhere) : nowhere;
                    continue;
                }

                FileEntry entry = Make(full, name.Inode, name.Type, state, out bool descend);
                if ((name.State & ExtNameState.Salvaged) != 0)
                {
                    entry = With(entry, new Problem(ProblemKind.Malformed, $"directory inode {place.Inode}", "the name was found again after a record that does not hold"));
                }

                // As the Sleuth Kit: a deleted name is followed only where it says itself that it is a directory, or its format cannot say.
                if (descend && (!gone || name.Type is 2 or 0))
                {
                    children.Add(new Place(place, full.Path[folder.Length..], name.Inode, state));
                }

                yield return encrypted ? WithEncryptedName(entry) : entry;
            }

            // The first directory is read next: the walk goes down, and up the inode table.
            for (int i = children.Count - 1; i >= 0; i--)
            {
                pending.Add(children[i]);
            }
        }
    }

    /// <summary>Whether a directory is to be read (again).</summary>
    private bool MayRead(Place place)
    {
        if (place.Depth > Limits.DirectoryDepth)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, $"directory inode {place.Inode}", $"it lies more than {Limits.DirectoryDepth} directories down and is not read"));
            return false;
        }

        if (place.State == EntryState.Allocated)
        {
            if (!walked.Add(place.Inode))
            {
                problems.Report(Problem.Cycle($"directory inode {place.Inode}", $"it has a second name, {Shorten(place.Name)}; its content is listed once"));
                return false;
            }

            return true;
        }

        // A deleted directory may be named from several places that are all worth showing, but not from inside itself.
        for (Place? above = place.Parent; above is not null; above = above.Parent)
        {
            if (above.Inode == place.Inode)
            {
                return false;
            }
        }

        deletedReads.TryGetValue(place.Inode, out int reads);
        if (reads >= ReadsOfDeletedDirectory)
        {
            if (reads == ReadsOfDeletedDirectory)
            {
                deletedReads[place.Inode] = reads + 1;
                problems.Report(new Problem(ProblemKind.LimitReached, $"directory inode {place.Inode}", $"a deleted directory with more than {ReadsOfDeletedDirectory} names; its content is listed for the first of them"));
            }

            return false;
        }

        deletedReads[place.Inode] = reads + 1;
        return true;
    }

    private static string Shorten(string name) => name.Length > 255 ? name[..255] : name;

    /// <summary>Fills <see cref="directory"/>; what does not hold is reported, the rest is kept.</summary>
    private void ReadDirectory(uint number, bool deleted)
    {
        directory.Clear();
        string place = $"directory inode {number}";
        try
        {
            volume.ReadInode(number, inodeBytes);
            ExtInode inode = new(inodeBytes);
            ExtContentKind kind = ExtContent.KindOf(volume, inode);
            long size = ExtContent.Size(volume, inode, kind);
            uint seed = super.HasChecksums ? ExtChecksum.InodeSeed(super, number, inode.Generation) : 0;
            directory.Encrypted = inode.Has(ExtInodeFlags.Encrypted);
            directory.Hashed = directory.Encrypted && inode.Has(ExtInodeFlags.CaseFold);
            if (kind == ExtContentKind.Inline)
            {
                ReadInlineDirectory(ExtContent.ReadInline(inode, size), place, deleted);
            }
            else
            {
                ReadMappedDirectory(number, inode, size, seed, place, deleted);
            }
        }
        catch (MalformedDataException error)
        {
            problems.Report(Problem.From(error, place));
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, place));
        }

        if (directory.Overflowed)
        {
            problems.Report(new Problem(ProblemKind.LimitReached, place, $"more than {Limits.NamesInDirectory} names; the rest is left out"));
        }

        directory.Arrange();
    }

    private void ReadInlineDirectory(byte[] content, string place, bool deleted)
    {
        const int area = 60;
        const int parent = 4;
        if (content.Length < parent)
        {
            return;
        }

        // The first four bytes are the parent's inode number; there is no "." and no "..".
        string? wrong = directory.Parse(content.AsSpan(parent, Math.Min(area, content.Length) - parent), deleted, false, true, true, 0, out _);
        if (content.Length > area)
        {
            wrong ??= directory.Parse(content.AsSpan(area), deleted, false, false, true, 0, out _);
        }

        if (wrong is not null && !deleted)
        {
            problems.Report(new Problem(ProblemKind.Malformed, place, wrong));
        }
    }

    private void ReadMappedDirectory(uint number, in ExtInode inode, long size, uint seed, string place, bool deleted)
    {
        ExtBlockMap map = ExtBlockMap.Read(volume, number, inode, size, nodeBudget);
        nodeBudget -= map.NodesRead;
        if (!deleted && map.Problems is not null)
        {
            foreach (Problem problem in map.Problems)
            {
                problems.Report(problem);
            }
        }

        bool indexed = inode.Has(ExtInodeFlags.Index);
        int block = volume.BlockSize;
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(Math.Max(block, 256 << 10));
        int piece = buffer.Length / block * block;
        try
        {
            foreach (Extent extent in map.Extents)
            {
                if (extent.IsSparse)
                {
                    continue;
                }

                // Blocks past the size are no part of the directory.
                long length = Math.Min(extent.Length, ((size + block - 1) / block * block) - extent.FileOffset);
                for (long done = 0; done < length; done += piece)
                {
                    cancel.ThrowIfCancellationRequested();
                    int count = (int)Math.Min(piece, length - done);
                    directoryBudget -= count;
                    if (directoryBudget < 0)
                    {
                        ReportBudget("the directories of this file system take more bytes than the volume has; the rest is left out");
                        return;
                    }

                    long at = extent.VolumeOffset + done;
                    int got = volume.Source.ReadAvailable(at, buffer.AsSpan(0, count), (range, reason) => problems.Report(new Problem(ProblemKind.Unreadable, place, reason, range.Offset, range.Length)));
                    if (got < count)
                    {
                        problems.Report(new Problem(ProblemKind.Missing, place, "its blocks lie past the end of the volume", at + got, count - got));
                    }

                    for (int i = 0; i + block <= got; i += block)
                    {
                        string? wrong = directory.Parse(buffer.AsSpan(i, block), deleted, indexed, extent.FileOffset + done + i == 0, false, seed, out bool mismatch);
                        if (deleted)
                        {
                            continue; // its blocks may belong to another file by now
                        }

                        if (wrong is not null)
                        {
                            problems.Report(new Problem(ProblemKind.Malformed, place, wrong, at + i, block));
                        }

                        if (mismatch)
                        {
                            problems.Report(new Problem(ProblemKind.Mismatch, place, "the checksum of a directory block is wrong; it is used all the same", at + i, block));
                        }
                    }

                    if (directory.Overflowed)
                    {
                        return;
                    }
                }
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ReportBudget(string reason)
    {
        if (!budgetReported)
        {
            budgetReported = true;
            problems.Report(new Problem(ProblemKind.LimitReached, "file system", reason));
        }
    }

    private bool IsAllocated(uint inode)
    {
        long group = (inode - 1) / super.InodesPerGroup;
        if (volume.Group(group) is not ExtGroup where)
        {
            return true;
        }

        if (Uninitialised(where))
        {
            return false;
        }

        uint bit = (inode - 1) % super.InodesPerGroup;
        Span<byte> one = stackalloc byte[1];
        try
        {
            volume.Metadata.Read((where.InodeBitmap * volume.BlockSize) + (bit >> 3), one, "inode bitmap");
        }
        catch (MalformedDataException error)
        {
            ReportBitmap(group, Problem.From(error, $"inode bitmap of group {group}"));
            return true;
        }
        catch (UnreadableDataException error)
        {
            ReportBitmap(group, Problem.From(error, $"inode bitmap of group {group}"));
            return true;
        }

        return (one[0] & (1 << (int)(bit & 7))) != 0;
    }

    private bool Uninitialised(in ExtGroup group) => group.InodesUninitialised && (super.HasChecksums || super.Has(ExtReadOnlyCompat.GroupChecksum));

    private void ReportBitmap(long group, Problem problem)
    {
        if (badBitmaps.Count < Limits.ProblemsPerKind && badBitmaps.Add(group))
        {
            problems.Report(problem with { Reason = problem.Reason + "; its inodes count as in use" });
        }
    }

    /// <summary>Reads every inode table from front to back and sorts out what no name led to.</summary>
    private void ScanTables(ExtInodeSet orphans, ExtInodeSet nameless, ExtInodeSet own)
    {
        uint perGroup = super.InodesPerGroup;
        int inodeSize = super.InodeSize;
        byte[] bitmap = new byte[(perGroup + 7) / 8];
        byte[] table = new byte[Math.Min(TablePiece, perGroup * (long)inodeSize)];
        int perPiece = table.Length / inodeSize;
        long budget = volume.Source.Length;
        for (long group = 0; group < volume.Groups; group++)
        {
            cancel.ThrowIfCancellationRequested();
            uint first = (uint)((group * perGroup) + 1);
            if (group * perGroup >= super.InodeCount)
            {
                break;
            }

            if (volume.Group(group) is not ExtGroup where)
            {
                continue; // reported when the descriptors were read
            }

            ReadInodeBitmap(group, where, bitmap);
            int count = (int)Math.Min(perGroup, super.InodeCount - (first - 1));
            budget -= (long)count * inodeSize;
            if (budget < 0)
            {
                ReportBudget("its inode tables take more bytes than the volume has; the rest is left out");
                break;
            }

            for (int done = 0; done < count; done += perPiece)
            {
                int wanted = Math.Min(perPiece, count - done) * inodeSize;
                long at = (where.InodeTable * volume.BlockSize) + ((long)done * inodeSize);
                int got = volume.Source.ReadAvailable(at, table.AsSpan(0, wanted), (range, reason) => problems.Report(new Problem(ProblemKind.Unreadable, $"inode table of group {group}", reason, range.Offset, range.Length)));
                if (got < wanted)
                {
                    problems.Report(new Problem(ProblemKind.Missing, $"inode table of group {group}", "it lies past the end of the volume", at + got, wanted - got));
                }

                for (int i = 0; (i + 1) * inodeSize <= got; i++)
                {
                    int index = done + i;
                    bool used = (bitmap[index >> 3] & (1 << (index & 7))) != 0;
                    ExtInode inode = new(table.AsSpan(i * inodeSize, inodeSize));
                    Sort(first + (uint)index, inode, used, orphans, nameless, own);
                }
            }
        }
    }

    private void ReadInodeBitmap(long group, in ExtGroup where, byte[] bitmap)
    {
        if (Uninitialised(where))
        {
            Array.Clear(bitmap);
            return;
        }

        long offset = where.InodeBitmap * volume.BlockSize;
        string place = $"inode bitmap of group {group}";
        try
        {
            volume.Metadata.Read(offset, bitmap, "inode bitmap");
        }
        catch (MalformedDataException error)
        {
            Array.Fill(bitmap, (byte)0xFF);
            ReportBitmap(group, Problem.From(error, place));
            return;
        }
        catch (UnreadableDataException error)
        {
            Array.Fill(bitmap, (byte)0xFF);
            ReportBitmap(group, Problem.From(error, place));
            return;
        }

        if (super.HasChecksums && !where.IsCopy)
        {
            uint mask = super.DescriptorSize >= 64 ? uint.MaxValue : 0xFFFF;
            if (((ExtChecksum.Crc32C(super.ChecksumSeed, bitmap) ^ where.InodeBitmapChecksum) & mask) != 0)
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, "its checksum is wrong; it is used all the same", offset));
            }
        }
    }

    private void Sort(uint number, in ExtInode inode, bool used, ExtInodeSet orphans, ExtInodeSet nameless, ExtInodeSet own)
    {
        // As the Sleuth Kit, an inode free and without change time was never used, unless its mode makes sense all the same.
        if (inode.ChangeTimeLow == 0 && (used ? inode.IsBlank : TypeOfMode(inode.TypeBits) == EntryType.Unknown))
        {
            return;
        }

        if (reached.Contains(number))
        {
            return;
        }

        if (!used)
        {
            orphans.Add(number);
        }
        else if (OwnName(number) is not null || inode.Has(ExtInodeFlags.ExtendedAttributeInode))
        {
            own.Add(number);
        }
        else if (inode.Links == 0)
        {
            orphans.Add(number);
        }
        else
        {
            nameless.Add(number);
        }
    }

    /// <summary>What the file system keeps in an inode of its own, or null.</summary>
    private string? OwnName(uint number)
    {
        if (number == super.JournalInode)
        {
            return "journal";
        }

        if (number == super.UserQuotaInode)
        {
            return "user-quota";
        }

        if (number == super.GroupQuotaInode)
        {
            return "group-quota";
        }

        if (number == super.ProjectQuotaInode)
        {
            return "project-quota";
        }

        if (number == super.OrphanFileInode && super.Compat.HasFlag(ExtCompat.OrphanFile))
        {
            return "orphan-file";
        }

        return number switch
        {
            1 => "bad-blocks",
            3 => "user-quota",
            4 => "group-quota",
            5 => "boot-loader",
            6 => "undelete",
            ResizeInode => "resize",
            8 => "journal",
            9 => "exclude",
            10 => "replica",
            _ => null,
        };
    }

    private FileEntry MakeOwn(uint number)
    {
        string? what = OwnName(number);
        FileEntry entry = Make(new Name(what is null ? NameOfValue(number) : $"{SystemFolder}{Number(number)}-{what}", null), number, 1, EntryState.Allocated, out _);
        if (number is not (ResizeInode or 1))
        {
            return entry;
        }

        // These two map blocks for the file system; what reads as their content is no file.
        StreamInfo stream = entry.Streams[0];
        return entry with { Type = EntryType.File, Streams = [stream with { Size = 0, ValidLength = 0, Flags = StreamFlags.NameOnly }] };
    }

    /// <summary>
    /// Deleted inodes that no name leads to, and inodes unlinked while open. What a deleted directory among them still names is shown below it.
    /// </summary>
    private IEnumerable<FileEntry> Orphans(ExtInodeSet orphans)
    {
        ExtInodeSet below = new();
        foreach (uint number in orphans.Ascending())
        {
            cancel.ThrowIfCancellationRequested();
            if (!below.Contains(number) && !IsAllocated(number))
            {
                MarkBelow(number, below);
            }
        }

        foreach (uint number in orphans.Ascending())
        {
            cancel.ThrowIfCancellationRequested();
            if (below.Contains(number))
            {
                continue;
            }

            string name = "OrphanFile-" + Number(number);
            yield return Make(new Name(OrphanFolder + name, null), number, 0, EntryState.Orphan, out bool descend);
            if (descend)
            {
                pending.Add(new Place(null, OrphanFolder + name, number, EntryState.Orphan));
                foreach (FileEntry entry in Drain(false))
                {
                    yield return entry;
                }
            }
        }
    }

    /// <summary>
    /// Marks what is named below an orphan directory. As the Sleuth Kit, this ends at the first name whose inode is in use again or was met before:
    /// what follows may be another file's content.
    /// </summary>
    private void MarkBelow(uint number, ExtInodeSet below)
    {
        if (!IsDirectory(number))
        {
            return;
        }

        Stack<(uint Directory, Queue<(uint Inode, byte Type)> Names)> open = new();
        HashSet<uint> above = [number];
        open.Push((number, NamesOf(number)));
        while (open.Count > 0)
        {
            cancel.ThrowIfCancellationRequested();
            (uint current, Queue<(uint Inode, byte Type)> names) = open.Peek();
            if (names.Count == 0)
            {
                open.Pop();
                above.Remove(current);
                continue;
            }

            (uint inode, byte type) = names.Dequeue();
            if (IsAllocated(inode) || !below.Add(inode))
            {
                return;
            }

            if (type is 0 or 2 && IsDirectory(inode) && open.Count < Limits.DirectoryDepth && above.Add(inode))
            {
                open.Push((inode, NamesOf(inode)));
            }
        }
    }

    private Queue<(uint Inode, byte Type)> NamesOf(uint number)
    {
        ReadDirectory(number, true);
        Queue<(uint Inode, byte Type)> names = new();
        for (int i = 0; i < directory.Count; i++)
        {
            ref readonly ExtName name = ref directory[i];
            if (name.Inode != 0 && (name.State & ExtNameState.Repeated) == 0 && !IsDot(directory.Text(name)))
            {
                names.Enqueue((name.Inode, name.Type));
            }
        }

        return names;
    }

    private bool IsDirectory(uint number)
    {
        try
        {
            volume.ReadInode(number, inodeBytes);
            return new ExtInode(inodeBytes).TypeBits == ExtContent.TypeDirectory;
        }
        catch (MalformedDataException)
        {
            return false; // its entry says so
        }
        catch (UnreadableDataException)
        {
            return false;
        }
    }

    /// <summary>Inodes in use that no name leads to: the directory that named them is damaged. Directories first, from the topmost down.</summary>
    private IEnumerable<FileEntry> Nameless(ExtInodeSet nameless)
    {
        for (int pass = 0; pass < 2; pass++)
        {
            foreach (uint number in nameless.Ascending())
            {
                cancel.ThrowIfCancellationRequested();
                if (reached.Contains(number) || (pass == 0 && !IsDirectory(number)))
                {
                    continue;
                }

                uint top = pass == 0 ? Topmost(number, nameless) : number;
                reached.Add(top);
                string path = OrphanFolder + "OrphanFile-" + Number(top);
                FileEntry found = Make(new Name(path, null), top, 0, EntryState.Allocated, out bool descend);
                yield return With(found, new Problem(ProblemKind.Missing, $"inode {top}", "it is in use, but no name in the directory tree leads to it"));
                if (!descend)
                {
                    continue;
                }

                pending.Add(new Place(null, path, top, EntryState.Allocated));
                foreach (FileEntry entry in Drain(true))
                {
                    yield return entry;
                }
            }
        }
    }

    private uint Topmost(uint number, ExtInodeSet nameless)
    {
        HashSet<uint> path = [number];
        while (path.Count < Limits.DirectoryDepth)
        {
            ReadDirectory(number, true);
            uint parent = 0;
            for (int i = 0; i < directory.Count && parent == 0; i++)
            {
                ref readonly ExtName name = ref directory[i];
                if (directory.Text(name).SequenceEqual(".."u8))
                {
                    parent = name.Inode;
                }
            }

            if (parent == 0 || !nameless.Contains(parent) || reached.Contains(parent) || !IsDirectory(parent) || !path.Add(parent))
            {
                return number;
            }

            number = parent;
        }

        return number;
    }

    private static FileEntry With(FileEntry entry, Problem problem) => entry with { Problems = entry.Problems is null ? [problem] : [.. entry.Problems, problem] };

    private static FileEntry WithEncryptedName(FileEntry entry)
    {
        SortedDictionary<string, string> more = new(StringComparer.Ordinal) { ["name"] = "encrypted (fscrypt)" };
        foreach ((string name, string value) in entry.Attributes ?? new Dictionary<string, string>())
        {
            more[name] = value;
        }

        return entry with { Attributes = more };
    }

    private static FileEntry WithoutInode(Name name, uint number, byte nameType, EntryState state, Problem? problem) => new()
    {
        Key = number,
        Path = name.Path,
        NameBytes = name.Bytes,
        Type = TypeOfName(nameType),
        State = state,
        Problems = problem is null ? null : [problem],
        Streams = [new StreamInfo { Ref = new StreamRef(number, 0), Address = Number(number), Flags = StreamFlags.NameOnly }],
    };

    /// <summary>The entry of a name; <paramref name="descend"/> where it is a directory that the name still stands for.</summary>
    private FileEntry Make(Name name, uint number, byte nameType, EntryState state, out bool descend)
    {
        descend = false;
        if (number == 0)
        {
            return WithoutInode(name, 0, nameType, state, null);
        }

        try
        {
            volume.ReadInode(number, inodeBytes);
        }
        catch (MalformedDataException error)
        {
            return WithoutInode(name, number, nameType, state, Problem.From(error, $"inode {number}"));
        }
        catch (UnreadableDataException error)
        {
            return WithoutInode(name, number, nameType, state, Problem.From(error, $"inode {number}"));
        }

        ExtInode inode = new(inodeBytes);
        bool used = IsAllocated(number);
        bool live = state == EntryState.Allocated;
        bool unlinked = used && inode.Links == 0 && number >= 11;
        bool again = !live && used && !unlinked;
        List<Problem>? own = null;
        SortedDictionary<string, string>? more = null;
        if (live && !used)
        {
            Add(ref own, new Problem(ProblemKind.Mismatch, $"inode {number}", "it has a name but its bitmap says it is free"));
        }

        bool blank = inode.Mode == 0 && inode.IsBlank;
        if (super.HasChecksums && !blank && !ExtChecksum.InodeHolds(super, number, inode))
        {
            if (live)
            {
                Add(ref own, new Problem(ProblemKind.Mismatch, $"inode {number}", "its checksum is wrong", volume.InodeOffset(number), super.InodeSize));
            }
            else
            {
                (more ??= new(StringComparer.Ordinal))["inode checksum"] = "wrong";
            }
        }

        EntryType type = TypeOfMode(inode.TypeBits);
        if (again || type == EntryType.Unknown)
        {
            EntryType byName = TypeOfName(nameType);
            type = byName == EntryType.Unknown ? type : byName;
        }

        string? target = null;
        StreamInfo stream;
        if (again || blank)
        {
            stream = new StreamInfo { Ref = new StreamRef(number, 0), Address = Number(number), Flags = StreamFlags.NameOnly };
        }
        else
        {
            stream = MakeStream(number, inode, live, ref own, ref more, out target);
            Describe(number, inode, unlinked, ref own, ref more);
        }

        descend = !again && inode.TypeBits == ExtContent.TypeDirectory && (live || !used);
        EvidenceTime deletion = inode.DeletionTime == 0 || unlinked ? EvidenceTime.None : new EvidenceTime(inode.DeletionTime, TimeKind.UnixSeconds);
        return new FileEntry
        {
            Key = number,
            Path = name.Path,
            NameBytes = name.Bytes,
            Type = type,
            State = state,
            MetadataReallocated = again,

            // An inode that holds an attribute's value has a checksum and a count in their place.
            Times = blank || inode.Has(ExtInodeFlags.ExtendedAttributeInode) ? default : inode.Times(),
            Deleted = deletion,
            Mode = inode.Mode,
            Uid = inode.Uid,
            Gid = inode.Gid,
            LinkTarget = target,
            LinkCount = inode.Links,
            Attributes = more,
            Streams = [stream],
            Problems = own,
        };
    }

    private static void Add(ref List<Problem>? list, Problem problem)
    {
        list ??= [];
        if (list.Count < 64)
        {
            list.Add(problem);
        }
    }

    private StreamInfo MakeStream(uint number, in ExtInode inode, bool live, ref List<Problem>? own, ref SortedDictionary<string, string>? more, out string? target)
    {
        target = null;
        ExtContentKind kind = ExtContent.KindOf(volume, inode);
        long size = ExtContent.Size(volume, inode, kind);
        long allocated = ExtContent.AllocatedBytes(volume, inode);
        StreamFlags flags = inode.TypeBits == ExtContent.TypeDirectory ? StreamFlags.Index : StreamFlags.None;
        long firstOffset = -1;
        ulong raw = kind == ExtContentKind.None ? 0 : ExtContent.RawSize(volume, inode);
        if (raw != (ulong)size)
        {
            flags |= StreamFlags.Incomplete;
            if (live)
            {
                Add(ref own, new Problem(ProblemKind.Malformed, $"inode {number}", $"i_size is {raw}, of which only {size} can be there"));
            }
        }

        switch (kind)
        {
            case ExtContentKind.Inline:
            case ExtContentKind.FastLink:
                if (kind == ExtContentKind.Inline && ExtContent.ReadInline(inode, size).Length is int there && there < size)
                {
                    flags |= StreamFlags.Incomplete;
                    if (live)
                    {
                        Add(ref own, new Problem(ProblemKind.Malformed, $"inode {number}", $"its inline content is {there} bytes, its size {size}"));
                    }
                }

                flags |= StreamFlags.Resident;
                firstOffset = volume.InodeOffset(number);
                break;
            case ExtContentKind.Mapped:
                flags |= Map(number, inode, size, allocated, live, ref own, ref more, out firstOffset);
                break;
        }

        if (inode.Has(ExtInodeFlags.Encrypted))
        {
            flags |= StreamFlags.Encrypted;
            string? what = inode.TypeBits switch
            {
                ExtContent.TypeRegular => "content is",
                ExtContent.TypeDirectory => "names are",
                ExtContent.TypeLink => "target is",
                _ => null,
            };
            if (live && size > 0 && what is not null)
            {
                Add(ref own, new Problem(ProblemKind.Encrypted, $"inode {number}", $"its {what} encrypted (fscrypt) and no key is known"));
            }
        }

        if (inode.Has(ExtInodeFlags.Compressed) && super.Has(ExtIncompat.Compression))
        {
            flags |= StreamFlags.Compressed;
            Add(ref own, new Problem(ProblemKind.Unsupported, $"inode {number}", "its content is compressed (e2compr), which is not read"));
        }

        if (inode.TypeBits == ExtContent.TypeLink && !inode.Has(ExtInodeFlags.Encrypted) && (flags & StreamFlags.NameOnly) == 0)
        {
            target = Target(number, inode, kind, size, live, ref own);
        }

        return new StreamInfo
        {
            Ref = new StreamRef(number, 0),
            Address = Number(number),
            Size = size,
            ValidLength = size,
            AllocatedSize = allocated,
            Flags = flags,
            FirstOffset = firstOffset,
        };
    }

    private StreamFlags Map(uint number, in ExtInode inode, long size, long allocated, bool live, ref List<Problem>? own, ref SortedDictionary<string, string>? more, out long firstOffset)
    {
        StreamFlags flags = StreamFlags.None;
        long block = volume.BlockSize;
        long wanted = size == 0 ? 0 : ((size - 1) / block) + 1;
        long mapped, unwritten = 0;
        if (!inode.Has(ExtInodeFlags.Extents))
        {
            firstOffset = FirstPointer(number, inode, wanted, live, ref flags, ref own);

            // Without reading the pointers themselves: fewer blocks than the size needs leave holes.
            mapped = allocated / block;
            if (!live && size > 0 && firstOffset < 0)
            {
                flags |= StreamFlags.Incomplete;
            }
        }
        else if (!ExtBlockMap.TrySummarise(volume, inode, out firstOffset, out mapped, out unwritten))
        {
            ExtBlockMap map = ExtBlockMap.Read(volume, number, inode, size, nodeBudget);
            nodeBudget -= map.NodesRead;
            (mapped, unwritten, firstOffset) = (map.MappedBlocks, map.UnwrittenBlocks, -1);
            foreach (Extent extent in map.Extents)
            {
                if (!extent.IsSparse)
                {
                    firstOffset = extent.VolumeOffset;
                    break;
                }
            }

            if (map.Problems is not null)
            {
                if (map.Bad.Count > 0)
                {
                    flags |= StreamFlags.Incomplete;
                }

                if (live)
                {
                    foreach (Problem problem in map.Problems)
                    {
                        Add(ref own, problem);
                    }
                }
            }
        }

        if (!live && mapped == 0 && inode.Has(ExtInodeFlags.Extents))
        {
            flags |= size > 0 ? StreamFlags.Incomplete : StreamFlags.NameOnly;
        }
        else if (!live && size == 0 && firstOffset < 0 && inode.DeletionTime != 0)
        {
            // ext3 and ext4 clear size and map on deletion: what the file held cannot be told.
            flags |= StreamFlags.NameOnly;
        }

        if (mapped - unwritten < wanted)
        {
            flags |= StreamFlags.Sparse;
        }

        if (unwritten > 0)
        {
            (more ??= new(StringComparer.Ordinal))["unwritten bytes"] = (unwritten * block).ToString(CultureInfo.InvariantCulture);
        }

        return flags;
    }

    private long FirstPointer(uint number, in ExtInode inode, long wanted, bool live, ref StreamFlags flags, ref List<Problem>? own)
    {
        long first = -1;
        long direct = Math.Min(12, wanted);
        for (int i = 0; i < 15; i++)
        {
            if (i < 12 ? i >= direct : wanted <= 12)
            {
                continue;
            }

            uint pointer = inode.Pointer(i);
            if (pointer == 0)
            {
                continue;
            }

            if (!volume.Holds(pointer, 1))
            {
                flags |= StreamFlags.Incomplete;
                if (live)
                {
                    Add(ref own, new Problem(ProblemKind.Malformed, $"inode {number}", $"i_block[{i}] is {pointer}, which does not lie in the file system"));
                }
            }
            else if (first < 0)
            {
                first = (long)pointer * volume.BlockSize;
            }
        }

        return first;
    }

    private string? Target(uint number, in ExtInode inode, ExtContentKind kind, long size, bool live, ref List<Problem>? own)
    {
        const int longest = 64 << 10;
        if (kind == ExtContentKind.FastLink)
        {
            return Encoding.UTF8.GetString(inode.BlockArea[..(int)size]);
        }

        if (kind == ExtContentKind.Inline)
        {
            return Encoding.UTF8.GetString(ExtContent.ReadInline(inode, size));
        }

        int length = (int)Math.Min(size, longest);
        try
        {
            byte[] bytes = new byte[length];
            ExtBlockMap map = ExtBlockMap.Read(volume, number, inode, length, Math.Min(64, nodeBudget));
            nodeBudget -= map.NodesRead;
            using ExtStreamSource source = new(volume.Source, map, length);
            source.ReadExactly(0, bytes, "link target");
            return Encoding.UTF8.GetString(bytes);
        }
        catch (MalformedDataException error) when (live)
        {
            Add(ref own, Problem.From(error, $"inode {number}, link target"));
        }
        catch (UnreadableDataException error) when (live)
        {
            Add(ref own, Problem.From(error, $"inode {number}, link target"));
        }
        catch (MalformedDataException)
        {
            return null; // a deleted link whose block is gone
        }
        catch (UnreadableDataException)
        {
            return null;
        }

        return null;
    }

    /// <summary>Flags, device numbers, project and extended attributes as text.</summary>
    private void Describe(uint number, in ExtInode inode, bool unlinked, ref List<Problem>? own, ref SortedDictionary<string, string>? more)
    {
        const uint ordinary = (uint)(ExtInodeFlags.Extents | ExtInodeFlags.Index | ExtInodeFlags.HugeFile) | 0x20000;
        uint flags = (uint)inode.Flags & ~ordinary;
        if (flags != 0)
        {
            (more ??= new(StringComparer.Ordinal))["flags"] = FlagNames(flags);
        }

        if (unlinked)
        {
            (more ??= new(StringComparer.Ordinal))["unlinked while open"] = "yes";
        }

        if (inode.TypeBits is ExtContent.TypeCharacter or ExtContent.TypeBlock)
        {
            uint old = inode.Pointer(0), modern = inode.Pointer(1);
            (more ??= new(StringComparer.Ordinal))["device"] = old != 0
                ? $"{(old >> 8) & 0xFF}:{old & 0xFF}"
                : $"{(modern >> 8) & 0xFFF}:{(modern & 0xFF) | ((modern >> 12) & 0xFFF00)}";
        }

        if (inode.Project != 0 && super.Has(ExtReadOnlyCompat.Project))
        {
            (more ??= new(StringComparer.Ordinal))["project"] = Number(inode.Project);
        }

        if (ExtAttributes.Any(inode))
        {
            more ??= new(StringComparer.Ordinal);
            List<Problem>? met = null;
            ExtAttributes.Read(volume, inode, number, more, problem => (met ??= []).Add(problem));
            if (met is not null)
            {
                foreach (Problem problem in met)
                {
                    Add(ref own, problem);
                }
            }

            if (more.Count == 0)
            {
                more = null;
            }
        }
    }

    private static string FlagNames(uint flags)
    {
        StringBuilder text = new();
        ReadOnlySpan<(uint Bit, string Name)> known =
        [
            (0x1, "secure deletion"), (0x2, "undelete"), (0x4, "compressed"), (0x8, "synchronous"), (0x10, "immutable"), (0x20, "append only"),
            (0x40, "no dump"), (0x80, "no access time"), (0x800, "encrypted"), (0x4000, "data journalled"), (0x8000, "no tail merging"), (0x10000, "synchronous directory"),
            (0x100000, "verity"), (0x200000, "attribute value"), (0x400000, "blocks past the end"), (0x2000000, "direct access"), (0x10000000, "inline data"), (0x20000000, "project inherited"), (0x40000000, "case-insensitive"),
        ];
        foreach ((uint bit, string name) in known)
        {
            if ((flags & bit) != 0)
            {
                text.Append(text.Length > 0 ? ", " : "").Append(name);
                flags &= ~bit;
            }
        }

        if (flags != 0)
        {
            text.Append(text.Length > 0 ? ", " : "").Append(CultureInfo.InvariantCulture, $"0x{flags:X}");
        }

        return text.ToString();
    }

    /// <summary>A path, and the name's bytes where the text does not give them back.</summary>
    private readonly record struct Name(string Path, byte[]? Bytes);

    /// <summary>A directory to be read: the names above it are shared, so that deep trees cost no more than their names.</summary>
    private sealed class Place(Place? parent, string name, uint inode, EntryState state)
    {
        internal Place? Parent { get; } = parent;

        internal string Name { get; } = name;

        internal uint Inode { get; } = inode;

        internal EntryState State { get; } = state;

        internal int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

        /// <summary>The path with a closing separator; empty for the root.</summary>
        internal string Folder(out bool cut)
        {
            int length = 0;
            for (Place? at = this; at is not null; at = at.Parent)
            {
                length += at.Name.Length == 0 ? 0 : at.Name.Length + 1;
            }

            cut = length > Limits.PathLength - 512;
            return cut ? Shortened() : string.Create(length, this, static (target, place) => Fill(target, place));
        }

        private static void Fill(Span<char> target, Place place)
        {
            int end = target.Length;
            for (Place? at = place; at is not null && end > 0; at = at.Parent)
            {
                if (at.Name.Length == 0)
                {
                    continue;
                }

                target[--end] = '/';
                end -= at.Name.Length;
                at.Name.CopyTo(target[end..]);
            }
        }

        /// <summary>The nearest names after an ellipsis: what is kept tells where the entry lies better than the far end does.</summary>
        private string Shortened()
        {
            List<string> kept = [];
            int room = Limits.PathLength - 1024;
            for (Place? at = this; at is not null && room > at.Name.Length; at = at.Parent)
            {
                kept.Add(at.Name);
                room -= at.Name.Length + 1;
            }

            kept.Reverse();
            return "\u2026/" + string.Join('/', kept) + "/";
        }
    }
}
