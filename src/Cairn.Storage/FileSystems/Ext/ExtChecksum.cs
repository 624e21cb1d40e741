using System.Buffers.Binary;
using System.Numerics;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>The two checksums of ext4: CRC-32C (metadata_csum, no final inversion) and CRC-16 (uninit_bg).</summary>
internal static class ExtChecksum
{
    internal static uint Crc32C(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (byte b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    internal static uint Crc32C(uint crc, uint littleEndian) => BitOperations.Crc32C(crc, littleEndian);

    internal static uint Crc32C(uint crc, ushort littleEndian) => BitOperations.Crc32C(crc, littleEndian);

    internal static uint Crc32C(uint crc, ulong littleEndian) => BitOperations.Crc32C(crc, littleEndian);

    /// <summary>CRC-16 with the reflected polynomial 0xA001.</summary>
    internal static ushort Crc16(ushort crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (ushort)((crc & 1) != 0 ? (crc >> 1) ^ 0xA001 : crc >> 1);
            }
        }

        return crc;
    }

    /// <summary>bg_checksum at 0x1E as it should be.</summary>
    internal static ushort OfGroup(ExtSuperblock super, uint group, ReadOnlySpan<byte> descriptor)
    {
        if (super.HasChecksums)
        {
            uint crc = Crc32C(super.ChecksumSeed, group);
            crc = Crc32C(crc, descriptor[..0x1E]);
            crc = Crc32C(crc, (ushort)0);
            if (descriptor.Length > 0x20)
            {
                crc = Crc32C(crc, descriptor[0x20..]);
            }

            return (ushort)crc;
        }

        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(number, group);
        ushort sum = Crc16(0xFFFF, super.Uuid);
        sum = Crc16(sum, number);
        sum = Crc16(sum, descriptor[..0x1E]);
        return descriptor.Length > 0x20 ? Crc16(sum, descriptor[0x20..]) : sum;
    }

    /// <summary>What the checksums of an inode's own blocks start from.</summary>
    internal static uint InodeSeed(ExtSuperblock super, uint inode, uint generation) => Crc32C(Crc32C(super.ChecksumSeed, inode), generation);

    /// <summary>Whether i_checksum (0x7C, and 0x82 where in use) is right.</summary>
    internal static bool InodeHolds(ExtSuperblock super, uint number, in ExtInode inode)
    {
        ReadOnlySpan<byte> data = inode.Bytes;
        uint crc = InodeSeed(super, number, inode.Generation);
        crc = Crc32C(crc, data[..0x7C]);
        crc = Crc32C(crc, (ushort)0);
        crc = Crc32C(crc, data[0x7E..0x80]);
        uint stored = BinaryPrimitives.ReadUInt16LittleEndian(data[0x7C..]);
        if (data.Length == 128)
        {
            return (crc & 0xFFFF) == stored;
        }

        crc = Crc32C(crc, data[0x80..0x82]);
        if (inode.Reaches(0x84))
        {
            crc = Crc32C(crc, (ushort)0);
            crc = Crc32C(crc, data[0x84..]);
            return crc == (stored | ((uint)BinaryPrimitives.ReadUInt16LittleEndian(data[0x82..]) << 16));
        }

        crc = Crc32C(crc, data[0x82..]);
        return (crc & 0xFFFF) == stored;
    }
}
