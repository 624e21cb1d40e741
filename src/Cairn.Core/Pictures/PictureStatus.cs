namespace Cairn.Core.Pictures;

/// <summary>How far the decoding of a picture or video went; stable numbers, stored in the case.</summary>
public enum PictureStatus
{
    /// <summary>All of it.</summary>
    Decoded = 0,

    /// <summary>As far as it goes: the file is cut off or damaged. The hash is of what there is.</summary>
    Partial = 1,

    /// <summary>A limit was reached: pixels, bytes, memory.</summary>
    LimitReached = 2,

    /// <summary>It took longer than allowed; the decoder was stopped.</summary>
    TimedOut = 3,

    /// <summary>The decoder died of it.</summary>
    Crashed = 4,

    /// <summary>The format, or this kind of it, is not decoded.</summary>
    Unsupported = 5,

    /// <summary>Nothing could be decoded.</summary>
    Malformed = 6,
}
