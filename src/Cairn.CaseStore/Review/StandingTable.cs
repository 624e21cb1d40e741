using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>Keeps the derived table <c>standing</c> in step with the votes.</summary>
internal sealed class StandingTable : IDisposable
{
    private const string VoteColumns = "v.content, v.account, v.deciding, v.grade, v.flags, v.scheme_id, v.entry_id";

    /// <summary>Priority of a content that the case has no picture of: after all that has one.</summary>
    public const int Elsewhere = 9;

    private readonly SqliteDatabase database;
    private readonly SqliteStatement ofContent;
    private readonly SqliteStatement store;

    public StandingTable(SqliteDatabase database)
    {
        this.database = database;
        ofContent = database.Prepare($"SELECT {VoteColumns} FROM vote v WHERE v.content=?1 AND {ReviewSchema.Stands("v")} ORDER BY v.rowid");
        store = database.Prepare("INSERT INTO standing(content, entry_id, group_id, priority, state, votes, grade, flags, first_account) "
            + $"VALUES (?1, ?2, ?2, {Elsewhere}, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(content) DO UPDATE SET state=excluded.state, votes=excluded.votes, grade=excluded.grade, "
            + "flags=excluded.flags, first_account=excluded.first_account WHERE state<>excluded.state OR votes<>excluded.votes OR grade IS NOT excluded.grade "
            + "OR flags<>excluded.flags OR first_account IS NOT excluded.first_account");
    }

    /// <summary>Makes the row of one content that was voted on.</summary>
    public void Update(ReviewRules rules, ContentKey content, long entryId) => Store(content, entryId, Of(rules, content));

    /// <summary>Where a content stands by its votes.</summary>
    public Standing Of(ReviewRules rules, ContentKey content) => StandingRules.Of(Votes(rules, content), grade => rules.WantsSecond(content, grade));

    /// <summary>Votes of a content that count, in the order they were given.</summary>
    public List<CountedVote> Votes(ReviewRules rules, ContentKey content)
    {
        ofContent.Bind(1, content.Text);
        try
        {
            List<CountedVote> votes = [];
            while (ofContent.Step())
            {
                if (rules.Counts(ofContent.Text(5), ofContent.Text(3)))
                {
                    votes.Add(Vote(ofContent));
                }
            }

            return votes;
        }
        finally
        {
            ofContent.Reset();
        }
    }

    /// <summary>Makes every row that is not as the votes have it anew; the places in the queues stay.</summary>
    public void Rebuild(ReviewRules rules)
    {
        using (SqliteStatement clear = database.Prepare("UPDATE standing SET state=0, votes=0, grade=NULL, flags='', first_account=NULL "
            + "WHERE (state<>0 OR votes<>0 OR grade IS NOT NULL OR flags<>'' OR first_account IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM vote v "
            + $"WHERE v.content=standing.content AND v.scheme_id=?1 AND v.grade IN (SELECT value FROM json_each(?2)) AND {ReviewSchema.Stands("v")})"))
        {
            clear.Bind(1, rules.Scheme.Id);
            clear.Bind(2, CaseJson.Strings([.. rules.Scheme.Grades.Select(grade => grade.Id)]));
            clear.Run();
        }

        foreach ((ContentKey content, long entryId, Standing standing) in FromVotes(database, rules))
        {
            Store(content, entryId, standing);
        }
    }

    /// <summary>Every content that has votes which count, and where it stands by them, ascending by content.</summary>
    public static IEnumerable<(ContentKey Content, long EntryId, Standing Standing)> FromVotes(SqliteDatabase database, ReviewRules rules)
    {
        using SqliteStatement rows = database.Prepare($"SELECT {VoteColumns} FROM vote v WHERE {ReviewSchema.Stands("v")} ORDER BY v.content, v.rowid");
        List<CountedVote> votes = [];
        ContentKey at = default;
        long entry = 0;
        while (rows.Step())
        {
            if (!rules.Counts(rows.Text(5), rows.Text(3)))
            {
                continue;
            }

            ContentKey content = ContentKey.Stored(rows.Text(0));
            if (votes.Count > 0 && content != at)
            {
                yield return (at, entry, StandingRules.Of(votes, grade => rules.WantsSecond(at, grade)));
                votes.Clear();
            }

            (at, entry) = (content, votes.Count == 0 ? rows.Int64(6) : entry);
            votes.Add(Vote(rows));
        }

        if (votes.Count > 0)
        {
            yield return (at, entry, StandingRules.Of(votes, grade => rules.WantsSecond(at, grade)));
        }
    }

    public void Dispose()
    {
        ofContent.Dispose();
        store.Dispose();
    }

    private static CountedVote Vote(SqliteStatement row) => new(row.Text(1), row.Int64(2) != 0, row.Text(3), row.Text(4));

    private void Store(ContentKey content, long entryId, Standing standing)
    {
        store.Bind(1, content.Text);
        store.Bind(2, entryId);
        store.Bind(3, (long)standing.State);
        store.Bind(4, standing.Votes);
        store.BindOrNull(5, standing.Grade);
        store.Bind(6, StandingRules.Stored(standing.Flags));
        store.BindOrNull(7, standing.FirstAccount);
        store.Run();
    }
}
