using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--name NAME: what an imported set is called.</summary>
internal sealed class KnownNameOption : Option<string>
{
    public KnownNameOption()
        : base("--name")
    {
        Description = "Name of the set.";
        HelpName = "NAME";
        Required = true;
    }
}
