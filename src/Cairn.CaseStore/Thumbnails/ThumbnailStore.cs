using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Thumbnails;

/// <summary>
/// The one writer of the small pictures of a case: <c>thumbnails.db</c> beside <c>case.db</c>, encrypted with the key in <c>thumbnails.key</c>. A killed
/// process leaves whole batches. Members are safe to call from many threads and run one after the other.
/// </summary>
public sealed class ThumbnailStore : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly FileStream exclusive;
    private readonly ThumbnailKey key;
    private readonly ThumbnailCipher cipher;
    private readonly Lock gate = new();
    private SqliteStatement? insert;
    private bool disposed;

    private ThumbnailStore(string directory, FileStream exclusive, SqliteDatabase database, ThumbnailKey key, string caseId)
    {
        Directory = directory;
        (this.exclusive, this.database, this.key) = (exclusive, database, key);
        cipher = new ThumbnailCipher(key, caseId);
    }

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Small pictures of an earlier key that could not be read any more and were dropped when this was opened.</summary>
    public long Dropped { get; private set; }

    /// <summary>
    /// Opens the small pictures of a case for writing; makes the database and the key where they are missing. Where the key is another than that of the
    /// rows, they are dropped, because nobody can read them any more.
    /// </summary>
    /// <param name="directory">Folder of a case.</param>
    /// <param name="passphrase">Wraps the key when it is made and is asked for from then on; null for none.</param>
    /// <exception cref="CaseException">No case, in use by another process, written by a newer version, no or a wrong passphrase, no space, read-only.</exception>
    public static ThumbnailStore Open(string directory, string? passphrase = null) => Open(directory, passphrase, null);

    /// <summary>With statements run on the connection first, for tests.</summary>
    internal static ThumbnailStore Open(string directory, string? passphrase, string? pragma)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (passphrase is { Length: 0 })
        {
            throw new CaseException("the passphrase of the thumbnails is empty: give one, or leave it out");
        }

        string full = Path.GetFullPath(directory);
        string caseId = CaseReader.CaseId(full);
        FileStream exclusive = Claim(full);
        SqliteDatabase? database = null;
        ThumbnailKey? key = null;
        ThumbnailStore? opened = null;
        try
        {
            ThumbnailKey.RemoveUnfinished(full);

            // The key is first: rows without a key are lost, a key without rows is not.
            key = ThumbnailKey.Load(full, passphrase, exactly: true) ?? ThumbnailKey.Make(full, passphrase);
            database = SqliteDatabase.Open(ThumbnailFolder.Database(full), write: true);
            opened = new ThumbnailStore(full, exclusive, database, key, caseId);
            opened.Prepare(pragma);
            return opened;
        }
        catch (Exception error)
        {
            opened?.cipher.Dispose();
            database?.Dispose();
            key?.Dispose();
            exclusive.Dispose();
            throw error switch
            {
                SqliteFailure failure => ThumbnailFolder.ForTerminal(failure, full),
                IOException or UnauthorizedAccessException => Unusable(full, error),
                _ => error,
            };
        }
    }

    /// <summary>Adds a batch, whole or not at all. What is there already stays as it is. All frames of an entry belong in one batch.</summary>
    /// <exception cref="CaseException">No space, a failed disk.</exception>
    public ThumbnailsAdded Add(IReadOnlyList<Thumbnail> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        foreach (Thumbnail thumbnail in batch)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(thumbnail.EntryId, nameof(batch));
            ArgumentOutOfRangeException.ThrowIfNegative(thumbnail.Frame, nameof(batch));
            if (thumbnail.Width is < 1 or > ushort.MaxValue || thumbnail.Height is < 1 or > ushort.MaxValue || thumbnail.Jpeg.Length is < 1 or > Thumbnail.MaxBytes)
            {
                throw new ArgumentException($"entry {thumbnail.EntryId}: {thumbnail.Width} by {thumbnail.Height} pixels in {thumbnail.Jpeg.Length} bytes is no thumbnail", nameof(batch));
            }
        }

        return Guarded(() =>
        {
            database.Execute("BEGIN IMMEDIATE");
            insert ??= database.Prepare("INSERT OR IGNORE INTO thumbnail(entry_id, frame, kind, width, height, nonce, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
            int count = 0;
            long bytes = 0;
            foreach (Thumbnail thumbnail in batch)
            {
                (byte[] nonce, byte[] sealedBytes) = cipher.Seal(thumbnail);
                insert.Bind(1, thumbnail.EntryId);
                insert.Bind(2, thumbnail.Frame);
                insert.Bind(3, (long)thumbnail.Kind);
                insert.Bind(4, thumbnail.Width);
                insert.Bind(5, thumbnail.Height);
                insert.Bind(6, nonce);
                insert.Bind(7, sealedBytes);
                insert.Run();
                int added = (int)database.Scalar("SELECT changes()");
                count += added;
                bytes += added * (long)thumbnail.Jpeg.Length;
            }

            database.Execute("COMMIT");
            return new ThumbnailsAdded(count, bytes);
        });
    }

    /// <summary>Entries that have a small picture, ascending: what a resumed run need not make again.</summary>
    public long[] Ids() => Guarded(() => ThumbnailFolder.Ids(database));

    /// <summary>Writes everything to the disk and leaves the log empty, where no reader holds it.</summary>
    public void Flush() => Guarded(() =>
    {
        using SqliteStatement carry = database.Prepare("PRAGMA wal_checkpoint(TRUNCATE)");
        return carry.Step();
    });

    /// <summary>
    /// Overwrites and deletes the key: the small pictures of the case cannot be read any more, by anyone, save where a copy of the key file was kept.
    /// False where there was no key. README.md says what this does not do.
    /// </summary>
    /// <exception cref="CaseException">In use by another process, or the folder cannot be written.</exception>
    public static bool DestroyKey(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        if (!File.Exists(ThumbnailFolder.Key(full)) && !File.Exists(ThumbnailFolder.Database(full)))
        {
            return false;
        }

        using FileStream exclusive = Claim(full);
        try
        {
            return ThumbnailKey.Destroy(full);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(full, error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                insert?.Dispose();
                database.Dispose();
                cipher.Dispose();
                key.Dispose();
                exclusive.Dispose();
            }
        }
    }

    private static FileStream Claim(string directory)
    {
        try
        {
            return FileLock.Try(ThumbnailFolder.Lock(directory))
                ?? throw new CaseException($"the thumbnails in '{directory}' are being written by another process: wait until it ends or stop it, then run the command again");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(directory, error);
        }
    }

    private static CaseException Unusable(string directory, Exception error) =>
        new($"the thumbnails in '{directory}' cannot be written ({error.Message}): put that right and run the command again", error);

    private void Prepare(string? pragma)
    {
        bool fresh = database.Scalar("PRAGMA application_id") == 0 && database.Scalar("SELECT count(*) FROM sqlite_schema") == 0;
        if (fresh)
        {
            database.Execute($"PRAGMA page_size={CaseDatabase.PageSize}");
        }
        else
        {
            ThumbnailFolder.Check(database, Directory);
        }

        database.Execute("PRAGMA journal_mode=WAL");
        database.Execute("PRAGMA synchronous=NORMAL");
        database.Execute($"PRAGMA wal_autocheckpoint={(32 << 20) / CaseDatabase.PageSize}");
        database.Execute("PRAGMA cache_size=-16384");
        if (pragma is not null)
        {
            database.Execute(pragma);
        }

        if (!fresh && ThumbnailFolder.KeyId(database) == key.Id)
        {
            return;
        }

        Dropped = fresh ? 0 : database.Scalar("SELECT count(*) FROM thumbnail");
        database.Execute("BEGIN IMMEDIATE");
        database.Execute("DROP TABLE IF EXISTS thumbnail; DROP TABLE IF EXISTS meta");
        database.Execute(ThumbnailFolder.TableSql);
        database.Execute("CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
        database.Execute($"INSERT INTO meta(name, value) VALUES ('key_id', '{key.Id}')");
        database.Execute($"PRAGMA application_id={ThumbnailFolder.ApplicationId}; PRAGMA user_version={ThumbnailFolder.Version}");
        database.Execute("COMMIT");
    }

    private T Guarded<T>(Func<T> work)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            try
            {
                return work();
            }
            catch (Exception error)
            {
                if (database.InTransaction)
                {
                    database.Execute("ROLLBACK");
                }

                if (error is SqliteFailure failure)
                {
                    throw ThumbnailFolder.ForTerminal(failure, Directory);
                }

                throw;
            }
        }
    }
}
