using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Brings <c>browse.db</c> up to date with the case. Rows of a case are never changed, so a table is read on from where it was left, in pages each
/// with a short transaction of its own: a writer's log can always be carried over. What is derived from all of it is written last, in the
/// transaction that says how far the file goes; a process that is killed before that leaves the last state as it was.
/// </summary>
internal sealed class BrowseBuilder : IDisposable
{
    private const int Page = 1 << 14;
    private const long CommitEvery = 1 << 17;

    private readonly string directory;
    private readonly SqliteDatabase source;
    private readonly SqliteDatabase target;
    private readonly IProgress<BrowseProgress>? progress;
    private readonly CancellationToken cancel;

    private BrowseBuilder(string directory, SqliteDatabase source, SqliteDatabase target, IProgress<BrowseProgress>? progress, CancellationToken cancel)
    {
        (this.directory, this.source, this.target, this.progress, this.cancel) = (directory, source, target, progress, cancel);
    }

    /// <summary>Brings the side file up to date; one process at a time.</summary>
    /// <param name="caseDirectory">Folder of the case; never written to.</param>
    /// <param name="directory">Folder of the side file: the case's, or another where that is read-only.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancel">Leaves what is done so far.</param>
    /// <exception cref="CaseException">The case or the folder cannot be used.</exception>
    public static BrowseUpdate Update(string caseDirectory, string directory, IProgress<BrowseProgress>? progress, CancellationToken cancel)
    {
        using SqliteDatabase source = CaseReader.OpenDatabase(caseDirectory);
        try
        {
            Directory.CreateDirectory(directory);
            using FileStream? exclusive = FileLock.Try(BrowseFile.Lock(directory));
            if (exclusive is null)
            {
                return BrowseUpdate.Elsewhere;
            }

            try
            {
                return Build();
            }
            catch (SqliteFailure failure) when (failure.Primary is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
            {
                // Nothing is lost with it. Where it is the case that is damaged, the second time says so.
                BrowseFile.Delete(directory);
                return Build();
            }
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForTerminal(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"the side file of the case cannot be written in '{directory}': {error.Message}", error);
        }

        BrowseUpdate Build()
        {
            using SqliteDatabase target = SqliteDatabase.Open(BrowseFile.Path(directory), write: true);
            using BrowseBuilder builder = new(caseDirectory, source, target, progress, cancel);
            return builder.Run();
        }
    }

    public void Dispose()
    {
        if (target.InTransaction)
        {
            target.Execute("ROLLBACK");
        }
    }

    private BrowseUpdate Run()
    {
        CaseBounds bounds = CaseBounds.Read(source);
        Prepare(bounds);
        if (Mark("head") == bounds.Head)
        {
            return BrowseUpdate.Current;
        }

        target.Execute("BEGIN IMMEDIATE");
        SetTie(bounds);
        target.Execute("COMMIT");
        AddEntries(bounds);
        foreach (RowTable table in RowTable.Of(bounds))
        {
            AddRows(table);
        }

        using (BrowseDerivation derivation = new(source, target, bounds, Mark, Checkpoint))
        {
            target.Execute("BEGIN IMMEDIATE");
            derivation.Write();
            foreach (RowTable table in RowTable.Of(bounds))
            {
                SetMark("published " + table.Name, table.Last);
            }

            SetMark("published entry", bounds.Entries);
            SetMark("head", bounds.Head);
            target.Execute("COMMIT");
        }

        using SqliteStatement carry = target.Prepare("PRAGMA wal_checkpoint(PASSIVE)");
        _ = carry.Step();
        return BrowseUpdate.Updated;
    }

    private void Checkpoint(string what, long done, long total)
    {
        cancel.ThrowIfCancellationRequested();
        progress?.Report(new BrowseProgress(what, done, total));
    }

    /// <summary>Makes the file, anew where it is of another version, of another case, or of another past of this one.</summary>
    private void Prepare(CaseBounds bounds)
    {
        bool fresh = target.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        bool usable = !fresh && BrowseFile.IsOurs(target) && FollowsFrom(bounds);
        if (!fresh && !BrowseFile.IsOurs(target) && target.Scalar("PRAGMA application_id") is not (0 or BrowseFile.ApplicationId))
        {
            throw new CaseException($"browse.db in '{directory}' is a database of another program: move it away");
        }

        if (fresh)
        {
            target.Execute($"PRAGMA page_size={CaseDatabase.PageSize}");
        }

        target.Execute("PRAGMA journal_mode=WAL");
        target.Execute("PRAGMA synchronous=NORMAL");
        target.Execute("PRAGMA cache_size=-32768");
        if (usable)
        {
            return;
        }

        target.Execute("BEGIN IMMEDIATE");
        foreach (string table in (string[])["piece", "mark", "tie", "part", "mime", "folder", "sum"])
        {
            target.Execute($"DROP TABLE IF EXISTS {table}");
        }

        target.Execute(BrowseFile.Sql);
        target.Execute($"PRAGMA application_id={BrowseFile.ApplicationId}; PRAGMA user_version={BrowseFile.Version}");
        SetTie(bounds);
        target.Execute("COMMIT");
    }

    /// <summary>Rows that are added from here on are those of the case as this audit entry and all before it have it.</summary>
    private void SetTie(CaseBounds bounds)
    {
        target.Execute("DELETE FROM tie");
        using SqliteStatement tie = target.Prepare("INSERT INTO tie(case_id, seq, root) VALUES (?1, ?2, ?3)");
        tie.Bind(1, bounds.CaseId);
        tie.Bind(2, bounds.Head);
        tie.Bind(3, bounds.Root);
        tie.Run();
    }

    private bool FollowsFrom(CaseBounds bounds)
    {
        using SqliteStatement tie = target.Prepare("SELECT case_id, seq, root FROM tie");
        if (!tie.Step() || tie.Text(0) != bounds.CaseId)
        {
            return false;
        }

        using SqliteStatement audit = source.Prepare("SELECT root FROM audit WHERE seq=?1");
        audit.Bind(1, tie.Int64(1));
        return audit.Step() && audit.Bytes(0).SequenceEqual(tie.Bytes(2));
    }

    private long Mark(string name)
    {
        using SqliteStatement mark = target.Prepare("SELECT value FROM mark WHERE name=?1");
        mark.Bind(1, name);
        return mark.Step() ? mark.Int64(0) : 0;
    }

    private void SetMark(string name, long value)
    {
        using SqliteStatement mark = target.Prepare("INSERT OR REPLACE INTO mark(name, value) VALUES (?1, ?2)");
        mark.Bind(1, name);
        mark.Bind(2, value);
        mark.Run();
    }

    private void AddEntries(CaseBounds bounds)
    {
        long at = Mark("entry");
        while (at < bounds.Entries)
        {
            target.Execute("BEGIN IMMEDIATE");
            using (PieceWriter pieces = new(target))
            using (EntryAppender entries = new(target, pieces, at, (int)Mark("folder")))
            {
                long stop = Math.Min(bounds.Entries, at + CommitEvery);
                while (at < stop)
                {
                    at = entries.Add(source, at, Math.Min(stop, at + Page));
                    Checkpoint("rows", at, bounds.Entries);
                }

                entries.Flush();
                SetMark("folder", entries.Folders);
            }

            SetMark("entry", at);
            target.Execute("COMMIT");
        }
    }

    private void AddRows(RowTable table)
    {
        long at = Mark(table.Name);
        while (at < table.Last)
        {
            target.Execute("BEGIN IMMEDIATE");
            using (PieceWriter pieces = new(target))
            using (RowAppender rows = table.Open(new RowTarget(target, pieces, at, (int)Mark("folder"))))
            {
                long stop = Math.Min(table.Last, at + CommitEvery);
                while (at < stop)
                {
                    long to = Math.Min(stop, at + Page);
                    using SqliteStatement read = source.Prepare(table.Sql);
                    read.Bind(1, at);
                    read.Bind(2, to);
                    while (read.Step())
                    {
                        if (read.Int64(0) != ++at)
                        {
                            throw Gap(table.Name);
                        }

                        rows.Add(read);
                    }

                    if (at != to)
                    {
                        throw Gap(table.Name);
                    }

                    Checkpoint(table.Name, at, table.Last);
                }

                rows.Flush();
                if (rows is MemberAppender members)
                {
                    SetMark("folder", members.Folders);
                }
            }

            SetMark(table.Name, at);
            target.Execute("COMMIT");
        }
    }

    internal static CaseException Gap(string table) => new($"rows of table {table} are missing: 'cairn verify --case' says which");
}

/// <summary>How far the tables of a case go at one moment.</summary>
internal sealed record CaseBounds(string CaseId, long Head, byte[] Root, long Entries, IReadOnlyDictionary<string, long> Rows)
{
    private static readonly string[] Tables = ["content", "hit", "hit_known", "problem", "recovery", "claim", "member", "picture", "alike"];

