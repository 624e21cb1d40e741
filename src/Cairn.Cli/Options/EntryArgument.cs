using System.CommandLine;

namespace Cairn.Cli.Options;

/// <summary>ENTRY: a row id, or a path with an optional stream.</summary>
internal sealed class EntryArgument : Argument<string?>
{
    public EntryArgument()
        : base("ENTRY")
    {
        Description = "Row id (the id of an export), or the path from the volume's root, with :STREAM for an alternate stream.";
        Arity = ArgumentArity.ZeroOrOne;
    }
}
