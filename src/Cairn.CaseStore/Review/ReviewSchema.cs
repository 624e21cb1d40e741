using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>The schema of review.db. Every table and column is described in README.md beside this file.</summary>
internal static class ReviewSchema
{
    /// <summary>PRAGMA user_version of what this build writes.</summary>
    public const int Version = 1;

    /// <summary>PRAGMA application_id: "CarR".</summary>
    public const int ApplicationId = 0x43617252;

    /// <summary>The action whose entry a checkpoint signs.</summary>
    public const string CheckpointAction = "checkpoint";

    public static readonly TableDefinition Acts = new("act",
        ("id", "TEXT NOT NULL"), ("kind", "TEXT NOT NULL"), ("account", "TEXT NOT NULL"), ("name", "TEXT NOT NULL"), ("request", "BLOB NOT NULL"));

    public static readonly TableDefinition Undone = new("undone", ("target", "INTEGER NOT NULL"));

    public static readonly TableDefinition Schemes = new("scheme", ("scheme_id", "TEXT NOT NULL"), ("version", "TEXT NOT NULL"), ("json", "TEXT NOT NULL"));

    public static readonly TableDefinition SecondVotes = new("second_vote", ("per_mille", "INTEGER NOT NULL"), ("grades", "TEXT NOT NULL"));

    public static readonly TableDefinition Votes = new("vote",
        ("content", "TEXT NOT NULL"), ("entry_id", "INTEGER NOT NULL"), ("shown_entry_id", "INTEGER NOT NULL"), ("account", "TEXT NOT NULL"), ("deciding", "INTEGER NOT NULL"),
        ("scheme_id", "TEXT NOT NULL"), ("scheme_version", "TEXT NOT NULL"), ("grade", "TEXT NOT NULL"), ("flags", "TEXT NOT NULL"), ("note", "TEXT"),
        ("revealed", "INTEGER NOT NULL"), ("milliseconds", "INTEGER NOT NULL"));

    public static readonly TableDefinition Views = new("view",
        ("content", "TEXT NOT NULL"), ("entry_id", "INTEGER NOT NULL"), ("account", "TEXT NOT NULL"), ("revealed", "INTEGER NOT NULL"), ("milliseconds", "INTEGER NOT NULL"));

    public static readonly TableDefinition Breaks = new("break_taken", ("account", "TEXT NOT NULL"));

    public static readonly TableDefinition ExposureSettings = new("exposure_setting",
        ("account", "TEXT NOT NULL"), ("blur", "INTEGER NOT NULL"), ("grey", "INTEGER NOT NULL"), ("size", "INTEGER NOT NULL"), ("break_minutes", "INTEGER NOT NULL"));

    public static readonly TableDefinition Notes = new("note", ("entry_id", "INTEGER NOT NULL"), ("account", "TEXT NOT NULL"), ("text", "TEXT NOT NULL"));

    public static readonly TableDefinition Tags = new("tag", ("name", "TEXT NOT NULL"), ("colour", "TEXT NOT NULL"));

    public static readonly TableDefinition Tagged = new("tagged", ("entry_id", "INTEGER NOT NULL"), ("tag", "TEXT NOT NULL"), ("present", "INTEGER NOT NULL"));

    public static readonly TableDefinition Selections = new("selection", ("selection_id", "INTEGER NOT NULL"), ("name", "TEXT NOT NULL"), ("present", "INTEGER NOT NULL"));

    public static readonly TableDefinition Selected = new("selected",
        ("selection_id", "INTEGER NOT NULL"), ("entry_id", "INTEGER NOT NULL"), ("ordinal", "INTEGER NOT NULL"), ("present", "INTEGER NOT NULL"));

    public static readonly TableDefinition Bookmarks = new("bookmark", ("entry_id", "INTEGER NOT NULL"), ("picture", "INTEGER NOT NULL"), ("present", "INTEGER NOT NULL"));

    public static readonly TableDefinition Overrules = new("overrule",
        ("set_name", "TEXT NOT NULL"), ("set_version", "TEXT"), ("known_entry", "TEXT NOT NULL"), ("content", "TEXT NOT NULL"), ("entry_id", "INTEGER NOT NULL"), ("reason", "TEXT NOT NULL"));

    /// <summary>Tables covered by digests, in the order in which an audit entry lists them.</summary>
    public static readonly IReadOnlyList<TableDefinition> Tables =
        [CaseSchema.Meta, CaseSchema.SigningKeys, Acts, Undone, Schemes, SecondVotes, Votes, Views, Breaks, ExposureSettings, Notes, Tags, Tagged, Selections, Selected, Bookmarks, Overrules];

