using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Answers a question: which rows. Every condition goes through one column, or one table's, and leaves only what fits; what costs least comes first and
/// pieces in which nothing is left are passed over.
/// </summary>
internal sealed class EntryMatcher
{
    private readonly BrowseSnapshot snapshot;
    private readonly ColumnCache cells;
    private readonly CancellationToken cancel;
    private readonly EntrySet left;

    private EntryMatcher(BrowseSnapshot snapshot, CancellationToken cancel)
    {
        (this.snapshot, this.cancel) = (snapshot, cancel);
        cells = snapshot.Cells;
        left = new EntrySet(snapshot.Entries, all: true);
    }

    /// <exception cref="FormatException">Something is asked for that cannot be: a text that is no hash, a pattern too long.</exception>
    public static EntrySet Match(BrowseSnapshot snapshot, EntryQuery query, CancellationToken cancel)
    {
        EntryMatcher matcher = new(snapshot, cancel);
        matcher.Rows(query);
        matcher.Columns(query);
        matcher.Texts(query);
        return matcher.left;
    }

    /// <summary>Conditions that come from the rows of another table.</summary>
    private void Rows(EntryQuery query)
    {
        if (query.Ids.Count > EntryQuery.MostIds)
        {
            throw new FormatException($"{query.Ids.Count} rows are more than {EntryQuery.MostIds} at once");
        }

        if (query.Ids.Count > 0)
        {
            Only(set =>
            {
                foreach (long id in query.Ids)
                {
                    Add(set, id);
                }
            });
        }

        if (query.Hashes.Count > 0)
        {
            Only(set => Hashes(set, query.Hashes));
        }

        if (query.HitSets.Count > 0 || query.HitMethods.Count > 0 || query.HitMeanings.Count > 0)
        {
            Only(set => Hits(set, query));
        }

        if (query.ProblemKinds.Count > 0)
        {
            HashSet<byte> kinds = [.. query.ProblemKinds.Select(kind => (byte)kind)];
            Only(set => Each("problem", Column.ProblemEntry, (row, id) =>
            {
                if (kinds.Contains(cells.One<byte>(Column.ProblemKind, row)))
                {
                    Add(set, id);
                }
            }));
        }

        if (query.SameContentAs is long same)
        {
            int leader = snapshot.Has(same) ? cells.One<int>(Column.Same, (int)same - 1) : 0;
            if (leader == 0)
            {
                Only(set => Add(set, same));
            }
            else
            {
                Keep<int>(Column.Same, cell => cell == leader);
            }
        }

        if (query.AlikeTo is long alike)
        {
            Only(set =>
            {
                Add(set, alike);
                if (snapshot.AlikeGroups.TryGetValue((int)alike, out int group))
                {
                    foreach (int id in snapshot.AlikeMembers(group))
                    {
                        Add(set, id);
                    }
                }
            });
        }

        if (query.MemberOf is long holder)
        {
            Only(set => Each("member", Column.MemberParent, (row, parent) =>
            {
                if (parent == holder)
                {
                    Add(set, cells.One<int>(Column.MemberEntry, row));
                }
            }));
        }

        if (query.EmbeddedIn.Count > 0)
        {
            Only(set => Each("member", Column.MemberParent, (row, parent) =>
            {
                if (snapshot.Has(parent) && snapshot.FamilyOf(cells.One<ushort>(Column.Mime, parent - 1)) is ContentFamily family && query.EmbeddedIn.Contains(family))
                {
                    Add(set, cells.One<int>(Column.MemberEntry, row));
                }
            }));
        }
    }

