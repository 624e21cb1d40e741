using System.IO.Compression;
using Xunit;

namespace Cairn.TestKit;

/// <summary>Where tests find their files: the fixtures of this repository, and the public corpus beside it where it is present.</summary>
public static class TestFiles
{
    /// <summary>The folder that holds Cairn.slnx.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>Full path of a file or folder in fixtures/, which must exist.</summary>
    public static string FixturePath(string relative)
    {
        string path = Path.Combine(RepositoryRoot, "fixtures", relative);
        Assert.True(Path.Exists(path), $"fixture {relative} is missing; tools/ holds its maker");
        return path;
    }

    /// <summary>The bytes of a fixture; a name that ends in .gz is decompressed.</summary>
    public static byte[] Fixture(string relative)
    {
        string path = FixturePath(relative);
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            return File.ReadAllBytes(path);
        }

        using FileStream file = File.OpenRead(path);
        using var gzip = new GZipStream(file, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>The text of a fixture.</summary>
    public static string FixtureText(string relative) => System.Text.Encoding.UTF8.GetString(Fixture(relative));

    /// <summary>
    /// A fixture as a file that a container or a command can open: the fixture itself, or for a name that ends in .gz its decompressed
    /// copy in <paramref name="folder"/>, named without .gz.
    /// </summary>
    public static string FixtureFile(string relative, TempFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        string path = FixturePath(relative);
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            return path;
        }

        string copy = folder.File(Path.GetFileNameWithoutExtension(path));
        File.WriteAllBytes(copy, Fixture(relative));
        return copy;
    }

    /// <summary>Full path of a file or folder of the public corpus (shared/corpus beside the repository); skips the test where it is absent.</summary>
    public static string Corpus(string relative)
    {
        string path = Path.Combine(RepositoryRoot, "..", "shared", "corpus", relative);
        if (!Path.Exists(path))
        {
            Assert.Skip($"the public corpus is not here: {relative}");
        }

        return Path.GetFullPath(path);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Cairn.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("no folder above the tests holds Cairn.slnx");
    }
}
