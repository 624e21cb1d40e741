using Cairn.CaseStore;

namespace Cairn.Reports.Report.Content;

/// <summary>Hits by exhibit, meaning, category and state, and the notable ones one by one.</summary>
internal static class FindingsPart
{
    private static readonly string[] Meanings = ["notable", "known", "ignorable"];

    public static ReportSection Section(CaseFacts facts)
    {
        List<ReportSection> parts = [];
        if (facts.Has(ReportPart.Hits))
        {
            foreach (StoredEvidence evidence in facts.Evidence.Where(e => facts.Hits("notable", evidenceId: e.Id) > 0))
            {
                parts.Add(new ReportSection(CaseReport.Id("hits", evidence.Id), ReportText.Join("Notable hits, exhibit ", ReportText.Evidence(facts.NameOf(evidence.Id))), () => Notable(facts, evidence)));
            }
        }

        return new ReportSection("findings", "Findings by exhibit, category and state", () => Counts(facts), parts);
    }

    public static IEnumerable<ReportBlock> Counts(CaseFacts facts)
    {
        if (facts.KnownSets.Count == 0)
        {
            yield return new ParagraphBlock("No known set was looked up: there are no hits to count.");
            yield break;
        }

        if (facts.Totals.Count == 0)
        {
            yield return new ParagraphBlock("No file hit an entry of the known sets.");
            yield break;
        }

        yield return new ParagraphBlock("Live: held by the file system. Deleted: given up by it, but still listed. Unallocated: in space that no file had. A file counts once in the first table however many entries it hits; in the second once for each set and category. Files within archives and documents count as files.");
        yield return new TableBlock("Files that hit, by exhibit and meaning", [new("Exhibit", 3), new("Meaning", 2), new("Live", 1.2, IsNumber: true), new("Deleted", 1.2, IsNumber: true), new("Unallocated", 1.5, IsNumber: true), new("All", 1.2, IsNumber: true)], Totals(facts));
        yield return new TableBlock("Files that hit, by exhibit, set and category", [new("Exhibit", 2.4), new("Set", 2.4), new("Meaning", 1.6), new("Category", 2), new("Live", 1.1, IsNumber: true), new("Deleted", 1.1, IsNumber: true), new("Unallocated", 1.5, IsNumber: true), new("All", 1.1, IsNumber: true)],
            facts.BySet.GroupBy(h => (h.EvidenceId, h.SetId, h.Meaning, h.Category)).Select(group => (IReadOnlyList<ReportText>)
            [
                ReportText.Evidence(facts.NameOf(group.Key.EvidenceId)), ReportText.Evidence(SetName(facts, group.Key.SetId)), ReportText.Evidence(group.Key.Meaning),
                group.Key.Category is string category ? ReportText.Evidence(category) : "none given",
                Count(group, HitPlace.Live), Count(group, HitPlace.Deleted), Count(group, HitPlace.Unallocated), Quantity.Count(group.Sum(h => h.Streams)),
            ]));
        yield return new ParagraphBlock("Categories are those of the sets, given by others before this examination. They are no grades of this case.", ParagraphTone.Note);
    }

    private static IEnumerable<IReadOnlyList<ReportText>> Totals(CaseFacts facts)
    {
        foreach (StoredEvidence evidence in facts.Evidence)
        {
            foreach (string meaning in Meanings)
            {
                if (facts.Hits(meaning, evidenceId: evidence.Id) is long all and > 0)
                {
                    yield return
                    [
                        ReportText.Evidence(facts.NameOf(evidence.Id)), meaning, Quantity.Count(facts.Hits(meaning, HitPlace.Live, evidence.Id)), Quantity.Count(facts.Hits(meaning, HitPlace.Deleted, evidence.Id)),
                        Quantity.Count(facts.Hits(meaning, HitPlace.Unallocated, evidence.Id)), Quantity.Count(all),
                    ];
                }
            }
        }

        if (facts.Evidence.Count > 1)
        {
            foreach (string meaning in Meanings)
            {
                if (facts.Hits(meaning) is long all and > 0)
                {
                    yield return
                    [
                        ReportText.Strong("all exhibits"), ReportText.Strong(meaning), ReportText.Strong(Quantity.Count(facts.Hits(meaning, HitPlace.Live))), ReportText.Strong(Quantity.Count(facts.Hits(meaning, HitPlace.Deleted))),
                        ReportText.Strong(Quantity.Count(facts.Hits(meaning, HitPlace.Unallocated))), ReportText.Strong(Quantity.Count(all)),
                    ];
                }
            }
        }
    }

    private static IEnumerable<ReportBlock> Notable(CaseFacts facts, StoredEvidence evidence)
    {
        yield return new TableBlock($"Notable hits, exhibit {facts.NameOf(evidence.Id)}", [new("Id", 0.9, IsNumber: true), new("File", 4), new("State", 1.2), new("Set, category, who vouched", 2.6), new("How it was found", 2.6)], Rows(facts, evidence.Id));
    }

    private static IEnumerable<IReadOnlyList<ReportText>> Rows(CaseFacts facts, long evidenceId)
    {
        foreach (ExportRow row in facts.Reader.Entries(facts.Reader.HitIds("notable")).Where(r => r.EvidenceId == evidenceId))
        {
            foreach (HitRow hit in row.Hits.Where(h => facts.Context.MeaningOf(h) == "notable"))
            {
                KnownSetRow? set = facts.Context.Set(hit.SetId);
                ReportText vouched = hit.Entry is HitEntryRow entry
                    ? ReportText.Join(
                        entry.Category is string category ? ReportText.Join(", ", ReportText.Evidence(category)) : "",
                        ", entry ", ReportText.Evidence(entry.Id),
                        entry.VouchedBy is string by ? ReportText.Join(", vouched by ", ReportText.Evidence(by), entry.VouchedAt is string at ? ReportText.Join(" at ", ReportText.Evidence(at)) : "") : "")
                    : ReportText.Empty;
                yield return
                [
                    $"{row.Id}", FilesPart.Path(row), row.Type == Core.EntryType.Virtual ? "unallocated" : Words.Of(row.State),
                    ReportText.Join(ReportText.Evidence(set?.Name ?? "a set that the case does not hold"), vouched), ReportText.Evidence(Words.Explained(hit)),
                ];
            }
        }
    }

    private static string SetName(CaseFacts facts, long? set) => set is long id && facts.Context.Set(id) is KnownSetRow row ? row.SetVersion is string version ? $"{row.Name} {version}" : row.Name : "a set that the case does not hold";

    private static string Count(IEnumerable<HitCount> group, HitPlace place) => Quantity.Count(group.Where(h => h.Place == place).Sum(h => h.Streams));
}
