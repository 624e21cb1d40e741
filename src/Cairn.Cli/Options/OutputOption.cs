using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>-o FILE: where an export goes.</summary>
internal sealed class OutputOption : Option<string>
{
    public OutputOption()
        : base("--output", "-o")
    {
        Description = "File to write; it appears whole or not at all. - for standard output.";
        HelpName = "FILE";
        Required = true;
    }
}
