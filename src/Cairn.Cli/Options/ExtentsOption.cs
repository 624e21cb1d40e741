using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>--extents: where the bytes of the files lie.</summary>
internal sealed class ExtentsOption : Option<bool>
{
    public ExtentsOption()
        : base("--extents") =>
        Description = "Say where on the disk the bytes of each file lie. The evidence is opened for it, read-only, and has to be where it was.";
}
