using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Core.Pictures;

namespace Cairn.CaseStore;

/// <summary>
/// Puts export rows together from one pass over table entry and one pass over each table that says more of a stream, all ascending by
/// stream, so that memory does not grow with the case and no row is looked up.
/// </summary>
internal sealed class EntryCursor : IDisposable
{
    private const string EntryColumns =
        "id, evidence_id, volume_index, first_id, key, path, stream, address, type, state, reallocated, size, valid_length, allocated_size, flags, first_offset, ref_key, ref_stream, "
        + "time_kinds, modified, accessed, changed, created, name_modified, name_accessed, name_changed, name_created, deleted, mode, uid, gid, dos_attributes, link_count, "
        + "link_target, name_bytes, short_name, attributes";

    private const string ContentSelect = "entry_id, status, md5, sha1, sha256, mime, extension_mismatch, bytes_read FROM content";
    private const string ProblemSelect = "entry_id, kind, place, reason, offset, length FROM problem";
    private const string RecoverySelect = "entry_id, recoverability FROM recovery";
    private const string ClaimSelect = "entry_id, volume_offset, length, state, other_entry_id FROM claim";
    private const string MemberSelect = "entry_id, parent_id, root_id, ordinal, kind, depth, encrypted FROM member";
    internal const string PictureSelect = "entry_id, kind, status, format, width, height, frames, milliseconds, pdq, quality, method, camera, facts FROM picture";
    private const string AlikeSelect = "entry_id, group_id, kind, distance, orientation, copy_of FROM ";

    /// <summary>The ids of a JSON array that is parameter 1.</summary>
    internal const string Among = "SELECT value FROM json_each(?1)";

    private readonly SqliteStatement entries;
    private readonly Side content;
    private readonly Side hits;
    private readonly Side problems;
    private readonly Side recovery;
    private readonly Side claims;
    private readonly Side? members;
    private readonly Side? pictures;
    private readonly Side? alike;

    /// <summary>
    /// Rows that <paramref name="where"/> (of table entry) takes; <paramref name="only"/> is the one stream asked for, <paramref name="among"/> a JSON
    /// array of those asked for.
    /// </summary>
    public EntryCursor(SqliteDatabase database, string where, Action<SqliteStatement> bind, long? only = null, string? among = null)
    {
        entries = database.Prepare($"SELECT {EntryColumns} FROM entry {where} ORDER BY id");
        bind(entries);
        content = new Side(database, ContentSelect, "entry_id", only, among);
        bool hasPictures = CaseSchema.HasPictures(database);
        hits = new Side(database, HitColumns(hasPictures), "h.entry_id, h.ordinal", only, among, "h.entry_id");
        problems = new Side(database, ProblemSelect, "entry_id, stage, rowid", only, among);
        recovery = new Side(database, RecoverySelect, "entry_id", only, among);
        claims = new Side(database, ClaimSelect, "entry_id, ordinal", only, among);
        if (CaseSchema.HasMembers(database))
        {
            members = new Side(database, MemberSelect, "entry_id", only, among);
        }

        if (hasPictures)
        {
            pictures = new Side(database, PictureSelect, "entry_id", only, among);
            alike = new Side(database, $"{AlikeSelect}(SELECT * FROM alike WHERE grouping={CaseSchema.PresentGrouping})", "entry_id", only, among);
        }
    }

    /// <summary>
    /// One stream whose rows in the other tables are known by their rowids: for reading while the indexes are not there yet. Of table alike the row of
    /// the grouping in force.
    /// </summary>
    public static ExportRow? One(SqliteDatabase database, long id, Func<string, IReadOnlyList<long>> rowsOf)
    {
        using EntryCursor cursor = new(database, id, rowsOf);
        return cursor.Next();
    }

    private EntryCursor(SqliteDatabase database, long id, Func<string, IReadOnlyList<long>> rowsOf)
    {
        entries = database.Prepare($"SELECT {EntryColumns} FROM entry WHERE id=?1");
        entries.Bind(1, id);
        bool hasPictures = CaseSchema.HasPictures(database);
        Side Of(string table, string select, string order, string name = "") => new(database, select, order, rowsOf(table), name);
        content = Of("content", ContentSelect, "entry_id");
        hits = Of("hit", HitColumns(hasPictures), "h.ordinal", "h.");
        problems = Of("problem", ProblemSelect, "stage, rowid");
        recovery = Of("recovery", RecoverySelect, "entry_id");
        claims = Of("claim", ClaimSelect, "ordinal");
        members = CaseSchema.HasMembers(database) ? Of("member", MemberSelect, "entry_id") : null;
        pictures = hasPictures ? Of("picture", PictureSelect, "entry_id") : null;
        alike = hasPictures ? Of("alike", AlikeSelect + "alike", "entry_id") : null;
    }

