namespace Cairn.TestKit;

/// <summary>The same pseudo-random values for the same seed on every machine and version (SplitMix64).</summary>
public sealed class SeededBytes
{
    private ulong state;

    /// <summary>Starts from <paramref name="seed"/>.</summary>
    public SeededBytes(ulong seed) => state = seed;

    /// <summary>64 bits.</summary>
    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 or more, less than <paramref name="exclusive"/>.</summary>
    public int Next(int exclusive) => (int)(Next() % (uint)exclusive);

    /// <summary>Fills <paramref name="target"/>.</summary>
    public void Fill(Span<byte> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (byte)(Next() >> 56);
        }
    }

    /// <summary><paramref name="count"/> bytes.</summary>
    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        Fill(bytes);
        return bytes;
    }
}
