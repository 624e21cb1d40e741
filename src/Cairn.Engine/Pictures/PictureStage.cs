using System.Collections;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Known;

namespace Cairn.Engine.Pictures;

/// <summary>
/// Pictures and videos of one evidence on their way through the decoders: jobs go in from any stage, rows with hash, size and hits come out to the case
/// in batches. A few jobs for each decoder are under way and their bytes have a limit, so memory does not grow with their number.
/// </summary>
internal sealed class PictureStage : IAsyncDisposable
{
    private const int RowsPerBatch = 500;
    private const long BytesUnderWay = 256L << 20;

    private readonly CaseRun run;
    private readonly long evidenceId;
    private readonly ExamineCounters counters;
    private readonly IExamineObserver observer;
    private readonly IReadOnlyList<LoadedSet> sets;
    private readonly ThumbnailStore? thumbnails;
    private readonly Func<PictureJob, CancellationToken, Task<AnalysedPicture?>> analyse;
    private readonly BitArray done;
    private readonly IReadOnlySet<long> lacking;
    private readonly HashSet<long> taken = [];
    private readonly SemaphoreSlim ended = new(0);
    private readonly int places;
    private readonly Channel<AnalysedPicture> results = Channel.CreateBounded<AnalysedPicture>(new BoundedChannelOptions(256) { SingleReader = true });
    private readonly CancellationTokenSource stop;
    private readonly Task writer;
    private int underWay;
    private long bytesUnderWay;
    private volatile Exception? failure;

    /// <param name="run">The run that stores the rows.</param>
    /// <param name="evidenceId">The evidence.</param>
    /// <param name="decoders">Pictures that are decoded at once.</param>
    /// <param name="counters">Told of problems and hits.</param>
    /// <param name="observer">As they are met.</param>
    /// <param name="sets">The sets that were looked up.</param>
    /// <param name="thumbnails">Takes the small pictures; null for none.</param>
    /// <param name="lacking">Pictures that have their row and no small picture.</param>
    /// <param name="analyse">Looks at one picture; null where it is left to a later run. Throws for cancellation alone.</param>
    /// <param name="cancel">Stops the stage.</param>
    public PictureStage(CaseRun run, long evidenceId, int decoders, ExamineCounters counters, IExamineObserver observer, IReadOnlyList<LoadedSet> sets,
        ThumbnailStore? thumbnails, IReadOnlySet<long> lacking, Func<PictureJob, CancellationToken, Task<AnalysedPicture?>> analyse, CancellationToken cancel)
    {
        (this.run, this.evidenceId, this.counters, this.observer, this.sets, this.thumbnails, this.lacking, this.analyse) = (run, evidenceId, counters, observer, sets, thumbnails, lacking, analyse);
        done = run.PicturesDone();
        places = decoders * 2;
        stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        writer = Task.Run(WriteAsync, CancellationToken.None);
    }

    /// <summary>Whether the picture is one to decode and was not yet, in this run or an earlier one, or lacks its small picture.</summary>
    public bool Wants(long id, string mime) => PictureAnalysis.Takes(mime) && (!HasRow(id) || lacking.Contains(id)) && !taken.Contains(id);

    /// <summary>Sends a picture or video to the decoders and takes its content over; waits while enough are under way. One caller at a time.</summary>
    public void Post(PictureJob job, CancellationToken cancel)
    {
        taken.UnionWith(job.Ids);
        long bytes = job.Held ?? job.Content.Length;
        while (Volatile.Read(ref underWay) is int jobs && (jobs >= places || (jobs > 0 && Interlocked.Read(ref bytesUnderWay) + bytes > BytesUnderWay)))
        {
            ended.Wait(cancel);
        }

        Rethrow();
        Interlocked.Increment(ref underWay);
        Interlocked.Add(ref bytesUnderWay, bytes);
        _ = AnalyseAsync(job, bytes);
    }

    /// <summary>Waits for every picture sent; throws what the writing of rows threw.</summary>
    public async Task FinishAsync(CancellationToken cancel)
    {
        while (Volatile.Read(ref underWay) > 0)
        {
            await ended.WaitAsync(cancel).ConfigureAwait(false);
        }

        results.Writer.TryComplete();
        await writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Rethrow();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync().ConfigureAwait(false);
        while (Volatile.Read(ref underWay) > 0)
        {
            // What is under way uses the evidence and the decoders, which go next.
            await ended.WaitAsync().ConfigureAwait(false);
        }

        results.Writer.TryComplete();
        await writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        ended.Dispose();
    }

    private async Task AnalyseAsync(PictureJob job, long bytes)
    {
        try
        {
            // Not on the caller's thread: it goes on to read the next picture.
            await Task.Yield();
            if (await analyse(job, stop.Token).ConfigureAwait(false) is not AnalysedPicture picture)
            {
                return;
            }

            Announce(picture.Row, job);
            foreach (long id in job.Ids)
            {
                await results.Writer.WriteAsync(id == picture.Row.EntryId ? picture : picture.Of(id), stop.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            failure ??= error;
        }
        finally
        {
            job.Content.Dispose();
            Interlocked.Add(ref bytesUnderWay, -bytes);
            Interlocked.Decrement(ref underWay);
            ended.Release();
        }
    }

    private bool HasRow(long id) => id < done.Length && done[(int)id];

    private void Announce(PictureRow row, PictureJob job)
    {
        // What has its row was told of when that was added.
        int names = job.Ids.Count(id => !HasRow(id));
        for (int name = 0; name < names; name++)
        {
            counters.PictureDone();
            foreach (HitRow hit in row.Hits)
            {
                counters.Hit();
                LoadedSet set = sets.First(s => s.RowId == hit.SetId);
                if (set.IsNotable || hit.Entry?.Meaning == KnownMeaning.Notable.ToText())
                {
                    observer.Hit(job.Path, set.Name);
                }
            }

            foreach (Problem problem in row.Problems)
            {
                counters.Count(problem);
            }
        }

        foreach (Problem problem in names > 0 ? row.Problems : [])
        {
            observer.Problem(problem with { Place = $"{job.Path}, {problem.Place}" });
        }
    }

    private async Task WriteAsync()
    {
        List<AnalysedPicture> batch = new(RowsPerBatch);
        try
        {
            while (await results.Reader.WaitToReadAsync(stop.Token).ConfigureAwait(false))
            {
                await FillAsync(batch).ConfigureAwait(false);
                batch.Sort(static (a, b) => a.Row.EntryId.CompareTo(b.Row.EntryId));

                // The small pictures first: a picture whose row is there is done, and must have them.
                thumbnails?.Add([.. batch.SelectMany(p => p.Thumbnails)]);
                PictureRow[] rows = [.. batch.Select(p => p.Row).Where(r => !HasRow(r.EntryId))];
                if (rows.Length > 0)
                {
                    run.AddPictures(evidenceId, rows);
                }

                batch.Clear();
            }
        }
        catch (Exception error)
        {
            failure ??= error;
            results.Writer.TryComplete(error);
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes what comes within a second: hits are to be seen while the work goes on.</summary>
    private async Task FillAsync(List<AnalysedPicture> batch)
    {
        using CancellationTokenSource second = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        second.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            while (batch.Count < RowsPerBatch && await results.Reader.WaitToReadAsync(second.Token).ConfigureAwait(false))
            {
                while (batch.Count < RowsPerBatch && results.Reader.TryRead(out AnalysedPicture? picture))
                {
                    batch.Add(picture);
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // A second is over.
        }
    }

    private void Rethrow()
    {
        if (failure is Exception error)
        {
            ExceptionDispatchInfo.Throw(error);
        }
    }
}
