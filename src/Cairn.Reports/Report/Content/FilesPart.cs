using Cairn.CaseStore;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;

namespace Cairn.Reports.Report.Content;

/// <summary>Files one by one, with everything that is known of each.</summary>
internal static class FilesPart
{
    // More runs than this are counted, not listed: a badly broken up file has thousands.
    private const int MostRuns = 40;

    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        if (facts.Chosen.Count == 0)
        {
            yield return new ParagraphBlock(Nothing(facts));
            yield break;
        }

        yield return new ParagraphBlock((facts.IsChosen
            ? $"{Quantity.Count(facts.Chosen.Count, "file was", "files were")} asked for. "
            : $"{Quantity.Count(facts.Chosen.Count, "file is", "files are")} bookmarked or {(facts.Chosen.Count == 1 ? "has" : "have")} a notable hit. ")
            + "Each has its identity in the case (Id), by which it is found again in the case, in exports and in this report.");
        yield return new ParagraphBlock(facts.Settings.Pictures switch
        {
            ReportPictures.Blurred => "Pictures are blurred: a few grey samples of each, from which the picture cannot be had back.",
            ReportPictures.Shown => "Pictures are shown as small copies, but those that a bookmark leaves out or blurs.",
            ReportPictures.Chosen => "Pictures are shown or blurred where a bookmark says so; all others are left out.",
            _ => "Pictures are left out.",
        }, ParagraphTone.Note);
        Extents extents = new(facts.Settings.Access);
        foreach (ExportRow row in facts.Reader.Entries(facts.Chosen))
        {
            yield return new FileBlock(CaseReport.Id("file", row.Id), ReportText.Join($"Id {row.Id}: ", ReportText.Evidence(Name(row))), [.. Facts(facts, row, extents)], Picture(facts, row));
        }
    }

    public static IEnumerable<ReportBlock> List(CaseFacts facts)
    {
        if (facts.Chosen.Count == 0)
        {
            yield return new ParagraphBlock(Nothing(facts));
            yield break;
        }

        yield return new TableBlock("Files", [new("Id", 0.9, IsNumber: true), new("Exhibit", 1.5), new("File", 4), new("State", 1.3), new("Modified", 1.9), new("SHA-256", 3.2)],
            facts.Reader.Entries(facts.Chosen).Select(row => (IReadOnlyList<ReportText>)
            [
                $"{row.Id}", ReportText.Evidence(facts.NameOf(row.EvidenceId)), Path(row), Words.Of(row.State), EntryTimeLine.Text(row.Times.Modified) ?? "none stored",
                row.Sha256 is byte[] hash ? ReportText.Code(Convert.ToHexStringLower(hash)) : Words.Content(row),
            ]));
    }

    /// <summary>The whole path, with the stream where it is not the main one.</summary>
    public static ReportText Path(ExportRow row) => ReportText.Evidence(row.Path.Length == 0 ? "/" : row.Stream.Length == 0 ? row.Path : $"{row.Path}:{row.Stream}");

    private static string Nothing(CaseFacts facts) => facts.IsChosen ? "No file is as was asked for." : "No file has a notable hit, and none is bookmarked.";

    private static string Name(ExportRow row)
    {
        string name = row.Path[(row.Path.LastIndexOf('/') + 1)..];
        name = name.Length == 0 ? "/" : name;
        return row.Stream.Length == 0 ? name : $"{name}:{row.Stream}";
    }

    private static IEnumerable<ReportFact> Facts(CaseFacts facts, ExportRow row, Extents extents)
    {
        yield return new ReportFact("Exhibit and part", ReportText.Join(ReportText.Evidence(facts.NameOf(row.EvidenceId)), row.VolumeIndex is int volume ? $", part {volume}" : ""));
        yield return new ReportFact("Path", Path(row));
        if (row.ShortName is string shortName)
        {
            yield return new ReportFact("Short name", ReportText.Evidence(shortName));
        }

        if (row.NameBytes is byte[] bytes)
        {
            yield return new ReportFact("Name as stored", ReportText.Join("not valid text; bytes ", ReportText.Code(Convert.ToHexStringLower(bytes))));
        }

        yield return new ReportFact("Address", ReportText.Join(ReportText.Code(row.Address), row.FirstOffset >= 0 && row.Member is null ? $"; first byte at {Quantity.Count(row.FirstOffset)} of the part" : ""));
        if (row.Member is StoredMember member)
        {
            yield return new ReportFact("Lies in", ReportText.Join($"Id {member.ParentId}, ", ReportText.Evidence(facts.Reader.PathOf(member.ParentId) ?? ""), $" (as {FieldWords.Of(member.Kind)}, level {member.Depth}{(member.Encrypted ? ", stored encrypted" : "")})"));
        }

        yield return new ReportFact("State", Words.State(row));
        yield return new ReportFact("Size", Quantity.ExactSize(row.Size) + (row.ValidLength < row.Size ? $"; only the first {Quantity.Count(row.ValidLength)} were ever written" : ""));
        yield return new ReportFact("Type", ReportText.Join(row.Mime is string mime ? ReportText.Evidence(mime) : "not known", row.ExtensionMismatch ? "; the extension says something else" : ""));
        yield return new ReportFact("Content", Words.Content(row));
        foreach ((string name, byte[]? hash) in new[] { ("MD5", row.Md5), ("SHA-1", row.Sha1), ("SHA-256", row.Sha256) })
        {
            if (hash is not null)
            {
                yield return new ReportFact(name, ReportText.Code(Convert.ToHexStringLower(hash)));
            }
        }

        foreach (ReportFact time in Times(facts, row))
        {
            yield return time;
        }

        if (row.Picture is StoredPicture picture)
        {
            yield return new ReportFact(picture.Kind == PictureKind.Video ? "Video" : "Picture", PictureText(picture));
            foreach ((string name, string value) in picture.Facts)
            {
                yield return new ReportFact("Stated in it", ReportText.Join(ReportText.Evidence(name), ": ", ReportText.Evidence(value)));
            }

            if (picture.Alike is AlikeRow { Kind: > 0 } alike)
            {
                yield return new ReportFact("Alike", $"{FieldWords.OfAlike(alike.Kind)} as Id {alike.GroupId}{(alike.Kind == 3 ? $": {alike.Distance} of 256 bits differ" : "")}");
            }
        }

        foreach (ReportFact fact in GradesPart.Of(facts, row))
        {
            yield return fact;
        }

        foreach (HitRow hit in row.Hits)
        {
            KnownSetRow? set = facts.Context.Set(hit.SetId);
            yield return new ReportFact("Hit", ReportText.Join(
                ReportText.Evidence(facts.Context.MeaningOf(hit) ?? ""), ": set ", ReportText.Evidence(set?.Name ?? "not in the case"), set?.SetVersion is string version ? ReportText.Join(" ", ReportText.Evidence(version)) : "",
                hit.Entry is HitEntryRow entry ? ReportText.Join(", entry ", ReportText.Evidence(entry.Id), entry.Category is string category ? ReportText.Join(", category ", ReportText.Evidence(category)) : "") : "",
                "; ", ReportText.Evidence(Words.Explained(hit)), GradesPart.Overruled(facts, row, hit, set)));
        }

        if (Places(row, extents) is ReportText places)
        {
            yield return new ReportFact("Where its bytes lie", places);
        }

        foreach (ClaimRow claim in row.Claims.Take(MostRuns))
        {
            yield return new ReportFact("Clusters it had", $"{Quantity.Count(claim.Length)} bytes at {Quantity.Count(claim.VolumeOffset)} of the part: "
                + (claim.State switch { ClaimState.Free => "free", ClaimState.InUse => "in use by another file now", _ => "free, but another deleted file claims them too" })
                + (claim.OtherEntryId is long other ? $" (Id {other})" : ""));
        }

        if (row.Claims.Count > MostRuns)
        {
            yield return new ReportFact("Clusters it had", $"and {Quantity.Count(row.Claims.Count - MostRuns)} more runs");
        }

        foreach (Problem problem in row.Problems)
        {
            yield return new ReportFact("Problem", ReportText.Join($"{FieldWords.Of(problem.Kind)}: ", ReportText.Evidence($"{problem.Place}: {problem.Reason}")));
        }
    }

    /// <summary>Equal times of one source stand together: most files have four that are the same.</summary>
    private static IEnumerable<ReportFact> Times(CaseFacts facts, ExportRow row)
    {
        bool any = false;
        foreach (var group in Enumerable.Range(0, EntryTimeLine.Count).Where(i => !EntryTimeLine.Of(row, i).IsNone)
            .GroupBy(i => (Source: EntryTimeLine.Source(row, i, facts.Context), Time: EntryTimeLine.Of(row, i))))
        {
            any = true;
            string names = string.Join(", ", group.Select(EntryTimeLine.Name));
            yield return new ReportFact(char.ToUpperInvariant(names[0]) + names[1..], ReportText.Join(EntryTimeLine.Text(group.Key.Time) ?? "none", $" ({group.Key.Source})"));
        }

        if (!any)
        {
            yield return new ReportFact("Times", "none stored");
        }
    }

    private static ReportText PictureText(StoredPicture picture)
    {
        string size = picture.Width > 0 ? $"{picture.Width} x {picture.Height} pixels" : "size not known";
        string length = picture.Milliseconds is long ms ? $", {Quantity.Duration(TimeSpan.FromMilliseconds(ms))} long as it states" : "";
        ReportText hash = picture.Hash is Core.Pictures.PdqHash pdq ? ReportText.Join("; PDQ ", ReportText.Code(pdq.ToString()), $", quality {picture.Quality} of 100") : "";
        string outcome = picture.Status == Core.Pictures.PictureStatus.Decoded ? "" : $"; {FieldWords.Of(picture.Status)}";
        return ReportText.Join(picture.Format is string format ? ReportText.Join(ReportText.Evidence(format), ", ") : "", $"{size}{length}", hash, outcome);
    }

    private static ReportText? Places(ExportRow row, Extents extents)
    {
        if (row.Member is not null || !extents.CanAsk)
        {
            return null;
        }

        if ((row.Flags & StreamFlags.Resident) != 0)
        {
            return "in the file system's own record of the file";
        }

        (IReadOnlyList<Extent> runs, string? why) = extents.Of(row);
        if (why is not null)
        {
            return ReportText.Join("not known: ", ReportText.Evidence(why));
        }

        if (runs.Count == 0)
        {
            return null;
        }

        string text = string.Join("; ", runs.Take(MostRuns).Select(r => r.IsSparse ? $"{Quantity.Count(r.Length)} bytes without clusters, read as zeros" : $"{Quantity.Count(r.Length)} bytes at {Quantity.Count(r.VolumeOffset)}"));
        return $"{text}{(runs.Count > MostRuns ? $"; and {Quantity.Count(runs.Count - MostRuns)} more runs" : "")} (bytes of the part)";
    }

    private static SmallPicture? Picture(CaseFacts facts, ExportRow row)
    {
        ReportPictures how = facts.Review.Picture(row.Id, facts.Settings.Pictures);
        if (how == ReportPictures.None || facts.Settings.Thumbnails is not ThumbnailReader thumbnails || row.Picture is null)
        {
            return null;
        }

        try
        {
            if (thumbnails.Read(row.Id) is not Thumbnail small)
            {
                return null;
            }

            string what = small.Kind == ThumbnailKind.ContactSheet ? "Stills of the video" : "Small copy of the picture";
            return how == ReportPictures.Shown
                ? new SmallPicture(small.Width, small.Height, $"{what} Id {row.Id}") { Jpeg = small.Jpeg }
                : BlurredPicture.Of(small.Jpeg.Span) is (byte[] grey, int columns) ? new SmallPicture(small.Width, small.Height, $"{what} Id {row.Id}, blurred") { Grey = grey, GreyColumns = columns } : null;
        }
        catch (MalformedDataException error)
        {
            facts.Settings.Complain($"the small picture of Id {row.Id} cannot be shown: {error.Message}");
            return null;
        }
    }

    /// <summary>Asks for runs, and not again for an exhibit that does not open.</summary>
    private sealed class Extents(IEvidenceAccess? access)
    {
        private readonly Dictionary<long, string> closed = [];

        public bool CanAsk => access is not null;

        public (IReadOnlyList<Extent> Runs, string? Why) Of(ExportRow row)
        {
            if (closed.TryGetValue(row.EvidenceId, out string? reason))
            {
                return ([], reason);
            }

            try
            {
                return (access!.Runs(row), null);
            }
            catch (EvidenceException error)
            {
                closed[row.EvidenceId] = error.Message;
                return ([], error.Message);
            }
            catch (Exception error) when (error is MalformedDataException or UnreadableDataException)
            {
                return ([], error.Message);
            }
        }
    }
}
