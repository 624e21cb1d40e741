using System.Runtime.InteropServices;
using Cairn.CaseStore;

namespace Cairn.Reports.Report.Content;

/// <summary>The times of the chosen files in order.</summary>
internal static class TimelinePart
{
    public static IEnumerable<ReportBlock> Blocks(CaseFacts facts)
    {
        if (facts.Chosen.Count == 0)
        {
            yield return new ParagraphBlock("No file was chosen, so there are no times to put in order.");
            yield break;
        }

        yield return new ParagraphBlock("The times of the files described above, in order. They are what the file system or the archive stored: a clock that was wrong, a copy, or a program that sets times is not seen in them. Times whose zone is not stored are local times and stand where they would as UTC. This is an extract, not a timeline of all that happened.");
        yield return new TableBlock("Times of the files in order", [new("Time", 3.2), new("What", 2), new("Stored in", 2.5), new("Id", 0.9, IsNumber: true), new("File", 3.8)], Rows(facts));
    }

    private static IEnumerable<IReadOnlyList<ReportText>> Rows(CaseFacts facts)
    {
        List<Moment> moments = [];
        foreach (ExportRow row in facts.Reader.Entries(facts.Chosen))
        {
            for (int i = 0; i < EntryTimeLine.Count; i++)
            {
                if (EntryTimeLine.Of(row, i).ToUnix() is not (long seconds, int nanoseconds))
                {
                    continue;
                }

                // Equal times of one source are one row.
                if (!Enumerable.Range(0, i).Any(j => Same(row, i, j)))
                {
                    int kinds = Enumerable.Range(i, EntryTimeLine.Count - i).Where(j => Same(row, i, j)).Aggregate(0, (bits, j) => bits | (1 << j));
                    moments.Add(new Moment(seconds, nanoseconds, row.Id, (short)kinds));
                }
            }
        }

        CollectionsMarshal.AsSpan(moments).Sort();
        for (int at = 0; at < moments.Count; at += 512)
        {
            Moment[] page = [.. moments.Skip(at).Take(512)];
            Dictionary<long, ExportRow> rows = facts.Reader.Entries(page.Select(m => m.EntryId).Distinct().Order()).ToDictionary(r => r.Id);
            foreach (Moment moment in page)
            {
                if (!rows.TryGetValue(moment.EntryId, out ExportRow? row))
                {
                    continue;
                }

                int first = System.Numerics.BitOperations.TrailingZeroCount((int)moment.Kinds);
                yield return
                [
                    EntryTimeLine.Text(EntryTimeLine.Of(row, first)) ?? "",
                    string.Join(", ", Enumerable.Range(0, EntryTimeLine.Count).Where(i => (moment.Kinds & (1 << i)) != 0).Select(EntryTimeLine.Name)),
                    EntryTimeLine.Source(row, first, facts.Context), $"{row.Id}", FilesPart.Path(row),
                ];
            }
        }
    }

    private static bool Same(ExportRow row, int a, int b) => EntryTimeLine.Of(row, a) == EntryTimeLine.Of(row, b) && IsOfName(a) == IsOfName(b);

    private static bool IsOfName(int index) => index is >= 4 and < 8;

    /// <summary>A time of a file: 24 bytes, so that a hundred thousand files need a few megabytes.</summary>
    private readonly record struct Moment(long Seconds, int Nanoseconds, long EntryId, short Kinds) : IComparable<Moment>
    {
        public int CompareTo(Moment other) => (Seconds, Nanoseconds, EntryId, Kinds).CompareTo((other.Seconds, other.Nanoseconds, other.EntryId, other.Kinds));
    }
}
