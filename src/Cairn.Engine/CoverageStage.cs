using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>Accounts for every byte of the media: the rows of one evidence add up to its size.</summary>
internal static class CoverageStage
{
    public static IReadOnlyList<CoverageRow> Of(long mediaLength, IReadOnlyList<ExaminedVolume> volumes, IReadOnlyList<ByteRange> unreadable, bool mediaWasRead)
    {
        List<CoverageRow> rows = [];
        long accounted = 0;
        foreach (ExaminedVolume volume in volumes)
        {
            foreach (CoverageRow row in OfVolume(volume, unreadable))
            {
                if (row.Bytes > 0)
                {
                    rows.Add(row);
                    accounted += row.Bytes;
                }
            }
        }

        if (accounted != mediaLength)
        {
            // Cannot happen while the parts tile the media; if it ever does, the report says so instead of hiding it.
            rows.Add(new CoverageRow(null, "unknown", mediaLength - accounted, "not attributed to any part of the media"));
        }

        if (!mediaWasRead && rows.Count > 0)
        {
            rows[0] = rows[0] with { Note = Join(rows[0].Note, "the media was not read as a whole, so unreadable ranges are known only where files lie") };
        }

        return rows;
    }

    private static IEnumerable<CoverageRow> OfVolume(ExaminedVolume volume, IReadOnlyList<ByteRange> unreadable)
    {
        Volume part = volume.Row.Volume;
        int index = volume.Index;
        List<ByteRange> bad = Inside(unreadable, part);
        long badBytes = bad.Sum(r => r.Length);
        if (badBytes > 0)
        {
            yield return new CoverageRow(index, "unreadable", badBytes, bad.Count == 1 ? "1 range, see problems" : $"{bad.Count} ranges, see problems");
        }

        if (volume.Tree is null)
        {
            string category = part.Kind switch
            {
                VolumeKind.Table => "partition table",
                VolumeKind.Unallocated => "unallocated",
                _ when volume.Row.Signature is null => "unknown",
                _ when volume.Row.Signature.Encrypted => "encrypted",
                _ => "unsupported",
            };
            yield return new CoverageRow(index, category, part.Length - badBytes, volume.Row.Signature?.Name ?? part.TypeName);
            yield break;
        }

        IFileTree tree = volume.Tree;
        long slack = SpaceEntries.SlackLength(tree, volume.Bytes!);
        long end = part.Length - slack;
        long free = 0, badInFree = 0;
        if (tree.Allocation is IAllocationMap map)
        {
            foreach (ByteRange range in map.Unallocated())
            {
                long length = Math.Min(range.End, end) - range.Offset;
                if (length <= 0)
                {
                    continue;
                }

                free += length;
                badInFree += bad.Sum(b => Overlap(b, new ByteRange(range.Offset, length)));
            }
        }

        long badInSlack = bad.Sum(b => Overlap(b, new ByteRange(end, slack)));
        long badInFiles = badBytes - badInFree - badInSlack;
        yield return new CoverageRow(index, "file system", end - free - badInFiles, $"{tree.Info.TypeName}: files and metadata");
        yield return new CoverageRow(index, "unallocated in file system", free - badInFree, "can be read as $Unallocated; not interpreted");
        yield return new CoverageRow(index, "volume slack", slack - badInSlack, "can be read as $VolumeSlack; not interpreted");
    }

    /// <summary>The ranges within a part, relative to its start.</summary>
    private static List<ByteRange> Inside(IReadOnlyList<ByteRange> ranges, Volume part)
    {
        List<ByteRange> inside = [];
        foreach (ByteRange range in ranges)
        {
            long overlap = Overlap(range, new ByteRange(part.Offset, part.Length));
            if (overlap > 0)
            {
                inside.Add(new ByteRange(Math.Max(range.Offset, part.Offset) - part.Offset, overlap));
            }
        }

        return inside;
    }

    private static long Overlap(ByteRange a, ByteRange b) => Math.Max(0, Math.Min(a.End, b.End) - Math.Max(a.Offset, b.Offset));

    private static string Join(string? first, string second) => first is null ? second : $"{first}; {second}";
}
