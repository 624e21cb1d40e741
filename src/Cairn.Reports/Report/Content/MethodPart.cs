namespace Cairn.Reports.Report.Content;

/// <summary>What Cairn does, stage by stage, and with which settings it did it here.</summary>
internal static class MethodPart
{
    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal)
    {
        ["exhibit"] = "Exhibit reference given",
        ["known"] = "Known sets asked for",
        ["no-content"] = "Inventory only, nothing read",
        ["embedded"] = "Files within files unfolded",
        ["passwords"] = "Passwords to try",
        ["pictures"] = "Pictures and videos decoded",
        ["picture-distance"] = "Known by look: bits that may differ (of 256)",
        ["picture-quality"] = "Least PDQ quality (of 100)",
        ["alike-distance"] = "Groups of alike pictures: bits that may differ",
        ["thumbnails"] = "Small pictures kept",
        ["media-hash"] = "Hash of the whole image",
    };

    public static ReportSection Section(CaseFacts facts) => new("method", "Method in plain words", () => Stages(),
    [
        new ReportSection("runs", "Runs and their settings", () => Runs(facts)),
        new ReportSection("known-sets", "Known sets", () => Sets(facts)),
    ]);

    private static IEnumerable<ReportBlock> Stages()
    {
        yield return new ParagraphBlock("Cairn works through an exhibit in stages. Every stage writes what it found, and every problem it met, into the case together with an entry of the audit log; nothing is changed afterwards.");
        yield return new ListBlock(
        [
            Stage("Opening.", "The image is opened for reading only. Its partition table is read, and every part of the medium is listed, gaps between partitions too."),
            Stage("Listing.", "Each file system is walked. Every file and folder becomes an entry with its name, its times as stored, its size and its state: live, or deleted. Deleted entries are found from what the file system still says about them; no search for file contents in free space is made."),
            Stage("Deleted files.", "For each deleted file the clusters it had are compared with those in use and with those of other deleted files, so that it can be said whether its content can still be its own."),
            Stage("Reading.", "Every file is read once, in the order it lies on the medium. MD5, SHA-1 and SHA-256 are computed, and the type is told from the content, not from the name. In the same pass the hash of the whole image is computed, as far as was asked."),
            Stage("Files within files.", "Archives, documents, messages and stores of thumbnails are unfolded, and what they hold is treated as files of its own."),
            Stage("Pictures and videos.", "They are decoded in processes kept apart from the rest. For each picture, and for frames of each video, PDQ is computed: a number of 256 bits that is near for pictures that look alike, with a quality from 0 to 100. Pictures below the least quality are not compared by look."),
            Stage("Known sets.", "Hashes of files are looked up in the sets named below; equal means the same bytes. PDQ numbers are looked up too; a picture counts as near where no more bits differ than the run allowed, in any of the eight ways a picture can be turned and mirrored. At 31 bits unlike pictures are rarely near, but they can be."),
            Stage("Accounting.", "For each image the bytes are added up by what they are, so that what was not examined is seen."),
        ], IsOrdered: true);
    }

    private static ReportText Stage(string name, string words) => ReportText.Join(ReportText.Strong(name), " " + words);

    private static IEnumerable<ReportBlock> Runs(CaseFacts facts)
    {
        if (facts.Context.Runs.Count == 0)
        {
            yield return new ParagraphBlock("The log holds no run.");
            yield break;
        }

        yield return new TableBlock("Runs of Cairn on this case", [new("No.", 0.6, IsNumber: true), new("Command", 1.6), new("Began", 2.2), new("Ended", 2.2), new("By", 1.8), new("Machine", 1.8), new("Version", 1.4)],
            facts.Context.Runs.Select(r => (IReadOnlyList<ReportText>)
            [
                Quantity.Count(r.Id), ReportText.Evidence(r.Command), Words.Clock(r.Start), r.End is string end ? Words.Clock(end) : "did not end", ReportText.Evidence(r.Who), ReportText.Evidence(r.Host), ReportText.Evidence(r.Tool),
            ]));
        string previous = "";
        foreach (ExaminationRun run in facts.Context.Runs.Where(r => r.Command == "examine"))
        {
            List<ReportFact> settings = [.. Settings(facts, run.Id)];
            string text = string.Join('\n', settings.Select(s => s.Label + string.Concat(s.Value.Runs.Select(r => r.Text))));
            if (settings.Count == 0)
            {
                continue;
            }

            if (text == previous)
            {
                yield return new ParagraphBlock($"Run {run.Id} had the same settings.");
                continue;
            }

            previous = text;
            yield return new HeadingBlock($"Settings of run {run.Id}");
            yield return new FactsBlock($"Settings of run {run.Id}", settings);
        }
    }

    private static IEnumerable<ReportFact> Settings(CaseFacts facts, long run)
    {
        foreach ((string name, string value) in facts.Options.GetValueOrDefault(run) ?? [])
        {
            if (name != "evidence" && value.Length > 0)
            {
                yield return new ReportFact(Labels.GetValueOrDefault(name) ?? name, ReportText.Evidence(value.Replace('\n', ' ')));
            }
        }
    }

    private static IEnumerable<ReportBlock> Sets(CaseFacts facts)
    {
        if (facts.KnownSets.Count == 0)
        {
            yield return new ParagraphBlock("No known set was looked up.");
            yield break;
        }

        yield return new ParagraphBlock("A set is a list of hashes with a meaning. Known: seen before, neither good nor bad. Notable: to be looked at first. Ignorable: of no interest. The SHA-256 is that of the set as it was imported, so that the same set can be told again.");
        yield return new TableBlock("Known sets looked up", [new("Name", 2), new("Meaning", 1.3), new("Version", 1.3), new("Hashes", 1.5, IsNumber: true), new("Source and licence", 2.6), new("SHA-256", 3.2)],
            facts.KnownSets.Select(s => (IReadOnlyList<ReportText>)
            [
                ReportText.Evidence(s.Row.Name), ReportText.Evidence(s.Row.Meaning), s.Row.SetVersion is string version ? ReportText.Evidence(version) : "none given", Quantity.Count(s.Row.Hashes),
                ReportText.Join(ReportText.Evidence(s.Row.Source), s.Row.Licence is string licence ? ReportText.Join("; ", ReportText.Evidence(licence)) : ""), ReportText.Code(s.Row.Sha256),
            ]));
    }
}