    /// <summary>
    /// What follows from the votes and from case.db; kept in the transaction of each vote so that queues are one look at an index, and made anew at will.
    /// </summary>
    public static readonly IReadOnlyList<string> DerivedSql =
    [
        "CREATE TABLE standing(content TEXT PRIMARY KEY, entry_id INTEGER NOT NULL, group_id INTEGER NOT NULL, priority INTEGER NOT NULL, state INTEGER NOT NULL, "
            + "votes INTEGER NOT NULL, grade TEXT, flags TEXT NOT NULL, first_account TEXT) WITHOUT ROWID",
        "CREATE INDEX standing_queue ON standing(state, priority, group_id, entry_id, content, first_account)",
        "CREATE INDEX standing_count ON standing(state, grade)",
        "CREATE TABLE taken_over(case_entries INTEGER NOT NULL)",
    ];

    public static readonly IReadOnlyList<string> IndexSql =
    [
        "CREATE UNIQUE INDEX act_id ON act(id)",
        "CREATE INDEX act_account ON act(account, batch)",
        "CREATE UNIQUE INDEX act_batch ON act(batch)",
        "CREATE UNIQUE INDEX undone_target ON undone(target)",
        "CREATE INDEX vote_content ON vote(content)",
        "CREATE INDEX vote_account ON vote(account, content)",
        "CREATE INDEX vote_batch ON vote(batch)",
        "CREATE INDEX view_account ON view(account, batch, revealed, milliseconds)",
        "CREATE INDEX view_entry ON view(entry_id)",
        "CREATE INDEX break_account ON break_taken(account, batch)",
        "CREATE INDEX setting_account ON exposure_setting(account)",
        "CREATE INDEX note_entry ON note(entry_id)",
        "CREATE INDEX tag_name ON tag(name)",
        "CREATE INDEX tagged_entry ON tagged(entry_id, tag)",
        "CREATE INDEX tagged_tag ON tagged(tag, entry_id)",
        "CREATE INDEX selection_selection ON selection(selection_id)",
        "CREATE INDEX selected_selection ON selected(selection_id, entry_id)",
        "CREATE INDEX selected_entry ON selected(entry_id)",
        "CREATE INDEX bookmark_entry ON bookmark(entry_id)",
        "CREATE INDEX overrule_entry ON overrule(entry_id)",
        "CREATE INDEX overrule_set ON overrule(set_name, known_entry)",
        "CREATE INDEX audit_who ON audit(who, seq)",
        "CREATE INDEX audit_action ON audit(action, seq)",
        "CREATE INDEX audit_utc ON audit(utc)",
    ];

    /// <summary>Steps from one version to the next; version 1 has none before it.</summary>
    public static readonly IReadOnlyList<SchemaMigration> Migrations = [];

    /// <summary>What writing and verifying need to know.</summary>
    public static readonly LogSchema Log = new()
    {
        Name = "review",
        LogName = "review's log",
        Prefix = "review.",
        Version = Version,
        Tables = Tables,
        Create = Create,
        OriginPrefix = "cairn/review/",
        SignedAction = CheckpointAction,
        WhyUncovered = "people are at work or the server was stopped",
        CheckpointFolder = ReviewFolder.Checkpoints,
    };

    /// <summary>Condition: the row of <paramref name="table"/> was not undone.</summary>
    public static string Stands(string table) => $"NOT EXISTS (SELECT 1 FROM undone WHERE target={table}.batch)";

    /// <summary>Makes the schema in an empty database, within the caller's transaction.</summary>
    public static void Create(SqliteDatabase database)
    {
        foreach (string sql in (IEnumerable<string>)[.. Tables.Select(table => table.CreateSql), .. CaseSchema.LogSql, .. DerivedSql, .. IndexSql, .. Triggers()])
        {
            database.Execute(sql);
        }

        database.Execute($"PRAGMA user_version={Version}");
    }

    private static readonly string[] Changes = ["update", "delete"];

    /// <summary>Against mistakes, of ours or of whoever opens the database with another tool; against intent stands the verification.</summary>
    private static IEnumerable<string> Triggers() =>
        from table in Tables.Select(table => table.Name).Append("audit").Append("checkpoint")
        from change in Changes
        select $"CREATE TRIGGER {table}_no_{change} BEFORE {change.ToUpperInvariant()} ON {table} BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END";
}
