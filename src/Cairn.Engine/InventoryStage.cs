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

    /// <summary>
    /// Entries handed over at once. Few, and few pieces waiting: what is alive at a garbage collection is copied, and memory that is
    /// used again at once stays in the processor's cache.
    /// </summary>
    private const int PieceEntries = 250;
    private const int WaitingPieces = 4;

    public static async Task RunAsync(CaseRun run, long evidenceId, ExaminedVolume volume, ProblemCollector problems, ExamineCounters counters, CancellationToken cancel)
    {
        if (run.IsComplete(evidenceId, Stage.Inventory, volume.Index))
        {
            volume.EndPreparing(breakOff: true);
            return;
        }

        long skip = run.EntriesStored(evidenceId, volume.Index);
        Channel<Piece> pieces = Channel.CreateBounded<Piece>(new BoundedChannelOptions(WaitingPieces) { SingleReader = true, SingleWriter = true });
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task walk = Task.Factory.StartNew(() => Walk(volume, skip, problems, pieces.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Piece? end = null;
            while (end is not { Last: true })
            {
                run.AddEntries(evidenceId, volume.Index, Batch(), () => (end!.Problems!, end.Last));
            }

            IEnumerable<IReadOnlyList<FileEntry>> Batch()
            {
                do
                {
                    end = Blocking.Take(pieces.Reader, cancel);
                    counters.EntriesFound(end.Entries.Count);
                    yield return end.Entries;
                }
                while (end.Problems is null);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await walk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await walk.ConfigureAwait(false);
    }

    private static void Walk(ExaminedVolume volume, long skip, ProblemCollector problems, ChannelWriter<Piece> writer, CancellationToken cancel)
    {
        try
        {
            volume.EndPreparing(breakOff: false);
            IFileTree tree = volume.Tree!;
            IEnumerable<FileEntry> own = tree.Walk(problems, cancel);
            IEnumerable<FileEntry> all = volume.Bytes is null ? own : own.Concat(SpaceEntries.Of(tree, volume.Bytes));
            List<FileEntry> piece = new(PieceEntries);
            int inBatch = 0;
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

                piece.Add(entry);
                inBatch++;
                if (piece.Count == PieceEntries)
                {
                    bool batchEnds = inBatch == BatchEntries;
                    Blocking.Put(writer, new Piece(piece, batchEnds ? problems.Drain() : null, Last: false), cancel);
                    piece = new List<FileEntry>(PieceEntries);
                    inBatch = batchEnds ? 0 : inBatch;
                }
            }

            problems.Muted = false;
            Blocking.Put(writer, new Piece(piece, problems.Drain(), Last: true), cancel);
            writer.TryComplete();
        }
        catch (Exception error)
        {
            writer.TryComplete(error);
            throw;
        }
    }

    /// <summary>Entries on their way to the case; the last piece of a batch brings the batch's problems.</summary>
    private sealed record Piece(List<FileEntry> Entries, IReadOnlyList<Problem>? Problems, bool Last);
}
