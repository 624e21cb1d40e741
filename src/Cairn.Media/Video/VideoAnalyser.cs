using System.Globalization;
using Cairn.Core;
using Cairn.Core.Pictures;
using Cairn.Media.Pdq;

namespace Cairn.Media.Video;

/// <summary>
/// Looks at videos with the system's ffmpeg: what the file says of itself, and PDQ of frames spread over it. The bytes go to ffmpeg
/// through a pipe and frames come back through a pipe; nothing is written to a disk, and sound is never decoded. Safe from many threads.
/// Why it is done so: docs/adr/0006-video.md.
/// </summary>
public sealed class VideoAnalyser
{
    private const int HeaderBytes = 8 << 20;
    private const int SheetBytes = 4 << 20;
    private const int FramePixels = 4096 * 2304;
    private const string Place = "video";
    private static readonly TimeSpan SheetTime = TimeSpan.FromSeconds(20);

    private readonly VideoTools? tools;

    /// <summary>Decodes with <paramref name="tools"/>; null where the system has none, and every video then says so.</summary>
    public VideoAnalyser(VideoTools? tools) => this.tools = tools;

    /// <summary>Types of content that are looked at; not all of them begin with "video/".</summary>
    public static IReadOnlyList<string> Types => VideoFormats.Types;

    /// <summary>Whether content of this type is looked at.</summary>
    public static bool CanExamine(string mime) => VideoFormats.Reader(mime) is not null;

    /// <summary>
    /// Examines <paramref name="content"/>, of type <paramref name="mime"/>. Whatever the bytes are, what was found comes back with
    /// problems for the rest; only <paramref name="cancel"/> makes it throw.
    /// </summary>
    public async Task<VideoResult> AnalyseAsync(IByteSource content, string mime, VideoRequest request, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(mime);
        ArgumentNullException.ThrowIfNull(request);
        if (tools is null)
        {
            return Failed(ProblemKind.Unsupported, VideoTools.NotInstalled);
        }

        if (VideoFormats.Reader(mime) is not string reader)
        {
            return Failed(ProblemKind.Unsupported, $"not examined: {mime} is not a type of video that is read");
        }

        if (content.Length == 0)
        {
            return Failed(ProblemKind.Malformed, "the file is empty");
        }

        return await new Examination(tools, content, request, reader).RunAsync(cancel);
    }

    private static VideoResult Failed(ProblemKind kind, string reason) => new() { Problems = [new Problem(kind, Place, reason)] };

    /// <summary>One video.</summary>
    private sealed class Examination(VideoTools tools, IByteSource content, VideoRequest request, string reader)
    {
        private readonly List<Problem> problems = [];
        private readonly VideoLimits limits = request.Limits;
        private IReadOnlyList<InputPart> parts = InputPart.Whole(content);
        private string demuxer = "";
        private bool asWhole;
        private bool isReordered;

        public async Task<VideoResult> RunAsync(CancellationToken cancel)
        {
            VideoResult result = new() { Tool = $"ffmpeg {tools.Version}" };
            if (!Arrange())
            {
                return result with { Problems = problems };
            }

            result = await ReadHeadersAsync(result, cancel);
            bool canSeek = tools.IsSandboxed && content.Length <= limits.SeekableBytes;
            if (result.Streams.Count == 0 && !asWhole && canSeek && reader != VideoFormats.Movie && problems.All(p => p.Kind is ProblemKind.Malformed))
            {
                // A format that is read from its end, or by jumping about.
                asWhole = true;
                problems.Clear();
                result = await ReadHeadersAsync(result, cancel);
            }

            if (result.Streams.FirstOrDefault(s => s.Kind == "video" && !s.IsAttachedPicture) is VideoStream stream)
            {
                result = await ReadFramesAsync(result, stream, cancel);
            }
            else if (result.Streams.Count > 0)
            {
                problems.Add(new Problem(ProblemKind.Notice, Place, "there is no moving picture in it"));
            }

            return result with { Problems = [.. problems.Distinct()] };
        }

        /// <summary>Decides in which order the bytes are given; false where nothing can be read.</summary>
        private bool Arrange()
        {
            try
            {
                Span<byte> start = stackalloc byte[16];
                demuxer = VideoFormats.ForStart(reader, start[..content.ReadAt(0, start)]);
                if (reader != VideoFormats.Movie)
                {
                    return true;
                }

                MovieLayout layout = MovieLayout.Read(content);
                (parts, isReordered) = (layout.Parts, layout.IsReordered);
                if (layout.NeedsSeeking is string reason)
                {
                    if (!tools.IsSandboxed || content.Length > limits.SeekableBytes)
                    {
                        string remedy = tools.IsSandboxed ? $"it is larger than {limits.SeekableBytes >> 20} MiB" : "bubblewrap is not usable here (apt install bubblewrap)";
                        problems.Add(new Problem(ProblemKind.Unsupported, Place, $"cannot be read from front to back: {reason}, and {remedy}"));
                        return false;
                    }

                    asWhole = true;
                }

                return true;
            }
            catch (MalformedDataException error)
            {
                problems.Add(Problem.From(error, Place));
                return false;
            }
            catch (UnreadableDataException error)
            {
                problems.Add(Problem.From(error, Place));
                return false;
            }
        }

