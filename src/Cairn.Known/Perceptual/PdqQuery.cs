using System.Runtime.CompilerServices;
using Cairn.Core.Pictures;

namespace Cairn.Known.Perceptual;

/// <summary>A hash that is looked for, cut into slots, with how far each slot is searched.</summary>
internal readonly struct PdqQuery
{
    private readonly Eight<uint> slots;
    private readonly Eight<int> radii;

    public PdqQuery(in PdqHash hash, int distance, int orientation)
    {
        (Hash, Distance, Orientation) = (hash, distance, orientation);
        for (int slot = 0; slot < PdqWords.Slots; slot++)
        {
            slots[slot] = PdqWords.Slot(hash, slot);
        }

        PdqWords.Radii(distance, radii);
    }

    public PdqHash Hash { get; }

    public int Distance { get; }

    public int Orientation { get; }

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ReadOnlySpan<uint> Slots => slots;

    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ReadOnlySpan<int> Radii => radii;

    [InlineArray(PdqWords.Slots)]
    private struct Eight<T>
    {
        private T first;
    }
}
