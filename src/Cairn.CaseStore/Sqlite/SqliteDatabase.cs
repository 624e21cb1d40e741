using SQLitePCL;

namespace Cairn.CaseStore.Sqlite;

/// <summary>One connection. Not safe from many threads at once: the owner sees to that, so SQLite's own locks are left out.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int CacheWrites = 9; // SQLITE_DBSTATUS_CACHE_WRITE
    private readonly sqlite3 handle;
    private long pageSize;

    private SqliteDatabase(sqlite3 handle) => this.handle = handle;

    /// <summary>True between BEGIN and its end; SQLite itself ends a transaction on some failures.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(handle) == 0;

    /// <summary>Bytes of pages that this connection has written since it was opened.</summary>
    public long BytesWritten
    {
        get
        {
            pageSize = pageSize == 0 ? Scalar("PRAGMA page_size") : pageSize;
            _ = raw.sqlite3_db_status(handle, CacheWrites, out int pages, out _, 0);
            return (uint)pages * pageSize;
        }
    }

    /// <summary>Opens <paramref name="path"/>; nothing in the file's schema is trusted.</summary>
    /// <param name="path">File, or ":memory:".</param>
    /// <param name="write">For writing; makes it where it is missing.</param>
    /// <param name="immutable">Read without locks and without a log: for a read-only medium.</param>
    public static SqliteDatabase Open(string path, bool write, bool immutable = false)
    {
        Batteries_V2.Init();
        int flags = raw.SQLITE_OPEN_NOMUTEX | (write ? raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE : raw.SQLITE_OPEN_READONLY);
        string name = path;
        if (immutable)
        {
            flags |= raw.SQLITE_OPEN_URI;
            name = new Uri(path).AbsoluteUri + "?immutable=1";
        }

        int code = raw.sqlite3_open_v2(name, out sqlite3 opened, flags, null);
        SqliteDatabase database = new(opened);
        try
        {
            database.Check(code);
            _ = raw.sqlite3_extended_result_codes(opened, 1);
            _ = raw.sqlite3_busy_timeout(opened, 10_000);
            database.Execute("PRAGMA trusted_schema=OFF");
            database.Execute("PRAGMA cell_size_check=ON");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Runs one or more statements that give no rows of interest.</summary>
    public void Execute(string sql) => Check(raw.sqlite3_exec(handle, sql));

    /// <summary>Prepares one statement.</summary>
    public SqliteStatement Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v2(handle, sql, out sqlite3_stmt statement));
        return new SqliteStatement(this, statement);
    }

    /// <summary>The first column of the first row; 0 where there is none.</summary>
    public long Scalar(string sql, params ReadOnlySpan<long?> values)
    {
        using SqliteStatement statement = Prepare(sql);
        for (int i = 0; i < values.Length; i++)
        {
            statement.Bind(i + 1, values[i]);
        }

        return statement.Step() ? statement.Int64(0) : 0;
    }

    /// <summary>Throws unless <paramref name="code"/> is a success.</summary>
    public void Check(int code)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw Failure(code);
        }
    }

    /// <summary>What SQLite says of the last call.</summary>
    public SqliteFailure Failure(int code)
    {
        int extended = raw.sqlite3_extended_errcode(handle);
        return new SqliteFailure((extended & 0xFF) == (code & 0xFF) ? extended : code, raw.sqlite3_errmsg(handle).utf8_to_string());
    }

    public void Dispose() => handle.Dispose();
}
