using SQLitePCL;

namespace Cairn.CaseStore.Sqlite;

/// <summary>SQLite refused; inside this project only, callers of the case store see <see cref="CaseException"/>.</summary>
internal sealed class SqliteFailure : Exception
{
    public SqliteFailure(int code, string message) : base(message) => Code = code;

    /// <summary>Extended result code.</summary>
    public int Code { get; }

    /// <summary>Result code without the extension.</summary>
    public int Primary => Code & 0xFF;

    /// <summary>What to tell the person at the terminal about the case in <paramref name="directory"/>.</summary>
    public CaseException ForTerminal(string directory) => new(
        Primary switch
        {
            raw.SQLITE_FULL => $"no space is left for the case in '{directory}': free some and run the command again, what was stored is kept",
            raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_CANTOPEN or raw.SQLITE_AUTH => $"the case in '{directory}' cannot be written or opened: check that the folder exists and is not read-only ({Message})",
            raw.SQLITE_NOTADB => $"'{directory}' is not a case: case.db is not a SQLite database; name another folder",
            raw.SQLITE_CORRUPT => $"the case in '{directory}' is damaged ({Message}): restore it from a copy, 'cairn verify --case' says what is left",
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => $"the case in '{directory}' is in use by another program: close it and run the command again",
            raw.SQLITE_IOERR => $"the disk of the case in '{directory}' failed ({Message}): check the disk and run the command again",
            _ => $"the case in '{directory}' cannot be used: {Message}",
        },
        this);
}
