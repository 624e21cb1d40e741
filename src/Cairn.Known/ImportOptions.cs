namespace Cairn.Known;

/// <summary>How a source file is written.</summary>
public enum KnownFormat
{
    /// <summary>Found from the first bytes.</summary>
    Auto = 0,

    /// <summary>Lines of text: a hash alone, a hash and a name (md5sum, sha1sum, sha256sum), or "MD5 (name) = hash".</summary>
    Text = 1,

    /// <summary>Delimited text whose first record names the columns; NSRL 2 text is one.</summary>
    Csv = 2,

    /// <summary>NSRL RDS version 3, an SQLite database.</summary>
    Nsrl = 3,

    /// <summary>An EnCase hash file.</summary>
    EnCase = 4,

    /// <summary>Project VIC's JSON, 2.0 or 1.x; needs a <see cref="ImportOptions.Mapping"/>.</summary>
    Vics = 5,

    /// <summary>
    /// A list of PDQ hashes as ThreatExchange's tools write and read them: a hash alone on each line, or comma-separated with the hash first, or
    /// with an identity, the hash and its type; or JSON.
    /// </summary>
    Pdq = 6,
}

/// <summary>Names of columns of delimited text; null for the usual ones.</summary>
/// <param name="Md5">Column of MD5 values.</param>
/// <param name="Sha1">Column of SHA-1 values.</param>
/// <param name="Sha256">Column of SHA-256 values.</param>
/// <param name="Detail">Column of what is said of the entry.</param>
/// <param name="Pdq">Column of PDQ hashes.</param>
/// <param name="Quality">Column of their quality, 0 to 100.</param>
/// <param name="Id">Column of the identity of the entry.</param>
/// <param name="Meaning">Column of what a hit means: known, notable or ignorable.</param>
/// <param name="Category">Column of the category.</param>
/// <param name="VouchedBy">Column of who vouched for the entry.</param>
/// <param name="VouchedAt">Column of when.</param>
/// <param name="Withdrawn">Column that says whether the entry is taken back.</param>
public sealed record KnownColumns(
    string? Md5 = null, string? Sha1 = null, string? Sha256 = null, string? Detail = null, string? Pdq = null, string? Quality = null, string? Id = null,
    string? Meaning = null, string? Category = null, string? VouchedBy = null, string? VouchedAt = null, string? Withdrawn = null);

/// <summary>What to import and as what.</summary>
public sealed record ImportOptions
{
    /// <summary>Name of the set, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>What a hit means.</summary>
    public KnownMeaning Meaning { get; init; }

    /// <summary>Version; null for what the source says of itself, else the date of its file.</summary>
    public string? Version { get; init; }

    /// <summary>Publisher or origin; null for the name of the file.</summary>
    public string? Source { get; init; }

    /// <summary>Licence note.</summary>
    public string? Licence { get; init; }

    /// <summary>Format of the file.</summary>
    public KnownFormat Format { get; init; }

    /// <summary>What the categories of the source mean; null for none. A VICS file is not imported without.</summary>
    public CategoryMapping? Mapping { get; init; }

    /// <summary>The least quality of a PDQ hash that is used, 0 to 100; below 50 a picture has too little structure to be told from others.</summary>
    public int MinQuality { get; init; } = 50;

    /// <summary>Columns of delimited text.</summary>
    public KnownColumns Columns { get; init; } = new();
}

/// <summary>How far an import is.</summary>
/// <param name="Stage">"hashing", "checking", "reading" or "sorting".</param>
/// <param name="Done">Bytes, or for a database entries, done in this stage.</param>
/// <param name="Total">Of these, 0 where unknown.</param>
/// <param name="Entries">Entries read so far.</param>
public sealed record ImportProgress(string Stage, long Done, long Total, long Entries);
