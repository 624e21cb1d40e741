using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Report.Content;

/// <summary>Exhibits: what each is, its hashes, what lies on it.</summary>
internal static class ExhibitsPart
{
    private static readonly string[] Algorithms = ["MD5", "SHA1", "SHA256"];

    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        yield return new ParagraphBlock("A hash is a number computed over every byte: where two are equal, so are the bytes. Where the image holds the hash that was taken when it was made, Cairn computed it again over what it read and compared. The evidence was opened for reading only.");
        if (facts.Evidence.Count > 1)
        {
            yield return Table(facts);
        }
    }

    public static IEnumerable<ReportBlock> Short(CaseFacts facts)
    {
        yield return Table(facts);
        foreach (StoredEvidence evidence in facts.Evidence)
        {
            if (!evidence.Row.IsLogical)
            {
                yield return Hashes(facts, evidence);
            }
        }
    }

    /// <summary>Every stored hash that was computed agrees; false where one differs, null where there is none to compare.</summary>
    public static bool? Agrees(EvidenceRow row, IReadOnlyList<MediaHashRow> computed) =>
        row.StoredHashes.Count == 0 || computed.All(c => c.Verified is null) ? null : computed.All(c => c.Verified != false);

    public static IEnumerable<ReportBlock> Exhibit(CaseFacts facts, StoredEvidence evidence)
    {
        EvidenceRow row = evidence.Row;
        List<ReportFact> list = [new ReportFact("Examined as", ReportText.Evidence(row.Path)), new ReportFact("Kind", ReportText.Evidence(row.TypeName))];
        if (row.Files.Count > 1)
        {
            list.Add(new ReportFact("Files of the image", $"{Quantity.Count(row.Files.Count)}"));
        }

        if (!row.IsLogical)
        {
            list.Add(new ReportFact("Size", $"{Quantity.ExactSize(row.Size)}, sectors of {Quantity.Count(row.SectorSize)} bytes"));
        }

        foreach (KeyValuePair<string, string> pair in row.Metadata)
        {
            if (!string.IsNullOrWhiteSpace(pair.Value))
            {
                list.Add(new ReportFact($"Stated: {pair.Key}", ReportText.Evidence(pair.Value)));
            }
        }

        CaseCounts counts = facts.Reader.Counts(facts.Evidence.Count == 1 ? null : evidence.Id);
        list.Add(new ReportFact("Files and folders", $"{Quantity.Count(counts.Allocated)} live, {Quantity.Count(counts.Deleted)} deleted, {Quantity.Count(counts.Orphan)} deleted whose folder is unknown; {Quantity.Count(counts.Members)} within other files"));
        list.Add(new ReportFact("Content read", Quantity.ExactSize(counts.BytesRead)));
        list.Add(new ReportFact("Problems", $"{Quantity.Count(counts.Problems)}; {Quantity.Count(counts.Notices, "notice", "notices")}"));
        yield return new FactsBlock($"Exhibit {facts.NameOf(evidence.Id)}", list);
        if (row.IsLogical)
        {
            yield return new ParagraphBlock("A folder or an archive, not an image of a whole medium: there is no hash over all of it. Each file was hashed on its own, and deleted files cannot be seen.", ParagraphTone.Note);
        }
        else
        {
            IReadOnlyList<MediaHashRow> computed = facts.Reader.MediaHashes(evidence.Id);
            yield return Agrees(row, computed) switch
            {
                true => new ParagraphBlock("Every stored hash that was computed again agrees: the image is what it was when it was made.", ParagraphTone.Good),
                false => new ParagraphBlock("A STORED HASH DIFFERS from the one computed: the image is not, byte for byte, what it was when it was made, or its stored hash is wrong.", ParagraphTone.Warning),
                _ when computed.Count > 0 => new ParagraphBlock("The image stores no hash that could be compared. The hashes computed now fix its content from here on.", ParagraphTone.Note),
                _ => new ParagraphBlock("No hash of the whole image was computed.", ParagraphTone.Warning),
            };
            yield return Hashes(facts, evidence);
            yield return Volumes(facts, evidence);
        }
    }

    private static TableBlock Table(CaseFacts facts) => new("Exhibits",
        [new("Exhibit", 3), new("Kind", 3), new("Size", 2, IsNumber: true), new("Live", 1.3, IsNumber: true), new("Deleted", 1.3, IsNumber: true), new("Integrity", 3.4)],
        facts.Evidence.Select(e =>
        {
            CaseCounts counts = facts.Reader.Counts(facts.Evidence.Count == 1 ? null : e.Id);
            return (IReadOnlyList<ReportText>)
            [
                ReportText.Evidence(facts.NameOf(e.Id)),
                ReportText.Evidence(e.Row.TypeName),
                e.Row.IsLogical ? "" : Quantity.Size(e.Row.Size),
                Quantity.Count(counts.Allocated),
                Quantity.Count(counts.Deleted + counts.Orphan),
                e.Row.IsLogical ? "files hashed one by one" : Agrees(e.Row, facts.Reader.MediaHashes(e.Id)) switch { true => "stored hash agrees", false => ReportText.Strong("STORED HASH DIFFERS"), _ => "nothing to compare" },
            ];
        }));

    private static TableBlock Hashes(CaseFacts facts, StoredEvidence evidence)
    {
        IReadOnlyList<MediaHashRow> computed = facts.Reader.MediaHashes(evidence.Id);
        List<IReadOnlyList<ReportText>> rows = [];
        foreach (string algorithm in Algorithms)
        {
            MediaHashRow? mine = computed.FirstOrDefault(c => c.Algorithm == algorithm);
            StoredHash[] stored = [.. evidence.Row.StoredHashes.Where(s => s.Algorithm == algorithm)];
            foreach (StoredHash claim in stored)
            {
                bool? equal = mine is null ? null : claim.Value.AsSpan().SequenceEqual(mine.Value);
                rows.Add([
                    Name(algorithm),
                    ReportText.Code(Convert.ToHexStringLower(claim.Value)),
                    ReportText.Code(mine is null ? "" : Convert.ToHexStringLower(mine.Value)),
                    ReportText.Join(equal switch { true => "agrees", false => ReportText.Strong("DIFFERS"), _ => "not computed" }, "; stored in ", ReportText.Evidence(claim.Source)),
                ]);
            }

            if (mine is not null && stored.Length == 0)
            {
                rows.Add([Name(algorithm), "none stored", ReportText.Code(Convert.ToHexStringLower(mine.Value)), "nothing to compare"]);
            }
        }

        return new TableBlock($"Hashes of the whole image, exhibit {facts.NameOf(evidence.Id)}", [new("Algorithm", 1.4), new("Stored", 4), new("Computed", 4), new("Outcome", 2.6)], rows);
    }

    private static string Name(string algorithm) => algorithm switch { "SHA1" => "SHA-1", "SHA256" => "SHA-256", _ => algorithm };

    private static TableBlock Volumes(CaseFacts facts, StoredEvidence evidence) => new($"Parts of the image, exhibit {facts.NameOf(evidence.Id)}",
        [new("No.", 0.7, IsNumber: true), new("Kind", 1.7), new("First byte", 2, IsNumber: true), new("Bytes", 2, IsNumber: true), new("Type", 2), new("File system", 2), new("Label", 1.8)],
        facts.Reader.Volumes(evidence.Id).Select(v => (IReadOnlyList<ReportText>)
        [
            $"{v.Index}",
            v.Volume.Kind switch { VolumeKind.Partition => "partition", VolumeKind.Unallocated => "unallocated", _ => "partition table" },
            Quantity.Count(v.Volume.Offset),
            Quantity.Count(v.Volume.Length),
            ReportText.Evidence(v.Volume.TypeName ?? v.Volume.TypeCode ?? v.Volume.Scheme),
            v.FileSystem is FileTreeInfo info ? ReportText.Join(ReportText.Evidence(info.TypeName), info.TimesAreLocal ? ", local times" : "")
                : v.Signature is VolumeSignature signature ? ReportText.Join(ReportText.Evidence(signature.Name), ", not read")
                : v.Volume.Kind == VolumeKind.Partition ? "none recognised" : "",
            ReportText.Evidence(v.FileSystem?.Label ?? v.Volume.Label),
        ]));
}
