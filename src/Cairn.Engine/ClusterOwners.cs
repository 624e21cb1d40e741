using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>
/// Which allocated streams have given clusters. What is kept of a stream is where it begins and its row; extents are asked of the file system
/// only for the streams that can matter: first those that begin at the clusters or last before them, and where that leaves clusters without
/// an owner, those that may lie in pieces.
/// </summary>
internal sealed class ClusterOwners
{
    private readonly List<Owner> streams = [];

    /// <summary>Takes note of a stream; what has no clusters, or is deleted, is left out.</summary>
    public void Add(in StreamRow row)
    {
        const StreamFlags elsewhere = StreamFlags.Resident | StreamFlags.NameOnly;
        if (row.State == EntryState.Allocated && row.Type != EntryType.Virtual && (row.Flags & elsewhere) == 0 && row.FirstOffset >= 0)
        {
            streams.Add(new Owner(row.FirstOffset, row.Size, row.Ref.Key, row.Id, row.Ref.Stream));
        }
    }

    /// <summary>
    /// The parts of <paramref name="wanted"/> (ascending, apart) that a stream has, ascending, with the row of the stream: where several names
    /// lead to it, the first. Clusters of the file system's own structures have no row.
    /// </summary>
    public List<(ByteRange Range, long EntryId)> Find(IFileTree tree, IReadOnlyList<ByteRange> wanted, CancellationToken cancel)
    {
        List<(ByteRange Range, long EntryId)> found = [];
        if (wanted.Count == 0 || streams.Count == 0)
        {
            return found;
        }

        streams.Sort(static (a, b) => a.FirstOffset != b.FirstOffset ? a.FirstOffset.CompareTo(b.FirstOffset) : a.Id.CompareTo(b.Id));
        bool[] asked = new bool[streams.Count];
        foreach (ByteRange range in wanted)
        {
            // Of streams that begin at one place, hard links of one file, the first stands for all.
            int at = FirstFrom(range.Offset + 1) - 1;
            at = at < 0 ? 0 : FirstFrom(streams[at].FirstOffset);
            for (; at < streams.Count && streams[at].FirstOffset < range.End; at++)
            {
                Ask(at);
            }
        }

        long missing = wanted.Sum(r => r.Length) - Covered(found);
        int cluster = tree.Allocation?.ClusterSize ?? 0;
        for (int i = 0; i < streams.Count && missing > 0; i++)
        {
            if (streams[i].Size > cluster && !asked[i])
            {
                int before = found.Count;
                Ask(i);
                missing -= found.Skip(before).Sum(f => f.Range.Length);
            }
        }

        found.Sort(static (a, b) => a.Range.Offset != b.Range.Offset ? a.Range.Offset.CompareTo(b.Range.Offset) : a.EntryId.CompareTo(b.EntryId));
        return found;

        int FirstFrom(long offset)
        {
            int low = 0, high = streams.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = streams[middle].FirstOffset < offset ? (middle + 1, high) : (low, middle);
            }

            return low;
        }

        void Ask(int index)
        {
            cancel.ThrowIfCancellationRequested();
            Owner owner = streams[index];
            if (asked[index])
            {
                return;
            }

            asked[index] = true;
            if (index > 0 && streams[index - 1].IsSameStream(owner))
            {
                return;
            }

            try
            {
                foreach (Extent extent in tree.GetExtents(new StreamRef(owner.Key, owner.Stream)))
                {
                    if (!extent.IsSparse)
                    {
                        Clip(wanted, new ByteRange(extent.VolumeOffset, extent.Length), owner.Id, found);
                    }
                }
            }
            catch (MalformedDataException)
            {
                // Said when the stream itself is read; what it has in use cannot be told.
            }
            catch (UnreadableDataException)
            {
            }
        }
    }

    private static void Clip(IReadOnlyList<ByteRange> wanted, ByteRange extent, long id, List<(ByteRange Range, long EntryId)> into)
    {
        int low = 0, high = wanted.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = wanted[middle].End <= extent.Offset ? (middle + 1, high) : (low, middle);
        }

        for (; low < wanted.Count && wanted[low].Offset < extent.End; low++)
        {
            long from = Math.Max(wanted[low].Offset, extent.Offset);
            into.Add((new ByteRange(from, Math.Min(wanted[low].End, extent.End) - from), id));
        }
    }

    /// <summary>Bytes of the ranges, those that several streams have (a damaged volume) counted once.</summary>
    private static long Covered(List<(ByteRange Range, long EntryId)> found)
    {
        long bytes = 0, end = 0;
        foreach (ByteRange range in found.Select(f => f.Range).OrderBy(r => r.Offset))
        {
            bytes += Math.Max(0, range.End - Math.Max(range.Offset, end));
            end = Math.Max(end, range.End);
        }

        return bytes;
    }

    private readonly record struct Owner(long FirstOffset, long Size, long Key, long Id, int Stream)
    {
        public bool IsSameStream(in Owner other) => Key == other.Key && Stream == other.Stream;
    }
}
