using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--under PATH: entries at or below a path.</summary>
internal sealed class UnderOption : Option<string?>
{
    public UnderOption()
        : base("--under")
    {
        Description = "Only entries at or below this path, from the volume's root; / is every path.";
        HelpName = "PATH";
    }
}
