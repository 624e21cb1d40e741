using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--no-check: the case is not verified before the report.</summary>
internal sealed class NoCheckOption : Option<bool>
{
    public NoCheckOption()
        : base("--no-check") =>
        Description = "Do not check the rows of the case against its audit log first; the report says that they were not checked.";
}
