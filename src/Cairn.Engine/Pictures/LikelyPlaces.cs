namespace Cairn.Engine.Pictures;

/// <summary>Where people keep pictures.</summary>
internal static class LikelyPlaces
{
    private static readonly HashSet<string> Extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".mp4", ".mov", ".m4v", ".3gp", ".avi", ".mkv", ".webm", ".wmv", ".mpg",
    };

    private static readonly string[] Folders =
    [
        "dcim/", "pictures/", "photos/", "camera/", "downloads/", "download/", "desktop/", "documents/", "images/", "whatsapp/", "telegram/", "signal/", "snapchat/", "screenshots/",
        "users/", "home/", "media/", "movies/", "videos/",
    ];

    /// <summary>Whether the path names a picture or video in such a folder; at the root of a volume (a memory card, a stick) every picture counts.</summary>
    public static bool Holds(string path)
    {
        if (!Extensions.Contains(Path.GetExtension(path)))
        {
            return false;
        }

        if (!path.Contains('/'))
        {
            return true;
        }

        foreach (string folder in Folders)
        {
            int at = path.IndexOf(folder, StringComparison.OrdinalIgnoreCase);
            if (at == 0 || (at > 0 && path[at - 1] == '/'))
            {
                return true;
            }
        }

        return false;
    }
}
