using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--short: a summary of a few pages.</summary>
internal sealed class ShortOption : Option<bool>
{
    public ShortOption()
        : base("--short") =>
        Description = "The short form, in the style of a streamlined forensic report: what was examined, what was found, how far that goes.";
}
