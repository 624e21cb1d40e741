using System.Globalization;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
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
    private readonly AuditLog log;
    private readonly string who = Environment.UserName;
    private Dictionary<(long Evidence, long Volume), long>? entriesStored;
    private long runs;
    private bool running;
    private bool disposed;

    private CaseDatabase(string directory, FileStream exclusive, SqliteDatabase database, string toolVersion, TimeProvider clock)
    {
        Directory = directory;
        (this.exclusive, this.database) = (exclusive, database);
        log = new AuditLog(database, CaseSchema.Log, toolVersion, clock);
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
            opened?.log.Dispose();
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
            log.Dispose();
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
            CaseBatch batch = log.Begin();
            T result = add(batch);
            log.Write(runId, who, action, batch);
            database.Execute("COMMIT");
            log.Committed();
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
            log.SignWith(batch, key);
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
        log.WriteCheckpointFile(Directory, checkpoint.Number, checkpoint.Text);
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
            return FileLock.Try(CaseFolder.Lock(directory))
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
            log.Migrate((int)version, migrations, add => Append(0, "schema migrated", batch =>
            {
                add(batch);
                return 0;
            }));
        }

        log.RestoreCheckpointFiles(Directory);
    }

    /// <summary>Bytes of a page, chosen by measurement: see README.md.</summary>
    internal const int PageSize = 32768;

    internal static CaseException Newer(string directory, long version, int current) =>
        new($"the case in '{directory}' was written by a newer version of Cairn (schema {version}, this version knows {current}): use that version or a later one");

    private void Create()
    {
        string id = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        log.Origin = OriginOf(id);
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

    /// <summary>The case's own id: 32 digits, made with it.</summary>
    public string CaseId => log.Origin[CaseSchema.Log.OriginPrefix.Length..];

    internal static string OriginOf(string caseId) => CaseSchema.Log.OriginPrefix + caseId;

    private void Load()
    {
        if (!log.CatchUp())
        {
            throw new CaseException($"the audit log of the case in '{Directory}' does not hold together, so nothing is added to it: 'cairn verify --case' says where");
        }

        using (SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name='case_id'"))
        {
            log.Origin = OriginOf(meta.Step() ? meta.Text(0) : "");
        }

        runs = log.Runs;
        NextEntryId = database.Scalar("SELECT max(id) FROM entry") + 1;
        NextEvidenceId = database.Scalar("SELECT max(id) FROM evidence") + 1;
        NextKnownSetId = database.Scalar("SELECT max(id) FROM known_set") + 1;
        using SqliteStatement stages = database.Prepare("SELECT evidence_id, stage, volume_index FROM stage");
        while (stages.Step())
        {
            Completed.Add((stages.Int64(0), (Stage)stages.Int32(1), stages.Int64OrNull(2) ?? -1));
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
}
