using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--certificate FILE: the certificate for https.</summary>
internal sealed class CertificateOption : Option<FileInfo?>
{
    public CertificateOption()
        : base("--certificate")
    {
        Description = "Certificate for https: PEM with --certificate-key, or PKCS #12.";
        HelpName = "FILE";
    }
}
