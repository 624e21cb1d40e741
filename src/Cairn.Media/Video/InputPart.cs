using Cairn.Core;

namespace Cairn.Media.Video;

/// <summary>A run of bytes given to a child process: bytes in memory, or a range of the evidence where there are none.</summary>
/// <param name="Bytes">The bytes, or null.</param>
/// <param name="Offset">First byte of the range of the evidence.</param>
/// <param name="Length">Bytes of the range.</param>
internal readonly record struct InputPart(ReadOnlyMemory<byte>? Bytes, long Offset, long Length)
{
    /// <summary>Bytes in memory.</summary>
    public static InputPart Of(ReadOnlyMemory<byte> bytes) => new(bytes, 0, bytes.Length);

    /// <summary>A range of the evidence.</summary>
    public static InputPart Range(long offset, long length) => new(null, offset, length);

    /// <summary>All of the evidence, in its own order.</summary>
    public static IReadOnlyList<InputPart> Whole(IByteSource content) => [Range(0, content.Length)];
}
