using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--check: every set is read to its end.</summary>
internal sealed class CheckOption : Option<bool>
{
    public CheckOption()
        : base("--check") =>
        Description = "Read every set to its end and hold it against its checksum.";
}
