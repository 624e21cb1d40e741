using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using Cairn.Core.Pictures;

namespace Cairn.CaseStore;

/// <summary>
/// Reads a case; works while a writer is open and on a read-only medium. Members are safe to call from many threads; what they enumerate is
/// read in pages, each under one lock.
/// </summary>
public sealed class CaseReader : IDisposable
{
    // A page of stream rows stays below the size at which the runtime takes an array for a large object and collects everything for it.
    private const int Page = 512;

    private const string StreamColumns = "e.id, e.ref_key, e.ref_stream, e.first_offset, e.size, e.flags, e.state, e.type, e.reallocated, e.path, e.stream";

    private readonly SqliteDatabase database;
    private readonly Lock gate = new();
    private SqliteStatement? pathOf;
    private bool disposed;

    private CaseReader(string directory, SqliteDatabase database)
    {
        Directory = directory;
        this.database = database;
    }

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Opens a case for reading.</summary>
    /// <exception cref="CaseException">There is no case, it was written by a newer version, or it cannot be read.</exception>
    public static CaseReader Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        return new CaseReader(full, OpenDatabase(full));
    }

    /// <summary>32 hexadecimal digits that name the case and stand in its checkpoints.</summary>
    public string CaseId() => List("SELECT value FROM meta WHERE name='case_id'", row => row.Text(0)) is [string id, ..] ? id : new string('0', 32);

    /// <summary>Every evidence, ascending by id.</summary>
    public IReadOnlyList<StoredEvidence> Evidence() => List(
        "SELECT id, path, exhibit, type_name, size, sector_size, is_logical, files, metadata, stored_hashes FROM evidence ORDER BY id",
        row => new StoredEvidence(row.Int64(0), new EvidenceRow(row.Text(1), row.TextOrNull(2), row.Text(3), row.Int64(4), row.Int32(5), row.Int64(6) != 0,
            CaseJson.ReadStrings(row.Text(7)), CaseJson.ReadPairs(row.Text(8)), CaseJson.ReadHashes(row.Text(9)))));

    /// <summary>The parts of one evidence, ascending by index.</summary>
    public IReadOnlyList<VolumeRow> Volumes(long evidenceId) => List(
        "SELECT volume_index, kind, scheme, offset, length, type_code, type_name, label, identifier, fs_type, fs_label, fs_serial, fs_cluster_size, fs_length, fs_times_local, "
            + "signature_id, signature_name, signature_encrypted, signature_why FROM volume WHERE evidence_id=?1 ORDER BY volume_index",
        row => new VolumeRow(row.Int32(0),
            new Volume((VolumeKind)row.Int32(1), row.Text(2), row.Int64(3), row.Int64(4), row.TextOrNull(5), row.TextOrNull(6), row.TextOrNull(7), row.TextOrNull(8)),
            row.IsNull(9) ? null : new FileTreeInfo(row.Text(9), row.TextOrNull(10), row.TextOrNull(11), row.Int32(12), row.Int64(13), row.Int64(14) != 0),
            row.IsNull(15) ? null : new VolumeSignature(row.Text(15), row.Text(16), row.Int64(17) != 0, row.Text(18))),
        evidenceId);

    /// <summary>How much the case holds, or one evidence of it.</summary>
    public CaseCounts Counts(long? evidenceId = null)
    {
        string ofEntry = evidenceId is null ? "" : " WHERE evidence_id=?1";
        string joined = evidenceId is null ? "" : " JOIN entry e ON e.id=x.entry_id WHERE e.evidence_id=?1";
        long?[] values = evidenceId is null ? [] : [evidenceId];
        (long Allocated, long Deleted, long Orphan, long Streams) entries = List(
            "SELECT coalesce(sum(detail->>'allocated'),0), coalesce(sum(detail->>'deleted'),0), coalesce(sum(detail->>'orphan'),0), coalesce(sum(detail->>'streams'),0) "
            + "FROM audit WHERE action='entries added'" + (evidenceId is null ? "" : " AND detail->>'evidence'=?1"),
            row => (row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3)), values)[0];
        List<(ContentStatus Status, long Count, long Bytes)> content =
            List($"SELECT x.status, count(*), sum(x.bytes_read) FROM content x{joined} GROUP BY x.status", row => ((ContentStatus)row.Int32(0), row.Int64(1), row.Int64(2)), values);
        List<(ProblemKind Kind, long Count)> problems =
            List($"SELECT kind, count(*) FROM problem{ofEntry} GROUP BY kind", row => ((ProblemKind)row.Int32(0), row.Int64(1)), values);
        bool hasPictures = Guarded(() => CaseSchema.HasPictures(database));
        long Pictures(string sql, string where) => hasPictures ? List($"{sql} x{joined}{(joined.Length == 0 ? " WHERE " : " AND ")}{where}", row => row.Int64(0), values)[0] : 0;
        return new CaseCounts
        {
            Allocated = entries.Allocated,
            Deleted = entries.Deleted,
            Orphan = entries.Orphan,
            Streams = entries.Streams,
            Hits = List($"SELECT count(*) FROM hit x{joined}", row => row.Int64(0), values)[0],
            Members = Guarded(() => CaseSchema.HasMembers(database)) ? List($"SELECT count(*) FROM member x{joined}", row => row.Int64(0), values)[0] : 0,
            Pictures = Pictures("SELECT count(*) FROM picture", "x.kind=0"),
            Videos = Pictures("SELECT count(*) FROM picture", "x.kind=1"),
            PicturesNotDecoded = Pictures("SELECT count(*) FROM picture", "x.status>1"),
            AlikeGroups = Pictures("SELECT count(DISTINCT x.group_id) FROM alike", $"x.group_id<>x.entry_id AND x.grouping={CaseSchema.PresentGrouping}"),
            Problems = problems.Where(problem => problem.Kind != ProblemKind.Notice).Sum(problem => problem.Count),
            Notices = problems.Where(problem => problem.Kind == ProblemKind.Notice).Sum(problem => problem.Count),
            BytesRead = content.Sum(status => status.Bytes),
            ProblemsByKind = problems.ToDictionary(problem => problem.Kind, problem => problem.Count),
            ContentByStatus = content.ToDictionary(status => status.Status, status => status.Count),
        };
    }

    /// <summary>The coverage of one evidence as it was last computed, in the order it was added.</summary>
    public IReadOnlyList<CoverageRow> Coverage(long evidenceId) => List(
        "SELECT volume_index, category, bytes, note FROM coverage WHERE evidence_id=?1 AND batch=(SELECT max(batch) FROM coverage WHERE evidence_id=?1) ORDER BY ordinal",
        row => new CoverageRow(row.Int32OrNull(0), row.Text(1), row.Int64(2), row.TextOrNull(3)), evidenceId);

    /// <summary>Computed hashes of the media of one evidence, in the order they were added.</summary>
    public IReadOnlyList<MediaHashRow> MediaHashes(long evidenceId) => List(
        "SELECT algorithm, value, verified FROM media_hash WHERE evidence_id=?1 ORDER BY rowid",
        row => new MediaHashRow(row.Text(0), row.Blob(1), row.IsNull(2) ? null : row.Int64(2) != 0), evidenceId);

    /// <summary>Known sets used, ascending by id.</summary>
    public IReadOnlyList<StoredKnownSet> KnownSets() => List(
        "SELECT id, name, meaning, source, set_version, licence, sha256, hashes FROM known_set ORDER BY id",
        row => new StoredKnownSet(row.Int64(0), new KnownSetRow(row.Text(1), row.Text(2), row.Text(3), row.TextOrNull(4), row.TextOrNull(5), row.Text(6), row.Int64(7))));

    /// <summary>The audit log, ascending.</summary>
    public IEnumerable<AuditEntry> Audit() => Pages(
        "SELECT seq, utc, run_id, who, host, tool, action, detail, rows, leaf, root FROM audit WHERE seq>?1 ORDER BY seq LIMIT ?2",
        row => new AuditEntry(row.Int64(0), row.Text(1), row.Int64(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6), row.Text(7), row.Text(8), row.Blob(9), row.Blob(10)),
        entry => entry.Sequence);

    /// <summary>Signed checkpoints, ascending.</summary>
    public IReadOnlyList<CaseCheckpoint> Checkpoints() => List(
        "SELECT number, size, root, text, verifier_key FROM checkpoint ORDER BY number",
        row => new CaseCheckpoint(row.Int64(0), row.Int64(1), row.Blob(2), row.Text(3), row.Text(4)));

    /// <summary>Problems in an order that does not depend on scheduling: evidence, part, stage, stream.</summary>
    /// <param name="evidenceId">Of one evidence only, or null for all.</param>
    /// <param name="most">The first so many only, or null for all.</param>
    public IEnumerable<StoredProblem> Problems(long? evidenceId = null, long? most = null) => List(
        "SELECT p.evidence_id, coalesce(p.volume_index, e.volume_index) AS part, p.stage, p.entry_id, p.kind, p.place, p.reason, p.offset, p.length "
            + "FROM problem p LEFT JOIN entry e ON e.id=p.entry_id WHERE ?1 IS NULL OR p.evidence_id=?1 ORDER BY p.evidence_id, part, p.stage, p.entry_id, p.rowid LIMIT coalesce(?2,-1)",
        row => new StoredProblem(row.Int64(0), row.Int32OrNull(1), (Stage)row.Int32(2), row.Int64OrNull(3),
            new Problem((ProblemKind)row.Int32(4), row.Text(5), row.Text(6), row.Int64OrNull(7), row.Int64OrNull(8))),
        evidenceId, most);

    /// <summary>How many problems of each kind each stage met, notices too, ascending by evidence, stage and kind.</summary>
    public IReadOnlyList<(long EvidenceId, Stage Stage, ProblemKind Kind, long Count)> ProblemCounts() => List(
        "SELECT evidence_id, stage, kind, count(*) FROM problem GROUP BY evidence_id, stage, kind ORDER BY evidence_id, stage, kind",
        row => (row.Int64(0), (Stage)row.Int32(1), (ProblemKind)row.Int32(2), row.Int64(3)));

    /// <summary>
    /// Streams that hit, counted by exhibit, where they lie and what the hit means; where <paramref name="bySet"/>, by set and category as well, and a
    /// stream that hits several sets or categories counts in each.
    /// </summary>
    public IReadOnlyList<HitCount> HitCounts(bool bySet)
    {
        bool hasPictures = Guarded(() => CaseSchema.HasPictures(database)), hasMembers = Guarded(() => CaseSchema.HasMembers(database));
        string meaning = hasPictures ? "coalesce(k.meaning,s.meaning)" : "s.meaning", category = hasPictures && bySet ? "k.category" : "NULL";
        string place = $"CASE WHEN {(hasMembers ? "coalesce(r.type,e.type)" : "e.type")}=7 THEN 2 WHEN e.state=0 THEN 0 ELSE 1 END";
        return List(
            $"SELECT e.evidence_id, {place} AS place, {meaning} AS meaning, {(bySet ? "h.set_id" : "NULL")} AS set_id, {category} AS category, count(DISTINCT h.entry_id), count(DISTINCT coalesce(c.sha256,e.id)) "
                + "FROM hit h JOIN entry e ON e.id=h.entry_id JOIN known_set s ON s.id=h.set_id LEFT JOIN content c ON c.entry_id=h.entry_id "
                + (hasPictures ? "LEFT JOIN hit_known k ON k.entry_id=h.entry_id AND k.ordinal=h.ordinal " : "")
                + (hasMembers ? "LEFT JOIN member m ON m.entry_id=h.entry_id LEFT JOIN entry r ON r.id=m.root_id " : "")
                + "GROUP BY 1,2,3,4,5 ORDER BY 1,3 DESC,4,5,2",
            row => new HitCount(row.Int64(0), (HitPlace)row.Int32(1), row.Text(2), row.Int64OrNull(3), row.TextOrNull(4), row.Int64(5), row.Int64(6)));
    }

    /// <summary>Where each stream that was dealt with lies, with the SHA-256 of its content, or null where there is none; streamed.</summary>
    public IEnumerable<(long EntryId, long EvidenceId, HitPlace Place, byte[]? Sha256)> Places()
    {
        bool hasMembers = Guarded(() => CaseSchema.HasMembers(database));
        return Pages(
            $"SELECT e.id, e.evidence_id, CASE WHEN {(hasMembers ? "coalesce(r.type,e.type)" : "e.type")}=7 THEN 2 WHEN e.state=0 THEN 0 ELSE 1 END, c.sha256 FROM content c JOIN entry e ON e.id=c.entry_id "
                + (hasMembers ? "LEFT JOIN member m ON m.entry_id=e.id LEFT JOIN entry r ON r.id=m.root_id " : "") + "WHERE c.entry_id>?1 ORDER BY c.entry_id LIMIT ?2",
            row => (row.Int64(0), row.Int64(1), (HitPlace)row.Int32(2), row.BlobOrNull(3)), row => row.Item1);
    }

    /// <summary>Ids of the streams with a hit of one meaning, ascending.</summary>
    /// <param name="meaning">"known", "notable" or "ignorable".</param>
    public IReadOnlyList<long> HitIds(string meaning)
    {
        ArgumentNullException.ThrowIfNull(meaning);
        return Guarded(() =>
        {
            bool hasPictures = CaseSchema.HasPictures(database);
            using SqliteStatement rows = database.Prepare("SELECT DISTINCT h.entry_id FROM hit h JOIN known_set s ON s.id=h.set_id "
                + (hasPictures ? "LEFT JOIN hit_known k ON k.entry_id=h.entry_id AND k.ordinal=h.ordinal WHERE coalesce(k.meaning,s.meaning)=?1" : "WHERE s.meaning=?1") + " ORDER BY 1");
            rows.Bind(1, meaning);
            List<long> ids = [];
            while (rows.Step())
            {
                ids.Add(rows.Int64(0));
            }

            return ids;
        });
    }

    /// <summary>Hits, ascending by stream.</summary>
    public IEnumerable<StoredHit> Hits() => List(
        $"SELECT {EntryCursor.HitColumns(Guarded(() => CaseSchema.HasPictures(database)))} ORDER BY h.entry_id, h.ordinal",
        row => new StoredHit(row.Int64(0), EntryCursor.HitOf(row)));

    /// <summary>Whether a stage was completed.</summary>
    public bool IsComplete(long evidenceId, Stage stage, int? volumeIndex) => List(
        "SELECT count(*) FROM stage WHERE evidence_id=?1 AND stage=?2 AND volume_index IS ?3", row => row.Int64(0), evidenceId, (long)stage, volumeIndex)[0] > 0;

    /// <summary>Every stream with all that is known of it, streamed, ascending by id; one moment of the case, also while it is written.</summary>
    /// <param name="evidenceId">Of one evidence only, or null for all.</param>
    /// <param name="volumeIndex">Of one part only, or null for all.</param>
    public IEnumerable<ExportRow> Entries(long? evidenceId = null, int? volumeIndex = null)
    {
        string where = evidenceId is null && volumeIndex is null ? "" : "WHERE (?1 IS NULL OR evidence_id=?1) AND (?2 IS NULL OR volume_index=?2)";
        using EntryCursor cursor = Guarded(() => new EntryCursor(database, where, statement =>
        {
            if (where.Length > 0)
            {
                statement.Bind(1, evidenceId);
                statement.Bind(2, volumeIndex);
            }
        }));
        List<ExportRow> page = new(Page);
        do
        {
            page.Clear();
            Guarded(() =>
            {
                while (page.Count < Page && cursor.Next() is ExportRow row)
                {
                    page.Add(row);
                }

                return 0;
            });
            foreach (ExportRow row in page)
            {
                yield return row;
            }
        }
        while (page.Count == Page);
    }

    /// <summary>The streams with these ids, with all that is known of them, streamed in the order of the ids; ids that the case does not have are passed over.</summary>
    /// <param name="ids">Ascending.</param>
    public IEnumerable<ExportRow> Entries(IEnumerable<long> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        foreach (long[] wanted in ids.Chunk(Page))
        {
            string among = $"[{string.Join(',', wanted)}]";
            List<ExportRow> page = Guarded(() =>
            {
                using EntryCursor cursor = new(database, $"WHERE id IN ({EntryCursor.Among})", statement => statement.Bind(1, among), among: among);
                List<ExportRow> rows = [];
                while (cursor.Next() is ExportRow row)
                {
                    rows.Add(row);
                }

                return rows;
            });
            foreach (ExportRow row in page)
            {
                yield return row;
            }
        }
    }

    /// <summary>Streams as the content pass needs them, streamed, ascending by id. No snapshot is held between pages, so the log of a writer can be carried over.</summary>
    /// <param name="evidenceId">The evidence.</param>
    /// <param name="volumeIndex">The part; null for logical evidence.</param>
    public IEnumerable<StreamRow> Streams(long evidenceId, int? volumeIndex) => Pages(
        $"SELECT {StreamColumns} FROM entry e WHERE e.id>?1 AND e.evidence_id=?3 AND e.volume_index IS ?4 AND {CaseSchema.InFileSystem} ORDER BY e.id LIMIT ?2",
        Stream, stream => stream.Id, evidenceId, volumeIndex);

    /// <summary>
    /// Streams of the file systems of one evidence that were read, in part at least, and whose type is one of <paramref name="types"/> or begins with
    /// one that ends in "/", ascending by id; a stream with several names comes once for each.
    /// </summary>
    public IReadOnlyList<TypedStream> OfType(long evidenceId, IReadOnlyList<string> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        string match = string.Join(" OR ", types.Select((type, i) => type.EndsWith('/') ? $"substr(c.mime,1,{type.Length})=?{i + 2}" : $"c.mime=?{i + 2}"));
        return Guarded(() =>
        {
            using SqliteStatement rows = database.Prepare(
                $"SELECT {StreamColumns}, e.volume_index, e.address, c.mime FROM content c CROSS JOIN entry e ON e.id=c.entry_id "
                + $"WHERE ({match}) AND c.status IN (0,1) AND e.evidence_id=?1 AND {CaseSchema.InFileSystem} ORDER BY e.id");
            rows.Bind(1, evidenceId);
            for (int i = 0; i < types.Count; i++)
            {
                rows.Bind(i + 2, types[i]);
            }

            List<TypedStream> found = [];
            while (rows.Step())
            {
                found.Add(new TypedStream(Stream(rows), rows.Int32OrNull(11), rows.Text(12), rows.Text(13)));
            }

            return found;
        });
    }

    /// <summary>Files within files of one evidence that were read, in part at least, and whose type begins with one of <paramref name="types"/>, ascending by id.</summary>
    public IEnumerable<TypedMember> MembersOfType(long evidenceId, IReadOnlyList<string> types)
    {
        ArgumentNullException.ThrowIfNull(types);
        return Guarded(() => CaseSchema.HasMembers(database)) ? List(
            "SELECT e.id, e.path, c.mime, e.size, m.parent_id, m.root_id, m.ordinal FROM member m JOIN entry e ON e.id=m.entry_id JOIN content c ON c.entry_id=m.entry_id "
                + "WHERE e.evidence_id=?1 AND c.mime IS NOT NULL AND c.status IN (0,1) ORDER BY e.id",
            row => new TypedMember(row.Int64(0), row.Text(1), row.Text(2), row.Int64(3), row.Int64(4), row.Int64(5), row.Int32(6)), evidenceId)
            .Where(m => types.Any(type => m.Mime.StartsWith(type, StringComparison.Ordinal))) : [];
    }

    /// <summary>Members of one evidence in which others lie, by row id; paths are left empty.</summary>
    public IReadOnlyDictionary<long, TypedMember> MembersWithMembers(long evidenceId) => Guarded(() => CaseSchema.HasMembers(database)) ? List(
        "SELECT m.entry_id, c.mime, e.size, m.parent_id, m.root_id, m.ordinal FROM member m JOIN entry e ON e.id=m.entry_id JOIN content c ON c.entry_id=m.entry_id "
            + "WHERE e.evidence_id=?1 AND c.mime IS NOT NULL AND m.entry_id IN (SELECT parent_id FROM member)",
        row => new TypedMember(row.Int64(0), "", row.Text(1), row.Int64(2), row.Int64(3), row.Int64(4), row.Int32(5)), evidenceId).ToDictionary(m => m.Id) : new Dictionary<long, TypedMember>();

    /// <summary>
    /// Every picture that was hashed, ascending by id, with what the grouping in force says of it. Videos and pictures that could not be decoded are
    /// left out, but for those whose bytes are known: copies are told by their bytes.
    /// </summary>
    public IEnumerable<StoredPictureHash> PictureHashes() => Guarded(() => CaseSchema.HasPictures(database)) ? Pages(
        "SELECT p.entry_id, c.sha256, p.quality, p.pdq, p.turned, a.entry_id, a.group_id, a.kind, a.distance, a.orientation, a.copy_of FROM picture p "
            + $"LEFT JOIN content c ON c.entry_id=p.entry_id LEFT JOIN alike a ON a.entry_id=p.entry_id AND a.grouping={CaseSchema.PresentGrouping} "
            + "WHERE p.entry_id>?1 AND p.kind=0 ORDER BY p.entry_id LIMIT ?2",
        row => new StoredPictureHash(row.Int64(0), row.BlobOrNull(1), row.Int32(2), Hashes(row.BlobOrNull(3), row.BlobOrNull(4)), row.IsNull(5) ? null : EntryCursor.AlikeOf(row, 5)),
        picture => picture.EntryId) : [];

    /// <summary>Pictures and videos of one evidence of which something could be decoded, ascending by id: those that can have a small picture.</summary>
    public IReadOnlyList<long> PicturesShown(long evidenceId) => Guarded(() => CaseSchema.HasPictures(database)) ? List(
        "SELECT p.entry_id FROM picture p JOIN entry e ON e.id=p.entry_id WHERE e.evidence_id=?1 AND p.status IN (0,1) AND p.frames>0 ORDER BY p.entry_id", row => row.Int64(0), evidenceId) : [];

    /// <summary>The path of a stream's entry, or null; cheaper than <see cref="Entry"/> and as fast while the case is being written.</summary>
    public string? PathOf(long id) => Guarded(() =>
    {
        pathOf ??= database.Prepare("SELECT path FROM entry WHERE id=?1");
        pathOf.Bind(1, id);
        try
        {
            return pathOf.Step() ? pathOf.Text(0) : null;
        }
        finally
        {
            pathOf.Reset();
        }
    });

    /// <summary>One stream by its id, or null.</summary>
    public ExportRow? Entry(long id) => Guarded(() =>
    {
        using EntryCursor cursor = new(database, "WHERE id=?1", statement => statement.Bind(1, id), id);
        return cursor.Next();
    });

    /// <summary>
    /// Streams with this path and stream name: several where a deleted name equals an allocated one; the allocated come first.
    /// </summary>
    public IReadOnlyList<ExportRow> Find(long evidenceId, int? volumeIndex, string path, string stream)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(stream);
        List<long> ids = Guarded(() =>
        {
            using SqliteStatement find = database.Prepare("SELECT id FROM entry WHERE evidence_id=?1 AND volume_index IS ?2 AND path=?3 AND stream=?4 ORDER BY state, id");
            find.Bind(1, evidenceId);
            find.Bind(2, volumeIndex);
            find.Bind(3, path);
            find.Bind(4, stream);
            List<long> found = [];
            while (find.Step())
            {
                found.Add(find.Int64(0));
            }

            return found;
        });
        return [.. ids.Select(Entry).OfType<ExportRow>()];
    }

    private static PdqHash[] Hashes(byte[]? first, byte[]? turned)
    {
        List<PdqHash> hashes = [];
        foreach (byte[] part in new[] { first, turned }.OfType<byte[]>())
        {
            for (int at = 0; at + PdqHash.ByteLength <= part.Length; at += PdqHash.ByteLength)
            {
                hashes.Add(PdqHash.FromBytes(part.AsSpan(at, PdqHash.ByteLength)));
            }
        }

        return [.. hashes];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                pathOf?.Dispose();
                database.Dispose();
            }
        }
    }

    /// <summary>Opens case.db read-only and sees that it is a case of a version that this build knows.</summary>
    /// <param name="directory">Full path of the case folder.</param>
    /// <param name="immutable">Takes the read-only medium's way at once, for tests.</param>
    internal static SqliteDatabase OpenDatabase(string directory, bool immutable = false)
    {
        string path = CaseFolder.Database(directory);
        if (!File.Exists(path))
        {
            throw new CaseException($"there is no case in '{directory}': name the folder that 'cairn examine --case' wrote");
        }

        SqliteDatabase? database = null;
        try
        {
            if (CaseFolder.NotADatabase(directory) is string why)
            {
                throw new CaseException(why);
            }

            database = OpenReadable(directory, path, immutable);
            database.Execute("PRAGMA cache_size=-16384");
            long version = database.Scalar("PRAGMA user_version");
            if (database.Scalar("PRAGMA application_id") != CaseSchema.ApplicationId)
            {
                throw new CaseException($"'{directory}' is not a case: case.db is a database of another program, or the first run did not get as far as a case");
            }

            if (version > CaseSchema.Version)
            {
                throw CaseDatabase.Newer(directory, version, CaseSchema.Version);
            }

            return database;
        }
        catch (Exception error)
        {
            database?.Dispose();
            throw error switch
            {
                SqliteFailure failure => failure.ForTerminal(directory),
                IOException or UnauthorizedAccessException => new CaseException($"the case in '{directory}' cannot be read: {error.Message}", error),
                _ => error,
            };
        }
    }

    /// <summary>The case's own id, from its database.</summary>
    internal static string CaseId(string directory)
    {
        using SqliteDatabase database = OpenDatabase(directory);
        try
        {
            using SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name='case_id'");
            return meta.Step() ? meta.Text(0) : throw new CaseException($"the case in '{directory}' has no id: 'cairn verify --case' says what is left of it");
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForTerminal(directory);
        }
    }

    /// <summary>The stream of a row that begins with <see cref="StreamColumns"/>.</summary>
    private static StreamRow Stream(SqliteStatement row) => new(row.Int64(0), new StreamRef(row.Int64(1), row.Int32(2)), row.Int64(3), row.Int64(4), (StreamFlags)row.Int32(5),
        (EntryState)row.Int32(6), (EntryType)row.Int32(7), row.Int64(8) != 0, row.Text(9), row.Text(10));

    /// <summary>Opens a database of the case folder read-only, on a read-only medium too.</summary>
    internal static SqliteDatabase OpenReadable(string directory, string path, bool immutable)
    {
        if (!immutable)
        {
            SqliteDatabase database = SqliteDatabase.Open(path, write: false);
            try
            {
                _ = database.Scalar("SELECT count(*) FROM sqlite_schema");
                return database;
            }
            catch (SqliteFailure failure) when (failure.Primary is SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_READONLY)
            {
                // A read-only medium: the shared memory file that WAL needs cannot be made beside the database.
                database.Dispose();
            }
            catch
            {
                database.Dispose();
                throw;
            }
        }

        if (new FileInfo(CaseFolder.WriteAheadLog(path)) is { Exists: true, Length: > 0 })
        {
            throw new CaseException($"the case in '{directory}' was left by an interrupted run with rows still in {Path.GetFileName(path)}-wal, which a read-only medium does not let SQLite read: copy the folder to where you can write");
        }

        return SqliteDatabase.Open(path, write: false, immutable: true);
    }

    private T Guarded<T>(Func<T> read)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            try
            {
                return read();
            }
            catch (SqliteFailure failure)
            {
                throw failure.ForTerminal(Directory);
            }
            catch (Exception error) when (error is System.Text.Json.JsonException or FormatException or InvalidOperationException and not ObjectDisposedException)
            {
                throw new CaseException($"the case in '{Directory}' holds a cell that is not as Cairn writes it: 'cairn verify --case' says which", error);
            }
        }
    }

    private List<T> List<T>(string sql, Func<SqliteStatement, T> read, params long?[] values) => Guarded(() =>
    {
        using SqliteStatement statement = database.Prepare(sql);
        for (int i = 0; i < values.Length; i++)
        {
            statement.Bind(i + 1, values[i]);
        }

        List<T> rows = [];
        while (statement.Step())
        {
            rows.Add(read(statement));
        }

        return rows;
    });

    /// <summary>Rows after a key, page by page: parameter 1 is the key, 2 the most rows, the rest <paramref name="values"/>.</summary>
    private IEnumerable<T> Pages<T>(string sql, Func<SqliteStatement, T> read, Func<T, long> key, params long?[] values)
    {
        long last = 0;
        while (true)
        {
            List<T> page = List(sql, read, [last, Page, .. values]);
            foreach (T row in page)
            {
                yield return row;
            }

            if (page.Count < Page)
            {
                yield break;
            }

            last = key(page[^1]);
        }
    }
}
