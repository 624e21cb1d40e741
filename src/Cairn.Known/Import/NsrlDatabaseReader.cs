using System.Text;
using Cairn.Known.Sets;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Cairn.Known.Import;

/// <summary>
/// NSRL RDS version 3: an SQLite database with FILE (sha256, sha1, md5, package_id; a table, or a view over METADATA in the full sets), PKG
/// (package_id, name, version) and VERSION. The database is somebody else's: it is opened so that its schema cannot act.
/// </summary>
internal sealed class NsrlDatabaseReader : SetReader
{
    private const int MostPackages = 4_000_000;

    /// <summary>Characters of all their names.</summary>
    private const long MostPackageText = 400_000_000;
    private const int StepsBetweenChecks = 100_000;

    private readonly string path;
    private readonly string? version;

    public NsrlDatabaseReader(string path)
    {
        this.path = path;
        using SqliteConnection connection = Open();
        if (!HasTable(connection, "FILE"))
        {
            throw new KnownSetException($"{path}: this SQLite database has no FILE table and so is no NSRL set");
        }

        version = HasTable(connection, "VERSION") ? Text(connection, "SELECT version FROM VERSION ORDER BY version DESC LIMIT 1") : null;
    }

    /// <inheritdoc/>
    public override string FormatName => "nsrl rds 3";

    /// <inheritdoc/>
    public override string? Version => string.IsNullOrWhiteSpace(version) || version.Length > 100 || version.Any(char.IsControl) ? null : version.Trim();

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using SqliteConnection connection = Open();
        raw.sqlite3_progress_handler(connection.Handle!, StepsBetweenChecks, _ => stop.IsCancellationRequested ? 1 : 0, null);

        // The check reads as much as the import does, so it runs beside it; nothing of the import stays where it fails.
        KnownSetException? damage = null;
        Thread check = new(() => damage = Check(stop));
        check.Start();
        bool isRead = false;
        try
        {
            ReadFiles(connection, Packages(connection), writer, progress, stop.Token);
            isRead = true;
        }
        catch (Exception error) when (error is SqliteException or OperationCanceledException or KnownSetException)
        {
            stop.Cancel();
            check.Join();
            cancel.ThrowIfCancellationRequested();

            // What the check found says more than what the reading met because of it.
            throw damage ?? (error is SqliteException failure ? Damaged(failure) : error);
        }
        finally
        {
            if (!isRead)
            {
                stop.Cancel();
            }

            check.Join();
        }

