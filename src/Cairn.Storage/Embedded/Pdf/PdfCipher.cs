using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Embedded.Pdf;

/// <summary>The standard security handler (ISO 32000-2, 7.6.4): RC4 and AES with passwords. Both the user's and the owner's password open.</summary>
internal sealed class PdfCipher
{
    private const int LongestString = 127;

    private static readonly byte[] Padding =
    [
        0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08, 0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
    ];

    private readonly byte[] key;
    private readonly string method;

    private PdfCipher(byte[] key, string method) => (this.key, this.method) = (key, method);

    /// <summary>The cipher that the empty password or one of <paramref name="passwords"/> opens, or null.</summary>
    /// <exception cref="MalformedDataException">The dictionary does not hold.</exception>
    public static PdfCipher? Open(Dictionary<string, object?> encrypt, byte[] id, IReadOnlyList<string> passwords)
    {
        int version = Number(encrypt, "V"), revision = Number(encrypt, "R"), permissions = unchecked((int)(long)(encrypt.GetValueOrDefault("P") is double p ? p : 0));
        if (encrypt.GetValueOrDefault("Filter") is PdfName { Text: not "Standard" } || version is < 1 or > 5 || encrypt.GetValueOrDefault("O") is not byte[] owner || encrypt.GetValueOrDefault("U") is not byte[] user)
        {
            return null;
        }

        int bytes = version == 1 ? 5 : Math.Clamp(Number(encrypt, "Length") / 8, 5, 16);
        string method = "V2";
        if (version >= 4)
        {
            string name = encrypt.GetValueOrDefault("StmF") is PdfName filter ? filter.Text : "Identity";
            method = name == "Identity" ? "None"
                : encrypt.GetValueOrDefault("CF") is Dictionary<string, object?> filters && filters.GetValueOrDefault(name) is Dictionary<string, object?> chosen && chosen.GetValueOrDefault("CFM") is PdfName cfm ? cfm.Text : "V2";
            // Revisions before 5 make keys of MD5, which has 16 bytes, whatever the version says.
            bytes = version == 4 || revision < 5 ? 16 : 32;
        }

        bool hasMetadata = encrypt.GetValueOrDefault("EncryptMetadata") is not false;
        foreach (string text in passwords.Prepend(""))
        {
            byte[]? key = revision >= 5 ? Key256(encrypt, owner, user, text, revision) : KeyOld(owner, user, id, text, revision, bytes, permissions, hasMetadata);
            if (key is not null)
            {
                return new PdfCipher(key, method);
            }
        }

        return null;
    }

    /// <summary>The plain bytes of a stream of the object.</summary>
    public Stream Decrypt(Stream packed, PdfReference of) => method switch
    {
        "None" => packed,
        "V2" => new Rc4Stream(packed, ObjectKey(of, false)),
        _ => Aes(packed, method == "AESV3" ? key : ObjectKey(of, true)),
    };

    /// <summary>The plain bytes of a string of the object.</summary>
    public byte[] Decrypt(byte[] text, PdfReference of)
    {
        using Stream plain = Decrypt(new MemoryStream(text), of);
        using MemoryStream result = new();
        try
        {
            plain.CopyTo(result);
        }
        catch (CryptographicException)
        {
            return text;
        }

        return result.ToArray();
    }

    private static int Number(Dictionary<string, object?> from, string name) => from.GetValueOrDefault(name) is double value && Math.Abs(value) < int.MaxValue ? (int)value : 0;

    private static CryptoStream Aes(Stream packed, byte[] key)
    {
        byte[] start = new byte[16];
        packed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        using Aes aes = System.Security.Cryptography.Aes.Create();
        aes.Key = key;
        aes.IV = start;
        return new CryptoStream(packed, aes.CreateDecryptor(), CryptoStreamMode.Read);
    }

    private byte[] ObjectKey(PdfReference of, bool isAes)
    {
        byte[] input = [.. key, (byte)of.Number, (byte)(of.Number >> 8), (byte)(of.Number >> 16), (byte)of.Generation, (byte)(of.Generation >> 8), .. isAes ? "sAlT"u8 : []];
        return MD5.HashData(input)[..Math.Min(16, key.Length + 5)];
    }

    private static byte[] Padded(ReadOnlySpan<byte> password) => [.. password[..Math.Min(32, password.Length)], .. Padding.AsSpan(0, 32 - Math.Min(32, password.Length))];

