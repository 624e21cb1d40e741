using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--urls URL: where the review application listens.</summary>
internal sealed class UrlsOption : Option<string?>
{
    public UrlsOption()
        : base("--urls")
    {
        Description = "Where to listen: http://127.0.0.1:5000. A free port of this machine alone otherwise. Any other address is https and asks for accounts.";
        HelpName = "URL";
    }
}
