using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--type TYPE: entries of a type of content.</summary>
internal sealed class TypeOption : Option<string?>
{
    public TypeOption()
        : base("--type")
    {
        Description = "Only entries whose content is a picture, a video, or of this MIME type (application/pdf, or image/ for all that begin so).";
        HelpName = "picture|video|MIME";
        Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && result.Tokens[0].Value is not ("picture" or "video") && !result.Tokens[0].Value.Contains('/', StringComparison.Ordinal))
            {
                result.AddError("--type is picture, video, or a MIME type such as application/pdf or image/");
            }
        });
    }
}
