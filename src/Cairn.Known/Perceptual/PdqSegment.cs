using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using Cairn.Core.Pictures;
using Cairn.Known.Sets;

namespace Cairn.Known.Perceptual;

/// <summary>
/// A segment where it lies in a mapped file. A query looks into the buckets near it in each of eight lists; what agrees there is followed
/// through the links, from list to list, which gives its other slots one after the other until it is too far away. The lists alone hold every
/// bit; the records are read where the lists would take longer: a distance near 64, or data so alike that a bucket holds a good part of it.
/// </summary>
internal sealed class PdqSegment
{
    /// <summary>From this distance on reading all records takes less time than the lists (measured).</summary>
    private const int ScanFrom = 56;

    /// <summary>Following one candidate takes about as long as reading this many records (measured).</summary>
    private const int RecordsPerCandidate = 64;

    private const int ScannedTogether = 1 << 13;

    private readonly MappedFile file;
    private readonly long offset;
    private readonly PdqSegmentLayout layout;

    private PdqSegment(MappedFile file, long offset, PdqSegmentLayout layout) => (this.file, this.offset, this.layout) = (file, offset, layout);

    public int Count => layout.Count;

    public long Length => layout.Length;

    /// <summary>Candidates of one slot that are followed before the records are read instead.</summary>
    public int CandidateLimit => (layout.Count / RecordsPerCandidate) + 256;

    /// <summary>The segment that begins at <paramref name="offset"/>; checks its header, its bounds and the order of its buckets.</summary>
    /// <exception cref="KnownSetException">It is damaged.</exception>
    public static PdqSegment Open(MappedFile file, long offset)
    {
        using MappedFile.Hold hold = file.Enter();
        PdqSegmentLayout layout = PdqSegmentLayout.Read(file.Part(offset, PdqSegmentLayout.HeaderBytes)) ?? throw SetFile.Damaged(file.Path, "the header of a PDQ segment does not fit its checksum");
        if (offset > file.Length - layout.Length)
        {
            throw SetFile.Damaged(file.Path, "a PDQ segment is cut short");
        }

        PdqSegment segment = new(file, offset, layout);
        segment.CheckStarts();
        return segment;
    }

    /// <summary>Whether the SHA-256 of what follows the header is what the header says.</summary>
    public bool Verify(CancellationToken cancel)
    {
        using MappedFile.Hold hold = file.Enter();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = PdqSegmentLayout.HeaderBytes; at < layout.Length; at += 1 << 20)
        {
            cancel.ThrowIfCancellationRequested();
            hash.AppendData(file.Part(offset + at, (int)Math.Min(1 << 20, layout.Length - at)));
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(file.Part(offset + 0x20, 32));
    }

    /// <summary>The hash and number of a record. Called within a hold.</summary>
    public (PdqHash Hash, uint Id) Record(int record) =>
        (PdqScan.Read(file.Part(offset + layout.Records + ((long)record * PdqScan.RecordBytes), PdqScan.RecordBytes)), Id(record));

    public uint Id(int record) => BinaryPrimitives.ReadUInt32LittleEndian(file.Part(offset + layout.Ids + ((long)record * sizeof(uint)), sizeof(uint)));

    /// <summary>Adds the hashes of the entries that are collected. Called within a hold.</summary>
    public void Collect(PdqCollection wanted)
    {
        for (int start = 0; start < layout.Count; start += ScannedTogether)
        {
            int count = Math.Min(ScannedTogether, layout.Count - start);
            ReadOnlySpan<byte> ids = file.Part(offset + layout.Ids + ((long)start * sizeof(uint)), count * sizeof(uint));
            for (int i = 0; i < count; i++)
            {
                uint id = BinaryPrimitives.ReadUInt32LittleEndian(ids[(i * sizeof(uint))..]);
                if (wanted.Wants(id))
                {
                    wanted.Add(id, Record(start + i).Hash);
                }
            }
        }
    }

