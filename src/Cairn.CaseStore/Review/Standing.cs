namespace Cairn.CaseStore.Review;

/// <summary>How far the grading of a content is.</summary>
public enum ContentState
{
    /// <summary>Nobody's vote stands.</summary>
    Ungraded = 0,

    /// <summary>One vote stands and a second is wanted.</summary>
    SecondWanted = 1,

    /// <summary>Votes differ; a third person decides.</summary>
    Disagreement = 2,

    /// <summary>The grade is decided.</summary>
    Decided = 3,
}

/// <summary>Where a content stands, by its votes.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Votes">People whose vote stands.</param>
/// <param name="Grade">The decided grade; null where none is.</param>
/// <param name="Flags">The flags that go with the decided grade, ascending.</param>
public sealed record Standing(ContentState State, int Votes, string? Grade, IReadOnlyList<string> Flags)
{
    /// <summary>Whose vote came first, of those that stand; for the queue of second votes, which shows it to nobody.</summary>
    internal string? FirstAccount { get; init; }
}

/// <summary>A vote that counts: not undone, of the scheme in force.</summary>
internal readonly record struct CountedVote(string Account, bool IsDeciding, string Grade, string Flags);

/// <summary>How votes make a decision. The rules in words: docs/review.md.</summary>
internal static class StandingRules
{
    private static readonly Standing None = new(ContentState.Ungraded, 0, null, []);

    /// <summary>Where a content stands.</summary>
    /// <param name="votes">Votes that count, in the order they were given.</param>
    /// <param name="wantsSecond">Whether a second vote is wanted after a first one with this grade.</param>
    public static Standing Of(IReadOnlyList<CountedVote> votes, Func<string, bool> wantsSecond)
    {
        if (votes.Count == 0)
        {
            return None;
        }

        // Of each person the last vote counts, in the place of the first: a change of mind does not make it the second.
        List<CountedVote> ordinary = [];
        CountedVote? decision = null;
        foreach (CountedVote vote in votes)
        {
            if (vote.IsDeciding)
            {
                decision = vote;
                continue;
            }

            int at = ordinary.FindIndex(other => other.Account == vote.Account);
            if (at < 0)
            {
                ordinary.Add(vote);
            }
            else
            {
                ordinary[at] = vote;
            }
        }

        string? first = ordinary.Count > 0 ? ordinary[0].Account : null;
        int people = ordinary.Count + (decision is null ? 0 : 1);
        if (decision is CountedVote decided)
        {
            return new Standing(ContentState.Decided, people, decided.Grade, Flags([decided])) { FirstAccount = first };
        }

        if (ordinary.Any(vote => vote.Grade != ordinary[0].Grade))
        {
            return new Standing(ContentState.Disagreement, people, null, []) { FirstAccount = first };
        }

        return ordinary.Count == 1 && wantsSecond(ordinary[0].Grade)
            ? new Standing(ContentState.SecondWanted, people, null, []) { FirstAccount = first }
            : new Standing(ContentState.Decided, people, ordinary[0].Grade, Flags(ordinary)) { FirstAccount = first };
    }

    /// <summary>Flags as they are stored: ascending, a space between.</summary>
    public static string Stored(IEnumerable<string> flags) => string.Join(' ', flags.Distinct().Order(StringComparer.Ordinal));

    public static string[] Flags(string stored) => stored.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What one of those who agree saw, the other may have missed.</summary>
    private static string[] Flags(IEnumerable<CountedVote> votes) => [.. votes.SelectMany(vote => Flags(vote.Flags)).Distinct().Order(StringComparer.Ordinal)];
}
