namespace Cairn.Cli.Options;

/// <summary>--alike-distance N: bits in which pictures of one group may differ.</summary>
internal sealed class AlikeDistanceOption : WholeNumberOption
{
    public AlikeDistanceOption()
        : base("--alike-distance", 63, 31, "Bits in which the PDQ hash of a picture may differ from the first of its group of alike pictures, 0 to 63.")
    {
    }
}
