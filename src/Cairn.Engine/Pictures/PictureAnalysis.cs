using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Known;
using Cairn.Media.Decoding;
using Cairn.Media.Metadata;
using Cairn.Media.Video;

namespace Cairn.Engine.Pictures;

/// <summary>
/// Looks at pictures and videos: decodes them in child processes, reads what they say of themselves, and looks their hashes up in the known sets.
/// Safe from many threads. Decoders are started when the first picture comes.
/// </summary>
internal sealed class PictureAnalysis(ExamineOptions options, IReadOnlyList<LoadedSet> sets, IProblemSink problems) : IAsyncDisposable
{
    private const string Place = "picture";

    /// <summary>Different frames of one known video that are compared.</summary>
    private const int MostKnownFrames = 100_000;

    /// <summary>Known videos whose hashes are in memory at once.</summary>
    private const int EntriesTogether = 32;

    private static readonly PictureRequest Request = new() { Thumbnail = true };

    private readonly SemaphoreSlim starting = new(1);
    private readonly SemaphoreSlim oneVideo = new(1);
    private PictureWorkerPool? pool;
    private VideoAnalyser? videos;
    private readonly ConcurrentDictionary<string, int> missing = new(StringComparer.Ordinal);
    private string? noPool;
    private volatile bool isStarted;

    /// <summary>Pictures that are decoded at once.</summary>
    public int Decoders { get; } = options.Workers > 0 ? options.Workers : Environment.ProcessorCount;

    /// <summary>Types among which everything lies that is looked at; one that ends in "/" stands for all that begin with it.</summary>
    public static IReadOnlyList<string> Types { get; } = ["image/", .. VideoAnalyser.Types];

    /// <summary>Bytes of a file up to which a picture is decoded; it is in memory as a whole then.</summary>
    public static long MostPictureBytes { get; } = new PictureLimits().InputBytes;

    /// <summary>Whether content of this type is looked at.</summary>
    public static bool Takes(string mime) => IsPicture(mime) || VideoAnalyser.CanExamine(mime);

    /// <summary>
    /// Looks at one picture or video; null where the decoders are missing on this machine, so that a later run does it. Throws for cancellation alone.
    /// </summary>
    public Task<AnalysedPicture?> AnalyseAsync(PictureJob job, CancellationToken cancel) =>
        IsPicture(job.Mime) ? PictureAsync(job, cancel) : VideoAsync(job, cancel);

    /// <summary>What was not looked at for want of decoders since this was last asked, a problem for each reason.</summary>
    public IReadOnlyList<Problem> TakeMissing()
    {
        Problem[] taken = [.. missing.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => new Problem(ProblemKind.Unsupported, "pictures", $"{m.Value:N0} {m.Key}; put that right and run the command again"))];
        missing.Clear();
        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        if (pool is not null)
        {
            await pool.DisposeAsync().ConfigureAwait(false);
        }

