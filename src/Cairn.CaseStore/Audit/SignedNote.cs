using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Cairn.CaseStore.Audit;

/// <summary>
/// A checkpoint of the audit log as text: C2SP tlog-checkpoint (origin, size, root in base64) within a C2SP signed note
/// (a blank line, then "— name base64(key hash ‖ Ed25519 signature)").
/// </summary>
internal sealed record SignedNote(string Origin, long Size, byte[] Root, string Body, string KeyName, uint KeyHash, byte[] Signature)
{
    private const byte Ed25519Type = 0x01;
    private const int MostCharacters = 64 << 10;

    /// <summary>The text that is signed.</summary>
    public static string BodyOf(string origin, long size, byte[] root) => $"{origin}\n{size.ToString(CultureInfo.InvariantCulture)}\n{Convert.ToBase64String(root)}\n";

    /// <summary>Signs <paramref name="body"/>; the name of the key is the origin, as the specification advises.</summary>
    public static string Sign(string body, string origin, Key key)
    {
        byte[] signature = SignatureAlgorithm.Ed25519.Sign(key, Encoding.UTF8.GetBytes(body));
        byte[] head = KeyHashOf(origin, key.PublicKey.Export(KeyBlobFormat.RawPublicKey));
        return $"{body}\n— {origin} {Convert.ToBase64String([.. head, .. signature])}\n";
    }

    /// <summary>"name+hash+base64(type ‖ public key)".</summary>
    public static string VerifierKey(string name, ReadOnlySpan<byte> publicKey) =>
        $"{name}+{Convert.ToHexStringLower(KeyHashOf(name, publicKey))}+{Convert.ToBase64String([Ed25519Type, .. publicKey])}";

    /// <summary>The note in <paramref name="text"/>, or null with the reason.</summary>
    public static SignedNote? Parse(string text, out string why)
    {
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        int end = text.Length > MostCharacters ? -1 : text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0)
        {
            why = "it is not a signed note: no blank line before the signature";
            return null;
        }

        string body = text[..(end + 1)];
        string[] lines = body.Split('\n');
        if (lines.Length < 4 || lines[0].Length == 0 || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size) || Base64(lines[2]) is not { Length: 32 } root)
        {
            why = "it is not a checkpoint: origin, size and root are not there";
            return null;
        }

        SignedNote? note = OfSignature(lines[0], body, text[(end + 2)..]);
        why = note is null ? "it has no Ed25519 signature line" : "";
        return note is null ? null : note with { Size = size, Root = root };
    }

    /// <summary>A note of which only the signature is looked at: size and root are those of nothing. Null where there is no signature line.</summary>
    public static SignedNote? OfSignature(string origin, string body, string signatures)
    {
        foreach (string line in signatures.Split('\n'))
        {
            string[] parts = line.Split(' ');
            if (parts.Length == 3 && parts[0] == "—" && Base64(parts[2]) is { Length: 68 } blob)
            {
                uint hash = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(blob);
                return new SignedNote(origin, 0, [], body, parts[1], hash, blob[4..]);
            }
        }

        return null;
    }

    /// <summary>Whether the signature is that of <paramref name="verifierKey"/>.</summary>
    public bool Verify(string verifierKey)
    {
        string[] parts = verifierKey.Split('+', 3);
        if (parts.Length != 3 || Base64(parts[2]) is not { Length: 33 } key || key[0] != Ed25519Type || parts[0] != KeyName)
        {
            return false;
        }

        ReadOnlySpan<byte> publicKey = key.AsSpan(1);
        return VerifierKey(KeyName, publicKey) == verifierKey
            && System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(KeyHashOf(KeyName, publicKey)) == KeyHash
            && PublicKey.TryImport(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey, out PublicKey? imported)
            && SignatureAlgorithm.Ed25519.Verify(imported!, Encoding.UTF8.GetBytes(Body), Signature);
    }

    private static byte[] KeyHashOf(string name, ReadOnlySpan<byte> publicKey) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Type, .. publicKey])[..4];

    private static byte[]? Base64(string text)
    {
        byte[] bytes = new byte[(text.Length / 4 * 3) + 3];
        return Base64Is(text) && Convert.TryFromBase64String(text, bytes, out int written) ? bytes[..written] : null;
    }

    // The converter passes over white space, which would give one checkpoint many spellings.
    private static bool Base64Is(string text) => text.Length > 0 && !text.AsSpan().ContainsAny(" \t\r\n") && System.Buffers.Text.Base64.IsValid(text);
}
