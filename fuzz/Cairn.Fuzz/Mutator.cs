using System.Buffers.Binary;

namespace Cairn.Fuzz;

/// <summary>Changes seeds the way damage and malice do: single bits, numbers at the edge of their type, blocks moved, cut and joined. The same seed gives the same changes.</summary>
internal sealed class Mutator(ulong seed)
{
    private static readonly ulong[] Edges =
    [
        0, 1, 2, 3, 7, 8, 0x10, 0x7F, 0x80, 0xFF, 0x100, 0x1FF, 0x200, 0xFFF, 0x1000, 0x7FFF, 0x8000, 0xFFFF, 0x1_0000, 0xFF_FFFF, 0x7FFF_FFFF, 0x8000_0000,
        0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
    ];

    private ulong state = seed;

    public ulong Next()
    {
        // SplitMix64.
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    public int Below(int limit) => limit <= 1 ? 0 : (int)(Next() % (uint)limit);

    /// <summary>A changed copy of <paramref name="input"/>; <paramref name="other"/> gives the other half of a splice.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        byte[] data = [.. input];
        int changes = 1 + Below(8);
        for (int i = 0; i < changes && data.Length > 0; i++)
        {
            data = Once(data, other);
        }

        return data;
    }

    private byte[] Once(byte[] data, byte[] other)
    {
        switch (Below(12))
        {
            case 0 or 1:
                data[Place(data)] ^= (byte)(1 << Below(8));
                return data;
            case 2:
                data[Place(data)] = (byte)Next();
                return data;
            case 3 or 4 or 5 or 6:
                Number(data);
                return data;
            case 7:
                return Copy(data, data);
            case 8:
                return Copy(data, other);
            case 9:
                Range(data, out int from, out int count);
                data.AsSpan(from, count).Fill(Below(2) == 0 ? (byte)0 : (byte)0xFF);
                return data;
            case 10:
                return Below(4) == 0 ? data[..Place(data)] : data;
            default:
                if (Below(4) != 0 || other.Length == 0)
                {
                    return data;
                }

                int cut = Math.Min(Place(data), other.Length);
                return [.. data.AsSpan(0, cut), .. other.AsSpan(cut)];
        }
    }

    /// <summary>Metadata gather where bytes are not zero, so most changes are made near such a place.</summary>
    private int Place(byte[] data)
    {
        int at = Below(data.Length);
        if (Below(8) != 0)
        {
            int step = data.AsSpan(at).IndexOfAnyExcept((byte)0);
            at = step < 0 ? Math.Max(0, data.AsSpan(0, at).LastIndexOfAnyExcept((byte)0)) : at + Math.Min(step, data.Length - at - 1);
            at = Math.Clamp(at + Below(64) - 16, 0, data.Length - 1);
        }

        return at;
    }

    private void Number(byte[] data)
    {
        int width = 1 << Below(4);
        int at = Place(data) & -width;
        if (at + width > data.Length)
        {
            return;
        }

        Span<byte> field = data.AsSpan(at, width);
        Span<byte> eight = stackalloc byte[8];
        bool little = Below(3) != 0;
        if (Below(3) == 0)
        {
            // A little more or less than what is there.
            eight.Clear();
            field.CopyTo(eight);
            ulong value = BinaryPrimitives.ReadUInt64LittleEndian(eight) + (ulong)(Below(33) - 16);
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            eight[..width].CopyTo(field);
            return;
        }

        ulong edge = Edges[Below(Edges.Length)];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, edge);
        eight[..width].CopyTo(field);
        if (!little)
        {
            field.Reverse();
        }
    }

    private byte[] Copy(byte[] data, byte[] source)
    {
        if (source.Length == 0)
        {
            return data;
        }

        int block = 1 << (4 + Below(9));
        int from = Place(source) & -block, to = Place(data) & -block;
        int count = Math.Min(block, Math.Min(source.Length - from, data.Length - to));
        source.AsSpan(from, count).ToArray().CopyTo(data, to);
        return data;
    }

    private void Range(byte[] data, out int from, out int count)
    {
        int block = 1 << (2 + Below(10));
        from = Place(data) & -block;
        count = Math.Min(block, data.Length - from);
    }
}
