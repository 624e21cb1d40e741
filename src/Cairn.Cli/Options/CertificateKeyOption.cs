using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--certificate-key FILE: the private key of the certificate.</summary>
internal sealed class CertificateKeyOption : Option<FileInfo?>
{
    public CertificateKeyOption()
        : base("--certificate-key")
    {
        Description = "Private key of the certificate (PEM).";
        HelpName = "FILE";
    }
}
