using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>What a stretch of the MFT gives.</summary>
internal sealed record RecordBlock(IReadOnlyList<FileEntry> Entries, IReadOnlyList<Problem> Problems);

/// <summary>
/// Makes the entries of MFT records, and of names that only the index of a directory holds. Used by one thread; several share the sealed map
/// of directories and the set of deleted names.
/// </summary>
internal sealed class NtfsRecordEntries
{
    private readonly MftReader mft;
    private readonly DirectoryMap directories;
    private readonly HashKeys deletedNames;
    private readonly AttributeSet set = new();
    private readonly AttributeSet other = new();
    private readonly EntryBuilder builder;
    private readonly IndexReader index;
    private readonly byte[] block;
    private readonly byte[] single;
    private readonly char[] nameChars = new char[256];
    private List<FileEntry> pending = [];
    private List<Problem> problems = [];
    private bool loaded;

    public NtfsRecordEntries(MftReader mft, int indexRecordSize, DirectoryMap directories, HashKeys deletedNames, int recordsPerBlock)
    {
        (this.mft, this.directories, this.deletedNames) = (mft, directories, deletedNames);
        builder = new EntryBuilder(mft);
        index = new IndexReader(mft, indexRecordSize);
        index.ResetBudget();
        set.ListBudget = other.ListBudget = mft.ListBudget;
        block = new byte[(int)Math.Min(recordsPerBlock, Math.Max(1, mft.RecordCount)) * mft.RecordSize];
        single = new byte[mft.RecordSize];
    }

    /// <summary>The entries of the records from <paramref name="first"/> on, as many as a block holds.</summary>
    public RecordBlock Read(long first, CancellationToken cancel)
    {
        (pending, problems) = (new List<FileEntry>(pending.Count + 8), []);
        int count = mft.ReadBlock(first, block, problems);
        for (int i = 0; i < count; i++)
        {
            Record(first + i, i * mft.RecordSize, cancel);
        }

        return new RecordBlock(pending, problems);
    }

    /// <summary>Stands for a name, its record and its directory, whether it comes from the record or from the directory's index.</summary>
    internal static ulong NameKey(long record, in FileNameView name) =>
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
            problems.Add(new Problem(ProblemKind.Malformed, $"MFT record {number}", (why ?? "it is all zero") + (mirrored ? "; its copy in $MFTMirr was used" : ""), mft.OffsetOf(number), mft.RecordSize));
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
                problems.Add(new Problem(ProblemKind.Missing, $"MFT record {number}", $"in use, and its directory (record {parent.Record}, sequence {parent.Sequence}) is not there; shown under {DirectoryMap.OrphanFolder}", mft.OffsetOf(number)));
            }

            pending.Add(builder.Entry(entry, set.InUse ? EntryState.Allocated : orphan ? EntryState.Orphan : EntryState.Deleted));
        }

        if (!any)
        {
            string path = $"{DirectoryMap.OrphanFolder}/OrphanFile-{number}";
            if (set.InUse && number >= MetadataFile.FirstUser)
            {
                problems.Add(new Problem(ProblemKind.Missing, $"MFT record {number}", $"in use, and it has no name; shown under {DirectoryMap.OrphanFolder}", mft.OffsetOf(number)));
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
        Rows<IndexName> names = index.Read(set, slot < 0 ? 0 : directories.Slots[slot].Names, problems.Add);
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
