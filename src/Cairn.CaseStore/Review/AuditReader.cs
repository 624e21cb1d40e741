using System.Globalization;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>Which entries of the log are wanted; what is null is any.</summary>
public sealed record AuditFilter
{
    /// <summary>Account id.</summary>
    public string? Account { get; init; }

    /// <summary>What was done.</summary>
    public ActKind? Kind { get; init; }

    /// <summary>Not before.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Before.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>An entry of the review's audit log.</summary>
/// <param name="Sequence">From 1, without gaps.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="Account">Account id; "os:" and a user of the operating system for what no account did.</param>
/// <param name="Name">Name on that day; null for what no account did.</param>
/// <param name="Kind">What was done; null for what no account did.</param>
/// <param name="Action">The same in words.</param>
/// <param name="Detail">JSON object.</param>
/// <param name="Host">Name of the machine.</param>
/// <param name="Tool">Version of the program.</param>
public sealed record ReviewAuditEntry(long Sequence, string Utc, string Account, string? Name, ActKind? Kind, string Action, string Detail, string Host, string Tool);

/// <summary>A row that an act added.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Cells">Column and value in words; null for NULL.</param>
public sealed record AuditedRow(string Table, IReadOnlyList<KeyValuePair<string, string?>> Cells);

/// <summary>The audit log of a review, for an auditor: no evidence, nothing that is not in the log. Members are safe to call from many threads.</summary>
public sealed class AuditReader : IDisposable
{
    private readonly string directory;
    private readonly SqliteDatabase database;
    private readonly Lock gate = new();
    private bool disposed;

    private AuditReader(string directory, SqliteDatabase database) => (this.directory, this.database) = (directory, database);

    /// <summary>Opens the log of a case's review; null where nobody has reviewed it yet.</summary>
    /// <exception cref="CaseException">It is of a newer version or cannot be read.</exception>
    public static AuditReader? Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        return ReviewReader.OpenDatabase(full) is SqliteDatabase database ? new AuditReader(full, database) : null;
    }

    /// <summary>A page of the log, the newest first.</summary>
    /// <param name="filter">Which entries.</param>
    /// <param name="before">Sequence of the last entry of the page before; null for the first page.</param>
    /// <param name="count">Most entries.</param>
    public IReadOnlyList<ReviewAuditEntry> Page(AuditFilter filter, long? before, int count)
    {
        ArgumentNullException.ThrowIfNull(filter);
        string where = "seq<?1"
            + (filter.Account is null ? "" : " AND who=?3")
            + (filter.Kind is null ? "" : " AND action=?4")
            + (filter.From is null ? "" : " AND utc>=?5")
            + (filter.Until is null ? "" : " AND utc<?6");
        return Guarded(() =>
        {
            using SqliteStatement rows = database.Prepare($"SELECT seq, utc, who, detail->>'name', action, detail, host, tool FROM audit WHERE {where} ORDER BY seq DESC LIMIT ?2");
            rows.Bind(1, before ?? long.MaxValue);
            rows.Bind(2, count);
            Bind(rows, 3, filter.Account);
            Bind(rows, 4, filter.Kind is ActKind kind ? ActKinds.Word(kind) : null);
            Bind(rows, 5, Utc(filter.From));
            Bind(rows, 6, Utc(filter.Until));
            List<ReviewAuditEntry> page = [];
            while (rows.Step())
            {
                page.Add(new ReviewAuditEntry(rows.Int64(0), rows.Text(1), rows.Text(2), rows.TextOrNull(3), ActKinds.Of(rows.Text(4)), rows.Text(4), rows.Text(5), rows.Text(6), rows.Text(7)));
            }

            return page;
        });
    }

    /// <summary>The rows that an entry of the log added, in the order of tables and rows.</summary>
    /// <param name="sequence">The entry.</param>
    /// <param name="count">Most rows.</param>
    public IReadOnlyList<AuditedRow> Rows(long sequence, int count) => Guarded(() =>
    {
        string added = "";
        using (SqliteStatement entry = database.Prepare("SELECT rows FROM audit WHERE seq=?1"))
        {
            entry.Bind(1, sequence);
            added = entry.Step() ? entry.Text(0) : "";
        }

        List<AuditedRow> found = [];
        foreach (TableDefinition table in ReviewSchema.Tables.Where(table => added.Split('\n').Any(line => line.StartsWith(table.Name + ' ', StringComparison.Ordinal))))
        {
            // Batches come in the order of rows, so those of one lie together and the first is found by halving.
            using SqliteStatement rows = database.Prepare($"{table.SelectSql.Replace(" ORDER BY", " WHERE rowid>=?1 ORDER BY", StringComparison.Ordinal)}");
            rows.Bind(1, FirstRow(table.Name, sequence));
            while (found.Count < count && rows.Step() && rows.Int64(table.Columns.Length) == sequence)
            {
                found.Add(new AuditedRow(table.Name, [.. table.Columns.Select((column, i) => KeyValuePair.Create(column.Name, Cell(rows, i)))]));
            }
        }

        return found;
    });

    /// <summary>The accounts that are in the log, by id, each with its last name.</summary>
    public IReadOnlyList<Actor> Accounts() => Guarded(() =>
    {
        using SqliteStatement rows = database.Prepare("SELECT account, name FROM act a WHERE rowid=(SELECT max(rowid) FROM act WHERE account=a.account) ORDER BY account");
        List<Actor> accounts = [];
        while (rows.Step())
        {
            accounts.Add(new Actor(rows.Text(0), rows.Text(1)));
        }

        return accounts;
    });

    /// <summary>The signed checkpoints, ascending.</summary>
    public IReadOnlyList<CaseCheckpoint> Checkpoints() => Guarded(() =>
    {
        using SqliteStatement rows = database.Prepare("SELECT number, size, root, text, verifier_key FROM checkpoint ORDER BY number");
        List<CaseCheckpoint> checkpoints = [];
        while (rows.Step())
        {
            checkpoints.Add(new CaseCheckpoint(rows.Int64(0), rows.Int64(1), rows.Blob(2), rows.Text(3), rows.Text(4)));
        }

        return checkpoints;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                database.Dispose();
            }
        }
    }

    private static string? Utc(DateTimeOffset? time) => time?.UtcDateTime.ToString(AuditRow.TimeFormat, CultureInfo.InvariantCulture);

    private static void Bind(SqliteStatement rows, int index, string? value)
    {
        // SQLite knows no parameter that the statement does not name.
        if (value is not null)
        {
            rows.Bind(index, value);
        }
    }

    private static string? Cell(SqliteStatement row, int column) => row.Type(column) switch
    {
        SQLitePCL.raw.SQLITE_NULL => null,
        SQLitePCL.raw.SQLITE_BLOB => Convert.ToHexStringLower(row.Bytes(column)),
        _ => row.Text(column),
    };

    private long FirstRow(string table, long sequence)
    {
        long low = 1;
        long high = database.Scalar($"SELECT max(rowid) FROM {table}");
        using SqliteStatement at = database.Prepare($"SELECT batch FROM {table} WHERE rowid>=?1 ORDER BY rowid LIMIT 1");
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            at.Bind(1, middle);
            bool below = at.Step() && at.Int64(0) < sequence;
            at.Reset();
            (low, high) = below ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

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
                throw ReviewFolder.ForTerminal(failure, directory);
            }
        }
    }
}
