using Cairn.Core.Pictures;
using Cairn.TestKit;

namespace Cairn.Known.Tests;

public sealed class PdqHashesOfTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Every_hash_of_an_entry_is_given_once_and_of_no_other()
    {
        // As many hashes as need lists, 1 to 200 to an entry; every tenth line is there twice.
        SeededBytes random = new(7);
        Dictionary<int, HashSet<PdqHash>> expected = [];
        List<string> lines = ["id,pdq"];
        while (lines.Count < 40_000)
        {
            HashSet<PdqHash> of = expected[expected.Count] = [];
            for (int left = 1 + random.Next(200); left > 0; left--)
            {
                PdqHash hash = new(random.Next(), random.Next(), random.Next(), random.Next());
                of.Add(hash);
                lines.AddRange(Enumerable.Repeat($"entry{expected.Count - 1},{hash}", lines.Count % 10 == 0 ? 2 : 1));
            }
        }

        // What an entry shares with another belongs to both.
        PdqHash shared = expected[0].First();
        expected[expected.Count] = [shared];
        lines.Add($"last,{shared}");
        File.WriteAllLines(folder.File("set.csv"), lines);
        KnownLibrary library = KnownLibrary.Open(folder.File("sets"));
        library.Import(folder.File("set.csv"), new ImportOptions { Name = "set", Version = "1" }, null, TestContext.Current.CancellationToken);
        using KnownSet set = library.Load("set");
        IReadOnlyDictionary<int, IReadOnlyList<PdqHash>> all = set.PdqHashesOf([.. expected.Keys], 1_000);
        Assert.Equal(expected.Count, all.Count);
        foreach ((int entry, HashSet<PdqHash> of) in expected)
        {
            Assert.Equal(of.Count, all[entry].Count);
            Assert.True(of.SetEquals(all[entry]));
        }

        IReadOnlyDictionary<int, IReadOnlyList<PdqHash>> some = set.PdqHashesOf([3, expected.Count - 1, 3], 5);
        Assert.Equal([3, expected.Count - 1], some.Keys.Order());
        Assert.Equal(Math.Min(5, expected[3].Count), some[3].Count);
        Assert.All(some[3], hash => Assert.Contains(hash, expected[3]));
        Assert.Equal([shared], some[expected.Count - 1]);
        Assert.Empty(set.PdqHashesOf([], 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.PdqHashesOf([expected.Count], 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.PdqHashesOf([-1], 5));
    }
}
