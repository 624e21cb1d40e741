namespace Cairn.Core;

/// <summary>The bytes contradict the format. The one exception that a parser lets out on hostile bytes.</summary>
public sealed class MalformedDataException : Exception
{
    /// <summary>What was being read when <paramref name="field"/> at <paramref name="offset"/> did not hold.</summary>
    /// <param name="field">The specification's name of the field.</param>
    /// <param name="offset">Bytes from the start of what the parser reads.</param>
    /// <param name="need">What the format asks for.</param>
    /// <param name="have">What is there.</param>
    public MalformedDataException(string field, long offset, string need, string have)
        : base($"{field} at offset {offset}: need {need}, have {have}")
    {
        (Field, Offset, Need, Have) = (field, offset, need, have);
    }

    /// <summary>The specification's name of the field.</summary>
    public string Field { get; }

    /// <summary>Bytes from the start of what the parser reads.</summary>
    public long Offset { get; }

    /// <summary>What the format asks for.</summary>
    public string Need { get; }

    /// <summary>What is there.</summary>
    public string Have { get; }
}

/// <summary>A range of a byte source that cannot be read: a damaged chunk, a bad sector, a missing segment.</summary>
public sealed class UnreadableDataException : Exception
{
    /// <summary>The range in the source's own offsets, and why.</summary>
    public UnreadableDataException(long offset, long length, string reason, Exception? inner = null)
        : base($"{length} bytes at offset {offset} cannot be read: {reason}", inner)
    {
        (Offset, Length, Reason) = (offset, length, reason);
    }

    /// <summary>First unreadable byte.</summary>
    public long Offset { get; }

    /// <summary>Bytes that cannot be read.</summary>
    public long Length { get; }

    /// <summary>Why, in words for a report.</summary>
    public string Reason { get; }

    /// <summary>The kind of problem that this is: a limit, a missing key and a method that is not read are told apart from damage.</summary>
    public ProblemKind Kind { get; init; } = ProblemKind.Unreadable;
}

/// <summary>Evidence that cannot be opened at all: the message says what and how to put it right (exit code 2).</summary>
public sealed class EvidenceException : Exception
{
    /// <summary>One line for the person at the terminal.</summary>
    public EvidenceException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
