using System.Globalization;
using System.Security.Cryptography;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;
using NSec.Cryptography;

namespace Cairn.CaseStore.Review;

/// <summary>
/// The writing connection: makes an act and its audit entry one transaction that is on the disk when it returns. Any number of these may be open at
/// once, in one process or in several; SQLite lets one write at a time, and each takes in what the others added before it adds.
/// </summary>
internal sealed class ReviewWriter : IDisposable
{
    private const int BusyMilliseconds = 60_000;
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(60);
    private readonly string directory;
    private readonly SqliteDatabase database;
    private readonly AuditLog log;
    private readonly Lock gate = new();
    private readonly string system = Actor.SystemPrefix + Environment.UserName;
    private StandingTable? standings;
    private bool disposed;

    private ReviewWriter(string directory, SqliteDatabase database, string tool, TimeProvider clock)
    {
        (this.directory, this.database) = (directory, database);
        log = new AuditLog(database, ReviewSchema.Log, tool, clock);
    }

    public StandingTable Standings => standings ??= new StandingTable(database);

    public SqliteDatabase Database => database;

    public static ReviewWriter Open(string directory, string tool, TimeProvider clock, string? pragma = null, IReadOnlyList<SchemaMigration>? migrations = null)
    {
        string caseId = CaseReader.CaseId(directory);
        SigningKey.EnsureExists();
        SqliteDatabase? database = null;
        ReviewWriter? opened = null;
        try
        {
            using FileStream alone = FileLock.Await(ReviewFolder.Lock(directory), MostWait)
                ?? throw new CaseException($"the review of the case in '{directory}' is being opened by another process that does not end: stop it, then run the command again");
            database = SqliteDatabase.Open(ReviewFolder.Database(directory), write: true);
            opened = new ReviewWriter(directory, database, tool, clock);
            opened.Prepare(caseId, pragma, migrations ?? ReviewSchema.Migrations);
            return opened;
        }
        catch (Exception error)
        {
            if (opened is null)
            {
                database?.Dispose();
            }

            opened?.Dispose();
            throw error switch
            {
                SqliteFailure failure => ReviewFolder.ForTerminal(failure, directory),
                IOException or UnauthorizedAccessException => new CaseException($"the review of the case in '{directory}' cannot be opened: {error.Message}", error),
                _ => error,
            };
        }
    }

    /// <summary>Stores an act once: where one with this id is stored already, and is the same, says so and adds nothing.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="act">The client's id of the act.</param>
    /// <param name="kind">What.</param>
    /// <param name="request">Everything that was asked for: an id that comes again with something else is refused.</param>
    /// <param name="add">Adds the rows and says what the audit entry tells.</param>
    public ActReceipt Act(Actor actor, Guid act, ActKind kind, RequestDigest request, Action<CaseBatch> add)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (act == Guid.Empty)
        {
            throw new ArgumentException("an act has an id", nameof(act));
        }

