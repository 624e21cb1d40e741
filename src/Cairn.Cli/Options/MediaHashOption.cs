using System.CommandLine;
using Cairn.Engine;

namespace Cairn.Cli.Options;

/// <summary>--media-hash auto|all|none: which hashes of the whole media are computed.</summary>
internal sealed class MediaHashOption : Option<MediaHashChoice>
{
    public MediaHashOption()
        : base("--media-hash")
    {
        Description = "Hashes of the whole media: auto (SHA-256 always, every algorithm that the container stores a hash of, all three up to 1 GiB), all (MD5, SHA-1, SHA-256), none.";
        HelpName = "auto|all|none";
        DefaultValueFactory = _ => MediaHashChoice.Auto;
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "auto":
                    return MediaHashChoice.Auto;
                case "all":
                    return MediaHashChoice.All;
                case "none":
                    return MediaHashChoice.None;
                default:
                    result.AddError($"--media-hash takes auto, all or none, not '{result.Tokens[0].Value}'");
                    return MediaHashChoice.Auto;
            }
        };
    }
}
