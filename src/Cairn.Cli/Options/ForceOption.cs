using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--force: binary content to a terminal.</summary>
internal sealed class ForceOption : Option<bool>
{
    public ForceOption()
        : base("--force") =>
        Description = "Write to a terminal even what is not text.";
}
