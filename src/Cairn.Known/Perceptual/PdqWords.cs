using System.Numerics;
using System.Runtime.CompilerServices;
using Cairn.Core.Pictures;

namespace Cairn.Known.Perceptual;

/// <summary>
/// A PDQ hash as the index cuts it: eight slots of 32 bits. Slot s is rows s and s + 8 of the 16 rows of 16 bits; row s is its prefix, which
/// chooses a bucket, and row s + 8 its key. Rows far apart are taken together because neighbouring ones are alike in real pictures.
/// </summary>
internal static class PdqWords
{
    public const int Slots = 8;
    public const int Buckets = 1 << 16;

    /// <summary>Row 0 to 15: bits 16·row to 16·row + 15.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Row(in PdqHash hash, int row)
    {
        ulong word = (row >> 2) switch
        {
            0 => hash.Word0,
            1 => hash.Word1,
            2 => hash.Word2,
            _ => hash.Word3,
        };
        return (ushort)(word >> ((row & 3) * 16));
    }

    /// <summary>The prefix in the upper half, the key in the lower: the order of a list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Slot(in PdqHash hash, int slot) => ((uint)Row(hash, slot) << 16) | Row(hash, slot + Slots);

    /// <summary>
    /// How far each slot is searched so that nothing within <paramref name="distance"/> is missed: where every slot differed by more than its
    /// radius, the sum of the differences would exceed the distance. A radius of -1: the slot need not be searched.
    /// </summary>
    public static void Radii(int distance, Span<int> radii)
    {
        for (int slot = 0; slot < Slots; slot++)
        {
            radii[slot] = ((distance + 1) / Slots) + (slot < (distance + 1) % Slots ? 1 : 0) - 1;
        }
    }

    /// <summary>Every 16-bit number, those with few bits set first, and where each count of bits begins.</summary>
    public static (ushort[] Masks, int[] Starts) MasksByWeight { get; } = Make();

    private static (ushort[] Masks, int[] Starts) Make()
    {
        ushort[] masks = new ushort[Buckets];
        int[] starts = new int[18];
        for (int mask = 0; mask < Buckets; mask++)
        {
            starts[BitOperations.PopCount((uint)mask) + 1]++;
        }

        for (int weight = 1; weight < starts.Length; weight++)
        {
            starts[weight] += starts[weight - 1];
        }

        int[] next = [.. starts];
        for (int mask = 0; mask < Buckets; mask++)
        {
            masks[next[BitOperations.PopCount((uint)mask)]++] = (ushort)mask;
        }

        return (masks, starts);
    }
}