        private async Task<VideoResult> ReadHeadersAsync(VideoResult result, CancellationToken cancel)
        {
            using MemoryStream json = new();
            ToolOutcome outcome = await ToolRun.RunAsync(
                tools, tools.Ffprobe,
                ["-v", "error", .. Input(), "-show_format", "-show_streams", "-of", "json=compact=1", "-i", Source],
                content, parts, limits, limits.ProbeTime, asWhole, (stream, stop) => ToolRun.CopyAsync(stream, json, HeaderBytes, stop), cancel);
            AddReadProblems(outcome);
            if (VideoHeaders.TryRead(json.GetBuffer().AsMemory(0, (int)json.Length), result, out VideoResult filled))
            {
                if (outcome.Stopped is not null)
                {
                    problems.Add(new Problem(ProblemKind.LimitReached, "video headers", $"ffprobe {outcome.Stopped}"));
                }

                return filled;
            }

            problems.Add(outcome.Stopped is not null
                ? new Problem(ProblemKind.LimitReached, "video headers", $"ffprobe {outcome.Stopped}")
                : new Problem(ProblemKind.Malformed, "video headers", Said("ffprobe finds no stream in it", outcome)));
            return result;
        }

        private async Task<VideoResult> ReadFramesAsync(VideoResult result, VideoStream stream, CancellationToken cancel)
        {
            bool isTurned = stream.Rotation is 90 or 270;
            (int displayWidth, int displayHeight) = isTurned ? (stream.Height, stream.Width) : (stream.Width, stream.Height);
            if (displayWidth <= 0 || displayHeight <= 0)
            {
                problems.Add(new Problem(ProblemKind.Malformed, $"stream {stream.Index}", "its pictures have no size"));
                return result;
            }

            // Frames come in their own size, as vPDQ hashes them; only what is larger than 4K is halved.
            (int width, int height) = (displayWidth, displayHeight);
            while ((long)width * height > FramePixels)
            {
                (width, height) = ((width + 1) / 2, (height + 1) / 2);
            }

            bool keyFramesOnly = result.StatedDuration > request.KeyFramesOnlyAbove.TotalSeconds;
            FrameSelection selection = new(Math.Max(4, request.MaximumFrames));
            ContactSheetMaker sheet = new(width, height, displayWidth, displayHeight);
            ToolOutcome outcome = await ToolRun.RunAsync(
                tools, tools.Ffmpeg, FrameArguments(stream, width, height, keyFramesOnly), content, parts, limits, limits.TimeFor(content.Length), asWhole,
                (output, stop) => TakeFramesAsync(output, width, height, selection, sheet, stop), cancel);
            AddReadProblems(outcome);

            IReadOnlyList<VideoFrame> frames = selection.Frames;
            result = result with
            {
                Frames = frames,
                LastFrame = frames.Count > 0 ? frames[^1].Seconds : null,
                Sampling = new VideoSampling(selection.Interval, keyFramesOnly, isReordered, asWhole),
            };
            AddOutcome(outcome, result);
            return request.ContactSheet && sheet.LayOut() is { } laidOut
                ? result with { ContactSheet = await EncodeAsync(laidOut.Rgb, laidOut.Width, laidOut.Height, laidOut.Columns, laidOut.Seconds, cancel) }
                : result;
        }

        private List<string> FrameArguments(VideoStream stream, int width, int height, bool keyFramesOnly)
        {
            string threshold = request.SceneThreshold.ToString("0.####", CultureInfo.InvariantCulture);
            // The first frame of each second, and changes of scene not closer than a quarter of a second to the frame before.
            string select = $"select='isnan(prev_t)+gt(floor(t)\\,floor(prev_t))+gt(scene\\,{threshold})*gte(t-prev_selected_t\\,0.25)'";
            return
            [
                "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-filter_threads", "1", .. Input(), .. keyFramesOnly ? new[] { "-skip_frame", "nokey" } : [],
                "-i", Source,
                "-map", $"0:{stream.Index}", "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1",
                "-vf", $"{select},scale={width}:{height}:flags=area+accurate_rnd,format=rgb24", .. tools.EveryFrame,
                "-c:v", "rawvideo", "-f", "matroska", "-allow_raw_vfw", "1", "-live", "1", "pipe:1",
            ];
        }

