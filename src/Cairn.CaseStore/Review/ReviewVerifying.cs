using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>Verifies review.db as the case is verified, and that what is derived from the votes follows from them.</summary>
internal static class ReviewVerifying
{
    private const int MostFindings = 100;

    /// <summary>Whether a checkpoint that was kept elsewhere is one of a review.</summary>
    public static bool IsOfReview(string? pinned) => pinned is not null && SignedNote.Parse(pinned, out _)?.Origin.StartsWith(ReviewSchema.Log.OriginPrefix, StringComparison.Ordinal) == true;

    /// <summary>What verifying gave; null where there is no review and nothing says that there was one.</summary>
    public static ReviewVerification? Run(string directory, string caseId, string? pinned, IProgress<(long Done, long Total)>? progress, CancellationToken cancel)
    {
        SqliteDatabase? opened;
        try
        {
            opened = ReviewReader.OpenDatabase(directory);
        }
        catch (CaseException error)
        {
            return Unreadable(error.Message);
        }

        if (opened is null)
        {
            return pinned is not null || HasCheckpointFiles(directory) ? Unreadable("review.db is missing, and checkpoints say that there was one") : null;
        }

        using SqliteDatabase database = opened;

        try
        {
            CaseVerification log = new CaseVerifying(directory, database, ReviewSchema.Log, progress, cancel).Run(pinned);
            List<CaseFinding> findings = [.. log.Findings];
            long contents = 0;
            try
            {
                if (ReviewFolder.CaseId(database) != caseId)
                {
                    findings.Add(new CaseFinding("review.meta", null, null, "it is the review of another case"));
                }

                contents = Standings(database, findings, cancel);
            }
            catch (Exception error) when (error is SqliteFailure or ReviewException or FormatException or System.Text.Json.JsonException)
            {
                findings.Add(new CaseFinding("review.standing", null, null, $"cannot be held against the votes: {error.Message}"));
            }

            return new ReviewVerification(log with { Intact = findings.Count == 0, Findings = findings }, contents);
        }
        catch (SqliteFailure failure)
        {
            throw ReviewFolder.ForTerminal(failure, directory);
        }
    }

    private static ReviewVerification Unreadable(string what) => new(new CaseVerification(false, [new CaseFinding("review", null, null, what)], [], 0, 0, [], [], 0, null), 0);

    private static bool HasCheckpointFiles(string directory)
    {
        string folder = ReviewFolder.Checkpoints(directory);
        return Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.txt").Any();
    }

    /// <summary>Walks the derived table and the votes side by side, both ascending by content; returns the contents compared.</summary>
    private static long Standings(SqliteDatabase database, List<CaseFinding> findings, CancellationToken cancel)
    {
        database.Execute("BEGIN");
        ReviewRules rules = ReviewRules.Load(database);
        using SqliteStatement rows = database.Prepare("SELECT content, state, votes, grade, flags, first_account FROM standing ORDER BY content");
        using IEnumerator<(ContentKey Content, long EntryId, Standing Standing)> votes = StandingTable.FromVotes(database, rules).GetEnumerator();
        bool hasRow = rows.Step();
        bool hasVotes = votes.MoveNext();
        long contents = 0;
        int found = 0;
        while (hasRow || hasVotes)
        {
            cancel.ThrowIfCancellationRequested();
            int order = !hasRow ? 1 : !hasVotes ? -1 : string.CompareOrdinal(rows.Text(0), votes.Current.Content.Text);
            if (order > 0)
            {
                Find($"the content {votes.Current.Content} was voted on and is not there");
            }
            else
            {
                Standing should = order == 0 ? votes.Current.Standing : StandingRules.Of([], _ => false);
                if (rows.Int32(1) != (int)should.State || rows.Int64(2) != should.Votes || rows.TextOrNull(3) != should.Grade || rows.Text(4) != StandingRules.Stored(should.Flags) || rows.TextOrNull(5) != should.FirstAccount)
                {
                    Find($"the content {rows.Text(0)} does not stand where its votes put it ({should.State}{(should.Grade is null ? "" : ", " + should.Grade)})");
                }
            }

            contents++;
            hasRow = order <= 0 ? rows.Step() : hasRow;
            hasVotes = order >= 0 ? votes.MoveNext() : hasVotes;
        }

        database.Execute("COMMIT");
        return contents;

        void Find(string what)
        {
            if (found++ < MostFindings)
            {
                findings.Add(new CaseFinding("review.standing", null, null, what));
            }
        }
    }
}
