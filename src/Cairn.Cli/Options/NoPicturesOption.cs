using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--no-pictures: no picture and no video is decoded.</summary>
internal sealed class NoPicturesOption : Option<bool>
{
    public NoPicturesOption()
        : base("--no-pictures") =>
        Description = "Decode no picture and no video: they are looked up by the hashes of their bytes alone.";
}