    public MappedFile.Hold Enter() => file.Enter();

    /// <summary>Adds every record within the distance of a query that is not withdrawn. Called within a hold.</summary>
    public void Search(in PdqQuery query, VectorUse use, PdqWithdrawn? withdrawn, List<PdqMatch> into)
    {
        int before = into.Count;
        if (!ScansFor(query.Distance))
        {
            ulong[] candidates = ArrayPool<ulong>.Shared.Rent(CandidateLimit);
            bool done = SearchLists(query, use, candidates.AsSpan(0, CandidateLimit), withdrawn, into);
            ArrayPool<ulong>.Shared.Return(candidates);
            if (done)
            {
                return;
            }

            into.RemoveRange(before, into.Count - before);
        }

        Scan(query, use, withdrawn, into);
    }

    /// <summary>Whether all records are read for a query of this distance.</summary>
    public bool ScansFor(int distance) => !layout.Listed || distance >= ScanFrom;

    /// <summary>Holds every record against the query. Called within a hold.</summary>
    public void Scan(in PdqQuery query, VectorUse use, PdqWithdrawn? withdrawn, List<PdqMatch> into)
    {
        ScanState state = new(this, query.Orientation, withdrawn, into);
        PdqScan.Run(
            file.Part(offset + layout.Records, layout.Count * PdqScan.RecordBytes), query.Hash, query.Distance, use, ref state,
            static (ref ScanState state, int record, int there) => state.Segment.Take(record, there, state.Orientation, state.Withdrawn, state.Into));
    }

    /// <summary>Holds every record against many queries, a piece of the records that stays in the cache at a time. Called within a hold.</summary>
    public void ScanMany(PdqQuery[] queries, ReadOnlySpan<int> which, VectorUse use, PdqBatch.Found found, CancellationToken cancel)
    {
        for (int start = 0; start < layout.Count; start += ScannedTogether)
        {
            cancel.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> records = file.Part(offset + layout.Records + ((long)start * PdqScan.RecordBytes), Math.Min(ScannedTogether, layout.Count - start) * PdqScan.RecordBytes);
            foreach (int query in which)
            {
                (PdqBatch.Found Found, int Query, int Start) state = (found, query, start);
                PdqScan.Run(
                    records, queries[query].Hash, queries[query].Distance, use, ref state,
                    static (ref (PdqBatch.Found Found, int Query, int Start) state, int record, int there) => state.Found(state.Query, state.Start + record, there));
            }
        }
    }

    /// <summary>The list of a slot. Called within a hold.</summary>
    public PdqList ListOf(int slot) => new(
        file.Path, layout.Count, file.Part(offset + layout.Starts(slot), PdqSegmentLayout.StartsBytes),
        file.Part(offset + layout.MarksOf(slot), layout.Marks * sizeof(ushort)), file.Part(offset + layout.Keys(slot), layout.KeyBytes),
        file.Part(offset + layout.Links(slot), layout.AllLinkBytes));