    /// <summary>The next row, or null at the end.</summary>
    public ExportRow? Next()
    {
        if (!entries.Step())
        {
            return null;
        }

        SqliteStatement row = entries;
        long id = row.Int64(0);
        long kinds = row.Int64(18);
        bool read = content.SeekTo(id);
        SqliteStatement found = content.Row;
        return new ExportRow
        {
            Id = id,
            EvidenceId = row.Int64(1),
            VolumeIndex = row.Int32OrNull(2),
            FirstId = row.Int64(3),
            Key = row.Int64(4),
            Path = row.Text(5),
            Stream = row.Text(6),
            Address = row.Text(7),
            Type = (EntryType)row.Int32(8),
            State = (EntryState)row.Int32(9),
            MetadataReallocated = row.Int64(10) != 0,
            Size = row.Int64(11),
            ValidLength = row.Int64(12),
            AllocatedSize = row.Int64(13),
            Flags = (StreamFlags)row.Int32(14),
            FirstOffset = row.Int64(15),
            Ref = new StreamRef(row.Int64(16), row.Int32(17)),
            Times = new EntryTimes(Time(row, 19, kinds), Time(row, 20, kinds >> 4), Time(row, 21, kinds >> 8), Time(row, 22, kinds >> 12)),
            NameTimes = new EntryTimes(Time(row, 23, kinds >> 16), Time(row, 24, kinds >> 20), Time(row, 25, kinds >> 24), Time(row, 26, kinds >> 28)),
            Deleted = Time(row, 27, kinds >> 32),
            Mode = row.Int32OrNull(28),
            Uid = row.Int64OrNull(29),
            Gid = row.Int64OrNull(30),
            DosAttributes = row.Int32OrNull(31),
            LinkCount = row.Int32OrNull(32),
            LinkTarget = row.TextOrNull(33),
            NameBytes = row.BlobOrNull(34),
            ShortName = row.TextOrNull(35),
            Attributes = row.IsNull(36) ? null : CaseJson.ReadMap(row.Text(36)),
            Status = read ? (ContentStatus)found.Int32(1) : null,
            Md5 = read ? found.BlobOrNull(2) : null,
            Sha1 = read ? found.BlobOrNull(3) : null,
            Sha256 = read ? found.BlobOrNull(4) : null,
            Mime = read ? found.TextOrNull(5) : null,
            ExtensionMismatch = read && found.Int64(6) != 0,
            BytesRead = read ? found.Int64(7) : 0,
            Hits = hits.All(id, HitOf),
            Problems = problems.All(id, static problem => new Problem((ProblemKind)problem.Int32(1), problem.Text(2), problem.Text(3), problem.Int64OrNull(4), problem.Int64OrNull(5))),
            Recoverability = recovery.SeekTo(id) ? (Recoverability)recovery.Row.Int32(1) : null,
            Member = members?.SeekTo(id) == true ? Member(members.Row) : null,
            Picture = pictures?.SeekTo(id) == true ? Picture(pictures.Row) with { Alike = alike!.SeekTo(id) ? AlikeOf(alike.Row) : null } : null,
            Claims = claims.All(id, static claim => new ClaimRow(claim.Int64(1), claim.Int64(2), (ClaimState)claim.Int32(3), claim.Int64OrNull(4))),
        };
    }

    public void Dispose()
    {
        entries.Dispose();
        content.Dispose();
        hits.Dispose();
        problems.Dispose();
        recovery.Dispose();
        claims.Dispose();
        members?.Dispose();
        pictures?.Dispose();
        alike?.Dispose();
    }

    /// <summary>A row of table alike from its column entry_id on.</summary>
    internal static AlikeRow AlikeOf(SqliteStatement row, int first = 0) => new(
        row.Int64(first), row.Int64(first + 1), row.Int32(first + 2), row.Int32(first + 3), (PdqOrientation)row.Int32(first + 4), row.Int64OrNull(first + 5));

