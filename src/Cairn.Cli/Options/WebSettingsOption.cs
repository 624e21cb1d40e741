using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--settings FILE: settings of the review application.</summary>
internal sealed class WebSettingsOption : Option<FileInfo?>
{
    public WebSettingsOption()
        : base("--settings")
    {
        Description = "JSON file of settings: the organisation's OpenID Connect, host names.";
        HelpName = "FILE";
    }
}
