using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cairn.Core;

namespace Cairn.Engine;

/// <summary>
/// Reads the whole media once in order and hashes it, one thread per algorithm because each of the three is sequential by nature. Blocks
/// are read ahead and shared by reference count. The optional gate keeps the reading near the content pass, so that a decoded chunk of a
/// compressed container serves both.
/// </summary>
internal sealed class MediaSweep
{
    private const int BlockBytes = 4 << 20;
    private const int BlocksAhead = 6;

    private readonly IByteSource media;
    private readonly IReadOnlyList<HashAlgorithmName> algorithms;
    private readonly Action<long> read;
    private readonly SweepGate? gate;
    private readonly List<(ByteRange Range, string Reason)> unreadable = [];

    /// <param name="media">The media.</param>
    /// <param name="algorithms">MD5, SHA1, SHA256 as wanted.</param>
    /// <param name="read">Called with the bytes of each block read.</param>
    /// <param name="gate">Keeps the sweep near the content pass; null to run freely.</param>
    public MediaSweep(IByteSource media, IReadOnlyList<HashAlgorithmName> algorithms, Action<long> read, SweepGate? gate)
    {
        (this.media, this.algorithms, this.read, this.gate) = (media, algorithms, read, gate);
    }

    /// <summary>Ranges that could not be read and were hashed as zeros; complete when <see cref="RunAsync"/> has ended.</summary>
    public IReadOnlyList<(ByteRange Range, string Reason)> Unreadable => unreadable;

    /// <summary>The hashes, in the order the algorithms were given.</summary>
    public async Task<IReadOnlyList<(string Algorithm, byte[] Value)>> RunAsync(CancellationToken cancel)
    {
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using BlockingCollection<byte[]> free = new(BlocksAhead);
        for (int i = 0; i < BlocksAhead; i++)
        {
            free.Add(GC.AllocateUninitializedArray<byte>(BlockBytes), cancel);
        }

        BlockingCollection<Block>[] queues = [.. algorithms.Select(_ => new BlockingCollection<Block>(BlocksAhead))];
        try
        {
            Task[] hashers = new Task[algorithms.Count];
            byte[][] hashes = new byte[algorithms.Count][];
            for (int i = 0; i < algorithms.Count; i++)
            {
                int which = i;
                hashers[i] = StartThread(() => hashes[which] = HashBlocks(algorithms[which], queues[which], free, failed.Token), failed);
            }

            Task reader = StartThread(() => ReadBlocks(free, queues, failed.Token), failed);
            await Task.WhenAll([reader, .. hashers]).ConfigureAwait(false);
            return [.. algorithms.Select((a, i) => (a.Name!, hashes[i]))];
        }
        finally
        {
            foreach (BlockingCollection<Block> queue in queues)
            {
                queue.Dispose();
            }
        }
    }

    private static Task StartThread(Action work, CancellationTokenSource failed) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                work();
            }
            catch
            {
                failed.Cancel();
                throw;
            }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static byte[] HashBlocks(HashAlgorithmName algorithm, BlockingCollection<Block> queue, BlockingCollection<byte[]> free, CancellationToken cancel)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(algorithm);
        foreach (Block block in queue.GetConsumingEnumerable(cancel))
        {
            hash.AppendData(block.Bytes, 0, block.Count);
            if (block.Release())
            {
                free.Add(block.Bytes, cancel);
            }
        }

        return hash.GetHashAndReset();
    }

    private void ReadBlocks(BlockingCollection<byte[]> free, BlockingCollection<Block>[] queues, CancellationToken cancel)
    {
        try
        {
            for (long offset = 0; offset < media.Length;)
            {
                gate?.BeforeSweepReads(offset, cancel);
                byte[] bytes = free.Take(cancel);
                int wanted = (int)Math.Min(bytes.Length, media.Length - offset);
                int got = media.ReadAvailable(offset, bytes.AsSpan(0, wanted), (range, reason) => unreadable.Add((range, reason)));
                if (got < wanted)
                {
                    bytes.AsSpan(got, wanted - got).Clear();
                    unreadable.Add((new ByteRange(offset + got, wanted - got), "the media ends before the length its container states"));
                }

                Block block = new(bytes, wanted, queues.Length);
                foreach (BlockingCollection<Block> queue in queues)
                {
                    queue.Add(block, cancel);
                }

                offset += wanted;
                read(wanted);
                gate?.SweepHasRead(offset);
            }
        }
        finally
        {
            gate?.SweepHasRead(long.MaxValue);
            foreach (BlockingCollection<Block> queue in queues)
            {
                queue.CompleteAdding();
            }
        }
    }

    private sealed class Block(byte[] bytes, int count, int users)
    {
        private int left = users;

        public byte[] Bytes { get; } = bytes;

        public int Count { get; } = count;

        /// <summary>True for the last user.</summary>
        public bool Release() => Interlocked.Decrement(ref left) == 0;
    }
}

/// <summary>
/// Keeps two walks over the media close together: the sweep waits while it is more than a window ahead of the content pass, the content
/// pass waits until the sweep has read the place it is about to start at. Neither can wait for the other at the same time, because the
/// content pass announces its place before it waits.
/// </summary>
internal sealed class SweepGate(long window)
{
    private readonly object gate = new();
    private long sweep;
    private long content;

    /// <summary>Blocks while the sweep is too far ahead.</summary>
    public void BeforeSweepReads(long offset, CancellationToken cancel)
    {
        lock (gate)
        {
            while (offset > Saturated(content) && !cancel.IsCancellationRequested)
            {
                Monitor.Wait(gate, 100);
            }
        }

        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>The sweep has read everything below <paramref name="offset"/>.</summary>
    public void SweepHasRead(long offset)
    {
        lock (gate)
        {
            sweep = offset;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Announces the place the content pass wants next and blocks until the sweep has passed it.</summary>
    public void BeforeContentReads(long offset, CancellationToken cancel)
    {
        lock (gate)
        {
            if (offset > content)
            {
                content = offset;
                Monitor.PulseAll(gate);
            }

            while (sweep < offset && !cancel.IsCancellationRequested)
            {
                Monitor.Wait(gate, 100);
            }
        }

        cancel.ThrowIfCancellationRequested();
    }

    /// <summary>The content pass is over; the sweep may run on.</summary>
    public void ContentIsDone()
    {
        lock (gate)
        {
            content = long.MaxValue;
            Monitor.PulseAll(gate);
        }
    }

    private long Saturated(long place) => place > long.MaxValue - window ? long.MaxValue : place + window;
}
