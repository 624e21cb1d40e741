using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--marking TEXT: the protective marking.</summary>
internal sealed class MarkingOption : Option<string?>
{
    public MarkingOption()
        : base("--marking")
    {
        Description = "Protective marking for the top and foot of every page.";
        HelpName = "TEXT";
    }
}
