using System.Text;
using Cairn.Core;
using Cairn.Storage.Volumes.Mbr;

namespace Cairn.Storage.Volumes.Gpt;

/// <summary>
/// GUID partition tables. Both headers and both arrays are read and held against each other and their checksums; the first copy that
/// holds is used, the primary before the backup, and everything that differs is a problem.
/// </summary>
internal sealed class GptFormat : IVolumeSystemFormat
{
    public const string Scheme = "GPT";

    private static readonly int[] UsualSectorSizes = [512, 4096];

    public FormatDescription Description { get; } = new("gpt", "GPT", "UEFI Specification 2.10, chapter 5");

    public ProbeResult Probe(IByteSource media)
    {
        (GptHeader? primary, GptHeader? backup, _) = Find(new Peek(media));
        return (primary, backup) switch
        {
            ({ ChecksumHolds: true }, _) => ProbeResult.Yes("a primary header whose checksum holds"),
            (_, { ChecksumHolds: true }) => ProbeResult.Yes("a backup header whose checksum holds"),
            (null, null) => ProbeResult.No("no header after the first sector nor in the last"),
            _ => ProbeResult.Maybe("a header whose checksum does not hold"),
        };
    }

    public IReadOnlyList<Volume> Read(IByteSource media, IProblemSink problems)
    {
        Peek peek = new(media);
        (GptHeader? primary, GptHeader? backup, int sectorSize) = Find(peek);
        if (primary is null && backup is null)
        {
            throw new MalformedDataException("GPT header", sectorSize, "EFI PART", "something else, and no backup in the last sector");
        }

        Copy first = Copy.Load(media, primary, "primary GPT", problems);
        Copy second = Copy.Load(media, backup, "backup GPT", problems);
        ReportPlaces(media, primary, backup, sectorSize, problems);
        Copy used = first.Rank >= second.Rank ? first : second;
        if (used == second && second.Rank > 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, "GPT", "the partitions come from the backup table", second.Header!.Offset));
        }

        if (used.Rank == 0)
        {
            throw new MalformedDataException("GPT header", used.Header?.Offset ?? sectorSize, "a table that can be read", "entries out of bounds or off the media in both copies");
        }

        if (first.Entries is not null && second.Entries is not null && !first.Entries.AsSpan().SequenceEqual(second.Entries))
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "backup GPT", "the entries of the backup differ from those of the primary table", backup!.EntriesOffset, second.Entries.Length));
        }

        if (primary is not null && backup is not null && primary.Disk != backup.Disk)
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "backup GPT", $"its disk GUID {backup.Disk} is not that of the primary header, {primary.Disk}", backup.Offset));
        }

        List<Volume> parts = [];
        AddTables(media, peek, sectorSize, first, second, parts);
        AddPartitions(media, used, parts, problems);
        ReportHybrid(peek, sectorSize, parts, problems);
        parts.Sort(VolumeOrder.ByOffset);
        return parts;
    }

    /// <summary>
    /// The two headers and the sector size they count in. The source's own size is tried first; where it says 512, which may only mean that
    /// it does not know, 4096 too. A header must name its own sector rightly to win over one that does not.
    /// </summary>
    private static (GptHeader? Primary, GptHeader? Backup, int SectorSize) Find(Peek peek)
    {
        (GptHeader? Primary, GptHeader? Backup, int SectorSize) best = (null, null, Math.Max(512, peek.SectorSize));
        int bestScore = 0;
        foreach (int size in UsualSectorSizes.Prepend(best.SectorSize).Distinct())
        {
            GptHeader? primary = GptHeader.At(peek, size, size);
            long last = ((peek.Length / size) - 1) * size;
            GptHeader? backup = null;
            if (primary is { IsSane: true } && primary.Other <= (ulong)(long.MaxValue / 2 / size) && primary.Other > 1)
            {
                backup = GptHeader.At(peek, (long)primary.Other * size, size);
            }

            if (backup is not { ChecksumHolds: true } && last > size)
            {
                backup = GptHeader.At(peek, last, size) ?? backup;
            }

            int score = Score(primary, size) + Score(backup, size);
            if (score > bestScore)
            {
                (best, bestScore) = ((primary, backup, size), score);
            }
        }

        return best;
    }

    private static int Score(GptHeader? header, int size) =>
        header is null ? 0 : 1 + (header.ChecksumHolds ? 2 : 0) + (header.Own == (ulong)(header.Offset / size) ? 2 : 0);

    private static void ReportPlaces(IByteSource media, GptHeader? primary, GptHeader? backup, int size, IProblemSink problems)
    {
        long lastSector = (media.Length / size) - 1;
        if (primary is null)
        {
            problems.Report(new Problem(ProblemKind.Missing, "primary GPT", "there is no header after the first sector", size, size));
        }
        else if (primary.Own != 1)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "primary GPT", $"the header says that it lies in sector {primary.Own}, need 1", primary.Offset + 0x18, 8));
        }

        if (backup is null)
        {
            bool past = primary is not null && primary.Other > (ulong)lastSector;
            problems.Report(new Problem(ProblemKind.Missing, "backup GPT",
                past ? $"the backup should lie in sector {primary!.Other}, past the last sector of the media, {lastSector}" : "there is no backup header where one should be",
                past ? null : lastSector * size));
            return;
        }

        long at = backup.Offset / size;
        if (at != lastSector)
        {
            problems.Report(new Problem(ProblemKind.Notice, "backup GPT", $"the backup header lies in sector {at}, not in the last sector of the media, {lastSector}; the media was once smaller", backup.Offset));
        }

        if (backup.Own != (ulong)at)
        {
            problems.Report(new Problem(ProblemKind.Malformed, "backup GPT", $"the header says that it lies in sector {backup.Own}, it was found in sector {at}", backup.Offset + 0x18, 8));
        }

        if (primary is not null && primary.Other != (ulong)at)
        {
            problems.Report(new Problem(ProblemKind.Mismatch, "primary GPT", $"it says that the backup lies in sector {primary.Other}, it was found in sector {at}", primary.Offset + 0x20, 8));
        }
    }

    private static void AddTables(IByteSource media, Peek peek, int size, Copy first, Copy second, List<Volume> parts)
    {
        if (MbrTable.HasSignature(peek.Bytes(0, MbrTable.Bytes)))
        {
            AddTable(media, parts, 0, size, "Protective MBR");
        }

        foreach ((Copy copy, string name) in new[] { (first, "primary"), (second, "backup") })
        {
            if (copy.Header is GptHeader header)
            {
                AddTable(media, parts, header.Offset, size, $"GPT header ({name})");
                if (copy.Entries is not null)
                {
                    AddTable(media, parts, header.EntriesOffset, (header.EntriesBytes + size - 1) / size * (long)size, $"GPT entries ({name})");
                }
            }
        }
    }

    private static void AddTable(IByteSource media, List<Volume> parts, long offset, long length, string name)
    {
        if (offset < media.Length)
        {
            parts.Add(new Volume(VolumeKind.Table, Scheme, offset, Math.Min(length, media.Length - offset), null, name));
        }
    }

    private static void AddPartitions(IByteSource media, Copy used, List<Volume> parts, IProblemSink problems)
    {
        GptHeader header = used.Header!;
        long most = long.MaxValue / 2 / header.SectorSize;
        for (int i = 0; i < header.EntryCount; i++)
        {
            // UEFI 2.10, table 5.6.
            SpanReader reader = new(used.Entries.AsSpan(i * (int)header.EntrySize, (int)header.EntrySize), header.EntriesOffset + ((long)i * header.EntrySize));
            Guid type = new(reader.Bytes(16, "partition type GUID"));
            if (type == Guid.Empty)
            {
                continue;
            }

            Guid unique = new(reader.Bytes(16, "unique partition GUID"));
            ulong start = reader.U64Le("starting LBA");
            ulong end = reader.U64Le("ending LBA");
            reader.Skip(8, "attributes");
            string label = Encoding.Unicode.GetString(reader.Bytes(Math.Min(72, reader.Remaining), "partition name"));
            int zero = label.IndexOf('\0', StringComparison.Ordinal);
            label = zero < 0 ? label : label[..zero];
            string place = $"GPT entry {i + 1}";
            if (start > end || end >= (ulong)most)
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, $"it begins in sector {start} and ends in sector {end}"));
                continue;
            }

            if (start < header.FirstUsable || end > header.LastUsable)
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, $"sectors {start} to {end} lie outside those that the header lets partitions use, {header.FirstUsable} to {header.LastUsable}"));
            }

            long offset = (long)start * header.SectorSize;
            if (VolumeOrder.Cut(media, place, offset, (long)(end - start + 1) * header.SectorSize, problems) is long length)
            {
                parts.Add(new Volume(VolumeKind.Partition, Scheme, offset, length, type.ToString().ToUpperInvariant(), GptTypes.Name(type),
                    label.Length == 0 ? null : label, unique.ToString().ToUpperInvariant()));
            }
        }
    }

    private static void ReportHybrid(Peek peek, int size, List<Volume> parts, IProblemSink problems)
    {
        MbrEntry[]? entries = MbrFormat.EntriesOf(peek);
        if (entries is null || !entries.Any(e => e.IsProtective && e.IsUsed))
        {
            problems.Report(new Problem(ProblemKind.Missing, "MBR", "the first sector holds no protective MBR", 0, size));
        }

        for (int i = 0; i < entries?.Length; i++)
        {
            MbrEntry entry = entries[i];
            if (!entry.IsUsed || entry.IsProtective)
            {
                continue;
            }

            long offset = (long)entry.Start * size, length = (long)entry.Count * size;
            bool same = parts.Exists(p => p.Kind == VolumeKind.Partition && p.Offset == offset && p.Length == length);
            problems.Report(new Problem(same ? ProblemKind.Notice : ProblemKind.Mismatch, $"MBR entry {i}",
                same ? $"hybrid MBR: type 0x{entry.Type:X2} names a partition of the GPT"
                : $"the MBR names sectors {entry.Start} to {(long)entry.Start + entry.Count - 1} as type 0x{entry.Type:X2}, the GPT has no such partition; the GPT was used", offset, length));
        }
    }

    /// <summary>One of the two copies: its header, its entries where they could be read, and how far both can be trusted.</summary>
    private sealed record Copy(GptHeader? Header, byte[]? Entries, int Rank)
    {
        public static Copy Load(IByteSource media, GptHeader? header, string place, IProblemSink problems)
        {
            if (header is null)
            {
                return new Copy(null, null, 0);
            }

            if (!header.ChecksumHolds)
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, "the header's checksum does not hold", header.Offset, header.SectorSize));
            }

            if (!header.IsSane)
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, $"{header.EntryCount} entries of {header.EntrySize} bytes from sector {header.EntriesSector}", header.Offset + 0x48, 16));
                return new Copy(header, null, 0);
            }

            if (header.EntriesOffset >= media.Length || header.EntriesBytes > media.Length - header.EntriesOffset)
            {
                problems.Report(new Problem(ProblemKind.Missing, place, "its entries lie past the end of the media", header.EntriesOffset, header.EntriesBytes));
                return new Copy(header, null, 0);
            }

            byte[] entries = new byte[header.EntriesBytes];
            bool complete = true;
            media.ReadAvailable(header.EntriesOffset, entries, (range, reason) =>
            {
                complete = false;
                problems.Report(new Problem(ProblemKind.Unreadable, $"{place}, entries", reason, range.Offset, range.Length));
            });
            bool holds = Crc32.Compute(entries) == header.EntriesChecksum;
            if (!holds)
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, "the checksum of the entries does not hold", header.EntriesOffset, header.EntriesBytes));
            }

            return new Copy(header, entries, 1 + (header.ChecksumHolds ? 2 : 0) + (holds && complete ? 4 : 0));
        }
    }
}
