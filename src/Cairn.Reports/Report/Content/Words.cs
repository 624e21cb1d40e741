using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Report.Content;

/// <summary>The words of a report for values of the case, for readers who know no Cairn.</summary>
internal static class Words
{
    public static string Of(HitPlace place) => place switch
    {
        HitPlace.Live => "live",
        HitPlace.Deleted => "deleted",
        _ => "unallocated",
    };

    /// <summary>State of a file in a word or two.</summary>
    public static string Of(EntryState state) => state switch
    {
        EntryState.Allocated => "live",
        EntryState.Deleted => "deleted",
        _ => "deleted, folder unknown",
    };

    /// <summary>State of a file in a sentence: what it means and how much of it can be had.</summary>
    public static string State(ExportRow row)
    {
        if (row.Type == EntryType.Virtual)
        {
            return "Unallocated: space that no file had when the image was made. It is not a file of a user.";
        }

        string state = row.State switch
        {
            EntryState.Allocated => "Live: the file system held the file when the image was made.",
            EntryState.Deleted => "Deleted: the file system had given the file up; its folder is known.",
            _ => "Deleted, folder unknown: the file system had given the file up, and the folder it lay in is gone.",
        };
        string recovery = row.Recoverability switch
        {
            Recoverability.Full => " Recoverable: all clusters that the file had are free and no other deleted file claims them. Free does not mean unchanged.",
            Recoverability.Partial => " Recoverable in part: some clusters that the file had are in use by another file, are claimed by another deleted file as well, or are missing, so content may be incomplete or belong to another file.",
            Recoverability.NameOnly => " Not recoverable: only the name is left, and no content can be attributed to it.",
            _ => "",
        };
        string again = row.MetadataReallocated ? " Its record has since been given to another file: size, times and content are those of the new file and say nothing about this name." : "";
        return state + recovery + again;
    }

    public static string Content(ExportRow row) => row.Status switch
    {
        ContentStatus.Read => "every byte was read and hashed",
        ContentStatus.PartlyUnreadable => "some bytes could not be read, so there are no hashes",
        ContentStatus.Unreadable => "nothing could be read",
        ContentStatus.Encrypted => "encrypted, and no key is known",
        ContentStatus.Overwritten => "overwritten: the clusters are in use by another file",
        ContentStatus.NameOnly => "only the name is left",
        ContentStatus.NotHashed => "not a file's content: not hashed on its own",
        ContentStatus.Changed => "the file changed while it was read",
        _ => "not read",
    };

    /// <summary>What a hit is, in plain words.</summary>
    public static string Method(HitRow hit) => hit.Method switch
    {
        "md5" or "sha1" or "sha256" => $"the same bytes ({hit.Method switch { "md5" => "MD5", "sha1" => "SHA-1", _ => "SHA-256" }})",
        "pdq" => "looks alike",
        "video" => "a video that is alike, or shows a known picture",
        "frames" => "a video that shares some frames",
        _ => hit.Method,
    };

    /// <summary>The same with distance and threshold.</summary>
    public static string Explained(HitRow hit)
    {
        string method = Method(hit);
        if (hit.Entry is not { Distance: int distance } entry)
        {
            return hit.Detail is { Length: > 0 } && hit.Method is "video" or "frames" ? $"{method}; {hit.Detail}" : method;
        }

        string threshold = entry.Threshold is int allowed ? $", {allowed} allowed" : "";
        string quality = entry.Quality is int q ? $"; quality {q} of 100" : "";
        string turned = entry.Orientation is Core.Pictures.PdqOrientation orientation and not Core.Pictures.PdqOrientation.Original ? $"; found {FieldWords.Of(orientation)}" : "";
        return $"{method}: {distance} of 256 bits differ{threshold}{quality}{turned}{(hit.Method is "video" or "frames" && hit.Detail is { Length: > 0 } ? $"; {hit.Detail}" : "")}";
    }

    public static string Of(Stage stage) => stage switch
    {
        Stage.Volumes => "opening the image",
        Stage.Inventory => "listing files",
        Stage.Claims => "deleted files",
        Stage.Content => "reading files",
        Stage.MediaHash => "hashing the image",
        Stage.Coverage => "accounting for bytes",
        Stage.Embedded => "files within files",
        Stage.Pictures => "pictures and videos",
        _ => "other",
    };

    /// <summary>A time to the second; the log keeps the fraction.</summary>
    public static string Second(string utc) => utc.Length > 20 && utc[19] == '.' ? utc[..19] + "Z" : utc;

    /// <summary>"2026-11-24 23:05:04 UTC".</summary>
    public static string Clock(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture) + " UTC";

    /// <summary>"2026-11-24 23:05:04 UTC", of a time as the log keeps it.</summary>
    public static string Clock(string utc)
    {
        string second = Second(utc);
        return second.Length == 20 && second[10] == 'T' && second[19] == 'Z' ? $"{second[..10]} {second[11..19]} UTC" : second;
    }
}
