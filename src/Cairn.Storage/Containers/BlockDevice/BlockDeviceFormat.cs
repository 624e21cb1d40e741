using System.Globalization;
using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Containers.BlockDevice;

/// <summary>A disk or partition of the computer itself: /dev/… on Linux and macOS, \\.\PhysicalDriveN on Windows.</summary>
/// <param name="sysClassBlock">Where Linux describes its block devices.</param>
/// <param name="deviceFolder">Where devices are named.</param>
internal sealed class BlockDeviceFormat(string sysClassBlock = "/sys/class/block", string deviceFolder = "/dev/") : IContainerFormat
{
    private const int DefaultSector = 512;

    public FormatDescription Description { get; } = new("blockdevice", "Block device", "Linux Documentation/ABI/stable/sysfs-block: size, ro, queue/logical_block_size");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head)
    {
        try
        {
            return IsDevice(path) ? ProbeResult.Yes("a block device") : ProbeResult.No("not a block device");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return ProbeResult.No(error.Message);
        }
    }

    public IEvidenceContainer Open(string path, IProblemSink problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        string device = path.StartsWith(@"\\.\", StringComparison.Ordinal) ? path : Path.GetFullPath(path);
        SafeFileHandle handle;
        try
        {
            handle = FileReading.Open(device);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new EvidenceException($"Cannot open {path} for reading: {error.Message}. Devices can be read by an administrator (root) only.", error);
        }

        try
        {
            string? described = DescribedName(device);
            int sector = (int)(Number(described, "queue/logical_block_size") ?? Number(described, "../queue/logical_block_size") ?? DefaultSector);
            if (sector is < 512 or > 65_536 || !int.IsPow2(sector))
            {
                sector = DefaultSector;
            }

            // The kernel counts in 512 bytes here whatever the device's sector is.
            long length = Number(described, "size") is long blocks and > 0 && blocks < long.MaxValue / 512 ? blocks * 512 : BlockDeviceSource.FindLength(handle, sector);
            bool readOnly = Number(described, "ro") == 1;
            if (length == 0)
            {
                problems.Report(new Problem(ProblemKind.Missing, device, "the device holds no medium, or nothing of it can be read", 0, 0));
            }

            if (!readOnly)
            {
                problems.Report(new Problem(ProblemKind.Notice, device, "the system can write to this device: no write blocker can be assumed"));
            }

            return new MediaContainer("block device", new BlockDeviceSource(handle, device, length, sector), [device])
            {
                Metadata =
                [
                    new("sector size", sector.ToString(CultureInfo.InvariantCulture)),
                    new("read-only", readOnly ? "yes" : described is null ? "not known" : "no"),
                ],
            };
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private bool IsDevice(string path)
    {
        if (path.StartsWith(@"\\.\", StringComparison.Ordinal))
        {
            return OperatingSystem.IsWindows();
        }

        string full = Path.GetFullPath(path);
        if (DescribedName(full) is not null)
        {
            return true;
        }

        // macOS has no /sys: /dev/disk2 and /dev/rdisk2.
        return OperatingSystem.IsMacOS() && full.StartsWith(deviceFolder, StringComparison.Ordinal) && Path.GetFileName(full).TrimStart('r').StartsWith("disk", StringComparison.Ordinal) && File.Exists(full);
    }

    /// <summary>The folder in which the kernel describes the device, its name followed through links such as /dev/disk/by-id/…</summary>
    private string? DescribedName(string full)
    {
        if (!File.Exists(full))
        {
            return null;
        }

        string target = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        if (!target.StartsWith(deviceFolder, StringComparison.Ordinal))
        {
            return null;
        }

        // /dev/cciss/c0d0 is described as cciss!c0d0.
        string folder = Path.Combine(sysClassBlock, target[deviceFolder.Length..].Replace('/', '!'));
        return Directory.Exists(folder) ? folder : null;
    }

    private static long? Number(string? folder, string name)
    {
        if (folder is null)
        {
            return null;
        }

        try
        {
            // A partition's queue is its disk's, one folder up; the class folder holds links, which ".." must follow.
            string real = new DirectoryInfo(folder).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder;
            return long.TryParse(File.ReadAllText(Path.Combine(real, name)).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
