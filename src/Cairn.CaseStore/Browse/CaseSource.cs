using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Browse;

/// <summary>
/// Reads single rows of the case by their row ids, which needs none of the indexes that are made when a run ends. Each call is a short transaction of
/// its own. Safe to call from many threads.
/// </summary>
internal sealed class CaseSource : IDisposable
{
    private const string SummarySql =
        "SELECT evidence_id, volume_index, path, stream, address, type, state, reallocated, flags, size, time_kinds, modified, accessed, changed, created FROM entry WHERE id=?1";

    private readonly string directory;
    private readonly SqliteDatabase database;
    private readonly SqliteStatement summary;
    private readonly SqliteStatement content;
    private readonly SqliteStatement address;
    private readonly SqliteStatement? picture;
    private readonly Lock gate = new();

    public CaseSource(string directory)
    {
        this.directory = directory;
        database = CaseReader.OpenDatabase(directory);
        try
        {
            summary = database.Prepare(SummarySql);
            content = database.Prepare("SELECT status, md5, sha1, sha256, mime, extension_mismatch FROM content WHERE rowid=?1");
            address = database.Prepare("SELECT address FROM entry WHERE id=?1");
            picture = CaseSchema.HasPictures(database) ? database.Prepare($"SELECT {EntryCursor.PictureSelect} WHERE rowid=?1") : null;
            using SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name='case_id'");
            CaseId = meta.Step() ? meta.Text(0) : "";
        }
        catch (SqliteFailure failure)
        {
            database.Dispose();
            throw failure.ForTerminal(directory);
        }
    }

    /// <summary>The case's own id.</summary>
    public string CaseId { get; }

    /// <summary>Last audit entry and last row of table entry.</summary>
    public (long Head, long Entries) Ends() => Guarded(() => (database.Scalar("SELECT max(seq) FROM audit"), database.Scalar("SELECT max(id) FROM entry")));

    public string? AddressOf(long id) => Guarded(() =>
    {
        address.Bind(1, id);
        string? found = address.Step() ? address.Text(0) : null;
        address.Reset();
        return found;
    });

    /// <summary>Rows for a table; ids that the case does not have are left out.</summary>
    public List<EntrySummary> Summaries(BrowseSnapshot snapshot, IReadOnlyList<int> ids) => Guarded(() =>
    {
        List<EntrySummary> rows = new(ids.Count);
        database.Execute("BEGIN");
        try
        {
            foreach (int id in ids)
            {
                summary.Bind(1, id);
                if (summary.Step())
                {
                    rows.Add(Summary(snapshot, id));
                }

                summary.Reset();
            }
        }
        finally
        {
            summary.Reset();
            content.Reset();
            database.Execute("COMMIT");
        }

        return rows;
    });

    /// <summary>What decoding gave, by rowids of table picture.</summary>
    public StoredPicture?[] Pictures(IReadOnlyList<int> rowids) => Guarded(() => rowids.Select(rowid =>
    {
        if (picture is null || rowid == 0)
        {
            return null;
        }

        picture.Bind(1, rowid);
        try
        {
            return picture.Step() ? EntryCursor.Picture(picture) : null;
        }
        finally
        {
            picture.Reset();
        }
    }).ToArray());

    /// <summary>Hits after a row of table hit, in the order in which they came.</summary>
    public List<(long Row, long EntryId, string Path, long SetId, string Method)> HitsAfter(long row, int count) => Guarded(() =>
    {
        using SqliteStatement hits = database.Prepare("SELECT h.rowid, h.entry_id, e.path, h.set_id, h.method FROM hit h JOIN entry e ON e.id=h.entry_id WHERE h.rowid>?1 ORDER BY h.rowid LIMIT ?2");
        hits.Bind(1, row);
        hits.Bind(2, count);
        List<(long, long, string, long, string)> found = [];
        while (hits.Step())
        {
            found.Add((hits.Int64(0), hits.Int64(1), hits.Text(2), hits.Int64(3), hits.Text(4)));
        }

        return found;
    });

    /// <summary>Everything of one row.</summary>
    public ExportRow? Full(long id, Func<string, IReadOnlyList<long>> rowsOf) => Guarded(() => EntryCursor.One(database, id, rowsOf));

    /// <summary>Rows of the same file entry: they follow one another.</summary>
    public List<int> Streams(long id) => Guarded(() =>
    {
        using SqliteStatement first = database.Prepare("SELECT first_id FROM entry WHERE id=?1");
        first.Bind(1, id);
        using SqliteStatement of = database.Prepare("SELECT id, first_id FROM entry WHERE id>=?1 ORDER BY id");
        of.Bind(1, first.Step() ? first.Int64(0) : id);
        List<int> ids = [];
        while (of.Step() && of.Int64(1) == (ids.Count == 0 ? of.Int64(0) : ids[0]))
        {
            ids.Add(of.Int32(0));
        }

        return ids;
    });

    public void Dispose()
    {
        lock (gate)
        {
            summary.Dispose();
            content.Dispose();
            address.Dispose();
            picture?.Dispose();
            database.Dispose();
        }
    }

    private EntrySummary Summary(BrowseSnapshot snapshot, int id)
    {
        SqliteStatement row = summary;
        string path = row.Text(2);
        long kinds = row.Int64(10);
        uint marks = snapshot.Cells.One<uint>(Column.Marks, id - 1);
        int contentRow = snapshot.Cells.One<int>(Column.ContentRow, id - 1);
        content.Bind(1, contentRow);
        bool read = contentRow != 0 && content.Step();
        string? mime = read ? content.TextOrNull(4) : null;
        int recoverability = (int)(marks >> BrowseDerivation.RecoverabilityShift) & 3;
        EntrySummary found = new()
        {
            Id = id,
            EvidenceId = row.Int64(0),
            VolumeIndex = row.Int32OrNull(1),
            Path = path,
            Name = path[(path.LastIndexOf('/') + 1)..],
            Stream = row.Text(3),
            Address = row.Text(4),
            Type = (EntryType)row.Int32(5),
            State = (EntryState)row.Int32(6),
            MetadataReallocated = row.Int64(7) != 0,
            Flags = (StreamFlags)row.Int32(8),
            Size = row.Int64(9),
            Times = new EntryTimes(EntryCursor.Time(row, 11, kinds), EntryCursor.Time(row, 12, kinds >> 4), EntryCursor.Time(row, 13, kinds >> 8), EntryCursor.Time(row, 14, kinds >> 12)),
            Status = read ? (ContentStatus)content.Int32(0) : null,
            Mime = mime,
            Family = mime is null ? null : Core.ContentTypes.ContentType.FamilyOf(mime),
            Md5 = read ? content.BlobOrNull(1) : null,
            Sha1 = read ? content.BlobOrNull(2) : null,
            Sha256 = read ? content.BlobOrNull(3) : null,
            Recoverability = recoverability == 0 ? null : (Recoverability)recoverability,
            Marks = (EntryMarks)(marks & 0xFFFF),
            FolderId = snapshot.Cells.One<int>(Column.Folder, id - 1),
        };
        content.Reset();
        return found;
    }

    private T Guarded<T>(Func<T> read)
    {
        lock (gate)
        {
            try
            {
                return read();
            }
            catch (SqliteFailure failure)
            {
                throw failure.ForTerminal(directory);
            }
            catch (Exception error) when (error is System.Text.Json.JsonException or FormatException or InvalidOperationException and not ObjectDisposedException)
            {
                throw new CaseException($"the case in '{directory}' holds a cell that is not as Cairn writes it: 'cairn verify --case' says which", error);
            }
        }
    }
}
