using System.Threading.Channels;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Core.Hashing;
using Cairn.Known;

namespace Cairn.Engine;

/// <summary>A known set with its row in the case.</summary>
internal sealed record LoadedSet(long RowId, string Name, bool IsNotable, KnownSet Set)
{
    /// <summary>Whether pictures can be near something in it.</summary>
    public bool HasPictures => Set.Info.PdqCount > 0;
}

/// <summary>
/// The one pass over the content: every stream that has content of its own is read once, in the order it lies on the media, hashed,
/// typed and looked up. Names of the same stream (hard links) share one reading. Results go to the case in batches from one writer.
/// </summary>
internal sealed class ContentStage
{
    private const int RowsPerBatch = 2_000;

    /// <summary>Sparse bytes of one stream that are read as zeros before the stream is refused: a file can claim an exabyte of them.</summary>
    private const long SparseBytesLimit = 64L << 30;

    /// <summary>Streams up to this length are read whatever they consist of.</summary>
    private const long HolesReadAnyway = 64L << 20;

    /// <summary>
    /// Longer streams are hashed on their own instead of in a lane: at the end of the work a lane left alone is slower than that. Below,
    /// lanes stay full and are several times as fast.
    /// </summary>
    private const long AloneAbove = 256L << 20;

    private readonly CaseRun run;
    private readonly long evidenceId;
    private readonly ContentJudge judge;
    private readonly IExamineObserver observer;
    private readonly ExamineCounters counters;
    private readonly SweepGate? gate;
    private readonly Func<long, string> pathOf;
    private readonly Channel<ContentRow> results = Channel.CreateBounded<ContentRow>(new BoundedChannelOptions(8_192) { SingleReader = true });

    public ContentStage(CaseRun run, long evidenceId, ContentJudge judge, IExamineObserver observer, ExamineCounters counters, SweepGate? gate,
        Func<long, string> pathOf)
    {
        (this.run, this.evidenceId, this.judge, this.observer, this.counters, this.gate, this.pathOf) = (run, evidenceId, judge, observer, counters, gate, pathOf);
    }

