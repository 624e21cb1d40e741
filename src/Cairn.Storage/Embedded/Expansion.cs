using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded;

/// <summary>
/// One file being unfolded: numbers its members, holds the limits, and makes sure that nothing but what parsers may throw leaves a member's
/// content. Formats give members to it and stop when it says so.
/// </summary>
internal sealed class Expansion(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel) : IProblemSink
{
    private int next;

    /// <summary>The file that is unfolded.</summary>
    public IByteSource Content => content;

    public CancellationToken Cancel => cancel;

    public IReadOnlyList<string> Passwords => limits.Passwords;

    /// <summary>A limit is reached: nothing more is given.</summary>
    public bool Stopped { get; private set; }

    public void Report(Problem problem) => receiver.Report(problem);

    /// <summary>Gives a member without content: a directory, or one whose content cannot be had for a reason already reported.</summary>
    public bool Give(EmbeddedMember member) => Give(member, null);

    /// <summary>Gives a member that is a range of the file itself.</summary>
    public bool Give(EmbeddedMember member, long offset, long length) =>
        Give(member with { StatedSize = length }, () => new ReadingStream(content, offset, length));

    /// <summary>
    /// Gives a member whose content is opened when it is first read. False where a limit is reached: the caller stops. With
    /// <paramref name="readAll"/> what the receiver leaves unread is decoded and counted, as members that share one compressed stream need.
    /// </summary>
    public bool Give(EmbeddedMember member, Func<Stream>? open, bool readAll = false)
    {
        cancel.ThrowIfCancellationRequested();
        if (Stopped)
        {
            return false;
        }

        if (limits.CountMember() is string reached)
        {
            Stop(reached);
            return false;
        }

        member = member with { Ordinal = next++, Path = member.Path.Length == 0 ? "unnamed" : member.Path };
        if (open is null)
        {
            receiver.Take(member, null);
            return true;
        }

        using MemberStream stream = new(open, limits, content.Length, member.StatedSize, cancel);
        try
        {
            receiver.Take(member, stream);
            if (readAll)
            {
                stream.PassOverRest();
            }
        }
        catch (MalformedDataException error)
        {
            Report(Problem.From(error, member.Path));
        }
        catch (UnreadableDataException error)
        {
            Report(Problem.From(error, member.Path));
        }

        foreach (Problem problem in stream.Verdicts)
        {
            Report(problem with { Place = $"{member.Path}: {problem.Place}" });
        }

        if (stream.Reached is string limit)
        {
            Stop(limit);
        }

        return !Stopped;
    }

    /// <summary>Reports that a limit ended the unfolding.</summary>
    public void Stop(string reached)
    {
        if (!Stopped)
        {
            Stopped = true;
            Report(new Problem(ProblemKind.LimitReached, "members", $"{reached}; {next:N0} members were handed over and the rest of the file is left out"));
        }
    }
}

/// <summary>
/// The content of one member: opened at the first read, counted as it is produced, and anything that a decoder of another maker throws
/// turned into the one exception that means damage.
/// </summary>
internal sealed class MemberStream(Func<Stream> open, EmbeddedLimits limits, long parentLength, long? stated, CancellationToken cancel) : ForwardStream
{
    private readonly List<Problem> verdicts = [];
    private Stream? inner;
    private long position;
    private bool ended;
    private Exception? failure;

    /// <summary>The limit that was reached, or null.</summary>
    public string? Reached { get; private set; }

    /// <summary>What checksums said, known at the end.</summary>
    public IReadOnlyList<Problem> Verdicts => verdicts;

    public override int Read(Span<byte> buffer)
    {
        cancel.ThrowIfCancellationRequested();
        if (failure is not null)
        {
            throw failure;
        }

        if (ended || buffer.IsEmpty)
        {
            return 0;
        }

        int got;
        try
        {
            inner ??= open();
            got = inner.Read(buffer);
        }
        catch (UnreadableDataException error)
        {
            failure = error;
            throw;
        }
        catch (MalformedDataException error)
        {
            failure = error;
            throw;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            failure = Damage.Of(error, position);
            throw failure;
        }

        if (got <= 0)
        {
            ended = true;
            if (inner is IJudging judging && judging.Verdict is Problem verdict)
            {
                verdicts.Add(verdict);
            }

            if (stated is long size && position < size)
            {
                failure = new MalformedDataException("content", position, $"{size} bytes", $"{position}");
                throw failure;
            }

            return 0;
        }

        position += got;
        Reached = limits.CountBytes(got, parentLength);
        if (Reached is not null)
        {
            failure = new UnreadableDataException(position, Math.Max(0, (stated ?? position) - position), Reached + "; the rest of this member is left out") { Kind = ProblemKind.LimitReached };
            throw failure;
        }

        return got;
    }

