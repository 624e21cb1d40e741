using Cairn.CaseStore.Sqlite;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>Folders of the tree as arrays; element 0 is none.</summary>
internal sealed record FolderTable(int Count, int[] Parent, int[] Part, int[] Rank, int[] Last, int[] ByRank, int[] Own, int[] Kids, int[] Rows, int[] Below, int[] Hits, long[] Bytes);

/// <summary>
/// The side file as it was at one moment: a read transaction is open on it as long as this is in use. What is found for a question is kept, so that
/// its pages cost nothing more. Safe to use from many threads.
/// </summary>
internal sealed class BrowseSnapshot : IDisposable
{
    private const int MostKept = 64;
    private const long UsualNameBytes = 28;
    private const long MostKeptBytes = 64 << 20;

    private readonly SqliteDatabase database;
    private readonly Lock gate = new();
    private readonly Dictionary<string, long> marks = new(StringComparer.Ordinal);
    private readonly LinkedList<(string Question, EntryResult Result)> results = new();
    private readonly Lazy<FolderTable> folders;
    private readonly Lazy<(Dictionary<int, int> Groups, Dictionary<int, int[]> Members)> alike;
    private readonly Lazy<(int[] Entries, byte[] Starts)> gallery;
    private readonly Lazy<Dictionary<int, int>> pictureRows;
    private int users = 1;

    private BrowseSnapshot(SqliteDatabase database, CaseSource source, long cacheBytes)
    {
        this.database = database;
        Source = source;
        Cells = new ColumnCache(database, cacheBytes);
        using (SqliteStatement mark = database.Prepare("SELECT name, value FROM mark"))
        {
            while (mark.Step())
            {
                marks[mark.Text(0)] = mark.Int64(1);
            }
        }

        Entries = (int)Mark("published entry");
        Cells.Expect(Column.Names, Entries * UsualNameBytes);
        Cells.Expect(Column.ContentMd5, RowsOf("content") * 16L);
        Cells.Expect(Column.ContentSha1, RowsOf("content") * 20L);
        Cells.Expect(Column.ContentSha256, RowsOf("content") * 32L);
        List<PartRef> parts = [default];
        using (SqliteStatement part = database.Prepare("SELECT evidence_id, volume_index FROM part ORDER BY id"))
        {
            while (part.Step())
            {
                parts.Add(new PartRef(part.Int64(0), part.Int32OrNull(1)));
            }
        }

        Parts = [.. parts];
        List<string> mimes = [""];
        using (SqliteStatement mime = database.Prepare("SELECT text FROM mime ORDER BY id"))
        {
            while (mime.Step())
            {
                mimes.Add(mime.Text(0));
            }
        }

        Mimes = [.. mimes];
        MimeFamilies = [ContentFamily.Other, .. mimes.Skip(1).Select(ContentType.FamilyOf)];
        folders = new(ReadFolders);
        alike = new(ReadAlike);
        pictureRows = new(() =>
        {
            int[] ids = Cells.All<int>(Column.PictureEntry, RowsOf("picture"));
            Dictionary<int, int> rows = new(ids.Length);
            for (int i = 0; i < ids.Length; i++)
            {
                rows[ids[i]] = i + 1;
            }

            return rows;
        });
        gallery = new(() => (Cells.All<int>(Column.GalleryEntry, (int)Mark("published gallery")), Cells.All<byte>(Column.GalleryStart, (int)Mark("published gallery"))));
    }

    /// <summary>Rows covered.</summary>
    public int Entries { get; }

    /// <summary>The audit entry of the case up to which it is covered.</summary>
    public long Head => Mark("head");

    public ColumnCache Cells { get; }

    public CaseSource Source { get; }

    /// <summary>Parts by number; element 0 is none.</summary>
    public PartRef[] Parts { get; }

    /// <summary>MIME types by number; element 0 is none.</summary>
    public string[] Mimes { get; }

    public ContentFamily[] MimeFamilies { get; }

    public FolderTable Folders => folders.Value;

    /// <summary>The group of each picture that is in one.</summary>
    public Dictionary<int, int> AlikeGroups => alike.Value.Groups;

    /// <summary>Entries of the gallery in its order, and 1 where a stack begins.</summary>
    public (int[] Entries, byte[] Starts) Gallery => gallery.Value;