    /// <summary>
    /// Follows candidates of one slot through the other lists and leaves those within the distance of their query, with the number of their
    /// record for a position; how many is returned. What an earlier slot of the same query finds as well is left to that slot.
    /// </summary>
    public int Follow(Span<ulong> candidates, int slot, ReadOnlySpan<PdqQuery> queries)
    {
        int count = candidates.Length;

        // One step of all before the next step of any: the waits for memory overlap.
        for (int step = 1; step < PdqWords.Slots && count > 0; step++)
        {
            int to = (slot + step) % PdqWords.Slots, kept = 0;
            PdqList from = ListOf((to + PdqWords.Slots - 1) % PdqWords.Slots), list = ListOf(to);
            foreach (ulong candidate in candidates[..count])
            {
                ref readonly PdqQuery query = ref queries[PdqCandidates.Query(candidate)];
                int position = from.Link(PdqCandidates.Position(candidate));
                int there = BitOperations.PopCount(list.Slot(position) ^ query.Slots[to]), sum = PdqCandidates.Distance(candidate) + there;
                if (sum <= query.Distance && (to > slot || there > query.Radii[to]))
                {
                    candidates[kept++] = PdqCandidates.Item(PdqCandidates.Query(candidate), position, sum);
                }
            }

            count = kept;
        }

        // The positions of list 0 are the numbers of the records.
        for (int from = (slot + PdqWords.Slots - 1) % PdqWords.Slots; from != 0; from = (from + 1) % PdqWords.Slots)
        {
            PdqList list = ListOf(from);
            foreach (ref ulong candidate in candidates[..count])
            {
                candidate = PdqCandidates.Item(PdqCandidates.Query(candidate), list.Link(PdqCandidates.Position(candidate)), PdqCandidates.Distance(candidate));
            }
        }

        return count;
    }

    public void Take(int record, int distance, int orientation, PdqWithdrawn? withdrawn, List<PdqMatch> into)
    {
        if (withdrawn is null || !withdrawn.Contains(record))
        {
            into.Add(new PdqMatch(Id(record), distance, orientation));
        }
    }

    /// <summary>False where there were more candidates than reading all records costs.</summary>
    private bool SearchLists(in PdqQuery query, VectorUse use, Span<ulong> room, PdqWithdrawn? withdrawn, List<PdqMatch> into)
    {
        (ushort[] masks, int[] weights) = PdqWords.MasksByWeight;
        for (int slot = 0; slot < PdqWords.Slots && query.Radii[slot] >= 0; slot++)
        {
            int radius = query.Radii[slot];
            PdqList list = ListOf(slot);
            PdqCandidates found = new(room) { CurrentQuery = 0 };
            ushort prefix = (ushort)(query.Slots[slot] >> 16), key = (ushort)query.Slots[slot];
            for (int weight = 0; weight <= radius; weight++)
            {
                for (int i = weights[weight]; i < weights[weight + 1]; i++)
                {
                    (int start, int end) = list.Bucket(prefix ^ masks[i]);
                    if (start < end)
                    {
                        PdqKeys.Find(list.Keys, start, end, key, radius - weight, weight, use, ref found);
                    }
                }

                if (found.Overflowed)
                {
                    return false;
                }
            }

            int count = Follow(found.Items, slot, new ReadOnlySpan<PdqQuery>(in query));
            foreach (ulong hit in found.Items[..count])
            {
                Take(PdqCandidates.Position(hit), PdqCandidates.Distance(hit), query.Orientation, withdrawn, into);
            }
        }

        return true;
    }

    private void CheckStarts()
    {
        for (int slot = 0; slot < (layout.Listed ? PdqWords.Slots : 0); slot++)
        {
            ReadOnlySpan<byte> starts = file.Part(offset + layout.Starts(slot), PdqSegmentLayout.StartsBytes);
            uint last = 0;
            for (int at = 0; at < starts.Length; at += sizeof(uint))
            {
                uint start = BinaryPrimitives.ReadUInt32LittleEndian(starts[at..]);
                if (start < last || start > layout.Count || (at == 0 && start != 0))
                {
                    throw SetFile.Damaged(file.Path, "the buckets of a PDQ segment are not in order");
                }

                last = start;
            }

            if (last != layout.Count)
            {
                throw SetFile.Damaged(file.Path, "the buckets of a PDQ segment do not hold every hash");
            }
        }
    }

    private readonly struct ScanState(PdqSegment segment, int orientation, PdqWithdrawn? withdrawn, List<PdqMatch> into)
    {
        public PdqSegment Segment { get; } = segment;

        public int Orientation { get; } = orientation;

        public PdqWithdrawn? Withdrawn { get; } = withdrawn;

        public List<PdqMatch> Into { get; } = into;
    }
}
