using System.Numerics;
using Cairn.Core.Pictures;
using Cairn.Known.Perceptual;
using Cairn.TestKit;

namespace Cairn.Known.Tests.Perceptual;

public sealed class PdqIndexTests : IDisposable
{
    private readonly TempFolder folder = new();

    private string Index => folder.File("index");

    public void Dispose() => folder.Dispose();

    /// <summary>Every vector width, every kind of data and every distance against hashes compared bit by bit.</summary>
    [Theory]
    [InlineData(Data.Random)]
    [InlineData(Data.Clustered)]
    [InlineData(Data.Alike)]
    [InlineData(Data.SameHalf)]
    public void Everything_within_the_distance_is_found_and_nothing_else(Data data)
    {
        PdqHash[] hashes = Make(data, 17_000, 1);
        using PdqIndex index = PdqIndex.Open(Index);
        index.Append(hashes.Select((hash, i) => new PdqEntry(hash, (uint)i)), Cancel);
        PdqHash[] queries = [.. Make(data, 3, 2), .. hashes.Where((_, i) => i % 3_000 == 7).Select((h, i) => Flipped(h, i * 6, (ulong)i))];
        foreach (int distance in (int[])[0, 1, 7, 8, 15, 31, 47, 55, 56, 63])
        {
            PdqMatch[][] expected = [.. queries.Select(q => BruteForce(hashes, q, distance))];
            foreach (VectorUse use in Enum.GetValues<VectorUse>().Where(VectorUses.IsSupported))
            {
                index.Use = use;
                for (int i = 0; i < queries.Length; i++)
                {
                    List<PdqMatch> found = [];
                    index.Search([queries[i]], distance, found);
                    Assert.Equal(expected[i], found);
                }
            }
        }

        Assert.Contains(queries, q => BruteForce(hashes, q, 31).Length > 0);
    }

    [Theory]
    [InlineData(Data.Random, 31)]
    [InlineData(Data.Clustered, 0)]
    [InlineData(Data.Clustered, 15)]
    [InlineData(Data.Clustered, 31)]
    [InlineData(Data.Clustered, 47)]
    [InlineData(Data.SameHalf, 31)]
    public void Many_queries_at_once_find_what_each_finds_alone(Data data, int distance)
    {
        PdqHash[] hashes = Make(data, 20_000, 3);
        using PdqIndex index = PdqIndex.Open(Index);
        index.Append(hashes.Take(17_000).Select((hash, i) => new PdqEntry(hash, (uint)i)), Cancel);

        // A second, short segment, without lists.
        index.Append(hashes.Skip(17_000).Select((hash, i) => new PdqEntry(hash, (uint)i + 17_000)), Cancel);
        index.Withdraw([5, 17_001], Cancel);
        PdqHash[] queries = [.. Enumerable.Range(0, 2_400).Select(i => Flipped(hashes[i * 7], i % 60, (ulong)i))];

        // Half a million buckets and their neighbours are a second or more of a debug build.
        foreach (VectorUse use in Enum.GetValues<VectorUse>().Where(u => distance == 15 ? VectorUses.IsSupported(u) : u == VectorUses.Best))
        {
            index.Use = use;
            List<PdqBatchMatch> together = [], apart = [];
            index.SearchMany(queries, 2, distance, together, Cancel);
            for (int i = 0; i < queries.Length / 2; i++)
            {
                List<PdqMatch> found = [];
                index.Search(queries.AsSpan(2 * i, 2), distance, found);
                apart.AddRange(found.Select(m => new PdqBatchMatch(i, m)));
            }

            Assert.Equal(apart, together);
        }
    }

    [Fact]
    public void Each_entry_is_given_once_at_its_nearest_hash_and_first_nearest_orientation()
    {
        PdqHash[] hashes = Make(Data.Random, 3, 4);
        using PdqIndex index = PdqIndex.Open(Index);
        index.Append([new(Flipped(hashes[0], 9, 1), 7), new(Flipped(hashes[1], 4, 2), 7), new(hashes[2], 3)], Cancel);
        List<PdqMatch> found = [];
        index.Search([hashes[0], hashes[1], hashes[2], hashes[1], hashes[2]], 31, found);
        Assert.Equal([new(3, 0, 2), new(7, 4, 1)], found);
    }

