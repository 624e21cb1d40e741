using System.Security.Cryptography;

namespace Cairn.CaseStore.Audit;

/// <summary>
/// The Merkle tree of RFC 6962 section 2.1 / RFC 9162 section 2.1.1, kept as the roots of its full subtrees only: one hash for each bit
/// that is set in the number of leaves.
/// </summary>
internal sealed class MerkleFrontier
{
    private readonly List<byte[]> subtrees = [];

    /// <summary>Leaves so far.</summary>
    public long Size { get; private set; }

    /// <summary>SHA-256(0x00 ‖ entry).</summary>
    public static byte[] Leaf(ReadOnlySpan<byte> entry)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(entry);
        return hash.GetHashAndReset();
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static byte[] Node(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> bytes = stackalloc byte[65];
        bytes[0] = 1;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[33..]);
        return SHA256.HashData(bytes);
    }

    /// <summary>Adds one leaf hash.</summary>
    public void Add(byte[] leaf)
    {
        byte[] hash = leaf;
        for (long rest = Size; (rest & 1) != 0; rest >>= 1)
        {
            hash = Node(subtrees[^1], hash);
            subtrees.RemoveAt(subtrees.Count - 1);
        }

        subtrees.Add(hash);
        Size++;
    }

    /// <summary>The root of the leaves so far; SHA-256 of nothing for none.</summary>
    public byte[] Root()
    {
        if (subtrees.Count == 0)
        {
            return SHA256.HashData([]);
        }

        byte[] root = subtrees[^1];
        for (int i = subtrees.Count - 2; i >= 0; i--)
        {
            root = Node(subtrees[i], root);
        }

        return root;
    }

    /// <summary>The root after one more leaf, without adding it.</summary>
    public byte[] RootWith(byte[] leaf)
    {
        MerkleFrontier copy = Copy();
        copy.Add(leaf);
        return copy.Root();
    }

    private MerkleFrontier Copy()
    {
        MerkleFrontier copy = new() { Size = Size };
        copy.subtrees.AddRange(subtrees);
        return copy;
    }
}
