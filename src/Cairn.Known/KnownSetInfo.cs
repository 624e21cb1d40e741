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
public sealed record KnownHit(string Method, string? Detail);

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

    /// <summary>SHA-256 of the source file, lower-case hexadecimal.</summary>
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

    /// <summary>Different values of all three.</summary>
    public long Hashes => Md5Count + Sha1Count + Sha256Count;

    /// <summary>Full path of the stored set file.</summary>
    public required string Path { get; init; }
}
