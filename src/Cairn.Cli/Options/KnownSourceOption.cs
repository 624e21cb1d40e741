using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--source TEXT: who published an imported set.</summary>
internal sealed class KnownSourceOption : Option<string?>
{
    public KnownSourceOption()
        : base("--source")
    {
        Description = "Publisher or origin of the set, recorded with it. Without it: the name of the file.";
        HelpName = "TEXT";
    }
}
