namespace Cairn.Known;

/// <summary>What a hit on the set means.</summary>
public enum KnownMeaning
{
    /// <summary>Seen before, neither good nor bad (NSRL).</summary>
    Known = 0,

    /// <summary>Wanted: shown first.</summary>
    Notable = 1,

    /// <summary>May be passed over.</summary>
    Ignorable = 2,
}

/// <summary>Meanings as text.</summary>
public static class KnownMeanings
{
    /// <summary>"known", "notable" or "ignorable", in any case.</summary>
    /// <exception cref="KnownSetException">It is none of them.</exception>
    public static KnownMeaning Parse(string text) => text?.Trim().ToLowerInvariant() switch
    {
        "known" => KnownMeaning.Known,
        "notable" => KnownMeaning.Notable,
        "ignorable" => KnownMeaning.Ignorable,
        _ => throw new KnownSetException($"'{text}' is no meaning of a known set; use known, notable or ignorable"),
    };

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public static string ToText(this KnownMeaning meaning) => meaning switch
    {
        KnownMeaning.Notable => "notable",
        KnownMeaning.Ignorable => "ignorable",
        _ => "known",
    };
}

/// <summary>A known set cannot be imported, found or read; the message is one line for the person at the terminal.</summary>
public sealed class KnownSetException : Exception
{
    /// <summary>What is wrong and how to put it right.</summary>
    public KnownSetException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}

/// <summary>A match.</summary>
/// <param name="Method">"md5", "sha1" or "sha256".</param>
/// <param name="Detail">What the set says of the entry (file name, product, label), or null.</param>
public sealed record KnownHit(string Method, string? Detail)
{
    /// <summary>Number of the entry in the set, from 0; null where the set has no entries but only hashes.</summary>
    public int? EntryIndex { get; init; }

    /// <summary>Identity of the entry in its source; null where the set has no entries.</summary>
    public string? EntryId { get; init; }

    /// <summary>What a hit on this entry means; null where that is the set's to say.</summary>
    public KnownMeaning? Meaning { get; init; }

    /// <summary>Category of the entry, or null.</summary>
    public string? Category { get; init; }

    /// <summary>Who vouched for the entry, or null.</summary>
    public string? VouchedBy { get; init; }

    /// <summary>When, as the source writes it, or null.</summary>
    public string? VouchedAt { get; init; }
}

/// <summary>A version of an imported set.</summary>
public sealed record KnownSetInfo
{
    /// <summary>Its name; several versions share it.</summary>
    public required string Name { get; init; }

    /// <summary>What a hit means.</summary>
    public required KnownMeaning Meaning { get; init; }

    /// <summary>Version; where none was given and the source names none, the date of the source file.</summary>
    public required string Version { get; init; }

    /// <summary>Publisher or file it came from.</summary>
    public required string Source { get; init; }

    /// <summary>Licence note, or null.</summary>
    public string? Licence { get; init; }

    /// <summary>Format it was imported from.</summary>
    public required string Format { get; init; }

    /// <summary>
    /// SHA-256 of the source file, lower-case hexadecimal; of several files, that of what <c>sha256sum</c> prints for them in the order they were
    /// given, names without folders.
    /// </summary>
    public required string SourceSha256 { get; init; }

    /// <summary>SHA-256 of the stored set file without its last 32 bytes, which hold it; lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Entries of the source, repeated ones included.</summary>
    public required long Entries { get; init; }

    /// <summary>Different MD5 values.</summary>
    public required long Md5Count { get; init; }

    /// <summary>Different SHA-1 values.</summary>
    public required long Sha1Count { get; init; }

    /// <summary>Different SHA-256 values.</summary>
    public required long Sha256Count { get; init; }

    /// <summary>PDQ hashes.</summary>
    public long PdqCount { get; init; }

    /// <summary>Different values of all four.</summary>
    public long Hashes => Md5Count + Sha1Count + Sha256Count + PdqCount;

    /// <summary>Whether its hits name an entry, with an identity and a meaning of its own.</summary>
    public bool HasEntries { get; init; }

    /// <summary>The files of a set that was made from several.</summary>
    public IReadOnlyList<KnownSourceFile> Files { get; init; } = [];

    /// <summary>How categories were given meanings, as the import was told, or null.</summary>
    public string? Mapping { get; init; }

    /// <summary>What the import met.</summary>
    public KnownImportNotes Notes { get; init; } = new();

    /// <summary>Full path of the stored set file.</summary>
    public required string Path { get; init; }
}

/// <summary>A set file that cannot be used.</summary>
/// <param name="Name">The name of the set, as the name of its file says.</param>
/// <param name="Version">Its version, likewise.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Reason">What is wrong and how to put it right.</param>
public sealed record DamagedSet(string Name, string Version, string Path, string Reason);
