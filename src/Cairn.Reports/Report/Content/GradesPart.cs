using System.Globalization;
using Cairn.CaseStore;
using Cairn.CaseStore.Review;

namespace Cairn.Reports.Report.Content;

/// <summary>Grades, agreement, notes, tags and overruled hits: what people said, apart from what the program found.</summary>
internal static class GradesPart
{
    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        foreach (ReportBlock block in Counts(facts))
        {
            yield return block;
        }

        ReviewFacts review = facts.Review;
        if (review.Agreement is { Overall: { Contents: > 0 } overall })
        {
            yield return new ParagraphBlock($"{Quantity.Count(overall.Contents, "content was", "contents were")} graded by two people without knowledge of each other's vote; they agreed on {Percent(overall.Observed)}"
                + (overall.Kappa is double kappa ? $" (Cohen's kappa {kappa.ToString("0.00", CultureInfo.InvariantCulture)}: 1 is full agreement, 0 is what chance would give)." : $" (Cohen's kappa has no value: {overall.Undefined})."));
        }

        if (review.People.Count > 0)
        {
            yield return new TableBlock("People who graded", [new("Name", 4), new("Votes", 1.4, IsNumber: true), new("Of them taken back", 1.8, IsNumber: true)],
                review.People.Select(p => (IReadOnlyList<ReportText>)[ReportText.Evidence(p.Name), Quantity.Count(p.Votes), Quantity.Count(p.Undone)]));
        }

