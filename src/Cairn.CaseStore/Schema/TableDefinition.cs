namespace Cairn.CaseStore.Schema;

/// <summary>A column as it is declared.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Declaration">Type and constraints.</param>
internal sealed record ColumnDefinition(string Name, string Declaration);

/// <summary>
/// A table whose rows are covered by the audit log. Every such table has a last column <c>batch</c>: the sequence number of the audit entry
/// that added the row and that holds the digest of the rows of its batch.
/// </summary>
internal sealed class TableDefinition
{
    public TableDefinition(string name, params (string Name, string Declaration)[] columns)
    {
        Name = name;
        Columns = Array.ConvertAll(columns, column => new ColumnDefinition(column.Name, column.Declaration));
        string list = string.Join(", ", Columns.Select(column => column.Name));
        CreateSql = $"CREATE TABLE {name}({string.Join(", ", Columns.Select(column => $"{column.Name} {column.Declaration}"))}, batch INTEGER NOT NULL)";
        InsertSql = $"INSERT INTO {name}({list}, batch) VALUES ({string.Join(", ", Enumerable.Range(1, Columns.Length + 1).Select(index => $"?{index}"))})";
        SelectSql = $"SELECT {list}, batch, rowid FROM {name} ORDER BY rowid";
    }

    public string Name { get; }

    /// <summary>The columns that the digest covers, in its order; all but <c>batch</c>.</summary>
    public ColumnDefinition[] Columns { get; }

    public string CreateSql { get; }

    public string InsertSql { get; }

    /// <summary>All columns, then batch, then rowid, in the order of the digest.</summary>
    public string SelectSql { get; }
}
