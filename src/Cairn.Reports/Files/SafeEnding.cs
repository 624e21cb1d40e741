namespace Cairn.Reports.Files;

/// <summary>Endings for files whose content is of a kind that nothing runs; everything else is .bin.</summary>
internal static class SafeEnding
{
    /// <summary>The ending for a type of content.</summary>
    public static string Of(string? mime) => mime switch
    {
        "image/jpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "image/bmp" => ".bmp",
        "image/tiff" => ".tif",
        "image/heic" or "image/heif" => ".heic",
        "image/avif" => ".avif",
        "video/mp4" => ".mp4",
        "video/quicktime" => ".mov",
        "video/x-matroska" => ".mkv",
        "video/webm" => ".webm",
        "video/x-msvideo" => ".avi",
        "audio/mpeg" => ".mp3",
        "audio/x-wav" or "audio/wav" => ".wav",
        "text/plain" => ".txt",
        _ => ".bin",
    };
}
