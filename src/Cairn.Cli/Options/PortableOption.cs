using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--portable FOLDER: check a portable case.</summary>
internal sealed class PortableOption : Option<string?>
{
    public PortableOption()
        : base("--portable")
    {
        Description = "Verify this portable case: its files against their signed list, and the audit log in it.";
        HelpName = "FOLDER";
    }
}
