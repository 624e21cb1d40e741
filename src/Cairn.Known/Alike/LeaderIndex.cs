using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Cairn.Core.Pictures;
using Cairn.Known.Perceptual;

namespace Cairn.Known.Alike;

/// <summary>
/// The hashes of the leaders, in memory, for the nearest one within a distance; exact. As in the perceptual index a hash is cut into eight slots
/// of two rows of 16 bits, and where two hashes differ by at most d bits, one slot differs by at most its radius (3 for d = 31). Of that slot one
/// row then differs by at most half of it (1): so each of the 16 rows has a table of 65,536 buckets, those within half the radius are visited, and the
/// other row of the slot, kept in the bucket, rules most of their hashes out, sixteen at a time, before any hash is read.
/// </summary>
internal sealed class LeaderIndex
{
    /// <summary>Pictures with a near leader mostly have a very near one; 15 is the farthest at which one bucket for each row is enough.</summary>
    private const int FirstStep = 15;

    private const int Step = 16;

    private const int FirstRoom = 1_024;

    private const int Rows = 16;

    /// <summary>A hash that is read out of order costs as much as this many that are read in a run.</summary>
    private const int ReadCost = 8;

    private readonly RowTable[] tables = new RowTable[Rows];
    private byte[] records = new byte[FirstRoom * PdqScan.RecordBytes];

    public LeaderIndex()
    {
        for (int row = 0; row < Rows; row++)
        {
            tables[row] = new RowTable();
        }
    }

    public int Count { get; private set; }

    public void Add(in PdqHash hash)
    {
        if (records.Length == Count * PdqScan.RecordBytes)
        {
            // An array has at most 2^31 - 57 bytes: 67 million leaders.
            Array.Resize(ref records, (int)Math.Min(records.Length * 3L / 2, Array.MaxLength) / PdqScan.RecordBytes * PdqScan.RecordBytes);
        }

        PdqScan.Write(records.AsSpan(Count * PdqScan.RecordBytes), hash);
        for (int row = 0; row < Rows; row++)
        {
            tables[row].Add(PdqWords.Row(hash, row), PdqWords.Row(hash, Other(row)), Count);
        }

        Count++;
    }

    /// <summary>
    /// For each picture the leader with the lowest distance to any of its hashes, of equally near ones the first, and of its hashes the first.
    /// Many pictures are looked for together because the tables are then read in order, from the processor's cache.
    /// </summary>
    /// <param name="queries">The hashes of the pictures.</param>
    /// <param name="distance">How far a leader may be away.</param>
    /// <param name="best">By number of the picture; <see cref="NearestLeader.None"/> to begin with.</param>
    public void Nearest(List<LeaderQuery> queries, int distance, Span<NearestLeader> best)
    {
        List<LeaderQuery> open = queries, scanned = [];
        long[] work = new long[best.Length];
        for (int limit = Math.Min(FirstStep, distance); open.Count > 0; limit = Math.Min(limit + Step, distance))
        {
            if (BucketsVisited(limit) > Count)
            {
                scanned.AddRange(open);
                break;
            }

            Visit(open, limit, best, work);
            List<LeaderQuery> left = [];
            foreach (LeaderQuery query in open)
            {
                if (work[query.Picture] > WorkAllowed)
                {
                    scanned.Add(query);
                }
                else if (best[query.Picture].Distance < 0 && limit < distance)
                {
                    left.Add(query);
                }
            }

            open = left;
        }

        foreach (LeaderQuery query in scanned)
        {
            Scan(query, 0, distance, ref best[query.Picture]);
        }
    }

    /// <summary>Reads all leaders from number <paramref name="from"/> on.</summary>
    public void Scan(in LeaderQuery query, int from, int distance, ref NearestLeader best)
    {
        Found found = new(best, from, query.Orientation);
        PdqScan.Run(records.AsSpan(from * PdqScan.RecordBytes, (Count - from) * PdqScan.RecordBytes), query.Hash, best.Distance >= 0 ? best.Distance : distance, VectorUses.Best, ref found,
            static (ref Found state, int record, int there) => state.Best.Take(state.From + record, there, state.Orientation));
        best = found.Best;
    }

    private static int Other(int row) => row ^ PdqWords.Slots;

    /// <summary>What reading all leaders for one of the hashes of a picture costs: past it, a picture is held against all of them.</summary>
    private long WorkAllowed => Count;