        string word = ActKinds.Word(kind);
        string id = act.ToString("D", CultureInfo.InvariantCulture);
        byte[] digest = request.Of(word, actor.Id);
        return Transaction(() =>
        {
            if (Stored(id, digest) is ActReceipt stored)
            {
                return (stored, false);
            }

            CaseBatch batch = log.Begin();
            batch.Say("name", actor.Name);
            batch.Say("act", id);
            TableWriter acts = batch.Table(ReviewSchema.Acts);
            acts.Text(id);
            acts.Text(word);
            acts.Text(actor.Id);
            acts.Text(actor.Name);
            acts.Blob(digest);
            acts.End();
            add(batch);
            return (new ActReceipt(batch.Sequence, log.Write(0, actor.Id, word, batch), Repeated: false), true);
        });
    }

    /// <summary>Signs the log as it is; null where everything is signed already.</summary>
    public CaseCheckpoint? Checkpoint()
    {
        using Key key = SigningKey.Load();
        CaseCheckpoint? signed = Transaction(() =>
        {
            if (database.Scalar("SELECT max(size) FROM checkpoint") == log.Size)
            {
                return ((CaseCheckpoint?)null, false);
            }

            CaseBatch batch = log.Begin();
            log.SignWith(batch, key);
            log.Write(0, system, ReviewSchema.CheckpointAction, batch);
            return (batch.Signed, true);
        });
        if (signed is not null)
        {
            log.WriteCheckpointFile(directory, signed.Number, signed.Text);
        }

        return signed;
    }

    /// <summary>Changes derived rows only: what is in no log and follows from it.</summary>
    public void Derive(Action<SqliteDatabase> change) => Transaction(() =>
    {
        change(database);
        return (0, true);
    });

    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                standings?.Dispose();
                log.Dispose();
                database.Dispose();
            }
        }
    }

    private T Transaction<T>(Func<(T Result, bool Commit)> body)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            try
            {
                database.Execute("BEGIN IMMEDIATE");
                if (log.Size > 0 && !log.CatchUp())
                {
                    throw Broken();
                }

                (T result, bool commit) = body();
                database.Execute(commit ? "COMMIT" : "ROLLBACK");
                if (commit)
                {
                    log.Committed();
                }

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
                    throw ReviewFolder.ForTerminal(failure, directory);
                }

                throw;
            }
        }
    }

    private ActReceipt? Stored(string id, byte[] digest)
    {
        using SqliteStatement stored = database.Prepare("SELECT a.batch, a.request, l.utc FROM act a JOIN audit l ON l.seq=a.batch WHERE a.id=?1");
        stored.Bind(1, id);
        if (!stored.Step())
        {
            return null;
        }

        return stored.Bytes(1).SequenceEqual(digest)
            ? new ActReceipt(stored.Int64(0), stored.Text(2), Repeated: true)
            : throw new ReviewException("the id of this act belongs to another act that was stored before: load the page again");
    }

    private void Prepare(string caseId, string? pragma, IReadOnlyList<SchemaMigration> migrations)
    {
        bool fresh = database.Scalar("PRAGMA application_id") == 0 && database.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (!fresh)
        {
            ReviewFolder.Check(database, directory);
        }

        database.Execute("PRAGMA journal_mode=WAL");
        database.Execute("PRAGMA synchronous=FULL");
        database.Execute("PRAGMA cache_size=-32768");
        database.Execute($"PRAGMA busy_timeout={BusyMilliseconds}");
        if (pragma is not null)
        {
            database.Execute(pragma);
        }

        log.Origin = ReviewSchema.Log.OriginPrefix + caseId;
        if (fresh)
        {
            Create(caseId);
            return;
        }

        if (ReviewFolder.CaseId(database) != caseId)
        {
            throw new CaseException($"review.db in '{directory}' belongs to another case: put it back where it was");
        }

        if (!log.CatchUp())
        {
            throw Broken();
        }

        log.Migrate((int)database.Scalar("PRAGMA user_version"), migrations, add => Entry("schema migrated", add));
        log.RestoreCheckpointFiles(directory);
    }

    private void Create(string caseId) => Entry("review created", batch =>
    {
        ReviewSchema.Create(database);
        database.Execute($"PRAGMA application_id={ReviewSchema.ApplicationId}");
        TableWriter meta = batch.Table(CaseSchema.Meta);
        foreach ((string name, string value) in new[] { ("case_id", caseId), ("salt", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))) })
        {
            meta.Text(name);
            meta.Text(value);
            meta.End();
        }

        AddScheme(batch, GradeScheme.Shipped[0]);
    });

    /// <summary>The chosen scheme as a row and in the words of the audit entry.</summary>
    public static void AddScheme(CaseBatch batch, GradeScheme scheme)
    {
        TableWriter schemes = batch.Table(ReviewSchema.Schemes);
        schemes.Text(scheme.Id);
        schemes.Text(scheme.Version);
        schemes.Text(scheme.Json);
        schemes.End();
        batch.Say("scheme", scheme.Id);
        batch.Say("schemeVersion", scheme.Version);
    }

    /// <summary>An entry that no person made.</summary>
    private void Entry(string action, Action<CaseBatch> add) => Transaction(() =>
    {
        CaseBatch batch = log.Begin();
        add(batch);
        log.Write(0, system, action, batch);
        return (0, true);
    });

    private CaseException Broken() =>
        new($"the audit log of the review of the case in '{directory}' does not hold together, so nothing is added to it: 'cairn verify --case' says where");
}
