using Cairn.Core.Pictures;

namespace Cairn.Bench;

/// <summary>Hashes that are the same in every run, and such as are near another.</summary>
internal static class DrawnHashes
{
    /// <summary><paramref name="hash"/> with so many bits changed; the same bit can be drawn twice.</summary>
    public static PdqHash Flip(in PdqHash hash, ulong seed, int bits)
    {
        Span<ulong> words = [hash.Word0, hash.Word1, hash.Word2, hash.Word3];
        for (int i = 0; i < bits; i++)
        {
            int bit = (int)(Next(ref seed) >> 56);
            words[bit >> 6] ^= 1UL << bit;
        }

        return new PdqHash(words[0], words[1], words[2], words[3]);
    }

    /// <summary>The next number of a SplitMix64 generator.</summary>
    public static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
