using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// What is derived from all rows together: what is known of each at a glance, the tree, every order, the gallery, the sums. Made anew each time, in
/// memory that grows with the rows: about 40 bytes for each.
/// </summary>
internal sealed class BrowseDerivation : IDisposable
{
    /// <summary>Bits of <see cref="Column.Marks"/> above those of <see cref="EntryMarks"/>: <see cref="Recoverability"/>, 0 where it was not asked.</summary>
    public const int RecoverabilityShift = 16;

    /// <summary>SHA-256 of nothing: empty files are not copies of one another.</summary>
    private static readonly byte[] EmptySha256 = Convert.FromHexString("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

    private readonly SqliteDatabase source;
    private readonly SqliteDatabase target;
    private readonly CaseBounds bounds;
    private readonly Action<string, long, long> checkpoint;
    private readonly PieceWriter pieces;
    private readonly ColumnCache cells;
    private readonly int count;
    private readonly int folders;
    private readonly uint[] marks;
    private readonly ushort[] mimes;
    private readonly byte[] statuses;
    private readonly int[] same;
    private readonly int[] folderOf;
    private readonly byte[] shapes;
    private readonly List<(int Id, long Evidence, long Volume)> parts = [];
    private string[] mimeTexts = [""];
    private ContentFamily[] families = [ContentFamily.Other];
    private int[] folderRank = [];
    private int[] pathRank = [];

    public BrowseDerivation(SqliteDatabase source, SqliteDatabase target, CaseBounds bounds, Func<string, long> mark, Action<string, long, long> checkpoint)
    {
        (this.source, this.target, this.bounds, this.checkpoint) = (source, target, bounds, checkpoint);
        pieces = new PieceWriter(target);
        cells = new ColumnCache(target, 96 << 20);
        count = (int)bounds.Entries;
        folders = (int)mark("folder");
        marks = new uint[count + 1];
        mimes = new ushort[count + 1];
        statuses = new byte[count + 1];
        same = new int[count + 1];
        folderOf = cells.All<int>(Column.Folder, count);
        shapes = cells.All<byte>(Column.Shape, count);
    }

    /// <summary>Steps, for progress.</summary>
    private const int Steps = 8;

    public void Write()
    {
        ReadNames();
        checkpoint("types and hits", 0, Steps);
        int[] contentRow = Glance();
        pieces.WriteAll<int>(Column.ContentRow, contentRow.AsSpan(1));
        pieces.WriteAll<ushort>(Column.Mime, mimes.AsSpan(1));
        pieces.WriteAll<byte>(Column.Status, statuses.AsSpan(1));
        checkpoint("same content", 1, Steps);
        Same();
        pieces.WriteAll<int>(Column.Same, same.AsSpan(1));
        pieces.WriteAll<uint>(Column.Marks, marks.AsSpan(1));
        checkpoint("tree", 2, Steps);
        Tree();
        checkpoint("order by name", 3, Steps);
        Orders();
        checkpoint("gallery", 6, Steps);
        Gallery();
        checkpoint("sums", 7, Steps);
        Sums();
        checkpoint("written", Steps, Steps);
    }

    public void Dispose()
    {
        cells.Dispose();
        pieces.Dispose();
    }

    private long Rows(string table) => bounds.Rows.GetValueOrDefault(table);

    private void ReadNames()
    {
        using SqliteStatement mime = target.Prepare("SELECT text FROM mime ORDER BY id");
        List<string> texts = [""];
        while (mime.Step())
        {
            texts.Add(mime.Text(0));
        }

        mimeTexts = [.. texts];
        families = [ContentFamily.Other, .. texts.Skip(1).Select(ContentType.FamilyOf)];
        using SqliteStatement part = target.Prepare("SELECT id, evidence_id, volume_index FROM part ORDER BY id");
        while (part.Step())
        {
            parts.Add((part.Int32(0), part.Int64(1), part.Int64OrNull(2) ?? -1));
        }
    }

    /// <summary>Goes through a column of entry ids; ids that are none of this case are passed over.</summary>
    private void Each(Column column, string table, Action<int, int> row)
    {
        int rows = (int)Rows(table);
        for (int at = 0; at < rows; at += BrowseFile.Piece)
        {
            int[] ids = cells.Cells<int>(column, at / BrowseFile.Piece);
            int here = Math.Min(BrowseFile.Piece, rows - at);
            for (int i = 0; i < here; i++)
            {
                if (ids[i] is > 0 and int id && id <= count)
                {
                    row(at + i, id);
                }
            }
        }
    }

    /// <summary>Type, status and marks of every row; returns the row of table content of each.</summary>
    private int[] Glance()
    {
        int[] contentRow = new int[count + 1];
        Each(Column.ContentEntry, "content", (row, id) =>
        {
            byte status = cells.One<byte>(Column.ContentStatus, row);
            contentRow[id] = row + 1;
            mimes[id] = cells.One<ushort>(Column.ContentMime, row);
            statuses[id] = (byte)((status & 0x3F) + 1);
            Mark(id, (status & ContentAppender.Mismatch) != 0 ? EntryMarks.ExtensionMismatch : EntryMarks.None);
        });
        Meanings();
        Each(Column.ProblemEntry, "problem", (row, id) => Mark(id, cells.One<byte>(Column.ProblemKind, row) == (byte)ProblemKind.Notice ? EntryMarks.Notice : EntryMarks.Problem));
        Each(Column.RecoveryEntry, "recovery", (row, id) => marks[id] |= (uint)(cells.One<byte>(Column.RecoveryGrade, row) & 3) << RecoverabilityShift);
        Each(Column.MemberEntry, "member", (_, id) => Mark(id, EntryMarks.Embedded));
        Each(Column.MemberParent, "member", (_, id) => Mark(id, EntryMarks.HasMembers));
        Each(Column.PictureEntry, "picture", (row, id) => Mark(id, cells.One<byte>(Column.PictureKind, row) == (byte)PictureKind.Video ? EntryMarks.Video : EntryMarks.Picture));
        return contentRow;
    }

    private void Mark(int id, EntryMarks mark) => marks[id] |= (uint)mark;

    /// <summary>What each hit means: as its entry of the set says, else as the set does.</summary>
    private void Meanings()
    {
        Dictionary<int, byte> ofSet = [];
        using (SqliteStatement sets = source.Prepare("SELECT id, meaning FROM known_set"))
        {
            while (sets.Step())
            {
                ofSet[sets.Int32(0)] = (byte)HitWays.Number(HitWays.Meanings, sets.Text(1));
            }
        }

        int hits = (int)Rows("hit"), known = (int)Rows("hit_known");
        byte[] meanings = new byte[hits];
        int[] entries = cells.All<int>(Column.HitEntry, hits), ordinals = cells.All<int>(Column.HitOrdinal, hits), sets2 = cells.All<int>(Column.HitSet, hits);
        int[] knownEntries = cells.All<int>(Column.KnownEntry, known), knownOrdinals = cells.All<int>(Column.KnownOrdinal, known);
        byte[] knownMeanings = cells.All<byte>(Column.KnownMeaning, known);

        // An explanation is written with its hit, so both come in the same order; where that does not hold to the end, each is looked for.
        int next = 0;
        for (int hit = 0; hit < hits; hit++)
        {
            bool explained = next < known && knownEntries[next] == entries[hit] && knownOrdinals[next] == ordinals[hit];
            meanings[hit] = explained ? knownMeanings[next++] : ofSet.GetValueOrDefault(sets2[hit], (byte)HitWays.Meanings.Length);
        }

        if (next < known)
        {
            Dictionary<(int, int), byte> explained = [];
            for (int i = 0; i < known; i++)
            {
                explained[(knownEntries[i], knownOrdinals[i])] = knownMeanings[i];
            }

            for (int hit = 0; hit < hits; hit++)
            {
                meanings[hit] = explained.TryGetValue((entries[hit], ordinals[hit]), out byte meaning) ? meaning : ofSet.GetValueOrDefault(sets2[hit], (byte)HitWays.Meanings.Length);
            }
        }

        pieces.WriteAll<byte>(Column.HitMeaning, meanings);
        Each(Column.HitEntry, "hit", (row, id) => marks[id] |= (uint)EntryMarks.Notable << meanings[row]);
    }

    /// <summary>Rows with the same SHA-256: each gets the lowest id among them.</summary>
    private void Same()
    {
        int rows = (int)Rows("content");
        ulong[] keys = new ulong[rows];
        int[] at = new int[rows];
        int used = 0;
        Each(Column.ContentEntry, "content", (row, _) =>
        {
            if ((cells.One<byte>(Column.ContentHas, row) & ContentAppender.HasSha256) != 0 && !Sha256(row).SequenceEqual(EmptySha256))
            {
                keys[used] = BinaryPrimitives.ReadUInt64BigEndian(Sha256(row));
                at[used++] = row;
            }
        });
        Array.Sort(keys, at, 0, used);
        for (int start = 0, end; start < used; start = end)
        {
            for (end = start + 1; end < used && keys[end] == keys[start]; end++)
            {
            }

            if (end - start > 1)
            {
                // Eight bytes alike can be made on purpose; all of them count.
                foreach (IGrouping<string, int> group in at[start..end].GroupBy(row => Convert.ToHexString(Sha256(row))))
                {
                    int[] ids = [.. group.Select(row => cells.One<int>(Column.ContentEntry, row)).Distinct()];
                    int first = ids.Min();
                    foreach (int id in ids.Length > 1 ? ids : [])
                    {
                        same[id] = first;
                        Mark(id, EntryMarks.Duplicate);
                    }
                }
            }
        }
    }

    private ReadOnlySpan<byte> Sha256(int row) => cells.Cells<byte>(Column.ContentSha256, row / BrowseFile.Piece).AsSpan(row % BrowseFile.Piece * 32, 32);

    private void Tree()
    {
        int[] parent = new int[folders + 1], part = new int[folders + 1], own = new int[folders + 1];
        int[] firstChild = new int[folders + 1], lastChild = new int[folders + 1], nextSibling = new int[folders + 1], kids = new int[folders + 1];
        List<int> roots = [];
        using (SqliteStatement rows = target.Prepare("SELECT id, parent, part, own, own_state, is_file FROM folder WHERE id<=?1 ORDER BY parent, part, fold, name"))
        {
            rows.Bind(1, folders);
            while (rows.Step())
            {
                int id = rows.Int32(0);
                parent[id] = rows.Int32(1);
                part[id] = rows.Int32(2);
                own[id] = rows.Int32(3) <= count ? rows.Int32(3) : 0;
                if (parent[id] == 0)
                {
                    roots.Add(id);
                }
                else
                {
                    int of = parent[id];
                    kids[of]++;
                    if (lastChild[of] == 0)
                    {
                        firstChild[of] = id;
                    }
                    else
                    {
                        nextSibling[lastChild[of]] = id;
                    }

                    lastChild[of] = id;
                }
            }
        }

        int[] rank = new int[folders + 1], last = new int[folders + 1], byRank = new int[folders + 1];
        int next = 0;
        foreach (int root in roots.OrderBy(id => parts[part[id] - 1].Evidence).ThenBy(id => parts[part[id] - 1].Volume))
        {
            int at = root;
            while (at != 0)
            {
                rank[at] = ++next;
                byRank[next] = at;
                if (firstChild[at] != 0)
                {
                    at = firstChild[at];
                    continue;
                }

                last[at] = next;
                while (at != root && nextSibling[at] == 0)
                {
                    at = parent[at];
                    last[at] = next;
                }

                at = at == root ? 0 : nextSibling[at];
            }
        }

        int[] direct = new int[folders + 1], below = new int[folders + 1], hits = new int[folders + 1];
        long[] bytes = new long[folders + 1], sizes = cells.All<long>(Column.Size, count);
        for (int i = 0; i < count; i++)
        {
            int folder = folderOf[i];
            direct[folder]++;
            below[folder]++;
            bytes[folder] = Sum(bytes[folder], sizes[i]);
            hits[folder] += (marks[i + 1] & (uint)(EntryMarks.Notable | EntryMarks.Known)) != 0 ? 1 : 0;
        }

        // A parent has a lower number than its children.
        for (int id = folders; id > 0; id--)
        {
            int of = parent[id];
            below[of] += below[id];
            hits[of] += hits[id];
            bytes[of] = Sum(bytes[of], bytes[id]);
        }

        pieces.WriteAll<int>(Column.FolderParent, parent);
        pieces.WriteAll<int>(Column.FolderPart, part);
        pieces.WriteAll<int>(Column.FolderOwn, own);
        pieces.WriteAll<int>(Column.FolderKids, kids);
        pieces.WriteAll<int>(Column.FolderRank, rank);
        pieces.WriteAll<int>(Column.FolderLast, last);
        pieces.WriteAll<int>(Column.FolderByRank, byRank);
        pieces.WriteAll<int>(Column.FolderRows, direct);
        pieces.WriteAll<int>(Column.FolderBelow, below);
        pieces.WriteAll<int>(Column.FolderHits, hits);
        pieces.WriteAll<long>(Column.FolderBytes, bytes);
        using SqliteStatement set = target.Prepare("INSERT OR REPLACE INTO mark(name, value) VALUES ('published folder', ?1)");
        set.Bind(1, folders);
        set.Run();
        folderRank = rank;
    }

    /// <summary>Sizes come from the evidence and can be anything.</summary>
    private static long Sum(long a, long b)
    {
        b = Math.Max(0, b);
        return a > long.MaxValue - b ? long.MaxValue : a + b;
    }

    private void Orders()
    {
        int[] nameRank = Names();
        checkpoint("order by path", 4, Steps);
        long[] keys = new long[count];
        for (int i = 0; i < count; i++)
        {
            keys[i] = ((long)folderRank[folderOf[i]] << 32) | (uint)nameRank[i];
        }

        pathRank = Order(SortField.Path, keys);
        checkpoint("other orders", 5, Steps);
        foreach ((SortField field, Column column) in ((SortField, Column)[])
            [(SortField.Size, Column.Size), (SortField.Modified, Column.Modified), (SortField.Accessed, Column.Accessed), (SortField.Changed, Column.Changed), (SortField.Created, Column.Created)])
        {
            _ = Order(field, cells.All<long>(column, count));
            checkpoint("other orders", 5, Steps);
        }

        int[] mimeRank = new int[mimeTexts.Length];
        int[] byText = [.. Enumerable.Range(1, mimeTexts.Length - 1).OrderBy(i => mimeTexts[i], StringComparer.Ordinal)];
        for (int i = 0; i < byText.Length; i++)
        {
            mimeRank[byText[i]] = i + 1;
        }

        for (int i = 0; i < count; i++)
        {
            keys[i] = mimeRank[mimes[i + 1]];
        }

        _ = Order(SortField.Type, keys);
        for (int i = 0; i < count; i++)
        {
            keys[i] = ((shapes[i] >> 4) * 4) + (long)((marks[i + 1] >> RecoverabilityShift) & 3);
        }

        _ = Order(SortField.State, keys);
    }

    /// <summary>Writes an order by keys, equal ones by id; returns the rank of each row. The keys are used up.</summary>
    private int[] Order(SortField field, long[] keys)
    {
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = i + 1;
        }

        Array.Sort(keys, ids);
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start + 1; end < count && keys[end] == keys[start]; end++)
            {
            }

