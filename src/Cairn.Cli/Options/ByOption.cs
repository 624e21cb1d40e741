using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--by NAME: who makes the report.</summary>
internal sealed class ByOption : Option<string?>
{
    public ByOption()
        : base("--by")
    {
        Description = "Who makes the report. Without it, the user of the operating system.";
        HelpName = "NAME";
    }
}
