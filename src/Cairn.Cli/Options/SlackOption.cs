using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--slack: the bytes after the end of the content.</summary>
internal sealed class SlackOption : Option<bool>
{
    public SlackOption()
        : base("--slack") =>
        Description = "The bytes between the end of the content and the end of its last cluster, instead of the content.";
}