            if (end - start > 1)
            {
                Array.Sort(ids, start, end - start);
            }
        }

        return Write(field, ids);
    }

    private int[] Write(SortField field, int[] ids)
    {
        int[] rank = new int[count];
        for (int i = 0; i < count; i++)
        {
            rank[ids[i] - 1] = i;
        }

        pieces.WriteAll<int>(Column.Order + (int)field, ids);
        pieces.WriteAll<int>(Column.Rank + (int)field, rank);
        return rank;
    }

    /// <summary>The order by name: by the first eight bytes, then those that are equal so far by the whole.</summary>
    private int[] Names()
    {
        ulong[] keys = new ulong[count];
        int[] ids = new int[count];
        for (int i = 0; i < count; i++)
        {
            ids[i] = i + 1;
            ReadOnlySpan<byte> name = Name(i + 1);
            ulong key = 0;
            for (int b = 0; b < 8; b++)
            {
                key = (key << 8) | (b < name.Length ? name[b] : (byte)0);
            }

            keys[i] = key;
        }

        Array.Sort(keys, ids);
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start + 1; end < count && keys[end] == keys[start]; end++)
            {
            }

            if (end - start > 1)
            {
                Rest(ids.AsSpan(start, end - start));
            }
        }

        return Write(SortField.Name, ids);
    }

    private void Rest(Span<int> ids)
    {
        // In the order of the rows first, so that each piece is read once.
        ids.Sort();
        byte[][] names = new byte[ids.Length][];
        for (int i = 0; i < ids.Length; i++)
        {
            names[i] = Name(ids[i]).ToArray();
        }

        int[] order = new int[ids.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) =>
        {
            int by = names[a].AsSpan().SequenceCompareTo(names[b]);
            return by != 0 ? by : a - b;
        });
        int[] before = ids.ToArray();
        for (int i = 0; i < order.Length; i++)
        {
            ids[i] = before[order[i]];
        }
    }

    private ReadOnlySpan<byte> Name(int id) => cells.Names((id - 1) / BrowseFile.NamesPiece).Whole((id - 1) % BrowseFile.NamesPiece);

    private bool IsShown(int id) => (marks[id] & (uint)(EntryMarks.Picture | EntryMarks.Video)) != 0 || families[mimes[id]] is ContentFamily.Picture or ContentFamily.Video && mimes[id] != 0;

    private void Gallery()
    {
        List<int> shown = [];
        for (int id = 1; id <= count; id++)
        {
            if (IsShown(id))
            {
                shown.Add(id);
            }
        }

        Dictionary<int, int> alike = [];
        int grouping = 0;
        Each(Column.AlikeEntry, "alike", (row, _) => grouping = Math.Max(grouping, cells.One<int>(Column.AlikeGrouping, row)));
        Each(Column.AlikeEntry, "alike", (row, id) =>
        {
            if (cells.One<int>(Column.AlikeGrouping, row) == grouping)
            {
                alike[id] = cells.One<int>(Column.AlikeGroup, row);
            }
        });
        int StackOf(int id) => alike.TryGetValue(id, out int group) ? group : same[id] == 0 ? id : alike.GetValueOrDefault(same[id], same[id]);
        bool[] likely = LikelyFolders();
        Dictionary<int, (int Class, int Lead)> stacks = [];
        int[] stackOf = new int[shown.Count];
        for (int i = 0; i < shown.Count; i++)
        {
            int id = shown[i], stack = stackOf[i] = StackOf(id);
            int own = Class(id, likely[folderOf[id - 1]]);
            ref (int Class, int Lead) of = ref CollectionsMarshal.GetValueRefOrAddDefault(stacks, stack, out bool there);
            of.Class = there ? Math.Min(of.Class, own) : own;

            // The picture that leads a group stands for it; else the first by path.
            of.Lead = !there || id == stack || (of.Lead != stack && pathRank[id - 1] < pathRank[of.Lead - 1]) ? id : of.Lead;
        }

        (int Class, int Lead, bool IsNotLead, int Path)[] keys = new (int, int, bool, int)[shown.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            (int grade, int lead) = stacks[stackOf[i]];
            keys[i] = (grade, pathRank[lead - 1], shown[i] != lead, pathRank[shown[i] - 1]);
        }

        int[] ids = [.. shown];
        Array.Sort(keys, ids);
        byte[] starts = new byte[ids.Length];
        for (int i = 0; i < starts.Length; i++)
        {
            starts[i] = keys[i].IsNotLead ? (byte)0 : (byte)1;
        }

        pieces.WriteAll<int>(Column.GalleryEntry, ids);
        pieces.WriteAll<byte>(Column.GalleryStart, starts);
        using SqliteStatement set = target.Prepare("INSERT OR REPLACE INTO mark(name, value) VALUES ('published gallery', ?1)");
        set.Bind(1, ids.Length);
        set.Run();
    }

    /// <summary>Known hits first, then where people keep pictures, then the rest, last what is known to be of no interest.</summary>
    private int Class(int id, bool likely) => (EntryMarks)marks[id] switch
    {
        var m when m.HasFlag(EntryMarks.Notable) => 0,
        var m when (m & (EntryMarks.Known | EntryMarks.OtherHit)) != 0 => 1,
        var m when m.HasFlag(EntryMarks.Ignorable) => 4,
        _ => likely ? 2 : 3,
    };

    /// <summary>Folders where people keep pictures, and what lies at the root of a part: a memory card, a stick. The examination reads these first too.</summary>
    private bool[] LikelyFolders()
    {
        bool[] named = new bool[folders + 1], likely = new bool[folders + 1];
        using SqliteStatement rows = target.Prepare("SELECT id, parent, fold FROM folder WHERE id<=?1 ORDER BY id");
        rows.Bind(1, folders);
        while (rows.Step())
        {
            int id = rows.Int32(0), parent = rows.Int32(1);
            named[id] = named[parent] || LikelyNames.Contains(rows.Text(2));
            likely[id] = named[id] || parent == 0;
        }

        return likely;
    }

    private static readonly HashSet<string> LikelyNames = new(StringComparer.Ordinal)
    {
        "DCIM", "PICTURES", "PHOTOS", "CAMERA", "DOWNLOADS", "DOWNLOAD", "DESKTOP", "DOCUMENTS", "IMAGES", "WHATSAPP", "TELEGRAM", "SIGNAL", "SNAPCHAT", "SCREENSHOTS", "USERS", "HOME", "MEDIA", "MOVIES", "VIDEOS",
    };

    private void Sums()
    {
        target.Execute("DELETE FROM sum");
        using SumWriter sums = new(target);
        long[] sizes = cells.All<long>(Column.Size, count);
        int[] partOf = cells.All<int>(Column.FolderPart, folders + 1);
        for (int i = 0; i < count; i++)
        {
            int id = i + 1;
            long size = sizes[i];
            sums.Add(SumTopic.All, 0, size);
            sums.Add(SumTopic.State, shapes[i] >> 4, size);
            sums.Add(SumTopic.Family, mimes[id] == 0 ? SumTopics.Unknown : (int)families[mimes[id]], size);
            sums.Add(SumTopic.Size, SumTopics.Band(size), size);
            sums.Add(SumTopic.Part, partOf[folderOf[i]], size);
            sums.Add(SumTopic.Content, statuses[id] == 0 ? SumTopics.Unknown : statuses[id] - 1, size);
            for (uint bits = marks[id] & 0xFFFF; bits != 0; bits &= bits - 1)
            {
                sums.Add(SumTopic.Mark, 1 << System.Numerics.BitOperations.TrailingZeroCount(bits), size);
            }
        }

        SumDistinct(sums, SumTopic.Set, Column.HitEntry, "hit", row => cells.One<int>(Column.HitSet, row), sizes);
        SumDistinct(sums, SumTopic.Problem, Column.ProblemEntry, "problem", row => cells.One<byte>(Column.ProblemKind, row), sizes);
        long elsewhere = Rows("problem");
        Each(Column.ProblemEntry, "problem", (_, _) => elsewhere--);
        sums.Write(elsewhere);
    }

    /// <summary>Rows that have one, each once however many it has.</summary>
    private void SumDistinct(SumWriter sums, SumTopic topic, Column column, string table, Func<int, int> key, long[] sizes)
    {
        Dictionary<int, ulong[]> seen = [];
        Each(column, table, (row, id) =>
        {
            int of = key(row);
            if (!seen.TryGetValue(of, out ulong[]? bits))
            {
                seen.Add(of, bits = new ulong[(count / 64) + 1]);
            }

            if ((bits[id >> 6] & (1UL << id)) == 0)
            {
                bits[id >> 6] |= 1UL << id;
                sums.Add(topic, of, sizes[id - 1]);
            }
        });
    }
}
