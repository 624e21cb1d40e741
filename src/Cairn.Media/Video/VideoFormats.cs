namespace Cairn.Media.Video;

/// <summary>Which of ffmpeg's readers may look at which type of content.</summary>
internal static class VideoFormats
{
    /// <summary>ISO base media files, whose order of boxes is looked at first.</summary>
    public const string Movie = "mov";

    /// <summary>
    /// The one reader for a type of content, so that a playlist, a script or a list of files under a video's name is never followed; null
    /// for a type that is not video.
    /// </summary>
    public static string? Reader(string mime) => mime switch
    {
        "video/mp4" or "video/quicktime" or "video/x-m4v" or "video/3gpp" or "video/3gpp2" => Movie,
        "video/x-matroska" or "video/webm" => "matroska",
        "video/x-msvideo" => "avi",
        "video/x-ms-asf" or "video/x-ms-wmv" => "asf",
        "video/x-flv" => "flv",
        "video/mp2t" => "mpegts",
        "video/mpeg" => "mpeg",
        "video/ogg" => "ogg",
        "video/x-dv" => "dv",
        "video/x-flc" => "flic",
        "video/x-ivf" => "ivf",
        "video/x-wtv" => "wtv",
        "application/mxf" => "mxf",
        "application/vnd.rn-realmedia" => "rm",
        _ => null,
    };

    /// <summary>MPEG without a system layer begins with a sequence header (ISO/IEC 13818-2, 6.2.2.1) and has a reader of its own.</summary>
    public static string ForStart(string reader, ReadOnlySpan<byte> start) =>
        reader == "mpeg" && start.StartsWith((ReadOnlySpan<byte>)[0, 0, 1, 0xB3]) ? "mpegvideo" : reader;
}
