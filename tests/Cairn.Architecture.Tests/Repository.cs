using System.Xml.Linq;
using Cairn.TestKit;

namespace Cairn.Architecture.Tests;

/// <summary>The repository as files.</summary>
internal static class Repository
{
    public static string Root => TestFiles.RepositoryRoot;

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Every project, by name.</summary>
    public static IReadOnlyDictionary<string, string> Projects { get; } = new[] { "src", "tests", "fuzz", "bench" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(TestFiles.RepositoryRoot, folder), "*.csproj", SearchOption.AllDirectories))
        .ToDictionary(path => Path.GetFileNameWithoutExtension(path), StringComparer.Ordinal);

    /// <summary>The projects that a project refers to.</summary>
    public static IReadOnlyList<string> References(string project) =>
        [.. XDocument.Load(Projects[project]).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/'))).Order(StringComparer.Ordinal)];

    /// <summary>C# files below a folder of the repository.</summary>
    public static IEnumerable<string> Sources(params string[] folder)
    {
        string path = PathOf(folder);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories) : [];
    }

    public static string Relative(string path) => Path.GetRelativePath(Root, path).Replace('\\', '/');
}
