using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>NTFS, versions 1.2 to 3.1.</summary>
internal sealed class NtfsFormat : IFileSystemFormat
{
    public FormatDescription Description { get; } = new("ntfs", "NTFS", "Microsoft MS-FSCC and MS-XCA for what is published; Linux-NTFS documentation and the Sleuth Kit's observed reading for the rest");

    public ProbeResult Probe(IByteSource volume)
    {
        if (TryRead(volume, 0) is NtfsBootSector boot)
        {
            return ProbeResult.Yes($"boot sector of NTFS with clusters of {boot.ClusterSize} bytes");
        }

        return Backup(volume) is not null
            ? ProbeResult.Maybe("the first sector is not a boot sector of NTFS, the copy in the last one is")
            : ProbeResult.No("no boot sector of NTFS");
    }

    public IFileTree Open(IByteSource volume, IProblemSink problems) => NtfsFileSystem.Open(volume, problems);

    /// <summary>The boot sector, or its copy at the end of the volume.</summary>
    public static NtfsBootSector ReadBootSector(IByteSource volume, IProblemSink problems)
    {
        Problem problem;
        try
        {
            byte[] sector = new byte[NtfsBootSector.Length];
            volume.ReadExactly(0, sector, "boot sector");
            return NtfsBootSector.Read(sector, 0);
        }
        catch (MalformedDataException error)
        {
            if (Backup(volume) is not NtfsBootSector backup)
            {
                throw;
            }

            problem = Problem.From(error, "boot sector");
            problems.Report(problem with { Reason = problem.Reason + "; its copy in the last sector was used" });
            return backup;
        }
        catch (UnreadableDataException error)
        {
            if (Backup(volume) is not NtfsBootSector backup)
            {
                throw;
            }

            problem = Problem.From(error, "boot sector");
            problems.Report(problem with { Reason = problem.Reason + "; its copy in the last sector was used" });
            return backup;
        }
    }

    private static NtfsBootSector? Backup(IByteSource volume) =>
        TryRead(volume, volume.Length - 512) ?? TryRead(volume, volume.Length - 4_096);

    private static NtfsBootSector? TryRead(IByteSource volume, long offset)
    {
        try
        {
            Span<byte> sector = stackalloc byte[NtfsBootSector.Length];
            return offset >= 0 && volume.ReadAt(offset, sector) == sector.Length ? NtfsBootSector.Read(sector, offset) : null;
        }
        catch (MalformedDataException)
        {
            return null;
        }
        catch (UnreadableDataException)
        {
            return null;
        }
    }
}