    /// <summary>Opens the side file as it is; null where there is none that can be used.</summary>
    public static BrowseSnapshot? Open(string directory, CaseSource source, string caseId, long cacheBytes)
    {
        string path = BrowseFile.Path(directory);
        if (!File.Exists(path))
        {
            return null;
        }

        SqliteDatabase database = CaseReader.OpenReadable(directory, path, immutable: false);
        try
        {
            database.Execute("PRAGMA cache_size=-8192");
            database.Execute("BEGIN");
            if (BrowseFile.IsOurs(database))
            {
                using SqliteStatement tie = database.Prepare("SELECT case_id FROM tie");
                if (tie.Step() && tie.Text(0) == caseId)
                {
                    tie.Dispose();
                    BrowseSnapshot snapshot = new(database, source, cacheBytes);
                    if (snapshot.Head > 0)
                    {
                        return snapshot;
                    }

                    snapshot.Cells.Dispose();
                }
            }

            database.Dispose();
            return null;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>The audit entry up to which the side file goes now; null where there is none that can be used.</summary>
    public static long? HeadOf(string directory)
    {
        string path = BrowseFile.Path(directory);
        if (!File.Exists(path))
        {
            return null;
        }

        using SqliteDatabase database = CaseReader.OpenReadable(directory, path, immutable: false);
        return BrowseFile.IsOurs(database) ? database.Scalar("SELECT value FROM mark WHERE name='head'") : null;
    }

    /// <summary>One more user; false where the last one has gone.</summary>
    public bool TryUse()
    {
        lock (gate)
        {
            if (users == 0)
            {
                return false;
            }

            users++;
            return true;
        }
    }

    /// <summary>One user less; the last one ends it.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (--users > 0)
            {
                return;
            }
        }

        Cells.Dispose();
        database.Dispose();
    }

    public bool Has(long id) => id > 0 && id <= Entries;

    /// <summary>Rows of a table of the case that are covered.</summary>
    public int RowsOf(string table) => (int)Mark("published " + table);

    public ContentFamily? FamilyOf(int mime) => mime == 0 ? null : MimeFamilies[mime];

    /// <summary>Row of table picture of an entry, from 1; 0 where it has none.</summary>
    public int PictureRow(int id) => pictureRows.Value.GetValueOrDefault(id);

    public int[] AlikeMembers(int group) => alike.Value.Members.GetValueOrDefault(group, []);

    /// <summary>Number of a folder, or 0 where there is none.</summary>
    public int FindFolder(long evidenceId, int? volumeIndex, string path)
    {
        int part = Array.IndexOf(Parts, new PartRef(evidenceId, volumeIndex), 1);
        if (part < 0)
        {
            return 0;
        }

        return Cells.With(db =>
        {
            using SqliteStatement find = db.Prepare("SELECT id FROM folder WHERE parent=?1 AND part=?2 AND name=?3");
            int at = Step(0, "");
            foreach (string name in path.Length == 0 ? [] : path.Split('/', FolderIndex.MostDepth + 1))
            {
                at = at == 0 ? 0 : Step(at, name);
            }

            return at > Mark("published folder") ? 0 : at;

            int Step(int parent, string name)
            {
                find.Bind(1, parent);
                find.Bind(2, part);
                find.Bind(3, name);
                int id = find.Step() ? find.Int32(0) : 0;
                find.Reset();
                return id;
            }
        });
    }

    public delegate void FolderName(int id, ReadOnlySpan<byte> folded);

    /// <summary>The names of all folders with the case off, parents first.</summary>
    public void EachFolderName(FolderName each) => Cells.With(db =>
    {
        using SqliteStatement rows = db.Prepare("SELECT id, fold FROM folder WHERE id<=?1 ORDER BY id");
        rows.Bind(1, Mark("published folder"));
        while (rows.Step())
        {
            each(rows.Int32(0), rows.Bytes(1));
        }

        return 0;
    });

    /// <summary>Name and whether it is a file, of some folders.</summary>
    public (string Name, bool IsFile, int State)[] FolderNames(IReadOnlyList<int> ids) => Cells.With(db =>
    {
        using SqliteStatement row = db.Prepare("SELECT name, is_file, own_state FROM folder WHERE id=?1");
        (string, bool, int)[] names = new (string, bool, int)[ids.Count];
        for (int i = 0; i < names.Length; i++)
        {
            row.Bind(1, ids[i]);
            names[i] = row.Step() ? (row.Text(0), row.Int64(1) != 0, row.Int32(2)) : ("", false, 0);
            row.Reset();
        }

        return names;
    });

    /// <summary>Path of a folder from the root of its part.</summary>
    public string FolderPath(int id)
    {
        FolderTable table = Folders;
        List<int> up = [];
        for (int at = id; at != 0 && table.Parent[at] != 0; at = table.Parent[at])
        {
            up.Add(at);
        }

        up.Reverse();
        return string.Join('/', FolderNames(up).Select(folder => folder.Name));
    }

