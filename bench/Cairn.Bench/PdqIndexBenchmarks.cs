using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using Cairn.Core.Pictures;
using Cairn.Known.Perceptual;

namespace Cairn.Bench;

/// <summary>
/// pdq-index: an index of COUNT made-up hashes, one tenth of them in clusters; import, single queries at several distances, a batch, and brute
/// force with the population count of the processor beside it. One thread throughout.
/// </summary>
internal static class PdqIndexBenchmarks
{
    private const int Queries = 1_000;
    private const int Batch = 100_000;

    public static int Run(string directory, int count)
    {
        string folder = Path.Combine(directory, "pdq-bench");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        PdqHash[] hashes = [.. Make(1, count)];
        double own = (double)count * PdqHash.ByteLength;
        Stopwatch clock = Stopwatch.StartNew();
        using (PdqIndex made = PdqIndex.Open(folder))
        {
            made.Append(hashes.Select((hash, i) => new PdqEntry(hash, (uint)i)));
            Console.WriteLine($"import of {count:N0} hashes: {clock.Elapsed.TotalSeconds:F1} s; files {Directory.EnumerateFiles(folder).Sum(f => new FileInfo(f).Length) / own:F2} times the hashes' own size");
        }

        clock.Restart();
        using PdqIndex index = PdqIndex.Open(folder);
        Console.WriteLine($"open: {clock.Elapsed.TotalMilliseconds:F1} ms, {index.Segments} segments");
        PdqHash[] queries = [.. Make(2, Batch).Select((hash, i) => i % 2 == 0 ? hash : DrawnHashes.Flip(hashes[(int)(i * 7919L % count)], (ulong)i, 20))];
        long before = Resident();
        List<PdqMatch> found = [];
        foreach (int distance in (int[])[31, 31, 0, 15, 47, 63])
        {
            int rounds = distance > 40 ? 100 : Queries;
            long hits = 0;
            double[] times = new double[rounds];
            for (int i = 0; i < rounds; i++)
            {
                found.Clear();
                long start = Stopwatch.GetTimestamp();
                index.Search(queries.AsSpan(i, 1), distance, found);
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                hits += found.Count;
            }

            Array.Sort(times);
            Console.WriteLine($"one query at distance {distance}: median {times[rounds / 2]:F3} ms, 99 of 100 within {times[rounds * 99 / 100]:F3} ms ({hits:N0} hits); {(Resident() - before) / own:F2} times the hashes' own size in memory");
        }

        List<PdqBatchMatch> batch = [];
        clock.Restart();
        index.SearchMany(queries, 1, 31, batch);
        double together = clock.Elapsed.TotalSeconds;
        Console.WriteLine($"batch of {Batch:N0} at distance 31: {together:F2} s, {together / Batch * 1e6:F1} us each ({batch.Count:N0} hits)");
        Console.WriteLine($"memory of the files that are mapped: {(Resident() - before) / own:F2} times the hashes' own size");

        // Brute force as it should be done: a block of records that stays in the cache, against a block of queries.
        int some = (int)Math.Clamp(20_000_000_000 / count, 8, Batch);
        long near = BruteForce(hashes, queries.AsSpan(0, some), 31, clock);
        double brute = clock.Elapsed.TotalSeconds / some * Batch;
        Console.WriteLine($"brute force, {some:N0} queries ({near:N0} near): {brute:F0} s for {Batch:N0}; the batch takes 1/{brute / together:F0}");
        index.Dispose();
        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static long BruteForce(ReadOnlySpan<PdqHash> hashes, ReadOnlySpan<PdqHash> queries, int distance, Stopwatch clock)
    {
        const int Block = 4 * 512;
        long near = 0;
        ulong[] words = [.. MemoryMarshal.Cast<PdqHash, ulong>(hashes)];
        clock.Restart();
        for (int at = 0; at < words.Length; at += Block)
        {
            ReadOnlySpan<ulong> block = words.AsSpan(at, Math.Min(words.Length - at, Block));
            foreach (ref readonly PdqHash query in queries)
            {
                ulong a = query.Word0, b = query.Word1, c = query.Word2, d = query.Word3;
                for (int i = 0; i + 3 < block.Length; i += 4)
                {
                    int bits = BitOperations.PopCount(block[i] ^ a) + BitOperations.PopCount(block[i + 1] ^ b)
                        + BitOperations.PopCount(block[i + 2] ^ c) + BitOperations.PopCount(block[i + 3] ^ d);
                    near += bits <= distance ? 1 : 0;
                }
            }
        }

        return near;
    }

    private static IEnumerable<PdqHash> Make(ulong seed, int count)
    {
        ulong state = seed * 0x9E3779B97F4A7C15;
        PdqHash centre = default;
        for (int i = 0; i < count; i++)
        {
            PdqHash hash = new(DrawnHashes.Next(ref state), DrawnHashes.Next(ref state), DrawnHashes.Next(ref state), DrawnHashes.Next(ref state));
            if (i % 100 == 0)
            {
                centre = hash;
            }

            yield return i % 100 is > 0 and <= 10 ? DrawnHashes.Flip(centre, hash.Word0, 1 + (i % 30)) : hash;
        }
    }

    private static long Resident()
    {
        using Process own = Process.GetCurrentProcess();
        return own.WorkingSet64;
    }
}
