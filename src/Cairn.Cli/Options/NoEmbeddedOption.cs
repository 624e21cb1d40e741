using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--no-embedded: files within files are left as they are.</summary>
internal sealed class NoEmbeddedOption : Option<bool>
{
    public NoEmbeddedOption()
        : base("--no-embedded") =>
        Description = "Leave files within files (archives, documents, mail, thumbnails) folded: their members are not listed.";
}
