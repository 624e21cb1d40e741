namespace Cairn.Media.Video;

/// <summary>
/// Keeps at most a given number of frames spread over the whole of a video whose length is not known beforehand (what the file says of
/// it is not relied on): when there is one too many, the spacing doubles and what lies closer is let go. The same frames always give
/// the same choice. Three quarters of the room are for the frames of the seconds, the rest for changes of scene.
/// </summary>
internal sealed class FrameSelection
{
    private readonly List<(long Milliseconds, VideoFrame Frame)> intervals = [];
    private readonly List<(long Milliseconds, VideoFrame Frame)> scenes = [];
    private readonly int intervalRoom;
    private readonly int sceneRoom;
    private long sceneSpacing;
    private long lastSecond = -1;

    public FrameSelection(int maximum)
    {
        sceneRoom = maximum / 4;
        intervalRoom = Math.Max(1, maximum - sceneRoom);
    }

    /// <summary>Whole seconds from one frame to the next.</summary>
    public int Interval { get; private set; } = 1;

    /// <summary>Frames by time.</summary>
    public IReadOnlyList<VideoFrame> Frames => [.. intervals.Concat(scenes).OrderBy(f => f.Milliseconds).ThenBy(f => f.Frame.Reason).Select(f => f.Frame)];

    /// <summary>Why a frame at this time is wanted, or null where it is not: it need not be hashed then. Times do not go back.</summary>
    public FrameReason? Ask(long milliseconds)
    {
        long second = milliseconds / 1000;
        if (second > lastSecond)
        {
            lastSecond = second;
            return intervals.Count == 0 || second / Interval > intervals[^1].Milliseconds / 1000 / Interval ? FrameReason.Interval : null;
        }

        return sceneRoom > 0 && (scenes.Count == 0 || milliseconds - scenes[^1].Milliseconds >= sceneSpacing) ? FrameReason.Scene : null;
    }

    /// <summary>Takes a frame that <see cref="Ask"/> wanted.</summary>
    public void Add(long milliseconds, VideoFrame frame)
    {
        if (frame.Reason == FrameReason.Scene)
        {
            scenes.Add((milliseconds, frame));
            while (scenes.Count > sceneRoom)
            {
                sceneSpacing = sceneSpacing == 0 ? 1000 : sceneSpacing * 2;
                Thin(scenes, (last, next) => next - last >= sceneSpacing);
            }
        }
        else
        {
            intervals.Add((milliseconds, frame));
            while (intervals.Count > intervalRoom && Interval < int.MaxValue / 4)
            {
                Interval *= 2;
                Thin(intervals, (last, next) => next / 1000 / Interval > last / 1000 / Interval);
            }
        }
    }

    private static void Thin(List<(long Milliseconds, VideoFrame Frame)> frames, Func<long, long, bool> isFarEnough)
    {
        int kept = 1;
        for (int i = 1; i < frames.Count; i++)
        {
            if (isFarEnough(frames[kept - 1].Milliseconds, frames[i].Milliseconds))
            {
                frames[kept++] = frames[i];
            }
        }

        frames.RemoveRange(kept, frames.Count - kept);
    }
}
