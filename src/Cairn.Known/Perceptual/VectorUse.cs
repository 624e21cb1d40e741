using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Cairn.Known.Perceptual;

/// <summary>Which vector instructions the index uses; the answers are the same with each.</summary>
internal enum VectorUse
{
    /// <summary>None: 64-bit population counts.</summary>
    Plain = 0,

    /// <summary>256 bits (AVX2).</summary>
    Bits256 = 1,

    /// <summary>512 bits (AVX-512 BW).</summary>
    Bits512 = 2,
}

/// <summary>What this machine has.</summary>
internal static class VectorUses
{
    public static VectorUse Best { get; } =
        Avx512BW.IsSupported && Vector512.IsHardwareAccelerated ? VectorUse.Bits512 : Avx2.IsSupported ? VectorUse.Bits256 : VectorUse.Plain;

    public static bool IsSupported(VectorUse use) => use <= VectorUse.Plain || (use == VectorUse.Bits256 ? Avx2.IsSupported : Avx512BW.IsSupported);
}
