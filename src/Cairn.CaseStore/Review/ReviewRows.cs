namespace Cairn.CaseStore.Review;

/// <summary>That an act is stored, flushed to the disk.</summary>
/// <param name="Sequence">Number of its audit entry.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="Repeated">The act was stored before; this time nothing was added.</param>
public sealed record ActReceipt(long Sequence, string Utc, bool Repeated);

/// <summary>A content and the entry under which it is met.</summary>
/// <param name="Content">What is looked at.</param>
/// <param name="EntryId">Row id of the stream.</param>
public readonly record struct EntryContent(ContentKey Content, long EntryId);

/// <summary>What a person votes.</summary>
public sealed record VoteRequest
{
    /// <summary>Every content that the vote is for: one, or those of a group of alike pictures.</summary>
    public required IReadOnlyList<EntryContent> Contents { get; init; }

    /// <summary>Id of a grade of the scheme in force.</summary>
    public required string Grade { get; init; }

    /// <summary>Ids of flags of the scheme in force.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>What the person wrote to it; null where nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Row id of the stream that was on the screen; 0 for the first of <see cref="Contents"/>.</summary>
    public long ShownEntryId { get; init; }

    /// <summary>Whether it was shown revealed when the person decided; blurred else.</summary>
    public bool Revealed { get; init; }

    /// <summary>How long it was looked at.</summary>
    public long Milliseconds { get; init; }
}

/// <summary>A vote as stored. For reports, reviewers and verification; a grader is shown <see cref="GraderView"/>.</summary>
public sealed record StoredVote
{
    /// <summary>Number of the act's audit entry.</summary>
    public required long Sequence { get; init; }

    /// <summary>When, ISO 8601 UTC.</summary>
    public required string Utc { get; init; }

    /// <summary>Who.</summary>
    public required Actor By { get; init; }

    /// <summary>What was voted on.</summary>
    public required ContentKey Content { get; init; }

    /// <summary>The entry under which the content was met.</summary>
    public required long EntryId { get; init; }

    /// <summary>The entry that was on the screen; another one where the vote was for a group.</summary>
    public required long ShownEntryId { get; init; }

    /// <summary>A third person's vote that decides.</summary>
    public required bool IsDeciding { get; init; }

    /// <summary>Id of the scheme.</summary>
    public required string SchemeId { get; init; }

    /// <summary>Its version on the day.</summary>
    public required string SchemeVersion { get; init; }

    /// <summary>Id of the grade.</summary>
    public required string Grade { get; init; }

    /// <summary>Ids of the flags.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>What the person wrote to it.</summary>
    public required string? Note { get; init; }

    /// <summary>Whether it was shown revealed.</summary>
    public required bool Revealed { get; init; }

    /// <summary>How long it was looked at.</summary>
    public required long Milliseconds { get; init; }

    /// <summary>It was taken back.</summary>
    public required bool IsUndone { get; init; }
}

/// <summary>What a grader may know of a content: the own vote, and the grade once it is decided. Whether another vote is there is not told.</summary>
/// <param name="Content">The content.</param>
/// <param name="OwnGrade">The grade of the own vote that stands, or null.</param>
/// <param name="OwnFlags">Its flags.</param>
/// <param name="DecidedGrade">The decided grade, or null.</param>
/// <param name="DecidedFlags">Its flags.</param>
public sealed record GraderView(ContentKey Content, string? OwnGrade, IReadOnlyList<string> OwnFlags, string? DecidedGrade, IReadOnlyList<string> DecidedFlags);

/// <summary>A queue of contents.</summary>
public enum ReviewQueue
{
    /// <summary>Nobody's vote stands.</summary>
    ToGrade,

    /// <summary>A second vote is wanted and the person has not given the first.</summary>
    SecondVote,

    /// <summary>Both of these as one queue, so that which of the two a content is stays unknown.</summary>
    ToGradeOrSecond,

    /// <summary>Votes differ and the person gave none of them.</summary>
    Disagreement,
}

/// <summary>A content in a queue.</summary>
/// <param name="Content">The content.</param>
/// <param name="EntryId">The first stream with it.</param>
/// <param name="GroupId">The entry that leads its group of alike pictures; its own where it is alone.</param>
/// <param name="Priority">0 for hits on notable sets, 1 for other pictures, 9 for what is no picture of the case.</param>
public sealed record QueuedContent(ContentKey Content, long EntryId, long GroupId, int Priority);

/// <summary>Contents in one state with one grade.</summary>
/// <param name="State">State.</param>
/// <param name="Grade">The decided grade, or null.</param>
/// <param name="Contents">How many.</param>
public sealed record StandingCount(ContentState State, string? Grade, long Contents);

/// <summary>The standing of one content, for lists.</summary>
/// <param name="Content">The content.</param>
/// <param name="EntryId">The first stream with it.</param>
/// <param name="Standing">Where it stands.</param>
public sealed record ContentStanding(ContentKey Content, long EntryId, Standing Standing);

