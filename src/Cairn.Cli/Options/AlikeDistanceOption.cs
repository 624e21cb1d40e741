using System.CommandLine;
using System.Globalization;

namespace Cairn.Cli.Options;

/// <summary>--alike-distance N: bits in which pictures of one group may differ.</summary>
internal sealed class AlikeDistanceOption : Option<int>
{
    private const int Most = 63;

    public AlikeDistanceOption()
        : base("--alike-distance")
    {
        Description = $"Bits in which the PDQ hash of a picture may differ from the first of its group of alike pictures, 0 to {Most}.";
        HelpName = "N";
        DefaultValueFactory = _ => 31;
        Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= Most))
            {
                result.AddError($"--alike-distance takes 0 to {Most}");
            }
        });
    }
}
