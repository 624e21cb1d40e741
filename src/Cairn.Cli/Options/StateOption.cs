using System.CommandLine;
using Cairn.Core;

namespace Cairn.Cli.Options;

/// <summary>--state STATE: entries in use, deleted, or without a place in the tree.</summary>
internal sealed class StateOption : Option<EntryState?>
{
    public StateOption()
        : base("--state")
    {
        Description = "Only entries of this state.";
        HelpName = "allocated|deleted|orphan";
        CustomParser = result =>
        {
            switch (result.Tokens[0].Value)
            {
                case "allocated":
                    return EntryState.Allocated;
                case "deleted":
                    return EntryState.Deleted;
                case "orphan":
                    return EntryState.Orphan;
                default:
                    result.AddError("--state is allocated, deleted or orphan");
                    return null;
            }
        };
    }
}
