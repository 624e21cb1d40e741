using System.Collections;
using System.Runtime.CompilerServices;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core;

namespace Cairn.CaseStore;

/// <summary>
/// One run of a command on a case. Every member that adds stores its rows and their audit entry in one transaction; nothing is ever
/// changed or removed. Members are safe to call from many threads and run one after the other.
/// </summary>
public sealed class CaseRun : IDisposable
{
    private readonly CaseDatabase owner;
    private bool ended;

    internal CaseRun(CaseDatabase owner, long runId) => (this.owner, RunId) = (owner, runId);

    /// <summary>From 1 over the whole case.</summary>
    public long RunId { get; }

    /// <summary>Adds evidence; returns its id, from 1.</summary>
    public long AddEvidence(EvidenceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        lock (owner.Gate)
        {
            long id = owner.NextEvidenceId;
            Append("evidence added", batch =>
            {
                TableWriter table = batch.Table(CaseSchema.Evidence);
                table.Integer(id);
                table.Text(row.Path);
                table.Text(row.Exhibit);
                table.Text(row.TypeName);
                table.Integer(row.Size);
                table.Integer(row.SectorSize);
                table.Boolean(row.IsLogical);
                table.Text(CaseJson.Strings(row.Files));
                table.Text(CaseJson.Pairs(row.Metadata));
                table.Text(CaseJson.Hashes(row.StoredHashes));
                table.End();
                batch.Say("evidence", id);
                batch.Say("path", row.Path);
            });
            owner.NextEvidenceId = id + 1;
            return id;
        }
    }

    /// <summary>The id of evidence with the same path, size and files, or null.</summary>
    public long? FindEvidence(EvidenceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        string files = CaseJson.Strings(row.Files);
        return Read(database =>
        {
            using SqliteStatement find = database.Prepare("SELECT id FROM evidence WHERE path=?1 AND size=?2 AND files=?3 ORDER BY id");
            find.Bind(1, row.Path);
            find.Bind(2, row.Size);
            find.Bind(3, files);
            return find.Step() ? find.Int64(0) : (long?)null;
        });
    }

    /// <summary>Adds the parts of the media and completes <see cref="Stage.Volumes"/>.</summary>
    public void AddVolumes(long evidenceId, IReadOnlyList<VolumeRow> volumes, IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        ArgumentNullException.ThrowIfNull(problems);
        Staged("volumes added", evidenceId, Stage.Volumes, null, batch =>
        {
            foreach (VolumeRow volume in volumes)
            {
                TableWriter table = batch.Table(CaseSchema.Volumes);
                table.Integer(evidenceId);
                table.Integer(volume.Index);
                table.Integer((int)volume.Volume.Kind);
                table.Text(volume.Volume.Scheme);
                table.Integer(volume.Volume.Offset);
                table.Integer(volume.Volume.Length);
                table.Text(volume.Volume.TypeCode);
                table.Text(volume.Volume.TypeName);
                table.Text(volume.Volume.Label);
                table.Text(volume.Volume.Identifier);
                table.Text(volume.FileSystem?.TypeName);
                table.Text(volume.FileSystem?.Label);
                table.Text(volume.FileSystem?.SerialOrUuid);
                table.Integer(volume.FileSystem?.ClusterSize);
                table.Integer(volume.FileSystem?.Length);
                table.Integer(volume.FileSystem is FileTreeInfo info ? info.TimesAreLocal ? 1 : 0 : null);
                table.Text(volume.Signature?.Id);
                table.Text(volume.Signature?.Name);
                table.Integer(volume.Signature is VolumeSignature signature ? signature.Encrypted ? 1 : 0 : null);
                table.Text(volume.Signature?.Why);
                table.End();
            }

            AddProblemRows(batch, evidenceId, null, Stage.Volumes, problems);
            batch.Say("volumes", volumes.Count);
        });
    }