    [Fact]
    public void Additions_withdrawals_and_merges_keep_the_answers_and_the_number_of_files_small()
    {
        PdqHash[] hashes = Make(Data.Clustered, 30_000, 5);
        Dictionary<uint, PdqHash> there = [];
        SeededBytes random = new(6);
        using PdqIndex index = PdqIndex.Open(Index);
        using PdqIndex other = PdqIndex.Open(Index);
        for (int round = 0, next = 0; round < 40; round++)
        {
            PdqEntry[] added = [.. Enumerable.Range(next, 1 + random.Next(1_400)).TakeWhile(i => i < hashes.Length).Select(i => new PdqEntry(hashes[i], (uint)i))];
            next += added.Length;
            index.Append(added, Cancel);
            foreach (PdqEntry entry in added)
            {
                there[entry.Id] = entry.Hash;
            }

            uint[] gone = [.. there.Keys.Where(_ => random.Next(10) == 0)];
            Assert.Equal(gone.Length, index.Withdraw(gone, Cancel));
            Assert.All(gone, id => Assert.True(there.Remove(id)));
            if (round % 10 == 9)
            {
                index.Merge(Cancel);
            }

            Assert.Equal(there.Count, index.Count);
            Assert.InRange(index.Segments, 1, 16);
            PdqHash query = Flipped(hashes[random.Next(next)], 10, (ulong)round);
            PdqMatch[] expected = [.. there.OrderBy(t => t.Key).Select(t => new PdqMatch(t.Key, Distance(t.Value, query), 0)).Where(m => m.Distance <= 31)];
            other.Refresh();
            foreach (PdqIndex one in (PdqIndex[])[index, other])
            {
                List<PdqMatch> found = [];
                one.Search([query], 31, found);
                Assert.Equal(expected, found);
            }
        }

        Assert.Empty(index.Verify(Cancel));

        // The files of the manifest, it and the lock are all there is.
        Assert.InRange(Directory.EnumerateFiles(Index).Count(), index.Segments + 2, (2 * index.Segments) + 2);
    }