    /// <summary>Conditions on one cell of each row.</summary>
    private void Columns(EntryQuery query)
    {
        if (query.Types.Count > 0 || query.States.Count > 0)
        {
            bool[] fits = [.. Enumerable.Range(0, 256).Select(shape =>
                (query.Types.Count == 0 || query.Types.Contains((EntryType)(shape & 15))) && (query.States.Count == 0 || query.States.Contains((EntryState)(shape >> 4))))];
            Keep<byte>(Column.Shape, cell => fits[cell]);
        }

        Marks(query);
        if (query.Mimes.Count > 0 || query.Families.Count > 0 || query.TypeKnown is not null)
        {
            bool[] fits = [.. Enumerable.Range(0, snapshot.Mimes.Length).Select(number => MimeFits(query, number))];
            Keep<ushort>(Column.Mime, cell => fits[cell]);
        }

        if (query.Contents.Count > 0)
        {
            bool[] fits = new bool[256];
            foreach (ContentStatus status in query.Contents)
            {
                fits[(int)status + 1] = true;
            }

            Keep<byte>(Column.Status, cell => fits[cell]);
        }

        if (query.MinSize is not null || query.MaxSize is not null)
        {
            long least = query.MinSize ?? long.MinValue, most = query.MaxSize ?? long.MaxValue;
            Keep<long>(Column.Size, cell => cell >= least && cell <= most);
        }

        if (query.Time is TimeRange time)
        {
            long from = time.From is DateTimeOffset first ? Ticks(first) : EntryAppender.NoTime + 1, to = time.To is DateTimeOffset last ? Ticks(last) : long.MaxValue;
            Keep<long>(Column.Modified + (int)time.Field, cell => cell >= from && cell < to);
        }

        Folders(query);
    }

    private static long Ticks(DateTimeOffset time) => time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;

    private bool MimeFits(EntryQuery query, int number) =>
        (query.TypeKnown is not bool known || known == (number != 0))
        && (query.Mimes.Count == 0 || (number != 0 && query.Mimes.Any(mime => mime.EndsWith('/') ? snapshot.Mimes[number].StartsWith(mime, StringComparison.Ordinal) : snapshot.Mimes[number] == mime)))
        && (query.Families.Count == 0 || (number != 0 && query.Families.Contains(snapshot.MimeFamilies[number])));

    private void Marks(EntryQuery query)
    {
        uint must = 0, mustNot = 0, any = 0, none = 0;
        void Bit(bool? asked, EntryMarks mark)
        {
            must |= asked == true ? (uint)mark : 0;
            mustNot |= asked == false ? (uint)mark : 0;
        }

        void OneOf(bool? asked, EntryMarks bits)
        {
            none |= asked == false ? (uint)bits : 0;
            if (asked == true)
            {
                Keep<uint>(Column.Marks, cell => (cell & (uint)bits) != 0);
            }
        }

        Bit(query.ExtensionMismatch, EntryMarks.ExtensionMismatch);
        Bit(query.HasProblem, EntryMarks.Problem);
        Bit(query.Duplicate, EntryMarks.Duplicate);
        Bit(query.Embedded, EntryMarks.Embedded);
        OneOf(query.HasHit, EntryMarks.AnyHit);
        OneOf(query.HasPicture, EntryMarks.Picture | EntryMarks.Video);
        foreach (Recoverability recoverability in query.Recoverabilities)
        {
            any |= 1u << (int)recoverability;
        }

        mustNot |= none;
        if (must != 0 || mustNot != 0 || any != 0)
        {
            Keep<uint>(Column.Marks, cell => (cell & must) == must && (cell & mustNot) == 0 && (any == 0 || (any & (1u << (int)((cell >> BrowseDerivation.RecoverabilityShift) & 3))) != 0));
        }
    }

