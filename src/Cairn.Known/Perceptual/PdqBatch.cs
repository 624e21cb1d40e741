namespace Cairn.Known.Perceptual;

/// <summary>
/// Many queries at once over one segment: each list is read once from its first bucket to its last, and for each bucket the queries whose
/// prefix is near it are looked for among its keys, which stay in the nearest cache meanwhile.
/// </summary>
internal sealed class PdqBatch
{
    private const int CandidateRoom = 1 << 16;

    private readonly PdqQuery[] queries;
    private readonly VectorUse use;
    private readonly int[] starts = new int[PdqWords.Buckets + 1];
    private readonly int[] order;
    private readonly ushort[] keys;
    private readonly ulong[] same = new ulong[PdqWords.Buckets / 64];
    private readonly ulong[] room = new ulong[CandidateRoom];
    private readonly int[] followed;
    private readonly List<(int Query, int Record, int Distance)> hits = [];

    public PdqBatch(PdqQuery[] queries, VectorUse use)
    {
        (this.queries, this.use) = (queries, use);
        order = new int[queries.Length];
        keys = new ushort[queries.Length];
        followed = new int[queries.Length];
    }

    /// <summary>Called with the number of a query, of a record and their distance.</summary>
    public delegate void Found(int query, int record, int distance);

    /// <summary>Every record near a query. Called within a hold of the segment.</summary>
    public void Run(PdqSegment segment, Found found, CancellationToken cancel)
    {
        Array.Clear(followed);
        hits.Clear();
        bool scansAll = segment.ScansFor(queries[0].Distance);
        for (int slot = 0; slot < PdqWords.Slots && queries[0].Radii[slot] >= 0 && !scansAll; slot++)
        {
            SortQueries(slot);
            RunSlot(segment, slot, cancel);
        }

        foreach ((int query, int record, int distance) in hits)
        {
            if (!IsHeavy(segment, query))
            {
                found(query, record, distance);
            }
        }

        // A query with more candidates than reading all records costs is held against all of them, as it would be alone.
        int[] heavy = [.. Enumerable.Range(0, queries.Length).Where(q => scansAll || IsHeavy(segment, q))];
        if (heavy.Length > 0)
        {
            segment.ScanMany(queries, heavy, use, found, cancel);
        }
    }

    private bool IsHeavy(PdqSegment segment, int query) => followed[query] > segment.CandidateLimit;

    private void RunSlot(PdqSegment segment, int slot, CancellationToken cancel)
    {
        (ushort[] masks, int[] weights) = PdqWords.MasksByWeight;
        int radius = queries[0].Radii[slot];
        PdqList list = segment.ListOf(slot);
        PdqCandidates candidates = new(room);
        for (int bucket = 0; bucket < PdqWords.Buckets; bucket++)
        {
            (int start, int end) = list.Bucket(bucket);
            if (start == end)
            {
                continue;
            }

            if ((bucket & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            Mark(list.Keys, start, end);
            for (int weight = 0; weight <= radius; weight++)
            {
                foreach (ushort mask in masks.AsSpan(weights[weight]..weights[weight + 1]))
                {
                    int prefix = bucket ^ mask, last = starts[prefix + 1];
                    for (int at = starts[prefix]; at < last; at++)
                    {
                        // Most pairs are of the largest weight, and there the key has to be the same: a bit says whether it is among them.
                        ushort key = keys[at];
                        if (weight == radius && (same[key >> 6] >> key & 1) == 0)
                        {
                            continue;
                        }

                        Find(segment, slot, list.Keys, start, end, order[at], key, radius - weight, weight, ref candidates);
                    }
                }
            }

            Unmark(list.Keys, start, end);
        }

        Follow(segment, slot, ref candidates);
    }

    private void Find(PdqSegment segment, int slot, ReadOnlySpan<byte> listKeys, int start, int end, int query, ushort key, int radius, int weight, ref PdqCandidates candidates)
    {
        // In pieces that certainly fit.
        for (int from = start; from < end && !IsHeavy(segment, query); from += CandidateRoom / 2)
        {
            int to = Math.Min(end, from + (CandidateRoom / 2));
            if (candidates.Room < to - from)
            {
                Follow(segment, slot, ref candidates);
            }

            candidates.CurrentQuery = query;
            int before = candidates.Count;
            PdqKeys.Find(listKeys, from, to, key, radius, weight, use, ref candidates);
            followed[query] += candidates.Count - before;
        }
    }

    private void Follow(PdqSegment segment, int slot, ref PdqCandidates candidates)
    {
        int count = segment.Follow(candidates.Items, slot, queries);
        foreach (ulong hit in candidates.Items[..count])
        {
            hits.Add((PdqCandidates.Query(hit), PdqCandidates.Position(hit), PdqCandidates.Distance(hit)));
        }

        candidates.Clear();
    }

    private void Mark(ReadOnlySpan<byte> listKeys, int start, int end)
    {
        for (int position = start; position < end; position++)
        {
            int key = PdqKeys.At(listKeys, position);
            same[key >> 6] |= 1UL << key;
        }
    }

    private void Unmark(ReadOnlySpan<byte> listKeys, int start, int end)
    {
        for (int position = start; position < end; position++)
        {
            same[PdqKeys.At(listKeys, position) >> 6] = 0;
        }
    }

    private void SortQueries(int slot)
    {
        Array.Clear(starts);
        foreach (ref readonly PdqQuery query in queries.AsSpan())
        {
            starts[(query.Slots[slot] >> 16) + 1]++;
        }

        for (int i = 0; i < PdqWords.Buckets; i++)
        {
            starts[i + 1] += starts[i];
        }

        int[] next = starts[..^1];
        for (int i = 0; i < queries.Length; i++)
        {
            uint value = queries[i].Slots[slot];
            int at = next[value >> 16]++;
            order[at] = i;
            keys[at] = (ushort)value;
        }
    }
}