    private static byte[]? KeyOld(byte[] owner, byte[] user, byte[] id, string text, int revision, int bytes, int permissions, bool hasMetadata)
    {
        if (owner.Length < 32 || user.Length < 32)
        {
            return null;
        }

        byte[] password = Encoding.Latin1.GetBytes(text);
        byte[]? key = AsUser(Padded(password));
        if (key is not null)
        {
            return key;
        }

        // Algorithm 7: the owner's password gives the user's.
        byte[] hash = MD5.HashData(Padded(password));
        for (int i = 0; revision >= 3 && i < 50; i++)
        {
            hash = MD5.HashData(hash.AsSpan(0, bytes));
        }

        byte[] plain = owner[..32];
        for (int i = revision >= 3 ? 19 : 0; i >= 0; i--)
        {
            byte[] step = hash[..bytes];
            for (int j = 0; j < step.Length; j++)
            {
                step[j] ^= (byte)i;
            }

            new Rc4(step).Apply(plain);
        }

        return AsUser(plain);

        byte[]? AsUser(byte[] padded)
        {
            // Algorithm 2, then 6.
            byte[] mark = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(mark, permissions);
            byte[] made = MD5.HashData([.. padded, .. owner.AsSpan(0, 32), .. mark, .. id, .. revision >= 4 && !hasMetadata ? (byte[])[0xFF, 0xFF, 0xFF, 0xFF] : []]);
            for (int i = 0; revision >= 3 && i < 50; i++)
            {
                made = MD5.HashData(made.AsSpan(0, bytes));
            }

            made = made[..bytes];
            if (revision == 2)
            {
                byte[] check = [.. Padding];
                new Rc4(made).Apply(check);
                return check.AsSpan().SequenceEqual(user.AsSpan(0, 32)) ? made : null;
            }

            byte[] test = MD5.HashData([.. Padding, .. id]);
            for (int i = 0; i < 20; i++)
            {
                byte[] step = [.. made];
                for (int j = 0; j < step.Length; j++)
                {
                    step[j] ^= (byte)i;
                }

                new Rc4(step).Apply(test);
            }

            return test.AsSpan(0, 16).SequenceEqual(user.AsSpan(0, 16)) ? made : null;
        }
    }

    /// <summary>Algorithm 2.A: strings of 48 bytes hold a hash, a salt to check and a salt for the key.</summary>
    private static byte[]? Key256(Dictionary<string, object?> encrypt, byte[] owner, byte[] user, string text, int revision)
    {
        if (owner.Length < 48 || user.Length < 48 || encrypt.GetValueOrDefault("OE") is not byte[] { Length: >= 32 } ownerKey || encrypt.GetValueOrDefault("UE") is not byte[] { Length: >= 32 } userKey)
        {
            return null;
        }

        byte[] password = Encoding.UTF8.GetBytes(text);
        password = password[..Math.Min(password.Length, LongestString)];
        byte[]? packed = null;
        byte[] intermediate = [];
        if (Hash(password, user.AsSpan(32, 8), [], revision).AsSpan().SequenceEqual(user.AsSpan(0, 32)))
        {
            (packed, intermediate) = (userKey, Hash(password, user.AsSpan(40, 8), [], revision));
        }
        else if (Hash(password, owner.AsSpan(32, 8), user.AsSpan(0, 48), revision).AsSpan().SequenceEqual(owner.AsSpan(0, 32)))
        {
            (packed, intermediate) = (ownerKey, Hash(password, owner.AsSpan(40, 8), user.AsSpan(0, 48), revision));
        }

        if (packed is null)
        {
            return null;
        }

        using Aes aes = System.Security.Cryptography.Aes.Create();
        aes.Key = intermediate;
        return aes.DecryptCbc(packed.AsSpan(0, 32), new byte[16], PaddingMode.None);
    }

    /// <summary>Algorithm 2.B; revision 5 stops at the first hash.</summary>
    private static byte[] Hash(byte[] password, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> user, int revision)
    {
        byte[] hash = SHA256.HashData([.. password, .. salt, .. user]);
        if (revision == 5)
        {
            return hash;
        }

        byte[] owned = user.ToArray();
        for (int round = 0; ; round++)
        {
            byte[] once = [.. password, .. hash, .. owned], many = new byte[64 * once.Length];
            for (int i = 0; i < 64; i++)
            {
                once.CopyTo(many, i * once.Length);
            }

            using Aes aes = System.Security.Cryptography.Aes.Create();
            aes.Key = hash[..16];
            byte[] mixed = aes.EncryptCbc(many, hash.AsSpan(16, 16), PaddingMode.None);
            int sum = 0;
            for (int i = 0; i < 16; i++)
            {
                sum += mixed[i];
            }

            hash = (sum % 3) switch { 0 => SHA256.HashData(mixed), 1 => SHA384.HashData(mixed), _ => SHA512.HashData(mixed) };
            if (round >= 63 && mixed[^1] <= round - 32)
            {
                return hash[..32];
            }
        }
    }

    private sealed class Rc4
    {
        private readonly byte[] state = new byte[256];
        private int i;
        private int j;

        public Rc4(byte[] key)
        {
            for (int n = 0; n < 256; n++)
            {
                state[n] = (byte)n;
            }

            for (int n = 0, k = 0; n < 256; n++)
            {
                k = (k + state[n] + key[n % key.Length]) & 255;
                (state[n], state[k]) = (state[k], state[n]);
            }
        }

        public void Apply(Span<byte> bytes)
        {
            for (int n = 0; n < bytes.Length; n++)
            {
                i = (i + 1) & 255;
                j = (j + state[i]) & 255;
                (state[i], state[j]) = (state[j], state[i]);
                bytes[n] ^= state[(state[i] + state[j]) & 255];
            }
        }
    }

    private sealed class Rc4Stream(Stream inner, byte[] key) : ForwardStream
    {
        private readonly Rc4 cipher = new(key);

        public override int Read(Span<byte> buffer)
        {
            int got = inner.Read(buffer);
            cipher.Apply(buffer[..got]);
            return got;
        }
    }
}
