using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cairn.CaseStore.Thumbnails;

/// <summary>
/// The key of a case's small pictures: 256 random bits in a file of its own, as they are or wrapped with a passphrase. The file is text: the line
/// <c>cairn-thumbnail-key 1</c>, then <c>plain</c> and the key, or <c>pbkdf2-sha256</c>, rounds, salt, nonce and the wrapped key with its tag; the line ends with the file.
/// </summary>
internal sealed class ThumbnailKey : IDisposable
{
    private const int KeyBytes = 32;
    private const int SaltBytes = 32;
    private const string FirstLine = "cairn-thumbnail-key 1";
    private const string Plain = "plain";
    private const string Wrapped = "pbkdf2-sha256";
    private const int Rounds = 600_000;

    /// <summary>A file that asks for more was not made by this program and would only cost time.</summary>
    private const int MostRounds = 10_000_000;

    private const int MostFileBytes = 1_024;

    private readonly byte[] data;

    private ThumbnailKey(byte[] data)
    {
        this.data = data;
        Id = Convert.ToHexStringLower(SHA256.HashData([.. "cairn thumbnail key"u8, .. data]).AsSpan(0, 16));
    }

    public ReadOnlySpan<byte> Data => data;

    /// <summary>Says which key a row was made with; nothing of the key follows from it.</summary>
    public string Id { get; }

    /// <summary>Whether a key file is there, and whether it asks for a passphrase.</summary>
    public static (bool Exists, bool NeedsPassphrase) Look(string directory) =>
        ReadFile(directory) is string[] words ? (true, words[0] == Wrapped) : (false, false);

