using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--data DIR: where accounts and keys of the review application are kept.</summary>
internal sealed class WebDataOption : Option<string?>
{
    public WebDataOption()
        : base("--data")
    {
        Description = "Folder of accounts and keys, never within a case. The user's own application data otherwise.";
        HelpName = "DIR";
    }
}
