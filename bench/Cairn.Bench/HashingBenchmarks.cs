using System.Diagnostics;
using System.Security.Cryptography;
using Cairn.Core;
using Cairn.Core.Hashing;

namespace Cairn.Bench;

/// <summary>
/// What the processor can hash at most: the same bytes in memory on every core, no reading. Best of several rounds, because other work on
/// the machine only ever slows a round down.
/// </summary>
internal static class HashingBenchmarks
{
    private const int ContentBytes = 1 << 20;

    /// <summary>Prints GB/s (10^9 bytes of content) of each way. Arguments: threads (0 or absent: one per core), seconds of a round.</summary>
    public static int Run(string[] args)
    {
        int threads = args.Length > 0 ? int.Parse(args[0]) : 0;
        double seconds = args.Length > 1 ? double.Parse(args[1]) : 1;
        threads = threads > 0 ? threads : Environment.ProcessorCount;
        byte[] data = new byte[16 << 20];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = (byte)((i * 2654435761L) >> 13);
        }

        Console.WriteLine($"{threads} thread(s); GB/s in all and for each thread");
        Report("MD5      .NET", threads, seconds, () => bytes => MD5.HashData(bytes), data);
        Report("SHA-1    .NET", threads, seconds, () => bytes => SHA1.HashData(bytes), data);
        Report("SHA-256  .NET", threads, seconds, () => bytes => SHA256.HashData(bytes), data);
        Report("all three .NET", threads, seconds, () => bytes => (MD5.HashData(bytes), SHA1.HashData(bytes), SHA256.HashData(bytes)), data);
        foreach (HashingPath path in (HashingPath[])[HashingPath.Scalar, HashingPath.Avx2, HashingPath.Avx512])
        {
            foreach (int size in (int[])[ContentBytes, 64 << 10, 4 << 10, 512])
            {
                try
                {
                    ReportLanes($"all three lanes {path} {size / 1024.0:0.#} KiB each", threads, seconds, path, size, data);
                }
                catch (PlatformNotSupportedException error)
                {
                    Console.WriteLine($"{path}: {error.Message}");
                    break;
                }
            }
        }

        return 0;
    }

    private static void Report(string name, int threads, double seconds, Func<Func<byte[], object>> make, byte[] data)
    {
        Measure(name, threads, seconds, () =>
        {
            Func<byte[], object> hash = make();
            return () =>
            {
                GC.KeepAlive(hash(data));
                return data.Length;
            };
        });
    }

    private static void ReportLanes(string name, int threads, double seconds, HashingPath path, int size, byte[] data)
    {
        new MultiHasher(path).Dispose();
        Measure(name, threads, seconds, () =>
        {
            MultiHasher hasher = new(path);
            return () =>
            {
                int start = 0;
                hasher.Run(() =>
                {
                    int from = start;
                    start += size;
                    return from < data.Length ? new MemoryContent(data, from, Math.Min(size, data.Length - from)) : null;
                });
                return data.Length;
            };
        });
    }

    private static void Measure(string name, int threads, double seconds, Func<Func<long>> make)
    {
        double best = 0;
        for (int round = 0; round < 4; round++)
        {
            long[] done = new long[threads];
            Thread[] workers = new Thread[threads];
            Stopwatch clock = Stopwatch.StartNew();
            for (int i = 0; i < threads; i++)
            {
                int own = i;
                workers[i] = new Thread(() =>
                {
                    Func<long> step = make();
                    while (clock.Elapsed.TotalSeconds < seconds)
                    {
                        done[own] += step();
                    }
                });
                workers[i].Start();
            }

            foreach (Thread worker in workers)
            {
                worker.Join();
            }

            best = Math.Max(best, done.Sum() / clock.Elapsed.TotalSeconds / 1e9);
        }

        Console.WriteLine($"{name,-40} {best,7:F2} {best / threads,7:F2}");
    }

    private sealed class MemoryContent(byte[] data, int start, int length) : ILaneContent
    {
        private int done;

        public long Length => length;

        public int Read(Span<byte> buffer)
        {
            int count = Math.Min(buffer.Length, length - done);
            data.AsSpan(start + done, count).CopyTo(buffer);
            done += count;
            return count;
        }

        public void Complete(ContentHashes hashes)
        {
        }

        public void Failed(Exception error) => throw error;
    }
}
