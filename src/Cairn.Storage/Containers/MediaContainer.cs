using Cairn.Core;

namespace Cairn.Storage.Containers;

/// <summary>An opened container whose answers are known once it is open.</summary>
internal sealed class MediaContainer(string typeName, IByteSource media, IReadOnlyList<string> files) : IEvidenceContainer
{
    public string TypeName { get; } = typeName;

    public IByteSource Media { get; } = media;

    public IReadOnlyList<string> Files { get; } = files;

    public IReadOnlyList<StoredHash> StoredHashes { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; init; } = [];

    public IReadOnlyList<ByteRange> AcquisitionErrors { get; init; } = [];

    public int ChunkSize { get; init; }

    public void Dispose() => Media.Dispose();
}
