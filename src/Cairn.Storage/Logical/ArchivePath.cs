using Cairn.Core;

namespace Cairn.Storage.Logical;

/// <summary>Names stored in archives as paths of a tree.</summary>
internal static class ArchivePath
{
    /// <summary>Where the stored name is kept when the path differs from it in more than "./" and a final "/".</summary>
    public const string StoredName = "stored name";

    /// <summary>
    /// The path below the root: "/" in front, empty and "." components go, and so do "..", so that no reader of the path can be led out of
    /// where it writes. Backslashes stay, they are a character of the name. <paramref name="altered"/> where the name was absolute or had "..".
    /// </summary>
    public static string Normalise(string stored, List<Problem> problems, out bool altered)
    {
        altered = stored.StartsWith('/');
        if (!altered && !stored.Contains("//", StringComparison.Ordinal) && !stored.StartsWith('.') && !stored.Contains("/.", StringComparison.Ordinal))
        {
            return Cut(stored.EndsWith('/') ? stored[..^1] : stored, problems);
        }

        List<string> kept = [];
        bool up = false;
        foreach (string part in stored.Split('/'))
        {
            up |= part == "..";
            if (part.Length != 0 && part is not ("." or ".."))
            {
                kept.Add(part);
            }
        }

        if (up)
        {
            problems.Add(new Problem(ProblemKind.Malformed, "name", "the stored name has \"..\" in it, which is left out of the path"));
        }
        else if (altered)
        {
            problems.Add(new Problem(ProblemKind.Notice, "name", "the stored name is absolute"));
        }

        altered |= up;
        return Cut(string.Join('/', kept), problems);
    }

    private static string Cut(string path, List<Problem> problems)
    {
        if (path.Length <= Limits.PathLength)
        {
            return path;
        }

        problems.Add(new Problem(ProblemKind.LimitReached, "name", $"longer than {Limits.PathLength} characters, cut"));
        return path[..Limits.PathLength];
    }
}
