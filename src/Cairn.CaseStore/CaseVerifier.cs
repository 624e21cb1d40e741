using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore;

/// <summary>Verifies a case offline: rows against the audit log, the log against its Merkle tree, the tree against the signed checkpoints.</summary>
public static class CaseVerifier
{
    /// <summary>Verifies the case in <paramref name="directory"/>; reads no evidence and changes nothing.</summary>
    /// <param name="directory">The case folder.</param>
    /// <param name="pinnedCheckpointText">A checkpoint of this case that was kept elsewhere; finds a truncated log and a restored older database. Null for none.</param>
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
            return new CaseVerifying(full, database, progress, cancel).Run(pinnedCheckpointText);
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForTerminal(full);
        }
    }
}
