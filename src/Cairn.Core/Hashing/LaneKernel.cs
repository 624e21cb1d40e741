using System.Runtime.InteropServices;

namespace Cairn.Core.Hashing;

/// <summary>MD5, SHA-1 and SHA-256 of one block of each of several contents at once.</summary>
/// <remarks>
/// The work area is rows of one word for every lane: the state, a working copy of it, the block's words in little-endian order and the
/// two message schedules. It belongs on a 64-byte boundary: a vector that straddles cache lines costs twice.
/// </remarks>
internal abstract class LaneKernel
{
    /// <summary>Bytes of a block of all three hashes.</summary>
    public const int BlockBytes = 64;

    /// <summary>Rows of the work area.</summary>
    public const int WorkRows = Sha256Row + 64;

    /// <summary>First row of the working copy of the state.</summary>
    protected const int CurrentRow = HashConstants.StateWords;

    /// <summary>First row of the block's sixteen little-endian words.</summary>
    protected const int Md5Row = CurrentRow + HashConstants.StateWords;

    /// <summary>First row of the 80 words of the SHA-1 schedule.</summary>
    protected const int Sha1Row = Md5Row + 16;

    /// <summary>First row of the 64 words of the SHA-256 schedule.</summary>
    protected const int Sha256Row = Sha1Row + 80;

    /// <summary>Contents at once.</summary>
    public abstract int Lanes { get; }

    /// <summary>
    /// Takes <paramref name="blocks"/> blocks of each lane, from <paramref name="offsets"/> in <paramref name="data"/>, into the state (the
    /// first rows of <paramref name="work"/>). <paramref name="finalLanes"/> is all ones for each lane whose last block here is the last of
    /// its content: there the length stands as MD5 wants it.
    /// </summary>
    public void Compress(ReadOnlySpan<byte> data, ReadOnlySpan<int> offsets, int blocks, Span<uint> work, ReadOnlySpan<uint> finalLanes)
    {
        // Checked once here; the kernels read and write without further checks, and only what is checked.
        ArgumentOutOfRangeException.ThrowIfNotEqual(offsets.Length, Lanes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(finalLanes.Length, Lanes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(work.Length, WorkRows * Lanes);
        ArgumentOutOfRangeException.ThrowIfNegative(blocks);
        foreach (int offset in offsets)
        {
            if (offset < 0 || offset + ((long)blocks * BlockBytes) > data.Length)
            {
                throw new ArgumentOutOfRangeException(nameof(offsets));
            }
        }

        CompressChecked(ref MemoryMarshal.GetReference(data), offsets, blocks, ref MemoryMarshal.GetReference(work), ref MemoryMarshal.GetReference(finalLanes));
    }

    /// <summary><see cref="Compress"/> with every bound checked.</summary>
    protected abstract void CompressChecked(ref byte data, ReadOnlySpan<int> offsets, int blocks, ref uint work, ref uint finalLanes);
}
