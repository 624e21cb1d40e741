using System.Runtime.ExceptionServices;
using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded;

/// <summary>
/// Opens members of a file again, by their ordinals: the file is unfolded anew up to the last of them, since most formats can only be read forward.
/// The others are passed over without being decoded where the format allows.
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
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        Exception? failure = null;
        ReadEach(parent, mime, new HashSet<int> { ordinal }, limits, take, (_, error) => failure = error, problems, cancel);
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>
    /// The same for several members in one pass, in the parent's order. Each of <paramref name="ordinals"/> goes to <paramref name="take"/>, or to
    /// <paramref name="failed"/> with what <see cref="Read"/> would throw, or to both where reading what was taken throws.
    /// </summary>
    public static void ReadEach(IByteSource parent, string mime, IReadOnlySet<int> ordinals, EmbeddedLimits limits, Action<EmbeddedMember, Stream> take, Action<int, Exception> failed,
        IProblemSink? problems = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(ordinals);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(take);
        ArgumentNullException.ThrowIfNull(failed);
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Chosen receiver = new(ordinals, take, failed, problems, enough);
        Exception? failure = null;
        try
        {
            if (FormatsOf(parent, mime) is not [IEmbeddedFormat format, ..])
            {
                throw new UnreadableDataException(0, parent.Length, $"no format for {mime} finds itself in it") { Kind = ProblemKind.Unsupported };
            }

            format.Expand(parent, limits, receiver, enough.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested && receiver.Left.Count == 0)
        {
            // All were had, there is no need to go on.
        }
        catch (MalformedDataException error)
        {
            failure = error;
        }
        catch (UnreadableDataException error)
        {
            failure = error;
        }

        Problem? last = receiver.Last;
        foreach (int ordinal in receiver.Left.Order())
        {
            failed(ordinal, failure ?? new UnreadableDataException(0, parent.Length, last is null ? $"it has no member {ordinal}" : $"member {ordinal} cannot be reached: {last.Reason}")
            { Kind = last?.Kind ?? ProblemKind.Missing });
        }
    }

    private sealed class Chosen(IReadOnlySet<int> ordinals, Action<EmbeddedMember, Stream> take, Action<int, Exception> failed, IProblemSink? problems, CancellationTokenSource enough) : IEmbeddedReceiver
    {
        /// <summary>Those that were not come to.</summary>
        public HashSet<int> Left { get; } = [.. ordinals];

        /// <summary>The last problem that was worse than a notice, which says why a member is not there.</summary>
        public Problem? Last { get; private set; }

        public void Report(Problem problem)
        {
            Last = problem.Kind == ProblemKind.Notice ? Last : problem;
            problems?.Report(problem);
        }

        public void Take(EmbeddedMember member, Stream? content)
        {
            if (!Left.Remove(member.Ordinal))
            {
                return;
            }

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
                failed(member.Ordinal, error);
            }
            catch (UnreadableDataException error)
            {
                failed(member.Ordinal, error);
            }

            if (Left.Count == 0)
            {
                enough.Cancel();
            }
        }
    }
}
