using System.Text;
using NSec.Cryptography;

namespace Cairn.CaseStore.Audit;

/// <summary>A text signed as checkpoints are.</summary>
/// <param name="Note">C2SP signed note: the text, a blank line, the signature line.</param>
/// <param name="Body">The text that is signed, ending in a line end.</param>
/// <param name="Signature">Ed25519, 64 bytes, over the UTF-8 bytes of <paramref name="Body"/>.</param>
/// <param name="PublicKeyText">The public key as PEM (SubjectPublicKeyInfo), for other tools.</param>
/// <param name="VerifierKey">C2SP verifier key (name+hash+base64).</param>
public sealed record SignedStatement(string Note, string Body, byte[] Signature, string PublicKeyText, string VerifierKey);

/// <summary>Signs what leaves a case with the key that signs its checkpoints, and checks such signatures.</summary>
public static class CaseSignature
{
    private const int MostCharacters = 64 << 10;

    /// <summary>
    /// Signs <paramref name="lines"/>. The first line of what is signed is cairn/case/ID/<paramref name="kind"/>, so that it cannot pass for a
    /// checkpoint, whose first line ends with the id and whose second is a number.
    /// </summary>
    /// <exception cref="CaseException">The key cannot be used.</exception>
    public static SignedStatement Sign(string caseId, string kind, IReadOnlyList<string> lines)
    {
        ArgumentException.ThrowIfNullOrEmpty(caseId);
        ArgumentException.ThrowIfNullOrEmpty(kind);
        ArgumentNullException.ThrowIfNull(lines);
        string origin = CaseDatabase.OriginOf(caseId);
        string body = $"{origin}/{kind}\n{string.Concat(lines.Select(line => line + "\n"))}";
        using Key key = SigningKey.Load();
        byte[] signature = SignatureAlgorithm.Ed25519.Sign(key, Encoding.UTF8.GetBytes(body));
        string text = Encoding.ASCII.GetString(key.PublicKey.Export(KeyBlobFormat.PkixPublicKeyText));
        return new SignedStatement(SignedNote.Sign(body, origin, key), body, signature, text, SignedNote.VerifierKey(origin, key.PublicKey.Export(KeyBlobFormat.RawPublicKey)));
    }

    /// <summary>The lines of a signed note after the first, where it is of this kind and signed with this key; else null with the reason.</summary>
    public static IReadOnlyList<string>? Read(string note, string kind, string verifierKey, out string why)
    {
        ArgumentNullException.ThrowIfNull(note);
        ArgumentNullException.ThrowIfNull(verifierKey);
        int end = note.Length > MostCharacters ? -1 : note.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
        {
            why = "it is not a signed note: no blank line before the signature";
            return null;
        }

        string body = note[..(end + 1)];
        string[] lines = body.TrimEnd('\n').Split('\n');
        if (!lines[0].EndsWith("/" + kind, StringComparison.Ordinal))
        {
            why = $"it is not about a {kind}";
            return null;
        }

        if (SignedNote.OfSignature(lines[0][..^(kind.Length + 1)], body, note[(end + 2)..]) is not SignedNote signed)
        {
            why = "it has no Ed25519 signature line";
            return null;
        }

        if (signed.KeyName != signed.Origin || !signed.Verify(verifierKey))
        {
            why = "the signature is not that of the key";
            return null;
        }

        why = "";
        return lines[1..];
    }

    /// <summary>Size and root of a checkpoint that this key signed; else null with the reason.</summary>
    public static (string Origin, long Size, byte[] Root)? ReadCheckpoint(string note, string verifierKey, out string why)
    {
        ArgumentNullException.ThrowIfNull(note);
        ArgumentNullException.ThrowIfNull(verifierKey);
        if (SignedNote.Parse(note, out why) is not SignedNote signed)
        {
            return null;
        }

        if (!signed.Verify(verifierKey))
        {
            why = "the signature is not that of the key";
            return null;
        }

        return (signed.Origin, signed.Size, signed.Root);
    }

    /// <summary>Roots of the Merkle tree after each number of leaves that is asked for, ascending; what is beyond the leaves is left out.</summary>
    public static IReadOnlyDictionary<long, byte[]> RootsAt(IEnumerable<byte[]> leaves, IReadOnlySet<long> sizes, out long count)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentNullException.ThrowIfNull(sizes);
        MerkleFrontier tree = new();
        Dictionary<long, byte[]> roots = [];
        foreach (byte[] leaf in leaves)
        {
            tree.Add(leaf);
            if (sizes.Contains(tree.Size))
            {
                roots[tree.Size] = tree.Root();
            }
        }

        count = tree.Size;
        return roots;
    }
}