    /// <summary>Sums of a topic, ascending by key.</summary>
    public List<(int Key, long Rows, long Bytes)> Sums(SumTopic topic) => Cells.With(db =>
    {
        using SqliteStatement rows = db.Prepare("SELECT key, rows, bytes FROM sum WHERE topic=?1 ORDER BY key");
        rows.Bind(1, topic.ToString());
        List<(int, long, long)> sums = [];
        while (rows.Step())
        {
            sums.Add((rows.Int32(0), rows.Int64(1), rows.Int64(2)));
        }

        return sums;
    });

    /// <summary>What a question comes to; what was asked last is kept.</summary>
    public EntryResult Result(EntryQuery query, CancellationToken cancel)
    {
        string question = query.ToText();
        lock (gate)
        {
            for (LinkedListNode<(string Question, EntryResult Result)>? node = results.First; node is not null; node = node.Next)
            {
                if (node.Value.Question == question)
                {
                    results.Remove(node);
                    results.AddFirst(node);
                    return node.Value.Result;
                }
            }
        }

        EntryResult result = new(this, EntryMatcher.Match(this, query, cancel));
        lock (gate)
        {
            results.AddFirst((question, result));
            long bytes = 0;
            int kept = 0;
            for (LinkedListNode<(string Question, EntryResult Result)>? node = results.First, next; node is not null; node = next)
            {
                next = node.Next;
                bytes += node.Value.Result.Bytes + (node.Value.Question.Length * 2L);
                if (++kept > 1 && (kept > MostKept || bytes > MostKeptBytes))
                {
                    results.Remove(node);
                }
            }
        }

        return result;
    }

    private long Mark(string name) => marks.GetValueOrDefault(name);

    private FolderTable ReadFolders()
    {
        int count = (int)Mark("published folder");
        int[] Ints(Column column) => Cells.All<int>(column, count + 1);
        return new FolderTable(count, Ints(Column.FolderParent), Ints(Column.FolderPart), Ints(Column.FolderRank), Ints(Column.FolderLast), Ints(Column.FolderByRank), Ints(Column.FolderOwn),
            Ints(Column.FolderKids), Ints(Column.FolderRows), Ints(Column.FolderBelow), Ints(Column.FolderHits), Cells.All<long>(Column.FolderBytes, count + 1));
    }

    private (Dictionary<int, int>, Dictionary<int, int[]>) ReadAlike()
    {
        int rows = RowsOf("alike");
        int[] entries = Cells.All<int>(Column.AlikeEntry, rows), groups = Cells.All<int>(Column.AlikeGroup, rows), groupings = Cells.All<int>(Column.AlikeGrouping, rows);
        int inForce = rows == 0 ? 0 : groupings.Max();
        Dictionary<int, int> of = [];
        for (int i = 0; i < rows; i++)
        {
            if (groupings[i] == inForce && Has(entries[i]))
            {
                of[entries[i]] = groups[i];
            }
        }

        return (of, of.GroupBy(pair => pair.Value, pair => pair.Key).Where(group => group.Skip(1).Any()).ToDictionary(group => group.Key, group => group.ToArray()));
    }
}

/// <summary>The rows that a question comes to, and how they lie in each order.</summary>
internal sealed class EntryResult
{
    /// <summary>Up to so many rows are put in order by themselves; more are taken from the order of all rows.</summary>
    private const int Few = 100_000;

    private readonly BrowseSnapshot snapshot;
    private readonly EntrySet set;
    private readonly Dictionary<SortField, int[]> few = [];
    private readonly Dictionary<SortField, int[]> before = [];
    private readonly Lock gate = new();
    private (int[] Starts, long Rows)? stacks;
    private long extra;

    public EntryResult(BrowseSnapshot snapshot, EntrySet set)
    {
        (this.snapshot, this.set) = (snapshot, set);
        Count = set.Count();
    }

