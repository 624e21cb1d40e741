using NSec.Cryptography;

namespace Cairn.CaseStore.Audit;

/// <summary>
/// The user's Ed25519 key that signs checkpoints: PKCS #8 text in a file of the user's own, outside every case, so that who alters a case
/// does not thereby have the key.
/// </summary>
internal static class SigningKey
{
    private const string FileName = "signing-key";

    /// <summary>Environment variable that names another folder for the key.</summary>
    public const string DirectoryVariable = "CAIRN_KEY_DIRECTORY";

    /// <summary>Full path of the key file.</summary>
    public static string FilePath()
    {
        string? folder = Environment.GetEnvironmentVariable(DirectoryVariable);
        if (string.IsNullOrEmpty(folder))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
            if (home.Length == 0)
            {
                throw new CaseException($"there is no folder for the signing key: set {DirectoryVariable} to a folder of your own");
            }

            folder = Path.Combine(home, "cairn");
        }

        return Path.GetFullPath(Path.Combine(folder, FileName));
    }

    /// <summary>Makes the key on first use. Run before a case is written, so that a run does not end without a signature.</summary>
    public static void EnsureExists()
    {
        string path = FilePath();
        try
        {
            using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read))
            {
                return;
            }
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            // Made below.
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, error);
        }

        try
        {
            Make(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, error);
        }
    }

    /// <summary>The key.</summary>
    public static Key Load()
    {
        EnsureExists();
        string path = FilePath();
        try
        {
            byte[] text = File.ReadAllBytes(path);
            return Key.TryImport(SignatureAlgorithm.Ed25519, text, KeyBlobFormat.PkixPrivateKeyText, out Key? key)
                ? key!
                : throw new CaseException($"'{path}' is not an Ed25519 key: move it away and a new one will be made");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, error);
        }
    }

    private static void Make(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        using Key key = Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });
        byte[] text = key.Export(KeyBlobFormat.PkixPrivateKeyText);
        string fresh = $"{path}.{Guid.NewGuid():N}.new";
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (FileStream file = new(fresh, options))
        {
            file.Write(text);
            file.Flush(flushToDisk: true);
        }

        Array.Clear(text);
        try
        {
            // Another process may have made one meanwhile; the first stays.
            File.Move(fresh, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(fresh);
        }
    }

    private static CaseException Unusable(string path, Exception error) =>
        new($"the signing key '{path}' cannot be used ({error.Message}): set {DirectoryVariable} to a folder that you can write to", error);
}
