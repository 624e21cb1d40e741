using Cairn.Core.Pictures;

namespace Cairn.Known.Import;

/// <summary>An entry as a reader of a source fills it in; used again for the next one.</summary>
internal sealed class SourceEntry
{
    /// <summary>Hashes that one entry may have; a source could otherwise fill the memory with a single one.</summary>
    public const int MostHashes = 100_000;

    public string? Id { get; set; }

    /// <summary>Null for that of the set.</summary>
    public KnownMeaning? Meaning { get; set; }

    public string? Category { get; set; }

    public string? Detail { get; set; }

    public string? VouchedBy { get; set; }

    public string? VouchedAt { get; set; }

    /// <summary>
    /// The source takes the entry back: what was read before under its identity is no longer in the set, or where it has none, what was read
    /// before with one of its hashes.
    /// </summary>
    public bool IsWithdrawn { get; set; }

    /// <summary>MD5, SHA-1 and SHA-256, as many of each as there are.</summary>
    public List<byte[]> Hashes { get; } = [];

    public List<PdqHash> Pdqs { get; } = [];

    public bool IsFull => Hashes.Count + Pdqs.Count >= MostHashes;

    public void Clear()
    {
        Id = Category = Detail = VouchedBy = VouchedAt = null;
        Meaning = null;
        IsWithdrawn = false;
        Hashes.Clear();
        Pdqs.Clear();
    }
}
