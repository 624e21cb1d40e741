using Cairn.Core;

namespace Cairn.Storage.Containers.SplitRaw;

/// <summary>A raw image cut into pieces that are numbered by their extension.</summary>
internal sealed class SplitRawFormat : IContainerFormat
{
    /// <summary>
    /// Segments that may be missing between two that are counted in letters: disk.raw and disk.tsv count in three letters too, and what would lie
    /// between them is more than a thousand segments.
    /// </summary>
    private const long MostMissingLetters = 26;

    public FormatDescription Description { get; } = new("splitraw", "Split raw image (.001, .aa)", "The media's bytes, cut into files numbered by extension");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head)
    {
        try
        {
            if (!File.Exists(path) || !SplitRawName.TryParse(Path.GetFileName(path), out SplitRawName? name))
            {
                return ProbeResult.No("the name does not end in a segment number");
            }

            int pieces = FindPieces(Path.GetFullPath(path), name, []).Count;
            if (name.Numbering == SplitRawNumbering.Letters && pieces < 2)
            {
                return ProbeResult.No("no other segment lies beside it");
            }

            return ProbeResult.Yes($"{pieces} numbered segments");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ProbeResult.No(error.Message);
        }
    }

    public IEvidenceContainer Open(string path, IProblemSink problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        string full = Path.GetFullPath(path);
        if (!SplitRawName.TryParse(Path.GetFileName(full), out SplitRawName? name))
        {
            throw new EvidenceException($"{path} is not named as a segment of a split raw image (.001, .aa); open it as a raw image.");
        }

        SortedDictionary<long, string> pieces;
        List<string> apart = [];
        try
        {
            pieces = FindPieces(full, name, apart);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceException($"Cannot list the folder of {path}: {error.Message}", error);
        }

        if (pieces.Count == 0)
        {
            throw new EvidenceException($"{path} does not exist.");
        }

        foreach (string other in apart)
        {
            problems.Report(new Problem(ProblemKind.Notice, $"file {Path.GetFileName(other)}", $"is named as a segment, but more than {MostMissingLetters} would be missing before it; taken for another file"));
        }

        var files = new SegmentFiles(pieces.Values);
        try
        {
            return new MediaContainer("split raw", new SegmentedSource(files, Lay(name, [.. pieces.Keys], files, problems)), [.. pieces.Values]);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The segments beside one another; <paramref name="apart"/> gets what is named as one and lies too far from them.</summary>
    private static SortedDictionary<long, string> FindPieces(string full, SplitRawName name, List<string> apart)
    {
        var pieces = new SortedDictionary<long, string>();
        foreach (string candidate in Directory.EnumerateFiles(Path.GetDirectoryName(full) ?? "/"))
        {
            if (SplitRawName.TryParse(Path.GetFileName(candidate), out SplitRawName? other) && name.IsOfSameSet(other))
            {
                // Letters of either case and .001 beside .0001 can claim one place: the name the person gave wins, then the first in order.
                if (!pieces.TryGetValue(other.Number, out string? rival) || candidate == full || (rival != full && string.CompareOrdinal(candidate, rival) < 0))
                {
                    pieces[other.Number] = candidate;
                }
            }
        }

        if (name.Numbering == SplitRawNumbering.Letters && pieces.Count > 1)
        {
            long[] numbers = [.. pieces.Keys];
            int given = Math.Max(0, Array.IndexOf(numbers, name.Number)), from = given, to = given;
            while (from > 0 && numbers[from] - numbers[from - 1] <= MostMissingLetters + 1)
            {
                from--;
            }

            while (to + 1 < numbers.Length && numbers[to + 1] - numbers[to] <= MostMissingLetters + 1)
            {
                to++;
            }

            foreach (long number in numbers.Where((_, i) => i < from || i > to))
            {
                apart.Add(pieces[number]);
                pieces.Remove(number);
            }
        }

        return pieces;
    }

    /// <summary>Puts the pieces on the media. A missing one is given the size of the others where those agree, and is said either way.</summary>
    private static SegmentRange[] Lay(SplitRawName name, long[] numbers, SegmentFiles files, IProblemSink problems)
    {
        // Digits count from .000 or .001, whichever the set has; letters from .aa.
        long first = name.Numbering == SplitRawNumbering.Digits && numbers[0] != 0 ? 1 : 0;
        long? common = CommonSize(files);
        var ranges = new List<SegmentRange>(files.Count);
        long at = 0;
        long expected = first;
        for (int i = 0; i < numbers.Length; i++)
        {
            if (numbers[i] > expected)
            {
                long missing = numbers[i] - expected;
                string which = Missing(name, expected, numbers[i] - 1);
                if (common is long size && missing <= (1L << 62) / Math.Max(1, size))
                {
                    problems.Report(new Problem(ProblemKind.Missing, which, $"not beside the others; taken to be {size} bytes each, as the others are, and unreadable", at, missing * size));
                    ranges.Add(new SegmentRange(-1, at, missing * size));
                    at += missing * size;
                }
                else if (i == 0)
                {
                    problems.Report(new Problem(ProblemKind.Missing, which, $"not beside {files.NameOf(0)}; its size is not known, so every offset counts from the start of {files.NameOf(0)} instead of the start of the media", 0));
                }
                else
                {
                    problems.Report(new Problem(ProblemKind.Missing, which, $"not beside the others and of unknown size; the media is read up to it, {files.Count - i} later segments from {files.NameOf(i)} on are left out", at));
                    return [.. ranges];
                }
            }

            ranges.Add(new SegmentRange(i, at, files.LengthOf(i)));
            at += files.LengthOf(i);
            expected = numbers[i] + 1;
        }

        return [.. ranges];
    }

    /// <summary>The size of every segment but the last, or null where they differ or there is but one.</summary>
    private static long? CommonSize(SegmentFiles files)
    {
        if (files.Count < 2)
        {
            return null;
        }

        long size = files.LengthOf(0);
        for (int i = 1; i < files.Count - 1; i++)
        {
            if (files.LengthOf(i) != size)
            {
                return null;
            }
        }

        return files.LengthOf(files.Count - 1) <= size ? size : null;
    }

    private static string Missing(SplitRawName name, long from, long to)
    {
        string start = name.Stem + SplitRawName.Write(name.Numbering, name.Width, from);
        return from == to ? $"segment {start}" : $"segments {start} to {name.Stem}{SplitRawName.Write(name.Numbering, name.Width, to)}";
    }
}
