using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--volume N: a part of the media.</summary>
internal sealed class VolumeOption : Option<int?>
{
    public VolumeOption()
        : base("--volume")
    {
        Description = "The volume, by the index that show lists. Without ENTRY: the bytes of the whole volume.";
        HelpName = "N";
    }
}