    /// <summary>Columns and tables of hits as h, for <see cref="HitOf"/>; a case of an older version explains none.</summary>
    internal static string HitColumns(bool hasPictures) => "h.entry_id, h.set_id, h.method, h.detail, " + (hasPictures
        ? "k.known_entry, k.meaning, k.category, k.vouched_by, k.vouched_at, k.distance, k.quality, k.orientation, k.threshold, k.position FROM hit h LEFT JOIN hit_known k ON k.entry_id=h.entry_id AND k.ordinal=h.ordinal"
        : "NULL FROM hit h");

    /// <summary>A hit with its explanation, from set_id on in column 1.</summary>
    internal static HitRow HitOf(SqliteStatement row) => new(row.Int64(1), row.Text(2), row.TextOrNull(3))
    {
        Entry = row.IsNull(4) ? null : new HitEntryRow(row.Text(4), row.Text(5), row.TextOrNull(6), row.TextOrNull(7), row.TextOrNull(8))
        {
            Distance = row.Int32OrNull(9),
            Quality = row.Int32OrNull(10),
            Orientation = (PdqOrientation?)row.Int32OrNull(11),
            Threshold = row.Int32OrNull(12),
            Position = row.Int64OrNull(13),
        },
    };

    internal static StoredPicture Picture(SqliteStatement row) => new(
        (PictureKind)row.Int32(1), (PictureStatus)row.Int32(2), row.TextOrNull(3), row.Int32(4), row.Int32(5), row.Int32(6), row.Int64OrNull(7),
        row.BlobOrNull(8) is { Length: PdqHash.ByteLength } pdq ? PdqHash.FromBytes(pdq) : null, row.Int32(9), row.TextOrNull(10), row.TextOrNull(11),
        row.IsNull(12) ? new Dictionary<string, string>() : CaseJson.ReadMap(row.Text(12)));

    private static StoredMember Member(SqliteStatement row) =>
        new(row.Int64(1), row.Int64(2), row.Int32(3), (EmbeddedKind)row.Int32(4), row.Int32(5), row.Int64(6) != 0);

    internal static EvidenceTime Time(SqliteStatement row, int column, long kinds)
    {
        TimeKind kind = (TimeKind)(kinds & 15);
        return kind == TimeKind.None ? default : new EvidenceTime(row.Int64(column), kind);
    }

    /// <summary>A table whose rows follow the streams; its first column is the stream's id.</summary>
    private sealed class Side : IDisposable
    {
        private bool has;
        private long at;

        public Side(SqliteDatabase database, string select, string order, long? only, string? among, string id = "entry_id")
        {
            // The plus keeps the index out where every row is wanted: sorting them costs a fraction of looking each up in media order.
            string wanted = only is not null ? $"{id}=?1" : among is not null ? $"{id} IN ({Among})" : $"+{id} IS NOT NULL";
            Row = database.Prepare($"SELECT {select} WHERE {wanted} ORDER BY {(only is null ? "+" : "")}{order}");
            if (only is long one)
            {
                Row.Bind(1, one);
            }
            else if (among is not null)
            {
                Row.Bind(1, among);
            }

            Advance();
        }

        /// <summary>Rows by their rowids.</summary>
        public Side(SqliteDatabase database, string select, string order, IReadOnlyList<long> rowids, string name)
        {
            Row = database.Prepare($"SELECT {select} WHERE {name}rowid IN (SELECT value FROM json_each(?1)) ORDER BY {order}");
            Row.Bind(1, $"[{string.Join(',', rowids)}]");
            Advance();
        }

        public SqliteStatement Row { get; }

        /// <summary>Goes on to the first row of stream <paramref name="id"/>; false where it has none.</summary>
        public bool SeekTo(long id)
        {
            while (has && at < id)
            {
                Advance();
            }

            return has && at == id;
        }

        /// <summary>Every row of stream <paramref name="id"/>.</summary>
        public T[] All<T>(long id, Func<SqliteStatement, T> read)
        {
            if (!SeekTo(id))
            {
                return [];
            }

            List<T> all = [];
            while (has && at == id)
            {
                all.Add(read(Row));
                Advance();
            }

            return [.. all];
        }

        public void Dispose() => Row.Dispose();

        private void Advance()
        {
            has = Row.Step();
            at = has ? Row.Int64(0) : 0;
        }
    }
}
