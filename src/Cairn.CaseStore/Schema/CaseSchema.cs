using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Schema;

/// <summary>The schema of case.db. Every table and column is described in README.md beside this project.</summary>
internal static class CaseSchema
{
    /// <summary>PRAGMA user_version of what this build writes.</summary>
    public const int Version = 3;

    /// <summary>PRAGMA application_id: "Carn".</summary>
    public const int ApplicationId = 0x4361726E;

    public static readonly TableDefinition Meta = new("meta", ("name", "TEXT NOT NULL"), ("value", "TEXT NOT NULL"));

    public static readonly TableDefinition SigningKeys = new("signing_key", ("verifier_key", "TEXT NOT NULL"));

    public static readonly TableDefinition Evidence = new("evidence",
        ("id", "INTEGER PRIMARY KEY"), ("path", "TEXT NOT NULL"), ("exhibit", "TEXT"), ("type_name", "TEXT NOT NULL"), ("size", "INTEGER NOT NULL"),
        ("sector_size", "INTEGER NOT NULL"), ("is_logical", "INTEGER NOT NULL"), ("files", "TEXT NOT NULL"), ("metadata", "TEXT NOT NULL"), ("stored_hashes", "TEXT NOT NULL"));

    public static readonly TableDefinition Volumes = new("volume",
        ("evidence_id", "INTEGER NOT NULL"), ("volume_index", "INTEGER NOT NULL"), ("kind", "INTEGER NOT NULL"), ("scheme", "TEXT NOT NULL"),
        ("offset", "INTEGER NOT NULL"), ("length", "INTEGER NOT NULL"), ("type_code", "TEXT"), ("type_name", "TEXT"), ("label", "TEXT"), ("identifier", "TEXT"),
        ("fs_type", "TEXT"), ("fs_label", "TEXT"), ("fs_serial", "TEXT"), ("fs_cluster_size", "INTEGER"), ("fs_length", "INTEGER"), ("fs_times_local", "INTEGER"),
        ("signature_id", "TEXT"), ("signature_name", "TEXT"), ("signature_encrypted", "INTEGER"), ("signature_why", "TEXT"));

    public static readonly TableDefinition Stages = new("stage", ("evidence_id", "INTEGER NOT NULL"), ("stage", "INTEGER NOT NULL"), ("volume_index", "INTEGER"));

    public static readonly TableDefinition Entries = new("entry",
        ("id", "INTEGER PRIMARY KEY"), ("evidence_id", "INTEGER NOT NULL"), ("volume_index", "INTEGER"), ("first_id", "INTEGER NOT NULL"), ("key", "INTEGER NOT NULL"),
        ("path", "TEXT NOT NULL"), ("stream", "TEXT NOT NULL"), ("address", "TEXT NOT NULL"), ("type", "INTEGER NOT NULL"), ("state", "INTEGER NOT NULL"),
        ("reallocated", "INTEGER NOT NULL"), ("size", "INTEGER NOT NULL"), ("valid_length", "INTEGER NOT NULL"), ("allocated_size", "INTEGER NOT NULL"),
        ("flags", "INTEGER NOT NULL"), ("first_offset", "INTEGER NOT NULL"), ("ref_key", "INTEGER NOT NULL"), ("ref_stream", "INTEGER NOT NULL"),
        ("time_kinds", "INTEGER NOT NULL"), ("modified", "INTEGER"), ("accessed", "INTEGER"), ("changed", "INTEGER"), ("created", "INTEGER"),
        ("name_modified", "INTEGER"), ("name_accessed", "INTEGER"), ("name_changed", "INTEGER"), ("name_created", "INTEGER"), ("deleted", "INTEGER"),
        ("mode", "INTEGER"), ("uid", "INTEGER"), ("gid", "INTEGER"), ("dos_attributes", "INTEGER"), ("link_count", "INTEGER"), ("link_target", "TEXT"),
        ("name_bytes", "BLOB"), ("short_name", "TEXT"), ("attributes", "TEXT"));

    public static readonly TableDefinition Recovery = new("recovery", ("entry_id", "INTEGER NOT NULL"), ("recoverability", "INTEGER NOT NULL"));

