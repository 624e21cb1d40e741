using System.Threading.Channels;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>
/// Walks one volume and stores its entries in batches. The walk and the writing run at the same time with a bounded queue between them.
/// The order of a walk is always the same and batches are cut by count, so a run that was killed goes on after the last stored batch.
/// </summary>
internal static class InventoryStage
{
    /// <summary>File entries in one transaction.</summary>
    public const int BatchEntries = 4_000;

    public static async Task RunAsync(CaseRun run, long evidenceId, ExaminedVolume volume, ProblemCollector problems, ExamineCounters counters, CancellationToken cancel)
    {
        if (run.IsComplete(evidenceId, Stage.Inventory, volume.Index))
        {
            return;
        }

        long skip = run.EntriesStored(evidenceId, volume.Index);
        Channel<Batch> batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(3) { SingleReader = true, SingleWriter = true });
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task walk = Task.Factory.StartNew(() => Walk(volume, skip, problems, batches.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (Batch batch in batches.Reader.ReadAllAsync(cancel).ConfigureAwait(false))
            {
                run.AddEntries(evidenceId, volume.Index, batch.Entries, batch.Problems, batch.Last);
                counters.EntriesFound(batch.Entries.Count);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await walk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await walk.ConfigureAwait(false);
    }

    private static void Walk(ExaminedVolume volume, long skip, ProblemCollector problems, ChannelWriter<Batch> writer, CancellationToken cancel)
    {
        try
        {
            IFileTree tree = volume.Tree!;
            IEnumerable<FileEntry> own = tree.Walk(problems, cancel);
            IEnumerable<FileEntry> all = volume.Bytes is null ? own : own.Concat(SpaceEntries.Of(tree, volume.Bytes));
            List<FileEntry> batch = new(BatchEntries);
            long seen = 0;
            problems.Muted = skip > 0;
            foreach (FileEntry entry in all)
            {
                seen++;
                if (seen <= skip)
                {
                    // Stored by the run that was killed, and its problems up to here with it.
                    problems.Muted = seen < skip;
                    continue;
                }

                batch.Add(entry);
                if (batch.Count == BatchEntries)
                {
                    Send(new Batch(batch, problems.Drain(), Last: false), writer, cancel);
                    batch = new List<FileEntry>(BatchEntries);
                }
            }

            problems.Muted = false;
            Send(new Batch(batch, problems.Drain(), Last: true), writer, cancel);
            writer.TryComplete();
        }
        catch (Exception error)
        {
            writer.TryComplete(error);
            throw;
        }
    }

    private static void Send(Batch batch, ChannelWriter<Batch> writer, CancellationToken cancel)
    {
        ValueTask sent = writer.WriteAsync(batch, cancel);
        sent.AsTask().GetAwaiter().GetResult();
    }

    private sealed record Batch(List<FileEntry> Entries, IReadOnlyList<Problem> Problems, bool Last);
}
