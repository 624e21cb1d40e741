using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded;

/// <summary>
/// Opens one member of a file again, by its ordinal: the file is unfolded anew up to it, since most formats can only be read forward. The
/// members before it are passed over without being decoded where the format allows.
/// </summary>
public static class EmbeddedOpener
{
    /// <summary>Bytes of a member that <see cref="Open"/> holds in memory.</summary>
    public const int MostHeld = 64 << 20;

    /// <summary>The formats whose content types name <paramref name="mime"/> and that find themselves in <paramref name="content"/>, the surest first.</summary>
    public static IReadOnlyList<IEmbeddedFormat> FormatsOf(IByteSource content, string mime)
    {
        ArgumentNullException.ThrowIfNull(content);
        return [.. StorageCatalogue.Embedded
            .Where(format => format.ContentTypes.Contains(mime))
            .Select(format => (Format: format, format.Probe(content).Confidence))
            .Where(found => found.Confidence != ProbeConfidence.None)
            .OrderByDescending(found => found.Confidence)
            .Select(found => found.Format)];
    }

    /// <summary>
    /// The member's content in memory. What could not be read of it before a problem is there; the problem goes to
    /// <paramref name="problems"/> where one is given.
    /// </summary>
    /// <exception cref="UnreadableDataException">There is no such member, it has no content, it is larger than <see cref="MostHeld"/>, or none of it can be read.</exception>
    /// <exception cref="MalformedDataException">Nothing can be read of the parent, or of the member.</exception>
    public static IByteSource Open(IByteSource parent, string mime, int ordinal, EmbeddedLimits limits, IProblemSink? problems = null, CancellationToken cancel = default)
    {
        MemoryStream held = new();
        Read(parent, mime, ordinal, limits, (_, content) =>
        {
            byte[] buffer = new byte[64 << 10];
            try
            {
                int got;
                while ((got = content.Read(buffer)) > 0)
                {
                    if (held.Length + got > MostHeld)
                    {
                        throw new UnreadableDataException(0, held.Length, $"the member is larger than {MostHeld:N0} bytes and is only read forward") { Kind = ProblemKind.LimitReached };
                    }

                    held.Write(buffer, 0, got);
                }
            }
            catch (MalformedDataException error) when (held.Length > 0)
            {
                problems?.Report(Problem.From(error, "content"));
            }
            catch (UnreadableDataException error) when (held.Length is > 0 and < MostHeld && error.Kind != ProblemKind.LimitReached)
            {
                problems?.Report(Problem.From(error, "content"));
            }
        }, problems, cancel);
        return new MemoryByteSource(held.GetBuffer().AsMemory(0, (int)held.Length));
    }

    /// <summary>Hands the member and its content, of any size, to <paramref name="take"/>; the stream is forward-only and valid during the call.</summary>
    /// <exception cref="UnreadableDataException">There is no such member, or it has no content; and what reading the content throws.</exception>
    /// <exception cref="MalformedDataException">Nothing can be read of the parent, or of the member.</exception>
    public static void Read(IByteSource parent, string mime, int ordinal, EmbeddedLimits limits, Action<EmbeddedMember, Stream> take, IProblemSink? problems = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(take);
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        if (FormatsOf(parent, mime) is not [IEmbeddedFormat format, ..])
        {
            throw new UnreadableDataException(0, parent.Length, $"no format for {mime} finds itself in it") { Kind = ProblemKind.Unsupported };
        }

        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        One receiver = new(ordinal, take, problems, enough);
        try
        {
            format.Expand(parent, limits, receiver, enough.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The member was taken, there is no need to go on.
        }

        if (receiver.Failure is not null)
        {
            throw receiver.Failure;
        }

        if (!receiver.Found)
        {
            Problem? last = receiver.Last;
            throw new UnreadableDataException(0, parent.Length, last is null ? $"it has no member {ordinal}" : $"member {ordinal} cannot be reached: {last.Reason}") { Kind = last?.Kind ?? ProblemKind.Missing };
        }
    }

    private sealed class One(int ordinal, Action<EmbeddedMember, Stream> take, IProblemSink? problems, CancellationTokenSource enough) : IEmbeddedReceiver
    {
        public bool Found { get; private set; }

        public Exception? Failure { get; private set; }

        /// <summary>The last problem that was worse than a notice, which says why a member is not there.</summary>
        public Problem? Last { get; private set; }

        public void Report(Problem problem)
        {
            Last = problem.Kind == ProblemKind.Notice ? Last : problem;
            problems?.Report(problem);
        }

        public void Take(EmbeddedMember member, Stream? content)
        {
            if (member.Ordinal != ordinal)
            {
                return;
            }

            Found = true;
            try
            {
                if (content is null)
                {
                    throw new UnreadableDataException(0, member.StatedSize ?? 0, member.Type is EntryType.Directory or EntryType.Link ? "it has no content of its own"
                        : Last is null ? "its content cannot be had" : $"its content cannot be had: {Last.Reason}")
                    { Kind = member.Encrypted ? ProblemKind.Encrypted : Last?.Kind ?? ProblemKind.Missing };
                }

                take(member, content);
            }
            catch (MalformedDataException error)
            {
                Failure = error;
            }
            catch (UnreadableDataException error)
            {
                Failure = error;
            }

            enough.Cancel();
        }
    }
}
