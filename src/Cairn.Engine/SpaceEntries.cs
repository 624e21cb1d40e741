using Cairn.Core;

namespace Cairn.Engine;

/// <summary>
/// Entries that give access to bytes no file holds: unallocated space and volume slack of a volume with a file system. They come after
/// the file system's own entries and have keys no file system uses.
/// </summary>
internal static class SpaceEntries
{
    private const long UnallocatedKey = -1;
    private const long VolumeSlackKey = -2;

    public static IEnumerable<FileEntry> Of(IFileTree tree, IByteSource volume)
    {
        if (tree.Allocation is IAllocationMap map)
        {
            long total = 0, first = -1;
            foreach (ByteRange range in map.Unallocated())
            {
                first = first < 0 ? range.Offset : first;
                total += range.Length;
            }

            yield return Entry(UnallocatedKey, "$Unallocated", total, first);
        }

        long slack = SlackLength(tree, volume);
        if (slack > 0)
        {
            yield return Entry(VolumeSlackKey, "$VolumeSlack", slack, tree.Info.Length);
        }
    }

    /// <summary>Bytes of the volume after the end of its file system.</summary>
    public static long SlackLength(IFileTree tree, IByteSource volume) =>
        tree.Info.Length <= 0 ? 0 : Math.Max(0, volume.Length - tree.Info.Length);

    /// <summary>The runs behind one of these entries, or null where <paramref name="stream"/> is the file system's own.</summary>
    public static IReadOnlyList<Extent>? Extents(StreamRef stream, IFileTree tree, IByteSource volume)
    {
        switch (stream.Key)
        {
            case UnallocatedKey when tree.Allocation is IAllocationMap map:
                List<Extent> extents = [];
                long at = 0;
                foreach (ByteRange range in map.Unallocated())
                {
                    extents.Add(new Extent(at, range.Offset, range.Length));
                    at += range.Length;
                }

                return extents;
            case VolumeSlackKey:
                return [new Extent(0, tree.Info.Length, SlackLength(tree, volume))];
            default:
                return null;
        }
    }

    private static FileEntry Entry(long key, string name, long size, long first) => new()
    {
        Key = key,
        Path = name,
        Type = EntryType.Virtual,
        State = EntryState.Deleted,
        Streams =
        [
            new StreamInfo
            {
                Ref = new StreamRef(key, 0),
                Address = name,
                Size = size,
                ValidLength = size,
                AllocatedSize = size,
                FirstOffset = first,
            },
        ],
    };
}
