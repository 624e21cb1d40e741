using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--version V: the version of an imported set.</summary>
internal sealed class KnownVersionOption : Option<string?>
{
    public KnownVersionOption()
        : base("--version")
    {
        Description = "Version of the set, recorded with it.";
        HelpName = "V";
    }
}
