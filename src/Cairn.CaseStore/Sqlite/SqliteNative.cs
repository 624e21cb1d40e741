using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

// Every call here takes plain integers, so none needs a stub that is made at run time.
[assembly: DisableRuntimeMarshalling]

namespace Cairn.CaseStore.Sqlite;

/// <summary>
/// The calls made for every cell of every row, straight to the library that SQLitePCLRaw brings. Its own calls add a reference count on the
/// statement's handle and a copy of the text each time, which for 220,000 rows of 40 cells costs more than SQLite itself. None of these
/// blocks or calls back, so the switch of the garbage collector's mode can be left out where it says so.
/// </summary>
internal static class SqliteNative
{
    private const string Library = "e_sqlite3";

    [DllImport(Library, EntryPoint = "sqlite3_bind_int64"), SuppressGCTransition]
    public static extern int BindInt64(nint statement, int index, long value);

    [DllImport(Library, EntryPoint = "sqlite3_bind_null"), SuppressGCTransition]
    public static extern int BindNull(nint statement, int index);

    /// <summary><paramref name="destructor"/> 0: the bytes stay where they are until the next bind or reset.</summary>
    [DllImport(Library, EntryPoint = "sqlite3_bind_text"), SuppressGCTransition]
    public static extern int BindText(nint statement, int index, nint text, int bytes, nint destructor);

    [DllImport(Library, EntryPoint = "sqlite3_bind_blob"), SuppressGCTransition]
    public static extern int BindBlob(nint statement, int index, nint data, int bytes, nint destructor);

    [DllImport(Library, EntryPoint = "sqlite3_step")]
    public static extern int Step(nint statement);

    [DllImport(Library, EntryPoint = "sqlite3_reset")]
    public static extern int Reset(nint statement);

    [DllImport(Library, EntryPoint = "sqlite3_column_type"), SuppressGCTransition]
    public static extern int ColumnType(nint statement, int column);

    [DllImport(Library, EntryPoint = "sqlite3_column_int64"), SuppressGCTransition]
    public static extern long ColumnInt64(nint statement, int column);
}
