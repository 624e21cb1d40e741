namespace Cairn.CaseStore.Review;

/// <summary>What a person did.</summary>
public enum ActKind
{
    /// <summary>A grade for one content or several.</summary>
    Vote,

    /// <summary>A third person's vote that decides a disagreement.</summary>
    Decide,

    /// <summary>One of one's own acts was taken back.</summary>
    Undo,

    /// <summary>A note on an entry.</summary>
    Note,

    /// <summary>A tag of the case was made or given another colour.</summary>
    TagDefined,

    /// <summary>Entries were tagged.</summary>
    Tag,

    /// <summary>A tag was taken from entries.</summary>
    Untag,

    /// <summary>A selection was made, named or removed, or entries were added, removed or put in order.</summary>
    Selection,

    /// <summary>An entry was chosen for the report, or no longer.</summary>
    Bookmark,

    /// <summary>A hit on a known set was said to be wrong.</summary>
    Overrule,

    /// <summary>Pictures were looked at.</summary>
    View,

    /// <summary>A break from looking began.</summary>
    Break,

    /// <summary>A person's own settings of looking.</summary>
    ExposureSettings,

    /// <summary>A setting of the case: scheme, second votes.</summary>
    CaseSettings,

    /// <summary>A search.</summary>
    Search,

    /// <summary>Something that was asked for was refused.</summary>
    Refusal,

    /// <summary>An export or a report was made.</summary>
    Export,

    /// <summary>A session began or ended.</summary>
    Session,

    /// <summary>Content was opened: as bytes, text or file.</summary>
    Open,
}

/// <summary>The words of acts in the database.</summary>
internal static class ActKinds
{
    private static readonly (ActKind Kind, string Word, bool IsUndoable)[] All =
    [
        (ActKind.Vote, "vote", true), (ActKind.Decide, "decide", true), (ActKind.Undo, "undo", false), (ActKind.Note, "note", true), (ActKind.TagDefined, "tag defined", false),
        (ActKind.Tag, "tag", true), (ActKind.Untag, "untag", true), (ActKind.Selection, "selection", true), (ActKind.Bookmark, "bookmark", true), (ActKind.Overrule, "overrule", true),
        (ActKind.View, "view", false), (ActKind.Break, "break", false), (ActKind.ExposureSettings, "exposure settings", false), (ActKind.CaseSettings, "case settings", false),
        (ActKind.Search, "search", false), (ActKind.Refusal, "refusal", false), (ActKind.Export, "export", false), (ActKind.Session, "session", false), (ActKind.Open, "open", false),
    ];

    /// <summary>SQL list of the acts that can be taken back.</summary>
    public static string UndoableList { get; } = string.Join(", ", All.Where(act => act.IsUndoable).Select(act => $"'{act.Word}'"));

    public static string Word(ActKind kind) => Array.Find(All, act => act.Kind == kind).Word ?? throw new ArgumentOutOfRangeException(nameof(kind));

    /// <summary>Null for entries that no person made.</summary>
    public static ActKind? Of(string word) => Array.FindIndex(All, act => act.Word == word) is int at and >= 0 ? All[at].Kind : null;

    public static bool IsUndoable(string word) => Array.Exists(All, act => act.Word == word && act.IsUndoable);

    /// <summary>An act that is its audit entry alone.</summary>
    public static bool HasNoRows(ActKind kind) => kind is ActKind.Search or ActKind.Refusal or ActKind.Export or ActKind.Session or ActKind.Open;
}