    /// <summary>How many rows.</summary>
    public int Count { get; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => set.Bytes + Interlocked.Read(ref extra);

    public bool Has(int id) => set.Has(id - 1);

    /// <summary>The ids of rows from a position of an order.</summary>
    public int[] Take(EntrySort sort, long position, int count, CancellationToken cancel)
    {
        position = Math.Clamp(position, 0, Count);
        count = (int)Math.Min(count, Count - position);
        int first = sort.Descending ? (int)(Count - position - count) : (int)position;
        int[] ids = Ascending(sort.Field, first, count, cancel);
        if (sort.Descending)
        {
            Array.Reverse(ids);
        }

        return ids;
    }

    /// <summary>How many rows come before a row of an order, whether or not that row is one of them.</summary>
    public long Position(EntrySort sort, int id, CancellationToken cancel)
    {
        int below = Below(sort.Field, id, cancel);
        return sort.Descending ? Count - below - (Has(id) ? 1 : 0) : below;
    }

    /// <summary>Positions in the gallery at which a stack with rows of this question begins, and how many rows lie in all of them.</summary>
    public (int[] Starts, long Rows) Stacks()
    {
        lock (gate)
        {
            if (stacks is { } known)
            {
                return known;
            }

            (int[] entries, byte[] starts) = snapshot.Gallery;
            List<int> found = [];
            long rows = 0;
            int begin = 0;
            bool any = false;
            for (int i = 0; i < entries.Length; i++)
            {
                if (starts[i] != 0)
                {
                    (begin, any) = (i, false);
                }

                if (Has(entries[i]))
                {
                    rows++;
                    if (!any)
                    {
                        any = true;
                        found.Add(begin);
                    }
                }
            }

            stacks = ([.. found], rows);
            Interlocked.Add(ref extra, found.Count * 4L);
            return stacks.Value;
        }
    }

    private int[] Ascending(SortField field, int position, int count, CancellationToken cancel)
    {
        if (Count <= Few)
        {
            return Sorted(field, cancel).AsSpan(position, count).ToArray();
        }

        int[] counts = Before(field, cancel);
        int[] ids = new int[count];
        int piece = Array.BinarySearch(counts, position);
        piece = piece < 0 ? ~piece - 1 : piece;

        // Pieces without rows begin at the same position as the one after.
        while (piece + 1 < counts.Length && counts[piece + 1] <= position)
        {
            piece++;
        }

        int at = counts[piece], taken = 0;
        for (; taken < count; piece++)
        {
            foreach (int id in snapshot.Cells.Cells<int>(Column.Order + (int)field, piece))
            {
                if (Has(id) && at++ >= position)
                {
                    ids[taken++] = id;
                    if (taken == count)
                    {
                        break;
                    }
                }
            }
        }

        return ids;
    }

    private int Below(SortField field, int id, CancellationToken cancel)
    {
        int rank = snapshot.Cells.One<int>(Column.Rank + (int)field, id - 1);
        if (Count <= Few)
        {
            int[] sorted = Sorted(field, cancel);
            int low = 0, high = sorted.Length;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (snapshot.Cells.One<int>(Column.Rank + (int)field, sorted[middle] - 1) < rank)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }

        int piece = rank / BrowseFile.Piece;
        int below = Before(field, cancel)[piece];
        ReadOnlySpan<int> ids = snapshot.Cells.Cells<int>(Column.Order + (int)field, piece);
        foreach (int other in ids[..(rank % BrowseFile.Piece)])
        {
            below += Has(other) ? 1 : 0;
        }

        return below;
    }

    /// <summary>All rows in order, where they are few.</summary>
    private int[] Sorted(SortField field, CancellationToken cancel)
    {
        lock (gate)
        {
            if (few.TryGetValue(field, out int[]? known))
            {
                return known;
            }

            int[] ids = new int[Count], ranks = new int[Count];
            int used = 0;
            for (int piece = 0; used < Count; piece++)
            {
                cancel.ThrowIfCancellationRequested();
                int first = piece * BrowseFile.Piece, to = Math.Min(snapshot.Entries, first + BrowseFile.Piece);
                if (set.IsEmpty(first / 64, (to + 63) / 64))
                {
                    continue;
                }

                int[] here = snapshot.Cells.Cells<int>(Column.Rank + (int)field, piece);
                for (int i = first; i < to; i++)
                {
                    if (set.Has(i))
                    {
                        ids[used] = i + 1;
                        ranks[used++] = here[i - first];
                    }
                }
            }

            Array.Sort(ranks, ids);
            few.Add(field, ids);
            Interlocked.Add(ref extra, ids.Length * 4L);
            return ids;
        }
    }

    /// <summary>How many rows come before each piece of an order.</summary>
    private int[] Before(SortField field, CancellationToken cancel)
    {
        lock (gate)
        {
            if (before.TryGetValue(field, out int[]? known))
            {
                return known;
            }

            int pieces = (snapshot.Entries + BrowseFile.Piece - 1) / BrowseFile.Piece, sum = 0;
            int[] counts = new int[pieces];
            for (int piece = 0; piece < pieces; piece++)
            {
                cancel.ThrowIfCancellationRequested();
                counts[piece] = sum;
                if (Count == snapshot.Entries)
                {
                    sum += BrowseFile.Piece;
                    continue;
                }

                foreach (int id in snapshot.Cells.Cells<int>(Column.Order + (int)field, piece))
                {
                    sum += Has(id) ? 1 : 0;
                }
            }

            before.Add(field, counts);
            return counts;
        }
    }
}
