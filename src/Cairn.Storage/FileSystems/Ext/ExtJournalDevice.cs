using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>A journal on a volume of its own (incompat feature journal_dev): recognised, without files.</summary>
internal sealed class ExtJournalDevice(ExtSuperblock super) : IFileTree
{
    public FileTreeInfo Info { get; } = new("ext journal", super.Label, super.UuidText, super.BlockSize, super.BlockCount * super.BlockSize);

    public IAllocationMap? Allocation => null;

    public IEnumerable<FileEntry> Walk(IProblemSink problems, CancellationToken cancel) => [];

    public IByteSource OpenStream(StreamRef stream) => throw None(stream);

    public IReadOnlyList<Extent> GetExtents(StreamRef stream) => throw None(stream);

    public void Dispose()
    {
    }

    private static MalformedDataException None(StreamRef stream) => new("inode number", 0, "a file system", $"a journal device (inode {stream.Key})");
}
