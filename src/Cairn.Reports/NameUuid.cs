using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Cairn.Reports;

/// <summary>Version 5 UUIDs of RFC 9562 section 5.5: the same for the same name in the same namespace.</summary>
internal static class NameUuid
{
    /// <summary>SHA-1 of the namespace's 16 bytes and the name in UTF-8, cut to 122 bits.</summary>
    public static Guid Of(Guid space, string name)
    {
        byte[] bytes = new byte[16 + Encoding.UTF8.GetByteCount(name)];
        space.TryWriteBytes(bytes, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(name, bytes.AsSpan(16));
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(bytes, hash);
        ushort version = (ushort)((BinaryPrimitives.ReadUInt16BigEndian(hash[6..]) & 0x0FFF) | 0x5000);
        BinaryPrimitives.WriteUInt16BigEndian(hash[6..], version);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
