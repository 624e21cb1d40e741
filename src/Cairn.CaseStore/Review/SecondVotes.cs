using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Cairn.CaseStore.Review;

/// <summary>Which contents a case wants two people to grade, each without knowing the other's vote.</summary>
public sealed record SecondVotes
{
    /// <summary>None is asked for.</summary>
    public static SecondVotes None { get; } = new();

    /// <summary>All contents.</summary>
    public static SecondVotes All { get; } = new() { PerMille = 1_000 };

    /// <summary>Share of all contents in thousandths, 0 to 1,000, chosen by <see cref="Chosen"/>.</summary>
    public int PerMille { get; init; }

    /// <summary>Contents whose first vote is one of these grades, whatever the share.</summary>
    public IReadOnlyList<string> Grades { get; init; } = [];

    /// <summary>
    /// Whether a content is in the share: SHA-256 of the case's salt and the content's key, its first 64 bits as a fraction, below the share. So nobody
    /// picks, everybody can check, and the share of one case says nothing of another.
    /// </summary>
    internal static bool Chosen(ContentKey content, byte[] salt, int perMille)
    {
        if (perMille is <= 0 or >= 1_000)
        {
            return perMille > 0;
        }

        byte[] hash = SHA256.HashData([.. salt, .. Encoding.ASCII.GetBytes(content.Text)]);
        return (long)(((UInt128)BinaryPrimitives.ReadUInt64BigEndian(hash) * 1_000) >> 64) < perMille;
    }
}