    [Fact]
    public void Searches_go_on_while_the_index_changes()
    {
        PdqHash[] hashes = Make(Data.Random, 20_000, 7);
        using PdqIndex index = PdqIndex.Open(Index);
        index.Append([new PdqEntry(hashes[0], 0)], Cancel);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        int searches = 0;
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            List<PdqMatch> found = [];
            while (!stop.IsCancellationRequested)
            {
                found.Clear();
                index.Search([hashes[0]], 31, found);
                if (!found.SequenceEqual([new PdqMatch(0, 0, 0)]))
                {
                    searches = int.MinValue;
                    return;
                }

                Interlocked.Increment(ref searches);
            }
        }))];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        for (int round = 1; round < 60; round++)
        {
            index.Append(hashes.Skip(round * 300).Take(300).Select((h, i) => new PdqEntry(h, (uint)((round * 300) + i))), Cancel);
        }

        stop.Cancel();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        Assert.True(searches > 0);
    }

    /// <summary>Whatever a killed change left behind: a segment that is not finished, a manifest beside the manifest.</summary>
    [Fact]
    public void What_a_killed_change_left_is_ignored_and_removed_by_the_next()
    {
        PdqHash[] hashes = Make(Data.Random, 3, 8);
        using (PdqIndex index = PdqIndex.Open(Index))
        {
            index.Append([new PdqEntry(hashes[0], 0)], Cancel);
        }

        File.WriteAllBytes(Path.Combine(Index, "000000000002-0000.pdq"), [1, 2, 3]);
        File.WriteAllBytes(Path.Combine(Index, "000000000002-0000.gone"), []);
        File.WriteAllText(Path.Combine(Index, "manifest.new"), "{");
        using (PdqIndex index = PdqIndex.Open(Index))
        {
            Assert.Equal(1, index.Count);
            index.Append([new PdqEntry(hashes[1], 1)], Cancel);
            Assert.Equal(2, index.Count);
        }

        Assert.Equal(3, Directory.EnumerateFiles(Index).Count());
    }

    [Fact]
    public void A_failed_or_cancelled_addition_changes_nothing()
    {
        using PdqIndex index = PdqIndex.Open(Index);
        index.Append([new PdqEntry(default, 0)], Cancel);
        byte[] before = File.ReadAllBytes(Path.Combine(Index, "manifest"));
        Assert.Throws<InvalidOperationException>(() => index.Append(Enumerable.Range(0, 10).Select(i => i < 9 ? new PdqEntry(default, 1) : throw new InvalidOperationException()), Cancel));
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => index.Append([new PdqEntry(default, 1)], cancelled.Token));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(Index, "manifest")));
        Assert.Equal(1, index.Count);
    }

    [Fact]
    public void Two_do_not_change_an_index_at_once()
    {
        using PdqIndex index = PdqIndex.Open(Index), other = PdqIndex.Open(Index);
        IEnumerable<PdqEntry> Slow()
        {
            yield return new PdqEntry(default, 1);
            Assert.Contains("another process", Assert.Throws<KnownSetException>(() => other.Append([new PdqEntry(default, 2)], Cancel)).Message, StringComparison.Ordinal);
        }

        index.Append(Slow(), Cancel);
        other.Append([new PdqEntry(default, 2)], Cancel);
        Assert.Equal(2, other.Count);
    }

    [Fact]
    public void Damage_is_an_error_of_the_set_or_found_by_verifying_and_nothing_else()
    {
        PdqHash[] hashes = Make(Data.Clustered, 20_000, 9);
        using (PdqIndex index = PdqIndex.Open(Index))
        {
            index.Append(hashes.Select((h, i) => new PdqEntry(h, (uint)i)), Cancel);
            index.Withdraw([1, 2, 3], Cancel);
        }

        SeededBytes random = new(10);
        foreach (string path in Directory.EnumerateFiles(Index).Where(f => Path.GetFileName(f) != "lock").ToArray())
        {
            byte[] good = File.ReadAllBytes(path);
            for (int round = 0; round < 40; round++)
            {
                byte[] bad = [.. good];
                int at = random.Next(round % 2 == 0 ? Math.Min(bad.Length, 200) : bad.Length);
                bad[at] ^= (byte)(1 + random.Next(255));
                if (round % 20 == 19)
                {
                    bad = bad[..random.Next(bad.Length)];
                }

                File.WriteAllBytes(path, bad);
                try
                {
                    using PdqIndex index = PdqIndex.Open(Index);
                    Assert.True(index.Verify(Cancel).Count == 1 || at is >= 0x60 and < PdqSegmentLayout.HeaderBytes, $"byte {at} of {path}");
                    List<PdqMatch> found = [];
                    index.Search([hashes[5]], 47, found);
                    if (round == 1)
                    {
                        index.SearchMany(hashes.AsSpan(0, 2_000), 1, 7, [], Cancel);
                    }
                }
                catch (KnownSetException error)
                {
                    Assert.DoesNotContain('\n', error.Message);
                }
            }

            File.WriteAllBytes(path, good);
        }
    }

    [Fact]
    public void A_missing_segment_is_named()
    {
        using (PdqIndex index = PdqIndex.Open(Index))
        {
            index.Append([new PdqEntry(default, 1)], Cancel);
        }

        File.Delete(Directory.EnumerateFiles(Index, "*.pdq").Single());
        Assert.Contains("is missing", Assert.Throws<KnownSetException>(() => PdqIndex.Open(Index)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64, 1)]
    [InlineData(-1, 1)]
    [InlineData(31, 0)]
    [InlineData(31, 9)]
    public void Distances_and_orientations_out_of_range_are_refused(int distance, int orientations)
    {
        using PdqIndex index = PdqIndex.Open(Index);
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(new PdqHash[orientations], distance, []));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public enum Data
    {
        /// <summary>Every bit by chance.</summary>
        Random,

        /// <summary>Groups of near ones.</summary>
        Clustered,

        /// <summary>All within a few bits of two centres: nearly all match.</summary>
        Alike,

        /// <summary>Half of the slots the same everywhere, the other half by chance: all agree in a slot, hardly any match.</summary>
        SameHalf,
    }

    private static PdqHash[] Make(Data data, int count, ulong seed)
    {
        SeededBytes random = new(seed + 1000);
        byte[] bytes = new byte[32];
        PdqHash[] hashes = new PdqHash[count];
        for (int i = 0; i < count; i++)
        {
            random.Fill(bytes);
            PdqHash own = PdqHash.FromBytes(bytes);
            hashes[i] = data switch
            {
                Data.Random => own,
                Data.Clustered => i % 50 == 0 ? own : Flipped(hashes[i / 50 * 50], i % 50, own.Word0),
                Data.Alike => Flipped(new PdqHash(0x0123456789ABCDEF * (ulong)(1 + (i & 1)), 2, 3, 4), i % 40, own.Word0),
                _ => new PdqHash(own.Word0, 0xFFFF, own.Word2, 0xFFFF_0000),
            };
        }

        return hashes;
    }

    /// <summary>Changes at most so many bits.</summary>
    private static PdqHash Flipped(PdqHash hash, int bits, ulong seed)
    {
        SeededBytes random = new(seed);
        byte[] bytes = hash.ToBytes();
        for (int i = 0; i < bits; i++)
        {
            int bit = random.Next(256);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        return PdqHash.FromBytes(bytes);
    }

    /// <summary>Of the text, digit by digit: nothing is shared with what is tested.</summary>
    private static int Distance(PdqHash a, PdqHash b)
    {
        BigInteger x = new(a.ToBytes(), isUnsigned: true), y = new(b.ToBytes(), isUnsigned: true);
        int distance = 0;
        for (BigInteger both = x ^ y; !both.IsZero; both &= both - 1)
        {
            distance++;
        }

        return distance;
    }

    private static PdqMatch[] BruteForce(PdqHash[] hashes, PdqHash query, int distance)
    {
        ulong[] words = [query.Word0, query.Word1, query.Word2, query.Word3];
        List<PdqMatch> found = [];
        for (int i = 0; i < hashes.Length; i++)
        {
            int there = BitOperations.PopCount(hashes[i].Word0 ^ words[0]) + BitOperations.PopCount(hashes[i].Word1 ^ words[1])
                + BitOperations.PopCount(hashes[i].Word2 ^ words[2]) + BitOperations.PopCount(hashes[i].Word3 ^ words[3]);
            if (there <= distance)
            {
                found.Add(new PdqMatch((uint)i, there, 0));
            }
        }

        return [.. found];
    }
}
