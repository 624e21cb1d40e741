using Cairn.Core;

namespace Cairn.Storage.Volumes;

/// <summary>What every partition table needs: the order of parts, and partitions cut where the media ends.</summary>
internal static class VolumeOrder
{
    public static int ByOffset(Volume a, Volume b)
    {
        int order = a.Offset.CompareTo(b.Offset);
        return order != 0 ? order : a.Length.CompareTo(b.Length);
    }

    /// <summary>The length that lies on the media, or null where nothing does; what is missing is reported.</summary>
    public static long? Cut(IByteSource media, string place, long offset, long length, IProblemSink problems)
    {
        if (offset < 0 || length <= 0)
        {
            problems.Report(new Problem(ProblemKind.Malformed, place, "the partition has no length", offset));
            return null;
        }

        if (offset >= media.Length)
        {
            problems.Report(new Problem(ProblemKind.Missing, place, "the partition lies past the end of the media", offset, length));
            return null;
        }

        long left = media.Length - offset;
        if (length <= left)
        {
            return length;
        }

        problems.Report(new Problem(ProblemKind.Missing, place, "the partition reaches past the end of the media and is cut there", media.Length, length - left));
        return left;
    }
}

/// <summary>Whether a range begins with a file system that this version knows.</summary>
internal static class FileSystemProbe
{
    public static bool IsCertain(IByteSource volume) => Certain(volume) is not null;

    public static IFileSystemFormat? Certain(IByteSource volume)
    {
        foreach (IFileSystemFormat format in StorageCatalogue.FileSystems)
        {
            if (format.Probe(volume).Confidence == ProbeConfidence.Certain)
            {
                return format;
            }
        }

        return null;
    }
}
