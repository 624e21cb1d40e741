using Cairn.Core;

namespace Cairn.CaseStore.Sqlite;

/// <summary>
/// Carries pages from the write-ahead log to the database on a connection and thread of its own, so that the writer need not stand still
/// while they go to the disk. Where the writer is faster all the same, it waits from time to time, so that the log stays bounded.
/// </summary>
internal sealed class LogCarrier(SqliteDatabase writer, string path) : IDisposable
{
    private const long CarryBytes = 12 << 20;
    private const long MostBytes = 128 << 20;
    private SqliteDatabase? own;
    private Task carrying = Task.CompletedTask;
    private long seen;
    private long uncarried;
    private long under;
    private volatile bool failed;

    /// <summary>To be called after each commit, by the writer's thread.</summary>
    public void Committed()
    {
        long written = writer.BytesWritten;
        (uncarried, seen) = (uncarried + written - seen, written);
        if (uncarried < CarryBytes)
        {
            return;
        }

        if (carrying.IsCompleted && !failed)
        {
            (under, uncarried) = (uncarried, 0);
            carrying = Task.Run(Carry);
        }
        else if (uncarried + under > MostBytes)
        {
            Wait();
            using SqliteStatement carry = writer.Prepare("PRAGMA wal_checkpoint(PASSIVE)");
            _ = carry.Step();
            (under, uncarried) = (0, 0);
        }
    }

    /// <summary>Waits until nothing is being carried.</summary>
    public void Wait() => Blocking.Wait(carrying);

    public void Dispose()
    {
        Wait();
        own?.Dispose();
        own = null;
    }

    private void Carry()
    {
        try
        {
            own ??= Open();
            using SqliteStatement carry = own.Prepare("PRAGMA wal_checkpoint(PASSIVE)");
            _ = carry.Step();
        }
        catch (SqliteFailure)
        {
            // The pages are safe in the log; what is wrong with the disk the writer finds out when it carries them itself.
            failed = true;
        }
    }

    private SqliteDatabase Open()
    {
        SqliteDatabase opened = SqliteDatabase.Open(path, write: true);
        opened.Execute("PRAGMA synchronous=NORMAL");
        return opened;
    }
}
