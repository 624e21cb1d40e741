using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>One stream to read, with every row that names it.</summary>
/// <param name="Volume">Where it lies.</param>
/// <param name="Ref">How to open it.</param>
/// <param name="MediaOffset">Bytes from the start of the media of its first extent, 0 where unknown.</param>
/// <param name="IsMainStream">False for an alternate stream, whose extension says nothing.</param>
/// <param name="Names">Row ids and extensions ("" where none, else with the dot), ascending by id.</param>
internal sealed record ContentItem(ExaminedVolume Volume, StreamRef Ref, long MediaOffset, bool IsMainStream, IReadOnlyList<(long Id, string Extension)> Names)
{
    /// <summary>Bytes of clusters behind the stream; 0 where it has none or its metadata does not hold.</summary>
    public long AllocatedBytes()
    {
        try
        {
            long sum = 0;
            foreach (Extent extent in Volume.Tree!.GetExtents(Ref))
            {
                sum += extent.IsSparse ? 0 : extent.Length;
            }

            return sum;
        }
        catch (MalformedDataException)
        {
            return 0;
        }
        catch (UnreadableDataException)
        {
            return 0;
        }
    }
}

/// <summary>
/// The streams of one evidence whose content is to be read, sorted by their place on the media. A compact array: 40 bytes a stream, so
/// that memory stays small however many files there are.
/// </summary>
internal sealed class ContentWork
{
    private readonly List<Entry> entries = [];
    private readonly List<ExaminedVolume> volumes = [];
    private readonly Dictionary<string, int> extensionIndex = [];
    private readonly List<string> extensions = [];

    /// <summary>Bytes to read, a stream with several names counted once.</summary>
    public long Bytes { get; private set; }

    /// <summary>Rows to store.</summary>
    public long Streams => entries.Count;

    public void Add(ExaminedVolume volume, in StreamRow row)
    {
        if (volumes.Count == 0 || volumes[^1] != volume)
        {
            volumes.Add(volume);
        }

        string extension = row.Stream.Length == 0 ? Path.GetExtension(row.Path) : "";
        extension = extension.Length > 16 ? "" : extension.ToLowerInvariant();
        if (!extensionIndex.TryGetValue(extension, out int index))
        {
            index = extensions.Count;
            extensions.Add(extension);
            extensionIndex.Add(extension, index);
        }

        long offset = row.FirstOffset < 0 ? 0 : (volume.Row.Volume.Offset + row.FirstOffset);
        entries.Add(new Entry(offset, row.Ref.Key, row.Id, row.Size, row.Ref.Stream, (volumes.Count - 1) | (row.Stream.Length == 0 ? 0 : int.MinValue), index));
    }

    /// <summary>Sorts by place on the media and counts the bytes; to be called once after the last <see cref="Add"/>.</summary>
    public void Seal()
    {
        entries.Sort(static (a, b) =>
        {
            int order = a.MediaOffset.CompareTo(b.MediaOffset);
            order = order != 0 ? order : a.VolumeAndKind.CompareTo(b.VolumeAndKind);
            order = order != 0 ? order : a.Key.CompareTo(b.Key);
            order = order != 0 ? order : a.Stream.CompareTo(b.Stream);
            return order != 0 ? order : a.Id.CompareTo(b.Id);
        });
        for (int i = 0; i < entries.Count; i++)
        {
            if (i == 0 || !entries[i].IsSameStream(entries[i - 1]))
            {
                Bytes += entries[i].Size;
            }
        }
    }

    /// <summary>The stream at <paramref name="next"/>, which moves past all its names; null at the end. The caller takes turns.</summary>
    public ContentItem? TakeAt(ref int next)
    {
        if (next >= entries.Count)
        {
            return null;
        }

        Entry first = entries[next];
        int end = next + 1;
        while (end < entries.Count && entries[end].IsSameStream(first))
        {
            end++;
        }

        (long, string)[] names = new (long, string)[end - next];
        for (int i = next; i < end; i++)
        {
            names[i - next] = (entries[i].Id, extensions[entries[i].Extension]);
        }

        next = end;
        return new ContentItem(volumes[first.VolumeAndKind & int.MaxValue], new StreamRef(first.Key, first.Stream), first.MediaOffset, first.VolumeAndKind >= 0, names);
    }

    private readonly record struct Entry(long MediaOffset, long Key, long Id, long Size, int Stream, int VolumeAndKind, int Extension)
    {
        public bool IsSameStream(in Entry other) => Key == other.Key && Stream == other.Stream && VolumeAndKind == other.VolumeAndKind;
    }
}

/// <summary>Decides for each stream whether its content is read, and why not.</summary>
internal static class ContentPlanner
{
    /// <summary>The status of a stream that is not read, or null where it is.</summary>
    public static ContentStatus? WithoutReading(in StreamRow row, HashSet<long> overwritten)
    {
        if (row.Type is not (EntryType.File or EntryType.Unknown) || row.Flags.HasFlag(StreamFlags.Index))
        {
            // Alternate streams of directories have content like any file's.
            if (row.Type != EntryType.Directory || row.Stream.Length == 0 || row.Flags.HasFlag(StreamFlags.Index))
            {
                return ContentStatus.NotHashed;
            }
        }

        if (row.MetadataReallocated || row.Flags.HasFlag(StreamFlags.NameOnly))
        {
            return ContentStatus.NameOnly;
        }

        if (row.Flags.HasFlag(StreamFlags.Encrypted))
        {
            return ContentStatus.Encrypted;
        }

        return overwritten.Contains(row.Id) ? ContentStatus.Overwritten : null;
    }
}
