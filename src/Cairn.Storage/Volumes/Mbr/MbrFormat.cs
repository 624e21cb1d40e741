using Cairn.Core;

namespace Cairn.Storage.Volumes.Mbr;

/// <summary>Master boot record partition tables with chains of extended partitions.</summary>
internal sealed class MbrFormat : IVolumeSystemFormat
{
    public const string Scheme = "MBR";

    public FormatDescription Description { get; } = new("mbr", "MBR", "Microsoft, \"Disk Concepts and Troubleshooting\"; UEFI 2.10, section 5.2");

    public ProbeResult Probe(IByteSource media)
    {
        Peek peek = new(media);
        ReadOnlySpan<byte> sector = peek.Bytes(0, MbrTable.Bytes);
        if (!MbrTable.HasSignature(sector))
        {
            return ProbeResult.No("no 55 AA at the end of the first sector");
        }

        (bool loose, bool strict) = MbrTable.Judge(MbrTable.Entries(sector, 0), Math.Max(1, media.Length / 512));
        return strict ? ProbeResult.Yes("boot signature and a partition table in order")
            : loose ? ProbeResult.Maybe("boot signature and at least one partition entry in order")
            : ProbeResult.No("boot signature, but no partition entry in order");
    }

    public IReadOnlyList<Volume> Read(IByteSource media, IProblemSink problems)
    {
        byte[] sector = new byte[MbrTable.Bytes];
        media.ReadExactly(0, sector, "master boot record");
        if (!MbrTable.HasSignature(sector))
        {
            throw new MalformedDataException("boot signature", 0x1FE, "55 AA", $"{sector[0x1FE]:X2} {sector[0x1FF]:X2}");
        }

        MbrEntry[] entries = MbrTable.Entries(sector, 0);
        int unit = SectorSize(media, entries);
        List<Volume> parts = [new Volume(VolumeKind.Table, Scheme, 0, Math.Min(unit, media.Length), null, "Master boot record")];
        Reading reading = new(media, unit, parts, problems);
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Type != 0 && entries[i].Count == 0)
            {
                problems.Report(new Problem(ProblemKind.Malformed, $"MBR entry {i}", $"type 0x{entries[i].Type:X2} with no sectors", 0x1BE + (i * 16), 16));
            }
        }

        // The order of the media, not of the entries, so that the first of two overlapping chains keeps its tables.
        foreach ((MbrEntry entry, int index) in entries.Select((e, i) => (e, i)).Where(p => p.e.IsUsed).OrderBy(p => p.e.Start))
        {
            if (entry.IsExtended)
            {
                reading.Chain(entry, index);
            }
            else
            {
                reading.Add($"MBR entry {index}", entry, (long)entry.Start * unit);
            }
        }

        parts.Sort(VolumeOrder.ByOffset);
        return parts;
    }

    /// <summary>Entries of a protective or hybrid MBR.</summary>
    public static MbrEntry[]? EntriesOf(Peek peek)
    {
        ReadOnlySpan<byte> sector = peek.Bytes(0, MbrTable.Bytes);
        return MbrTable.HasSignature(sector) ? MbrTable.Entries(sector, 0) : null;
    }

    /// <summary>
    /// Bytes per sector in the table's numbers. Media that came through a raw image say 512 whatever the drive had, so 4096 is taken where
    /// partitions begin with something known under 4096 and with nothing known under 512.
    /// </summary>
    private static int SectorSize(IByteSource media, MbrEntry[] entries)
    {
        if (media.SectorSize != 512)
        {
            return media.SectorSize;
        }

        int small = 0, large = 0;
        Peek peek = new(media);
        foreach (MbrEntry entry in entries)
        {
            if (entry.IsUsed && entry.Start != 0)
            {
                small += Begins(peek, media, entry, 512) ? 1 : 0;
                large += Begins(peek, media, entry, 4096) ? 1 : 0;
            }
        }

        return large > small && small == 0 ? 4096 : 512;
    }

    private static bool Begins(Peek peek, IByteSource media, MbrEntry entry, int unit)
    {
        long at = (long)entry.Start * unit;
        if (at >= media.Length)
        {
            return false;
        }

        if (entry.IsExtended)
        {
            return MbrTable.HasSignature(peek.Bytes(at, MbrTable.Bytes));
        }

        return FileSystemProbe.IsCertain(new SubSource(media, at, (long)entry.Count * unit));
    }

    private sealed class Reading(IByteSource media, int unit, List<Volume> parts, IProblemSink problems)
    {
        private readonly HashSet<long> seen = [0];

        public void Add(string place, MbrEntry entry, long offset)
        {
            long length = (long)entry.Count * unit;
            if (entry.Status is not (0x00 or 0x80))
            {
                problems.Report(new Problem(ProblemKind.Malformed, place, $"boot indicator 0x{entry.Status:X2}, need 0x00 or 0x80"));
            }

            if (VolumeOrder.Cut(media, place, offset, length, problems) is long cut)
            {
                parts.Add(new Volume(VolumeKind.Partition, Scheme, offset, cut, $"0x{entry.Type:X2}", MbrTypes.Name(entry.Type)));
            }
        }

        /// <summary>Follows a chain of extended boot records; logical partitions count from their own record, links from the first one.</summary>
        public void Chain(MbrEntry extended, int index)
        {
            long first = (long)extended.Start * unit;
            long end = first + ((long)extended.Count * unit);
            if (first < media.Length && end > media.Length)
            {
                problems.Report(new Problem(ProblemKind.Missing, $"MBR entry {index}", "the extended partition reaches past the end of the media", media.Length, end - media.Length));
            }

            Stack<long> waiting = new();
            waiting.Push(first);
            byte[] sector = new byte[MbrTable.Bytes];
            int number = 0;
            while (waiting.TryPop(out long at))
            {
                string place = $"extended boot record at sector {at / unit}";
                if (!seen.Add(at))
                {
                    problems.Report(Problem.Cycle(place, "the chain of extended partitions leads back to a table that was already read"));
                    continue;
                }

                if (++number > Limits.ExtendedPartitions)
                {
                    problems.Report(new Problem(ProblemKind.LimitReached, place, $"more than {Limits.ExtendedPartitions} extended boot records; the rest is not followed"));
                    return;
                }

                if (at >= media.Length)
                {
                    problems.Report(new Problem(ProblemKind.Missing, place, "the table lies past the end of the media", at));
                    continue;
                }

                try
                {
                    media.ReadExactly(at, sector, "extended boot record");
                }
                catch (MalformedDataException error)
                {
                    problems.Report(Problem.From(error, place));
                    continue;
                }
                catch (UnreadableDataException error)
                {
                    problems.Report(Problem.From(error, place));
                    continue;
                }

                if (!MbrTable.HasSignature(sector))
                {
                    problems.Report(new Problem(ProblemKind.Malformed, place, $"no 55 AA at its end, have {sector[0x1FE]:X2} {sector[0x1FF]:X2}", at, MbrTable.Bytes));
                    continue;
                }

                parts.Add(new Volume(VolumeKind.Table, Scheme, at, Math.Min(unit, media.Length - at), null, "Extended boot record"));
                MbrEntry[] entries = MbrTable.Entries(sector, at);
                for (int i = 0; i < entries.Length; i++)
                {
                    if (!entries[i].IsUsed)
                    {
                        continue;
                    }

                    if (entries[i].IsExtended)
                    {
                        waiting.Push(first + ((long)entries[i].Start * unit));
                    }
                    else
                    {
                        long offset = at + ((long)entries[i].Start * unit);
                        if (offset + ((long)entries[i].Count * unit) > end)
                        {
                            problems.Report(new Problem(ProblemKind.Malformed, place, $"the logical partition of entry {i} reaches out of its extended partition", offset, (long)entries[i].Count * unit));
                        }

                        Add($"{place}, entry {i}", entries[i], offset);
                    }
                }
            }
        }
    }
}
