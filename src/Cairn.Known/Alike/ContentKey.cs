using System.Buffers.Binary;

namespace Cairn.Known.Alike;

/// <summary>The SHA-256 of a file's bytes, as a value.</summary>
/// <param name="Word0">Bytes 0 to 7, most significant first, as are the others.</param>
/// <param name="Word1">Bytes 8 to 15.</param>
/// <param name="Word2">Bytes 16 to 23.</param>
/// <param name="Word3">Bytes 24 to 31.</param>
public readonly record struct ContentKey(ulong Word0, ulong Word1, ulong Word2, ulong Word3)
{
    /// <summary>Bytes of a key.</summary>
    public const int ByteLength = 32;

    /// <summary>From the 32 bytes of the hash.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static ContentKey FromSha256(ReadOnlySpan<byte> bytes) => bytes.Length != ByteLength
        ? throw new ArgumentException($"a SHA-256 has {ByteLength} bytes, not {bytes.Length}", nameof(bytes))
        : new ContentKey(
            BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));
}
