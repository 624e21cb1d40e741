using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Reports;

namespace Cairn.Cli.Display;

/// <summary>A case on one screen, as an examiner would paste it into notes.</summary>
internal sealed class CaseScreen(Screen screen, CaseSummary summary, CaseReader reader)
{
    private const int ProblemsInFull = 5;

    public void Write()
    {
        screen.Pair("Case", summary.Directory);
        foreach (RunPart run in summary.Runs)
        {
            screen.Pair($"Run {run.Id}", $"{Second(run.FirstUtc)} to {Second(run.LastUtc)}, {run.Tool}, {run.Who} on {run.Host}");
        }

        foreach (StoredKnownSet set in summary.KnownSets)
        {
            string version = set.Row.SetVersion is string v ? $", version {v}" : "";
            screen.Pair(set == summary.KnownSets[0] ? "Known sets" : "", $"{set.Row.Name} ({set.Row.Meaning}{version}): {Quantity.Count(set.Row.Hashes, "hash", "hashes")}, SHA-256 {set.Row.Sha256}");
        }

        foreach (EvidencePart part in summary.Evidence)
        {
            screen.Line();
            Evidence(part);
        }

        screen.Line();
        Inside();
        Hits();
        Problems();
        Audit();
    }

    private void Evidence(EvidencePart part)
    {
        EvidenceRow row = part.Stored.Row;
        screen.Pair($"Evidence {part.Stored.Id}", row.Path);
        if (row.Exhibit is string exhibit)
        {
            screen.Pair("Exhibit", exhibit, 2);
        }

        screen.Pair("Type", row.TypeName + (row.Files.Count > 1 ? $", {row.Files.Count} files" : ""), 2);
        if (!row.IsLogical)
        {
            screen.Pair("Media", $"{Quantity.ExactSize(row.Size)}, {row.SectorSize}-byte sectors", 2);
        }

        foreach (KeyValuePair<string, string> pair in row.Metadata)
        {
            if (!string.IsNullOrWhiteSpace(pair.Value))
            {
                screen.Pair(Capital(pair.Key), pair.Value, 2);
            }
        }

        if (!row.IsLogical)
        {
            bool any = false;
            foreach ((string label, string text) in HashReport.Lines(row.StoredHashes, part.Hashes))
            {
                any = true;
                screen.Pair(label, text, 2);
            }

            if (!any)
            {
                screen.Pair("Media hash", "not computed", 2);
            }
        }

        screen.Line();
        Volumes(part);
        screen.Line();
        CaseCounts counts = part.Counts;
        screen.Pair("Entries", $"{Quantity.Count(counts.Allocated)} allocated, {Quantity.Count(counts.Deleted)} deleted, {Quantity.Count(counts.Orphan)} orphan; {Quantity.Count(counts.Streams, "stream", "streams")}", 2);
        long dealtWith = counts.ContentByStatus.Values.Sum();
        string content = string.Join(", ", Enum.GetValues<ContentStatus>().Where(counts.ContentByStatus.ContainsKey).Select(s => $"{Quantity.Count(counts.ContentByStatus[s])} {FieldWords.Of(s)}"));
        screen.Pair("Content", dealtWith == 0 ? "not examined" : $"{content}{(dealtWith < counts.Streams ? $", {Quantity.Count(counts.Streams - dealtWith)} not examined" : "")}; {Quantity.ExactSize(counts.BytesRead)} read", 2);
        Coverage(part);
    }

    private void Volumes(EvidencePart part)
    {
        List<string[]> rows = [];
        foreach (VolumeRow row in part.Volumes)
        {
            string system = row.FileSystem is FileTreeInfo info
                ? info.TypeName + (info.TimesAreLocal ? " (local times)" : "")
                : row.Signature is VolumeSignature signature ? $"{signature.Name}, not opened"
                : row.Volume.Kind == VolumeKind.Partition ? "none recognised" : "";
            rows.Add([
                $"{row.Index}",
                FieldWords.Of(row.Volume.Kind),
                Quantity.Count(row.Volume.Offset),
                Quantity.Count(row.Volume.Length),
                Type(row.Volume),
                system,
                row.FileSystem?.Label ?? row.Volume.Label ?? "",
            ]);
        }

        screen.Table(2, ["Volume>", "kind", "offset>", "length>", "type", "file system", "label"], rows);
    }

    private void Coverage(EvidencePart part)
    {
        if (part.Coverage.Count == 0)
        {
            screen.Pair("Coverage", part.Stored.Row.IsLogical ? "every file of the tree is an entry above" : "not complete: the examination was stopped", 2);
            return;
        }

        long sum = 0;
        List<string[]> rows = [];
        foreach (CoverageRow row in part.Coverage)
        {
            sum += row.Bytes;
            rows.Add([row.VolumeIndex is int index ? $"{index}" : "", row.Category, Quantity.Count(row.Bytes), row.Note ?? ""]);
        }

        long size = part.Stored.Row.Size;
        rows.Add(["", "total", Quantity.Count(sum), sum == size ? "every byte of the media is accounted for" : $"DIFFERS from the media by {Quantity.Count(Math.Abs(sum - size))} bytes"]);
        screen.Line();
        screen.Table(2, ["Volume>", "coverage", "bytes>", "note"], rows);
    }

