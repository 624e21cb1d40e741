using Cairn.CaseStore;

namespace Cairn.Reports.Report.Content;

/// <summary>What was examined and found, in sentences.</summary>
internal static class SummaryPart
{
    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        if (facts.Evidence.Count == 0)
        {
            yield return new ParagraphBlock("No evidence has been examined in this case yet.", ParagraphTone.Warning);
            yield break;
        }

        CaseCounts counts = facts.Counts;
        string when = When(facts);
        yield return new ParagraphBlock(
            $"{Quantity.Count(facts.Evidence.Count, "exhibit was", "exhibits were")} examined{when}. {Are(counts.Allocated + counts.Deleted + counts.Orphan, "entry of a file or folder was", "entries of files and folders were")} found: "
            + $"{Quantity.Count(counts.Allocated)} live and {Quantity.Count(counts.Deleted + counts.Orphan)} deleted"
            + (counts.Orphan > 0 ? $", of these {Quantity.Count(counts.Orphan)} whose folder is gone" : "") + "."
            + (counts.Members > 0 ? $" Within archives, documents and messages {Are(counts.Members, "more file was", "more files were")} found." : "")
            + (counts.Pictures + counts.Videos > 0 ? $" {Quantity.Count(counts.Pictures, "picture", "pictures")} and {Quantity.Count(counts.Videos, "video", "videos")} were looked at by the program." : ""));
        yield return new ParagraphBlock(Hits(facts), facts.Hits("notable") > 0 ? ParagraphTone.Warning : ParagraphTone.Normal);
        yield return Integrity(facts);
        long problems = facts.Problems();
        bool isUnfinished = facts.Evidence.Any(e => !facts.Reader.IsComplete(e.Id, Stage.Coverage, null) && !e.Row.IsLogical);
        if (isUnfinished)
        {
            yield return new ParagraphBlock("The examination was stopped before it came to its end for at least one exhibit: what this report says is what was known by then, not all that is there.", ParagraphTone.Warning);
        }

        yield return new ParagraphBlock(problems == 0
            ? "Nothing was met that could not be read."
            : $"{Are(problems, "problem was", "problems were")} met, each recorded with its place and reason; the part on coverage and limits counts them by kind{(facts.Settings.IsShort || !facts.Has(ReportPart.Problems) ? "" : " and lists them")}. What could not be read was not examined.");
        yield return new ParagraphBlock("That something was not found does not show that it was never there.", ParagraphTone.Note);
    }

    private static ReportText Hits(CaseFacts facts)
    {
        if (facts.KnownSets.Count == 0)
        {
            return "No set of known hashes was looked up, so nothing is said about whether files are known.";
        }

        long notable = facts.Hits("notable");
        string known = $"{Quantity.Count(facts.KnownSets.Count, "set", "sets")} of known hashes {(facts.KnownSets.Count == 1 ? "was" : "were")} looked up.";
        string others = Others(facts);
        if (notable == 0)
        {
            return $"{known} No file hit an entry marked notable.{others}";
        }

        string places = string.Join(", ", new[] { HitPlace.Live, HitPlace.Deleted, HitPlace.Unallocated }
            .Select(place => (Place: place, Count: facts.Hits("notable", place))).Where(p => p.Count > 0).Select(p => $"{Quantity.Count(p.Count)} {Words.Of(p.Place)}"));
        return ReportText.Join($"{known} ", ReportText.Strong($"{Quantity.Count(notable, "file", "files")} hit {(notable == 1 ? "an entry" : "entries")} marked notable: {places}."),
            $"{others} A hit says that a file has the same bytes as a known one or, where that is said, that it looks alike; it is a reason to look, and by itself no finding about what a picture shows.");
    }

    private static string Others(CaseFacts facts)
    {
        long known = facts.Hits("known"), ignorable = facts.Hits("ignorable");
        string text = string.Join(" and ", new[] { known > 0 ? $"{Quantity.Count(known)} on entries that are merely known" : "", ignorable > 0 ? $"{Quantity.Count(ignorable)} on entries that may be ignored" : "" }.Where(t => t.Length > 0));
        return text.Length > 0 ? $" Further hits: {text}." : "";
    }

    private static ParagraphBlock Integrity(CaseFacts facts)
    {
        int agree = 0, differ = 0, none = 0, logical = 0;
        foreach (StoredEvidence evidence in facts.Evidence)
        {
            if (evidence.Row.IsLogical)
            {
                logical++;
                continue;
            }

            switch (ExhibitsPart.Agrees(evidence.Row, facts.Reader.MediaHashes(evidence.Id)))
            {
                case true:
                    agree++;
                    break;
                case false:
                    differ++;
                    break;
                default:
                    none++;
                    break;
            }
        }

        List<string> parts = [];
        if (agree > 0)
        {
            parts.Add($"{Quantity.Count(agree, "image agrees", "images agree")} with the hashes that were stored when {(agree == 1 ? "it was" : "they were")} made");
        }

        if (differ > 0)
        {
            parts.Add($"{Quantity.Count(differ, "image DIFFERS", "images DIFFER")} from the stored hashes");
        }

        if (none > 0)
        {
            parts.Add($"of {Quantity.Count(none, "image", "images")} no hash was stored, or it was not computed, so nothing can be compared");
        }

        if (logical > 0)
        {
            parts.Add($"{Quantity.Count(logical, "exhibit is a folder or archive", "exhibits are folders or archives")}, whose files were hashed one by one");
        }

        return new ParagraphBlock($"Integrity: {string.Join("; ", parts)}.", differ > 0 ? ParagraphTone.Warning : agree > 0 && none == 0 ? ParagraphTone.Good : ParagraphTone.Normal);
    }

    private static string When(CaseFacts facts)
    {
        ExaminationRun[] runs = [.. facts.Context.Runs.Where(r => r.Command == "examine")];
        return runs.Length == 0 ? "" : $" between {Words.Clock(runs[0].Start)} and {Words.Clock(runs[^1].End ?? facts.LastAudit?.Utc ?? runs[^1].Start)}";
    }

    private static string Are(long count, string one, string many) => Quantity.Count(count, one, many);
}
