namespace Cairn.Cli.Options;

/// <summary>--most-problems N: how many problems are listed one by one.</summary>
internal sealed class MostProblemsOption : WholeNumberOption
{
    public MostProblemsOption()
        : base("--most-problems", 10_000_000, 500, "The most problems that are listed one by one; all are counted.")
    {
    }
}
