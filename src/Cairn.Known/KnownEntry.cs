namespace Cairn.Known;

/// <summary>An entry of a set that has entries: what its source says of it.</summary>
/// <param name="Index">Its number in the set, from 0.</param>
/// <param name="Id">Its identity in the source; "#N", the Nth entry, where the source gives none.</param>
/// <param name="Meaning">What a hit on it means.</param>
/// <param name="Category">Its category, as the mapping or the source names it, or null.</param>
/// <param name="Detail">File name, label or tags, or null.</param>
/// <param name="VouchedBy">Who vouched for it, or null.</param>
/// <param name="VouchedAt">When, as the source writes it, or null.</param>
public sealed record KnownEntry(int Index, string Id, KnownMeaning Meaning, string? Category, string? Detail, string? VouchedBy, string? VouchedAt);

/// <summary>An entry near a picture.</summary>
/// <param name="EntryIndex">Number of the entry in the set, from 0.</param>
/// <param name="EntryId">Its identity in the source.</param>
/// <param name="Meaning">What a hit on it means.</param>
/// <param name="Category">Its category, or null.</param>
/// <param name="Distance">Bits in which the nearest of its PDQ hashes differs.</param>
/// <param name="Orientation">Which of the picture's hashes was the nearest, as the caller numbers them.</param>
/// <param name="Detail">What the set says of it, or null.</param>
public sealed record PerceptualHit(int EntryIndex, string EntryId, KnownMeaning Meaning, string? Category, int Distance, int Orientation, string? Detail);

/// <summary>An entry near one of many pictures.</summary>
/// <param name="Query">Number of the picture.</param>
/// <param name="Hit">The entry.</param>
public sealed record PerceptualBatchHit(int Query, PerceptualHit Hit);

/// <summary>A file that a set was made from.</summary>
/// <param name="Name">Its name, without its folder.</param>
/// <param name="Sha256">Its SHA-256, lower-case hexadecimal.</param>
public sealed record KnownSourceFile(string Name, string Sha256);

/// <summary>What an import met and the set does not show by itself.</summary>
public sealed record KnownImportNotes
{
    /// <summary>Entries that were withdrawn, and so are not found.</summary>
    public long Withdrawn { get; init; }

    /// <summary>Hashes that several entries of the same meaning and category have.</summary>
    public long Duplicates { get; init; }

    /// <summary>Hashes that entries of different meanings or categories have; all of these entries are kept.</summary>
    public long Contradictions { get; init; }

    /// <summary>The first of the contradictions, a line each.</summary>
    public IReadOnlyList<string> Contradicting { get; init; } = [];

    /// <summary>PhotoDNA values, which are not used.</summary>
    public long PhotoDnaIgnored { get; init; }

    /// <summary>Hashes of other algorithms, which are not used.</summary>
    public long OtherHashesIgnored { get; init; }

    /// <summary>PDQ hashes of too low a quality to be used.</summary>
    public long LowQualityIgnored { get; init; }

    /// <summary>Entries without any hash that is used.</summary>
    public long EntriesWithoutHash { get; init; }
}
