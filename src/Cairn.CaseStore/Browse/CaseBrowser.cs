using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Asks a case what it holds, a page at a time, while it is examined too. It never writes to the case; what makes it fast is the side file
/// <c>browse.db</c>, which <see cref="Update"/> brings up to date. Members are safe to call from many threads. README.md says how.
/// </summary>
public sealed class CaseBrowser : IDisposable
{
    /// <summary>The most rows of a page.</summary>
    public const int MostRows = 10_000;

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(500);

    private readonly CaseReader reader;
    private readonly CaseSource source;
    private readonly long cacheBytes;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private BrowseSnapshot? current;
    private long looked;
    private bool disposed;

    private CaseBrowser(string directory, string sideDirectory, CaseReader reader, CaseSource source, long cacheBytes, TimeProvider clock)
    {
        Directory = directory;
        SideDirectory = sideDirectory;
        (this.reader, this.source, this.cacheBytes, this.clock) = (reader, source, cacheBytes, clock);
    }

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Full path of the folder of the side file.</summary>
    public string SideDirectory { get; }

    /// <summary>Opens a case; until <see cref="Update"/> was called once, here or elsewhere, it shows no rows.</summary>
    /// <param name="directory">Folder of the case.</param>
    /// <param name="sideDirectory">Where the side file is, or null for the case's own folder; another one for a case on a read-only medium.</param>
    /// <param name="cacheBytes">The most memory for columns of the side file.</param>
    /// <param name="clock">For when to look whether the side file has changed.</param>
    /// <exception cref="CaseException">There is no case, it was written by a newer version, or it cannot be read.</exception>
    public static CaseBrowser Open(string directory, string? sideDirectory = null, long cacheBytes = 256 << 20, TimeProvider? clock = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        CaseReader reader = CaseReader.Open(directory);
        try
        {
            return new CaseBrowser(reader.Directory, Path.GetFullPath(sideDirectory ?? reader.Directory), reader, new CaseSource(reader.Directory), cacheBytes, clock ?? TimeProvider.System);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Brings the side file up to date with the case; for a thread of its own. Pages are shown as before until it is done. One process at a time does it,
    /// and one that is killed leaves the file as it was.
    /// </summary>
    /// <exception cref="CaseException">The side file cannot be written, or the case cannot be read.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/>; what was read so far is kept.</exception>
    public BrowseUpdate Update(IProgress<BrowseProgress>? progress = null, CancellationToken cancel = default)
    {
        BrowseUpdate update = BrowseBuilder.Update(Directory, SideDirectory, progress, cancel);
        lock (gate)
        {
            looked = 0;
        }

        // What is shown moves on at once: as long as it is held open, the log of the side file cannot be used anew.
        Use()?.Dispose();
        return update;
    }

    /// <summary>
    /// Keeps the side file up to date until it is cancelled, on a thread of its own: for a case that is being examined. It rests at least
    /// <paramref name="rest"/> between two rounds and nine times as long as the last one took, so that it takes a tenth of a processor at most.
    /// </summary>
    public async Task KeepUpAsync(TimeSpan rest, IProgress<BrowseProgress>? progress, CancellationToken cancel)
    {
        while (true)
        {
            long began = clock.GetTimestamp();
            BrowseUpdate update = await Task.Run(() => Update(progress, cancel), cancel).ConfigureAwait(false);
            TimeSpan took = clock.GetElapsedTime(began);
            TimeSpan pause = update == BrowseUpdate.Updated && took * 9 > rest ? took * 9 : rest;
            await Task.Delay(pause, clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>How far the side file goes.</summary>
    public BrowseState State => With(BrowseState (snapshot) => StateOf(snapshot));

    /// <summary>The evidences of the case.</summary>
    public IReadOnlyList<StoredEvidence> Evidence() => reader.Evidence();

    /// <summary>The parts of an evidence, whether or not rows are in them.</summary>
    public IReadOnlyList<VolumeRow> Volumes(long evidenceId) => reader.Volumes(evidenceId);

    /// <summary>The known sets that were used.</summary>
    public IReadOnlyList<StoredKnownSet> KnownSets() => reader.KnownSets();

    /// <summary>A page of a table.</summary>
    /// <exception cref="FormatException">Something is asked for that cannot be.</exception>
    public EntryPage Page(EntryQuery query, EntrySort sort, PageStart start, int count, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostRows);
        return With(snapshot =>
        {
            if (snapshot is null)
            {
                return new EntryPage([], 0, 0, StateOf(null));
            }

            EntryResult result = snapshot.Result(query, cancel);
            long position = PositionOf(start, count, result.Count, id => snapshot.Has(id) ? (result.Position(sort, (int)id, cancel), result.Has((int)id)) : (0, false));
            int taken = (int)Math.Clamp(start.Kind == StartKind.Before ? Math.Min(count, BeforeEnd(start, position, count)) : count, 0, count);
            return new EntryPage(source.Summaries(snapshot, result.Take(sort, position, taken, cancel)), position, result.Count, StateOf(snapshot));

            long BeforeEnd(PageStart from, long first, int most) => snapshot.Has(from.Value) ? result.Position(sort, (int)from.Value, cancel) - first : most;
        });
    }

    /// <summary>How many rows; exact.</summary>
    public long Count(EntryQuery query, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return With(snapshot => snapshot?.Result(query, cancel).Count ?? 0L);
    }

    /// <summary>The ids of all rows in an order, read on as they are taken: for a selection, an export. One moment of the case.</summary>
    public IEnumerable<long> Ids(EntryQuery query, EntrySort sort, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        BrowseSnapshot? snapshot = Use();
        if (snapshot is null)
        {
            yield break;
        }

        using (snapshot)
        {
            EntryResult result = snapshot.Result(query, cancel);
            for (long at = 0; at < result.Count; at += MostRows)
            {
                foreach (int id in result.Take(sort, at, MostRows, cancel))
                {
                    yield return id;
                }
            }
        }
    }

    /// <summary>Some rows, in the order of <paramref name="ids"/>; those that are not (yet) covered are left out.</summary>
    public IReadOnlyList<EntrySummary> Rows(IReadOnlyList<long> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return With(snapshot => snapshot is null ? [] : source.Summaries(snapshot, [.. ids.Where(snapshot.Has).Select(id => (int)id)]));
    }

    /// <summary>Everything that the case knows of a row; null where there is none or it is not (yet) covered.</summary>
    public EntryDetail? Entry(long id, CancellationToken cancel = default) => With(snapshot =>
    {
        if (snapshot is null || !snapshot.Has(id))
        {
            return null;
        }

        RowFinder finder = new(snapshot, (int)id);
        if (source.Full(id, finder.RowsOf) is not ExportRow full)
        {
            return null;
        }

        int[] streams = [.. source.Streams(id).Where(stream => snapshot.Has(stream))];
        List<EntrySummary> rows = source.Summaries(snapshot, streams);
        HashSet<long> sets = [.. full.Hits.Select(hit => hit.SetId)];
        EntrySummary row = rows.First(stream => stream.Id == id);
        long same = row.Marks.HasFlag(EntryMarks.Duplicate) ? snapshot.Result(new EntryQuery { SameContentAs = id }, cancel).Count : 1;
        int alike = snapshot.AlikeGroups.TryGetValue((int)id, out int group) ? Math.Max(1, snapshot.AlikeMembers(group).Length) : 0;
        long members = row.Marks.HasFlag(EntryMarks.HasMembers) ? snapshot.Result(new EntryQuery { MemberOf = id }, cancel).Count : 0;
        int own = Array.IndexOf(snapshot.Folders.Own, (int)id, 1);
        return new EntryDetail(row, full, rows, [.. sets.Count == 0 ? [] : reader.KnownSets().Where(set => sets.Contains(set.Id))], same, alike, members, row.FolderId, Math.Max(0, own));
    });

    /// <summary>The roots of the parts that have rows, by evidence and part.</summary>
    public IReadOnlyList<FolderNode> Roots() => With(snapshot =>
    {
        if (snapshot is null)
        {
            return [];
        }

        FolderTable table = snapshot.Folders;
        List<int> roots = [];
        for (int rank = 1; rank <= table.Count; rank = table.Last[table.ByRank[rank]] + 1)
        {
            roots.Add(table.ByRank[rank]);
        }

        return Nodes(snapshot, roots, _ => "");
    });

    /// <summary>Folders directly in a folder, by name whatever the case: directories, and files that hold others.</summary>
    /// <param name="folderId">The folder.</param>
    /// <param name="afterId">Those after this one, or 0 for the first.</param>
    /// <param name="count">At most so many.</param>
    public FolderPage Children(long folderId, long afterId = 0, int count = 500)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return With(snapshot =>
        {
            if (snapshot is null || folderId < 1 || folderId > snapshot.Folders.Count)
            {
                return new FolderPage([], false);
            }

            FolderTable table = snapshot.Folders;
            int folder = (int)folderId;
            List<int> found = [];
            int rank = afterId > 0 && afterId <= table.Count ? table.Last[(int)afterId] + 1 : table.Rank[folder] + 1;
            for (; rank <= table.Last[folder] && found.Count < count; rank = table.Last[table.ByRank[rank]] + 1)
            {
                found.Add(table.ByRank[rank]);
            }

            string above = snapshot.FolderPath(folder);
            return new FolderPage(Nodes(snapshot, found, name => table.Parent[folder] == 0 ? name : $"{above}/{name}"), rank <= table.Last[folder]);
        });
    }

    /// <summary>A folder with those it lies in, from the root on; empty where there is none.</summary>
    public IReadOnlyList<FolderNode> FolderWithParents(long folderId) => With(snapshot =>
    {
        if (snapshot is null || folderId < 1 || folderId > snapshot.Folders.Count)
        {
            return [];
        }

        List<int> up = [];
        for (int at = (int)folderId; at != 0; at = snapshot.Folders.Parent[at])
        {
            up.Add(at);
        }

        up.Reverse();
        string path = "";
        int depth = 0;
        return Nodes(snapshot, up, name => path = depth++ switch { 0 => "", 1 => name, _ => $"{path}/{name}" });
    });

    /// <summary>The folder at a path, or null.</summary>
    public FolderNode? FindFolder(FolderRef folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return With(snapshot => snapshot?.FindFolder(folder.EvidenceId, folder.VolumeIndex, folder.Path) is > 0 and int id ? Nodes(snapshot, [id], _ => folder.Path)[0] : null);
    }

    /// <summary>
    /// A page of the gallery: pictures and videos, each with its exact copies and those alike as one item. Known hits first (notable, then known), then
    /// folders where people keep pictures, then the others, last what is known to be of no interest; within these by path.
    /// </summary>
    /// <param name="query">Stacks of which one row at least is among these.</param>
    /// <param name="start">Where it begins; of a row, at, after or before its stack.</param>
    /// <param name="count">At most so many stacks.</param>
    /// <param name="cancel">Ends the work.</param>
    public GalleryPage Gallery(EntryQuery query, PageStart start, int count, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostRows);
        return With(snapshot =>
        {
            if (snapshot is null)
            {
                return new GalleryPage([], 0, 0, 0, StateOf(null));
            }

            EntryResult result = snapshot.Result(query, cancel);
            (int[] entries, byte[] starts) = snapshot.Gallery;
            (int[] stacks, long rows) = result.Stacks();
            long position = PositionOf(start, count, stacks.Length, id =>
            {
                int at = Array.IndexOf(entries, (int)id);
                int stack = Array.BinarySearch(stacks, StackAt(starts, Math.Max(0, at)));
                return at < 0 ? (0, false) : stack < 0 ? (~stack, false) : (stack, true);
            });
            long end = Math.Min(stacks.Length, position + count);
            if (start.Kind == StartKind.Before && Array.IndexOf(entries, (int)start.Value) is >= 0 and int before)
            {
                int stack = Array.BinarySearch(stacks, StackAt(starts, before));
                end = Math.Min(end, stack < 0 ? ~stack : stack);
            }

            List<(int Lead, int Count, int All, uint Marks)> items = [];
            for (long i = position; i < end; i++)
            {
                (int lead, int asked, int at, uint marks) = (0, 0, stacks[i], 0);
                do
                {
                    marks |= snapshot.Cells.One<uint>(Column.Marks, entries[at] - 1);
                    if (result.Has(entries[at]))
                    {
                        lead = asked++ == 0 ? entries[at] : lead;
                    }
                }
                while (++at < entries.Length && starts[at] == 0);
                items.Add((lead, asked, at - stacks[i], marks & 0xFFFF));
            }

            List<EntrySummary> leads = source.Summaries(snapshot, [.. items.Select(item => item.Lead)]);
            StoredPicture?[] pictures = source.Pictures([.. items.Select(item => snapshot.PictureRow(item.Lead))]);
            return new GalleryPage([.. items.Select((item, i) => new GalleryItem(leads[i], pictures[i], item.Count, item.All, (EntryMarks)item.Marks))], position, stacks.Length, rows, StateOf(snapshot));
        });
    }

    /// <summary>The rows of the stack of a row of the gallery that are asked for, the one that stands for it first.</summary>
    public EntryPage Stack(long id, EntryQuery query, long position, int count, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        return With(snapshot =>
        {
            int at = snapshot is null || !snapshot.Has(id) ? -1 : Array.IndexOf(snapshot.Gallery.Entries, (int)id);
            if (snapshot is null || at < 0)
            {
                return new EntryPage([], 0, 0, StateOf(snapshot));
            }

            EntryResult result = snapshot.Result(query, cancel);
            (int[] entries, byte[] starts) = snapshot.Gallery;
            List<int> found = [];
            int next = StackAt(starts, at);
            do
            {
                if (result.Has(entries[next]))
                {
                    found.Add(entries[next]);
                }
            }
            while (++next < entries.Length && starts[next] == 0);
            int first = (int)Math.Min(position, found.Count);
            return new EntryPage(source.Summaries(snapshot, found.GetRange(first, Math.Min(count, found.Count - first))), first, found.Count, StateOf(snapshot));
        });
    }

    /// <summary>
    /// Hits in the order in which they came, straight from the case: those of an examination that goes on are here at once, before the side file
    /// covers them.
    /// </summary>
    /// <param name="row">After this one (<see cref="NewHit.Row"/>), or 0 for all.</param>
    /// <param name="count">At most so many.</param>
    public IReadOnlyList<NewHit> HitsAfter(long row, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostRows);
        List<(long Row, long EntryId, string Path, long SetId, string Method)> found = source.HitsAfter(row, count);
        Dictionary<long, StoredKnownSet> sets = found.Count == 0 ? [] : reader.KnownSets().ToDictionary(set => set.Id);
        return [.. found.Where(hit => sets.ContainsKey(hit.SetId)).Select(hit => new NewHit(hit.Row, hit.EntryId, hit.Path, sets[hit.SetId], hit.Method))];
    }

    /// <summary>What the case holds, summed up; the sums were made with the side file.</summary>
    public Overview Overview() => With(snapshot => OverviewReader.Read(snapshot, reader, StateOf(snapshot), ids => Nodes(snapshot!, ids, null)));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            current?.Dispose();
            current = null;
            source.Dispose();
            reader.Dispose();
        }
    }

    private static int StackAt(byte[] starts, int at)
    {
        while (at > 0 && starts[at] == 0)
        {
            at--;
        }

        return at;
    }

    /// <summary>The position at which a page begins.</summary>
    private static long PositionOf(PageStart start, int count, long total, Func<long, (long Position, bool Has)> of)
    {
        long position = start.Kind switch
        {
            StartKind.First => 0,
            StartKind.Last => total - count,
            StartKind.Position => Math.Min(start.Value, total),
            _ => Of(),
        };
        return Math.Clamp(position, 0, total);

        long Of()
        {
            (long at, bool has) = of(start.Value);
            return start.Kind switch
            {
                StartKind.After => at + (has ? 1 : 0),
                StartKind.Before => at - count,
                _ => at,
            };
        }
    }

    private BrowseState StateOf(BrowseSnapshot? snapshot)
    {
        (long head, long entries) = source.Ends();
        return new BrowseState(snapshot?.Entries ?? 0, entries, snapshot?.Head ?? 0, head);
    }

    /// <param name="snapshot">Where they are.</param>
    /// <param name="ids">Their numbers.</param>
    /// <param name="path">The path of each from its name, called in their order; null to find it.</param>
    private static FolderNode[] Nodes(BrowseSnapshot snapshot, IReadOnlyList<int> ids, Func<string, string>? path)
    {
        FolderTable table = snapshot.Folders;
        (string Name, bool IsFile, int State)[] names = snapshot.FolderNames(ids);
        FolderNode[] nodes = new FolderNode[ids.Count];
        for (int i = 0; i < nodes.Length; i++)
        {
            int id = ids[i];
            PartRef part = snapshot.Parts[table.Part[id]];
            nodes[i] = new FolderNode
            {
                Id = id,
                ParentId = table.Parent[id],
                EvidenceId = part.EvidenceId,
                VolumeIndex = part.VolumeIndex,
                Name = names[i].Name,
                Path = path is null ? snapshot.FolderPath(id) : path(names[i].Name),
                EntryId = table.Own[id],
                State = table.Own[id] == 0 ? EntryState.Allocated : (EntryState)names[i].State,
                IsFile = table.Own[id] != 0 && names[i].IsFile,
                Folders = table.Kids[id],
                Rows = table.Rows[id],
                RowsBelow = table.Below[id],
                BytesBelow = table.Bytes[id],
                HitRowsBelow = table.Hits[id],
            };
        }

        return nodes;
    }

    private T With<T>(Func<BrowseSnapshot?, T> use)
    {
        using BrowseSnapshot? snapshot = Use();
        try
        {
            return use(snapshot);
        }
        catch (SqliteFailure failure)
        {
            throw Damaged(failure);
        }
        catch (Exception error) when (error is IndexOutOfRangeException or ArgumentException and not ArgumentNullException or OverflowException)
        {
            // Pieces have a check of their own; what lies in the tables beside them can still be another file's, or altered.
            throw BrowseFile.Damaged(error);
        }
    }

    /// <summary>The side file as it is now, looked at again every so often.</summary>
    private BrowseSnapshot? Use()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            long now = clock.GetTimestamp();
            if (current is null || looked == 0 || clock.GetElapsedTime(looked, now) >= LookAgain)
            {
                looked = now;
                try
                {
                    if (BrowseSnapshot.HeadOf(SideDirectory) is long head && head != current?.Head && BrowseSnapshot.Open(SideDirectory, source, source.CaseId, cacheBytes) is BrowseSnapshot newer)
                    {
                        current?.Dispose();
                        current = newer;
                    }
                }
                catch (SqliteFailure failure)
                {
                    // What is shown stays as it was; without anything to show there is nothing to do but say so.
                    if (current is null)
                    {
                        throw Damaged(failure);
                    }
                }
            }

            return current?.TryUse() == true ? current : null;
        }
    }

    private CaseException Damaged(SqliteFailure failure) => failure.Primary is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB
        ? BrowseFile.Damaged(failure)
        : failure.ForTerminal(SideDirectory);
}

