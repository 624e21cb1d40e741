namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>A canonical prefix code as a flat table: the next <see cref="Bits"/> bits give symbol and length.</summary>
internal sealed class HuffmanTable
{
    private readonly ushort[] table;

    public HuffmanTable(int bits)
    {
        Bits = bits;
        table = new ushort[1 << bits];
    }

    public int Bits { get; }

    /// <summary>Symbol &lt;&lt; 5 | length, by the next bits; 0 for a code that does not occur.</summary>
    public ReadOnlySpan<ushort> Entries => table;

    /// <summary>Fills the table; false where the lengths are more than a code can hold. A code with unused room is accepted.</summary>
    public bool TryBuild(ReadOnlySpan<byte> lengths)
    {
        Span<int> count = stackalloc int[17];
        count.Clear();
        foreach (byte length in lengths)
        {
            if (length > Bits)
            {
                return false;
            }

            count[length]++;
        }

        int room = 1 << Bits;
        for (int length = 1; length <= Bits; length++)
        {
            room -= count[length] << (Bits - length);
        }

        if (room < 0)
        {
            return false;
        }

        int at = 0;
        for (int length = 1; length <= Bits; length++)
        {
            if (count[length] == 0)
            {
                continue;
            }

            int width = 1 << (Bits - length);
            for (int symbol = 0; symbol < lengths.Length; symbol++)
            {
                if (lengths[symbol] == length)
                {
                    table.AsSpan(at, width).Fill((ushort)((symbol << 5) | length));
                    at += width;
                }
            }
        }

        table.AsSpan(at).Clear();
        return true;
    }
}
