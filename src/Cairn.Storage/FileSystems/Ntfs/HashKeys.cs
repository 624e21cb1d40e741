namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>A set of 64-bit hashes, open addressing; compiled with the project for the reason given at <see cref="Rows{T}"/>.</summary>
internal sealed class HashKeys
{
    private const int Least = 64;
    private ulong[] cells = new ulong[Least];

    public int Count { get; private set; }

    /// <summary>False where it was there already.</summary>
    public bool Add(ulong key)
    {
        key = key == 0 ? 1 : key; // zero marks a free cell
        if (Place(cells, key) is not int free)
        {
            return false;
        }

        if (Count * 2 >= cells.Length)
        {
            ulong[] larger = new ulong[cells.Length * 2];
            foreach (ulong old in cells)
            {
                if (old != 0 && Place(larger, old) is int at)
                {
                    larger[at] = old;
                }
            }

            cells = larger;
            free = Place(cells, key)!.Value;
        }

        cells[free] = key;
        Count++;
        return true;
    }

    public bool Contains(ulong key) => Place(cells, key == 0 ? 1 : key) is null;

    public void Clear()
    {
        if (cells.Length > 4_096)
        {
            cells = new ulong[Least];
        }
        else if (Count > 0)
        {
            Array.Clear(cells);
        }

        Count = 0;
    }

    /// <summary>The free cell where <paramref name="key"/> belongs, or null where it is there.</summary>
    private static int? Place(ulong[] cells, ulong key)
    {
        int mask = cells.Length - 1;
        int at = (int)(key ^ (key >> 32)) & mask;
        while (cells[at] != 0)
        {
            if (cells[at] == key)
            {
                return null;
            }

            at = (at + 1) & mask;
        }

        return at;
    }
}
