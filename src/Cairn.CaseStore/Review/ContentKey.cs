using System.Globalization;

namespace Cairn.CaseStore.Review;

/// <summary>
/// What a vote belongs to: the SHA-256 of what was looked at, so that exact copies share it; "entry:N" where there is none (a stream that could not be
/// read to its end or was not hashed).
/// </summary>
public readonly record struct ContentKey
{
    private const string EntryPrefix = "entry:";
    private readonly string? text;

    private ContentKey(string text) => this.text = text;

    /// <summary>64 hexadecimal digits in lower case, or "entry:" and the id of the stream.</summary>
    public string Text => text ?? throw new InvalidOperationException("a content key that was never set");

    /// <summary>The key of a stream.</summary>
    /// <param name="sha256">32 bytes, or null where the stream has no hash.</param>
    /// <param name="entryId">Row id of the stream.</param>
    public static ContentKey Of(byte[]? sha256, long entryId) => new(sha256 is { Length: 32 } ? Convert.ToHexStringLower(sha256) : EntryPrefix + entryId.ToString(CultureInfo.InvariantCulture));

    /// <summary>The key in <paramref name="text"/>; false where it is none.</summary>
    public static bool TryParse(string? text, out ContentKey key)
    {
        bool right = text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower)
            || text is { Length: > 6 and < 26 } && text.StartsWith(EntryPrefix, StringComparison.Ordinal) && text[6] is >= '1' and <= '9'
                && long.TryParse(text.AsSpan(6), NumberStyles.None, CultureInfo.InvariantCulture, out _);
        key = right ? new ContentKey(text!) : default;
        return right;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>A key as it is stored, without a check: what is not one is found by verification.</summary>
    internal static ContentKey Stored(string text) => new(text);

    /// <summary>The stored key of a stream, in SQL.</summary>
    internal static string Sql(string sha256, string entryId) => $"coalesce(lower(hex({sha256})), 'entry:'||{entryId})";
}
