namespace Cairn.Core;

/// <summary>What kind of thing went wrong; stable names, stored in the case.</summary>
public enum ProblemKind
{
    /// <summary>Worth knowing, nothing was lost; does not change the exit code.</summary>
    Notice = 0,

    /// <summary>Bytes contradict the format.</summary>
    Malformed = 1,

    /// <summary>Bytes could not be read.</summary>
    Unreadable = 2,

    /// <summary>A link on the disk leads back to where it came from.</summary>
    Cycle = 3,

    /// <summary>A limit that protects the examination was reached.</summary>
    LimitReached = 4,

    /// <summary>Something the format promises is not there: a segment, a backup, a record.</summary>
    Missing = 5,

    /// <summary>A stored hash, checksum or copy differs from what was computed.</summary>
    Mismatch = 6,

    /// <summary>Understood, but not read by this version.</summary>
    Unsupported = 7,

    /// <summary>Encrypted, and no key is known.</summary>
    Encrypted = 8,

    /// <summary>The evidence changed while it was read.</summary>
    Changed = 9,
}

/// <summary>Anything that could not be read, with where and why.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Place">Where, as the field names it: "MFT record 5, attribute 0x80", "segment disk.E02", "FAT entry 77".</param>
/// <param name="Reason">Why, one sentence without a full stop.</param>
/// <param name="Offset">Byte offset in the source that the parser reads, where there is one.</param>
/// <param name="Length">Bytes concerned, where known.</param>
public sealed record Problem(ProblemKind Kind, string Place, string Reason, long? Offset = null, long? Length = null)
{
    /// <summary>The problem that <paramref name="error"/> describes, at <paramref name="place"/>.</summary>
    public static Problem From(MalformedDataException error, string place)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new Problem(ProblemKind.Malformed, place, $"{error.Field}: need {error.Need}, have {error.Have}", error.Offset);
    }

    /// <summary>The problem that <paramref name="error"/> describes, at <paramref name="place"/>.</summary>
    public static Problem From(UnreadableDataException error, string place)
    {
        ArgumentNullException.ThrowIfNull(error);
        return new Problem(error.Kind, place, error.Reason, error.Offset, error.Length);
    }

    /// <summary>A link leads back to <paramref name="place"/>.</summary>
    public static Problem Cycle(string place, string reason) => new(ProblemKind.Cycle, place, reason);
}

/// <summary>Takes problems as they are met; safe to call from many threads.</summary>
public interface IProblemSink
{
    /// <summary>Takes one problem.</summary>
    void Report(Problem problem);
}

/// <summary>Keeps problems in the order they came.</summary>
public sealed class ProblemList : IProblemSink
{
    private readonly List<Problem> items = [];
    private readonly Lock gate = new();

    /// <summary>A copy of what came so far.</summary>
    public IReadOnlyList<Problem> Items
    {
        get
        {
            lock (gate)
            {
                return [.. items];
            }
        }
    }

    /// <inheritdoc/>
    public void Report(Problem problem)
    {
        lock (gate)
        {
            items.Add(problem);
        }
    }
}