    /// <summary>The key, or null where there is no file.</summary>
    /// <param name="directory">Full path of the case folder.</param>
    /// <param name="passphrase">What it was wrapped with; not used where it is not wrapped.</param>
    /// <param name="exactly">Refuse a passphrase where the key is not wrapped: who gives one believes it to be.</param>
    /// <exception cref="CaseException">No or a wrong passphrase, or not a key file.</exception>
    public static ThumbnailKey? Load(string directory, string? passphrase, bool exactly)
    {
        if (ReadFile(directory) is not string[] words)
        {
            return null;
        }

        if (words[0] == Plain)
        {
            return exactly && passphrase is not null
                ? throw new CaseException($"the key of the thumbnails in '{directory}' was made without a passphrase: leave the passphrase out, or destroy the key and examine again")
                : new ThumbnailKey(Bytes(directory, words[1], KeyBytes));
        }

        if (passphrase is null)
        {
            throw new CaseException($"the thumbnails in '{directory}' are protected by a passphrase: give it");
        }

        int rounds = int.Parse(words[1], NumberStyles.None, CultureInfo.InvariantCulture);
        byte[] salt = Bytes(directory, words[2], SaltBytes);
        byte[] nonce = Bytes(directory, words[3], ThumbnailCipher.NonceBytes);
        byte[] wrapped = Bytes(directory, words[4], KeyBytes + ThumbnailCipher.TagBytes);
        byte[] wrapping = Derive(passphrase, salt, rounds);
        byte[] key = Pinned();
        try
        {
            using AesGcm aes = new(wrapping, ThumbnailCipher.TagBytes);
            aes.Decrypt(nonce, wrapped.AsSpan(0, KeyBytes), wrapped.AsSpan(KeyBytes), key, Encoding.ASCII.GetBytes(FirstLine));
            return new ThumbnailKey(key);
        }
        catch (AuthenticationTagMismatchException error)
        {
            throw new CaseException($"the passphrase of the thumbnails in '{directory}' is wrong, or thumbnails.key was altered", error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(wrapping);
        }
    }

    /// <summary>Makes a new key and its file, whole or not at all.</summary>
    public static ThumbnailKey Make(string directory, string? passphrase)
    {
        byte[] key = Pinned();
        RandomNumberGenerator.Fill(key);
        string line = $"{Plain} {Convert.ToHexStringLower(key)}";
        if (passphrase is not null)
        {
            byte[] salt = RandomNumberGenerator.GetBytes(SaltBytes), nonce = RandomNumberGenerator.GetBytes(ThumbnailCipher.NonceBytes);
            byte[] wrapping = Derive(passphrase, salt, Rounds);
            byte[] wrapped = new byte[KeyBytes + ThumbnailCipher.TagBytes];
            using AesGcm aes = new(wrapping, ThumbnailCipher.TagBytes);
            aes.Encrypt(nonce, key, wrapped.AsSpan(0, KeyBytes), wrapped.AsSpan(KeyBytes), Encoding.ASCII.GetBytes(FirstLine));
            CryptographicOperations.ZeroMemory(wrapping);
            line = $"{Wrapped} {Rounds.ToString(CultureInfo.InvariantCulture)} {Convert.ToHexStringLower(salt)} {Convert.ToHexStringLower(nonce)} {Convert.ToHexStringLower(wrapped)}";
        }

        string path = ThumbnailFolder.Key(directory), fresh = Fresh(directory);
        RemoveUnfinished(directory);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream file = new(fresh, options))
        {
            file.Write(Encoding.ASCII.GetBytes($"{FirstLine}\n{line}\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: false);
        return new ThumbnailKey(key);
    }

    /// <summary>Overwrites and deletes the key file and what a killed process left of one; false where there was none.</summary>
    public static bool Destroy(string directory)
    {
        RemoveUnfinished(directory);
        return Overwrite(ThumbnailFolder.Key(directory));
    }

    /// <summary>
    /// Overwrites and deletes what a process left that was killed while it made a key: nothing was ever made with it. For the one writer alone: another
    /// may be making one.
    /// </summary>
    public static void RemoveUnfinished(string directory) => _ = Overwrite(Fresh(directory));

    public void Dispose() => CryptographicOperations.ZeroMemory(data);

    private static string Fresh(string directory) => ThumbnailFolder.Key(directory) + ".new";

    private static bool Overwrite(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        // Who has it open to read it does not keep the owner from destroying it.
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0))
        {
            file.Write(RandomNumberGenerator.GetBytes((int)Math.Min(file.Length, MostFileBytes)));
            file.Flush(flushToDisk: true);
        }

        File.Delete(path);
        return true;
    }

    private static byte[] Derive(string passphrase, byte[] salt, int rounds) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(passphrase), salt, rounds, HashAlgorithmName.SHA256, KeyBytes);

    /// <summary>Where the garbage collector leaves no copies behind.</summary>
    private static byte[] Pinned() => GC.AllocateArray<byte>(KeyBytes, pinned: true);

    /// <summary>The words of the second line, as many as its first asks for; null where there is no file.</summary>
    private static string[]? ReadFile(string directory)
    {
        byte[] bytes = new byte[MostFileBytes];
        try
        {
            using FileStream file = new(ThumbnailFolder.Key(directory), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            bytes = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        string[] lines = Encoding.ASCII.GetString(bytes).Split('\n');
        string[] words = lines.Length == 3 && lines[0] == FirstLine && lines[2].Length == 0 ? lines[1].Split(' ') : [];
        bool known = words is [Plain, _]
            || (words is [Wrapped, _, _, _, _] && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int rounds) && rounds is > 0 and <= MostRounds);
        return known ? words : throw Unusable(directory);
    }

    private static byte[] Bytes(string directory, string digits, int length)
    {
        byte[] bytes = length == KeyBytes ? Pinned() : new byte[length];
        return digits.Length == 2 * length && Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            ? bytes
            : throw Unusable(directory);
    }

    private static CaseException Unusable(string directory) =>
        new($"thumbnails.key in '{directory}' is damaged or no key of this version: put it back from a copy, or destroy it and examine again to make new thumbnails");
}