    private void Folders(EntryQuery query)
    {
        if (query.Evidence.Count == 0 && query.Parts.Count == 0 && query.Folder is null)
        {
            return;
        }

        FolderTable folders = snapshot.Folders;
        int asked = query.Folder is FolderRef folder ? snapshot.FindFolder(folder.EvidenceId, folder.VolumeIndex, folder.Path) : 0;
        bool[] fits = new bool[folders.Count + 1];
        if (query.Folder is null || asked != 0)
        {
            bool[] partFits = new bool[snapshot.Parts.Length];
            for (int part = 1; part < partFits.Length; part++)
            {
                (long evidence, int? volume) = (snapshot.Parts[part].EvidenceId, snapshot.Parts[part].VolumeIndex);
                partFits[part] = (query.Evidence.Count == 0 || query.Evidence.Contains(evidence)) && (query.Parts.Count == 0 || query.Parts.Contains(new PartRef(evidence, volume)));
            }

            for (int id = 1; id <= folders.Count; id++)
            {
                fits[id] = partFits[folders.Part[id]] && (asked == 0 || (query.Folder!.Direct ? id == asked : folders.Rank[id] >= folders.Rank[asked] && folders.Rank[id] <= folders.Last[asked]));
            }
        }

        Keep<int>(Column.Folder, cell => fits[cell]);
    }

    /// <summary>Conditions on names and paths.</summary>
    private void Texts(EntryQuery query)
    {
        if (query.Address is string address)
        {
            uint hash = EntryAppender.AddressHash(Encoding.UTF8.GetBytes(address));
            Keep<uint>(Column.Address, cell => cell == hash);
            List<int> wrong = [];
            Ones(0, left.Words.Length, index =>
            {
                if (snapshot.Source.AddressOf(index + 1) != address)
                {
                    wrong.Add(index);
                }
            });
            foreach (int index in wrong)
            {
                Drop(index);
            }
        }

        if (query.Extensions.Count > 0)
        {
            byte[][] endings = [.. query.Extensions.Select(extension => Fold.Bytes(extension.TrimStart('.')))];
            KeepNames((names, row, _) =>
            {
                ReadOnlySpan<byte> name = names.Name(row);
                int dot = name.LastIndexOf((byte)'.');
                ReadOnlySpan<byte> extension = dot < 0 ? [] : name[(dot + 1)..];
                foreach (byte[] ending in endings)
                {
                    if (extension.SequenceEqual(ending))
                    {
                        return true;
                    }
                }

                return false;
            });
        }

        if (!string.IsNullOrEmpty(query.NameContains))
        {
            Contains(Fold.Bytes(query.NameContains));
        }

        if (query.PathGlob is string pattern)
        {
            Glob(new PathGlob(pattern));
        }
    }

    /// <summary>Looks for the text in all names of a piece at once.</summary>
    private void Contains(byte[] text)
    {
        if (text.Length > NamesAppender.MostBytes)
        {
            left.Words.Clear();
            return;
        }

        const int Words = BrowseFile.NamesPiece / 64;
        Span<ulong> found = stackalloc ulong[Words];
        for (int piece = 0; piece * Words < left.Words.Length; piece++)
        {
            cancel.ThrowIfCancellationRequested();
            int first = piece * Words, to = Math.Min(left.Words.Length, first + Words);
            if (left.IsEmpty(first, to))
            {
                continue;
            }

            NamesPiece names = cells.Names(piece);
            found.Clear();
            int row = 0, at = 0;
            while (at < names.Bytes.Length && names.Bytes.AsSpan(at).IndexOf(text) is int next and >= 0)
            {
                int hit = at + next;
                while (names.Ends[row] <= hit)
                {
                    row++;
                }

                // What runs over the end of a name is none; the next one is looked for from where this one begins.
                bool whole = hit + text.Length <= names.Ends[row];
                if (whole)
                {
                    found[row / 64] |= 1UL << row;
                }

                at = whole ? names.Ends[row] : hit + 1;
            }

            for (int word = first; word < to; word++)
            {
                left.Words[word] &= found[word - first];
            }
        }
    }

