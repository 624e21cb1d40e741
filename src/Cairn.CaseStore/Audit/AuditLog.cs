using System.Globalization;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using NSec.Cryptography;

namespace Cairn.CaseStore.Audit;

/// <summary>
/// The writing end of an audit log: the tree of its entries, the writers of the tables that it covers, its checkpoints. The owner begins and ends
/// transactions; an entry counts once <see cref="Committed"/> is called.
/// </summary>
internal sealed class AuditLog : IDisposable
{
    private readonly SqliteDatabase database;
    private readonly LogSchema schema;
    private readonly string tool;
    private readonly TimeProvider clock;
    private readonly string host = Environment.MachineName;
    private readonly Dictionary<TableDefinition, TableWriter> writers = [];
    private readonly MerkleFrontier tree = new();
    private SqliteStatement? insert;
    private (byte[] Leaf, string Utc)? pending;

    public AuditLog(SqliteDatabase database, LogSchema schema, string tool, TimeProvider clock) =>
        (this.database, this.schema, this.tool, this.clock) = (database, schema, tool, clock);

    /// <summary>Entries known.</summary>
    public long Size => tree.Size;

    /// <summary>When the last known entry was made.</summary>
    public string LastUtc { get; private set; } = "";

    /// <summary>The highest run so far.</summary>
    public long Runs { get; private set; }

    /// <summary>Origin of checkpoints; set once the case's id is known.</summary>
    public string Origin { get; set; } = "";

    /// <summary>Takes in the entries that were added since the last time, by whoever; false where they do not follow from those before.</summary>
    public bool CatchUp()
    {
        byte[]? root = null;
        long last = tree.Size;
        using (SqliteStatement audit = database.Prepare("SELECT seq, leaf, root, utc, run_id FROM audit WHERE seq>?1 ORDER BY seq"))
        {
            audit.Bind(1, tree.Size);
            while (audit.Step())
            {
                last = audit.Int64(0);
                tree.Add(audit.Blob(1));
                root = audit.Blob(2);
                LastUtc = audit.Text(3);
                Runs = Math.Max(Runs, audit.Int64(4));
            }
        }

        return tree.Size > 0 && last == tree.Size && (root is null || root.AsSpan().SequenceEqual(tree.Root()));
    }

    /// <summary>The batch of the next entry.</summary>
    public CaseBatch Begin()
    {
        pending = null;
        return new CaseBatch(tree.Size + 1, schema.Tables, Writer);
    }

