using System.Text;
using SQLitePCL;

namespace Cairn.CaseStore.Sqlite;

/// <summary>A prepared statement; columns from 0, parameters from 1, as SQLite counts.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly sqlite3_stmt statement;

    public SqliteStatement(SqliteDatabase database, sqlite3_stmt statement)
    {
        this.database = database;
        this.statement = statement;
        Handle = statement.DangerousGetHandle();
    }

    /// <summary>For <see cref="SqliteNative"/>; valid until disposed of.</summary>
    public nint Handle { get; }

    public void Bind(int index, long? value) =>
        database.Check(value is long number ? SqliteNative.BindInt64(Handle, index, number) : SqliteNative.BindNull(Handle, index));

    public void Bind(int index, string value) => database.Check(raw.sqlite3_bind_text(statement, index, value));

    public void BindOrNull(int index, string? value)
    {
        if (value is null)
        {
            Bind(index, (long?)null);
        }
        else
        {
            Bind(index, value);
        }
    }

    public void Bind(int index, byte[] value) => database.Check(raw.sqlite3_bind_blob(statement, index, value));

    /// <summary>Runs a statement that gives no rows, ready to be bound again.</summary>
    public void Run()
    {
        try
        {
            _ = Step();
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>True where a row is there to read.</summary>
    public bool Step()
    {
        int code = SqliteNative.Step(Handle);
        if (code == raw.SQLITE_ROW)
        {
            return true;
        }

        return code == raw.SQLITE_DONE ? false : throw database.Failure(code);
    }

    public void Reset() => _ = SqliteNative.Reset(Handle);

    public int Type(int column) => SqliteNative.ColumnType(Handle, column);

    public bool IsNull(int column) => Type(column) == raw.SQLITE_NULL;

    public long Int64(int column) => SqliteNative.ColumnInt64(Handle, column);

    public double Real(int column) => raw.sqlite3_column_double(statement, column);

    public int Int32(int column) => unchecked((int)Int64(column));

    public long? Int64OrNull(int column) => IsNull(column) ? null : Int64(column);

    public int? Int32OrNull(int column) => IsNull(column) ? null : Int32(column);

    /// <summary>Bytes of a text or blob; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(statement, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public byte[] Blob(int column) => Bytes(column).ToArray();

    public byte[]? BlobOrNull(int column) => IsNull(column) ? null : Blob(column);

    public void Dispose() => statement.Dispose();
}
