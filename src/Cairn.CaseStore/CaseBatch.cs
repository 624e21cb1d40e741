using Cairn.CaseStore.Schema;

namespace Cairn.CaseStore;

/// <summary>The rows of one transaction and what its audit entry will say.</summary>
internal sealed class CaseBatch
{
    private readonly IReadOnlyList<TableDefinition> tables;
    private readonly Func<TableDefinition, TableWriter> open;
    private readonly List<TableWriter> used = [];

    public CaseBatch(long sequence, IReadOnlyList<TableDefinition> tables, Func<TableDefinition, TableWriter> open) => (Sequence, this.tables, this.open) = (sequence, tables, open);

    /// <summary>Sequence number of the audit entry.</summary>
    public long Sequence { get; }

    /// <summary>Members of the audit entry's detail.</summary>
    public List<KeyValuePair<string, object?>> Detail { get; } = [];

    /// <summary>Called with the size and root of the log once the audit entry is written, in the same transaction.</summary>
    public Action<long, byte[]>? Sign { get; set; }

    /// <summary>What <see cref="Sign"/> made.</summary>
    public CaseCheckpoint? Signed { get; set; }

    public void Say(string name, object? value) => Detail.Add(KeyValuePair.Create(name, value));

    /// <summary>The writer of a table, begun for this batch.</summary>
    public TableWriter Table(TableDefinition table)
    {
        foreach (TableWriter writer in used)
        {
            if (writer.Table == table)
            {
                return writer;
            }
        }

        TableWriter opened = open(table);
        opened.Begin(Sequence);
        used.Add(opened);
        return opened;
    }

    /// <summary>A line for each table that gained rows, and the checks of all rows, both in the schema's order.</summary>
    public (string Rows, byte[] Checks) Close()
    {
        List<string> lines = [];
        using MemoryStream checks = new();
        foreach (TableDefinition table in tables)
        {
            if (used.Find(writer => writer.Table == table) is { Count: > 0 } writer)
            {
                checks.Write(writer.Checks);
                lines.Add($"{table.Name} {writer.Count} {Convert.ToHexStringLower(writer.Digest())}");
            }
        }

        return (string.Join('\n', lines), checks.ToArray());
    }
}
