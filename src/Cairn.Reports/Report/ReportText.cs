namespace Cairn.Reports.Report;

/// <summary>How a piece of text came to be and so how it is set.</summary>
public enum RunStyle
{
    /// <summary>Our own words.</summary>
    Plain = 0,

    /// <summary>Our own words, to be seen first.</summary>
    Strong = 1,

    /// <summary>From the evidence or from a person: a name, a path, a label. Set apart from what stands beside it.</summary>
    Evidence = 2,

    /// <summary>A hash, an address, a command: every character counts.</summary>
    Code = 3,
}

/// <summary>A piece of text in one style. Writers make visible what cannot be seen in it; whoever makes it does not escape.</summary>
/// <param name="Text">As it is.</param>
/// <param name="Style">Its style.</param>
public readonly record struct TextRun(string Text, RunStyle Style);

/// <summary>Text of a report: pieces in their order.</summary>
public sealed class ReportText
{
    private ReportText(IReadOnlyList<TextRun> runs) => Runs = runs;

    /// <summary>The pieces.</summary>
    public IReadOnlyList<TextRun> Runs { get; }

    /// <summary>Nothing.</summary>
    public static ReportText Empty { get; } = new([]);

    /// <summary>Our own words.</summary>
    public static implicit operator ReportText(string words) => Plain(words);

    /// <summary>Our own words.</summary>
    public static ReportText Plain(string words) => Of(words, RunStyle.Plain);

    /// <summary>Our own words, to be seen first.</summary>
    public static ReportText Strong(string words) => Of(words, RunStyle.Strong);

    /// <summary>From the evidence or a person.</summary>
    public static ReportText Evidence(string? text) => Of(text ?? "", RunStyle.Evidence);

    /// <summary>A hash, an address, a command.</summary>
    public static ReportText Code(string? text) => Of(text ?? "", RunStyle.Code);

    /// <summary>Several one after the other.</summary>
    public static ReportText Join(params ReadOnlySpan<ReportText> parts)
    {
        List<TextRun> runs = [];
        foreach (ReportText part in parts)
        {
            runs.AddRange(part.Runs);
        }

        return new ReportText(runs);
    }

    private static ReportText Of(string text, RunStyle style) => text.Length == 0 ? Empty : new ReportText([new TextRun(text, style)]);
}
