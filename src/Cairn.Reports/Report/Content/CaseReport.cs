using System.Globalization;
using Cairn.CaseStore;

namespace Cairn.Reports.Report.Content;

/// <summary>A case as a report: which parts, in which order.</summary>
internal static class CaseReport
{
    public static ReportDocument Of(CaseReader reader, ReportSettings settings, CancellationToken cancel)
    {
        CaseFacts facts = new(reader, settings, cancel);
        return new ReportDocument
        {
            Title = (settings.IsShort ? "Digital examination: summary report" : "Digital examination report") + (settings.Reference is string reference ? $", {reference}" : ""),
            TitleFacts = [.. TitleFacts(facts)],
            TitleNotes = [.. TitleNotes(facts)],
            Marking = settings.Marking,
            Footer = $"{(settings.Reference is string known ? $"{known}, " : "")}case {facts.Context.CaseId[..8]}, made {Words.Clock(settings.MadeAt)}, {settings.Tool}",
            MadeAt = settings.MadeAt,
            Tool = settings.Tool,
            Sections = [.. settings.IsShort ? Short(facts) : Full(facts)],
        };
    }

    private static IEnumerable<ReportSection> Full(CaseFacts facts)
    {
        yield return new ReportSection("summary", "Summary", () => SummaryPart.Blocks(facts));
        yield return new ReportSection("exhibits", "Exhibits and integrity", () => ExhibitsPart.Blocks(facts),
            [.. facts.Evidence.Select(e => new ReportSection(Id("exhibit", e.Id), ReportText.Join("Exhibit ", ReportText.Evidence(facts.NameOf(e.Id))), () => ExhibitsPart.Exhibit(facts, e)))]);
        if (facts.Has(ReportPart.Method))
        {
            yield return MethodPart.Section(facts);
        }

        yield return FindingsPart.Section(facts);
        if (facts.Has(ReportPart.Grades) && facts.Review.IsThere)
        {
            yield return new ReportSection("grades", "What people decided", () => GradesPart.Blocks(facts));
        }

        if (facts.Has(ReportPart.Files))
        {
            yield return new ReportSection("files", facts.ChosenTitle, () => FilesPart.Blocks(facts));
        }

        if (facts.Has(ReportPart.Timeline))
        {
            yield return new ReportSection("timeline", "Timeline extract", () => TimelinePart.Blocks(facts));
        }

        yield return CoveragePart.Section(facts);
        if (facts.Has(ReportPart.Glossary))
        {
            yield return new ReportSection("glossary", "Glossary", () => GlossaryPart.Blocks(facts));
        }

        yield return new ReportSection("checking", "Audit log and how to check this report", () => LogPart.Blocks(facts));
    }

    private static IEnumerable<ReportSection> Short(CaseFacts facts)
    {
        yield return new ReportSection("summary", "What was found", () => SummaryPart.Blocks(facts));
        yield return new ReportSection("exhibits", "What was examined", () => ExhibitsPart.Short(facts));
        yield return new ReportSection("findings", "Findings by exhibit, category and state", () => FindingsPart.Counts(facts));
        if (facts.Has(ReportPart.Grades) && facts.Review.IsThere)
        {
            yield return new ReportSection("grades", "What people decided", () => GradesPart.Short(facts));
        }

        if (facts.Has(ReportPart.Files))
        {
            yield return new ReportSection("files", facts.ChosenTitle, () => FilesPart.List(facts));
        }

        yield return new ReportSection("limits", "Limits", () => CoveragePart.Short(facts));
        yield return new ReportSection("checking", "How to check this report", () => LogPart.Short(facts));
    }

    private static IEnumerable<ReportFact> TitleFacts(CaseFacts facts)
    {
        ReportSettings settings = facts.Settings;
        yield return new ReportFact("Case", settings.Reference is string reference
            ? ReportText.Join(ReportText.Evidence(reference), " (identity in its audit log ", ReportText.Code(facts.Context.CaseId), ")")
            : ReportText.Code(facts.Context.CaseId));
        List<ReportText> exhibits = [];
        foreach (StoredEvidence evidence in facts.Evidence.Take(20))
        {
            exhibits.Add(exhibits.Count == 0 ? "" : ", ");
            exhibits.Add(ReportText.Evidence(facts.NameOf(evidence.Id)));
        }

        if (facts.Evidence.Count > 20)
        {
            exhibits.Add($" and {Quantity.Count(facts.Evidence.Count - 20)} more");
        }

        yield return new ReportFact(facts.Evidence.Count == 1 ? "Exhibit" : "Exhibits", exhibits.Count == 0 ? "none" : ReportText.Join([.. exhibits]));
        IEnumerable<string> who = facts.Context.Runs.Where(r => r.Command == "examine").Select(r => $"{r.Who} on {r.Host}").Distinct();
        yield return new ReportFact("Examined by", ReportText.Evidence(string.Join(", ", who) is { Length: > 0 } people ? people : "nobody yet"));
        yield return new ReportFact("Report made by", ReportText.Evidence(settings.By));
        yield return new ReportFact("Report made at", Words.Clock(settings.MadeAt));
        string[] versions = [.. facts.Context.Runs.Select(r => r.Tool).Distinct()];
        yield return new ReportFact("Software", ReportText.Join($"{settings.Tool} (this report)", versions.Length > 0 ? ReportText.Join("; examined with ", ReportText.Evidence(string.Join(", ", versions))) : ""));
        yield return new ReportFact("Head of the audit log", facts.LastAudit is AuditEntry last
            ? ReportText.Join($"{Quantity.Count(last.Sequence, "entry", "entries")}, ", ReportText.Code(Convert.ToHexStringLower(last.Root)))
            : "the log is empty");
    }

    private static IEnumerable<ReportText> TitleNotes(CaseFacts facts)
    {
        if (facts.Settings.IsShort)
        {
            yield return "This is a summary. It says what was found and how far that goes, for an early decision on what is agreed. The full report, with method, times and every listed file, is made from the same case.";
        }

        yield return "A program made this report from the records of the case; the sentences in it are fixed, the figures and names are the records'. It is no opinion of an expert. What a name or a picture means for the case is for people to say.";
        yield return "Text from the evidence is shown as it is. Characters that cannot be seen, or that change the direction of writing, are shown by their number: a backslash, the letter u and four digits. In the PDF, characters of scripts that it does not set are shown by their number in brackets.";
    }

    internal static string Id(string name, long number) => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}");
}