        private async Task TakeFramesAsync(Stream output, int width, int height, FrameSelection selection, ContactSheetMaker sheet, CancellationToken stop)
        {
            int size = width * height * 3;
            byte[] frame = new byte[size];
            await using BufferedStream buffered = new(output, 64 << 10);
            FrameReader frames = new(buffered, size);
            FrameHasher hasher = new(width, height);
            long last = -1;
            while (await frames.ReadAsync(frame, stop))
            {
                long at = Math.Max(last, frames.Milliseconds);
                last = at;
                if (selection.Ask(at) is FrameReason reason)
                {
                    PdqResult pdq = hasher.Hash(frame, out PdqOrientations orientations);
                    selection.Add(at, new VideoFrame(at / 1000.0, pdq.Hash, pdq.Quality, reason, [.. (ReadOnlySpan<PdqHash>)orientations]));
                    if (request.ContactSheet)
                    {
                        sheet.Offer(at / 1000.0, frame);
                    }
                }
            }
        }

        private void AddOutcome(ToolOutcome outcome, VideoResult result)
        {
            string reached = result.LastFrame is double last ? string.Create(CultureInfo.InvariantCulture, $"frames were read up to {last:F3} s") : "no frame was read";
            if (outcome.Stopped is not null)
            {
                problems.Add(new Problem(ProblemKind.LimitReached, Place, $"ffmpeg {outcome.Stopped}; {reached}"));
                return;
            }

            if (outcome.MessageCount > 0 || outcome.ExitCode != 0 || result.Frames.Count == 0)
            {
                problems.Add(new Problem(ProblemKind.Malformed, Place, Said($"not decoded without error; {reached}", outcome)));
            }

            // Frames of whole seconds are taken, so the end is known within an interval; frames that stand by themselves may be 10 s apart.
            double slack = Math.Max(2, 2.0 * result.Sampling!.Interval) + (result.Sampling.KeyFramesOnly ? 20 : 0);
            if (result is { StatedDuration: double stated, LastFrame: double end } && Math.Abs(stated - end) > slack)
            {
                problems.Add(new Problem(ProblemKind.Mismatch, "duration", string.Create(CultureInfo.InvariantCulture, $"the file states {stated:F3} s, its pictures end at about {end:F3} s")));
            }
        }

        private void AddReadProblems(ToolOutcome outcome) => problems.AddRange(outcome.Problems);

        private string Source => asWhole ? "file:" + VideoTools.SandboxFile : "pipe:0";

        /// <summary>What binds the reading of the file in both programs.</summary>
        private IEnumerable<string> Input() =>
        [
            "-protocol_whitelist", asWhole ? "file" : "pipe", "-threads", limits.Threads.ToString(CultureInfo.InvariantCulture),
            "-max_pixels", limits.Pixels.ToString(CultureInfo.InvariantCulture), "-f", demuxer,
            .. demuxer == VideoFormats.Movie ? new[] { "-enable_drefs", "0", "-use_absolute_path", "0" } : [],
        ];

        private static string Said(string text, ToolOutcome outcome)
        {
            string said = string.Join("; ", outcome.Messages);
            string more = outcome.MessageCount > outcome.Messages.Count ? $" ({outcome.MessageCount:N0} messages)" : "";
            return said.Length == 0 ? text : $"{text}: {said}{more}";
        }

        /// <summary>The stills as one small JPEG; the pixels are our own, so the encoder is the only thing that can fail.</summary>
        private async Task<VideoContactSheet?> EncodeAsync(byte[] rgb, int width, int height, int columns, IReadOnlyList<double> seconds, CancellationToken cancel)
        {
            using MemoryStream jpeg = new();
            ToolOutcome outcome = await ToolRun.RunAsync(
                tools, tools.Ffmpeg,
                [
                    "-hide_banner", "-nostdin", "-v", "error", "-nostats", "-protocol_whitelist", "pipe", "-threads", "1", "-f", "rawvideo", "-pixel_format", "rgb24",
                    "-video_size", $"{width}x{height}", "-i", "pipe:0", "-frames:v", "1", "-threads", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "5",
                    "-fflags", "+bitexact", "-flags:v", "+bitexact", "-f", "image2pipe", "pipe:1",
                ],
                null, [InputPart.Of(rgb)], limits, SheetTime, false, (stream, stop) => ToolRun.CopyAsync(stream, jpeg, SheetBytes, stop), cancel);
            byte[] bytes = jpeg.ToArray();
            if (outcome.ExitCode == 0 && bytes is [0xFF, 0xD8, .., 0xFF, 0xD9])
            {
                return new VideoContactSheet(bytes, columns, seconds);
            }

            problems.Add(new Problem(ProblemKind.Missing, "contact sheet", Said(outcome.Stopped ?? "could not be made", outcome)));
            return null;
        }
    }
}
