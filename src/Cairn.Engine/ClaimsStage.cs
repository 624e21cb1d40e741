using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>
/// Says of every deleted stream how much of it can be had: the clusters it claims, which of them the file system has in use and for whom,
/// and which another deleted stream claims as well. Free clusters are never called recovered content.
/// </summary>
internal static class ClaimsStage
{
    /// <summary>Entry ids whose claimed clusters are in use, at least in part, by something else.</summary>
    public static HashSet<long> Run(CaseRun run, long evidenceId, ExaminedVolume volume, IEnumerable<StreamRow> deleted, ClusterOwners owners, ProblemCollector problems, CancellationToken cancel)
    {
        IFileTree tree = volume.Tree!;
        bool alreadyStored = run.IsComplete(evidenceId, Stage.Claims, volume.Index);
        List<DeletedStream> streams = [];
        List<Claim> claims = [];
        foreach (StreamRow row in deleted)
        {
            cancel.ThrowIfCancellationRequested();
            DeletedStream stream = new(row);
            if (row.MetadataReallocated || row.Flags.HasFlag(StreamFlags.NameOnly) || row.Flags.HasFlag(StreamFlags.Resident))
            {
                streams.Add(stream);
                continue;
            }

            try
            {
                stream.Extents = tree.GetExtents(row.Ref);
            }
            catch (MalformedDataException error)
            {
                Report(Problem.From(error, $"deleted entry {row.Path}"));
            }
            catch (UnreadableDataException error)
            {
                Report(Problem.From(error, $"deleted entry {row.Path}"));
            }

            foreach (Extent extent in stream.Extents)
            {
                if (!extent.IsSparse && extent.Length > 0)
                {
                    claims.Add(new Claim(extent.VolumeOffset, extent.Length, streams.Count));
                }
            }

            streams.Add(stream);
        }

        claims.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Stream.CompareTo(b.Stream));
        Dictionary<int, List<(ByteRange Range, int Other)>> shared = Overlaps(claims, streams);

        // Whose the clusters are is only wanted for the case: what was stored by an earlier run is not worked out again.
        List<(ByteRange Range, long EntryId)> inUse = alreadyStored || tree.Allocation is not IAllocationMap map ? [] : owners.Find(tree, InUse(claims, map), cancel);
        HashSet<long> overwritten = [];
        List<ClaimsRow> rows = new(streams.Count);
        for (int i = 0; i < streams.Count; i++)
        {
            ClaimsRow row = Judge(streams, i, tree.Allocation, shared.GetValueOrDefault(i), inUse);
            if (row.Claims.Any(c => c.State == ClaimState.InUse))
            {
                overwritten.Add(row.EntryId);
            }

            rows.Add(row);
        }

        if (!alreadyStored)
        {
            run.AddClaims(evidenceId, volume.Index, rows, problems.Drain());
        }

        return overwritten;

