using System.Globalization;
using System.Security.Cryptography;
using Cairn.Core;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Fat;

/// <summary>A line of the Sleuth Kit's <c>fls -r -p -m "" -h</c>.</summary>
internal sealed record FlsLine(string Md5, string Path, bool Deleted, string Address, bool Regular, long Size, long Accessed, long Modified, long Created);

/// <summary>What fls prints, and the comparison with a walk.</summary>
internal static class FlsListing
{
    public static List<FlsLine> Read(string fixture)
    {
        List<FlsLine> lines = [];
        foreach (string line in TestFiles.FixtureText(fixture).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split('|');
            string name = parts[1].TrimStart('/');
            bool deleted = name.EndsWith(" (deleted)", StringComparison.Ordinal);
            name = deleted ? name[..^" (deleted)".Length] : name;
            if (parts[3].StartsWith("v/v", StringComparison.OrdinalIgnoreCase) || parts[3].StartsWith("V/V", StringComparison.Ordinal)
                || name.EndsWith("(Volume Label Entry)", StringComparison.Ordinal))
            {
                continue;
            }

            long N(int i) => long.Parse(parts[i], CultureInfo.InvariantCulture);
            lines.Add(new FlsLine(parts[0], name, deleted, parts[2], parts[3][2] == 'r', N(6), N(7), N(8), N(10)));
        }

        return lines;
    }

    /// <summary>Asserts that a walk gives what fls gives, and nothing else but the root.</summary>
    public static void AssertSame(string fixture, IFileTree tree, List<FileEntry> entries)
    {
        List<FlsLine> lines = Read(fixture);
        Assert.NotEmpty(lines);
        Dictionary<string, FileEntry> byAddress = entries.Where(e => e.Path.Length > 0).ToDictionary(e => e.Streams[0].Address + " " + e.Path);
        Assert.Equal(lines.Select(l => l.Address + " " + l.Path).Order(StringComparer.Ordinal), byAddress.Keys.Order(StringComparer.Ordinal));
        foreach (FlsLine line in lines)
        {
            FileEntry entry = byAddress[line.Address + " " + line.Path];
            StreamInfo stream = entry.Streams[0];
            Assert.Equal(line.Deleted, entry.State != EntryState.Allocated);
            Assert.Equal(line.Path.StartsWith("$OrphanFiles/", StringComparison.Ordinal), entry.State == EntryState.Orphan);
            AssertTime(line.Modified, entry.Times.Modified);
            AssertTime(line.Accessed, entry.Times.Accessed);
            AssertTime(line.Created, entry.Times.Created);
            if (!line.Regular)
            {
                Assert.Equal(EntryType.Directory, entry.Type);
                continue;
            }

            Assert.Equal(EntryType.File, entry.Type);
            Assert.Equal(line.Size, stream.Size);
            if ((stream.Flags & (StreamFlags.NameOnly | StreamFlags.Incomplete)) == 0)
            {
                Assert.Equal(line.Md5, Md5(tree, stream.Ref));
            }
        }
    }

    public static string Md5(IFileTree tree, StreamRef stream)
    {
        using IByteSource source = tree.OpenStream(stream);
        byte[] bytes = new byte[source.Length];
        source.ReadExactly(0, bytes, "content");
        return Convert.ToHexStringLower(MD5.HashData(bytes));
    }

    private static void AssertTime(long seconds, EvidenceTime time)
    {
        // The Sleuth Kit adds the second that 100 to 199 hundredths make only from 101 on.
        long hundredths = time.Kind == TimeKind.ExFat ? (time.Raw >> 8) & 0xFF : time.Raw & 0xFF;
        Assert.Equal(seconds, (time.ToUnix()?.Seconds ?? 0) - (hundredths == 100 ? 1 : 0));
    }
}
