using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Report.Content;

/// <summary>What was examined and what not: sums of bytes, content by outcome, problems.</summary>
internal static class CoveragePart
{
    public static ReportSection Section(CaseFacts facts)
    {
        List<ReportSection> parts = [.. facts.Evidence.Select(e => new ReportSection(CaseReport.Id("coverage", e.Id), ReportText.Join("What was examined, exhibit ", ReportText.Evidence(facts.NameOf(e.Id))), () => Exhibit(facts, e)))];
        parts.Add(new ReportSection("problems", "Problems", () => Problems(facts)));
        return new ReportSection("coverage", "Coverage and limits", () => Limits(facts), parts);
    }

    public static IEnumerable<ReportBlock> Short(CaseFacts facts)
    {
        foreach (ReportBlock block in Limits(facts))
        {
            yield return block;
        }

        if (facts.ProblemCounts.Count > 0)
        {
            yield return Counts(facts);
        }
    }

    private static IEnumerable<ReportBlock> Limits(CaseFacts facts)
    {
        List<ReportText> limits =
        [
            "Deleted files are those that the file system still lists. Contents in free space that no entry points to were not searched for.",
            "That the clusters of a deleted file are free does not show that they still hold its content: another file may have used and freed them in between.",
            "Times are those stored on the exhibit. They are not checked against another clock, and programs can set them.",
            "A file is known only where its hash is in a set that was looked up, at the version named. A changed copy has another hash; a picture that was cut, turned by other than a right angle, or set into another one may not be found by its look.",
        ];
        if (facts.Evidence.Any(e => facts.Reader.Volumes(e.Id).Any(v => v.Signature is { Encrypted: true })))
        {
            limits.Add(ReportText.Strong("At least one part of an exhibit is encrypted and was not opened: nothing is known of what it holds."));
        }

        if (facts.Options.Values.Any(o => o.Any(p => p.Key == "no-content" && p.Value == "yes")))
        {
            limits.Add("At least one run made an inventory only: no file was read in it.");
        }

        if (facts.Options.Values.Any(o => o.Any(p => p.Key == "pictures" && p.Value == "no")))
        {
            limits.Add("At least one run decoded no pictures and videos.");
        }

        yield return new ListBlock(limits);
    }

    private static IEnumerable<ReportBlock> Exhibit(CaseFacts facts, StoredEvidence evidence)
    {
        IReadOnlyList<CoverageRow> coverage = facts.Reader.Coverage(evidence.Id);
        if (coverage.Count > 0)
        {
            long sum = coverage.Sum(c => c.Bytes);
            yield return new TableBlock($"Every byte of the image by what it is, exhibit {facts.NameOf(evidence.Id)}", [new("Part", 0.8, IsNumber: true), new("What it is", 2.6), new("Bytes", 2.2, IsNumber: true), new("Note", 5)],
                coverage.Select(c => (IReadOnlyList<ReportText>)[c.VolumeIndex is int part ? $"{part}" : "", Category(c.Category), Quantity.Count(c.Bytes), ReportText.Evidence(c.Note)])
                    .Append(["", ReportText.Strong("sum"), ReportText.Strong(Quantity.Count(sum)), sum == evidence.Row.Size ? "equal to the size of the image: every byte is accounted for" : ReportText.Strong($"DIFFERS from the size of the image, {Quantity.Count(evidence.Row.Size)}")]));
        }
        else
        {
            yield return new ParagraphBlock(evidence.Row.IsLogical ? "A folder or archive: what was examined are its files, counted below." : "The bytes were not accounted for: the examination of this exhibit did not come to its end.", evidence.Row.IsLogical ? ParagraphTone.Normal : ParagraphTone.Warning);
        }

        CaseCounts counts = facts.Reader.Counts(facts.Evidence.Count == 1 ? null : evidence.Id);
        if (counts.ContentByStatus.Count == 0)
        {
            yield return new ParagraphBlock("No file was read.", ParagraphTone.Warning);
            yield break;
        }

        long dealtWith = counts.ContentByStatus.Values.Sum(), all = counts.Streams + counts.Members;
        IEnumerable<IReadOnlyList<ReportText>> rows = Enum.GetValues<ContentStatus>().Where(counts.ContentByStatus.ContainsKey)
            .Select(s => (IReadOnlyList<ReportText>)[Capital(FieldWords.Of(s)), Quantity.Count(counts.ContentByStatus[s]), Status(s)]);
        if (dealtWith < all)
        {
            rows = rows.Append(["Not dealt with", Quantity.Count(all - dealtWith), "Not read yet, or not to be read (folders, links)."]);
        }

        yield return new TableBlock($"Contents by what became of them, exhibit {facts.NameOf(evidence.Id)}", [new("Outcome", 2), new("Contents", 1.4, IsNumber: true), new("Which means", 5)], rows);
    }

