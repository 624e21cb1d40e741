using System.Buffers.Binary;
using System.Numerics;

namespace Cairn.Core.Pictures;

/// <summary>
/// A PDQ hash: 256 bits, compared by the number of bits that differ. Bit i·16+j of the specification is bit (i·16+j)%64 of word (i·16+j)/64.
/// Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019.
/// </summary>
/// <param name="Word0">Bits 0 to 63.</param>
/// <param name="Word1">Bits 64 to 127.</param>
/// <param name="Word2">Bits 128 to 191.</param>
/// <param name="Word3">Bits 192 to 255.</param>
public readonly record struct PdqHash(ulong Word0, ulong Word1, ulong Word2, ulong Word3)
{
    /// <summary>Bytes of a hash.</summary>
    public const int ByteLength = 32;

    /// <summary>Bits of a hash.</summary>
    public const int Bits = 256;

    /// <summary>Number of bits that differ, 0 to 256.</summary>
    public int Distance(in PdqHash other) =>
        BitOperations.PopCount(Word0 ^ other.Word0) + BitOperations.PopCount(Word1 ^ other.Word1)
        + BitOperations.PopCount(Word2 ^ other.Word2) + BitOperations.PopCount(Word3 ^ other.Word3);

    /// <summary>The hash in the 32 bytes that its text names, most significant first.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public static PdqHash FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length != ByteLength
        ? throw new ArgumentException($"a PDQ hash has {ByteLength} bytes, not {bytes.Length}", nameof(bytes))
        : new PdqHash(
            BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]), BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>Reads 64 hexadecimal digits in either case; false where the text is anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out PdqHash hash)
    {
        Span<byte> bytes = stackalloc byte[ByteLength];
        if (text.Length == 2 * ByteLength && Convert.FromHexString(text, bytes, out _, out _) == System.Buffers.OperationStatus.Done)
        {
            hash = FromBytes(bytes);
            return true;
        }

        hash = default;
        return false;
    }

    /// <summary>Writes the 32 bytes, most significant first.</summary>
    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Word3);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Word2);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], Word1);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], Word0);
    }

    /// <summary>The 32 bytes, most significant first.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[ByteLength];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>64 hexadecimal digits, lower case, as the reference writes them.</summary>
    public override string ToString() => $"{Word3:x16}{Word2:x16}{Word1:x16}{Word0:x16}";
}
