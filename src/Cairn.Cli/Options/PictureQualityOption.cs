namespace Cairn.Cli.Options;

/// <summary>--picture-quality N: quality from which a picture is looked up.</summary>
internal sealed class PictureQualityOption : WholeNumberOption
{
    public PictureQualityOption()
        : base("--picture-quality", 100, 50, "Quality of a PDQ hash, 0 to 100, below which a picture is neither looked up nor grouped by its look: flat pictures all look alike.")
    {
    }
}
