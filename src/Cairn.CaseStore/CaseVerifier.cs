using Cairn.CaseStore.Review;
using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore;

/// <summary>Verifies a case offline: rows against the audit log, the log against its Merkle tree, the tree against the signed checkpoints; of its review the same.</summary>
public static class CaseVerifier
{
    /// <summary>Verifies the case in <paramref name="directory"/>; reads no evidence and changes nothing.</summary>
    /// <param name="directory">The case folder.</param>
    /// <param name="pinnedCheckpointText">A checkpoint of this case, or of its review, that was kept elsewhere; finds a truncated log and a restored older database. Null for none.</param>
    /// <param name="progress">Rows checked so far and rows in all.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="CaseException">There is no case, or it cannot be read at all.</exception>
    public static CaseVerification Verify(string directory, string? pinnedCheckpointText, IProgress<(long Done, long Total)>? progress, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        using SqliteDatabase database = CaseReader.OpenDatabase(full);
        try
        {
            bool isOfReview = ReviewVerifying.IsOfReview(pinnedCheckpointText);
            CaseVerification result = new CaseVerifying(full, database, CaseSchema.Log, progress, cancel).Run(isOfReview ? null : pinnedCheckpointText);
            ReviewVerification? review = ReviewVerifying.Run(full, CaseIdOf(database), isOfReview ? pinnedCheckpointText : null, progress, cancel);
            return review is null ? result : result with
            {
                Intact = result.Intact && review.Log.Intact,
                Findings = [.. result.Findings, .. review.Log.Findings],
                Notices = [.. result.Notices, .. review.Log.Notices],
                Review = review,
            };
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForTerminal(full);
        }
    }

    /// <summary>Empty where the case's own table of it is damaged, which is a finding of its own.</summary>
    private static string CaseIdOf(SqliteDatabase database)
    {
        try
        {
            return ReviewFolder.Meta(database, "case_id");
        }
        catch (SqliteFailure)
        {
            return "";
        }
    }
}
