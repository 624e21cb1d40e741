using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Thumbnails;

/// <summary>The files of the small pictures of a case, and their schema.</summary>
internal static class ThumbnailFolder
{
    /// <summary>"CarT".</summary>
    public const int ApplicationId = 0x43617254;

    public const int Version = 1;

    public const string TableSql =
        "CREATE TABLE thumbnail(entry_id INTEGER NOT NULL, frame INTEGER NOT NULL, kind INTEGER NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, "
        + "nonce BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY(entry_id, frame)) STRICT";

    public static string Database(string directory) => Path.Combine(directory, "thumbnails.db");

    public static string Key(string directory) => Path.Combine(directory, "thumbnails.key");

    public static string Lock(string directory) => Path.Combine(directory, "thumbnails.lock");

    /// <summary>Throws unless the database is one of small pictures, of a version that this build knows.</summary>
    public static void Check(SqliteDatabase database, string directory)
    {
        if (database.Scalar("PRAGMA application_id") != ApplicationId)
        {
            throw new CaseException($"thumbnails.db in '{directory}' is a database of another program: move it away");
        }

        long version = database.Scalar("PRAGMA user_version");
        if (version > Version)
        {
            throw new CaseException($"thumbnails.db in '{directory}' was written by a newer version of Cairn (schema {version}, this version knows {Version}): use that version or a later one");
        }
    }

    /// <summary>The id of the key that the rows were made with.</summary>
    public static string KeyId(SqliteDatabase database)
    {
        using SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name='key_id'");
        return meta.Step() ? meta.Text(0) : "";
    }

    /// <summary>Ids that have a small picture, ascending, each once.</summary>
    public static long[] Ids(SqliteDatabase database)
    {
        using SqliteStatement rows = database.Prepare("SELECT DISTINCT entry_id FROM thumbnail ORDER BY entry_id");
        List<long> ids = [];
        while (rows.Step())
        {
            ids.Add(rows.Int64(0));
        }

        return [.. ids];
    }

    /// <summary>What SQLite said, for the person at the terminal.</summary>
    public static CaseException ForTerminal(SqliteFailure failure, string directory) => failure.Primary switch
    {
        SQLitePCL.raw.SQLITE_NOTADB => new CaseException($"thumbnails.db in '{directory}' is not a SQLite database: move it away", failure),
        SQLitePCL.raw.SQLITE_CORRUPT => new CaseException($"thumbnails.db in '{directory}' is damaged ({failure.Message}): delete it and examine again, the case itself is not touched by that", failure),
        _ => failure.ForTerminal(directory),
    };
}
