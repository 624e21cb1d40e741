using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore.Thumbnails;

/// <summary>Reads the small pictures of a case; works while a writer is open and on a read-only medium. Members are safe to call from many threads.</summary>
public sealed class ThumbnailReader : IDisposable
{
    private const int Page = 512;

    private readonly string directory;
    private readonly SqliteDatabase database;
    private readonly ThumbnailKey key;
    private readonly ThumbnailCipher cipher;
    private readonly Lock gate = new();
    private SqliteStatement? one;
    private bool disposed;

    private ThumbnailReader(string directory, SqliteDatabase database, ThumbnailKey key, string caseId)
    {
        (this.directory, this.database, this.key) = (directory, database, key);
        cipher = new ThumbnailCipher(key, caseId);
    }

    /// <summary>Whether the small pictures of a case can be read, without reading any.</summary>
    /// <exception cref="CaseException">The key file is damaged or cannot be read.</exception>
    public static ThumbnailState State(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        try
        {
            return !File.Exists(ThumbnailFolder.Database(full)) ? ThumbnailState.None
                : ThumbnailKey.Look(full) switch
                {
                    (false, _) => ThumbnailState.KeyGone,
                    (_, true) => ThumbnailState.NeedsPassphrase,
                    _ => ThumbnailState.Readable,
                };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(full, error);
        }
    }

    /// <summary>How many small pictures there are; asks for no key.</summary>
    /// <exception cref="CaseException">The database cannot be read or is another program's.</exception>
    public static long Count(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory), path = ThumbnailFolder.Database(full);
        _ = CaseReader.CaseId(full);
        if (!File.Exists(path))
        {
            return 0;
        }

        try
        {
            using SqliteDatabase database = CaseReader.OpenReadable(full, path, immutable: false);
            ThumbnailFolder.Check(database, full);
            return database.Scalar("SELECT count(*) FROM thumbnail");
        }
        catch (SqliteFailure failure)
        {
            throw ThumbnailFolder.ForTerminal(failure, full);
        }
    }

    /// <summary>Opens the small pictures of a case.</summary>
    /// <param name="directory">Folder of a case.</param>
    /// <param name="passphrase">Asked for where the key was made with one; else not used.</param>
    /// <exception cref="CaseException">There are none, their key was destroyed or is another, no or a wrong passphrase, a newer version.</exception>
    public static ThumbnailReader Open(string directory, string? passphrase = null) => Open(directory, passphrase, immutable: false);

    /// <summary>As a read-only medium is read, for tests.</summary>
    internal static ThumbnailReader Open(string directory, string? passphrase, bool immutable)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory), path = ThumbnailFolder.Database(full);
        string caseId = CaseReader.CaseId(full);
        if (!File.Exists(path))
        {
            throw new CaseException($"there are no thumbnails in '{full}': 'cairn examine' makes them");
        }

        SqliteDatabase? database = null;
        ThumbnailKey? key = null;
        try
        {
            key = ThumbnailKey.Load(full, passphrase, exactly: false)
                ?? throw new CaseException($"the key of the thumbnails in '{full}' was destroyed or lost, so they cannot be read any more: examine again to make new ones");
            database = CaseReader.OpenReadable(full, path, immutable);
            ThumbnailFolder.Check(database, full);
            return ThumbnailFolder.KeyId(database) == key.Id
                ? new ThumbnailReader(full, database, key, caseId)
                : throw new CaseException($"thumbnails.key in '{full}' is not the key that the thumbnails were made with: put that one back, or examine again to make new ones");
        }
        catch (Exception error)
        {
            database?.Dispose();
            key?.Dispose();
            throw error switch
            {
                SqliteFailure failure => ThumbnailFolder.ForTerminal(failure, full),
                IOException or UnauthorizedAccessException => Unusable(full, error),
                _ => error,
            };
        }
    }

    /// <summary>One small picture, or null where there is none.</summary>
    /// <exception cref="MalformedDataException">It was altered, or is another's: it alone cannot be read.</exception>
    /// <exception cref="CaseException">The database cannot be read.</exception>
    public Thumbnail? Read(long entryId, int frame = 0) => Guarded(() =>
    {
        // What is longer than a thumbnail can be is not brought into memory.
        one ??= database.Prepare("SELECT kind, width, height, nonce, iif(length(data)<=?3, data, NULL) FROM thumbnail WHERE entry_id=?1 AND frame=?2");
        one.Bind(1, entryId);
        one.Bind(2, frame);
        one.Bind(3, Thumbnail.MaxBytes + ThumbnailCipher.TagBytes);
        try
        {
            if (!one.Step())
            {
                return null;
            }

            byte[] jpeg = cipher.Open(entryId, frame, one.Int64(0), one.Int64(1), one.Int64(2), one.Bytes(3), one.Bytes(4));
            return new Thumbnail(entryId, frame, (ThumbnailKind)one.Int32(0), one.Int32(1), one.Int32(2), jpeg);
        }
        finally
        {
            one.Reset();
        }
    });

    /// <summary>What there is of one entry, ascending by frame; not decrypted and so not authenticated.</summary>
    public IReadOnlyList<ThumbnailInfo> Frames(long entryId) => List("WHERE entry_id=?1", entryId);

    /// <summary>All there is, streamed, ascending by entry and frame; not decrypted and so not authenticated.</summary>
    public IEnumerable<ThumbnailInfo> All()
    {
        ThumbnailInfo last = new(0, -1, default, 0, 0, 0);
        List<ThumbnailInfo> page;
        do
        {
            page = List($"WHERE (entry_id, frame)>(?1, ?2) ORDER BY entry_id, frame LIMIT {Page}", last.EntryId, last.Frame);
            foreach (ThumbnailInfo info in page)
            {
                if ((info.EntryId, info.Frame).CompareTo((last.EntryId, last.Frame)) <= 0)
                {
                    throw new CaseException($"thumbnails.db in '{directory}' holds a row that Cairn does not write: delete it and examine again");
                }

                yield return last = info;
            }
        }
        while (page.Count == Page);
    }

    /// <summary>Entries that have a small picture, ascending.</summary>
    public long[] Ids() => Guarded(() => ThumbnailFolder.Ids(database));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                one?.Dispose();
                database.Dispose();
                cipher.Dispose();
                key.Dispose();
            }
        }
    }

    private static CaseException Unusable(string directory, Exception error) => new($"the thumbnails in '{directory}' cannot be read: {error.Message}", error);

    private List<ThumbnailInfo> List(string where, params long[] values) => Guarded(() =>
    {
        using SqliteStatement rows = database.Prepare($"SELECT entry_id, frame, kind, width, height, length(data)-{ThumbnailCipher.TagBytes} FROM thumbnail {where}");
        for (int i = 0; i < values.Length; i++)
        {
            rows.Bind(i + 1, values[i]);
        }

        List<ThumbnailInfo> found = [];
        while (rows.Step())
        {
            found.Add(new ThumbnailInfo(rows.Int64(0), rows.Int32(1), (ThumbnailKind)rows.Int32(2), rows.Int32(3), rows.Int32(4), rows.Int32(5)));
        }

        return found;
    });

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
                throw ThumbnailFolder.ForTerminal(failure, directory);
            }
        }
    }
}
