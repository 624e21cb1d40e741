namespace Cairn.Storage.FileSystems.Ext;

/// <summary>A set of inode numbers, kept in pages so that only what is used takes memory.</summary>
internal sealed class ExtInodeSet
{
    private const int BitsPerPage = 1 << 15;
    private readonly Dictionary<uint, ulong[]> pages = [];
    private uint lastPage = uint.MaxValue;
    private ulong[] last = [];

    /// <summary>True where it was not in the set before.</summary>
    internal bool Add(uint inode)
    {
        uint page = inode / BitsPerPage;
        if (page != lastPage)
        {
            if (!pages.TryGetValue(page, out ulong[]? found))
            {
                pages[page] = found = new ulong[BitsPerPage / 64];
            }

            (lastPage, last) = (page, found);
        }

        ref ulong word = ref last[inode % BitsPerPage / 64];
        ulong bit = 1UL << (int)(inode % 64);
        bool added = (word & bit) == 0;
        word |= bit;
        return added;
    }

    internal bool Contains(uint inode)
    {
        uint page = inode / BitsPerPage;
        if (page != lastPage)
        {
            if (!pages.TryGetValue(page, out ulong[]? found))
            {
                return false;
            }

            (lastPage, last) = (page, found);
        }

        return (last[inode % BitsPerPage / 64] & (1UL << (int)(inode % 64))) != 0;
    }

    /// <summary>The numbers in the set, from the lowest; the set must not grow meanwhile.</summary>
    internal IEnumerable<uint> Ascending()
    {
        uint[] order = [.. pages.Keys];
        Array.Sort(order);
        foreach (uint page in order)
        {
            ulong[] words = pages[page];
            for (int i = 0; i < words.Length; i++)
            {
                for (ulong rest = words[i]; rest != 0; rest &= rest - 1)
                {
                    yield return (page * BitsPerPage) + ((uint)i * 64) + (uint)System.Numerics.BitOperations.TrailingZeroCount(rest);
                }
            }
        }
    }
}
