namespace Cairn.Media.Video;

/// <summary>What is asked of a video. The values are settings of the case: other values give other frames.</summary>
public sealed record VideoRequest
{
    /// <summary>What is asked where nothing else is said.</summary>
    public static VideoRequest Default { get; } = new();

    /// <summary>Frames kept at most. A longer video is sampled more thinly over its whole length rather than cut off; see the README.</summary>
    public int MaximumFrames { get; init; } = 1_000;

    /// <summary>How unlike the frame before a frame must be to count as a change of scene, 0 to 1; ffmpeg's own measure.</summary>
    public double SceneThreshold { get; init; } = 0.3;

    /// <summary>Of a video that states a longer duration only the frames that stand by themselves are decoded, several times as fast.</summary>
    public TimeSpan KeyFramesOnlyAbove { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether a contact sheet is made.</summary>
    public bool ContactSheet { get; init; } = true;

    /// <summary>Bounds on what it may cost.</summary>
    public VideoLimits Limits { get; init; } = VideoLimits.Default;
}
