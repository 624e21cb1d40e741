using Cairn.Core;
using Cairn.Storage.Volumes.Apm;
using Cairn.Storage.Volumes.Gpt;
using Cairn.Storage.Volumes.Mbr;

namespace Cairn.Storage.Volumes;

/// <summary>Cuts media into parts: partitions, the sectors of the tables themselves, and what no partition claims.</summary>
public static class VolumeLayout
{
    private const string NoScheme = "none";

    /// <summary>
    /// The parts of <paramref name="media"/>, ascending and not overlapping, their lengths adding up to the media's length. Media without a
    /// partition table is one partition of scheme "none". Every doubt about the table is a problem; never throws on any bytes.
    /// </summary>
    public static IReadOnlyList<Volume> Read(IByteSource media, IProblemSink problems)
    {
        ArgumentNullException.ThrowIfNull(media);
        ArgumentNullException.ThrowIfNull(problems);
        if (media.Length == 0)
        {
            return [];
        }

        foreach (IVolumeSystemFormat format in Candidates(media, problems))
        {
            try
            {
                List<Volume> parts = [.. format.Read(media, problems)];
                return Fill(media, parts, SchemeOf(format), problems);
            }
            catch (MalformedDataException error)
            {
                problems.Report(Problem.From(error, format.Description.Name));
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, format.Description.Name));
            }
        }

        return [new Volume(VolumeKind.Partition, NoScheme, 0, media.Length)];
    }

    /// <summary>The tables to try, best first; empty where the media is to be taken as one volume.</summary>
    private static List<IVolumeSystemFormat> Candidates(IByteSource media, IProblemSink problems)
    {
        ReportUnreadableStart(media, problems);
        List<(IVolumeSystemFormat Format, ProbeResult Result)> tables = [];
        foreach (IVolumeSystemFormat format in StorageCatalogue.VolumeSystems)
        {
            ProbeResult result = format.Probe(media);
            if (result.Confidence != ProbeConfidence.None)
            {
                tables.Add((format, result));
            }
        }

        if (tables.Count == 0)
        {
            return [];
        }

        MbrEntry[]? entries = MbrFormat.EntriesOf(new Peek(media));
        bool protective = entries is not null && entries.Any(e => e.IsProtective && e.IsUsed);
        IFileSystemFormat? whole = FileSystemProbe.Certain(media);

        // A stable sort: catalogue order among equals, which has GPT before the MBR that protects it. A GPT whose checksums do not hold is
        // still better than its protective MBR, which names no partition.
        tables = [.. tables.OrderByDescending(t => t.Format is GptFormat && protective ? ProbeConfidence.Certain : t.Result.Confidence)];
        if (whole is not null)
        {
            string? why = tables[0].Format switch
            {
                GptFormat => protective ? null : "the GPT has no protective MBR and was left behind by an earlier use",
                MbrFormat => MbrLosesTo(media, entries!, tables[0].Result.Confidence) ? "none of the partitions that its first sector seems to name begins with a file system" : null,
                _ => null,
            };
            if (why is not null)
            {
                problems.Report(new Problem(ProblemKind.Notice, "media", $"it is both {whole.Description.Name} from its first sector and a {SchemeOf(tables[0].Format)} table ({tables[0].Result.Why}); read as {whole.Description.Name} because {why}"));
                return [];
            }

            problems.Report(new Problem(ProblemKind.Notice, "media", $"it also begins like {whole.Description.Name}; read by its {SchemeOf(tables[0].Format)} partition table"));
        }

        for (int i = 1; i < tables.Count; i++)
        {
            bool protects = tables[i].Format is MbrFormat && tables[0].Format is GptFormat;
            if (!protects)
            {
                problems.Report(new Problem(ProblemKind.Notice, "media", $"it also holds a {SchemeOf(tables[i].Format)} table ({tables[i].Result.Why}); read by its {SchemeOf(tables[0].Format)} table"));
            }
        }

        if (tables[0].Format is MbrFormat && protective)
        {
            problems.Report(new Problem(ProblemKind.Missing, "GPT", "the MBR protects a GPT, but no GPT header was found"));
        }

        return [.. tables.Select(t => t.Format)];
    }

    private static bool MbrLosesTo(IByteSource media, MbrEntry[] entries, ProbeConfidence confidence)
    {
        foreach (MbrEntry entry in entries)
        {
            if (!entry.IsUsed || entry.Start == 0)
            {
                continue;
            }

            foreach (int unit in new[] { 512, 4096 })
            {
                long at = (long)entry.Start * unit;
                if (at < media.Length && FileSystemProbe.IsCertain(new SubSource(media, at, (long)entry.Count * unit)))
                {
                    return false;
                }
            }
        }

        // A boot sector that begins with a jump is the file system's own; without one (ext keeps its first kilobyte free) a table in order
        // was put there on purpose.
        Peek peek = new(media);
        return confidence != ProbeConfidence.Certain || peek.U8(0) is 0xEB or 0xE9;
    }

    private static void ReportUnreadableStart(IByteSource media, IProblemSink problems)
    {
        byte[] first = new byte[(int)Math.Min(media.Length, 8_192)];
        media.ReadAvailable(0, first, (range, reason) =>
            problems.Report(new Problem(ProblemKind.Unreadable, "start of the media", reason + "; a partition table there would not be found", range.Offset, range.Length)));
    }

    private static string SchemeOf(IVolumeSystemFormat format) => format switch
    {
        MbrFormat => MbrFormat.Scheme,
        GptFormat => GptFormat.Scheme,
        ApmFormat => ApmFormat.Scheme,
        _ => format.Description.Name,
    };

    /// <summary>
    /// Settles overlaps and fills the gaps. Where partitions overlap, the start of each is kept, because that is where a file system is
    /// found, and the one before is cut there; but a partition that begins with nothing known gives way to one that begins with a file system.
    /// </summary>
    internal static List<Volume> Fill(IByteSource media, List<Volume> parts, string scheme, IProblemSink problems)
    {
        List<Volume> partitions = [.. parts.Where(p => p.Kind == VolumeKind.Partition)];
        partitions.Sort(VolumeOrder.ByOffset);
        List<Volume> taken = Overlapping(partitions) ? Settle(media, partitions, problems) : partitions;

        // Tables give way to partitions: a stale backup GPT may lie inside a partition that has grown over it.
        List<Volume> tables = [.. parts.Where(p => p.Kind == VolumeKind.Table)];
        tables.Sort(VolumeOrder.ByOffset);
        List<Volume> all = Subtracted(taken, tables, (table, _) => table);
        List<Volume> filled = [];
        long at = 0;
        foreach (Volume part in all)
        {
            if (part.Offset > at)
            {
                filled.Add(new Volume(VolumeKind.Unallocated, scheme, at, part.Offset - at));
            }

            filled.Add(part);
            at = part.Offset + part.Length;
        }

        if (at < media.Length)
        {
            filled.Add(new Volume(VolumeKind.Unallocated, scheme, at, media.Length - at));
        }

        return filled;
    }

    private static bool Overlapping(List<Volume> sorted)
    {
        long end = 0;
        foreach (Volume part in sorted)
        {
            if (part.Offset < end)
            {
                return true;
            }

            end = part.Offset + part.Length;
        }

        return false;
    }

    private static List<Volume> Settle(IByteSource media, List<Volume> sorted, IProblemSink problems)
    {
        List<Volume> strong = [], weak = [];
        foreach (Volume part in sorted)
        {
            (FileSystemProbe.IsCertain(new SubSource(media, part.Offset, part.Length)) ? strong : weak).Add(part);
        }

        List<Volume> first = CutAtNext(strong, problems);
        weak = CutAtNext(weak, problems);
        return Subtracted(first, weak, (piece, whole) =>
        {
            if (piece.Offset != whole.Offset || piece.Length != whole.Length)
            {
                ReportOverlap(whole, "another partition, which begins with a file system", problems);
            }

            return piece.Offset == whole.Offset ? piece : piece with { Kind = VolumeKind.Unallocated };
        }, whole => ReportOverlap(whole, "another partition, which begins with a file system and covers it", problems));
    }

    /// <summary>Each is cut where the next one begins; of those that begin at the same place the longest is kept.</summary>
    private static List<Volume> CutAtNext(List<Volume> sorted, IProblemSink problems)
    {
        List<Volume> kept = [];
        for (int i = 0; i < sorted.Count; i++)
        {
            Volume part = sorted[i];
            if (i + 1 < sorted.Count && sorted[i + 1].Offset == part.Offset)
            {
                // Sorted by length as well, so the next is at least as long.
                ReportOverlap(part, "another partition, which begins at the same place", problems);
                continue;
            }

            long end = part.Offset + part.Length;
            if (i + 1 < sorted.Count && sorted[i + 1].Offset < end)
            {
                ReportOverlap(part, "the partition after it, and is cut where that one begins", problems);
                kept.Add(part with { Length = sorted[i + 1].Offset - part.Offset });
            }
            else
            {
                kept.Add(part);
            }
        }

        return kept;
    }

    private static void ReportOverlap(Volume part, string with, IProblemSink problems) =>
        problems.Report(new Problem(ProblemKind.Malformed, $"partition at offset {part.Offset}", $"it overlaps {with}", part.Offset, part.Length));

    /// <summary>
    /// <paramref name="taken"/> and what is left of <paramref name="others"/>, which may overlap each other, when the first come claims first.
    /// Both sorted by offset; so is the result. Linear after sorting.
    /// </summary>
    private static List<Volume> Subtracted(List<Volume> taken, List<Volume> others, Func<Volume, Volume, Volume> piece, Action<Volume>? gone = null)
    {
        List<Volume> result = [.. taken];
        int index = 0;
        long claimed = 0;
        foreach (Volume other in others)
        {
            long at = Math.Max(other.Offset, claimed), end = other.Offset + other.Length;
            bool any = false;
            while (index < taken.Count && taken[index].Offset + taken[index].Length <= at)
            {
                index++;
            }

            for (int i = index; at < end; i++)
            {
                long next = i < taken.Count ? Math.Min(end, taken[i].Offset) : end;
                if (next > at)
                {
                    result.Add(piece(other with { Offset = at, Length = next - at }, other));
                    any = true;
                }

                at = i < taken.Count ? Math.Max(at, taken[i].Offset + taken[i].Length) : end;
            }

            claimed = Math.Max(claimed, end);
            if (!any)
            {
                gone?.Invoke(other);
            }
        }

        result.Sort(VolumeOrder.ByOffset);
        return result;
    }
}
