using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>The files of a case's review.</summary>
internal static class ReviewFolder
{
    public static string Database(string directory) => Path.Combine(directory, "review.db");

    /// <summary>Held while the database is made or brought forward.</summary>
    public static string Lock(string directory) => Path.Combine(directory, "review.lock");

    public static string Checkpoints(string directory) => Path.Combine(CaseFolder.Checkpoints(directory), "review");

    /// <summary>Throws unless the database is a review of a version that this build knows.</summary>
    public static void Check(SqliteDatabase database, string directory)
    {
        if (database.Scalar("PRAGMA application_id") != ReviewSchema.ApplicationId)
        {
            throw new CaseException($"review.db in '{directory}' is a database of another program: move it away");
        }

        long version = database.Scalar("PRAGMA user_version");
        if (version > ReviewSchema.Version)
        {
            throw new CaseException($"review.db in '{directory}' was written by a newer version of Cairn (schema {version}, this version knows {ReviewSchema.Version}): use that version or a later one");
        }
    }

    /// <summary>The case that the review belongs to.</summary>
    public static string CaseId(SqliteDatabase database) => Meta(database, "case_id");

    /// <summary>A value of table meta; empty where it is not there.</summary>
    public static string Meta(SqliteDatabase database, string name)
    {
        using SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name=?1");
        meta.Bind(1, name);
        return meta.Step() ? meta.Text(0) : "";
    }

    /// <summary>What SQLite said, for the person at the terminal.</summary>
    public static CaseException ForTerminal(SqliteFailure failure, string directory) => failure.Primary switch
    {
        SQLitePCL.raw.SQLITE_NOTADB => new CaseException($"review.db in '{directory}' is not a SQLite database: move it away", failure),
        SQLitePCL.raw.SQLITE_CORRUPT => new CaseException($"review.db in '{directory}' is damaged ({failure.Message}): restore it from a copy, 'cairn verify --case' says what is left", failure),
        _ => failure.ForTerminal(directory),
    };
}
