namespace Cairn.Known.Perceptual;

/// <summary>Records of a segment that are withdrawn, a bit each.</summary>
internal sealed class PdqWithdrawn(byte[] bits, int count)
{
    public byte[] Bits { get; } = bits;

    /// <summary>How many are.</summary>
    public int Count { get; } = count;

    public bool Contains(int record) => (Bits[record >> 3] & (1 << (record & 7))) != 0;
}
