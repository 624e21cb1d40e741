using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--licence TEXT: the terms of an imported set.</summary>
internal sealed class LicenceOption : Option<string?>
{
    public LicenceOption()
        : base("--licence")
    {
        Description = "Licence or terms of use of the set, recorded with it.";
        HelpName = "TEXT";
    }
}