    /// <summary>How far a row is looked for: where it differs by more than its share and the other too, both together differ by more than the radius.</summary>
    private static int Share(int row, int radius) => row < PdqWords.Slots ? radius >> 1 : radius - 1 - (radius >> 1);

    private static int BucketsVisited(int distance)
    {
        Span<int> radii = stackalloc int[PdqWords.Slots];
        PdqWords.Radii(distance, radii);
        int visited = 0;
        for (int row = 0; row < Rows; row++)
        {
            visited += PdqWords.MasksByWeight.Starts[Share(row, radii[row % PdqWords.Slots]) + 1];
        }

        return visited;
    }

    /// <summary>Looks into every bucket that a leader within <paramref name="distance"/> may be in, save where a picture's work grows too much.</summary>
    private void Visit(List<LeaderQuery> queries, int distance, Span<NearestLeader> best, Span<long> work)
    {
        (ushort[] masks, int[] starts) = PdqWords.MasksByWeight;
        Span<int> radii = stackalloc int[PdqWords.Slots];
        PdqWords.Radii(distance, radii);
        Span<LeaderQuery> all = CollectionsMarshal.AsSpan(queries);
        int[] order = new int[all.Length];
        for (int row = 0; row < Rows; row++)
        {
            int radius = radii[row % PdqWords.Slots], share = Share(row, radius);
            if (share < 0)
            {
                continue;
            }

            RowTable table = tables[row];
            RowTable.Bucket[] buckets = table.Buckets;
            ref readonly ushort others = ref table.Others;
            Order(all, row, order);
            foreach (int number in order)
            {
                ref readonly LeaderQuery query = ref all[number];
                if (work[query.Picture] > WorkAllowed)
                {
                    continue;
                }

                ushort prefix = PdqWords.Row(query.Hash, row);
                Vector256<ushort> wanted = Vector256.Create(PdqWords.Row(query.Hash, Other(row)));
                int spent = 0;
                for (int differing = 0; differing <= share; differing++)
                {
                    foreach (ushort mask in masks.AsSpan(starts[differing]..starts[differing + 1]))
                    {
                        // Sixteen are tested whether they are there or not: an empty bucket costs less than asking whether it is one.
                        RowTable.Bucket bucket = buckets[prefix ^ mask];
                        uint near = RowTable.Within(in others, bucket.Start, wanted, radius - differing) & RowTable.Valid(bucket.Count);
                        if (near != 0)
                        {
                            spent += Read(table, bucket.Start, near, query, distance, ref best[query.Picture]);
                        }

                        for (int at = Vector256<ushort>.Count; at < bucket.Count; at += Vector256<ushort>.Count)
                        {
                            near = RowTable.Within(in others, bucket.Start + at, wanted, radius - differing) & RowTable.Valid(bucket.Count - at);
                            spent += 1 + Read(table, bucket.Start + at, near, query, distance, ref best[query.Picture]);
                        }
                    }
                }

                work[query.Picture] += spent;
            }
        }
    }

    /// <summary>Holds the query against the hashes of those leaders of a bucket whose bits are set; what that cost.</summary>
    private int Read(RowTable table, int start, uint near, in LeaderQuery query, int distance, ref NearestLeader best)
    {
        int spent = 0;
        for (; near != 0; near &= near - 1)
        {
            int leader = table.Leaders[start + BitOperations.TrailingZeroCount(near)];
            int there = PdqScan.Read(records.AsSpan(leader * PdqScan.RecordBytes, PdqScan.RecordBytes)).Distance(query.Hash);
            spent += ReadCost;
            if (there <= distance)
            {
                best.Take(leader, there, query.Orientation);
            }
        }

        return spent;
    }

    /// <summary>The numbers of the queries, by the upper half of a row: enough that buckets near each other are visited together.</summary>
    private static void Order(ReadOnlySpan<LeaderQuery> queries, int row, Span<int> order)
    {
        Span<int> next = stackalloc int[257];
        foreach (ref readonly LeaderQuery query in queries)
        {
            next[(PdqWords.Row(query.Hash, row) >> 8) + 1]++;
        }

        for (int i = 1; i < next.Length; i++)
        {
            next[i] += next[i - 1];
        }

        for (int number = 0; number < queries.Length; number++)
        {
            order[next[PdqWords.Row(queries[number].Hash, row) >> 8]++] = number;
        }
    }

    private struct Found(NearestLeader best, int from, int orientation)
    {
        public NearestLeader Best = best;
        public readonly int From = from;
        public readonly int Orientation = orientation;
    }

