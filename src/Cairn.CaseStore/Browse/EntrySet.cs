using System.Numerics;

namespace Cairn.CaseStore.Browse;

/// <summary>Some of the rows of a case, one bit each: bit n is row n + 1.</summary>
internal sealed class EntrySet
{
    private readonly ulong[] words;

    public EntrySet(int rows, bool all)
    {
        Rows = rows;
        words = new ulong[(rows + 63) / 64];
        if (all)
        {
            Array.Fill(words, ulong.MaxValue);
            if (rows % 64 != 0)
            {
                words[^1] = (1UL << (rows % 64)) - 1;
            }
        }
    }

    /// <summary>Rows there are.</summary>
    public int Rows { get; }

    public Span<ulong> Words => words;

    public long Bytes => words.LongLength * sizeof(ulong);

    /// <summary>Whether row <paramref name="index"/>, from 0, is in it.</summary>
    public bool Has(int index) => (words[index >> 6] & (1UL << index)) != 0;

    public void Add(int index) => words[index >> 6] |= 1UL << index;

    public int Count()
    {
        int count = 0;
        foreach (ulong word in words)
        {
            count += BitOperations.PopCount(word);
        }

        return count;
    }

    public void And(EntrySet other, bool invert = false)
    {
        for (int i = 0; i < words.Length; i++)
        {
            words[i] &= invert ? ~other.words[i] : other.words[i];
        }
    }

    /// <summary>Whether none of the words from <paramref name="from"/> to before <paramref name="to"/> has a bit.</summary>
    public bool IsEmpty(int from, int to) => words.AsSpan(from, Math.Min(to, words.Length) - from).IndexOfAnyExcept(0UL) < 0;
}