    private void Glob(PathGlob glob)
    {
        FolderTable folders = snapshot.Folders;
        ulong[] states = new ulong[(folders.Count + 1) * glob.Words];
        Span<ulong> One(int folder) => states.AsSpan(folder * glob.Words, glob.Words);
        snapshot.EachFolderName((id, name) =>
        {
            Span<ulong> state = One(id);
            if (folders.Parent[id] == 0)
            {
                glob.Start(state);
                return;
            }

            One(folders.Parent[id]).CopyTo(state);
            if (!PathGlob.IsDead(state))
            {
                glob.Step(state, name);
                glob.Step(state, "/"u8);
            }
        });
        Keep<int>(Column.Folder, cell => !PathGlob.IsDead(One(cell)));
        ulong[] state = new ulong[glob.Words];
        int[] here = [];
        int at = -1;
        KeepNames((names, row, index) =>
        {
            ReadOnlySpan<byte> name = names.Name(row);
            if (name.IndexOf(glob.Literal) < 0)
            {
                return false;
            }

            if (index / BrowseFile.Piece != at)
            {
                at = index / BrowseFile.Piece;
                here = cells.Cells<int>(Column.Folder, at);
            }

            One(here[index % BrowseFile.Piece]).CopyTo(state);
            glob.Step(state, name);
            return glob.Fits(state);
        });
    }

    private void Hits(EntrySet set, EntryQuery query)
    {
        bool[] methods = Named(HitWays.Methods, query.HitMethods), meanings = Named(HitWays.Meanings, query.HitMeanings);
        HashSet<int> sets = [.. query.HitSets.Where(id => id is > 0 and <= int.MaxValue).Select(id => (int)id)];
        Each("hit", Column.HitEntry, (row, id) =>
        {
            // One hit must be all that is asked of hits.
            if ((query.HitSets.Count == 0 || sets.Contains(cells.One<int>(Column.HitSet, row))) && methods[cells.One<byte>(Column.HitWay, row)] && meanings[cells.One<byte>(Column.HitMeaning, row)])
            {
                Add(set, id);
            }
        });

        static bool[] Named(string[] all, IReadOnlyList<string> asked)
        {
            bool[] fits = new bool[256];
            for (int i = 0; i < fits.Length; i++)
            {
                fits[i] = asked.Count == 0 || (i < all.Length && asked.Contains(all[i]));
            }

            return fits;
        }
    }

    private void Hashes(EntrySet set, IReadOnlyList<string> texts)
    {
        if (texts.Count > EntryQuery.MostHashes)
        {
            throw new FormatException($"{texts.Count} hashes are more than {EntryQuery.MostHashes} at once");
        }

        List<byte[]> hashes = [];
        foreach (string text in texts)
        {
            byte[] hash = new byte[text.Trim().Length / 2];
            if (text.Trim().Length is not (32 or 40 or 64) || Convert.FromHexString(text.Trim(), hash, out _, out _) != System.Buffers.OperationStatus.Done)
            {
                throw new FormatException($"'{text}' is no MD5, SHA-1 or SHA-256 in hexadecimal");
            }

            hashes.Add(hash);
        }

        foreach ((Column column, int length, int bit) in ((Column, int, int)[])
            [(Column.ContentMd5, 16, ContentAppender.HasMd5), (Column.ContentSha1, 20, ContentAppender.HasSha1), (Column.ContentSha256, 32, ContentAppender.HasSha256)])
        {
            ILookup<ulong, byte[]> asked = hashes.Where(hash => hash.Length == length).ToLookup(hash => BinaryPrimitives.ReadUInt64LittleEndian(hash));
            if (asked.Count > 0)
            {
                Hashes(set, column, length, bit, asked);
            }
        }
    }

    private void Hashes(EntrySet set, Column column, int length, int bit, ILookup<ulong, byte[]> asked)
    {
        HashSet<ulong> heads = [.. asked.Select(group => group.Key)];
        ulong only = heads.Count == 1 ? heads.First() : 0;
        Each("content", Column.ContentEntry, null, (piece, here, ids) =>
        {
            ReadOnlySpan<byte> all = cells.Cells<byte>(column, piece);
            byte[] has = cells.Cells<byte>(Column.ContentHas, piece);
            for (int i = 0; i < here; i++)
            {
                ReadOnlySpan<byte> hash = all.Slice(i * length, length);
                ulong head = BinaryPrimitives.ReadUInt64LittleEndian(hash);
                if ((heads.Count == 1 ? head == only : heads.Contains(head)) && (has[i] & bit) != 0)
                {
                    foreach (byte[] one in asked[head])
                    {
                        if (hash.SequenceEqual(one))
                        {
                            Add(set, ids[i]);
                        }
                    }
                }
            }
        });
    }

