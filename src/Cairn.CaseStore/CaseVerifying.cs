using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore;

/// <summary>One verification.</summary>
internal sealed class CaseVerifying
{
    private const int MostFindings = 1_000;
    private const int MostLocated = 100;
    private const int MostRowsNamed = 20;

    private readonly string directory;
    private readonly SqliteDatabase database;
    private readonly LogSchema schema;
    private readonly IProgress<(long Done, long Total)>? progress;
    private readonly CancellationToken cancel;
    private readonly List<CaseFinding> findings = [];
    private readonly List<string> notices = [];
    private readonly CanonicalRowReader canonical = new();
    private readonly MerkleFrontier tree = new();
    private readonly List<byte[]> roots = [];
    private readonly Dictionary<string, Dictionary<long, Expectation>> expected = new(StringComparer.Ordinal);
    private readonly HashSet<long> runEnds = [];
    private readonly HashSet<long> sequences = [];
    private long rowsExpected;
    private long rowsChecked;
    private int located;

    public CaseVerifying(string directory, SqliteDatabase database, LogSchema schema, IProgress<(long Done, long Total)>? progress, CancellationToken cancel) =>
        (this.directory, this.database, this.schema, this.progress, this.cancel) = (directory, database, schema, progress, cancel);

    public CaseVerification Run(string? pinned)
    {
        // One moment of the case, also while a run goes on.
        database.Execute("BEGIN");
        bool tablesAreThere = Schema();
        Guard("audit", Log);
        foreach (TableDefinition table in schema.Tables)
        {
            Guard(table.Name, () => Table(table));
        }

        List<CaseCheckpoint> checkpoints = [];
        string origin = "";
        Guard("meta", () => origin = Origin());
        Guard("checkpoint", () => Checkpoints(checkpoints, origin));
        Files(checkpoints, origin);
        long? pinnedSize = pinned is null ? null : Pinned(pinned, checkpoints, origin);
        if (tablesAreThere)
        {
            Guard(schema.Name, Structure);
        }

        database.Execute("COMMIT");
        long uncovered = tree.Size - (checkpoints.Count > 0 ? checkpoints.Max(checkpoint => checkpoint.Size) : 0);
        if (uncovered > 0)
        {
            notices.Add($"the last {uncovered} entries of the {schema.LogName} are not covered by a signed checkpoint: {schema.WhyUncovered}");
        }

        return new CaseVerification(findings.Count == 0, findings, notices, tree.Size, rowsChecked, tree.Root(), checkpoints, Math.Max(0, uncovered), pinnedSize);
    }

    private void Find(string table, long? batch, long? row, string what)
    {
        if (findings.Count < MostFindings)
        {
            findings.Add(new CaseFinding(table == schema.Name ? table : schema.Prefix + table, batch, row, what));
        }
        else if (findings.Count == MostFindings)
        {
            findings.Add(new CaseFinding(schema.Name, null, null, $"more than {MostFindings} findings; the rest is not listed"));
        }
    }

    /// <summary>A table that cannot be read is a finding, and the others are still looked at.</summary>
    private void Guard(string table, Action check)
    {
        try
        {
            check();
        }
        catch (SqliteFailure failure)
        {
            Find(table, null, null, $"cannot be read: {failure.Message}");
        }
    }

    /// <summary>Tables, views and indexes are those of this version and nothing else: a trigger or another view would lie to a reader.</summary>
    private bool Schema()
    {
        Dictionary<string, string> wanted = new(StringComparer.Ordinal);
        using (SqliteDatabase model = SqliteDatabase.Open(":memory:", write: true))
        {
            schema.Create(model);
            foreach ((string name, string sql) in Objects(model))
            {
                wanted.Add(name, sql);
            }
        }

        Dictionary<string, string> optional = schema.LaterIndexes.ToDictionary(sql => $"index {sql.Split(' ')[sql.StartsWith("CREATE UNIQUE", StringComparison.Ordinal) ? 3 : 2]}", StringComparer.Ordinal);
        bool complete = true;
        HashSet<string> present = new(StringComparer.Ordinal);
        foreach ((string name, string sql) in Objects(database))
        {
            present.Add(name);
            if (!wanted.TryGetValue(name, out string? should) && !optional.TryGetValue(name, out should))
            {
                Find("sqlite_schema", null, null, $"{name} does not belong to a {schema.Name}");
            }
            else if (should != sql)
            {
                Find("sqlite_schema", null, null, $"{name} is not defined as in a {schema.Name} of this version");
            }
        }

        foreach (string name in wanted.Keys)
        {
            if (!present.Contains(name))
            {
                complete = false;
                Find("sqlite_schema", null, null, $"{name} is missing");
            }
        }

        if (database.Scalar("PRAGMA user_version") != schema.Version)
        {
            Find(schema.Name, null, null, $"user_version is not {schema.Version}");
        }

        return complete;
    }

