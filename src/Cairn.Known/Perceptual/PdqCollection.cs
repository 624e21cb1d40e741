using System.Collections;
using Cairn.Core.Pictures;

namespace Cairn.Known.Perceptual;

/// <summary>Hashes of chosen entries as they are collected, up to a number for each. A bit for each number between the first entry and the last answers for all the others.</summary>
internal sealed class PdqCollection
{
    private readonly Dictionary<uint, List<PdqHash>> hashes;
    private readonly int most;
    private readonly uint first;
    private readonly BitArray wanted;

    public PdqCollection(Dictionary<uint, List<PdqHash>> hashes, int most)
    {
        (this.hashes, this.most) = (hashes, most);
        first = hashes.Keys.Min();
        wanted = new BitArray((int)(hashes.Keys.Max() - first) + 1);
        foreach (uint id in hashes.Keys)
        {
            wanted[(int)(id - first)] = true;
        }
    }

    public bool Wants(uint id) => unchecked(id - first) is uint at && at < (uint)wanted.Length && wanted[(int)at];

    public void Add(uint id, in PdqHash hash)
    {
        List<PdqHash> of = hashes[id];
        if (of.Count < most && (of.Count == 0 || of[^1] != hash))
        {
            of.Add(hash);
        }
    }
}
