using Cairn.Core;

namespace Cairn.Storage.Logical.Folder;

/// <summary>A folder whose files are the evidence.</summary>
internal sealed class FolderFormat : ILogicalFormat
{
    public FormatDescription Description { get; } = new("folder", "folder", "statx(2), getdents64(2)");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head) =>
        Directory.Exists(path) ? ProbeResult.Yes("it is a folder") : ProbeResult.No("it is no folder");

    public IFileTree Open(string path, IProblemSink problems)
    {
        IFolderAccess access = OperatingSystem.IsLinux() ? new LinuxAccess() : new PortableAccess();
        try
        {
            return new FolderTree(access, access.FromText(Path.GetFullPath(path)));
        }
        catch (UnreadableDataException error)
        {
            throw new EvidenceException($"{path}: the folder cannot be read ({error.Reason}); run as a user who may read it", error);
        }
    }
}