/// <summary>Where the rows of one stream lie in the tables of the case.</summary>
internal sealed class RowFinder(BrowseSnapshot snapshot, int id)
{
    /// <summary>Rowids, ascending; of table alike the one of the grouping in force.</summary>
    public IReadOnlyList<long> RowsOf(string table) => table switch
    {
        "content" => snapshot.Cells.One<int>(Column.ContentRow, id - 1) is > 0 and int row ? [row] : [],
        "hit" => Find(table, Column.HitEntry),
        "problem" => Find(table, Column.ProblemEntry),
        "recovery" => Find(table, Column.RecoveryEntry),
        "claim" => Find(table, Column.ClaimEntry),
        "member" => Find(table, Column.MemberEntry),
        "picture" => snapshot.PictureRow(id) is > 0 and int row ? [row] : [],
        "alike" => Find(table, Column.AlikeEntry) is { Count: > 0 } rows ? [rows.MaxBy(row => snapshot.Cells.One<int>(Column.AlikeGrouping, (int)row - 1))] : [],
        _ => [],
    };

    private List<long> Find(string table, Column column)
    {
        List<long> found = [];
        int rows = snapshot.RowsOf(table);
        for (int at = 0; at < rows; at += BrowseFile.Piece)
        {
            ReadOnlySpan<int> ids = snapshot.Cells.Cells<int>(column, at / BrowseFile.Piece).AsSpan(0, Math.Min(BrowseFile.Piece, rows - at));
            for (int from = 0, next; (next = ids[from..].IndexOf(id)) >= 0; from += next + 1)
            {
                found.Add(at + from + next + 1);
            }
        }

        return found;
    }
}
