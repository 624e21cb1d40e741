using System.Security.Cryptography;
using Cairn.Core;
using Cairn.Storage.Containers.Ewf;
using Cairn.TestKit;

namespace Cairn.Storage.Tests.Containers;

/// <summary>Opening fixtures and reading media whole.</summary>
internal static class ContainerReading
{
    public static (string Md5, List<(ByteRange Range, string Reason)> Unreadable) Hash(IByteSource media, int block = 100_000)
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var unreadable = new List<(ByteRange, string)>();
        byte[] buffer = new byte[block];
        for (long offset = 0; offset < media.Length;)
        {
            int got = media.ReadAvailable(offset, buffer, (range, reason) => unreadable.Add((range, reason)));
            Assert.True(got > 0);
            md5.AppendData(buffer, 0, got);
            offset += got;
        }

        return (Convert.ToHexStringLower(md5.GetHashAndReset()), unreadable);
    }

    public static byte[] All(IByteSource media)
    {
        byte[] bytes = new byte[media.Length];
        Assert.Equal(bytes.Length, media.ReadAt(0, bytes));
        return bytes;
    }

    public static IEvidenceContainer OpenEwf(string path, ProblemList problems) => new EwfFormat().Open(path, problems);

    /// <summary>The lines "key: value" of an ewfinfo text.</summary>
    public static Dictionary<string, string> Expected(string fixture)
    {
        var fields = new Dictionary<string, string>();
        foreach (string line in TestFiles.FixtureText(fixture).Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
            }
        }

        return fields;
    }

    /// <summary>Writes every segment of a fixture set into a folder and returns the first.</summary>
    public static string Unpack(string stem, TempFolder folder)
    {
        string? first = null;
        foreach (string file in Directory.EnumerateFiles(TestFiles.FixturePath("ewf"), stem + ".*.gz").Order(StringComparer.Ordinal))
        {
            string path = TestFiles.FixtureFile("ewf/" + Path.GetFileName(file), folder);
            first ??= path;
        }

        return first ?? throw new FileNotFoundException(stem);
    }
}
