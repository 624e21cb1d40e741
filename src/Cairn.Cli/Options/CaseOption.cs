using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--case DIR: the folder of the case.</summary>
internal sealed class CaseOption : Option<string>
{
    public CaseOption(string description, bool required = true)
        : base("--case")
    {
        Description = description;
        HelpName = "DIR";
        Required = required;
    }
}
