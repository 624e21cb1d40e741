using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--known NAME…: the known sets to look up.</summary>
internal sealed class KnownOption : Option<string[]>
{
    public KnownOption()
        : base("--known")
    {
        Description = "Known sets to look every file up in, by the name they were imported under. Without it: every imported set.";
        HelpName = "NAME";
        AllowMultipleArgumentsPerToken = true;
        DefaultValueFactory = _ => [];
    }
}
