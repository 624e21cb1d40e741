using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>An opened ext2, ext3 or ext4 file system.</summary>
internal sealed class ExtFileSystem : IFileTree
{
    private readonly ExtVolume volume;

    internal ExtFileSystem(ExtVolume volume, IProblemSink problems)
    {
        this.volume = volume;
        ExtSuperblock super = volume.Super;
        Info = new FileTreeInfo(super.TypeName, super.Label, super.UuidText, super.ClusterSize, super.BlockCount * super.BlockSize);
        Allocation = new ExtAllocationMap(volume, problems);
    }

    /// <inheritdoc/>
    public FileTreeInfo Info { get; }

    /// <inheritdoc/>
    public IAllocationMap? Allocation { get; }

    /// <inheritdoc/>
    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(problems);
        return new ExtWalk(volume, problems, cancel).Entries();
    }

    /// <inheritdoc/>
    public IByteSource OpenStream(StreamRef stream)
    {
        if (stream.Key == 0)
        {
            return new MemoryByteSource(default);
        }

        byte[] bytes = new byte[volume.Super.InodeSize];
        volume.ReadInode(stream.Key, bytes);
        ExtInode inode = new(bytes);
        ExtContentKind kind = ExtContent.KindOf(volume, inode);
        long size = ExtContent.Size(volume, inode, kind);
        return kind switch
        {
            ExtContentKind.None => new MemoryByteSource(default),
            ExtContentKind.Inline => new ExtStreamSource(ExtContent.ReadInline(inode, size), size),
            ExtContentKind.FastLink => new MemoryByteSource(inode.BlockArea[..(int)size].ToArray()),
            _ => new ExtStreamSource(volume.Source, ExtBlockMap.Read(volume, (uint)stream.Key, inode, size), size),
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<Extent> GetExtents(StreamRef stream)
    {
        if (stream.Key == 0)
        {
            return [];
        }

        byte[] bytes = new byte[volume.Super.InodeSize];
        volume.ReadInode(stream.Key, bytes);
        ExtInode inode = new(bytes);
        ExtContentKind kind = ExtContent.KindOf(volume, inode);
        return kind == ExtContentKind.Mapped
            ? ExtBlockMap.Read(volume, (uint)stream.Key, inode, ExtContent.Size(volume, inode, kind)).Extents
            : [];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
