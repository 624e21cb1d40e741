namespace Cairn.Cli.Options;

/// <summary>--min-quality N: the least quality of an imported PDQ hash.</summary>
internal sealed class MinQualityOption : WholeNumberOption
{
    public MinQualityOption()
        : base("--min-quality", 100, 50, "Leave out PDQ hashes whose quality the source gives as less: 0 to 100. Below 50 a picture has too little structure to be told from others.")
    {
    }
}
