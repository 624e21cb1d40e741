using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--no-content: inventory only.</summary>
internal sealed class NoContentOption : Option<bool>
{
    public NoContentOption()
        : base("--no-content") =>
        Description = "Inventory only: list every entry, read no content and hash nothing.";
}
