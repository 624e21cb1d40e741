namespace Cairn.Reports.Report;

/// <summary>A report as data: what is said, not how it is set. What may be long is a sequence that is gone through once.</summary>
public sealed record ReportDocument
{
    /// <summary>Title.</summary>
    public required string Title { get; init; }

    /// <summary>What the title page says, in its order.</summary>
    public required IReadOnlyList<ReportFact> TitleFacts { get; init; }

    /// <summary>Paragraphs below them.</summary>
    public IReadOnlyList<ReportText> TitleNotes { get; init; } = [];

    /// <summary>Protective marking for the top and foot of every page; null for none.</summary>
    public string? Marking { get; init; }

    /// <summary>What stands at the foot of every page beside its number.</summary>
    public required string Footer { get; init; }

    /// <summary>Language, BCP 47.</summary>
    public string Language { get; init; } = "en-GB";

    /// <summary>When it was made.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>Name and version of the program.</summary>
    public required string Tool { get; init; }

    /// <summary>The parts, in order.</summary>
    public required IReadOnlyList<ReportSection> Sections { get; init; }
}

/// <summary>A part of a report with a heading that the contents list.</summary>
/// <param name="Id">Unique in the report; lower-case letters, digits and hyphens.</param>
/// <param name="Title">Heading; may hold text from evidence.</param>
/// <param name="Blocks">What stands below the heading, made when it is asked for, once.</param>
/// <param name="Sections">Parts of the part, after its blocks.</param>
public sealed record ReportSection(string Id, ReportText Title, Func<IEnumerable<ReportBlock>> Blocks, IReadOnlyList<ReportSection> Sections)
{
    /// <summary>A part without parts.</summary>
    public ReportSection(string id, ReportText title, Func<IEnumerable<ReportBlock>> blocks)
        : this(id, title, blocks, [])
    {
    }
}

/// <summary>A label and its value.</summary>
/// <param name="Label">Our own words.</param>
/// <param name="Value">The value.</param>
public sealed record ReportFact(string Label, ReportText Value);

/// <summary>Something that stands in a report.</summary>
public abstract record ReportBlock;

/// <summary>What a paragraph is for.</summary>
public enum ParagraphTone
{
    /// <summary>Text.</summary>
    Normal = 0,

    /// <summary>Said beside the matter.</summary>
    Note = 1,

    /// <summary>Not to be missed.</summary>
    Warning = 2,

    /// <summary>All is as it should be.</summary>
    Good = 3,
}

/// <summary>A paragraph.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tone">What it is for.</param>
public sealed record ParagraphBlock(ReportText Text, ParagraphTone Tone = ParagraphTone.Normal) : ReportBlock;

/// <summary>Items with a dot or a number.</summary>
/// <param name="Items">The items.</param>
/// <param name="IsOrdered">With numbers from 1.</param>
public sealed record ListBlock(IReadOnlyList<ReportText> Items, bool IsOrdered = false) : ReportBlock;

/// <summary>Labels and values below one another.</summary>
/// <param name="Caption">What they are about, for who cannot see the page.</param>
/// <param name="Facts">The pairs.</param>
public sealed record FactsBlock(string Caption, IReadOnlyList<ReportFact> Facts) : ReportBlock;

/// <summary>A column of a table.</summary>
/// <param name="Title">Heading.</param>
/// <param name="Weight">Its share of the width, beside the others.</param>
/// <param name="IsNumber">Set to the right.</param>
public sealed record ReportColumn(string Title, double Weight, bool IsNumber = false);

/// <summary>A table; its rows are gone through once.</summary>
/// <param name="Caption">What it lists.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Rows">A cell for each column.</param>
public sealed record TableBlock(string Caption, IReadOnlyList<ReportColumn> Columns, IEnumerable<IReadOnlyList<ReportText>> Rows) : ReportBlock;

/// <summary>A heading that the contents do not list; one level below its section's.</summary>
/// <param name="Text">The heading.</param>
public sealed record HeadingBlock(ReportText Text) : ReportBlock;

/// <summary>Lines whose breaks count: a signed note, commands.</summary>
/// <param name="Lines">The lines.</param>
public sealed record LinesBlock(IReadOnlyList<string> Lines) : ReportBlock;

/// <summary>One file with what is known of it.</summary>
/// <param name="Id">Unique in the report.</param>
/// <param name="Title">Its heading, one level below its section's.</param>
/// <param name="Facts">What is known.</param>
/// <param name="Picture">A small picture, or null.</param>
public sealed record FileBlock(string Id, ReportText Title, IReadOnlyList<ReportFact> Facts, SmallPicture? Picture = null) : ReportBlock;

/// <summary>A small picture: a JPEG file, or grey samples of a blurred one.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Description">What it is, for who cannot see it.</param>
public sealed record SmallPicture(int Width, int Height, string Description)
{
    /// <summary>A JPEG file; empty where <see cref="Grey"/> is set.</summary>
    public ReadOnlyMemory<byte> Jpeg { get; init; }

    /// <summary>Rows of <see cref="GreyColumns"/> grey samples, stretched to the picture's size when shown.</summary>
    public ReadOnlyMemory<byte> Grey { get; init; }

    /// <summary>Columns of <see cref="Grey"/>.</summary>
    public int GreyColumns { get; init; }

    /// <summary>Rows of <see cref="Grey"/>.</summary>
    public int GreyRows => GreyColumns == 0 ? 0 : Grey.Length / GreyColumns;
}
