namespace Cairn.Core;

/// <summary>
/// Bytes that can be read at any offset: an image, a volume in it, or the content of a stream.
/// There is no position, every member is safe to call from many threads, and nothing can be written.
/// </summary>
public interface IByteSource : IDisposable
{
    /// <summary>Length in bytes.</summary>
    long Length { get; }

    /// <summary>Bytes per sector of the media, 512 where the media does not say.</summary>
    int SectorSize { get; }

    /// <summary>
    /// Reads into <paramref name="buffer"/> from <paramref name="offset"/> (bytes from the start). Returns the number of bytes
    /// read, which is less than asked only where the source ends, and 0 at or past the end.
    /// </summary>
    /// <exception cref="UnreadableDataException">Some of the range cannot be read; it names the range that failed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> is negative.</exception>
    int ReadAt(long offset, Span<byte> buffer);
}