        starting.Dispose();
        oneVideo.Dispose();
    }

    /// <summary>Whether content of this type is looked at as a picture.</summary>
    public static bool IsPicture(string mime) => mime.StartsWith("image/", StringComparison.Ordinal) && mime != "image/svg+xml";

    private async Task<AnalysedPicture?> PictureAsync(PictureJob job, CancellationToken cancel)
    {
        long id = job.Ids[0];
        await StartAsync(cancel).ConfigureAwait(false);
        if (pool is null)
        {
            return Missing(noPool!);
        }

        List<Problem> found = [];
        if (job.Content.Length > MostPictureBytes)
        {
            return AnalysedPicture.Not(id, PictureKind.Still, PictureStatus.LimitReached,
                new Problem(ProblemKind.LimitReached, Place, $"{job.Content.Length:N0} bytes; pictures are decoded up to {MostPictureBytes:N0}"));
        }

        PictureResult result;
        PictureFacts facts;
        byte[] buffer = job.Content is MemoryByteSource ? [] : ArrayPool<byte>.Shared.Rent((int)job.Content.Length);
        try
        {
            ReadOnlyMemory<byte> bytes = job.Content is MemoryByteSource memory ? memory.Data : buffer.AsMemory(0, Read(job.Content, buffer.AsSpan(0, (int)job.Content.Length), found));
            result = await pool.AnalyseAsync(bytes, job.Mime, Request, cancel).ConfigureAwait(false);
            facts = PictureMetadata.Read(bytes, job.Mime);
        }
        finally
        {
            // Fresh memory for every picture would cost more than reading it.
            if (buffer.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        found.AddRange(facts.Problems);
        if (result.Status != PictureStatus.Decoded)
        {
            found.Add(new Problem(KindOf(result.Status), Place, result.Reason));
        }

        List<Thumbnail> small = result.Thumbnail.IsEmpty ? [] : SmallOf(id, ThumbnailKind.Picture, result.Thumbnail, found);
        PdqHash[] orientations = [];
        List<HitRow> hits = [];
        if (result.Hash is PdqHash hash)
        {
            orientations = [.. Enumerable.Range(0, Media.Pdq.PdqOrientations.Count).Select(i => result.Orientations[i])];
            orientations[0] = hash;
            hits.AddRange(result.Frames.Count > 1 ? LookUp(FramesOf(result, orientations), isVideo: false) : LookUp(orientations, result.Quality));
        }

        PictureRow row = new()
        {
            EntryId = id,
            Status = result.Status,
            Format = result.Format.Length > 0 ? result.Format : null,
            Width = result.Width,
            Height = result.Height,
            Frames = result.FrameCount,
            Orientations = orientations,
            Quality = result.Quality,
            Method = result.HashMethod.Length > 0 ? result.HashMethod : null,
            Camera = facts.CameraKey,
            Facts = PictureFactsMap.Of(facts),
            Sampled = [.. result.Frames.Select(f => new PictureFrameRow(f.Index, f.Hash, f.Quality, IsScene: false))],
            Hits = hits,
            Problems = found,
        };
        return new AnalysedPicture(row, small);
    }

    private async Task<AnalysedPicture?> VideoAsync(PictureJob job, CancellationToken cancel)
    {
        await StartAsync(cancel).ConfigureAwait(false);
        if (videos is null)
        {
            return Missing(VideoTools.NotInstalled);
        }

        VideoResult result;
        await oneVideo.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            // ffmpeg has threads of its own; one video at a time keeps them and the picture decoders from standing in each other's way.
            result = await videos.AnalyseAsync(job.Content, job.Mime, VideoRequest.Default, cancel).ConfigureAwait(false);
        }
        finally
        {
            oneVideo.Release();
        }

        long id = job.Ids[0];
        List<Problem> found = [.. result.Problems];
        List<Thumbnail> small = result.ContactSheet is VideoContactSheet sheet ? SmallOf(id, ThumbnailKind.ContactSheet, sheet.Jpeg, found) : [];
        VideoStream? shown = result.Streams.FirstOrDefault(s => s.Kind == "video" && !s.IsAttachedPicture);
        PictureRow row = new()
        {
            EntryId = id,
            Kind = PictureKind.Video,
            Status = StatusOf(result),
            Format = result.Format,
            Width = shown?.Width ?? 0,
            Height = shown?.Height ?? 0,
            Frames = result.Frames.Count,
            Milliseconds = result.StatedDuration is double seconds and >= 0 and < 1e9 ? (long)Math.Round(seconds * 1_000) : null,
            Quality = result.Frames.Count > 0 ? result.Frames.Max(f => f.Quality) : 0,
            Method = result.Sampling is VideoSampling sampling ? $"{result.Tool}, a frame every {sampling.Interval} s and at changes of scene{(sampling.KeyFramesOnly ? ", key frames only" : "")}" : null,
            Facts = PictureFactsMap.Of(result),
            Sampled = [.. result.Frames.Select(f => new PictureFrameRow(PositionOf(f, isVideo: true), f.Hash, f.Quality, f.Reason == FrameReason.Scene))],
            Hits = LookUp(result.Frames, isVideo: true),
            Problems = found,
        };
        return new AnalysedPicture(row, small);
    }

    private AnalysedPicture? Missing(string why)
    {
        missing.AddOrUpdate(why, 1, static (_, count) => count + 1);
        return null;
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        if (isStarted)
        {
            return;
        }

        await starting.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (isStarted)
            {
                return;
            }

            try
            {
                pool = await PictureWorkerPool.StartAsync(new PictureWorkerOptions { Workers = Decoders }, cancel).ConfigureAwait(false);
                if (pool.Notice is string notice)
                {
                    problems.Report(new Problem(ProblemKind.Notice, "pictures", notice));
                }
            }
            catch (PictureWorkerException error)
            {
                noPool = $"not decoded: {error.Message}";
            }

            videos = await VideoTools.FindAsync(cancel: cancel).ConfigureAwait(false) is VideoTools tools ? new VideoAnalyser(tools) : null;
            isStarted = true;
        }
        finally
        {
            starting.Release();
        }
    }

    /// <summary>Reads a picture as far as it can be read, and gives the number of bytes; what cannot is zero, and the content pass says so.</summary>
    private static int Read(IByteSource content, Span<byte> bytes, List<Problem> problems)
    {
        try
        {
            return content.ReadAvailable(0, bytes, static (_, _) => { });
        }
        catch (MalformedDataException error)
        {
            problems.Add(Problem.From(error, Place));
            return 0;
        }
    }

    private IEnumerable<HitRow> LookUp(PdqHash[] orientations, int quality)
    {
        if (quality < options.PictureQuality)
        {
            yield break;
        }

        List<PerceptualHit> found = [];
        foreach (LoadedSet set in sets.Where(s => s.HasPictures))
        {
            found.Clear();
            set.Set.PerceptualLookup(orientations, options.PictureDistance, found);
            foreach (PerceptualHit hit in found)
            {
                yield return Row(set, hit, "pdq", hit.Detail, hit.Distance, quality, (PdqOrientation)hit.Orientation, position: null);
            }
        }
    }

    /// <summary>
    /// Looks up the frames of a video or an animation. An entry with one hash is a known picture, and a hit where a frame shows it. One with several is a known
    /// video: what the rule finds is a hit by "video", what shares frames but not enough of them a weaker one by "frames".
    /// </summary>
    private List<HitRow> LookUp(IReadOnlyList<VideoFrame> frames, bool isVideo)
    {
        VideoFrame[] usable = [.. frames.Where(f => f.Quality >= options.PictureQuality)];
        List<HitRow> hits = [];
        List<PerceptualHit> found = [];
        foreach (LoadedSet set in sets.Where(s => s.HasPictures))
        {
            SortedDictionary<int, List<(PerceptualHit Hit, VideoFrame Frame)>> byEntry = [];
            foreach (VideoFrame frame in usable)
            {
                found.Clear();
                set.Set.PerceptualLookup([.. frame.Orientations], options.PictureDistance, found);
                foreach (PerceptualHit hit in found)
                {
                    if (!byEntry.TryGetValue(hit.EntryIndex, out List<(PerceptualHit, VideoFrame)>? of))
                    {
                        byEntry.Add(hit.EntryIndex, of = []);
                    }

                    of.Add((hit, frame));
                }
            }

            foreach (int[] entries in byEntry.Keys.Chunk(EntriesTogether))
            {
                IReadOnlyDictionary<int, IReadOnlyList<PdqHash>> known = set.Set.PdqHashesOf(entries, MostKnownFrames);
                hits.AddRange(entries.Select(entry => known[entry].Count > 1 ? VideoHit(set, byEntry[entry], frames, known[entry], isVideo) : PictureHit(set, byEntry[entry], usable.Length, isVideo)));
            }
        }

        return hits;
    }

    private HitRow PictureHit(LoadedSet set, List<(PerceptualHit Hit, VideoFrame Frame)> near, int usable, bool isVideo)
    {
        (PerceptualHit hit, VideoFrame frame) = near.MinBy(m => m.Hit.Distance);
        if (!isVideo)
        {
            return Row(set, hit, "pdq", hit.Detail, hit.Distance, frame.Quality, (PdqOrientation)hit.Orientation, frame.Seconds > 0 ? PositionOf(frame, isVideo) : null);
        }

        int median = near.Select(m => m.Hit.Distance).Order().ElementAt((near.Count - 1) / 2);
        string share = string.Create(CultureInfo.InvariantCulture, $"{near.Count} of {usable} frames ({100.0 * near.Count / usable:F1} %) are near");
        return Row(set, hit, "video", Said(share, hit), median, frame.Quality, (PdqOrientation)hit.Orientation, PositionOf(frame, isVideo));
    }

    private HitRow VideoHit(LoadedSet set, List<(PerceptualHit Hit, VideoFrame Frame)> near, IReadOnlyList<VideoFrame> frames, IReadOnlyList<PdqHash> known, bool isVideo)
    {
        VideoMatchRule rule = VideoMatchRule.Default with { Distance = options.PictureDistance, MinimumQuality = options.PictureQuality };

        // A set leaves frames of a low quality out and keeps the quality of none.
        VideoMatch match = VideoMatcher.Compare(frames, [.. known.Select(hash => new FrameFingerprint(hash, 100, null))], rule);
        (PerceptualHit hit, VideoFrame frame) = near.Where(m => m.Hit.Orientation == (int)match.Orientation).DefaultIfEmpty(near[0]).MinBy(m => m.Hit.Distance);
        string share = match.Explanation;
        if (!match.IsMatch)
        {
            share = string.Create(CultureInfo.InvariantCulture, $"{share}; not the {rule.QueryShare:F0} % of either that make it the same video or a part of it");
        }

        if (known.Count == MostKnownFrames)
        {
            share = string.Create(CultureInfo.InvariantCulture, $"{share}; of the known video no more than {MostKnownFrames:N0} frames were compared");
        }

        return Row(set, hit, match.IsMatch ? "video" : "frames", Said(share, hit), match.MedianDistance ?? hit.Distance, frame.Quality, match.Orientation, PositionOf(frame, isVideo));
    }

    /// <summary>
    /// The pictures of an animation: the first in all orientations, the others as they are. Seconds are the numbers of the pictures here; nothing
    /// but their place is read from them.
    /// </summary>
    private static VideoFrame[] FramesOf(PictureResult result, PdqHash[] orientations) =>
        [.. result.Frames.Select(f => new VideoFrame(f.Index, f.Hash, f.Quality, FrameReason.Interval, f.Index == 0 ? orientations : [f.Hash]))];

    private static string Said(string share, PerceptualHit hit) => hit.Detail is null ? share : $"{share}; {hit.Detail}";

    private HitRow Row(LoadedSet set, PerceptualHit hit, string method, string? detail, int distance, int quality, PdqOrientation orientation, long? position)
    {
        KnownEntry entry = set.Set.Entry(hit.EntryIndex);
        return new HitRow(set.RowId, method, detail)
        {
            Entry = new HitEntryRow(hit.EntryId, hit.Meaning.ToText(), hit.Category, entry.VouchedBy, entry.VouchedAt)
            {
                Distance = distance,
                Quality = quality,
                Orientation = orientation,
                Threshold = options.PictureDistance,
                Position = position,
            },
        };
    }

    private static long PositionOf(VideoFrame frame, bool isVideo) => isVideo ? (long)Math.Round(frame.Seconds * 1_000) : (long)frame.Seconds;

    /// <summary>The small picture; none where what a decoder sent is no picture that can be kept: it was at work on hostile bytes.</summary>
    private static List<Thumbnail> SmallOf(long id, ThumbnailKind kind, ReadOnlyMemory<byte> jpeg, List<Problem> problems)
    {
        PictureFacts facts = jpeg.Length is > 0 and <= Thumbnail.MaxBytes ? PictureMetadata.Read(jpeg, "image/jpeg") : new PictureFacts();
        if (facts is { Width: > 0 and <= ushort.MaxValue and int width, Height: > 0 and <= ushort.MaxValue and int height })
        {
            return [new Thumbnail(id, 0, kind, width, height, jpeg)];
        }

        problems.Add(new Problem(ProblemKind.Malformed, Place, $"the small picture that the decoder made ({jpeg.Length:N0} bytes) cannot be kept"));
        return [];
    }

    private static PictureStatus StatusOf(VideoResult result) =>
        result.Frames.Count > 0 ? (result.IsComplete ? PictureStatus.Decoded : PictureStatus.Partial)
        : result.Problems.Any(p => p.Kind == ProblemKind.Unsupported) ? PictureStatus.Unsupported
        : result.Problems.Any(p => p.Kind == ProblemKind.LimitReached) ? PictureStatus.LimitReached
        : PictureStatus.Malformed;

    private static ProblemKind KindOf(PictureStatus status) => status switch
    {
        PictureStatus.LimitReached or PictureStatus.TimedOut => ProblemKind.LimitReached,
        PictureStatus.Unsupported => ProblemKind.Unsupported,
        _ => ProblemKind.Malformed,
    };
}
