namespace Cairn.Cli.Options;

/// <summary>--picture-distance N: bits in which a picture may differ from a known one.</summary>
internal sealed class PictureDistanceOption : WholeNumberOption
{
    public PictureDistanceOption()
        : base("--picture-distance", 63, 31, "Bits in which the PDQ hash of a picture may differ from a known one and still be a hit, 0 to 63.")
    {
    }
}
