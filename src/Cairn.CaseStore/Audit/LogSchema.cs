using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Audit;

/// <summary>A database of a case folder whose rows are covered by an audit log: what writing and verifying need to know of it.</summary>
internal sealed record LogSchema
{
    /// <summary>"case" or "review", for findings.</summary>
    public required string Name { get; init; }

    /// <summary>In front of the names of tables in findings: empty for the case.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>What the log is called in notices.</summary>
    public string LogName { get; init; } = "log";

    /// <summary>PRAGMA user_version of what this build writes.</summary>
    public required int Version { get; init; }

    /// <summary>Tables covered by digests, in the order in which an audit entry lists them.</summary>
    public required IReadOnlyList<TableDefinition> Tables { get; init; }

    /// <summary>Makes the schema in an empty database.</summary>
    public required Action<SqliteDatabase> Create { get; init; }

    /// <summary>Indexes that may be missing.</summary>
    public IReadOnlyList<string> LaterIndexes { get; init; } = [];

    /// <summary>In front of the case's id in checkpoints: "cairn/case/".</summary>
    public required string OriginPrefix { get; init; }

    /// <summary>The action whose audit entry a checkpoint signs.</summary>
    public required string SignedAction { get; init; }

    /// <summary>What covers the entries after the last checkpoint, in words, for a notice.</summary>
    public required string WhyUncovered { get; init; }

    /// <summary>Folder of the checkpoint files of a case folder.</summary>
    public required Func<string, string> CheckpointFolder { get; init; }
}
