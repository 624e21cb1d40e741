namespace Cairn.Core;

/// <summary>
/// A source whose bytes are unpacked from those of another stream: the clusters of its own stream, which may be none at all, do not say how
/// much there is to read.
/// </summary>
public interface IUnpacking : IByteSource;