    /// <summary>Whether a stage was completed, in this run or an earlier one.</summary>
    public bool IsComplete(long evidenceId, Stage stage, int? volumeIndex)
    {
        lock (owner.Gate)
        {
            return owner.Completed.Contains((evidenceId, stage, volumeIndex ?? -1L));
        }
    }

    /// <summary>Marks a stage as completed; once is enough.</summary>
    public void Complete(long evidenceId, Stage stage, int? volumeIndex) => Staged("stage completed", evidenceId, stage, volumeIndex, static _ => { });

    /// <summary>How many file entries (not streams) of a part are stored, to be passed over when an inventory is resumed.</summary>
    public long EntriesStored(long evidenceId, int? volumeIndex) => Read(_ => owner.EntriesStored(evidenceId, volumeIndex));

    /// <summary>
    /// Adds file entries, one row for each stream; ids go on in sequence over the whole case. The <paramref name="last"/> batch completes
    /// <see cref="Stage.Inventory"/> of the part. Returns the id of the first row.
    /// </summary>
    public long AddEntries(long evidenceId, int? volumeIndex, IReadOnlyList<FileEntry> entries, IReadOnlyList<Problem> problems, bool last = false)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(problems);
        return AddEntries(evidenceId, volumeIndex, [entries], () => (problems, last));
    }

    /// <summary>
    /// The same, with entries written as <paramref name="pieces"/> gives them, so that a batch never lies in memory as a whole; what
    /// <paramref name="end"/> gives is asked for after the last piece. Where a piece throws, nothing of the batch is stored.
    /// </summary>
    public long AddEntries(long evidenceId, int? volumeIndex, IEnumerable<IReadOnlyList<FileEntry>> pieces, Func<(IReadOnlyList<Problem> Problems, bool Last)> end)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(end);
        lock (owner.Gate)
        {
            owner.CountEntries(evidenceId, volumeIndex, 0);
            long first = owner.NextEntryId;
            long next = first;
            long[] states = new long[3];
            long count = 0;
            bool last = false;
            Append("entries added", batch =>
            {
                foreach (IReadOnlyList<FileEntry> entries in pieces)
                {
                    TableWriter table = batch.Table(CaseSchema.Entries);
                    for (int i = 0; i < entries.Count; i++)
                    {
                        next = AddEntry(batch, table, evidenceId, volumeIndex, entries[i], next);
                        states[(int)entries[i].State]++;
                    }
                }

                count = states.Sum();
                (IReadOnlyList<Problem> problems, last) = end();
                AddProblemRows(batch, evidenceId, volumeIndex, Stage.Inventory, problems);
                batch.Say("evidence", evidenceId);
                batch.Say("volume", volumeIndex);
                batch.Say("entries", count);
                batch.Say("firstId", first);
                batch.Say("streams", next - first);
                batch.Say("allocated", states[(int)EntryState.Allocated]);
                batch.Say("deleted", states[(int)EntryState.Deleted]);
                batch.Say("orphan", states[(int)EntryState.Orphan]);
                if (last)
                {
                    AddStageRow(batch, evidenceId, Stage.Inventory, volumeIndex);
                }
            });
            if (last)
            {
                owner.Completed.Add((evidenceId, Stage.Inventory, volumeIndex ?? -1L));
            }

            owner.NextEntryId = next;
            owner.CountEntries(evidenceId, volumeIndex, (int)count);
            return first;
        }
    }

    /// <summary>Adds the claims of a volume's deleted streams, all at once, and completes <see cref="Stage.Claims"/> of it.</summary>
    public void AddClaims(long evidenceId, int volumeIndex, IReadOnlyList<ClaimsRow> claims, IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(claims);
        ArgumentNullException.ThrowIfNull(problems);
        Staged("claims added", evidenceId, Stage.Claims, volumeIndex, batch =>
        {
            foreach (ClaimsRow row in claims)
            {
                TableWriter recovery = batch.Table(CaseSchema.Recovery);
                recovery.Integer(row.EntryId);
                recovery.Integer((int)row.Recoverability);
                recovery.End();
                for (int ordinal = 0; ordinal < row.Claims.Count; ordinal++)
                {
                    ClaimRow claim = row.Claims[ordinal];
                    TableWriter table = batch.Table(CaseSchema.Claims);
                    table.Integer(row.EntryId);
                    table.Integer(ordinal);
                    table.Integer(claim.VolumeOffset);
                    table.Integer(claim.Length);
                    table.Integer((int)claim.State);
                    table.Integer(claim.OtherEntryId);
                    table.End();
                }
            }

            AddProblemRows(batch, evidenceId, volumeIndex, Stage.Claims, problems);
            batch.Say("streams", claims.Count);
        });
    }

    /// <summary>Adds what reading streams gave.</summary>
    public void AddContent(long evidenceId, IReadOnlyList<ContentRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        lock (owner.Gate)
        {
            Append("content added", batch =>
            {
                foreach (ContentRow row in rows)
                {
                    AddContentRow(batch, evidenceId, row, Stage.Content);
                }

                batch.Say("evidence", evidenceId);
                batch.Say("streams", rows.Count);
            });
        }
    }

    /// <summary>The id that the next row of table entry gets.</summary>
    public long NextEntryId
    {
        get
        {
            lock (owner.Gate)
            {
                return owner.NextEntryId;
            }
        }
    }

    /// <summary>
    /// Adds files found within files, with what reading them gave; <paramref name="ended"/> says of which roots these are the last. Ids must
    /// go on where the case's end.
    /// </summary>
    public void AddMembers(long evidenceId, IReadOnlyList<MemberRow> rows, IReadOnlyList<ExpansionRow> ended)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(ended);
        lock (owner.Gate)
        {
            long next = owner.NextEntryId;
            Append("members added", batch =>
            {
                foreach (MemberRow row in rows)
                {
                    if (row.Id != next || row.Content.EntryId != next)
                    {
                        throw new ArgumentException($"member has id {row.Id}, the next is {next}", nameof(rows));
                    }

                    FileEntry entry = new()
                    {
                        Key = row.ParentId,
                        Path = row.Path,
                        NameBytes = row.Member.NameBytes,
                        Type = row.Member.Type,
                        State = row.State,
                        Times = row.Member.Times,
                        Attributes = row.Member.Attributes,
                        Streams = [new StreamInfo { Ref = new StreamRef(row.ParentId, row.Member.Ordinal), Address = row.Address, Size = row.Size, ValidLength = row.Size, Flags = StreamFlags.Embedded }],
                    };
                    next = AddEntry(batch, batch.Table(CaseSchema.Entries), evidenceId, row.VolumeIndex, entry, next);
                    TableWriter table = batch.Table(CaseSchema.Members);
                    table.Integer(row.Id);
                    table.Integer(row.ParentId);
                    table.Integer(row.RootId);
                    table.Integer(row.Member.Ordinal);
                    table.Integer((int)row.Member.Kind);
                    table.Integer(row.Depth);
                    table.Boolean(row.Member.Encrypted);
                    table.End();
                    AddContentRow(batch, evidenceId, row.Content, Stage.Embedded);
                }

                foreach (ExpansionRow row in ended)
                {
                    TableWriter table = batch.Table(CaseSchema.Expansions);
                    table.Integer(row.RootId);
                    table.Text(row.Format);
                    table.Integer(row.Members);
                    table.Integer(row.Bytes);
                    table.End();
                    AddProblemRows(batch, evidenceId, null, Stage.Embedded, row.Problems, row.RootId);
                }

                batch.Say("evidence", evidenceId);
                batch.Say("members", rows.Count);
                batch.Say("unfolded", ended.Count);
            });
            owner.NextEntryId = next;
        }
    }

    /// <summary>Roots that were unfolded to the end, and of every root how many members are stored.</summary>
    public (IReadOnlySet<long> Ended, IReadOnlyDictionary<long, long> Members) Expansions() => Read(database =>
    {
        HashSet<long> ended = [];
        Dictionary<long, long> members = [];
        using SqliteStatement roots = database.Prepare("SELECT root_id FROM expansion");
        while (roots.Step())
        {
            ended.Add(roots.Int64(0));
        }

        using SqliteStatement counts = database.Prepare("SELECT root_id, count(*) FROM member GROUP BY root_id");
        while (counts.Step())
        {
            members.Add(counts.Int64(0), counts.Int64(1));
        }

        return ((IReadOnlySet<long>)ended, (IReadOnlyDictionary<long, long>)members);
    });

    /// <summary>
    /// Members of one root that are stored, by the row id of what they lie in: at their ordinal. Null where the ordinals do not go on from 0, which no run
    /// stores.
    /// </summary>
    public IReadOnlyDictionary<long, IReadOnlyList<MemberPlace>>? MembersOf(long rootId) => Read(database =>
    {
        Dictionary<long, List<MemberPlace>> stored = [];
        using SqliteStatement rows = database.Prepare(
            "SELECT m.parent_id, m.ordinal, m.entry_id, e.path, c.status FROM member m JOIN entry e ON e.id=m.entry_id JOIN content c ON c.entry_id=m.entry_id "
            + "WHERE m.root_id=?1 ORDER BY m.parent_id, m.ordinal");
        rows.Bind(1, rootId);
        while (rows.Step())
        {
            if (!stored.TryGetValue(rows.Int64(0), out List<MemberPlace>? of))
            {
                stored.Add(rows.Int64(0), of = []);
            }

            if (rows.Int64(1) != of.Count)
            {
                return null;
            }

            of.Add(new MemberPlace(rows.Int64(2), rows.Text(3).GetHashCode(StringComparison.Ordinal), (ContentStatus)rows.Int32(4) is ContentStatus.Read or ContentStatus.PartlyUnreadable));
        }

        return stored.ToDictionary(of => of.Key, of => (IReadOnlyList<MemberPlace>)of.Value);
    });

    /// <summary>What this run was given as <paramref name="option"/>.</summary>
    public string Option(string option) => OptionOf("run_id=?2", option, null).Single();

    /// <summary>What earlier runs were given as <paramref name="option"/>, each text once, "" where they did not know it; with <paramref name="rootId"/> only those that stored members of that root.</summary>
    public IReadOnlySet<string> OptionBefore(string option, long? rootId = null) =>
        OptionOf("run_id<?2" + (rootId is null ? "" : " AND run_id IN (SELECT run_id FROM audit WHERE seq IN (SELECT batch FROM member WHERE root_id=?3))"), option, rootId);

    private HashSet<string> OptionOf(string where, string option, long? rootId) => Read(database =>
    {
        HashSet<string> values = [];
        using SqliteStatement rows = database.Prepare($"SELECT DISTINCT coalesce(detail->'options'->>?1, '') FROM audit WHERE action='run started' AND {where}");
        rows.Bind(1, option);
        rows.Bind(2, RunId);
        if (rootId is not null)
        {
            rows.Bind(3, rootId);
        }

        while (rows.Step())
        {
            values.Add(rows.Text(0));
        }

        return values;
    });

    /// <summary>How many problems of one evidence in <paramref name="stage"/> are of <paramref name="kind"/>.</summary>
    public long CountProblems(long evidenceId, Stage stage, ProblemKind kind) => Read(database =>
    {
        using SqliteStatement count = database.Prepare("SELECT count(*) FROM problem WHERE evidence_id=?1 AND stage=?2 AND kind=?3");
        count.Bind(1, evidenceId);
        count.Bind(2, (long)stage);
        count.Bind(3, (long)kind);
        return count.Step() ? count.Int64(0) : 0;
    });

    /// <summary>Adds what decoding pictures and videos gave.</summary>
    public void AddPictures(long evidenceId, IReadOnlyList<PictureRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        lock (owner.Gate)
        {
            Append("pictures added", batch =>
            {
                foreach (PictureRow row in rows)
                {
                    AddPictureRow(batch, row);
                    AddHitRows(batch, row.EntryId, FirstPictureHit, row.Hits);
                    AddProblemRows(batch, evidenceId, null, Stage.Pictures, row.Problems, row.EntryId);
                }

                batch.Say("evidence", evidenceId);
                batch.Say("pictures", rows.Count);
            });
        }
    }

    /// <summary>Row ids that have a picture row, as bits, like <see cref="ContentDone"/>.</summary>
    public BitArray PicturesDone() => Ids("SELECT entry_id FROM picture");

    /// <summary>Makes the indexes of the case, for what reads it as a whole before the run ends.</summary>
    public void BuildIndexes()
    {
        lock (owner.Gate)
        {
            owner.BuildIndexes();
        }
    }

    /// <summary>The grouping in force with its settings as they were given, or null where there is none.</summary>
    public (long Grouping, string Settings)? Grouping() => Read(database =>
    {
        using SqliteStatement last = database.Prepare("SELECT detail->>'grouping', detail->>'settings' FROM audit WHERE action='alike grouped' ORDER BY seq DESC LIMIT 1");
        return last.Step() ? (last.Int64(0), last.Text(1)) : ((long, string)?)null;
    });

    /// <summary>
    /// Adds where pictures belong. A grouping is only ever added to; where the settings change, or pictures come in between, the next number
    /// begins one anew.
    /// </summary>
    public void AddAlike(long grouping, string settings, IReadOnlyList<AlikeRow> rows)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(rows);
        lock (owner.Gate)
        {
            Append("alike grouped", batch =>
            {
                foreach (AlikeRow row in rows)
                {
                    TableWriter table = batch.Table(CaseSchema.Alike);
                    table.Integer(grouping);
                    table.Integer(row.EntryId);
                    table.Integer(row.GroupId);
                    table.Integer(row.Kind);
                    table.Integer(row.Distance);
                    table.Integer((int)row.Orientation);
                    table.Integer(row.CopyOf);
                    table.End();
                }

                batch.Say("grouping", grouping);
                batch.Say("settings", settings);
                batch.Say("pictures", rows.Count);
            });
        }
    }

    /// <summary>Adds a known set at the version used; the same name and SHA-256 give the same id.</summary>
    public long AddKnownSet(KnownSetRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        lock (owner.Gate)
        {
            long? known = Read(database =>
            {
                using SqliteStatement find = database.Prepare("SELECT id FROM known_set WHERE name=?1 AND sha256=?2 ORDER BY id");
                find.Bind(1, row.Name);
                find.Bind(2, row.Sha256);
                return find.Step() ? find.Int64(0) : (long?)null;
            });
            if (known is long same)
            {
                return same;
            }

            long id = owner.NextKnownSetId;
            Append("known set added", batch =>
            {
                TableWriter table = batch.Table(CaseSchema.KnownSets);
                table.Integer(id);
                table.Text(row.Name);
                table.Text(row.Meaning);
                table.Text(row.Source);
                table.Text(row.SetVersion);
                table.Text(row.Licence);
                table.Text(row.Sha256);
                table.Integer(row.Hashes);
                table.End();
                batch.Say("name", row.Name);
            });
            owner.NextKnownSetId = id + 1;
            return id;
        }
    }

    /// <summary>Adds hashes of the whole media and completes <see cref="Stage.MediaHash"/>.</summary>
    public void AddMediaHashes(long evidenceId, IReadOnlyList<MediaHashRow> hashes, IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentNullException.ThrowIfNull(problems);
        Staged("media hashes added", evidenceId, Stage.MediaHash, null, batch =>
        {
            foreach (MediaHashRow hash in hashes)
            {
                TableWriter table = batch.Table(CaseSchema.MediaHashes);
                table.Integer(evidenceId);
                table.Text(hash.Algorithm);
                table.Blob(hash.Value);
                table.Integer(hash.Verified is bool verified ? verified ? 1 : 0 : null);
                table.End();
            }

            AddProblemRows(batch, evidenceId, null, Stage.MediaHash, problems);
        });
    }

    /// <summary>Adds problems that concern no single stream.</summary>
    public void AddProblems(long evidenceId, int? volumeIndex, Stage stage, IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        if (problems.Count == 0)
        {
            return;
        }

        lock (owner.Gate)
        {
            Append("problems added", batch =>
            {
                AddProblemRows(batch, evidenceId, volumeIndex, stage, problems);
                batch.Say("evidence", evidenceId);
                batch.Say("volume", volumeIndex);
                batch.Say("problems", problems.Count);
            });
        }
    }

    /// <summary>Adds the coverage and completes <see cref="Stage.Coverage"/>.</summary>
    public void AddCoverage(long evidenceId, IReadOnlyList<CoverageRow> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Staged("coverage added", evidenceId, Stage.Coverage, null, batch =>
        {
            for (int ordinal = 0; ordinal < rows.Count; ordinal++)
            {
                TableWriter table = batch.Table(CaseSchema.Coverage);
                table.Integer(evidenceId);
                table.Integer(ordinal);
                table.Integer(rows[ordinal].VolumeIndex);
                table.Text(rows[ordinal].Category);
                table.Integer(rows[ordinal].Bytes);
                table.Text(rows[ordinal].Note);
                table.End();
            }
        });
    }

    /// <summary>
    /// Row ids that have a content row, as bits: bit n is row n. One bit for each row of the case, whatever its evidence; ids at or past its
    /// length have none.
    /// </summary>
    public BitArray ContentDone(long evidenceId) => Ids("SELECT entry_id FROM content");

    /// <summary>Ends the run with an audit entry and a signed checkpoint, which is also written to the folder checkpoints of the case.</summary>
    public CaseCheckpoint Finish(string outcome, IReadOnlyDictionary<string, string> figures)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        ArgumentNullException.ThrowIfNull(figures);
        lock (owner.Gate)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            CaseCheckpoint checkpoint = owner.FinishRun(RunId, outcome, figures);
            End();
            return checkpoint;
        }
    }

    /// <summary>Leaves the run as it is; without <see cref="Finish"/> it counts as unfinished.</summary>
    public void Dispose()
    {
        lock (owner.Gate)
        {
            End();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long AddEntry(CaseBatch batch, TableWriter table, long evidenceId, int? volumeIndex, FileEntry entry, long id)
    {
        long first = id;
        long kinds = Kinds(entry);
        string? attributes = entry.Attributes is { Count: > 0 } map ? CaseJson.Map(map) : null;
        IReadOnlyList<StreamInfo> streams = entry.Streams;
        int count = Math.Max(1, streams.Count);
        for (int i = 0; i < count; i++)
        {
            // An entry that comes without a stream still has its row.
            StreamInfo stream = i < streams.Count ? streams[i] : new StreamInfo { Ref = new StreamRef(entry.Key, 0), Address = $"{entry.Key}", Flags = StreamFlags.NameOnly };
            table.Integer(id);
            table.Integer(evidenceId);
            table.Integer(volumeIndex);
            table.Integer(first);
            table.Integer(entry.Key);
            table.Text(entry.Path);
            table.Text(stream.Name);
            table.Text(stream.Address);
            table.Integer((int)entry.Type);
            table.Integer((int)entry.State);
            table.Boolean(entry.MetadataReallocated);
            table.Integer(stream.Size);
            table.Integer(stream.ValidLength);
            table.Integer(stream.AllocatedSize);
            table.Integer((int)stream.Flags);
            table.Integer(stream.FirstOffset);
            table.Integer(stream.Ref.Key);
            table.Integer(stream.Ref.Stream);
            table.Integer(kinds);
            Time(table, entry.Times.Modified);
            Time(table, entry.Times.Accessed);
            Time(table, entry.Times.Changed);
            Time(table, entry.Times.Created);
            Time(table, entry.NameTimes.Modified);
            Time(table, entry.NameTimes.Accessed);
            Time(table, entry.NameTimes.Changed);
            Time(table, entry.NameTimes.Created);
            Time(table, entry.Deleted);
            table.Integer(entry.Mode);
            table.Integer(entry.Uid);
            table.Integer(entry.Gid);
            table.Integer(entry.DosAttributes);
            table.Integer(entry.LinkCount);
            table.Text(entry.LinkTarget);
            table.Blob(entry.NameBytes);
            table.Text(entry.ShortName);
            table.Text(attributes);
            table.End();
            id++;
        }

        if (entry.Problems is { Count: > 0 } problems)
        {
            AddProblemRows(batch, evidenceId, volumeIndex, Stage.Inventory, problems, first);
        }

        return id;
    }

    private static long Kinds(FileEntry entry) =>
        (long)entry.Times.Modified.Kind | ((long)entry.Times.Accessed.Kind << 4) | ((long)entry.Times.Changed.Kind << 8) | ((long)entry.Times.Created.Kind << 12)
        | ((long)entry.NameTimes.Modified.Kind << 16) | ((long)entry.NameTimes.Accessed.Kind << 20) | ((long)entry.NameTimes.Changed.Kind << 24)
        | ((long)entry.NameTimes.Created.Kind << 28) | ((long)entry.Deleted.Kind << 32);

    private static void Time(TableWriter table, EvidenceTime time)
    {
        if (time.Kind == TimeKind.None)
        {
            table.Null();
        }
        else
        {
            table.Integer(time.Raw);
        }
    }

    /// <summary>Hits of pictures and videos are numbered from here, those of exact hashes from 0: the two stages do not know of each other.</summary>
    private const int FirstPictureHit = 1_000;

    private static void AddContentRow(CaseBatch batch, long evidenceId, ContentRow row, Stage stage)
    {
        TableWriter table = batch.Table(CaseSchema.Content);
        table.Integer(row.EntryId);
        table.Integer((int)row.Status);
        table.Blob(row.Md5);
        table.Blob(row.Sha1);
        table.Blob(row.Sha256);
        table.Text(row.Mime);
        table.Boolean(row.ExtensionMismatch);
        table.Integer(row.BytesRead);
        table.End();
        AddHitRows(batch, row.EntryId, 0, row.Hits);
        AddProblemRows(batch, evidenceId, null, stage, row.Problems, row.EntryId);
    }

    private static void AddHitRows(CaseBatch batch, long entryId, int firstOrdinal, IReadOnlyList<HitRow> rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            HitRow hit = rows[i];
            TableWriter hits = batch.Table(CaseSchema.Hits);
            hits.Integer(entryId);
            hits.Integer(firstOrdinal + i);
            hits.Integer(hit.SetId);
            hits.Text(hit.Method);
            hits.Text(hit.Detail);
            hits.End();
            if (hit.Entry is HitEntryRow entry)
            {
                TableWriter table = batch.Table(CaseSchema.HitEntries);
                table.Integer(entryId);
                table.Integer(firstOrdinal + i);
                table.Text(entry.Id);
                table.Text(entry.Meaning);
                table.Text(entry.Category);
                table.Text(entry.VouchedBy);
                table.Text(entry.VouchedAt);
                table.Integer(entry.Distance);
                table.Integer(entry.Quality);
                table.Integer((int?)entry.Orientation);
                table.Integer(entry.Threshold);
                table.Integer(entry.Position);
                table.End();
            }
        }
    }

    private static void AddPictureRow(CaseBatch batch, PictureRow row)
    {
        TableWriter table = batch.Table(CaseSchema.Pictures);
        table.Integer(row.EntryId);
        table.Integer((int)row.Kind);
        table.Integer((int)row.Status);
        table.Text(row.Format);
        table.Integer(row.Width);
        table.Integer(row.Height);
        table.Integer(row.Frames);
        table.Integer(row.Milliseconds);
        table.Blob(row.Orientations.Count > 0 ? row.Orientations[0].ToBytes() : null);
        table.Blob(row.Orientations.Count > 1 ? Bytes(row.Orientations.Skip(1)) : null);
        table.Integer(row.Quality);
        table.Text(row.Method);
        table.Text(row.Camera);
        table.Text(row.Facts.Count > 0 ? CaseJson.Map(row.Facts) : null);
        table.End();
        for (int ordinal = 0; ordinal < row.Sampled.Count; ordinal++)
        {
            PictureFrameRow frame = row.Sampled[ordinal];
            TableWriter frames = batch.Table(CaseSchema.PictureFrames);
            frames.Integer(row.EntryId);
            frames.Integer(ordinal);
            frames.Integer(frame.Position);
            frames.Boolean(frame.IsScene);
            frames.Blob(frame.Hash.ToBytes());
            frames.Integer(frame.Quality);
            frames.End();
        }
    }

    private static byte[] Bytes(IEnumerable<Core.Pictures.PdqHash> hashes) => [.. hashes.SelectMany(hash => hash.ToBytes())];

    private BitArray Ids(string sql) => Read(database =>
    {
        BitArray done = new(checked((int)owner.NextEntryId));
        using SqliteStatement rows = database.Prepare(sql);
        while (rows.Step())
        {
            long id = rows.Int64(0);
            if (id > 0 && id < done.Length)
            {
                done[(int)id] = true;
            }
        }

        return done;
    });

    private static void AddProblemRows(CaseBatch batch, long evidenceId, int? volumeIndex, Stage stage, IReadOnlyList<Problem> problems, long? entryId = null)
    {
        for (int i = 0; i < problems.Count; i++)
        {
            Problem problem = problems[i];
            TableWriter table = batch.Table(CaseSchema.Problems);
            table.Integer(evidenceId);
            table.Integer(volumeIndex);
            table.Integer((int)stage);
            table.Integer(entryId);
            table.Integer((int)problem.Kind);
            table.Text(problem.Place);
            table.Text(problem.Reason);
            table.Integer(problem.Offset);
            table.Integer(problem.Length);
            table.End();
        }
    }

    private void Staged(string action, long evidenceId, Stage stage, int? volumeIndex, Action<CaseBatch> add)
    {
        (long, Stage, long) key = (evidenceId, stage, volumeIndex ?? -1L);
        lock (owner.Gate)
        {
            bool already = owner.Completed.Contains(key);
            Append(action, batch =>
            {
                batch.Say("evidence", evidenceId);
                batch.Say("stage", stage.ToString());
                batch.Say("volume", volumeIndex);
                add(batch);
                if (!already)
                {
                    AddStageRow(batch, evidenceId, stage, volumeIndex);
                }
            });
            owner.Completed.Add(key);
        }
    }

    /// <summary>
    /// Entries by state, so that they can be counted without reading every row: see <see cref="CaseReader.Counts"/>. The digest of the
    /// same audit entry covers the rows they count.
    /// </summary>
    private static void AddStageRow(CaseBatch batch, long evidenceId, Stage stage, int? volumeIndex)
    {
        TableWriter table = batch.Table(CaseSchema.Stages);
        table.Integer(evidenceId);
        table.Integer((int)stage);
        table.Integer(volumeIndex);
        table.End();
    }

    private void Append(string action, Action<CaseBatch> add)
    {
        ObjectDisposedException.ThrowIf(ended, this);
        owner.Append(RunId, action, batch =>
        {
            add(batch);
            return 0;
        });
    }

    private T Read<T>(Func<SqliteDatabase, T> read)
    {
        lock (owner.Gate)
        {
            return owner.Read(read);
        }
    }

    private void End()
    {
        if (!ended)
        {
            ended = true;
            owner.EndRun();
        }
    }
}
