using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--force: what is refused without, for its consequences.</summary>
internal sealed class ForceOption : Option<bool>
{
    public ForceOption(string description = "Write to a terminal even what is not text.")
        : base("--force") =>
        Description = description;
}
