using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--no-thumbnails: no small pictures are kept.</summary>
internal sealed class NoThumbnailsOption : Option<bool>
{
    public NoThumbnailsOption()
        : base("--no-thumbnails") =>
        Description = "Keep no small pictures beside the case. Without this they are kept encrypted; 'cairn thumbnails destroy-key' makes them unreadable.";
}