    /// <summary>The leaders by one row of their hashes. Buckets are runs in two arrays that double when they are full; what they leave is used again.</summary>
    private sealed class RowTable
    {
        private const int LeastBucket = 4;

        /// <summary>First free run of each power of two, or -1; a free run holds the start of the next where its first leader was.</summary>
        private readonly int[] free = [.. Enumerable.Repeat(-1, 32)];

        private ushort[] others = new ushort[LeastBucket + Vector256<ushort>.Count];
        private int used;

        /// <summary>The first of the other rows of the leaders; at least sixteen can be read at the start of any bucket, and after any sixteen of it.</summary>
        public ref readonly ushort Others => ref MemoryMarshal.GetArrayDataReference(others);

        public Bucket[] Buckets { get; } = new Bucket[PdqWords.Buckets];

        /// <summary>Numbers of the leaders.</summary>
        public int[] Leaders { get; private set; } = new int[LeastBucket];

        /// <summary>A bit for each of up to sixteen.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Valid(int count) => count >= Vector256<ushort>.Count ? 0xFFFF : (1u << count) - 1;

        /// <summary>A bit for each of the sixteen from <paramref name="position"/> on that differ by at most so many bits in the other row.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static uint Within(in ushort others, int position, Vector256<ushort> wanted, int bits)
        {
            Vector256<ushort> left = Vector256.LoadUnsafe(in others, (nuint)position) ^ wanted;
            for (int i = 0; i < bits; i++)
            {
                // Takes the lowest bit away; what is 0 stays 0.
                left &= left + Vector256<ushort>.AllBitsSet;
            }

            return Vector256.Equals(left, Vector256<ushort>.Zero).ExtractMostSignificantBits();
        }

        public void Add(ushort prefix, ushort other, int leader)
        {
            ref Bucket bucket = ref Buckets[prefix];
            if (bucket.Count == 0 || (bucket.Count >= LeastBucket && BitOperations.IsPow2(bucket.Count)))
            {
                Grow(ref bucket);
            }

            others[bucket.Start + bucket.Count] = other;
            Leaders[bucket.Start + bucket.Count] = leader;
            bucket.Count++;
        }

        private void Grow(ref Bucket bucket)
        {
            int size = Math.Max(LeastBucket, bucket.Count * 2), order = BitOperations.Log2((uint)size);
            int start = free[order];
            if (start >= 0)
            {
                free[order] = Leaders[start];
            }
            else
            {
                start = used;
                used = checked(used + size);
                if (used > Leaders.Length)
                {
                    int room = (int)Math.Clamp(Leaders.Length * 5L / 4, used, Array.MaxLength / sizeof(int));
                    Leaders = Resized(Leaders, room);
                    others = Resized(others, room + Vector256<ushort>.Count);
                }
            }

            if (bucket.Count > 0)
            {
                Array.Copy(others, bucket.Start, others, start, bucket.Count);
                Array.Copy(Leaders, bucket.Start, Leaders, start, bucket.Count);
                int left = BitOperations.Log2((uint)bucket.Count);
                Leaders[bucket.Start] = free[left];
                free[left] = bucket.Start;
            }

            bucket.Start = start;
        }

        private static T[] Resized<T>(T[] array, int length)
        {
            Array.Resize(ref array, length);
            return array;
        }

        public struct Bucket
        {
            public int Start;
            public int Count;
        }
    }
}

/// <summary>A hash that is looked for.</summary>
/// <param name="Hash">The hash.</param>
/// <param name="Picture">Number of its picture among those that are looked for together.</param>
/// <param name="Orientation">Which of the picture's hashes it is.</param>
internal readonly record struct LeaderQuery(PdqHash Hash, int Picture, int Orientation);

/// <summary>A leader near a picture.</summary>
internal struct NearestLeader
{
    public static NearestLeader None => new() { Distance = -1 };

    /// <summary>Number of the leader, in the order they were added.</summary>
    public int Leader { get; private set; }

    /// <summary>Bits that differ, or -1.</summary>
    public int Distance { get; private set; }

    /// <summary>Which of the picture's hashes.</summary>
    public int Orientation { get; private set; }

    /// <summary>Takes another where it is nearer, or as near and earlier.</summary>
    public void Take(int leader, int distance, int orientation)
    {
        if (Distance < 0 || distance < Distance
            || (distance == Distance && (leader < Leader || (leader == Leader && orientation < Orientation))))
        {
            (Leader, Distance, Orientation) = (leader, distance, orientation);
        }
    }
}
