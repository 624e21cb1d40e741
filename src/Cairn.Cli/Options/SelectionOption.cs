using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--selection NAME: the entries of a selection that was made in the review.</summary>
internal sealed class SelectionOption : Option<string?>
{
    public SelectionOption()
        : base("--selection")
    {
        Description = "Only the entries of this selection of the case's review.";
        HelpName = "NAME";
    }
}
