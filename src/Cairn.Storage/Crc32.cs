using System.Buffers.Binary;

namespace Cairn.Storage;

/// <summary>CRC-32 of IEEE 802.3 (GPT, ZIP, gzip), eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[][] Tables = MakeTables();

    /// <summary>The checksum of <paramref name="data"/>, or with the checksum so far in <paramref name="before"/> that of both together.</summary>
    public static uint Compute(ReadOnlySpan<byte> data, uint before = 0)
    {
        uint crc = ~before;
        uint[] t0 = Tables[0], t1 = Tables[1], t2 = Tables[2], t3 = Tables[3], t4 = Tables[4], t5 = Tables[5], t6 = Tables[6], t7 = Tables[7];
        while (data.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(data) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = t7[(byte)low] ^ t6[(byte)(low >> 8)] ^ t5[(byte)(low >> 16)] ^ t4[low >> 24]
                ^ t3[(byte)high] ^ t2[(byte)(high >> 8)] ^ t1[(byte)(high >> 16)] ^ t0[high >> 24];
            data = data[8..];
        }

        foreach (byte b in data)
        {
            crc = t0[(byte)(crc ^ b)] ^ (crc >> 8);
        }

        return ~crc;
    }

    /// <summary>One byte taken into a running value, without the inversions at both ends (the keys of ZIP's old encryption).</summary>
    public static uint Step(uint crc, byte value) => Tables[0][(byte)(crc ^ value)] ^ (crc >> 8);

    private static uint[][] MakeTables()
    {
        uint[][] tables = new uint[8][];
        for (int t = 0; t < 8; t++)
        {
            tables[t] = new uint[256];
        }

        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }

            tables[0][i] = crc;
        }

        for (int t = 1; t < 8; t++)
        {
            for (int i = 0; i < 256; i++)
            {
                uint before = tables[t - 1][i];
                tables[t][i] = tables[0][before & 0xFF] ^ (before >> 8);
            }
        }

        return tables;
    }
}