    public void PassOverRest()
    {
        byte[] buffer = new byte[64 << 10];
        while (failure is null && Read(buffer) > 0)
        {
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && inner is not null)
        {
            try
            {
                inner.Dispose();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Some decoders read on to the end of their data when they are closed, and throw on what they find there.
                failure ??= Damage.Of(error, position);
            }

            inner = null;
        }

        base.Dispose(disposing);
    }
}

/// <summary>A stream that can say at its end whether the content is what its checksum promised.</summary>
internal interface IJudging
{
    /// <summary>What does not hold, or null; known when the stream has been read to its end.</summary>
    Problem? Verdict { get; }
}

/// <summary>What decoders of other makers throw.</summary>
internal static class Damage
{
    public static Exception Of(Exception error, long position) => error switch
    {
        MalformedDataException or UnreadableDataException => error,
        { InnerException: UnreadableDataException inner } => inner,
        { InnerException: MalformedDataException inner } => inner,
        _ => new MalformedDataException("compressed data", position, "data that decode", $"{error.GetType().Name}: {error.Message}"),
    };
}

/// <summary>A range of a source as a stream with a position; blocks are read ahead, since decoders ask for single bytes.</summary>
internal sealed class ReadingStream : Stream, IJudging
{
    private const int Block = 64 << 10;

    private readonly IByteSource source;
    private readonly long start;
    private readonly long length;
    private readonly bool owned;
    private byte[]? block;
    private long blockStart;
    private int blockHeld;
    private long position;

    public ReadingStream(IByteSource source, long start, long length, bool owned = false)
    {
        this.source = source;
        this.start = start;
        this.length = Math.Max(0, length);
        this.owned = owned;
    }

    public ReadingStream(IByteSource source, bool owned = false) : this(source, 0, source.Length, owned)
    {
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => position;
        set => position = value >= 0 ? value : throw new IOException("a position before the start");
    }

    public Problem? Verdict => (source as ISelfChecking)?.Verdict;

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, length - position);
        if (wanted <= 0)
        {
            return 0;
        }

        int held = (int)Math.Clamp(blockStart + blockHeld - position, 0, Block);
        if (position < blockStart || held == 0)
        {
            if (wanted >= Block)
            {
                int direct = source.ReadAt(start + position, buffer[..wanted]);
                position += direct;
                return direct;
            }

            block ??= new byte[Math.Min(Block, length)];
            blockHeld = 0;
            blockHeld = source.ReadAt(start + position, block.AsSpan(0, (int)Math.Min(Block, length - position)));
            blockStart = position;
            held = blockHeld;
        }

        int count = Math.Min(wanted, held);
        block.AsSpan((int)(position - blockStart), count).CopyTo(buffer);
        position += count;
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => position + offset,
            _ => length + offset,
        };
        return position;
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && owned)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>The members of an archive that is read as a tree.</summary>
internal static class TreeMembers
{
    public static void Give(IFileTree tree, Expansion to, Func<string, EmbeddedKind> kindOf)
    {
        foreach (FileEntry entry in tree.Walk(to, to.Cancel))
        {
            if (entry.Path.Length == 0 && entry.Type == EntryType.Directory)
            {
                continue;
            }

            foreach (Problem problem in entry.Problems ?? [])
            {
                to.Report(problem with { Place = $"{entry.Path}: {problem.Place}" });
            }

            StreamInfo? stream = entry.Streams.Count > 0 ? entry.Streams[0] : null;
            EmbeddedMember member = new()
            {
                Ordinal = 0,
                Path = entry.Path,
                NameBytes = entry.NameBytes,
                Kind = kindOf(entry.Path),
                Type = entry.Type,
                StatedSize = stream?.Size,
                Times = entry.Times,
                Encrypted = stream is not null && stream.Flags.HasFlag(StreamFlags.Encrypted),
                Attributes = Attributes(entry),
            };
            bool hasContent = stream is not null && entry.Type is EntryType.File or EntryType.Unknown && (!member.Encrypted || to.Passwords.Count > 0 || stream.Size == 0);
            if (!to.Give(member, hasContent ? () => Opened(tree, stream!.Ref) : null))
            {
                return;
            }
        }
    }

    private static ReadingStream Opened(IFileTree tree, StreamRef stream) => new(tree.OpenStream(stream), owned: true);

    private static Dictionary<string, string>? Attributes(FileEntry entry)
    {
        Dictionary<string, string> all = entry.Attributes is null ? [] : new(entry.Attributes);
        if (entry.LinkTarget is string target)
        {
            all["link target"] = target;
        }

        if (entry.State == EntryState.Deleted)
        {
            all["state"] = "not in the archive's directory";
        }

        return all.Count == 0 ? null : all;
    }
}
