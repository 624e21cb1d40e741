using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>
/// One walk over a volume. The MFT is read twice from end to end in large blocks: first for the map of directories, then for the entries,
/// so that memory holds directories and never files. A directory's index is read where its own record comes.
/// </summary>
internal sealed class NtfsWalk
{
    private const int BlockBytes = 4 << 20;

    /// <summary>Names of deleted records that are remembered, so that their copies in index slack need no look at the record: 16 MB at most.</summary>
    private const int RememberedNames = 1 << 20;
    private readonly MftReader mft;
    private readonly IProblemSink problems;
    private readonly DirectoryMap directories;
    private readonly AttributeSet set = new();
    private readonly AttributeSet other = new();
    private readonly EntryBuilder builder;
    private readonly IndexReader index;
    private readonly List<FileEntry> pending = [];
    private readonly HashKeys deletedNames = new();
    private readonly byte[] block;
    private readonly byte[] single;
    private readonly char[] nameChars = new char[256];
    private bool loaded;

    public NtfsWalk(MftReader mft, int indexRecordSize, IProblemSink problems)
    {
        (this.mft, this.problems) = (mft, problems);
        directories = new DirectoryMap(problems);
        builder = new EntryBuilder(mft);
        index = new IndexReader(mft, indexRecordSize);
        index.ResetBudget();
        set.ListBudget = other.ListBudget = mft.ListBudget;
        block = new byte[(int)Math.Min(BlockBytes, Math.Max(1, mft.RecordCount) * mft.RecordSize)];
        single = new byte[mft.RecordSize];
    }

