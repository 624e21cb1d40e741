namespace Cairn.Core.Embedded;

/// <summary>Bounds on what one file may unfold into, counted on bytes that were really produced. Not safe to share between threads.</summary>
/// <param name="bytes">Bytes that all members together may produce.</param>
/// <param name="ratio">Bytes produced for each byte of the parent before the rest is refused; small files are exempt up to 64 MiB.</param>
/// <param name="members">Members that are handed over.</param>
/// <param name="passwords">Passwords to try on encrypted members, in this order.</param>
public sealed class EmbeddedLimits(long bytes, long ratio, int members, IReadOnlyList<string> passwords)
{
    private const long ExemptBytes = 64L << 20;

    /// <summary>Bytes produced so far.</summary>
    public long Produced { get; private set; }

    /// <summary>Members handed over so far.</summary>
    public int Members { get; private set; }

    /// <summary>Passwords to try.</summary>
    public IReadOnlyList<string> Passwords { get; } = passwords;

    /// <summary>Counts one member; says which limit is reached, or null.</summary>
    public string? CountMember() => Members++ < members ? null : $"more than {members:N0} members";

    /// <summary>Counts <paramref name="count"/> bytes unfolded from a parent of <paramref name="parentLength"/> bytes; says which limit is reached, or null.</summary>
    public string? CountBytes(long count, long parentLength)
    {
        Produced += count;
        return Produced > bytes ? $"more than {bytes:N0} bytes unfolded"
            : Produced > ExemptBytes && Produced / ratio > parentLength ? $"more than {ratio:N0} times the file's own size unfolded"
            : null;
    }
}
