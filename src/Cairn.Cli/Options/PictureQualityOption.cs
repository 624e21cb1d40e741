using System.CommandLine;
using System.Globalization;

namespace Cairn.Cli.Options;

/// <summary>--picture-quality N: quality from which a picture is looked up.</summary>
internal sealed class PictureQualityOption : Option<int>
{
    private const int Most = 100;

    public PictureQualityOption()
        : base("--picture-quality")
    {
        Description = $"Quality of a PDQ hash, 0 to {Most}, below which a picture is neither looked up nor grouped by its look: flat pictures all look alike.";
        HelpName = "N";
        DefaultValueFactory = _ => 50;
        Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !(int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= Most))
            {
                result.AddError($"--picture-quality takes 0 to {Most}");
            }
        });
    }
}
