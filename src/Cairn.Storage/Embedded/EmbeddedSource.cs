using System.Collections.Concurrent;
using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded;

/// <summary>
/// A member that is too large to be held, read through the file it lies in. Decoding only goes forward, on a thread of its own: reading in order costs
/// one pass, a step back of more than a block begins the next one. A few blocks are in memory, nothing is written anywhere.
/// </summary>
public sealed class EmbeddedSource : IByteSource
{
    /// <summary>Times that the parent is unfolded before reading is refused: a hostile file makes its reader jump back and forth.</summary>
    public const int MostPasses = 32;

    private const int BlockBytes = 1 << 20;
    private const int BlocksAhead = 3;

    private readonly IByteSource parent;
    private readonly string mime;
    private readonly int ordinal;
    private readonly Func<EmbeddedLimits> limits;
    private readonly bool owned;
    private readonly Lock gate = new();
    private Pass? pass;
    private bool disposed;

    /// <param name="parent">The file it lies in.</param>
    /// <param name="mime">Its type.</param>
    /// <param name="ordinal">The member.</param>
    /// <param name="length">Bytes that can be read of it, as was found when it was read before.</param>
    /// <param name="limits">Makes the limits of one pass.</param>
    /// <param name="owned">Whether the parent is disposed of with it.</param>
    public EmbeddedSource(IByteSource parent, string mime, int ordinal, long length, Func<EmbeddedLimits> limits, bool owned = false)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(mime);
        ArgumentOutOfRangeException.ThrowIfNegative(ordinal);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentNullException.ThrowIfNull(limits);
        (this.parent, this.mime, this.ordinal, this.limits, this.owned, Length) = (parent, mime, ordinal, limits, owned, length);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public int SectorSize => 512;

    /// <summary>Passes begun so far.</summary>
    public int Passes { get; private set; }

    /// <inheritdoc/>
    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (offset >= Length || buffer.IsEmpty)
            {
                return 0;
            }

            buffer = buffer[..(int)Math.Min(buffer.Length, Length - offset)];
            int done = 0;
            while (done < buffer.Length)
            {
                long at = offset + done;
                if (pass is null || at < pass.Start)
                {
                    Restart();
                }

                int got = pass!.Copy(at, buffer[done..]);
                if (got == 0)
                {
                    // What came before the end or the failure is given first; the next read says what is wrong.
                    return done > 0 || pass.Failure is null ? done : throw pass.Failure;
                }

                done += got;
            }

            return done;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            pass?.Dispose();
            pass = null;
            if (owned)
            {
                parent.Dispose();
            }
        }
    }

    private void Restart()
    {
        pass?.Dispose();
        pass = null;
        if (Passes == MostPasses)
        {
            throw new UnreadableDataException(0, Length, $"it was unfolded {MostPasses} times, because its reader steps back again and again; no more of it is given") { Kind = ProblemKind.LimitReached };
        }

        Passes++;
        pass = new Pass(parent, mime, ordinal, Length, limits());
    }

    /// <summary>One unfolding of the parent, up to the end of the member. The last two blocks are kept, for readers that look at a header and then read from it.</summary>
    private sealed class Pass : IDisposable
    {
        private readonly BlockingCollection<Block> full = new(BlocksAhead);
        private readonly ConcurrentBag<byte[]> free = [];
        private readonly CancellationTokenSource stop = new();
        private readonly Task unfolding;
        private Block before;
        private Block current;
        private bool ended;

        public Pass(IByteSource parent, string mime, int ordinal, long length, EmbeddedLimits limits)
        {
            before = current = new Block(0, [], 0);
            unfolding = Task.Factory.StartNew(() => Unfold(parent, mime, ordinal, length, limits), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }

        /// <summary>The first byte that can be had without another pass.</summary>
        public long Start => before.Start;

        /// <summary>Why nothing more comes, known at the end; null where the member ended.</summary>
        public Exception? Failure { get; private set; }

        /// <summary>Copies bytes from <paramref name="at"/>, which is not before <see cref="Start"/>; 0 at the end.</summary>
        public int Copy(long at, Span<byte> target)
        {
            while (at >= current.End)
            {
                if (ended || !full.TryTake(out Block next, Timeout.Infinite))
                {
                    ended = true;
                    return 0;
                }

                if (before.Bytes.Length > 0)
                {
                    free.Add(before.Bytes);
                }

                (before, current) = (current.Count > 0 ? current : next with { Bytes = [], Count = 0 }, next);
            }

            Block block = at >= current.Start ? current : before;
            int from = (int)(at - block.Start), count = Math.Min(target.Length, block.Count - from);
            block.Bytes.AsSpan(from, count).CopyTo(target);
            return count;
        }

        public void Dispose()
        {
            stop.Cancel();
            Blocking.Wait(unfolding);
            stop.Dispose();
            full.Dispose();
        }

        private void Unfold(IByteSource parent, string mime, int ordinal, long length, EmbeddedLimits limits)
        {
            try
            {
                EmbeddedOpener.Read(parent, mime, ordinal, limits, (_, content) => Give(content, length), cancel: stop.Token);
            }
            catch (OperationCanceledException)
            {
                // Nobody reads on.
            }
            catch (Exception error)
            {
                // Of a parser, or a fault of this program: both belong to whoever reads.
                Failure = error;
            }
            finally
            {
                full.CompleteAdding();
            }
        }

        private void Give(Stream content, long length)
        {
            for (long at = 0; at < length;)
            {
                byte[] bytes = free.TryTake(out byte[]? used) ? used : GC.AllocateUninitializedArray<byte>(BlockBytes);
                int count = 0, wanted = (int)Math.Min(bytes.Length, length - at);
                try
                {
                    int got;
                    while (count < wanted && (got = content.Read(bytes, count, wanted - count)) > 0)
                    {
                        count += got;
                    }
                }
                finally
                {
                    if (count > 0)
                    {
                        full.Add(new Block(at, bytes, count), stop.Token);
                    }
                }

                if (count < wanted)
                {
                    return;
                }

                at += count;
            }
        }

        private readonly record struct Block(long Start, byte[] Bytes, int Count)
        {
            public long End => Start + Count;
        }
    }
}
