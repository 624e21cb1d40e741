using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.ExFat;

/// <summary>exFAT, TexFAT's second FAT and bitmap included as far as they name the ones in use.</summary>
internal sealed class ExFatFormat : IFileSystemFormat
{
    /// <inheritdoc/>
    public FormatDescription Description { get; } = new("exfat", "exFAT", "Microsoft, exFAT file system specification, revision 1.00");

    /// <inheritdoc/>
    public ProbeResult Probe(IByteSource volume)
    {
        try
        {
            byte[] sector = new byte[ExFatBootSector.ReadBytes];
            if (volume.ReadAt(0, sector) < sector.Length)
            {
                return ProbeResult.No("less than a boot sector");
            }

            if (ExFatBootSector.Read(sector, out string why) is not null)
            {
                return sector[510] == 0x55 && sector[511] == 0xAA ? ProbeResult.Yes("exFAT boot sector") : ProbeResult.Maybe("exFAT boot sector, but the signature 55 AA is missing");
            }

            return Backup(volume, out _) is not null ? ProbeResult.Maybe($"exFAT backup boot sector; the first one does not hold: {why}") : ProbeResult.No(why);
        }
        catch (Exception error) when (error is UnreadableDataException or MalformedDataException)
        {
            return ProbeResult.No(error.Message);
        }
    }

    /// <inheritdoc/>
    public IFileTree Open(IByteSource volume, IProblemSink problems)
    {
        byte[] sector = new byte[ExFatBootSector.ReadBytes];
        ExFatBootSector? boot = null;
        string why;
        try
        {
            volume.ReadExactly(0, sector, "boot sector");
            boot = ExFatBootSector.Read(sector, out why);
        }
        catch (UnreadableDataException error)
        {
            why = error.Reason;
            if (Backup(volume, out _) is null)
            {
                throw;
            }
        }

        if (boot is null)
        {
            boot = Backup(volume, out long at) ?? throw new MalformedDataException("boot sector", 0, "an exFAT layout", why);
            problems.Report(new Problem(ProblemKind.Malformed, "boot sector", $"it does not hold ({why}); the backup at byte {at} is used", 0, 512));
        }
        else
        {
            CheckRegion(volume, boot, 0, "main boot region", problems);
        }

        CheckRegion(volume, boot, ExFatBootSector.RegionSectors, "backup boot region", problems);
        return new ExFatFileSystem(volume, boot, problems);
    }

    private static void CheckRegion(IByteSource volume, ExFatBootSector boot, int firstSector, string place, IProblemSink problems)
    {
        byte[] region = new byte[ExFatBootSector.RegionSectors * boot.SectorSize];
        long at = (long)firstSector * boot.SectorSize;
        try
        {
            if (volume.ReadAt(at, region) < region.Length)
            {
                problems.Report(new Problem(ProblemKind.Missing, place, "it goes on past the end of the volume", at, region.Length));
                return;
            }
        }
        catch (UnreadableDataException error)
        {
            problems.Report(Problem.From(error, place));
            return;
        }

        ReadOnlySpan<byte> sums = region.AsSpan(11 * boot.SectorSize);
        uint sum = ExFatBootSector.Checksum(region.AsSpan(0, 11 * boot.SectorSize));
        for (int i = 0; i < sums.Length; i += 4)
        {
            uint stored = BinaryPrimitives.ReadUInt32LittleEndian(sums[i..]);
            if (stored != sum)
            {
                problems.Report(new Problem(ProblemKind.Mismatch, place, $"its checksum is {stored:X8}, its bytes give {sum:X8}", at + (11 * boot.SectorSize) + i, 4));
                return;
            }
        }
    }

    private static ExFatBootSector? Backup(IByteSource volume, out long at)
    {
        byte[] sector = new byte[ExFatBootSector.ReadBytes];
        for (int shift = 9; shift <= 12; shift++)
        {
            at = (long)ExFatBootSector.RegionSectors << shift;
            try
            {
                if (volume.ReadAt(at, sector) == sector.Length && ExFatBootSector.Read(sector, out _) is ExFatBootSector boot && boot.SectorSize == 1 << shift)
                {
                    return boot;
                }
            }
            catch (UnreadableDataException)
            {
                // The next place may do.
            }
        }

        at = -1;
        return null;
    }
}