        // A check that was stopped has found nothing: it does not count as passed.
        cancel.ThrowIfCancellationRequested();
        if (damage is not null)
        {
            throw damage;
        }
    }

    /// <summary>What the check of the whole database finds, or null; where it finds something the reading is stopped.</summary>
    private KnownSetException? Check(CancellationTokenSource stop)
    {
        try
        {
            using SqliteConnection connection = Open();
            raw.sqlite3_progress_handler(connection.Handle!, StepsBetweenChecks, _ => stop.IsCancellationRequested ? 1 : 0, null);
            string? result = Text(connection, "PRAGMA quick_check(1)");
            if (result == "ok")
            {
                return null;
            }

            stop.Cancel();
            return new KnownSetException($"{path}: the database is damaged: {HashListReader.Shown(Encoding.UTF8.GetBytes(result ?? ""))}");
        }
        catch (KnownSetException error)
        {
            stop.Cancel();
            return error;
        }
        catch (SqliteException)
        {
            // Stopped, because the reading ended with an error of its own.
            return null;
        }
    }

    /// <summary>
    /// Every row of FILE. The statement is stepped without the data reader, which makes a string of every hash: most of the time of an import.
    /// </summary>
    private void ReadFiles(SqliteConnection connection, Dictionary<long, string> packages, SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        sqlite3 handle = connection.Handle!;

        // The bytes of a text are those of the database's encoding; asking for the text first makes UTF-8 of it.
        bool isUtf8 = Text(connection, "PRAGMA encoding") == "UTF-8";
        SqliteException.ThrowExceptionForRC(raw.sqlite3_prepare_v2(handle, "SELECT sha256, sha1, md5, package_id FROM FILE", out sqlite3_stmt statement), handle);
        using (statement)
        {
            byte[] sha256 = new byte[32], sha1 = new byte[20], md5 = new byte[16];
            long row = 0;
            int result;
            while ((result = raw.sqlite3_step(statement)) == raw.SQLITE_ROW)
            {
                if ((++row & 0xFFFF) == 0)
                {
                    cancel.ThrowIfCancellationRequested();
                    progress?.Report(new ImportProgress("reading", row, 0, writer.Entries));
                }

                bool hasSha256 = Hash(statement, 0, "sha256", sha256, row, isUtf8), hasSha1 = Hash(statement, 1, "sha1", sha1, row, isUtf8), hasMd5 = Hash(statement, 2, "md5", md5, row, isUtf8);
                if (!hasSha256 && !hasSha1 && !hasMd5)
                {
                    throw new KnownSetException($"{path} row {row} of FILE: it has no hash");
                }

                string? detail = raw.sqlite3_column_type(statement, 3) == raw.SQLITE_INTEGER && packages.TryGetValue(raw.sqlite3_column_int64(statement, 3), out string? name) ? name : null;
                writer.Add(hasMd5 ? md5 : default(ReadOnlySpan<byte>), hasSha1 ? sha1 : default(ReadOnlySpan<byte>), hasSha256 ? sha256 : default(ReadOnlySpan<byte>), detail);
            }

            if (result != raw.SQLITE_DONE)
            {
                SqliteException.ThrowExceptionForRC(result, handle);
            }
        }
    }

    private KnownSetException Damaged(SqliteException error) => new($"{path}: the database cannot be read: {error.Message}", error);

    private SqliteConnection Open()
    {
        // Immutable: nothing is written beside the file, and only what was hashed counts, not a journal that lies next to it.
        string uri = new Uri(Path.GetFullPath(path)).AbsoluteUri + "?immutable=1";
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = uri, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            sqlite3 handle = connection.Handle!;
            raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_DEFENSIVE, 1, out _);
            raw.sqlite3_db_config(handle, raw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, out _);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_LENGTH, 1 << 20);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_SQL_LENGTH, 100_000);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_COLUMN, 200);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_EXPR_DEPTH, 50);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_COMPOUND_SELECT, 10);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_VDBE_OP, 25_000);
            raw.sqlite3_limit(handle, raw.SQLITE_LIMIT_ATTACHED, 0);
            using SqliteCommand pragmas = connection.CreateCommand();
            pragmas.CommandText = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY";
            pragmas.ExecuteNonQuery();
            return connection;
        }
        catch (SqliteException error)
        {
            connection.Dispose();
            throw Damaged(error);
        }
    }

    private Dictionary<long, string> Packages(SqliteConnection connection)
    {
        Dictionary<long, string> packages = [];
        if (!HasTable(connection, "PKG"))
        {
            return packages;
        }

        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT package_id, name, version FROM PKG WHERE typeof(package_id) = 'integer'";
        using SqliteDataReader rows = command.ExecuteReader();
        long length = 0;
        while (rows.Read())
        {
            string name = $"{Shortened(rows, 1)} {Shortened(rows, 2)}".Trim();
            length += packages.TryAdd(rows.GetInt64(0), name) ? name.Length : 0;
            if (packages.Count > MostPackages || length > MostPackageText)
            {
                throw new KnownSetException($"{path}: PKG names more than {MostPackages:N0} packages, or their names are longer than {MostPackageText:N0} characters together");
            }
        }

        return packages;
    }

    private static string Shortened(SqliteDataReader rows, int column)
    {
        string text = rows.IsDBNull(column) ? "" : rows.GetString(column);
        return text.Length > 300 ? text[..300] : text;
    }

    private bool Hash(sqlite3_stmt statement, int column, string name, Span<byte> target, long row, bool isUtf8)
    {
        if (!isUtf8)
        {
            _ = raw.sqlite3_column_text(statement, column);
        }

        ReadOnlySpan<byte> text = raw.sqlite3_column_blob(statement, column);
        if (text.IsEmpty)
        {
            return false;
        }

        return Hexadecimal.TryParse(text, target) ? true : throw new KnownSetException($"{path} row {row} of FILE: this is no {name} hash: {HashListReader.Shown(text)}");
    }

    private bool HasTable(SqliteConnection connection, string name)
    {
        try
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND upper(name) = $name";
            command.Parameters.AddWithValue("$name", name);
            return (long)command.ExecuteScalar()! > 0;
        }
        catch (SqliteException error)
        {
            throw Damaged(error);
        }
    }

    private string? Text(SqliteConnection connection, string sql)
    {
        try
        {
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar()?.ToString();
        }
        catch (SqliteException error) when (error.SqliteErrorCode != raw.SQLITE_INTERRUPT)
        {
            throw Damaged(error);
        }
    }
}
