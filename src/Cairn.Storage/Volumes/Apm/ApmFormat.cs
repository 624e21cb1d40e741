using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Volumes.Apm;

/// <summary>Apple partition map: a chain of blocks from block 1, each with one entry.</summary>
internal sealed class ApmFormat : IVolumeSystemFormat
{
    public const string Scheme = "APM";

    /// <summary>Entries of one map that are read.</summary>
    private const int MostEntries = 4_096;

    private static readonly int[] BlockSizes = [512, 2048, 4096, 1024];

    public FormatDescription Description { get; } = new("apm", "Apple partition map", "Apple, \"Inside Macintosh: Devices\", chapter 3");

    public ProbeResult Probe(IByteSource media)
    {
        Peek peek = new(media);
        if (BlockSize(peek) == 0)
        {
            return ProbeResult.No("no PM at the second block");
        }

        return peek.Has(0, "ER"u8) ? ProbeResult.Yes("ER in the first block and PM in the second") : ProbeResult.Maybe("PM in the second block");
    }

    public IReadOnlyList<Volume> Read(IByteSource media, IProblemSink problems)
    {
        Peek peek = new(media);
        int size = BlockSize(peek);
        if (size == 0)
        {
            throw new MalformedDataException("pmSig", 512, "PM", "something else");
        }

        if (!peek.Has(0, "ER"u8))
        {
            problems.Report(new Problem(ProblemKind.Missing, "Apple partition map", "no driver descriptor ER in the first block", 0, 2));
        }

        List<Volume> parts = [new Volume(VolumeKind.Table, Scheme, 0, Math.Min(size, media.Length), null, "Driver descriptor")];
        uint count = 1;
        bool mapNamed = false;
        for (uint i = 0; i < count; i++)
        {
            if (i == MostEntries)
            {
                problems.Report(new Problem(ProblemKind.LimitReached, "Apple partition map", $"it claims {count} entries; {MostEntries} were read"));
                break;
            }

            long at = (i + 1L) * size;
            string place = $"APM entry {i + 1}";
            byte[] block = new byte[136];
            try
            {
                media.ReadExactly(at, block, "partition map entry");
            }
            catch (MalformedDataException error)
            {
                problems.Report(Problem.From(error, place));
                break;
            }
            catch (UnreadableDataException error)
            {
                problems.Report(Problem.From(error, place));
                continue;
            }

            SpanReader reader = new(block, at);
            if (reader.U16Be("pmSig") != 0x504D)
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, $"no PM at its start; the map claims {count} entries", at, size));
                break;
            }

            reader.Skip(2, "pmSigPad");
            uint claimed = reader.U32Be("pmMapBlkCnt");
            if (i == 0)
            {
                count = Math.Max(1, claimed);
            }
            else if (claimed != count)
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, $"it counts {claimed} entries, the first counts {count}", at + 4, 4));
            }

            long start = reader.U32Be("pmPyPartStart");
            long blocks = reader.U32Be("pmPartBlkCnt");
            string label = Text(reader.Bytes(32, "pmPartName"));
            string type = Text(reader.Bytes(32, "pmParType"));
            if (type.Equals("Apple_Free", StringComparison.OrdinalIgnoreCase) || blocks == 0)
            {
                continue;
            }

            bool isMap = type.Equals("Apple_partition_map", StringComparison.OrdinalIgnoreCase);
            mapNamed |= isMap;
            if (VolumeOrder.Cut(media, place, start * size, blocks * size, problems) is long length)
            {
                parts.Add(isMap
                    ? new Volume(VolumeKind.Table, Scheme, start * size, length, type, "Apple partition map", label.Length == 0 ? null : label)
                    : new Volume(VolumeKind.Partition, Scheme, start * size, length, type, TypeName(type), label.Length == 0 ? null : label));
            }
        }

        if (!mapNamed)
        {
            parts.Add(new Volume(VolumeKind.Table, Scheme, size, Math.Min((long)Math.Min(count, MostEntries) * size, media.Length - size), null, "Apple partition map"));
        }

        parts.Sort(VolumeOrder.ByOffset);
        return parts;
    }

    /// <summary>The driver descriptor's block size where a map is there under it; hybrid discs give a wrong one, so the usual ones are tried too. 0 for no map.</summary>
    private static int BlockSize(Peek peek)
    {
        int stated = peek.Has(0, "ER"u8) ? peek.U16Be(2) : 0;
        foreach (int size in BlockSizes.Prepend(stated))
        {
            if (size is >= 512 and <= 32_768 && size % 512 == 0 && peek.Has(size, "PM"u8) && peek.U32Be(size + 4) is > 0 and < 1 << 20)
            {
                return size;
            }
        }

        return 0;
    }

    private static string Text(ReadOnlySpan<byte> padded)
    {
        int zero = padded.IndexOf((byte)0);
        return Encoding.Latin1.GetString(zero < 0 ? padded : padded[..zero]);
    }

    private static string TypeName(string type) => type.ToUpperInvariant() switch
    {
        "APPLE_HFS" => "HFS or HFS+",
        "APPLE_HFSX" => "HFSX",
        "APPLE_APFS" => "APFS",
        "APPLE_UFS" => "UFS",
        "APPLE_BOOT" => "Apple boot",
        "APPLE_CORESTORAGE" => "Core Storage",
        "APPLE_UNIX_SVR2" => "UNIX",
        "APPLE_DRIVER" or "APPLE_DRIVER43" or "APPLE_DRIVER_ATA" or "APPLE_DRIVER_ATAPI" or "APPLE_DRIVER_IOKIT" or "APPLE_FWDRIVER" or "APPLE_PATCHES" => "driver",
        "APPLE_PRODOS" => "ProDOS",
        "APPLE_SCRATCH" => "scratch",
        "DOS_FAT_12" or "DOS_FAT_16" or "DOS_FAT_32" => "FAT",
        "WINDOWS_NTFS" => "NTFS",
        _ => "unknown",
    };
}
