using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>The segments that belong together, by their names and by the numbers in them.</summary>
internal sealed class EwfSegmentSet
{
    private EwfSegmentSet(List<string> paths, List<int> numbers) => (Paths, Numbers) = (paths, numbers);

    /// <summary>Full paths, in order.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>Their segment numbers, ascending from 1; a number that is not there is a missing segment.</summary>
    public IReadOnlyList<int> Numbers { get; }

    /// <summary>Finds the set of which <paramref name="full"/> is any segment.</summary>
    /// <exception cref="EvidenceException">The first segment is not there, or this is another kind of file.</exception>
    public static EwfSegmentSet Find(string full, IProblemSink problems)
    {
        int given = NumberInside(full, full);
        if (!EwfSegmentNames.TryParse(Path.GetFileName(full), out string? stem, out char first, out int named))
        {
            if (given != 1)
            {
                throw new EvidenceException($"{full} is segment {given} of an image and its name does not say where the others are. Rename the segments to .E01, .E02 … and open the first.");
            }

            return new EwfSegmentSet([full], [1]);
        }

        SortedDictionary<int, string> byName = List(full, stem, ref first, named);
        var byNumber = new SortedDictionary<int, string>();
        foreach ((int number, string path) in byName)
        {
            int inside;
            try
            {
                inside = NumberInside(path, full);
            }
            catch (EvidenceException error) when (path != full)
            {
                // image.log or image.iso beside image.E01 has three letters too; only one in its turn can be a damaged segment.
                if (number >= 100 && !byName.ContainsKey(number - 1))
                {
                    continue;
                }

                problems.Report(new Problem(ProblemKind.Malformed, $"segment {Path.GetFileName(path)}", $"left out: {error.Message}", 0));
                continue;
            }

            if (inside == number)
            {
                byNumber[number] = path;
            }
        }

        // Names that contradict the number inside come second: a copy of another segment, or a renamed one.
        foreach ((int number, string path) in byName)
        {
            if (byNumber.TryGetValue(number, out string? sound) && sound == path)
            {
                continue;
            }

            int inside;
            try
            {
                inside = NumberInside(path, full);
            }
            catch (EvidenceException)
            {
                continue;
            }

            string place = $"segment {Path.GetFileName(path)}";
            if (byNumber.TryGetValue(inside, out string? other))
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, $"is named as segment {number} and holds segment {inside} once more, as {Path.GetFileName(other)} does; left out", 9, 2));
            }
            else if (inside is < 1 or > EwfSegmentNames.Last)
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, $"is named as segment {number} and says it is segment {inside}; taken by its name", 9, 2));
                byNumber[number] = path;
            }
            else
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, $"is named as segment {number} and says it is segment {inside}; taken as {inside}", 9, 2));
                byNumber[inside] = path;
            }
        }

        if (!byNumber.ContainsKey(1))
        {
            throw new EvidenceException($"The first segment, {stem}.{EwfSegmentNames.Extension(first, 1)}, is not beside {full}. Without it the media cannot be described; put it there and try again.");
        }

        int expected = 1;
        foreach (int number in byNumber.Keys)
        {
            if (number > expected)
            {
                string from = $"{stem}.{EwfSegmentNames.Extension(first, expected)}";
                problems.Report(new Problem(
                    ProblemKind.Missing,
                    number - 1 == expected ? $"segment {from}" : $"segments {from} to {stem}.{EwfSegmentNames.Extension(first, number - 1)}",
                    "not beside the others"));
            }

            expected = number + 1;
        }

        return new EwfSegmentSet([.. byNumber.Values], [.. byNumber.Keys]);
    }

    private static SortedDictionary<int, string> List(string full, string stem, ref char first, int named)
    {
        var found = new List<(string Path, char First, int Number, bool Exact)>();
        bool smart = first == 'S' && named < 100;
        try
        {
            foreach (string candidate in Directory.EnumerateFiles(Path.GetDirectoryName(full) ?? "/"))
            {
                string name = Path.GetFileName(candidate);
                if (!EwfSegmentNames.TryParse(name, out string? other, out char start, out int number) || !other.Equals(stem, StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                // A three-letter extension tells the kind of its set only through the first segment beside it.
                if (named >= 100 && number == 1 && start == 'S' && other == stem)
                {
                    smart = true;
                }

                found.Add((candidate, start, number, other == stem));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceException($"Cannot list the folder of {full}: {error.Message}", error);
        }

        first = smart ? 'S' : 'E';
        char letter = Path.GetExtension(full)[1];
        var set = new SortedDictionary<int, (string Path, int Rank)>();
        foreach ((string path, _, _, bool exact) in found)
        {
            int number = EwfSegmentNames.NumberIn(first, Path.GetFileName(path));
            if (number == 0)
            {
                continue;
            }

            // image.E02 and IMAGE.e02 can lie side by side: the name written as the given one is, wins.
            int rank = path == full ? 3 : exact ? (char.IsAsciiLetterUpper(Path.GetExtension(path)[1]) == char.IsAsciiLetterUpper(letter) ? 2 : 1) : 0;
            if (!set.TryGetValue(number, out (string Path, int Rank) rival) || rank > rival.Rank || (rank == rival.Rank && string.CompareOrdinal(path, rival.Path) < 0))
            {
                set[number] = (path, rank);
            }
        }

        var result = new SortedDictionary<int, string>();
        foreach ((int number, (string path, _)) in set)
        {
            result[number] = path;
        }

        return result;
    }

    private static int NumberInside(string path, string asked)
    {
        Span<byte> head = stackalloc byte[EwfFileHeader.Size];
        int got;
        try
        {
            using SafeFileHandle handle = FileReading.Open(path);
            got = FileReading.Fill(handle, 0, head);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new EvidenceException($"Cannot open {path} for reading: {error.Message}", error);
        }

        head = head[..got];
        if (head.StartsWith(EwfFileHeader.Version2Signature) || head.StartsWith(EwfFileHeader.Version2LogicalSignature))
        {
            throw new EvidenceException($"{path} is EWF version 2 ({(head[0] == (byte)'E' ? "Ex01" : "Lx01")}), which this version does not read. Export it as E01 (EWF version 1) or raw with the tool that wrote it.");
        }

        if (head.StartsWith(EwfFileHeader.LogicalSignature))
        {
            throw new EvidenceException($"{path} is logical EWF evidence (L01), which this version does not read. Export the files it holds into a folder with the tool that wrote it.");
        }

        try
        {
            return EwfFileHeader.Read(head).Number;
        }
        catch (MalformedDataException error)
        {
            throw new EvidenceException(path == asked ? $"{path} is not an EWF image, or its first bytes are damaged: {error.Message}" : $"not a segment of an EWF image: {error.Message}", error);
        }
    }
}
