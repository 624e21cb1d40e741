using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>FAT12, FAT16 and FAT32 with long names.</summary>
internal sealed class FatFormat : IFileSystemFormat
{
    // FAT32 keeps its backup in sector 6; a second one in sector 12 is written by some systems.
    private static readonly long[] BackupSectors = [6, 12];

    /// <inheritdoc/>
    public FormatDescription Description { get; } = new("fat", "FAT12/16/32",
        "Microsoft, FAT: General Overview of On-Disk Format (FAT32 File System Specification), version 1.03");

    /// <inheritdoc/>
    public ProbeResult Probe(IByteSource volume)
    {
        try
        {
            byte[] sector = new byte[FatBootSector.ReadBytes];
            if (volume.ReadAt(0, sector) < sector.Length)
            {
                return ProbeResult.No("less than a boot sector");
            }

            if (FatBootSector.Read(sector, out string why) is FatBootSector boot)
            {
                string name = $"FAT{(int)boot.Kind}";
                byte[] first = new byte[1];
                bool media = boot.Media >= 0xF0 && volume.ReadAt(boot.FatOffset, first) == 1 && first[0] == boot.Media;
                if (boot.SectorSize < 512)
                {
                    return ProbeResult.Maybe($"{name} layout with {boot.SectorSize}-byte sectors");
                }

                if (boot.Signed && boot.Jumps && boot.Media >= 0xF0)
                {
                    return ProbeResult.Yes($"{name} boot sector");
                }

                return boot.Signed || (boot.Jumps && media) || media
                    ? ProbeResult.Maybe($"{name} layout, but {(boot.Signed ? "no jump or an odd media descriptor" : "the signature 55 AA is missing")}")
                    : ProbeResult.No("neither signature nor media descriptor");
            }

            return Backup(volume, out _) is not null ? ProbeResult.Maybe($"backup boot sector of FAT32; the first one does not hold: {why}") : ProbeResult.No(why);
        }
        catch (Exception error) when (error is UnreadableDataException or MalformedDataException)
        {
            return ProbeResult.No(error.Message);
        }
    }

    /// <inheritdoc/>
    public IFileTree Open(IByteSource volume, IProblemSink problems)
    {
        byte[] sector = new byte[FatBootSector.ReadBytes];
        string why;
        FatBootSector? boot = null;
        try
        {
            volume.ReadExactly(0, sector, "boot sector");
            boot = FatBootSector.Read(sector, out why);
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
            boot = Backup(volume, out long at) ?? throw new MalformedDataException("boot sector", 0, "a FAT layout", why);
            problems.Report(new Problem(ProblemKind.Malformed, "boot sector", $"it does not hold ({why}); the backup at byte {at} is used", 0, 512));
        }

        return new FatFileSystem(volume, boot, problems);
    }

    private static FatBootSector? Backup(IByteSource volume, out long at)
    {
        byte[] sector = new byte[FatBootSector.ReadBytes];
        foreach (int size in (ReadOnlySpan<int>)[512, 4096])
        {
            foreach (long number in BackupSectors)
            {
                at = number * size;
                try
                {
                    if (volume.ReadAt(at, sector) == sector.Length && FatBootSector.Read(sector, out _) is { Kind: FatKind.Fat32, Signed: true, Jumps: true } boot
                        && boot.SectorSize == size && boot.BackupOffset == at)
                    {
                        return boot;
                    }
                }
                catch (Exception error) when (error is UnreadableDataException or MalformedDataException)
                {
                    // The next place may do.
                }
            }
        }

        at = -1;
        return null;
    }
}