    /// <summary>Reads what <paramref name="work"/> names; <paramref name="workers"/> threads at most, fewer while <paramref name="mediaIsBeingHashed"/>.</summary>
    public async Task RunAsync(ContentWork work, int workers, Task mediaIsBeingHashed, CancellationToken cancel)
    {
        counters.Plan(work.Bytes, work.Streams);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task writer = Task.Run(() => WriteAsync(stop.Token), CancellationToken.None);
        ContentQueue queue = new(work, gate, this);
        List<Task> readers = [];
        try
        {
            // The threads of the media's hash need a processor as well; they are joined by the last worker when they are done.
            int first = mediaIsBeingHashed.IsCompleted ? workers : Math.Max(1, workers - 1);
            for (int i = 0; i < first; i++)
            {
                readers.Add(StartReader(queue, stop));
            }

            Task all = Task.WhenAll(readers);
            if (first < workers && await Task.WhenAny(all, mediaIsBeingHashed).ConfigureAwait(false) == mediaIsBeingHashed)
            {
                readers.Add(StartReader(queue, stop));
            }

            await Task.WhenAll(readers).ConfigureAwait(false);
            results.Writer.TryComplete();
        }
        catch (Exception error)
        {
            results.Writer.TryComplete(error);
            throw;
        }
        finally
        {
            gate?.ContentIsDone();
            await writer.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await writer.ConfigureAwait(false);
    }

    /// <summary>Stores a result that needed no reading.</summary>
    public void Post(ContentRow row, CancellationToken cancel)
    {
        judge.Report(row.Problems);
        counters.StreamDone();
        Blocking.Put(results.Writer, row, cancel);
    }

    private static Task StartReader(ContentQueue queue, CancellationTokenSource stop) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                using MultiHasher hasher = new(HashingPath.Auto, AloneAbove);
                hasher.Run(() => queue.Next(stop.Token));
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private async Task WriteAsync(CancellationToken cancel)
    {
        List<ContentRow> batch = new(RowsPerBatch);
        try
        {
            while (await results.Reader.WaitToReadAsync(cancel).ConfigureAwait(false))
            {
                long until = Environment.TickCount64 + 1_000;
                while (batch.Count < RowsPerBatch && Environment.TickCount64 < until)
                {
                    if (results.Reader.TryRead(out ContentRow? row))
                    {
                        batch.Add(row);
                    }
                    else if (!await results.Reader.WaitToReadAsync(cancel).ConfigureAwait(false))
                    {
                        break;
                    }
                }

                run.AddContent(evidenceId, batch);
                batch.Clear();
            }
        }
        catch (Exception error)
        {
            results.Writer.TryComplete(error);
            throw;
        }
    }

    /// <summary>Hands out streams to workers in media order.</summary>
    private sealed class ContentQueue(ContentWork work, SweepGate? gate, ContentStage stage)
    {
        private readonly Lock turn = new();
        private int next;

        public StreamContent? Next(CancellationToken cancel)
        {
            while (true)
            {
                ContentItem? item;
                lock (turn)
                {
                    cancel.ThrowIfCancellationRequested();
                    item = work.TakeAt(ref next);
                }

                if (item is null)
                {
                    return null;
                }

                gate?.BeforeContentReads(item.MediaOffset, cancel);
                StreamContent content = new(stage, item, cancel);
                if (content.TryOpen())
                {
                    return content;
                }
            }
        }
    }

    /// <summary>One stream being read: delivers its bytes to the hasher and stores the result under every name it has.</summary>
    private sealed class StreamContent(ContentStage stage, ContentItem item, CancellationToken cancel) : ILaneContent
    {
        // The row that the problem is stored with says which entry; the path is not repeated in each.
        private const string Place = "content";

        private readonly List<Problem> problems = [];
        private IByteSource? source;
        private long position;
        private ContentType? type;

        public long Length => source?.Length ?? 0;

        public bool TryOpen()
        {
            try
            {
                source = item.Volume.Tree!.OpenStream(item.Ref);
            }
            catch (MalformedDataException error)
            {
                problems.Add(Problem.From(error, Place));
            }
            catch (UnreadableDataException error)
            {
                problems.Add(Problem.From(error, Place));
            }

            if (source is null)
            {
                Store(ContentStatus.Unreadable, null);
                return false;
            }

            if (item.Volume.Bytes is not null && source is not IUnpacking && source.Length > HolesReadAnyway && TooManyHoles(source.Length) is Problem holes)
            {
                problems.Add(holes);
                stage.counters.Plan(-source.Length, 0);
                Store(ContentStatus.NotHashed, null);
                return false;
            }

            return true;
        }

        /// <summary>
        /// Bytes without clusters read as zeros. Hashing gigabytes of them says nothing and can cost days: a volume-sized $BadClus:$Bad lies
        /// on every NTFS volume, and a hostile inode can claim an exabyte.
        /// </summary>
        private Problem? TooManyHoles(long length)
        {
            long allocated = item.AllocatedBytes();
            return allocated == 0
                ? new Problem(ProblemKind.Notice, Place, $"none of the {length:N0} bytes has clusters, all would read as zeros; not hashed")
                : length - allocated > SparseBytesLimit
                ? new Problem(ProblemKind.LimitReached, Place, $"of {length:N0} bytes more than {SparseBytesLimit:N0} have no clusters and would read as zeros; not hashed")
                : null;
        }

        public int Read(Span<byte> buffer)
        {
            cancel.ThrowIfCancellationRequested();
            int got;
            try
            {
                got = source!.ReadAvailable(position, buffer, (range, reason) =>
                    problems.Add(new Problem(ProblemKind.Unreadable, Place, reason, range.Offset, range.Length)));
            }
            catch (MalformedDataException error)
            {
                // Compressed content that does not decode: nothing after this point can be read.
                problems.Add(Problem.From(error, Place));
                return 0;
            }

            if (position == 0 && got > 0)
            {
                type = ContentType.Identify(buffer[..got]);
            }

            position += got;
            stage.counters.ReadContent(got);
            return got;
        }

        public void Complete(ContentHashes hashes)
        {
            if (problems.Count == 0 && position < source!.Length)
            {
                problems.Add(new Problem(ProblemKind.Missing, Place, "the content ends before the size its metadata gives", position, source.Length - position));
            }

            ContentStatus status = problems.Count == 0 ? ContentStatus.Read : position == 0 ? ContentStatus.Unreadable : ContentStatus.PartlyUnreadable;
            if (source is IChangeDetecting { HasChanged: true })
            {
                status = ContentStatus.Changed;
                problems.Add(new Problem(ProblemKind.Changed, Place, "the file changed while it was read; it has no hashes"));
            }

            if (source is ISelfChecking { Verdict: Problem verdict })
            {
                // The bytes are what the archive gives; that its own checksum disagrees is said beside their hashes.
                problems.Add(verdict);
            }

            Store(status, status == ContentStatus.Read ? hashes : null);
        }

        public void Failed(Exception error)
        {
            if (error is OperationCanceledException)
            {
                source?.Dispose();
                return;
            }

            // A parser let out what it must not: a fault of this program, which costs this stream and no other.
            problems.Add(new Problem(ProblemKind.Unreadable, Place, $"the reader failed ({error.GetType().Name}: {error.Message})"));
            Store(ContentStatus.Unreadable, null);
        }

        private void Store(ContentStatus status, ContentHashes? hashes)
        {
            source?.Dispose();
            List<HitRow> hits = stage.judge.Lookup(hashes, () => stage.pathOf(item.Names[0].Id));
            bool firstName = true;
            foreach ((long id, string extension) in item.Names)
            {
                stage.Post(ContentJudge.Row(id, hashes, type, item.IsMainStream ? extension : null, status, firstName ? position : 0, hits, problems), cancel);
                firstName = false;
            }
        }
    }
}
