using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--bookmarked: only files that people bookmarked for the report.</summary>
internal sealed class BookmarkedOption : Option<bool>
{
    public BookmarkedOption()
        : base("--bookmarked") =>
        Description = "Describe only the files that people bookmarked in the review.";
}
