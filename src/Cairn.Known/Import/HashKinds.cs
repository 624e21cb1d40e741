using System.Buffers;
using Cairn.Core.Pictures;

namespace Cairn.Known.Import;

/// <summary>Algorithms that sources name.</summary>
internal enum HashKind
{
    Other = 0,
    Md5 = 16,
    Sha1 = 20,
    Sha256 = 32,
    Pdq = 256,
    PhotoDna = 1_000,
}

/// <summary>Reads names and values of hashes.</summary>
internal static class HashKinds
{
    /// <summary>An algorithm by any of the names it goes by: SHA-1, HASH_SHA1, hash_pdq…</summary>
    public static HashKind Parse(string name)
    {
        string plain = string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();
        return (plain.StartsWith("HASH", StringComparison.Ordinal) ? plain[4..] : plain) switch
        {
            "MD5" => HashKind.Md5,
            "SHA1" => HashKind.Sha1,
            "SHA256" or "SHA2256" => HashKind.Sha256,
            "PDQ" => HashKind.Pdq,
            "PHOTODNA" => HashKind.PhotoDna,
            _ => HashKind.Other,
        };
    }

    /// <summary>Adds a value in hexadecimal to an entry; false where it is none of this algorithm.</summary>
    public static bool TryAdd(SourceEntry entry, HashKind kind, ReadOnlySpan<char> value)
    {
        if (kind == HashKind.Pdq)
        {
            if (!PdqHash.TryParse(value, out PdqHash hash))
            {
                return false;
            }

            entry.Pdqs.Add(hash);
            return true;
        }

        byte[] bytes = new byte[(int)kind];
        if (value.Length != 2 * bytes.Length || Convert.FromHexString(value, bytes, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        entry.Hashes.Add(bytes);
        return true;
    }
}