    public static CaseBounds Read(SqliteDatabase source)
    {
        source.Execute("BEGIN");
        try
        {
            using SqliteStatement meta = source.Prepare("SELECT value FROM meta WHERE name='case_id'");
            using SqliteStatement audit = source.Prepare("SELECT seq, root FROM audit ORDER BY seq DESC LIMIT 1");
            if (!meta.Step() || !audit.Step())
            {
                throw new CaseException("the case has no id or no audit log: 'cairn verify --case' says what is left of it");
            }

            bool members = CaseSchema.HasMembers(source), pictures = CaseSchema.HasPictures(source);
            long entries = source.Scalar("SELECT max(id) FROM entry");
            if (entries > int.MaxValue / 2)
            {
                throw new CaseException($"the case has a row {entries} of table entry, more than can be browsed ({int.MaxValue / 2})");
            }

            return new CaseBounds(meta.Text(0), audit.Int64(0), audit.Blob(1), entries,
                Tables.Where(table => table switch { "member" => members, "hit_known" or "picture" or "alike" => pictures, _ => true })
                    .ToDictionary(table => table, table => source.Scalar($"SELECT max(rowid) FROM {table}"), StringComparer.Ordinal));
        }
        finally
        {
            source.Execute("COMMIT");
        }
    }
}

/// <summary>Where cells of rows go.</summary>
/// <param name="Database">The side file.</param>
/// <param name="Pieces">Writes pieces of it.</param>
/// <param name="Count">Rows that are there already.</param>
/// <param name="Folders">Folders that are there already.</param>
internal sealed record RowTarget(SqliteDatabase Database, PieceWriter Pieces, long Count, int Folders);

/// <summary>Cells for rows of one table, read in the order of its rowids.</summary>
/// <param name="Name">The table.</param>
/// <param name="Last">Last row of interest.</param>
/// <param name="Sql">Gives rowid first, for rowids over ?1 and up to ?2.</param>
/// <param name="Open">Makes what adds cells.</param>
internal sealed record RowTable(string Name, long Last, string Sql, Func<RowTarget, RowAppender> Open)
{
    public static IEnumerable<RowTable> Of(CaseBounds bounds)
    {
        foreach ((string name, string columns, Func<RowTarget, RowAppender> open) in All)
        {
            if (bounds.Rows.TryGetValue(name, out long last))
            {
                string from = name == "member" ? "member t LEFT JOIN entry e ON e.id=t.parent_id" : $"{name} t";
                yield return new RowTable(name, last, $"SELECT t.rowid, {columns} FROM {from} WHERE t.rowid>?1 AND t.rowid<=?2 ORDER BY t.rowid", open);
            }
        }
    }

