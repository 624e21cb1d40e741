using System.Net;

namespace Cairn.Web;

/// <summary>What the program was told on its command line (by cairn serve).</summary>
public sealed record ServeSettings
{
    /// <summary>Folder of one case, or null.</summary>
    public string? CaseFolder { get; init; }

    /// <summary>Folder whose folders are cases, or null.</summary>
    public string? CasesFolder { get; init; }

    /// <summary>Where to listen.</summary>
    public Uri Address { get; init; } = new("http://127.0.0.1:0");

    /// <summary>Folder of accounts and keys.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Accounts are asked for.</summary>
    public bool Accounts { get; init; }

    /// <summary>Certificate for https, or null.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key where it is a file of its own, or null.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>JSON file of settings, or null.</summary>
    public string? SettingsFile { get; init; }

    /// <summary>Words that start cairn, for the readers of content.</summary>
    public IReadOnlyList<string> Reader { get; init; } = [];

    /// <summary>File with the passphrase of the small pictures, or null.</summary>
    public string? ThumbnailPassphrase { get; init; }

    /// <summary>Only this machine is served.</summary>
    public bool IsLoopback => IsLoopbackHost(Address.Host);

    /// <summary>Reads the command line.</summary>
    /// <exception cref="SettingsException">Something is missing or does not go together.</exception>
    public static ServeSettings Parse(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        Dictionary<string, string> values = new(StringComparer.Ordinal);
        List<string> reader = [];
        for (int i = 0; i < arguments.Count; i += 2)
        {
            if (i + 1 >= arguments.Count)
            {
                throw new SettingsException($"{arguments[i]} lacks its value");
            }

            switch (arguments[i])
            {
                case "--reader":
                    reader.Add(arguments[i + 1]);
                    break;
                case "--case" or "--cases" or "--urls" or "--data" or "--accounts" or "--certificate" or "--certificate-key" or "--settings" or "--thumbnail-passphrase":
                    values[arguments[i]] = arguments[i + 1];
                    break;
                default:
                    throw new SettingsException($"{arguments[i]} is not known; this program is started by 'cairn serve'");
            }
        }

        string? Value(string name) => values.GetValueOrDefault(name);
        string written = Value("--urls") ?? "http://127.0.0.1:0";
        // "*" and "+" stand for every address of the machine, which Uri does not take.
        string readable = written.Replace("://*", "://0.0.0.0", StringComparison.Ordinal).Replace("://+", "://0.0.0.0", StringComparison.Ordinal);
        if (!Uri.TryCreate(readable, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || address.AbsolutePath != "/" || address.Query.Length > 0)
        {
            throw new SettingsException($"--urls {written}: give one address such as http://127.0.0.1:5000 or https://name:5001");
        }

        ServeSettings settings = new()
        {
            CaseFolder = Value("--case"),
            CasesFolder = Value("--cases"),
            Address = address,
            DataFolder = Path.GetFullPath(Value("--data") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.Create), "cairn", "web")),
            Accounts = Value("--accounts") == "true" || !IsLoopbackHost(address.Host),
            Certificate = Value("--certificate"),
            CertificateKey = Value("--certificate-key"),
            SettingsFile = Value("--settings"),
            Reader = reader,
            ThumbnailPassphrase = Value("--thumbnail-passphrase"),
        };
        settings.Check(written);
        return settings;
    }

    private static bool IsLoopbackHost(string host) => host == "localhost" || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));

    private void Check(string written)
    {
        if (CaseFolder is null == CasesFolder is null)
        {
            throw new SettingsException("give --case DIR for one case, or --cases DIR for a folder of cases");
        }

        if (!IsLoopback && Address.Scheme != "https")
        {
            throw new SettingsException($"--urls {written}: other machines could listen in; give an https address with --certificate, or 127.0.0.1 for this machine alone");
        }

        if (Address.Scheme == "https" && Certificate is null)
        {
            throw new SettingsException($"--urls {written}: https needs --certificate FILE (PEM with --certificate-key FILE, or PKCS #12)");
        }

        foreach (string file in new[] { Certificate, CertificateKey, SettingsFile, ThumbnailPassphrase }.OfType<string>())
        {
            if (!File.Exists(file))
            {
                throw new SettingsException($"there is no file {file}");
            }
        }

        foreach (string folder in new[] { CaseFolder, CasesFolder }.OfType<string>())
        {
            if (!Directory.Exists(folder))
            {
                throw new SettingsException($"there is no folder {folder}");
            }

            string inside = Path.GetRelativePath(folder, DataFolder);
            if (inside == "." || !(inside.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(inside)))
            {
                throw new SettingsException($"--data {DataFolder} lies within the cases; accounts are kept elsewhere");
            }
        }
    }
}

/// <summary>The program cannot start as it was told to; says how to put it right.</summary>
public sealed class SettingsException(string message) : Exception(message);