        if (review.Overrules.Count > 0)
        {
            yield return new TableBlock("Hits on known sets that people say are wrong", [new("Set", 2), new("Entry of the set", 2.4), new("File", 3.2), new("Reason", 3.2), new("By, when", 2.2)],
                review.Overrules.Select(o => (IReadOnlyList<ReportText>)
                [
                    ReportText.Evidence(o.Overrule.SetVersion is string version ? $"{o.Overrule.SetName} {version}" : o.Overrule.SetName), ReportText.Evidence(o.Overrule.KnownEntry),
                    ReportText.Join($"Id {o.Overrule.EntryId}, ", ReportText.Evidence(facts.Reader.PathOf(o.Overrule.EntryId) ?? "not in the case")), ReportText.Evidence(o.Overrule.Reason),
                    ReportText.Join(ReportText.Evidence(o.By.Name), $", {Words.Clock(o.Utc)}"),
                ]));
        }
    }

    public static IEnumerable<ReportBlock> Short(CaseFacts facts) => Counts(facts);

    /// <summary>What people said of one file.</summary>
    public static IEnumerable<ReportFact> Of(CaseFacts facts, ExportRow row)
    {
        if (!facts.Review.IsThere || !facts.Has(ReportPart.Grades))
        {
            yield break;
        }

        using ReviewReader review = ReviewReader.Open(facts.Reader.Directory)!;
        Standing standing = review.StandingOf(ContentKey.Of(row.Sha256, row.Id));
        yield return new ReportFact("Grade", standing.Grade is string grade
            ? ReportText.Join(ReportText.Strong(Label(facts.Review.Scheme!, grade)), $", by {Quantity.Count(standing.Votes, "person", "people")}",
                standing.Flags.Count > 0 ? ReportText.Evidence("; " + string.Join(", ", standing.Flags.Select(f => facts.Review.Scheme!.Flags.FirstOrDefault(flag => flag.Id == f)?.Label ?? f))) : "")
            : standing.State switch { ContentState.SecondWanted => "not decided: a second vote is wanted", ContentState.Disagreement => "not decided: votes differ", _ => "not graded" });
        IReadOnlyList<string> tags = review.TagsOf(row.Id);
        if (tags.Count > 0)
        {
            yield return new ReportFact("Tags", ReportText.Evidence(string.Join(", ", tags)));
        }

        foreach (StoredNote note in review.Notes(row.Id))
        {
            yield return new ReportFact("Note", ReportText.Join(ReportText.Evidence(note.Text.Replace('\n', ' ').Replace('\r', ' ')), " (", ReportText.Evidence(note.By.Name), $", {Words.Clock(note.Utc)})"));
        }
    }

    /// <summary>That people say a hit is wrong; nothing where nobody does.</summary>
    public static ReportText Overruled(CaseFacts facts, ExportRow row, HitRow hit, KnownSetRow? set) => facts.Review.OverruleOf(row, hit, set) is StoredOverrule overrule
        ? ReportText.Join(". ", ReportText.Strong("People say that this hit is wrong"), ": ", ReportText.Evidence(overrule.Overrule.Reason), " (", ReportText.Evidence(overrule.By.Name), $", {Words.Clock(overrule.Utc)})")
        : ReportText.Empty;

    private static IEnumerable<ReportBlock> Counts(CaseFacts facts)
    {
        GradeScheme scheme = facts.Review.Scheme!;
        yield return new ParagraphBlock(ReportText.Join("Grades are given by people, after looking, in the scheme ", ReportText.Evidence($"{scheme.Title}, version {scheme.Version}"),
            $". Each vote is kept with who gave it and when. A grade is decided by the votes, {SecondVoteWords(facts)}; where votes differ, a third person decides."));
        IReadOnlyList<(string Grade, long EvidenceId, HitPlace Place, long Files)> graded = facts.Review.Graded();
        if (graded.Count == 0)
        {
            yield return new ParagraphBlock("No grade is decided yet.");
        }
        else
        {
            yield return new TableBlock("Files by exhibit, grade and state; copies of one content count each", [new("Exhibit", 2.4), new("Grade", 2.8), new("Live", 1.1, IsNumber: true), new("Deleted", 1.1, IsNumber: true), new("Unallocated", 1.5, IsNumber: true), new("All", 1.1, IsNumber: true)], Rows(facts, scheme, graded));
            yield return new TableBlock("Different contents by grade, over all exhibits", [new("Grade", 2.6), new("Contents", 1.3, IsNumber: true), new("What the scheme says", 5.5)],
                scheme.Grades.Select(g => (IReadOnlyList<ReportText>)[ReportText.Evidence(g.Label), Quantity.Count(facts.Review.Progress.Where(p => p.State == ContentState.Decided && p.Grade == g.Id).Sum(p => p.Contents)), ReportText.Evidence(g.Meaning)]));
        }

        long open = facts.Review.Progress.Where(p => p.State == ContentState.Ungraded).Sum(p => p.Contents), second = facts.Review.Progress.Where(p => p.State == ContentState.SecondWanted).Sum(p => p.Contents),
            differ = facts.Review.Progress.Where(p => p.State == ContentState.Disagreement).Sum(p => p.Contents);
        if (open + second + differ > 0)
        {
            yield return new ParagraphBlock($"Not decided: {Quantity.Count(open, "content", "contents")} that nobody graded, {Quantity.Count(second)} that wait for a second vote, {Quantity.Count(differ)} on which votes differ. The counts above do not hold them.", ParagraphTone.Warning);
        }
    }

    private static IEnumerable<IReadOnlyList<ReportText>> Rows(CaseFacts facts, GradeScheme scheme, IReadOnlyList<(string Grade, long EvidenceId, HitPlace Place, long Files)> graded)
    {
        IEnumerable<string> order = scheme.Grades.Select(g => g.Id).Concat(graded.Select(g => g.Grade)).Distinct();
        foreach (StoredEvidence evidence in facts.Evidence)
        {
            foreach (string grade in order)
            {
                if (graded.Any(g => g.Grade == grade && g.EvidenceId == evidence.Id))
                {
                    yield return Row(ReportText.Evidence(facts.NameOf(evidence.Id)), Label(scheme, grade), [.. graded.Where(g => g.Grade == grade && g.EvidenceId == evidence.Id)]);
                }
            }
        }

        if (facts.Evidence.Count > 1)
        {
            foreach (string grade in order.Where(o => graded.Any(g => g.Grade == o)))
            {
                yield return Row(ReportText.Strong("all exhibits"), Label(scheme, grade), [.. graded.Where(g => g.Grade == grade)]);
            }
        }
    }

    private static IReadOnlyList<ReportText> Row(ReportText exhibit, string grade, IReadOnlyList<(string Grade, long EvidenceId, HitPlace Place, long Files)> counts)
    {
        string Count(HitPlace place) => Quantity.Count(counts.Where(c => c.Place == place).Sum(c => c.Files));
        return [exhibit, ReportText.Evidence(grade), Count(HitPlace.Live), Count(HitPlace.Deleted), Count(HitPlace.Unallocated), Quantity.Count(counts.Sum(c => c.Files))];
    }

    private static string Label(GradeScheme scheme, string grade) => scheme.Find(grade)?.Label ?? grade;

    /// <summary>Which contents two people grade.</summary>
    private static string SecondVoteWords(CaseFacts facts)
    {
        SecondVotes second = facts.Review.SecondVotes!;
        if (second.PerMille >= 1_000)
        {
            return "a second one, given by another person without sight of the first, for every content";
        }

        string share = second.PerMille > 0 ? $"a share of {(second.PerMille / 10.0).ToString("0.#", CultureInfo.InvariantCulture)} %" : "";
        string grades = second.Grades.Count > 0 ? $"contents first graded {string.Join(", ", second.Grades.Select(g => Label(facts.Review.Scheme!, g)))}" : "";
        string which = string.Join(" and ", new[] { share, grades }.Where(t => t.Length > 0));
        return which.Length == 0 ? "one for each content" : $"a second one, given by another person without sight of the first, for {which}";
    }

    private static string Percent(double? share) => share is double value ? (value * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %" : "no share that can be given";
}
