using System.Text.Json.Serialization;

namespace Cairn.Known.Sets;

/// <summary>
/// A set file: magic, length of the header and the header as JSON in the first 16 KiB (zero-padded; the last 32 bytes are the SHA-256 of those
/// before), then for each algorithm its records (hash, then where the set has details or entries the number of its own as 32 bits, 0 for none),
/// ascending, and the index of their buckets; then the PDQ segments; then the details or entries; then the SHA-256 of everything before.
/// Numbers are little-endian. A file of the first version ("SET1") has neither entries nor PDQ segments nor the checksum of its header.
/// </summary>
internal static class SetFileLayout
{
    public const int HeaderBytes = 16 << 10;
    public const int TrailerBytes = 32;
    public const int DetailNumberBytes = sizeof(uint);
    public const int MaxBucketBits = 24;
    public const long MaxHashes = uint.MaxValue - 1;

    /// <summary>Characters of one detail that are kept.</summary>
    public const int MaxDetailLength = 1_000;

    public static readonly string[] Methods = ["md5", "sha1", "sha256"];

    /// <summary>Bytes of what an entry says, at most.</summary>
    public const int MaxEntryBytes = 16 << 10;

    /// <summary>Entries of one set: half of the numbers, because the import numbers withdrawals too.</summary>
    public const int MaxEntries = int.MaxValue - 8;

    public static ReadOnlySpan<byte> Magic => "CAIRN-KNOWN-SET2"u8;

    public static ReadOnlySpan<byte> FirstMagic => "CAIRN-KNOWN-SET1"u8;

    public static ReadOnlySpan<int> HashBytes => [16, 20, 32];

    /// <summary>
    /// Bits of a hash that choose its bucket: 4 to 8 hashes to a bucket, so that a look-up waits for memory twice, for the index and for the
    /// record. Bucket b holds the records index[b] to index[b + 1], and the index is 32-bit numbers.
    /// </summary>
    public static int BucketBits(long hashes) => Math.Clamp((int)Math.Log2(Math.Max(1, hashes)) - 2, 0, MaxBucketBits);
}

internal sealed record SetSection(long Count, long Offset, int BucketBits, long IndexOffset, bool InEveryEntry);

internal sealed record SetHeader
{
    public required string Name { get; init; }

    public required string Meaning { get; init; }

    public required string Version { get; init; }

    public required string Source { get; init; }

    public string? Licence { get; init; }

    public required string Format { get; init; }

    public required string SourceSha256 { get; init; }

    /// <summary>The files of a set that was made from several.</summary>
    public KnownSourceFile[] Files { get; init; } = [];

    /// <summary>How categories were given meanings, as the import was told.</summary>
    public string? Mapping { get; init; }

    public required long Entries { get; init; }

    /// <summary>Whether records carry the number of a detail.</summary>
    public required bool HasDetails { get; init; }

    /// <summary>Whether these are entries, with their own identity and meaning.</summary>
    public bool HasEntries { get; init; }

    /// <summary>What the import met.</summary>
    public KnownImportNotes Notes { get; init; } = new();

    public long PdqCount { get; init; }

    /// <summary>Where each PDQ segment begins.</summary>
    public long[] PdqSegments { get; init; } = [];

    /// <summary>MD5, SHA-1, SHA-256.</summary>
    public required SetSection[] Sections { get; init; }

    /// <summary>How many details there are; they are numbered from 1.</summary>
    public required long Details { get; init; }

    /// <summary>Of the table of where each detail starts (64 bits each, one more than there are) in the text that follows it.</summary>
    public required long DetailTableOffset { get; init; }

    public required long DetailTextOffset { get; init; }

    /// <summary>Of the trailer.</summary>
    public required long BodyLength { get; init; }
}

[JsonSerializable(typeof(SetHeader))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class SetHeaderJson : JsonSerializerContext;
