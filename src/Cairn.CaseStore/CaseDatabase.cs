using System.Globalization;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using NSec.Cryptography;

namespace Cairn.CaseStore;

/// <summary>
/// The one writer of a case folder. It holds a lock of the operating system on <c>case.lock</c>, which ends with the process however it ends.
/// </summary>
public sealed class CaseDatabase : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly LogCarrier carrier;
    private readonly FileStream exclusive;
    private readonly string toolVersion;
    private readonly TimeProvider clock;
    private readonly Dictionary<TableDefinition, TableWriter> writers = [];
    private readonly MerkleFrontier tree = new();
    private readonly string who = Environment.UserName;
    private readonly string host = Environment.MachineName;
    private SqliteStatement? insertAudit;
    private Dictionary<(long Evidence, long Volume), long>? entriesStored;
    private string lastUtc = "";
    private string origin = "";
    private long runs;
    private bool running;
    private bool disposed;

    private CaseDatabase(string directory, FileStream exclusive, SqliteDatabase database, string toolVersion, TimeProvider clock)
    {
        Directory = directory;
        (this.exclusive, this.database, this.toolVersion, this.clock) = (exclusive, database, toolVersion, clock);
        carrier = new LogCarrier(database, CaseFolder.Database(directory));
    }

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Stages that are complete: evidence, stage, part (-1 for none).</summary>
    internal HashSet<(long Evidence, Stage Stage, long Volume)> Completed { get; } = [];

    internal Lock Gate { get; } = new();

    internal long NextEntryId { get; set; }

    internal long NextEvidenceId { get; set; }

    internal long NextKnownSetId { get; set; }

    /// <summary>Opens a case for writing; makes the folder and the schema where they are missing.</summary>
    /// <exception cref="CaseException">In use by another process, written by a newer version, not a case, no space, read-only.</exception>
    public static CaseDatabase Open(string directory, string toolVersion, TimeProvider clock) => Open(directory, toolVersion, clock, null);

    /// <summary>As <see cref="Open(string, string, TimeProvider)"/>, with statements run on the connection first and other migrations, for tests.</summary>
    internal static CaseDatabase Open(string directory, string toolVersion, TimeProvider clock, string? pragma, IReadOnlyList<SchemaMigration>? migrations = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(toolVersion);
        ArgumentNullException.ThrowIfNull(clock);
        string full = Path.GetFullPath(directory);
        FileStream exclusive = Claim(full);
        SqliteDatabase? database = null;
        CaseDatabase? opened = null;
        try
        {
            SigningKey.EnsureExists();
            string path = CaseFolder.Database(full);
            if (File.Exists(path) && CaseFolder.NotADatabase(full) is string why)
            {
                throw new CaseException(why);
            }

            database = SqliteDatabase.Open(path, write: true);
            opened = new CaseDatabase(full, exclusive, database, toolVersion, clock);
            opened.Prepare(pragma, migrations ?? CaseSchema.Migrations);
            return opened;
        }
        catch (Exception error)
        {
            opened?.DisposeStatements();
            opened?.carrier.Dispose();
            database?.Dispose();
            exclusive.Dispose();
            throw error switch
            {
                SqliteFailure failure => failure.ForTerminal(full),
                IOException or UnauthorizedAccessException => new CaseException($"the case in '{full}' cannot be opened: {error.Message}", error),
                _ => error,
            };
        }
    }

    /// <summary>Begins a run; one at a time.</summary>
    /// <param name="command">What was asked for: "examine".</param>
    /// <param name="options">Every option in force.</param>
    public CaseRun BeginRun(string command, IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(options);
        lock (Gate)
        {
            if (running)
            {
                throw new InvalidOperationException("a run is under way");
            }

            long id = runs + 1;
            Append(id, "run started", batch =>
            {
                batch.Say("command", command);
                batch.Say("options", options);
                return 0;
            });
            runs = id;
            running = true;
            return new CaseRun(this, id);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            DisposeStatements();
            carrier.Dispose();
            database.Dispose();
            exclusive.Dispose();
        }
    }

    internal void EndRun() => running = false;

    /// <summary>Adds rows and their audit entry in one transaction; the caller holds <see cref="Gate"/> or is alone.</summary>
    internal T Append<T>(long runId, string action, Func<CaseBatch, T> add)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        try
        {
            database.Execute("BEGIN IMMEDIATE");
            CaseBatch batch = new(tree.Size + 1, Writer);
            T result = add(batch);
            byte[] leaf = AppendAudit(runId, action, batch, out string utc);
            database.Execute("COMMIT");
            tree.Add(leaf);
            lastUtc = utc;
            carrier.Committed();
            return result;
        }
        catch (Exception error)
        {
            if (database.InTransaction)
            {
                database.Execute("ROLLBACK");
            }

            if (error is SqliteFailure failure)
            {
                throw failure.ForTerminal(Directory);
            }

            throw;
        }
    }

    /// <summary>Reads; the caller holds <see cref="Gate"/>.</summary>
    internal T Read<T>(Func<SqliteDatabase, T> read)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        try
        {
            return read(database);
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForTerminal(Directory);
        }
    }

    /// <summary>File entries stored of one part; counted once for an old case and kept from then on.</summary>
    internal long EntriesStored(long evidenceId, int? volumeIndex)
    {
        LoadEntriesStored();
        return entriesStored!.GetValueOrDefault((evidenceId, volumeIndex ?? -1L));
    }

    internal void CountEntries(long evidenceId, int? volumeIndex, int count)
    {
        LoadEntriesStored();
        (long, long) key = (evidenceId, volumeIndex ?? -1L);
        entriesStored![key] = entriesStored.GetValueOrDefault(key) + count;
    }

    /// <summary>Ends a run: indexes, the last audit entry and the signed checkpoint over it, everything flushed to the disk.</summary>
    internal CaseCheckpoint FinishRun(long runId, string outcome, IReadOnlyDictionary<string, string> figures)
    {
        using Key key = SigningKey.Load();
        string verifierKey = SignedNote.VerifierKey(origin, key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        BuildIndexes();
        Read(db =>
        {
            db.Execute("PRAGMA synchronous=FULL");
            return 0;
        });
        CaseCheckpoint checkpoint = Append(runId, "run finished", batch =>
        {
            batch.Say("outcome", outcome);
            batch.Say("figures", figures);
            if (!KnowsKey(verifierKey))
            {
                TableWriter keys = batch.Table(CaseSchema.SigningKeys);
                keys.Text(verifierKey);
                keys.End();
            }

            // The checkpoint covers its own audit entry, so it is signed after that entry is written: see AppendAudit.
            batch.Sign = (size, root) =>
            {
                string text = SignedNote.Sign(SignedNote.BodyOf(origin, size, root), origin, key);
                CaseCheckpoint signed = new(database.Scalar("SELECT count(*) FROM checkpoint") + 1, size, root, text, verifierKey);
                Insert(signed);
                batch.Signed = signed;
            };
            return batch;
        }).Signed!;
        Read(db =>
        {
            // A reader may hold the log open; then it is carried over later.
            carrier.Wait();
            using SqliteStatement carry = db.Prepare("PRAGMA wal_checkpoint(TRUNCATE)");
            _ = carry.Step();
            carry.Reset();
            db.Execute("PRAGMA synchronous=NORMAL");
            return 0;
        });
        WriteCheckpointFile(checkpoint.Number, checkpoint.Text);
        return checkpoint;
    }

    /// <summary>Makes the indexes that are missing; the caller holds <see cref="Gate"/>.</summary>
    internal void BuildIndexes() => Read(db =>
    {
        foreach (string sql in CaseSchema.IndexSql)
        {
            db.Execute(sql.Replace("INDEX ", "INDEX IF NOT EXISTS ", StringComparison.Ordinal));
        }

        return 0;
    });

    private static FileStream Claim(string directory)
    {
        try
        {
            if (File.Exists(directory))
            {
                throw new CaseException($"'{directory}' is a file: name a folder for the case");
            }

            System.IO.Directory.CreateDirectory(directory);
            return CaseFolder.TryLock(CaseFolder.Lock(directory))
                ?? throw new CaseException($"the case in '{directory}' is in use by another process: wait until it ends or stop it, then run the command again");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"the case folder '{directory}' cannot be written ({error.Message}): name a folder that you can write to", error);
        }
    }

    private void Prepare(string? pragma, IReadOnlyList<SchemaMigration> migrations)
    {
        long application = database.Scalar("PRAGMA application_id");
        long version = database.Scalar("PRAGMA user_version");
        int current = migrations.Count > 0 ? migrations[^1].To : CaseSchema.Version;
        bool fresh = application == 0 && version == 0 && database.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (!fresh)
        {
            if (application != CaseSchema.ApplicationId)
            {
                throw new CaseException($"'{Directory}' is not a case: case.db is a database of another program; name another folder");
            }

            if (version > current)
            {
                throw Newer(Directory, version, current);
            }
        }

        if (fresh)
        {
            database.Execute($"PRAGMA page_size={PageSize}");
        }

        database.Execute("PRAGMA journal_mode=WAL");
        database.Execute("PRAGMA synchronous=NORMAL");
        database.Execute("PRAGMA wal_autocheckpoint=0"); // see LogCarrier
        database.Execute("PRAGMA cache_size=-16384");
        if (pragma is not null)
        {
            database.Execute(pragma);
        }

        if (fresh)
        {
            Create();
        }
        else
        {
            Load();
            Migrate((int)version, migrations);
        }

        RestoreCheckpointFiles();
    }

    /// <summary>Bytes of a page, chosen by measurement: see README.md.</summary>
    internal const int PageSize = 32768;

    internal static CaseException Newer(string directory, long version, int current) =>
        new($"the case in '{directory}' was written by a newer version of Cairn (schema {version}, this version knows {current}): use that version or a later one");

    private void Create()
    {
        string id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        origin = OriginOf(id);
        Append(0, "case created", batch =>
        {
            CaseSchema.Create(database);
            database.Execute($"PRAGMA application_id={CaseSchema.ApplicationId}");
            TableWriter meta = batch.Table(CaseSchema.Meta);
            meta.Text("case_id");
            meta.Text(id);
            meta.End();
            return 0;
        });
        NextEntryId = NextEvidenceId = NextKnownSetId = 1;
    }

    internal static string OriginOf(string caseId) => $"cairn/case/{caseId}";

    private void Load()
    {
        byte[] storedRoot = [];
        using (SqliteStatement audit = database.Prepare("SELECT leaf, root, utc, run_id FROM audit ORDER BY seq"))
        {
            while (audit.Step())
            {
                tree.Add(audit.Blob(0));
                storedRoot = audit.Blob(1);
                lastUtc = audit.Text(2);
                runs = Math.Max(runs, audit.Int64(3));
            }
        }

        if (tree.Size == 0 || !storedRoot.AsSpan().SequenceEqual(tree.Root()) || database.Scalar("SELECT max(seq) FROM audit") != tree.Size)
        {
            throw new CaseException($"the audit log of the case in '{Directory}' does not hold together, so nothing is added to it: 'cairn verify --case' says where");
        }

        using (SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name='case_id'"))
        {
            origin = OriginOf(meta.Step() ? meta.Text(0) : "");
        }

        NextEntryId = database.Scalar("SELECT max(id) FROM entry") + 1;
        NextEvidenceId = database.Scalar("SELECT max(id) FROM evidence") + 1;
        NextKnownSetId = database.Scalar("SELECT max(id) FROM known_set") + 1;
        using SqliteStatement stages = database.Prepare("SELECT evidence_id, stage, volume_index FROM stage");
        while (stages.Step())
        {
            Completed.Add((stages.Int64(0), (Stage)stages.Int32(1), stages.Int64OrNull(2) ?? -1));
        }
    }

    private void Migrate(int version, IReadOnlyList<SchemaMigration> migrations)
    {
        foreach (SchemaMigration migration in migrations)
        {
            if (migration.To <= version)
            {
                continue;
            }

            int from = version;
            Append(0, "schema migrated", batch =>
            {
                foreach (string sql in migration.Sql)
                {
                    database.Execute(sql);
                }

                database.Execute($"PRAGMA user_version={migration.To}");
                batch.Say("from", from);
                batch.Say("to", migration.To);
                return 0;
            });
            version = migration.To;
        }
    }

    /// <summary>A process that is killed between the commit and the writing of the file leaves none.</summary>
    private void RestoreCheckpointFiles()
    {
        using SqliteStatement rows = database.Prepare("SELECT number, text FROM checkpoint ORDER BY number");
        while (rows.Step())
        {
            if (!File.Exists(CaseFolder.Checkpoint(Directory, rows.Int64(0))))
            {
                WriteCheckpointFile(rows.Int64(0), rows.Text(1));
            }
        }
    }

    private void WriteCheckpointFile(long number, string text)
    {
        try
        {
            CaseFolder.WriteCheckpoint(Directory, number, text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"the checkpoint could not be written to '{CaseFolder.Checkpoint(Directory, number)}' ({error.Message}): put that right and run the command again, the case itself is complete", error);
        }
    }

    private void LoadEntriesStored()
    {
        if (entriesStored is not null)
        {
            return;
        }

        entriesStored = [];
        if (NextEntryId == 1)
        {
            return;
        }

        using SqliteStatement rows = database.Prepare($"SELECT evidence_id, volume_index, count(*) FROM entry e WHERE id=first_id AND {CaseSchema.InFileSystem} GROUP BY evidence_id, volume_index");
        while (rows.Step())
        {
            entriesStored[(rows.Int64(0), rows.Int64OrNull(1) ?? -1)] = rows.Int64(2);
        }
    }

    private bool KnowsKey(string verifierKey)
    {
        using SqliteStatement known = database.Prepare("SELECT count(*) FROM signing_key WHERE verifier_key=?1");
        known.Bind(1, verifierKey);
        return known.Step() && known.Int64(0) > 0;
    }

    private TableWriter Writer(TableDefinition table)
    {
        if (!writers.TryGetValue(table, out TableWriter? writer))
        {
            writer = new TableWriter(database, table);
            writers.Add(table, writer);
        }

        return writer;
    }

    private byte[] AppendAudit(long runId, string action, CaseBatch batch, out string utc)
    {
        utc = clock.GetUtcNow().UtcDateTime.ToString(AuditRow.TimeFormat, CultureInfo.InvariantCulture);
        if (string.CompareOrdinal(utc, lastUtc) < 0)
        {
            batch.Say("clockWentBackFrom", lastUtc);
        }

        (string rows, byte[] checks) = batch.Close();
        AuditRow row = new(batch.Sequence, utc, runId, who, host, toolVersion, CaseSchema.Version, action, CaseJson.Object(batch.Detail), rows, checks);
        byte[] leaf = row.Leaf();
        byte[] root = tree.RootWith(leaf);
        insertAudit ??= database.Prepare($"INSERT INTO audit({AuditRow.Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
        insertAudit.Bind(1, row.Sequence);
        insertAudit.Bind(2, row.Utc);
        insertAudit.Bind(3, row.RunId);
        insertAudit.Bind(4, row.Who);
        insertAudit.Bind(5, row.Host);
        insertAudit.Bind(6, row.Tool);
        insertAudit.Bind(7, row.Schema);
        insertAudit.Bind(8, row.Action);
        insertAudit.Bind(9, row.Detail);
        insertAudit.Bind(10, row.Rows);
        insertAudit.Bind(11, row.Checks);
        insertAudit.Bind(12, leaf);
        insertAudit.Bind(13, root);
        insertAudit.Run();
        batch.Sign?.Invoke(batch.Sequence, root);
        return leaf;
    }

    private void Insert(CaseCheckpoint checkpoint)
    {
        using SqliteStatement insert = database.Prepare("INSERT INTO checkpoint(number, size, root, text, verifier_key) VALUES (?1, ?2, ?3, ?4, ?5)");
        insert.Bind(1, checkpoint.Number);
        insert.Bind(2, checkpoint.Size);
        insert.Bind(3, checkpoint.Root);
        insert.Bind(4, checkpoint.Text);
        insert.Bind(5, checkpoint.VerifierKey);
        insert.Run();
    }

    private void DisposeStatements()
    {
        foreach (TableWriter writer in writers.Values)
        {
            writer.Dispose();
        }

        writers.Clear();
        insertAudit?.Dispose();
        insertAudit = null;
    }
}