    /// <summary>Writes the entry of a batch; returns when, ISO 8601 UTC.</summary>
    public string Write(long runId, string who, string action, CaseBatch batch)
    {
        string utc = clock.GetUtcNow().UtcDateTime.ToString(AuditRow.TimeFormat, CultureInfo.InvariantCulture);
        if (string.CompareOrdinal(utc, LastUtc) < 0)
        {
            batch.Say("clockWentBackFrom", LastUtc);
        }

        (string rows, byte[] checks) = batch.Close();
        AuditRow row = new(batch.Sequence, utc, runId, who, host, tool, schema.Version, action, CaseJson.Object(batch.Detail), rows, checks);
        byte[] leaf = row.Leaf();
        byte[] root = tree.RootWith(leaf);
        insert ??= database.Prepare($"INSERT INTO audit({AuditRow.Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
        insert.Bind(1, row.Sequence);
        insert.Bind(2, row.Utc);
        insert.Bind(3, row.RunId);
        insert.Bind(4, row.Who);
        insert.Bind(5, row.Host);
        insert.Bind(6, row.Tool);
        insert.Bind(7, row.Schema);
        insert.Bind(8, row.Action);
        insert.Bind(9, row.Detail);
        insert.Bind(10, row.Rows);
        insert.Bind(11, row.Checks);
        insert.Bind(12, leaf);
        insert.Bind(13, root);
        insert.Run();
        batch.Sign?.Invoke(batch.Sequence, root);
        pending = (leaf, utc);
        return utc;
    }

    /// <summary>The transaction of the last entry written was committed.</summary>
    public void Committed()
    {
        if (pending is (byte[] leaf, string utc))
        {
            tree.Add(leaf);
            LastUtc = utc;
            pending = null;
        }
    }

    /// <summary>Has the entry of <paramref name="batch"/> signed: the checkpoint covers its own audit entry, so it is made once that is written.</summary>
    public void SignWith(CaseBatch batch, Key key)
    {
        string verifierKey = SignedNote.VerifierKey(Origin, key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        if (!KnowsKey(verifierKey))
        {
            TableWriter keys = batch.Table(CaseSchema.SigningKeys);
            keys.Text(verifierKey);
            keys.End();
        }

        batch.Sign = (size, root) =>
        {
            string text = SignedNote.Sign(SignedNote.BodyOf(Origin, size, root), Origin, key);
            CaseCheckpoint signed = new(database.Scalar("SELECT count(*) FROM checkpoint") + 1, size, root, text, verifierKey);
            Insert(signed);
            batch.Signed = signed;
        };
    }

    /// <summary>Brings an older database forward, each step with its entry in the same transaction.</summary>
    public void Migrate(int version, IReadOnlyList<SchemaMigration> migrations, Action<Action<CaseBatch>> append)
    {
        foreach (SchemaMigration migration in migrations)
        {
            if (migration.To <= version)
            {
                continue;
            }

            int from = version;
            append(batch =>
            {
                foreach (string sql in migration.Sql)
                {
                    database.Execute(sql);
                }

                database.Execute($"PRAGMA user_version={migration.To}");
                batch.Say("from", from);
                batch.Say("to", migration.To);
            });
            version = migration.To;
        }
    }

    /// <summary>Writes the checkpoint files that are missing: a process that is killed between the commit and the writing of the file leaves none.</summary>
    public void RestoreCheckpointFiles(string directory)
    {
        using SqliteStatement rows = database.Prepare("SELECT number, text FROM checkpoint ORDER BY number");
        while (rows.Step())
        {
            if (!File.Exists(CaseFolder.Checkpoint(schema.CheckpointFolder(directory), rows.Int64(0))))
            {
                WriteCheckpointFile(directory, rows.Int64(0), rows.Text(1));
            }
        }
    }

    /// <summary>Writes a checkpoint file whole or not at all.</summary>
    public void WriteCheckpointFile(string directory, long number, string text)
    {
        string folder = schema.CheckpointFolder(directory);
        try
        {
            CaseFolder.WriteCheckpoint(folder, number, text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"the checkpoint could not be written to '{CaseFolder.Checkpoint(folder, number)}' ({error.Message}): put that right and run the command again, the {schema.Name} itself is complete", error);
        }
    }

    public void Dispose()
    {
        foreach (TableWriter writer in writers.Values)
        {
            writer.Dispose();
        }

        writers.Clear();
        insert?.Dispose();
        insert = null;
    }

    private TableWriter Writer(TableDefinition table)
    {
        if (!writers.TryGetValue(table, out TableWriter? writer))
        {
            writer = new TableWriter(database, table);
            writers.Add(table, writer);
        }

        return writer;
    }

    private bool KnowsKey(string verifierKey)
    {
        using SqliteStatement known = database.Prepare("SELECT count(*) FROM signing_key WHERE verifier_key=?1");
        known.Bind(1, verifierKey);
        return known.Step() && known.Int64(0) > 0;
    }

    private void Insert(CaseCheckpoint checkpoint)
    {
        using SqliteStatement row = database.Prepare("INSERT INTO checkpoint(number, size, root, text, verifier_key) VALUES (?1, ?2, ?3, ?4, ?5)");
        row.Bind(1, checkpoint.Number);
        row.Bind(2, checkpoint.Size);
        row.Bind(3, checkpoint.Root);
        row.Bind(4, checkpoint.Text);
        row.Bind(5, checkpoint.VerifierKey);
        row.Run();
    }
}