    private static readonly (string, string, Func<RowTarget, RowAppender>)[] All =
    [
        ("content", "entry_id, status, md5, sha1, sha256, mime, extension_mismatch", static to => new ContentAppender(to)),
        ("hit", "entry_id, set_id, method, ordinal", static to => new HitAppender(to.Pieces, to.Count)),
        ("hit_known", "entry_id, ordinal, meaning", static to => new KnownAppender(to.Pieces, to.Count)),
        ("problem", "entry_id, kind", static to => new EntryIdAppender(to.Pieces, to.Count, Column.ProblemEntry, null, Column.ProblemKind)),
        ("recovery", "entry_id, recoverability", static to => new EntryIdAppender(to.Pieces, to.Count, Column.RecoveryEntry, null, Column.RecoveryGrade)),
        ("claim", "entry_id", static to => new EntryIdAppender(to.Pieces, to.Count, Column.ClaimEntry)),
        ("member", "entry_id, parent_id, e.evidence_id, e.volume_index, e.path, e.state", static to => new MemberAppender(to)),
        ("picture", "entry_id, kind", static to => new EntryIdAppender(to.Pieces, to.Count, Column.PictureEntry, null, Column.PictureKind)),
        ("alike", "entry_id, group_id, grouping", static to => new AlikeAppender(to.Pieces, to.Count)),
    ];
}