    private static List<(string Name, string Sql)> Objects(SqliteDatabase database)
    {
        List<(string, string)> objects = [];
        using SqliteStatement schema = database.Prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY rowid");
        while (schema.Step())
        {
            objects.Add(($"{schema.Text(0)} {schema.Text(1)}", schema.IsNull(2) ? "" : schema.Text(2)));
        }

        return objects;
    }

    private void Log()
    {
        using SqliteStatement rows = database.Prepare($"SELECT {AuditRow.Columns} FROM audit ORDER BY seq");
        long next = 1;
        string lastUtc = "";
        bool rootsHold = true;
        while (rows.Step())
        {
            cancel.ThrowIfCancellationRequested();
            long sequence = rows.Int64(0);
            sequences.Add(sequence);
            if (sequence != next)
            {
                Find("audit", sequence, sequence, sequence - next == 1 ? $"entry {next} is missing before this one" : $"entries {next} to {sequence - 1} are missing before this one");
            }

            next = sequence + 1;
            canonical.Clear();
            canonical.Append(rows, 11);
            byte[] leaf = MerkleFrontier.Leaf(canonical.LastRow);
            byte[] stored = rows.Blob(11);
            if (!leaf.AsSpan().SequenceEqual(stored) || rows.Type(11) != SQLitePCL.raw.SQLITE_BLOB)
            {
                Find("audit", sequence, sequence, "the entry is not the one whose hash was stored with it");
            }

            // The tree goes on over the stored hash: one altered entry is then one finding, and not one at every root after it.
            tree.Add(stored.Length == 32 ? stored : leaf);
            byte[] root = tree.Root();
            roots.Add(root);
            if (rootsHold && (!root.AsSpan().SequenceEqual(rows.Bytes(12)) || rows.Type(12) != SQLitePCL.raw.SQLITE_BLOB))
            {
                rootsHold = false;
                Find("audit", sequence, sequence, "the root stored with the entry is not that of the log up to here");
            }

            string utc = rows.Text(1);
            if (string.CompareOrdinal(utc, lastUtc) < 0)
            {
                notices.Add($"the clock went back from {lastUtc} to {utc} before entry {sequence} of the {schema.LogName}");
            }

            lastUtc = utc;
            if (rows.Text(7) == schema.SignedAction)
            {
                runEnds.Add(sequence);
            }

            Expect(sequence, rows.Text(9), rows.Bytes(10).Length);
        }

        if (tree.Size == 0)
        {
            Find("audit", null, null, "the log is empty");
        }
    }

