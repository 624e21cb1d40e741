using System.CommandLine;
using Cairn.Reports.Report;

namespace Cairn.Cli.Options;

/// <summary>--pictures HOW: how the pictures of the files are shown.</summary>
internal sealed class ReportPicturesOption : Option<ReportPictures>
{
    public ReportPicturesOption()
        : base("--pictures")
    {
        Description = "Pictures of the files: none; chosen, those of bookmarked files as each bookmark says; blurred, a few grey samples from which they cannot be had back; shown, as the small pictures are kept. A bookmark can ask for less, never for more.";
        HelpName = "none|chosen|blurred|shown";
        DefaultValueFactory = _ => ReportPictures.None;
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "none":
                    return ReportPictures.None;
                case "chosen":
                    return ReportPictures.Chosen;
                case "blurred":
                    return ReportPictures.Blurred;
                case "shown":
                    return ReportPictures.Shown;
                default:
                    result.AddError("--pictures is none, chosen, blurred or shown");
                    return ReportPictures.None;
            }
        };
    }
}