        void Report(Problem problem)
        {
            if (!alreadyStored)
            {
                problems.Report(problem);
            }
        }
    }

    /// <summary>For each stream the ranges that an other stream, with other metadata, claims too.</summary>
    private static Dictionary<int, List<(ByteRange Range, int Other)>> Overlaps(List<Claim> claims, List<DeletedStream> streams)
    {
        Dictionary<int, List<(ByteRange, int)>> shared = [];
        List<Claim> open = [];
        foreach (Claim claim in claims)
        {
            open.RemoveAll(o => o.Offset + o.Length <= claim.Offset);
            foreach (Claim other in open)
            {
                if (streams[other.Stream].Row.Ref == streams[claim.Stream].Row.Ref)
                {
                    continue; // a second name of the same file
                }

                long end = Math.Min(other.Offset + other.Length, claim.Offset + claim.Length);
                ByteRange range = new(claim.Offset, end - claim.Offset);
                Add(claim.Stream, range, other.Stream);
                Add(other.Stream, range, claim.Stream);
            }

            // Hostile metadata can make thousands of streams claim the same place; a few witnesses are enough.
            if (open.Count < 64)
            {
                open.Add(claim);
            }
        }

        return shared;

        void Add(int stream, ByteRange range, int other)
        {
            if (!shared.TryGetValue(stream, out List<(ByteRange, int)>? list))
            {
                shared[stream] = list = [];
            }

            list.Add((range, other));
        }
    }

    /// <summary>The clusters in use among the claimed ones, ascending, neighbours joined.</summary>
    private static List<ByteRange> InUse(List<Claim> claims, IAllocationMap map)
    {
        List<ByteRange> ranges = [];
        long next = 0;
        foreach (Claim claim in claims)
        {
            for (long at = claim.Offset + (Math.Max(0, next - claim.Offset) / map.ClusterSize * map.ClusterSize); at < claim.Offset + claim.Length; at += map.ClusterSize)
            {
                next = Math.Min(at + map.ClusterSize, claim.Offset + claim.Length);
                if (!map.IsAllocated(at))
                {
                    continue;
                }

                if (ranges.Count > 0 && ranges[^1].End >= at)
                {
                    ranges[^1] = ranges[^1] with { Length = Math.Max(ranges[^1].End, next) - ranges[^1].Offset };
                }
                else
                {
                    ranges.Add(new ByteRange(at, next - at));
                }
            }
        }

        return ranges;
    }

    /// <summary>The first stream that has a byte from <paramref name="at"/> on, as far as <paramref name="end"/>.</summary>
    private static long? OwnerOf(List<(ByteRange Range, long EntryId)> inUse, long at, long end)
    {
        int low = 0, high = inUse.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = inUse[middle].Range.Offset < end ? (middle + 1, high) : (low, middle);
        }

        // Ranges of different owners do not overlap but on a damaged volume; a few steps back are enough there.
        long? owner = null;
        for (int i = low - 1; i >= 0 && i > low - 16; i--)
        {
            if (inUse[i].Range.End > at)
            {
                owner = inUse[i].EntryId;
            }
            else if (owner is not null)
            {
                break;
            }
        }

        return owner;
    }

    private static ClaimsRow Judge(List<DeletedStream> streams, int index, IAllocationMap? map, List<(ByteRange Range, int Other)>? shared, List<(ByteRange Range, long EntryId)> inUse)
    {
        DeletedStream stream = streams[index];
        StreamRow row = stream.Row;
        if (row.MetadataReallocated || row.Flags.HasFlag(StreamFlags.NameOnly))
        {
            return new ClaimsRow(row.Id, Recoverability.NameOnly, []);
        }

        if (row.Flags.HasFlag(StreamFlags.Resident) || row.Size == 0)
        {
            return new ClaimsRow(row.Id, Recoverability.Full, []);
        }

        List<ClaimRow> claims = [];
        long covered = 0;
        shared?.Sort((a, b) => a.Range.Offset.CompareTo(b.Range.Offset));
        int nextShared = 0;
        foreach (Extent extent in stream.Extents)
        {
            covered = Math.Max(covered, extent.FileOffset + extent.Length);
            if (extent.IsSparse)
            {
                continue;
            }

            nextShared = 0;
            int cluster = map?.ClusterSize ?? (int)Math.Min(extent.Length, int.MaxValue);
            for (long at = extent.VolumeOffset; at < extent.VolumeOffset + extent.Length; at += cluster)
            {
                long length = Math.Min(cluster, extent.VolumeOffset + extent.Length - at);
                ClaimState state = ClaimState.Free;
                long? other = null;
                if (map?.IsAllocated(at) == true)
                {
                    state = ClaimState.InUse;
                    other = OwnerOf(inUse, at, at + length);
                }
                else if (shared is not null)
                {
                    while (nextShared < shared.Count && shared[nextShared].Range.End <= at)
                    {
                        nextShared++;
                    }

                    if (nextShared < shared.Count && shared[nextShared].Range.Offset < at + length)
                    {
                        state = ClaimState.AlsoClaimed;
                        other = streams[shared[nextShared].Other].Row.Id;
                    }
                }

                if (claims.Count > 0 && claims[^1].State == state && claims[^1].OtherEntryId == other && claims[^1].VolumeOffset + claims[^1].Length == at)
                {
                    claims[^1] = claims[^1] with { Length = claims[^1].Length + length };
                }
                else
                {
                    claims.Add(new ClaimRow(at, length, state, other));
                }
            }
        }

        bool complete = covered >= row.Size && !row.Flags.HasFlag(StreamFlags.Incomplete);
        Recoverability recoverability =
            claims.Count == 0 && stream.Extents.Count == 0 ? Recoverability.NameOnly
            : claims.Count > 0 && claims.TrueForAll(c => c.State == ClaimState.InUse) ? Recoverability.NameOnly
            : complete && claims.TrueForAll(c => c.State == ClaimState.Free) ? Recoverability.Full
            : Recoverability.Partial;
        return new ClaimsRow(row.Id, recoverability, claims);
    }

    private readonly record struct Claim(long Offset, long Length, int Stream);

    private sealed class DeletedStream(StreamRow row)
    {
        public StreamRow Row { get; } = row;

        public IReadOnlyList<Extent> Extents { get; set; } = [];
    }
}
