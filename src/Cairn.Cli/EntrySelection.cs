using System.CommandLine;
using Cairn.CaseStore.Review;
using Cairn.Cli.Options;
using Cairn.Reports;

namespace Cairn.Cli;

/// <summary>The options by which an export takes some entries of a case; all that are given have to hold.</summary>
internal sealed class EntrySelection
{
    private readonly EntriesOption entries = new();
    private readonly EntryListOption list = new();
    private readonly SelectionOption selection = new();
    private readonly HitsOption hits = new();
    private readonly StateOption state = new();
    private readonly TypeOption type = new();
    private readonly UnderOption under = new();

    public void AddTo(Command command)
    {
        command.Options.Add(entries);
        command.Options.Add(list);
        command.Options.Add(selection);
        command.Options.Add(hits);
        command.Options.Add(state);
        command.Options.Add(type);
        command.Options.Add(under);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="review">The review of the case, or null where it has none.</param>
    /// <exception cref="UsageException">The list of entries cannot be read, or there is no such selection.</exception>
    public EntryFilter Read(ParseResult parsed, ReviewReader? review)
    {
        IReadOnlySet<long>? ids = parsed.GetValue(entries);
        foreach (IReadOnlySet<long> more in new[] { list.Read(parsed), Selected(parsed.GetValue(selection), review) }.OfType<IReadOnlySet<long>>())
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

    private static HashSet<long>? Selected(string? name, ReviewReader? review)
    {
        if (name is null)
        {
            return null;
        }

        Selection[] found = [.. (review?.Selections() ?? []).Where(selection => selection.Name == name)];
        return found switch
        {
            [Selection one] => [.. review!.EntriesOf(one.Id)],
            [] => throw new UsageException($"the review of the case has no selection '{name}'{((review?.Selections() ?? []) is { Count: > 0 } all ? $": it has {string.Join(", ", all.Take(20).Select(s => $"'{s.Name}'"))}" : "")}."),
            _ => throw new UsageException($"the review of the case has {found.Length} selections '{name}': give one of them another name first."),
        };
    }
}
