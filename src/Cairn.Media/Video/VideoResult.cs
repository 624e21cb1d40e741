using Cairn.Core;
using Cairn.Core.Pictures;

namespace Cairn.Media.Video;

/// <summary>Why a frame was taken.</summary>
public enum FrameReason
{
    /// <summary>The first of its second.</summary>
    Interval = 0,

    /// <summary>Unlike the frame before it.</summary>
    Scene = 1,
}

/// <summary>A frame of a video and its fingerprint.</summary>
/// <param name="Seconds">Time from the start of the video, to the millisecond.</param>
/// <param name="Hash">PDQ of the frame as it is displayed (turned as the file says).</param>
/// <param name="Quality">PDQ's quality, 0 to 100.</param>
/// <param name="Reason">Why it was taken.</param>
/// <param name="Orientations">PDQ of the frame in all eight orientations, indexed by <see cref="PdqOrientation"/>.</param>
public sealed record VideoFrame(double Seconds, PdqHash Hash, int Quality, FrameReason Reason, IReadOnlyList<PdqHash> Orientations);

/// <summary>A stream of a video file, as the file describes it.</summary>
public sealed record VideoStream
{
    /// <summary>Place in the file, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>"video", "audio", "subtitle", "data", "attachment".</summary>
    public required string Kind { get; init; }

    /// <summary>ffmpeg's name of the codec: "h264", "aac"; null where it knows none.</summary>
    public string? Codec { get; init; }

    /// <summary>Profile of the codec, null where not stated.</summary>
    public string? Profile { get; init; }

    /// <summary>Pixels across as stored; 0 where it has none.</summary>
    public int Width { get; init; }

    /// <summary>Pixels down as stored; 0 where it has none.</summary>
    public int Height { get; init; }

    /// <summary>Frames a second on average, as the file states it: "30000/1001"; null where it does not.</summary>
    public string? FrameRate { get; init; }

    /// <summary>Degrees clockwise by which the picture is turned for display: 0, 90, 180 or 270.</summary>
    public int Rotation { get; init; }

    /// <summary>Seconds as stated, null where not.</summary>
    public double? Duration { get; init; }

    /// <summary>A still picture that the file carries, such as a cover.</summary>
    public bool IsAttachedPicture { get; init; }
}

/// <summary>A tag of the file or of one of its streams.</summary>
/// <param name="Stream">The stream's index; null for the file itself.</param>
/// <param name="Name">Name as the file has it, as ffmpeg spells it.</param>
/// <param name="Value">Value, cut at 4,096 characters.</param>
public sealed record VideoTag(int? Stream, string Name, string Value);

/// <summary>What the tags of a video say of where it comes from; each as written in the file, null where it is not.</summary>
public sealed record VideoOrigin
{
    /// <summary>creation_time: often in UTC, often wrong; when the container was written.</summary>
    public string? CreationTime { get; init; }

    /// <summary>The creation date that Apple's cameras write with their offset.</summary>
    public string? LocalCreationTime { get; init; }

    /// <summary>The program or device that wrote the file.</summary>
    public string? Encoder { get; init; }

    /// <summary>Maker of the camera.</summary>
    public string? Make { get; init; }

    /// <summary>Model of the camera.</summary>
    public string? Model { get; init; }

    /// <summary>Software of the camera.</summary>
    public string? Software { get; init; }

    /// <summary>The place as written, ISO 6709: "+51.5000-000.1200/".</summary>
    public string? Location { get; init; }

    /// <summary>Degrees north of <see cref="Location"/>, null where it cannot be read.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east of <see cref="Location"/>, null where it cannot be read.</summary>
    public double? Longitude { get; init; }
}

/// <summary>How the frames were chosen, in the terms of the README; part of what a hit must explain.</summary>
/// <param name="Interval">Whole seconds from one frame of reason <see cref="FrameReason.Interval"/> to the next, at least.</param>
/// <param name="KeyFramesOnly">Whether only frames that stand by themselves were decoded.</param>
/// <param name="IndexMovedToFront">Whether the file's index was given to the decoder ahead of its place.</param>
/// <param name="ReadAsWhole">Whether the file was put whole into the sandbox's memory.</param>
public sealed record VideoSampling(int Interval, bool KeyFramesOnly, bool IndexMovedToFront, bool ReadAsWhole);

/// <summary>Small stills of a video in one JPEG.</summary>
/// <param name="Jpeg">The picture.</param>
/// <param name="Columns">Stills in a row.</param>
/// <param name="Seconds">Time of each still, row after row.</param>
public sealed record VideoContactSheet(byte[] Jpeg, int Columns, IReadOnlyList<double> Seconds);

/// <summary>What was found in a video, and what could not be read.</summary>
public sealed record VideoResult
{
    /// <summary>ffmpeg's name of the format, null where the headers could not be read.</summary>
    public string? Format { get; init; }

    /// <summary>Seconds as the file states them, null where it does not.</summary>
    public double? StatedDuration { get; init; }

    /// <summary>Time of the last frame taken: how far the pictures really go, within one interval; null where there is none.</summary>
    public double? LastFrame { get; init; }

    /// <summary>Streams in file order.</summary>
    public IReadOnlyList<VideoStream> Streams { get; init; } = [];

    /// <summary>Tags, the file's first, in its order; cut in number.</summary>
    public IReadOnlyList<VideoTag> Tags { get; init; } = [];

    /// <summary>What the tags say of where it comes from.</summary>
    public VideoOrigin Origin { get; init; } = new();

    /// <summary>Whether there is sound; it is never decoded.</summary>
    public bool HasSound => Streams.Any(s => s.Kind == "audio");

    /// <summary>Frames by time.</summary>
    public IReadOnlyList<VideoFrame> Frames { get; init; } = [];

    /// <summary>How they were chosen; null where no picture was decoded.</summary>
    public VideoSampling? Sampling { get; init; }

    /// <summary>The contact sheet, null where none was asked for or there is no frame.</summary>
    public VideoContactSheet? ContactSheet { get; init; }

    /// <summary>What could not be read, and why.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];

    /// <summary>Whether everything was read: the problems are notices at most.</summary>
    public bool IsComplete => Problems.All(p => p.Kind == ProblemKind.Notice);

    /// <summary>The tool that decoded it: "ffmpeg 5.1.9"; null where none did.</summary>
    public string? Tool { get; init; }
}