    private void Inside()
    {
        CaseCounts counts = summary.Counts;
        if (counts.Members > 0)
        {
            screen.Pair("Embedded", $"{Quantity.Count(counts.Members)} files within files");
        }

        if (counts.Pictures + counts.Videos > 0)
        {
            string failed = counts.PicturesNotDecoded > 0 ? $"; {Quantity.Count(counts.PicturesNotDecoded)} not decoded, each listed as a problem" : "";
            screen.Pair("Pictures", $"{Quantity.Count(counts.Pictures, "picture", "pictures")}, {Quantity.Count(counts.Videos, "video", "videos")}{failed}; {Quantity.Count(counts.AlikeGroups, "group of alike ones", "groups of alike ones")}");
        }
    }

    private void Hits()
    {
        if (summary.KnownSets.Count == 0)
        {
            screen.Pair("Hits", "no known set was looked up");
            return;
        }

        foreach (StoredKnownSet set in summary.KnownSets)
        {
            screen.Pair(set == summary.KnownSets[0] ? "Hits" : "", $"{set.Row.Name} ({set.Row.Meaning}): {Quantity.Count(summary.HitsBySet.GetValueOrDefault(set.Id))}");
        }
    }

    private void Problems()
    {
        CaseCounts counts = summary.Counts;
        if (counts.ProblemsByKind.Count == 0)
        {
            screen.Pair("Problems", "none");
            return;
        }

        string kinds = string.Join(", ", counts.ProblemsByKind.Where(p => p.Key != ProblemKind.Notice).OrderBy(p => p.Key).Select(p => $"{Quantity.Count(p.Value)} {FieldWords.Of(p.Key)}"));
        screen.Pair("Problems", $"{Quantity.Count(counts.Problems)}{(kinds.Length > 0 ? $" ({kinds})" : "")}; {Quantity.Count(counts.Notices, "notice", "notices")}");
        var shown = new Dictionary<ProblemKind, int>();
        long hidden = 0;
        foreach (StoredProblem stored in reader.Problems())
        {
            int already = shown.GetValueOrDefault(stored.Problem.Kind);
            if (already == ProblemsInFull)
            {
                hidden++;
                continue;
            }

            shown[stored.Problem.Kind] = already + 1;
            screen.Line($"  {FieldWords.Of(stored.Problem.Kind),-13} {VisibleText.Escape(Place(stored))}: {VisibleText.Escape(stored.Problem.Reason)}{At(stored.Problem)}");
        }

        if (hidden > 0)
        {
            screen.Line($"  and {Quantity.Count(hidden)} more of these kinds: cairn show --case {VisibleText.Escape(summary.Directory)} --json lists all");
        }
    }

    private static string At(Problem problem) => problem.Offset is long offset
        ? $" (offset {Quantity.Count(offset)}{(problem.Length is long length ? $", {Quantity.Count(length, "byte", "bytes")}" : "")})"
        : "";

    private string Place(StoredProblem stored)
    {
        string where = summary.Evidence.Count > 1 ? $"evidence {stored.EvidenceId}, " : "";
        if (stored.VolumeIndex is int index)
        {
            where += $"volume {index}, ";
        }

        if (stored.EntryId is long entry && reader.PathOf(entry) is string path)
        {
            where += $"{path}, ";
        }

        return where + stored.Problem.Place;
    }

    private void Audit()
    {
        if (summary.LastAudit is not AuditEntry last)
        {
            screen.Pair("Audit log", "empty");
            return;
        }

        screen.Pair("Audit log", $"{Quantity.Count(last.Sequence, "entry", "entries")}, root {Convert.ToHexStringLower(last.Root)}");
        if (summary.Checkpoints.Count > 0)
        {
            CaseCheckpoint checkpoint = summary.Checkpoints[^1];
            screen.Pair("Checkpoint", $"{checkpoint.Number}, signed, covers {Quantity.Count(checkpoint.Size, "entry", "entries")}; note the root or keep a copy of {Path.Combine(summary.Directory, "checkpoints")} elsewhere");
        }
        else
        {
            screen.Pair("Checkpoint", "none yet: no run has ended");
        }
    }

    private static string Type(Volume volume)
    {
        string type = volume.TypeName ?? volume.TypeCode ?? "";
        return type.StartsWith(volume.Scheme, StringComparison.Ordinal) ? type : $"{volume.Scheme} {type}".TrimEnd();
    }

    /// <summary>The log keeps the fraction; a person does not read it.</summary>
    private static string Second(string utc) => utc.Length > 20 && utc[19] == '.' ? utc[..19] + "Z" : utc;

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
}
