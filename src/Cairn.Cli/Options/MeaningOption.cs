using System.CommandLine;
using Cairn.Known;

namespace Cairn.Cli.Options;

/// <summary>--as MEANING: what a hit on an imported set means.</summary>
internal sealed class MeaningOption : Option<KnownMeaning>
{
    public MeaningOption()
        : base("--as")
    {
        Description = "What a hit means: known (seen before, neither good nor bad), notable (shown first), ignorable.";
        HelpName = "known|notable|ignorable";
        DefaultValueFactory = _ => KnownMeaning.Known;
        CustomParser = result =>
        {
            try
            {
                return KnownMeanings.Parse(result.Tokens[0].Value);
            }
            catch (KnownSetException error)
            {
                result.AddError(error.Message);
                return KnownMeaning.Known;
            }
        };
    }
}