    private void Add(EntrySet set, long id)
    {
        if (snapshot.Has(id))
        {
            set.Add((int)id - 1);
        }
    }

    private void Only(Action<EntrySet> fill)
    {
        EntrySet set = new(snapshot.Entries, all: false);
        fill(set);
        left.And(set);
    }

    private void Each(string table, Column column, Action<int, int> row) => Each(table, column, row, null);

    private void Each(string table, Column column, Action<int, int>? row, Action<int, int, int[]>? whole)
    {
        int rows = snapshot.RowsOf(table);
        for (int at = 0; at < rows; at += BrowseFile.Piece)
        {
            cancel.ThrowIfCancellationRequested();
            int piece = at / BrowseFile.Piece, here = Math.Min(BrowseFile.Piece, rows - at);
            int[] ids = cells.Cells<int>(column, piece);
            whole?.Invoke(piece, here, ids);
            for (int i = 0; row is not null && i < here; i++)
            {
                if (ids[i] != 0)
                {
                    row(at + i, ids[i]);
                }
            }
        }
    }

    /// <summary>Keeps rows whose cell fits.</summary>
    private void Keep<T>(Column column, Func<T, bool> fits) where T : unmanaged
    {
        const int Words = BrowseFile.Piece / 64;
        Span<ulong> words = left.Words;
        for (int piece = 0; piece * Words < words.Length; piece++)
        {
            cancel.ThrowIfCancellationRequested();
            int first = piece * Words, to = Math.Min(words.Length, first + Words);
            if (left.IsEmpty(first, to))
            {
                continue;
            }

            T[] here = cells.Cells<T>(column, piece);
            for (int word = first; word < to; word++)
            {
                ulong bits = words[word], kept = bits;
                int at = (word - first) * 64;
                if (bits == ulong.MaxValue)
                {
                    kept = 0;
                    for (int i = 0; i < 64; i++)
                    {
                        kept |= fits(here[at + i]) ? 1UL << i : 0;
                    }
                }
                else
                {
                    for (; bits != 0; bits &= bits - 1)
                    {
                        int i = BitOperations.TrailingZeroCount(bits);
                        kept ^= fits(here[at + i]) ? 0 : 1UL << i;
                    }
                }

                words[word] = kept;
            }
        }
    }

    private void KeepNames(Func<NamesPiece, int, int, bool> fits)
    {
        const int Words = BrowseFile.NamesPiece / 64;
        for (int piece = 0; piece * Words < left.Words.Length; piece++)
        {
            cancel.ThrowIfCancellationRequested();
            int first = piece * Words, to = Math.Min(left.Words.Length, first + Words);
            if (left.IsEmpty(first, to))
            {
                continue;
            }

            NamesPiece names = cells.Names(piece);
            for (int word = first; word < to; word++)
            {
                ulong kept = left.Words[word];
                for (ulong bits = kept; bits != 0; bits &= bits - 1)
                {
                    int i = BitOperations.TrailingZeroCount(bits);
                    kept ^= fits(names, ((word - first) * 64) + i, (word * 64) + i) ? 0 : 1UL << i;
                }

                left.Words[word] = kept;
            }
        }
    }

    private void Ones(int from, int to, Action<int> each)
    {
        for (int word = from; word < to; word++)
        {
            cancel.ThrowIfCancellationRequested();
            for (ulong bits = left.Words[word]; bits != 0; bits &= bits - 1)
            {
                each((word * 64) + BitOperations.TrailingZeroCount(bits));
            }
        }
    }

    private void Drop(int index) => left.Words[index >> 6] &= ~(1UL << index);
}
