using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--reference TEXT: how the case is known to those who read the report.</summary>
internal sealed class ReferenceOption : Option<string?>
{
    public ReferenceOption()
        : base("--reference")
    {
        Description = "How the case is known to those who read the report: a crime number, the name of an operation.";
        HelpName = "TEXT";
    }
}