    public static readonly TableDefinition Claims = new("claim",
        ("entry_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("volume_offset", "INTEGER NOT NULL"), ("length", "INTEGER NOT NULL"),
        ("state", "INTEGER NOT NULL"), ("other_entry_id", "INTEGER"));

    public static readonly TableDefinition Content = new("content",
        ("entry_id", "INTEGER NOT NULL"), ("status", "INTEGER NOT NULL"), ("md5", "BLOB"), ("sha1", "BLOB"), ("sha256", "BLOB"), ("mime", "TEXT"),
        ("extension_mismatch", "INTEGER NOT NULL"), ("bytes_read", "INTEGER NOT NULL"));

    public static readonly TableDefinition Hits = new("hit",
        ("entry_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("set_id", "INTEGER NOT NULL"), ("method", "TEXT NOT NULL"), ("detail", "TEXT"));

    public static readonly TableDefinition Problems = new("problem",
        ("evidence_id", "INTEGER NOT NULL"), ("volume_index", "INTEGER"), ("stage", "INTEGER NOT NULL"), ("entry_id", "INTEGER"), ("kind", "INTEGER NOT NULL"),
        ("place", "TEXT NOT NULL"), ("reason", "TEXT NOT NULL"), ("offset", "INTEGER"), ("length", "INTEGER"));

    public static readonly TableDefinition KnownSets = new("known_set",
        ("id", "INTEGER PRIMARY KEY"), ("name", "TEXT NOT NULL"), ("meaning", "TEXT NOT NULL"), ("source", "TEXT NOT NULL"), ("set_version", "TEXT"), ("licence", "TEXT"),
        ("sha256", "TEXT NOT NULL"), ("hashes", "INTEGER NOT NULL"));

    public static readonly TableDefinition MediaHashes = new("media_hash",
        ("evidence_id", "INTEGER NOT NULL"), ("algorithm", "TEXT NOT NULL"), ("value", "BLOB NOT NULL"), ("verified", "INTEGER"));

    public static readonly TableDefinition Coverage = new("coverage",
        ("evidence_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("volume_index", "INTEGER"), ("category", "TEXT NOT NULL"), ("bytes", "INTEGER NOT NULL"), ("note", "TEXT"));

    public static readonly TableDefinition Members = new("member",
        ("entry_id", "INTEGER NOT NULL"), ("parent_id", "INTEGER NOT NULL"), ("root_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("kind", "INTEGER NOT NULL"),
        ("depth", "INTEGER NOT NULL"), ("encrypted", "INTEGER NOT NULL"));

    public static readonly TableDefinition Expansions = new("expansion",
        ("root_id", "INTEGER NOT NULL"), ("format", "TEXT NOT NULL"), ("members", "INTEGER NOT NULL"), ("bytes", "INTEGER NOT NULL"));

    public static readonly TableDefinition HitEntries = new("hit_known",
        ("entry_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("known_entry", "TEXT NOT NULL"), ("meaning", "TEXT NOT NULL"), ("category", "TEXT"), ("vouched_by", "TEXT"),
        ("vouched_at", "TEXT"), ("distance", "INTEGER"), ("quality", "INTEGER"), ("orientation", "INTEGER"), ("threshold", "INTEGER"), ("position", "INTEGER"));

    public static readonly TableDefinition Pictures = new("picture",
        ("entry_id", "INTEGER NOT NULL"), ("kind", "INTEGER NOT NULL"), ("status", "INTEGER NOT NULL"), ("format", "TEXT"), ("width", "INTEGER NOT NULL"), ("height", "INTEGER NOT NULL"),
        ("frames", "INTEGER NOT NULL"), ("milliseconds", "INTEGER"), ("pdq", "BLOB"), ("turned", "BLOB"), ("quality", "INTEGER NOT NULL"), ("method", "TEXT"), ("camera", "TEXT"),
        ("facts", "TEXT"));

    public static readonly TableDefinition PictureFrames = new("picture_frame",
        ("entry_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("position", "INTEGER NOT NULL"), ("scene", "INTEGER NOT NULL"), ("pdq", "BLOB NOT NULL"),
        ("quality", "INTEGER NOT NULL"));

    public static readonly TableDefinition Alike = new("alike",
        ("grouping", "INTEGER NOT NULL"), ("entry_id", "INTEGER NOT NULL"), ("group_id", "INTEGER NOT NULL"), ("kind", "INTEGER NOT NULL"), ("distance", "INTEGER NOT NULL"),
        ("orientation", "INTEGER NOT NULL"), ("copy_of", "INTEGER"));

    /// <summary>Tables covered by digests, in the order in which an audit entry lists them.</summary>
    public static readonly IReadOnlyList<TableDefinition> Tables =
        [Meta, SigningKeys, Evidence, Volumes, Stages, Entries, Recovery, Claims, Content, Hits, Problems, KnownSets, MediaHashes, Coverage,
            Members, Expansions, HitEntries, Pictures, PictureFrames, Alike];

    /// <summary>The log itself and its checkpoints; covered by the Merkle tree and the signatures.</summary>
    public static readonly IReadOnlyList<string> LogSql =
    [
        "CREATE TABLE audit(seq INTEGER PRIMARY KEY, utc TEXT NOT NULL, run_id INTEGER NOT NULL, who TEXT NOT NULL, host TEXT NOT NULL, tool TEXT NOT NULL, schema INTEGER NOT NULL, "
            + "action TEXT NOT NULL, detail TEXT NOT NULL, leaf BLOB NOT NULL, root BLOB NOT NULL, rows TEXT NOT NULL, checks BLOB NOT NULL)",
        "CREATE TABLE checkpoint(number INTEGER PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, text TEXT NOT NULL, verifier_key TEXT NOT NULL)",
    ];

    /// <summary>Made when a run ends: while rows come in media order they would cost more than they give.</summary>
    public static readonly IReadOnlyList<string> IndexSql =
    [
        "CREATE UNIQUE INDEX content_entry ON content(entry_id)",
        "CREATE INDEX hit_entry ON hit(entry_id, ordinal)",
        "CREATE INDEX problem_entry ON problem(entry_id)",
        "CREATE UNIQUE INDEX recovery_entry ON recovery(entry_id)",
        "CREATE INDEX claim_entry ON claim(entry_id, ordinal)",
        "CREATE UNIQUE INDEX member_entry ON member(entry_id)",
        "CREATE UNIQUE INDEX hit_known_entry ON hit_known(entry_id, ordinal)",
        "CREATE UNIQUE INDEX picture_entry ON picture(entry_id)",
        "CREATE INDEX picture_frame_entry ON picture_frame(entry_id, ordinal)",
        "CREATE UNIQUE INDEX alike_entry ON alike(grouping, entry_id)",
    ];

    /// <summary>Views for people with any SQLite tool; nothing in this project reads them.</summary>
    public static readonly IReadOnlyList<string> ViewSql = [EntryView(), ProblemView(), HitView(), PictureView()];

    /// <summary>Steps from one version to the next; version 1 has none before it.</summary>
    public static readonly IReadOnlyList<SchemaMigration> Migrations =
    [
        new(2, [Members.CreateSql, Expansions.CreateSql, "DROP VIEW problem_view", ProblemView()]),
        new(3, [HitEntries.CreateSql, Pictures.CreateSql, PictureFrames.CreateSql, Alike.CreateSql, "DROP VIEW problem_view", ProblemView(), "DROP VIEW hit_view", HitView(), PictureView()]),
    ];

    /// <summary>Everything that a case of this version holds apart from indexes.</summary>
    public static IEnumerable<string> CreateSql => [.. Tables.Select(table => table.CreateSql), .. LogSql, .. ViewSql];

    /// <summary>Condition on entry e: a stream of a file system, not a file within a file (<see cref="Core.StreamFlags.Embedded"/>).</summary>
    public const string InFileSystem = "e.flags&128=0";

    /// <summary>Whether the case has tables of files within files: one of version 1 gets them when it is next written to.</summary>
    public static bool HasMembers(SqliteDatabase database) => database.Scalar("PRAGMA user_version") >= 2;

    /// <summary>Whether the case has tables of pictures: one of an older version gets them when it is next written to.</summary>
    public static bool HasPictures(SqliteDatabase database) => database.Scalar("PRAGMA user_version") >= 3;

    /// <summary>The grouping in force: the last one.</summary>
    public const string PresentGrouping = "(SELECT max(grouping) FROM alike)";

    /// <summary>What writing and verifying need to know.</summary>
    public static readonly LogSchema Log = new()
    {
        Name = "case",
        Version = Version,
        Tables = Tables,
        Create = Create,
        LaterIndexes = IndexSql,
        OriginPrefix = "cairn/case/",
        SignedAction = "run finished",
        WhyUncovered = "a run is going on or was interrupted",
        CheckpointFolder = CaseFolder.Checkpoints,
    };

    /// <summary>Makes the schema in an empty database, within the caller's transaction.</summary>
    public static void Create(SqliteDatabase database)
    {
        foreach (string sql in CreateSql)
        {
            database.Execute(sql);
        }

        database.Execute($"PRAGMA user_version={Version}");
    }

    private static string EntryView()
    {
        (string Column, int Place)[] times =
        [
            ("modified", 0), ("accessed", 1), ("changed", 2), ("created", 3), ("name_modified", 4), ("name_accessed", 5), ("name_changed", 6), ("name_created", 7), ("deleted", 8),
        ];
        return "CREATE VIEW entry_view AS SELECT e.id, e.first_id, e.evidence_id, v.path AS evidence, v.exhibit, e.volume_index, e.path, e.stream, e.address, "
            + "CASE e.type WHEN 0 THEN 'file' WHEN 1 THEN 'directory' WHEN 2 THEN 'link' WHEN 3 THEN 'character device' WHEN 4 THEN 'block device' WHEN 5 THEN 'fifo' WHEN 6 THEN 'socket' WHEN 7 THEN 'virtual' ELSE 'unknown' END AS type, "
            + "CASE e.state WHEN 0 THEN 'allocated' WHEN 1 THEN 'deleted' ELSE 'orphan' END AS state, e.reallocated, e.size, "
            + string.Join(", ", times.Select(time => $"{IsoTime("e." + time.Column, $"(e.time_kinds>>{time.Place * 4}&15)")} AS {time.Column}"))
            + ", lower(hex(c.md5)) AS md5, lower(hex(c.sha1)) AS sha1, lower(hex(c.sha256)) AS sha256, c.mime, c.extension_mismatch, "
            + "CASE c.status WHEN 0 THEN 'read' WHEN 1 THEN 'partly unreadable' WHEN 2 THEN 'unreadable' WHEN 3 THEN 'encrypted' WHEN 4 THEN 'overwritten' WHEN 5 THEN 'name only' WHEN 6 THEN 'not hashed' WHEN 7 THEN 'changed' END AS content, "
            + "CASE r.recoverability WHEN 1 THEN 'full' WHEN 2 THEN 'partial' WHEN 3 THEN 'name only' END AS recoverability "
            + "FROM entry e JOIN evidence v ON v.id=e.evidence_id LEFT JOIN content c ON c.entry_id=e.id LEFT JOIN recovery r ON r.entry_id=e.id";
    }

    private static string ProblemView() =>
        "CREATE VIEW problem_view AS SELECT p.evidence_id, p.volume_index, "
        + "CASE p.stage WHEN 0 THEN 'volumes' WHEN 1 THEN 'inventory' WHEN 2 THEN 'claims' WHEN 3 THEN 'content' WHEN 4 THEN 'media hash' WHEN 5 THEN 'coverage' WHEN 6 THEN 'embedded' WHEN 7 THEN 'pictures' END AS stage, p.entry_id, e.path, e.stream, "
        + "CASE p.kind WHEN 0 THEN 'notice' WHEN 1 THEN 'malformed' WHEN 2 THEN 'unreadable' WHEN 3 THEN 'cycle' WHEN 4 THEN 'limit reached' WHEN 5 THEN 'missing' WHEN 6 THEN 'mismatch' "
        + "WHEN 7 THEN 'unsupported' WHEN 8 THEN 'encrypted' WHEN 9 THEN 'changed' END AS kind, p.place, p.reason, p.offset, p.length "
        + "FROM problem p LEFT JOIN entry e ON e.id=p.entry_id";

    private static string HitView() =>
        "CREATE VIEW hit_view AS SELECT h.entry_id, e.evidence_id, e.volume_index, e.path, e.stream, s.name AS known_set, coalesce(k.meaning, s.meaning) AS meaning, s.set_version, h.method, h.detail, "
        + $"k.known_entry, k.category, k.vouched_by, k.vouched_at, k.distance, k.quality, {Orientation("k.orientation")} AS orientation, k.threshold, k.position "
        + "FROM hit h JOIN entry e ON e.id=h.entry_id JOIN known_set s ON s.id=h.set_id LEFT JOIN hit_known k ON k.entry_id=h.entry_id AND k.ordinal=h.ordinal";

    private static string PictureView() =>
        "CREATE VIEW picture_view AS SELECT p.entry_id, e.evidence_id, e.volume_index, e.path, e.stream, CASE p.kind WHEN 0 THEN 'picture' ELSE 'video' END AS kind, "
        + "CASE p.status WHEN 0 THEN 'decoded' WHEN 1 THEN 'partial' WHEN 2 THEN 'limit reached' WHEN 3 THEN 'timed out' WHEN 4 THEN 'crashed' WHEN 5 THEN 'unsupported' ELSE 'malformed' END AS status, "
        + "p.format, p.width, p.height, p.frames, p.milliseconds, lower(hex(p.pdq)) AS pdq, p.quality, p.method, p.camera, p.facts, a.group_id, "
        + "CASE a.kind WHEN 0 THEN 'leader' WHEN 1 THEN 'same bytes' WHEN 2 THEN 'same hash' WHEN 3 THEN 'near' END AS alike, a.distance AS alike_distance, "
        + $"{Orientation("a.orientation")} AS alike_orientation, a.copy_of FROM picture p JOIN entry e ON e.id=p.entry_id "
        + $"LEFT JOIN alike a ON a.entry_id=p.entry_id AND a.grouping={PresentGrouping}";

    private static string Orientation(string column) =>
        $"CASE {column} WHEN 0 THEN 'original' WHEN 1 THEN 'rotate90' WHEN 2 THEN 'rotate180' WHEN 3 THEN 'rotate270' WHEN 4 THEN 'flipx' WHEN 5 THEN 'flipy' WHEN 6 THEN 'flipplus1' WHEN 7 THEN 'flipminus1' END";

    /// <summary>ISO 8601 UTC of a raw time, in SQL; the same text as <see cref="Core.EvidenceTime.ToIso"/>.</summary>
    private static string IsoTime(string raw, string kind)
    {
        static string Seconds(string seconds, string fraction) =>
            $"CASE WHEN {seconds} BETWEEN -62135596800 AND 253402300799 THEN strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch')||{fraction}||'Z' END";

        // SQLite's division goes towards zero; seconds before 1970 need the floor.
        string nanosecondSeconds = $"(({raw}-(({raw}%1000000000)+1000000000)%1000000000)/1000000000)";
        string fat = DosTime($"({raw}>>24&65535)", $"({raw}>>8&65535)", $"({raw}&255)", "0");
        string exfat = DosTime($"({raw}>>32&65535)", $"({raw}>>16&65535)", $"({raw}>>8&255)", $"CASE WHEN {raw}&128 THEN ((({raw}&127)+64)%128-64)*900 ELSE 0 END");
        return $"CASE {kind} WHEN 1 THEN CASE WHEN {raw}>0 THEN {Seconds($"({raw}/10000000-11644473600)", $"printf('.%07d',{raw}%10000000)")} END "
            + $"WHEN 2 THEN CASE WHEN {raw}<>0 THEN {fat} END WHEN 3 THEN CASE WHEN {raw}<>0 THEN {exfat} END "
            + $"WHEN 4 THEN {Seconds(nanosecondSeconds, $"printf('.%09d',(({raw}%1000000000)+1000000000)%1000000000)")} "
            + $"WHEN 5 THEN {Seconds(raw, "''")} END";
    }

    private static string DosTime(string date, string time, string hundredths, string offset)
    {
        string year = $"(1980+({date}>>9))", month = $"({date}>>5&15)", day = $"({date}&31)", hour = $"({time}>>11)", minute = $"({time}>>5&63)", second = $"(({time}&31)*2)";
        string text = $"printf('%04d-%02d-%02dT%02d:%02d:%02d',{year},{month},{day},{hour},{minute},{second})";
        // A day that the month does not have comes back as another one.
        return $"CASE WHEN {month} BETWEEN 1 AND 12 AND {day}>0 AND {hour}<24 AND {minute}<60 AND {second}<60 AND {hundredths}<200 AND strftime('%d',date({text},'+0 days'))+0={day} "
            + $"THEN strftime('%Y-%m-%dT%H:%M:%S',{text},printf('%+d seconds',{hundredths}/100-({offset})))||CASE WHEN {hundredths}%100 THEN printf('.%02d',{hundredths}%100) ELSE '' END||'Z' END";
    }
}

/// <summary>Takes a case from one version to the next by adding tables, columns or views; stored rows keep their digests.</summary>
/// <param name="To">The version it leads to.</param>
/// <param name="Sql">Statements.</param>
internal sealed record SchemaMigration(int To, IReadOnlyList<string> Sql);
