using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--hits MEANING: entries with a hit.</summary>
internal sealed class HitsOption : Option<string?>
{
    public HitsOption()
        : base("--hits")
    {
        Description = "Only entries with a hit on a known set: any, or one that is known, notable or ignorable.";
        HelpName = "any|known|notable|ignorable";
        AcceptOnlyFromAmong("any", "known", "notable", "ignorable");
    }
}
