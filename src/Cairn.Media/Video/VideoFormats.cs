using System.Collections.Frozen;

namespace Cairn.Media.Video;

/// <summary>Which of ffmpeg's readers may look at which type of content.</summary>
internal static class VideoFormats
{
    /// <summary>ISO base media files, whose order of boxes is looked at first.</summary>
    public const string Movie = "mov";

    private static readonly FrozenDictionary<string, string> Readers = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["video/mp4"] = Movie,
        ["video/quicktime"] = Movie,
        ["video/x-m4v"] = Movie,
        ["video/3gpp"] = Movie,
        ["video/3gpp2"] = Movie,
        ["video/x-matroska"] = "matroska",
        ["video/webm"] = "matroska",
        ["video/x-msvideo"] = "avi",
        ["video/x-ms-asf"] = "asf",
        ["video/x-ms-wmv"] = "asf",
        ["video/x-flv"] = "flv",
        ["video/mp2t"] = "mpegts",
        ["video/mpeg"] = "mpeg",
        ["video/ogg"] = "ogg",
        ["video/x-dv"] = "dv",
        ["video/x-flc"] = "flic",
        ["video/x-ivf"] = "ivf",
        ["video/x-wtv"] = "wtv",
        ["application/mxf"] = "mxf",
        ["application/vnd.rn-realmedia"] = "rm",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every type that has a reader.</summary>
    public static IReadOnlyList<string> Types => Readers.Keys;

    /// <summary>
    /// The one reader for a type of content, so that a playlist, a script or a list of files under a video's name is never followed; null
    /// for a type that is not video.
    /// </summary>
    public static string? Reader(string mime) => Readers.GetValueOrDefault(mime);

    /// <summary>MPEG without a system layer begins with a sequence header (ISO/IEC 13818-2, 6.2.2.1) and has a reader of its own.</summary>
    public static string ForStart(string reader, ReadOnlySpan<byte> start) =>
        reader == "mpeg" && start.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xB3]) ? "mpegvideo" : reader;
}