    private static IEnumerable<ReportBlock> Problems(CaseFacts facts)
    {
        if (facts.ProblemCounts.Count == 0)
        {
            yield return new ParagraphBlock("No problem was met.");
            yield break;
        }

        yield return Counts(facts);
        if (!facts.Has(ReportPart.Problems))
        {
            yield break;
        }

        long all = facts.ProblemCounts.Sum(p => p.Count);
        if (all > facts.Settings.MostProblems)
        {
            yield return new ParagraphBlock($"The first {Quantity.Count(facts.Settings.MostProblems)} of {Quantity.Count(all)} are listed, in the order of exhibit, part and stage. The case holds all of them.", ParagraphTone.Warning);
        }

        if (facts.Settings.MostProblems > 0)
        {
            yield return new TableBlock("Problems and notices", [new("Exhibit", 1.6), new("Kind", 1.4), new("Where", 4), new("Why", 4)], facts.Reader.Problems(null, facts.Settings.MostProblems).Select(p => (IReadOnlyList<ReportText>)
            [
                ReportText.Evidence(facts.NameOf(p.EvidenceId)), FieldWords.Of(p.Problem.Kind), ReportText.Evidence(Place(facts, p)),
                ReportText.Join(ReportText.Evidence(p.Problem.Reason), p.Problem.Offset is long offset ? $" (at byte {Quantity.Count(offset)}{(p.Problem.Length is long length ? $", {Quantity.Count(length, "byte", "bytes")}" : "")})" : ""),
            ]));
        }
    }

    private static TableBlock Counts(CaseFacts facts) => new("Problems and notices by exhibit, stage and kind", [new("Exhibit", 2), new("Stage", 2), new("Kind", 1.6), new("Count", 1.2, IsNumber: true), new("Which means", 5)],
        facts.ProblemCounts.Select(p => (IReadOnlyList<ReportText>)[ReportText.Evidence(facts.NameOf(p.EvidenceId)), Words.Of(p.Stage), FieldWords.Of(p.Kind), Quantity.Count(p.Count), Kind(p.Kind)]));

    private static string Place(CaseFacts facts, StoredProblem problem)
    {
        string part = problem.VolumeIndex is int index ? $"part {index}, " : "";
        string path = problem.EntryId is long entry && facts.Reader.PathOf(entry) is { Length: > 0 } known ? $"Id {entry}, {known}, " : "";
        return part + path + problem.Problem.Place;
    }

    private static string Category(string category) => category switch
    {
        "file system" => "files and their file system",
        "unallocated in file system" => "free space of a file system",
        "volume slack" => "end of a part that its file system does not use",
        "unallocated" => "outside any partition",
        "unknown" => "no file system recognised",
        "unsupported" => "recognised, not read by this version",
        _ => category,
    };

    private static string Status(ContentStatus status) => status switch
    {
        ContentStatus.Read => "Every byte was read and hashed.",
        ContentStatus.PartlyUnreadable => "Some bytes could not be read; there is no hash, and a problem says which.",
        ContentStatus.Unreadable => "Nothing could be read; a problem says why.",
        ContentStatus.Encrypted => "Encrypted, and no key is known.",
        ContentStatus.Overwritten => "Deleted, and the clusters are in use by another file: what is there is not this file's content.",
        ContentStatus.NameOnly => "Only a name is left.",
        ContentStatus.NotHashed => "Not a file's content (free space, a folder's index): covered by the hash of the image.",
        ContentStatus.Changed => "The file changed while it was read.",
        _ => "",
    };

    private static string Kind(ProblemKind kind) => kind switch
    {
        ProblemKind.Notice => "Worth knowing; nothing was lost.",
        ProblemKind.Malformed => "Bytes contradict the format, so what they describe could not be read.",
        ProblemKind.Unreadable => "Bytes could not be read from the image.",
        ProblemKind.Cycle => "A link on the medium leads back to where it came from; it was followed once.",
        ProblemKind.LimitReached => "A limit that protects the examination was reached; what lies beyond was not read.",
        ProblemKind.Missing => "Something that the format promises is not there.",
        ProblemKind.Mismatch => "A stored hash, checksum or copy differs from what was computed.",
        ProblemKind.Unsupported => "Recognised, but not read by this version.",
        ProblemKind.Encrypted => "Encrypted, and no key is known.",
        ProblemKind.Changed => "The evidence changed while it was read.",
        _ => "",
    };

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
