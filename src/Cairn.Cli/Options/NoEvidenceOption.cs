using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--no-evidence: verify the case alone.</summary>
internal sealed class NoEvidenceOption : Option<bool>
{
    public NoEvidenceOption()
        : base("--no-evidence") =>
        Description = "Verify the case alone; do not read its evidence again.";
}
