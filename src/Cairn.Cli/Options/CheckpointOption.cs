using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--checkpoint FILE: a checkpoint that was kept elsewhere.</summary>
internal sealed class CheckpointOption : Option<string?>
{
    public CheckpointOption()
        : base("--checkpoint")
    {
        Description = "A checkpoint of this case that was kept elsewhere: shows whether the audit log was cut back or an older case put in its place.";
        HelpName = "FILE";
    }
}
