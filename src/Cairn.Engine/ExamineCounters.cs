using System.Diagnostics;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>Counters of a running examination, written from many threads, and the timer that shows them.</summary>
internal sealed class ExamineCounters : IDisposable
{
    private readonly IExamineObserver observer;
    private readonly Timer timer;
    private long bytesDone, bytesTotal, entries, streamsDone, streamsTotal, pictures, hits, problems, notices, contentBytes;
    private long firstHit = -1;
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private volatile string evidence = "", stage = "opening";

    public ExamineCounters(IExamineObserver observer)
    {
        this.observer = observer;
        timer = new Timer(_ => observer.Progress(Snapshot()), null, 100, 100);
    }

    public long Hits => Interlocked.Read(ref hits);

    public long Problems => Interlocked.Read(ref problems);

    public long Notices => Interlocked.Read(ref notices);

    /// <summary>Bytes of content read, the media's own hash not counted.</summary>
    public long ContentBytes => Interlocked.Read(ref contentBytes);

    public void Start(string evidenceName)
    {
        evidence = evidenceName;
        stage = "opening";
        Interlocked.Exchange(ref bytesDone, 0);
        Interlocked.Exchange(ref bytesTotal, 0);
        Interlocked.Exchange(ref streamsDone, 0);
        Interlocked.Exchange(ref streamsTotal, 0);
    }

    /// <summary>Begins a stage; its streams are counted anew.</summary>
    public void Enter(string stageName)
    {
        stage = stageName;
        Interlocked.Exchange(ref streamsDone, 0);
        Interlocked.Exchange(ref streamsTotal, 0);
    }

    public void Plan(long bytes, long streams)
    {
        Interlocked.Add(ref bytesTotal, bytes);
        Interlocked.Add(ref streamsTotal, streams);
    }

    public void ReadMedia(long count) => Interlocked.Add(ref bytesDone, count);

    public void ReadContent(long count)
    {
        Interlocked.Add(ref bytesDone, count);
        Interlocked.Add(ref contentBytes, count);
    }

    /// <summary>Milliseconds from the start of the run to the first hit; -1 while there is none.</summary>
    public long FirstHitMilliseconds => Interlocked.Read(ref firstHit);

    public void StreamDone() => Interlocked.Increment(ref streamsDone);

    public void PictureDone() => Interlocked.Increment(ref pictures);

    public void EntriesFound(int count) => Interlocked.Add(ref entries, count);

    public void Hit()
    {
        if (Interlocked.Increment(ref hits) == 1)
        {
            Interlocked.Exchange(ref firstHit, clock.ElapsedMilliseconds);
        }
    }

    public void Count(Problem problem) => Interlocked.Increment(ref problem.Kind == ProblemKind.Notice ? ref notices : ref problems);

    public void Dispose()
    {
        timer.Dispose();
        observer.Progress(Snapshot());
    }

    private ExamineProgress Snapshot() => new()
    {
        Evidence = evidence,
        Stage = stage,
        BytesDone = Interlocked.Read(ref bytesDone),
        BytesTotal = Interlocked.Read(ref bytesTotal),
        Entries = Interlocked.Read(ref entries),
        StreamsDone = Interlocked.Read(ref streamsDone),
        StreamsTotal = Interlocked.Read(ref streamsTotal),
        Pictures = Interlocked.Read(ref pictures),
        Hits = Hits,
        Problems = Problems,
    };
}