    public IEnumerable<FileEntry> Entries(CancellationToken cancel)
    {
        MapDirectories(cancel);
        int perBlock = block.Length / mft.RecordSize;
        for (long first = 0; first < mft.RecordCount; first += perBlock)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Read(first, report: true);
            for (int i = 0; i < count; i++)
            {
                pending.Clear();
                Record(first + i, i * mft.RecordSize, cancel);
                foreach (FileEntry entry in pending)
                {
                    yield return entry;
                }
            }
        }
    }

    private int Read(long first, bool report)
    {
        int count = (int)Math.Min(block.Length / mft.RecordSize, mft.RecordCount - first);
        Span<byte> bytes = block.AsSpan(0, count * mft.RecordSize);
        int got = mft.Data.ReadAvailable(first * mft.RecordSize, bytes, (range, why) =>
        {
            if (report)
            {
                long from = range.Offset / mft.RecordSize, to = (range.End - 1) / mft.RecordSize;
                problems.Report(new Problem(ProblemKind.Unreadable, from == to ? $"MFT record {from}" : $"MFT records {from} to {to}", why, mft.OffsetOf(from), range.Length));
            }
        });
        bytes[got..].Clear();
        return count;
    }

    private void MapDirectories(CancellationToken cancel)
    {
        int perBlock = block.Length / mft.RecordSize;
        for (long first = 0; first < mft.RecordCount; first += perBlock)
        {
            cancel.ThrowIfCancellationRequested();
            int count = Read(first, report: false);
            for (int i = 0; i < count; i++)
            {
                Span<byte> record = block.AsSpan(i * mft.RecordSize, mft.RecordSize);
                if (FixupArray.Undo(record, FixupArray.File, out _) == RecordState.Valid)
                {
                    Map(first + i, record);
                }
                else if (first + i < 4 && mft.TryReadMirror(first + i, single))
                {
                    Map(first + i, single);
                }
            }
        }
    }

    private void Map(long number, ReadOnlySpan<byte> bytes)
    {
        RecordView record = new(bytes);
        FileReference owner = record.Base;
        bool isBase = owner.Raw == 0;
        int slot = -1;
        if (isBase)
        {
            owner = new FileReference((ulong)number | ((ulong)record.Sequence << 48));
            if (record.IsDirectory)
            {
                slot = directories.GetOrAdd(number);
                ref DirectorySlot entry = ref directories.Slots[slot];
                entry.Sequence = record.Sequence;
                entry.Flags |= DirectoryFlags.Known | (record.InUse ? DirectoryFlags.InUse : DirectoryFlags.None);
            }
        }

        AttributeWalk walk = new(bytes);
        bool named = false;
        while (walk.MoveNext())
        {
            AttributeView attribute = walk.Current;
            if (attribute.Type != AttributeType.FileName)
            {
                if (attribute.Type > AttributeType.FileName && isBase)
                {
                    return; // attributes are in order of their type
                }

                continue;
            }

            if (attribute.NonResident || !FileNameView.TryRead(attribute.Value, out FileNameView name))
            {
                continue;
            }

            if (!isBase && slot < 0)
            {
                slot = directories.Find(owner.Record);
            }

            if (slot >= 0 && (isBase ? !named : (directories.Slots[slot].Flags & DirectoryFlags.HasName) == 0))
            {
                int length = NtfsName.Decode(name.Name, nameChars, out _);
                directories.SetName(slot, nameChars.AsSpan(0, length), name.Parent);
                named = name.Namespace != FileNameView.Dos;
            }

            if (!record.InUse)
            {
                if (isBase && deletedNames.Count < RememberedNames)
                {
                    deletedNames.Add(NameKey(number, name));
                }

                continue;
            }

            if (name.Namespace != FileNameView.Dos && name.Parent.Record < mft.RecordCount)
            {
                int parent = directories.GetOrAdd(name.Parent.Record);
                directories.Slots[parent].Names += IndexReader.Hash(owner, name);
            }
        }
    }

    /// <summary>Stands for a name, its record and its directory, whether it comes from the record or from the directory's index.</summary>
    private static ulong NameKey(long record, in FileNameView name) =>
        IndexReader.Hash(new FileReference((ulong)record), name) + (name.Parent.Raw * 0xD6E8_FEB8_6659_FD93);

    private void Record(long number, int offset, CancellationToken cancel)
    {
        byte[] buffer = block;
        RecordState state = FixupArray.Undo(block.AsSpan(offset, mft.RecordSize), FixupArray.File, out string? why);
        if (state == RecordState.Empty && number >= 4)
        {
            return;
        }

        if (state != RecordState.Valid)
        {
            bool mirrored = number < 4 && mft.TryReadMirror(number, single);
            problems.Report(new Problem(ProblemKind.Malformed, $"MFT record {number}", (why ?? "it is all zero") + (mirrored ? "; its copy in $MFTMirr was used" : ""), mft.OffsetOf(number), mft.RecordSize));
            if (!mirrored)
            {
                return;
            }

            (buffer, offset) = (single, 0);
        }

        set.Load(buffer, offset, number, mft);
        if (!set.IsBase || (!set.InUse && set.Pieces.Count == 0 && set.Damage is null))
        {
            // An extension is read with its base record; a record with no attributes was formatted and never used.
            return;
        }

        builder.Begin(set);
        (string path, bool orphan) = AddNames();
        if (set.IsDirectory)
        {
            AddIndexNames(path, orphan, cancel);
        }
    }

    /// <summary>Adds an entry for each name; gives the path of a directory and whether it begins at $OrphanFiles.</summary>
    private (string Path, bool Orphan) AddNames()
    {
        long number = set.RecordNumber;
        if (number == MetadataFile.Root)
        {
            pending.Add(builder.Entry(new EntryName("", null, null, RootTimes()), EntryState.Allocated));
            return ("", false);
        }

        bool hasLong = false, any = false;
        Rows<AttributePiece> pieces = set.Pieces;
        for (int i = 0; i < pieces.Count; i++)
        {
            hasLong |= TryName(pieces[i], out FileNameView name) && name.Namespace != FileNameView.Dos;
        }

        for (int i = 0; i < pieces.Count; i++)
        {
            if (!TryName(pieces[i], out FileNameView name) || (name.Namespace == FileNameView.Dos && hasLong))
            {
                continue;
            }

            any = true;
            FileReference parent = name.Parent;
            bool fits = directories.Fits(parent);
            (string folder, bool orphan) = fits ? directories.PathOf(parent.Record) : (DirectoryMap.OrphanFolder, true);
            EntryName entry = NameOf(folder, name, hasLong ? ShortName(parent, i) : null);
            if (set.InUse && !fits && number != MetadataFile.Root)
            {
                problems.Report(new Problem(ProblemKind.Missing, $"MFT record {number}", $"in use, and its directory (record {parent.Record}, sequence {parent.Sequence}) is not there; shown under {DirectoryMap.OrphanFolder}", mft.OffsetOf(number)));
            }

            pending.Add(builder.Entry(entry, set.InUse ? EntryState.Allocated : orphan ? EntryState.Orphan : EntryState.Deleted));
        }

        if (!any)
        {
            string path = $"{DirectoryMap.OrphanFolder}/OrphanFile-{number}";
            if (set.InUse && number >= MetadataFile.FirstUser)
            {
                problems.Report(new Problem(ProblemKind.Missing, $"MFT record {number}", $"in use, and it has no name; shown under {DirectoryMap.OrphanFolder}", mft.OffsetOf(number)));
            }

            pending.Add(builder.Entry(new EntryName(path, null, null, default), set.InUse ? EntryState.Allocated : EntryState.Orphan));
        }

        return set.IsDirectory ? directories.PathOf(number) : ("", false);
    }

    private EntryTimes RootTimes()
    {
        foreach (ref readonly AttributePiece piece in set.Pieces.All)
        {
            if (TryName(piece, out FileNameView name))
            {
                return name.Times;
            }
        }

        return default;
    }

    private static bool TryName(in AttributePiece piece, out FileNameView name)
    {
        AttributeView view = piece.View;
        if (view.Type == AttributeType.FileName && !view.NonResident)
        {
            return FileNameView.TryRead(view.Value, out name);
        }

        name = default;
        return false;
    }

    /// <summary>The 8.3 name that belongs to the long name at <paramref name="piece"/>: the next one of the same directory.</summary>
    private string? ShortName(FileReference parent, int piece)
    {
        Rows<AttributePiece> pieces = set.Pieces;
        TryName(pieces[piece], out FileNameView own);
        if (own.Namespace != 1)
        {
            return null; // only a Win32 name has an 8.3 name beside it
        }

        for (int i = 0; i < pieces.Count; i++)
        {
            if (TryName(pieces[i], out FileNameView name) && name.Namespace == FileNameView.Dos && name.Parent == parent)
            {
                return NtfsName.Text(name.Name, out _);
            }
        }

        return null;
    }

    private EntryName NameOf(string folder, in FileNameView name, string? shortName)
    {
        int length = NtfsName.Decode(name.Name, nameChars, out bool exact);
        return new EntryName(DirectoryMap.Join(folder, nameChars.AsSpan(0, length)), exact ? null : name.Name.ToArray(), shortName, name.Times);
    }

    private void AddIndexNames(string path, bool orphan, CancellationToken cancel)
    {
        int slot = directories.Find(set.RecordNumber);
        Rows<IndexName> names = index.Read(set, slot < 0 ? 0 : directories.Slots[slot].Names, problems.Report);
        int done = 0;
        foreach (ref readonly IndexName found in names.All)
        {
            if ((++done & 1023) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            FileNameView.TryRead(found.Key, out FileNameView name);
            AddIndexName(found, name, path, orphan);
        }
    }

    /// <summary>
    /// A name of an index that may not be in its record: left behind by a deletion or a move, or, on a damaged volume, in force without a
    /// record that says so.
    /// </summary>
    private void AddIndexName(in IndexName found, in FileNameView name, string path, bool orphan)
    {
        long record = found.File.Record;
        if (!found.Doubtful && directories.Fits(name.Parent) && deletedNames.Contains(NameKey(record, name)))
        {
            return; // comes with its record
        }

        string? why = found.Doubtful ? "the header of the index entry is overwritten" : Load(record);
        EntryState state = found.Live ? EntryState.Allocated : orphan ? EntryState.Orphan : EntryState.Deleted;
        if (why is null && (record == set.RecordNumber || HasName(name)))
        {
            return; // the root's own ".", or a name that comes with its record
        }

        EntryName entry = NameOf(path, name, null);
        if (why is null && other.IsBase && other.NameSequence == found.File.Sequence)
        {
            builder.Begin(other);
            pending.Add(builder.Entry(entry, state, reallocated: !found.Live && other.InUse));
            return;
        }

        why ??= !other.IsBase ? "the record extends another" : $"the record has sequence number {other.Sequence}";
        Problem? problem = found.Live
            ? new Problem(ProblemKind.Mismatch, $"MFT record {set.RecordNumber}, index", $"names record {record} with sequence number {found.File.Sequence}: {why}", mft.OffsetOf(set.RecordNumber))
            : null;
        pending.Add(EntryBuilder.NameAlone(record, entry, name, state, reallocated: !found.Live && (found.Doubtful || loaded), problem, found.Doubtful ? why : null));
    }

    /// <summary>Loads a record beside the one the walk is at; says why where that cannot be done.</summary>
    private string? Load(long record)
    {
        loaded = false;
        try
        {
            if (!mft.TryRead(record, single, out string? why))
            {
                return why;
            }
        }
        catch (UnreadableDataException error)
        {
            return error.Reason;
        }

        other.Load(single, 0, record, mft);
        loaded = true;
        return null;
    }

    /// <summary>Whether the record beside has the same name in this directory, so that the walk gives it with the record.</summary>
    private bool HasName(in FileNameView name)
    {
        if (!other.IsBase)
        {
            return false;
        }

        foreach (ref readonly AttributePiece piece in other.Pieces.All)
        {
            if (TryName(piece, out FileNameView own) && own.Parent.Record == set.RecordNumber && own.Name.SequenceEqual(name.Name) && directories.Fits(own.Parent))
            {
                return true;
            }
        }

        return false;
    }
}
