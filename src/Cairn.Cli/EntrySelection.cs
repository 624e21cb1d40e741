using System.CommandLine;
using Cairn.Cli.Options;
using Cairn.Reports;

namespace Cairn.Cli;

/// <summary>The options by which an export takes some entries of a case; all that are given have to hold.</summary>
internal sealed class EntrySelection
{
    private readonly EntriesOption entries = new();
    private readonly EntryListOption list = new();
    private readonly HitsOption hits = new();
    private readonly StateOption state = new();
    private readonly TypeOption type = new();
    private readonly UnderOption under = new();

    public void AddTo(Command command)
    {
        command.Options.Add(entries);
        command.Options.Add(list);
        command.Options.Add(hits);
        command.Options.Add(state);
        command.Options.Add(type);
        command.Options.Add(under);
    }

    /// <exception cref="UsageException">The list of entries cannot be read.</exception>
    public EntryFilter Read(ParseResult parsed)
    {
        IReadOnlySet<long>? ids = parsed.GetValue(entries);
        if (list.Read(parsed) is IReadOnlySet<long> more)
        {
            ids = ids is null ? more : new HashSet<long>([.. ids, .. more]);
        }

        return new EntryFilter
        {
            Ids = ids,
            Hits = parsed.GetValue(hits),
            State = parsed.GetValue(state),
            Type = parsed.GetValue(type),
            Under = parsed.GetValue(under)?.Trim('/'),
        };
    }
}
