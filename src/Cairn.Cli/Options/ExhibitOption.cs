using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--exhibit REF: the exhibit reference.</summary>
internal sealed class ExhibitOption : Option<string?>
{
    public ExhibitOption(string description)
        : base("--exhibit")
    {
        Description = description;
        HelpName = "REF";
    }
}