/// <summary>A picture that was looked at.</summary>
/// <param name="Content">The content.</param>
/// <param name="EntryId">The entry on the screen.</param>
/// <param name="Revealed">Revealed; blurred else.</param>
/// <param name="Milliseconds">How long.</param>
public sealed record PictureView(ContentKey Content, long EntryId, bool Revealed, long Milliseconds);

/// <summary>One person's own settings of looking.</summary>
/// <param name="Blur">Pictures are blurred until they are revealed.</param>
/// <param name="Grey">And grey.</param>
/// <param name="Size">Side of a tile in pixels, 32 to 1,024.</param>
/// <param name="BreakMinutes">Minutes of looking after which a break is suggested; 0 for never.</param>
public sealed record ExposureSettings(bool Blur, bool Grey, int Size, int BreakMinutes)
{
    /// <summary>What a person begins with.</summary>
    public static ExposureSettings Default { get; } = new(Blur: true, Grey: true, Size: 128, BreakMinutes: 30);
}

/// <summary>What one person looked at.</summary>
/// <param name="Revealed">Pictures looked at revealed.</param>
/// <param name="Blurred">Pictures looked at blurred.</param>
/// <param name="RevealedMilliseconds">How long, revealed.</param>
/// <param name="BlurredMilliseconds">How long, blurred.</param>
public sealed record ExposureSum(long Revealed, long Blurred, long RevealedMilliseconds, long BlurredMilliseconds);

/// <summary>One person's exposure in this case, for that person alone.</summary>
/// <param name="InAll">Since the beginning.</param>
/// <param name="SinceBreak">Since the last break.</param>
/// <param name="LastBreakUtc">When that was, ISO 8601 UTC; null where there was none.</param>
/// <param name="Settings">The person's settings.</param>
public sealed record Exposure(ExposureSum InAll, ExposureSum SinceBreak, string? LastBreakUtc, ExposureSettings Settings);

/// <summary>A note on an entry.</summary>
/// <param name="Sequence">Number of the act's audit entry.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="By">Who.</param>
/// <param name="EntryId">The entry.</param>
/// <param name="Text">The note.</param>
public sealed record StoredNote(long Sequence, string Utc, Actor By, long EntryId, string Text);

/// <summary>A tag of the case.</summary>
/// <param name="Name">Free text.</param>
/// <param name="Colour">One of <see cref="Colours"/>.</param>
public sealed record Tag(string Name, string Colour)
{
    /// <summary>The names of colours.</summary>
    public static IReadOnlyList<string> Colours { get; } = ["grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown"];
}

/// <summary>A named list of entries.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Entries">How many entries it has.</param>
public sealed record Selection(long Id, string Name, long Entries);

/// <summary>How a picture is shown in the report.</summary>
public enum ReportPicture
{
    /// <summary>Left out.</summary>
    Out = 0,

    /// <summary>Blurred.</summary>
    Blurred = 1,

    /// <summary>Shown.</summary>
    Shown = 2,
}

/// <summary>An entry chosen for the report.</summary>
/// <param name="EntryId">The entry.</param>
/// <param name="Picture">How its picture is shown.</param>
public sealed record Bookmark(long EntryId, ReportPicture Picture);

/// <summary>A hit on a known set that a person says is wrong.</summary>
/// <param name="SetName">Name of the set.</param>
/// <param name="SetVersion">Its version, or null.</param>
/// <param name="KnownEntry">Identity of the entry in the set; see <see cref="Overrule.EntryOf"/>.</param>
/// <param name="Content">What was hit.</param>
/// <param name="EntryId">Under which entry.</param>
/// <param name="Reason">Why it is wrong.</param>
public sealed record Overrule(string SetName, string? SetVersion, string KnownEntry, ContentKey Content, long EntryId, string Reason)
{
    /// <summary>The identity of a hit's entry; of a set that has hashes only, the content itself.</summary>
    public static string EntryOf(HitRow hit, ContentKey content)
    {
        ArgumentNullException.ThrowIfNull(hit);
        return hit.Entry?.Id ?? content.Text;
    }
}

/// <summary>An overrule as stored.</summary>
/// <param name="Sequence">Number of the act's audit entry.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="By">Who.</param>
/// <param name="Overrule">What.</param>
/// <param name="IsUndone">It was taken back.</param>
/// <param name="Act">Id of the act.</param>
public sealed record StoredOverrule(long Sequence, string Utc, Actor By, Overrule Overrule, bool IsUndone, Guid Act);

/// <summary>One of a person's own acts that can be taken back.</summary>
/// <param name="Sequence">Number of its audit entry.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="Kind">What.</param>
/// <param name="Detail">JSON object of the audit entry.</param>
public sealed record OwnAct(long Sequence, string Utc, ActKind Kind, string Detail);

/// <summary>Something that a person did with an entry.</summary>
/// <param name="Sequence">Number of its audit entry.</param>
/// <param name="Utc">When, ISO 8601 UTC.</param>
/// <param name="By">Who.</param>
/// <param name="Kind">What.</param>
/// <param name="Detail">JSON object of the audit entry.</param>
/// <param name="IsUndone">It was taken back.</param>
public sealed record HistoryItem(long Sequence, string Utc, Actor By, ActKind Kind, string Detail, bool IsUndone);
