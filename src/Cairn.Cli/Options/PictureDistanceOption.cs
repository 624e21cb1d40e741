using System.CommandLine;
using System.Globalization;

namespace Cairn.Cli.Options;

/// <summary>--picture-distance N: bits in which a picture may differ from a known one.</summary>
internal sealed class PictureDistanceOption : Option<int>
{
    private const int Most = 63;

    public PictureDistanceOption()
        : base("--picture-distance")
    {
        Description = $"Bits in which the PDQ hash of a picture may differ from a known one and still be a hit, 0 to {Most}.";
        HelpName = "N";
        DefaultValueFactory = _ => 31;
        Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= Most))
            {
                result.AddError($"--picture-distance takes 0 to {Most}");
            }
        });
    }
}
