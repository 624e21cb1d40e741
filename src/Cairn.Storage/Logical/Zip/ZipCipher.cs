using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.Logical.Zip;

/// <summary>The traditional encryption of APPNOTE 6.1: three keys that every byte of plain text moves on.</summary>
internal sealed class ZipCipherStream : ForwardStream
{
    /// <summary>Random bytes in front of the data, the last of them a check.</summary>
    public const int HeaderBytes = 12;

    private readonly Stream inner;
    private uint key0 = 0x12345678, key1 = 0x23456789, key2 = 0x34567890;

    private ZipCipherStream(Stream inner, ReadOnlySpan<byte> password)
    {
        this.inner = inner;
        foreach (byte b in password)
        {
            Move(b);
        }
    }

    /// <summary>The plain data, or null where the check byte says that the password is another. It is right by chance once in 256 times.</summary>
    public static ZipCipherStream? Open(Stream packed, ReadOnlySpan<byte> password, byte check)
    {
        ZipCipherStream stream = new(packed, password);
        Span<byte> header = stackalloc byte[HeaderBytes];
        packed.ReadExactly(header);
        stream.Decrypt(header);
        return header[^1] == check ? stream : null;
    }

    public override int Read(Span<byte> buffer)
    {
        int got = inner.Read(buffer);
        Decrypt(buffer[..got]);
        return got;
    }

    private void Decrypt(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            uint mixed = (key2 & 0xFFFF) | 2;
            byte plain = (byte)(bytes[i] ^ ((mixed * (mixed ^ 1)) >> 8));
            bytes[i] = plain;
            Move(plain);
        }
    }

    private void Move(byte plain)
    {
        key0 = Crc32.Step(key0, plain);
        key1 = ((key1 + (key0 & 0xFF)) * 134_775_813) + 1;
        key2 = Crc32.Step(key2, (byte)(key1 >> 24));
    }
}

/// <summary>What the extra field 0x9901 of an entry in WinZip's AES encryption says.</summary>
/// <param name="IsSecond">AE-2: the entry's CRC-32 is not stored.</param>
/// <param name="KeyBytes">16, 24 or 32.</param>
/// <param name="Method">The compression method behind the encryption.</param>
internal readonly record struct ZipAes(bool IsSecond, int KeyBytes, int Method)
{
    private const int VerifierBytes = 2;
    private const int CodeBytes = 10;
    private const int Iterations = 1_000;

    /// <summary>Bytes beside the data: salt, verifier, authentication code.</summary>
    public int Overhead => (KeyBytes / 2) + VerifierBytes + CodeBytes;

    /// <exception cref="MalformedDataException">The field is not there or does not hold.</exception>
    public static ZipAes Of(ZipRecord record)
    {
        SpanReader reader = new(record.Field(0x9901));
        int version = reader.U16Le("AE version");
        reader.Skip(2, "vendor");
        int strength = reader.U8("AES strength"), method = reader.U16Le("compression method");
        return strength is >= 1 and <= 3 ? new ZipAes(version == 2, 8 + (8 * strength), method) : throw new MalformedDataException("AES strength", 0, "1, 2 or 3", $"{strength}");
    }

    /// <summary>The plain data of <paramref name="length"/> packed bytes, or null where the verifier says that the password is another.</summary>
    public Stream? Open(Stream packed, long length, ReadOnlySpan<byte> password)
    {
        if (length < Overhead)
        {
            throw new MalformedDataException("AES data", 0, $"{Overhead} bytes", $"{length}");
        }

        byte[] salt = new byte[KeyBytes / 2];
        packed.ReadExactly(salt);
        byte[] derived = Rfc2898DeriveBytes.Pbkdf2(password, salt, Iterations, HashAlgorithmName.SHA1, (2 * KeyBytes) + VerifierBytes);
        Span<byte> verifier = stackalloc byte[VerifierBytes];
        packed.ReadExactly(verifier);
        return verifier.SequenceEqual(derived.AsSpan(2 * KeyBytes)) ? new Plain(packed, length - Overhead, derived[..KeyBytes], derived[KeyBytes..(2 * KeyBytes)]) : null;
    }

    /// <summary>AES in counter mode, the counter little-endian and starting at 1; HMAC-SHA1 over the packed bytes, ten bytes of it behind them.</summary>
    private sealed class Plain : ForwardStream
    {
        private const int Block = 16;
        private const int Batch = 4096;

        private readonly Stream packed;
        private readonly Aes aes = Aes.Create();
        private readonly IncrementalHash code;
        private readonly byte[] counters = new byte[Batch];
        private readonly byte[] pad = new byte[Batch];
        private long left;
        private ulong counter;
        private int padAt = Batch;
        private bool isChecked;

        public Plain(Stream packed, long length, byte[] key, byte[] codeKey)
        {
            this.packed = packed;
            left = length;
            aes.Key = key;
            code = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, codeKey);
        }

        public override int Read(Span<byte> buffer)
        {
            int got = left == 0 ? 0 : packed.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
            if (got == 0)
            {
                Check();
                return 0;
            }

            code.AppendData(buffer[..got]);
            for (int i = 0; i < got; i++)
            {
                if (padAt == Batch)
                {
                    NextPad();
                }

                buffer[i] ^= pad[padAt++];
            }

            left -= got;
            return got;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                aes.Dispose();
                code.Dispose();
            }

            base.Dispose(disposing);
        }

        private void NextPad()
        {
            for (int at = 0; at < Batch; at += Block)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(counters.AsSpan(at), ++counter);
            }

            // The counter mode is made of the block cipher itself, which is what ECB over the counters is.
            aes.EncryptEcb(counters, pad, PaddingMode.None);
            padAt = 0;
        }

        private void Check()
        {
            if (isChecked || left > 0)
            {
                return;
            }

            isChecked = true;
            Span<byte> stored = stackalloc byte[CodeBytes];
            packed.ReadExactly(stored);
            if (!code.GetHashAndReset().AsSpan(0, CodeBytes).SequenceEqual(stored))
            {
                throw new MalformedDataException("AES authentication code", 0, "the code of the data", "another");
            }
        }
    }
}

/// <summary>The passwords that are tried on an archive's entries; those that fitted before come first.</summary>
internal sealed class ZipPasswords(IReadOnlyList<string> passwords)
{
    /// <summary>Tries on one archive, after which only passwords that fitted before are tried: deriving an AES key costs a good part of a millisecond.</summary>
    private const int MostTries = 20_000;

    private readonly Lock gate = new();
    private readonly List<byte[]> fitted = [];
    private int tries;

    public bool Any => passwords.Count > 0;

    public IEnumerable<byte[]> ToTry()
    {
        byte[][] first;
        lock (gate)
        {
            first = [.. fitted];
        }

        foreach (byte[] password in first)
        {
            yield return password;
        }

        foreach (string text in passwords)
        {
            byte[] password = Encoding.UTF8.GetBytes(text);
            lock (gate)
            {
                if (++tries > MostTries)
                {
                    yield break;
                }
            }

            if (!first.Any(p => p.AsSpan().SequenceEqual(password)))
            {
                yield return password;
            }
        }
    }

    public void Fitted(byte[] password)
    {
        lock (gate)
        {
            if (!fitted.Any(p => p.AsSpan().SequenceEqual(password)))
            {
                fitted.Add(password);
            }
        }
    }
}
