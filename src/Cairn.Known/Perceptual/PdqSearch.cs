using Cairn.Core.Pictures;
using Cairn.Known.Sets;

namespace Cairn.Known.Perceptual;

/// <summary>A segment with what is withdrawn of it.</summary>
internal sealed record LivePdqSegment(PdqSegment Segment, PdqWithdrawn? Withdrawn);

/// <summary>Looks through several segments and gives each entry once: at its nearest.</summary>
internal static class PdqSearch
{
    /// <summary>The largest distance that can be asked for.</summary>
    public const int MaxDistance = 63;

    /// <summary>Orientations of a query.</summary>
    public const int MaxOrientations = 8;

    /// <summary>Hashes that are looked for together; each takes about 100 bytes.</summary>
    private const int BlockHashes = 1 << 19;

    /// <summary>Fewer queries than this are looked for one by one: reading all of the lists costs as much as this many (measured).</summary>
    private const int LeastTogether = 2_000;

    /// <summary>Adds the entries within a distance of any of the orientations, ascending by number.</summary>
    public static void One(IReadOnlyList<LivePdqSegment> segments, ReadOnlySpan<PdqHash> orientations, int distance, VectorUse use, List<PdqMatch> into)
    {
        Check(orientations.Length, distance);
        int before = into.Count;
        foreach (LivePdqSegment live in segments)
        {
            using MappedFile.Hold hold = live.Segment.Enter();
            for (int i = 0; i < orientations.Length; i++)
            {
                live.Segment.Search(new PdqQuery(orientations[i], distance, i), use, live.Withdrawn, into);
            }
        }

        Span<PdqMatch> found = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(into)[before..];
        found.Sort(ById);
        int kept = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (kept == 0 || found[i].Id != found[kept - 1].Id)
            {
                found[kept++] = found[i];
            }
        }

        into.RemoveRange(before + kept, found.Length - kept);
    }

    /// <summary>The same for many queries, each of <paramref name="orientations"/> hashes; ascending by query, then number.</summary>
    public static void Many(IReadOnlyList<LivePdqSegment> segments, ReadOnlySpan<PdqHash> hashes, int orientations, int distance, VectorUse use, List<PdqBatchMatch> into, CancellationToken cancel)
    {
        Check(orientations, distance);
        if (hashes.Length % orientations != 0)
        {
            throw new ArgumentException("the number of hashes is no multiple of the orientations", nameof(hashes));
        }

        List<PdqMatch> one = [];
        int block = BlockHashes / orientations * orientations;
        for (int start = 0; start < hashes.Length; start += block)
        {
            ReadOnlySpan<PdqHash> part = hashes.Slice(start, Math.Min(block, hashes.Length - start));
            if (part.Length >= LeastTogether)
            {
                Together(segments, part, start / orientations, orientations, distance, use, into, cancel);
                continue;
            }

            for (int i = 0; i < part.Length; i += orientations)
            {
                cancel.ThrowIfCancellationRequested();
                one.Clear();
                One(segments, part.Slice(i, orientations), distance, use, one);
                foreach (PdqMatch match in one)
                {
                    into.Add(new PdqBatchMatch((start + i) / orientations, match));
                }
            }
        }
    }

    private static void Together(IReadOnlyList<LivePdqSegment> segments, ReadOnlySpan<PdqHash> hashes, int firstQuery, int orientations, int distance, VectorUse use, List<PdqBatchMatch> into, CancellationToken cancel)
    {
        PdqQuery[] queries = new PdqQuery[hashes.Length];
        for (int i = 0; i < queries.Length; i++)
        {
            queries[i] = new PdqQuery(hashes[i], distance, i % orientations);
        }

        int before = into.Count;
        PdqBatch batch = new(queries, use);
        foreach (LivePdqSegment live in segments)
        {
            using MappedFile.Hold hold = live.Segment.Enter();
            batch.Run(
                live.Segment,
                (query, record, there) =>
                {
                    if (live.Withdrawn is null || !live.Withdrawn.Contains(record))
                    {
                        into.Add(new PdqBatchMatch(firstQuery + (query / orientations), new PdqMatch(live.Segment.Id(record), there, query % orientations)));
                    }
                },
                cancel);
        }

        Span<PdqBatchMatch> found = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(into)[before..];
        found.Sort(static (a, b) => a.Query != b.Query ? a.Query.CompareTo(b.Query) : ById(a.Match, b.Match));
        int kept = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (kept == 0 || found[i].Query != found[kept - 1].Query || found[i].Match.Id != found[kept - 1].Match.Id)
            {
                found[kept++] = found[i];
            }
        }

        into.RemoveRange(before + kept, found.Length - kept);
    }

    private static int ById(PdqMatch a, PdqMatch b) =>
        a.Id != b.Id ? a.Id.CompareTo(b.Id) : a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : a.Orientation.CompareTo(b.Orientation);

    private static void Check(int orientations, int distance)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(distance);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(distance, MaxDistance);
        ArgumentOutOfRangeException.ThrowIfLessThan(orientations, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(orientations, MaxOrientations);
    }
}
