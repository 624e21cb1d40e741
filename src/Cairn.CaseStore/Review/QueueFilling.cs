using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>Takes the pictures and videos of case.db over into table <c>standing</c>: what is to be graded and in which order.</summary>
internal sealed class QueueFilling(string directory, ReviewWriter writer)
{
    private const int Page = 5_000;

    public void Run(CancellationToken cancel)
    {
        try
        {
            using SqliteDatabase source = CaseReader.OpenDatabase(directory);
            if (!CaseSchema.HasPictures(source))
            {
                return;
            }

            // Pictures, hits and groups come with audit entries, so a log of the same length is a case with the same pictures.
            long size = source.Scalar("SELECT max(seq) FROM audit");
            long taken = 0;
            writer.Derive(database => taken = database.Scalar("SELECT case_entries FROM taken_over"));
            if (taken == size)
            {
                return;
            }

            // While an examination goes on the case has no index of hits, so they are gone through once and not for each picture.
            HashSet<long> notable = [];
            using (SqliteStatement hits = source.Prepare("SELECT h.entry_id FROM hit h JOIN known_set s ON s.id=h.set_id "
                + "LEFT JOIN hit_known k ON k.entry_id=h.entry_id AND k.ordinal=h.ordinal WHERE coalesce(k.meaning, s.meaning)='notable'"))
            {
                while (hits.Step())
                {
                    notable.Add(hits.Int64(0));
                }
            }

            using SqliteStatement rows = source.Prepare(
                $"SELECT p.entry_id, {ContentKey.Sql("c.sha256", "p.entry_id")}, coalesce(a.group_id, p.entry_id) "
                + $"FROM picture p LEFT JOIN content c ON c.entry_id=p.entry_id LEFT JOIN alike a ON a.entry_id=p.entry_id AND a.grouping={CaseSchema.PresentGrouping} "
                + "WHERE p.status IN (0,1) ORDER BY p.entry_id");
            bool more = true;
            while (more)
            {
                cancel.ThrowIfCancellationRequested();
                writer.Derive(database => more = TakePage(database, rows, notable));
            }

            writer.Derive(database => database.Execute($"DELETE FROM taken_over; INSERT INTO taken_over VALUES ({size})"));
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForTerminal(directory);
        }
    }

    private static bool TakePage(SqliteDatabase database, SqliteStatement rows, HashSet<long> notable)
    {
        // Of copies the first entry stands for all; a hit on any of them brings the content forward.
        using SqliteStatement take = database.Prepare(
            "INSERT INTO standing(content, entry_id, group_id, priority, state, votes, grade, flags, first_account) VALUES (?1, ?2, ?3, ?4, 0, 0, NULL, '', NULL) "
            + "ON CONFLICT(content) DO UPDATE SET entry_id=min(entry_id, excluded.entry_id), group_id=CASE WHEN excluded.entry_id<=entry_id THEN excluded.group_id ELSE group_id END, "
            + "priority=min(priority, excluded.priority) "
            + "WHERE excluded.entry_id<entry_id OR excluded.priority<priority OR (excluded.entry_id=entry_id AND excluded.group_id<>group_id)");
        for (int i = 0; i < Page; i++)
        {
            if (!rows.Step())
            {
                return false;
            }

            take.Bind(1, rows.Text(1));
            take.Bind(2, rows.Int64(0));
            take.Bind(3, rows.Int64(2));
            take.Bind(4, notable.Contains(rows.Int64(0)) ? 0 : 1);
            take.Run();
        }

        return true;
    }
}