    /// <summary>Lines "table count sha256" of one audit entry.</summary>
    private void Expect(long sequence, string rows, int checkBytes)
    {
        int offset = 0;
        foreach (string line in rows.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(' ');
            if (parts.Length != 3 || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) || parts[2].Length != 64
                || schema.Tables.All(table => table.Name != parts[0]) || offset > checkBytes)
            {
                Find("audit", sequence, sequence, "the list of added rows cannot be read");
                return;
            }

            if (!expected.TryGetValue(parts[0], out Dictionary<long, Expectation>? batches))
            {
                batches = [];
                expected.Add(parts[0], batches);
            }

            if (!batches.TryAdd(sequence, new Expectation(count, parts[2], offset)))
            {
                Find("audit", sequence, sequence, "the list of added rows names a table twice");
            }

            rowsExpected += count;
            offset = (int)Math.Min(int.MaxValue, offset + (count * 4L));
        }
    }

    private void Table(TableDefinition table)
    {
        Dictionary<long, Expectation> batches = expected.GetValueOrDefault(table.Name) ?? [];
        HashSet<long> seen = [];
        using (SqliteStatement rows = database.Prepare(table.SelectSql))
        using (IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256))
        {
            int columns = table.Columns.Length;
            long batch = long.MinValue;
            long count = 0;
            canonical.Clear();
            while (rows.Step())
            {
                long of = rows.Type(columns) == SQLitePCL.raw.SQLITE_INTEGER ? rows.Int64(columns) : -1;
                if (of != batch)
                {
                    Close();
                    (batch, count) = (of, 0);
                    if (!seen.Add(of))
                    {
                        Find(table.Name, of, rows.Int64(columns + 1), "the row stands apart from the rest of its batch");
                    }
                }

                canonical.Append(rows, columns);
                count++;
                if (canonical.Pending.Length > 48 << 10)
                {
                    hash.AppendData(canonical.Pending);
                    canonical.Clear();
                    cancel.ThrowIfCancellationRequested();
                }

                if ((++rowsChecked & 0x3FFF) == 0)
                {
                    progress?.Report((rowsChecked, rowsExpected));
                }
            }

            Close();

            void Close()
            {
                hash.AppendData(canonical.Pending);
                canonical.Clear();
                string digest = Convert.ToHexStringLower(hash.GetHashAndReset());
                if (count > 0 && !(batches.TryGetValue(batch, out Expectation? wanted) && wanted.Count == count && wanted.Digest == digest))
                {
                    wrong.Add(batch);
                }
            }
        }

        foreach (long batch in batches.Keys)
        {
            if (!seen.Contains(batch))
            {
                wrong.Add(batch);
            }
        }

        foreach (long batch in wrong)
        {
            Locate(table, batch, batches.GetValueOrDefault(batch));
        }

        wrong.Clear();
    }

    private readonly SortedSet<long> wrong = [];

    /// <summary>Says which rows of a batch are not those that were written, by the check that was stored for each.</summary>
    private void Locate(TableDefinition table, long batch, Expectation? wanted)
    {
        if (wanted is null)
        {
            string why = sequences.Contains(batch) ? "the audit entry of this batch added no rows to the table" : "there is no audit entry for this batch";
            foreach (long row in RowsOf(table, batch).Select(row => row.Id).Take(MostRowsNamed))
            {
                Find(table.Name, batch, row, $"the row was not added by Cairn: {why}");
            }

            return;
        }

        if (located++ >= MostLocated)
        {
            Find(table.Name, batch, null, "the rows of this batch are not those that were written");
            return;
        }

        byte[] checks = [];
        using (SqliteStatement audit = database.Prepare("SELECT checks FROM audit WHERE seq=?1"))
        {
            audit.Bind(1, batch);
            if (audit.Step() && audit.Bytes(0) is { } all && all.Length >= wanted.ChecksOffset + (wanted.Count * 4L))
            {
                checks = all.Slice(wanted.ChecksOffset, wanted.Count * 4).ToArray();
            }
        }

        Dictionary<uint, int> left = [];
        for (int i = 0; i < checks.Length; i += 4)
        {
            uint check = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(checks.AsSpan(i));
            left[check] = left.GetValueOrDefault(check) + 1;
        }

        int before = findings.Count;
        long count = 0;
        long missing = wanted.Count;
        int named = 0;
        long firstMoved = 0;
        foreach ((long id, uint check) in RowsOf(table, batch))
        {
            int copies = left.GetValueOrDefault(check);
            if (copies > 0)
            {
                left[check] = copies - 1;
                missing--;
                if (firstMoved == 0 && ((count * 4) + 4 > checks.Length || System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(checks.AsSpan((int)count * 4)) != check))
                {
                    firstMoved = id;
                }
            }
            else if (named++ < MostRowsNamed)
            {
                Find(table.Name, batch, id, "the row was altered or inserted after it was written");
            }

            count++;
        }

        if (missing > 0)
        {
            Find(table.Name, batch, null, $"{missing} of {wanted.Count} rows are missing or were altered");
        }
        else if (findings.Count == before)
        {
            Find(table.Name, batch, firstMoved == 0 ? null : firstMoved, firstMoved == 0 ? "the rows of this batch are not those that were written" : "the rows of this batch are in another order than they were written, from this row on");
        }
    }

    private List<(long Id, uint Check)> RowsOf(TableDefinition table, long batch)
    {
        List<(long, uint)> rows = [];
        int columns = table.Columns.Length;
        using SqliteStatement select = database.Prepare(table.SelectSql.Replace(" ORDER BY", " WHERE batch=?1 OR (?1=-1 AND typeof(batch)<>'integer') ORDER BY", StringComparison.Ordinal));
        select.Bind(1, batch);
        while (select.Step())
        {
            canonical.Clear();
            canonical.Append(select, columns);
            rows.Add((select.Int64(columns + 1), CanonicalEncoding.RowCheck(canonical.LastRow)));
        }

        canonical.Clear();
        return rows;
    }

    private string Origin()
    {
        using SqliteStatement meta = database.Prepare("SELECT value FROM meta WHERE name='case_id'");
        return schema.OriginPrefix + (meta.Step() ? meta.Text(0) : "");
    }

    private void Checkpoints(List<CaseCheckpoint> checkpoints, string origin)
    {
        HashSet<string> keys = new(StringComparer.Ordinal);
        using (SqliteStatement known = database.Prepare("SELECT verifier_key FROM signing_key"))
        {
            while (known.Step())
            {
                keys.Add(known.Text(0));
            }
        }

        HashSet<long> ends = [.. runEnds];
        using SqliteStatement rows = database.Prepare("SELECT number, size, root, text, verifier_key, typeof(root)||typeof(text)||typeof(verifier_key)||typeof(size) FROM checkpoint ORDER BY number");
        long next = 1;
        long lastSize = 0;
        while (rows.Step())
        {
            CaseCheckpoint checkpoint = new(rows.Int64(0), rows.Int64(1), rows.Blob(2), rows.Text(3), rows.Text(4));
            long number = checkpoint.Number;
            if (number != next)
            {
                Find("checkpoint", null, number, $"checkpoint {next} is missing before this one");
            }

            next = number + 1;
            if (rows.Text(5) != "blobtexttextinteger")
            {
                Find("checkpoint", null, number, "a cell does not have the type it was written with");
            }

            if (checkpoint.Size <= lastSize)
            {
                Find("checkpoint", null, number, "it covers no more of the log than the one before it");
            }

            lastSize = checkpoint.Size;
            if (!ends.Remove(checkpoint.Size))
            {
                Find("checkpoint", checkpoint.Size, number, "no run ended at the entry that it covers last");
            }

            if (!keys.Contains(checkpoint.VerifierKey))
            {
                Find("checkpoint", checkpoint.Size, number, "its key is not one of the " + schema.Name);
            }

            SignedNote? note = Note("checkpoint", number, checkpoint.Text, origin);
            if (note is not null)
            {
                if (note.Size != checkpoint.Size || !note.Root.AsSpan().SequenceEqual(checkpoint.Root))
                {
                    Find("checkpoint", checkpoint.Size, number, "size and root beside the signed text are not those of the text");
                }

                if (!note.Verify(checkpoint.VerifierKey))
                {
                    Find("checkpoint", checkpoint.Size, number, "the signature is not right");
                }
            }

            checkpoints.Add(checkpoint);
        }

        foreach (long end in ends)
        {
            Find("checkpoint", end, null, $"the checkpoint of the run that ended with entry {end} is missing");
        }
    }

    /// <summary>The note in <paramref name="text"/> where it is one of this case; whether the log up to its size has its root is checked too.</summary>
    private SignedNote? Note(string table, long? row, string text, string origin)
    {
        if (SignedNote.Parse(text, out string why) is not SignedNote note)
        {
            Find(table, null, row, why);
            return null;
        }

        if (note.Origin != origin)
        {
            Find(table, null, row, $"it is a checkpoint of another case ({note.Origin})");
        }
        else if (note.Size > roots.Count)
        {
            Find(table, null, row, $"it covers {note.Size} entries and the log has {roots.Count}: the log was cut or an older database put back");
        }
        else if (note.Size < 1 || !roots[(int)note.Size - 1].AsSpan().SequenceEqual(note.Root))
        {
            Find(table, null, row, $"the log up to entry {note.Size} is not the one that was signed");
        }

        return note;
    }

    /// <summary>The copies beside the database outlive one that is put back from an older copy.</summary>
    private void Files(List<CaseCheckpoint> checkpoints, string origin)
    {
        const string Place = "checkpoint file";
        Dictionary<long, CaseCheckpoint> byNumber = checkpoints.DistinctBy(checkpoint => checkpoint.Number).ToDictionary(checkpoint => checkpoint.Number);
        string folder = schema.CheckpointFolder(directory);
        try
        {
            foreach (string path in Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal)] : Array.Empty<string>())
            {
                if (!long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                {
                    continue;
                }

                string text = ReadNote(path);
                if (byNumber.Remove(number, out CaseCheckpoint? row))
                {
                    if (row.Text != text)
                    {
                        Find(Place, null, number, $"it is not the checkpoint of this number in the {schema.Name}");
                    }
                }
                else
                {
                    Find(Place, null, number, $"the {schema.Name} has no checkpoint of this number");
                    Note(Place, number, text, origin);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            notices.Add($"the folder of checkpoints cannot be read: {error.Message}");
        }

        foreach (long number in byNumber.Keys.Order())
        {
            notices.Add($"checkpoint {number} is in the {schema.Name} but not in the folder beside it");
        }
    }

    private static string ReadNote(string path)
    {
        byte[] bytes = new byte[64 << 10];
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Encoding.UTF8.GetString(bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)));
    }

    private long? Pinned(string text, List<CaseCheckpoint> checkpoints, string origin)
    {
        const string Place = "pinned checkpoint";
        if (Note(Place, null, text, origin) is not SignedNote note)
        {
            return null;
        }

        if (!checkpoints.Select(checkpoint => checkpoint.VerifierKey).Distinct().Any(note.Verify))
        {
            Find(Place, null, null, $"it is not signed with a key of the {schema.Name}");
        }

        return note.Size;
    }

    /// <summary>SQLite's own check of pages, cells and indexes: an index that lies would hide rows that are there.</summary>
    private void Structure()
    {
        using SqliteStatement check = database.Prepare("PRAGMA integrity_check(20)");
        while (check.Step())
        {
            string line = check.Text(0);
            if (line != "ok")
            {
                Find(schema.Name, null, null, $"SQLite: {line}");
            }
        }
    }

    private sealed record Expectation(int Count, string Digest, int ChecksOffset);
}
