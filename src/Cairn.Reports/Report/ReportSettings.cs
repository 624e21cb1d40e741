using Cairn.CaseStore.Thumbnails;

namespace Cairn.Reports.Report;

/// <summary>How the pictures of chosen files are shown.</summary>
public enum ReportPictures
{
    /// <summary>Left out.</summary>
    None = 0,

    /// <summary>Those of bookmarked files, each as its bookmark says; all others left out.</summary>
    Chosen = 1,

    /// <summary>A few grey samples of each, from which the picture cannot be had back; none where a bookmark says so.</summary>
    Blurred = 2,

    /// <summary>As the small pictures are kept; blurred or none where a bookmark says so.</summary>
    Shown = 3,
}

/// <summary>A part of a report that can be left out.</summary>
public enum ReportPart
{
    /// <summary>Method in plain words.</summary>
    Method = 0,

    /// <summary>Lists of hits; the counts stay.</summary>
    Hits = 1,

    /// <summary>Chosen files.</summary>
    Files = 2,

    /// <summary>Times of the chosen files in order.</summary>
    Timeline = 3,

    /// <summary>List of problems; the counts stay.</summary>
    Problems = 4,

    /// <summary>Glossary.</summary>
    Glossary = 5,

    /// <summary>What people decided, and who they were.</summary>
    Grades = 6,
}

/// <summary>What is asked of a report.</summary>
public sealed record ReportSettings
{
    /// <summary>A summary of a few pages in place of the whole.</summary>
    public bool IsShort { get; init; }

    /// <summary>The files to describe one by one; null for bookmarked ones and those with a notable hit.</summary>
    public EntryFilter? Chosen { get; init; }

    /// <summary>Parts to leave out.</summary>
    public IReadOnlySet<ReportPart> Without { get; init; } = new HashSet<ReportPart>();

    /// <summary>Pictures of chosen files.</summary>
    public ReportPictures Pictures { get; init; }

    /// <summary>Where the pictures come from; null where none are to be shown.</summary>
    public ThumbnailReader? Thumbnails { get; init; }

    /// <summary>How the case is known to those who read the report, or null.</summary>
    public string? Reference { get; init; }

    /// <summary>Who made it.</summary>
    public required string By { get; init; }

    /// <summary>Protective marking, or null.</summary>
    public string? Marking { get; init; }

    /// <summary>When it is made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Name and version of the program.</summary>
    public required string Tool { get; init; }

    /// <summary>Says where the bytes of chosen files lie; null where the evidence is not to be opened.</summary>
    public IEvidenceAccess? Access { get; init; }

    /// <summary>Every row of the case is checked against the audit log before the report says that they are intact.</summary>
    public bool IsChecked { get; init; } = true;

    /// <summary>The most problems that are listed one by one; all are counted.</summary>
    public int MostProblems { get; init; } = 500;

    /// <summary>Takes what could not be done, for the person; the report says it too.</summary>
    public Action<string> Complain { get; init; } = _ => { };
}
