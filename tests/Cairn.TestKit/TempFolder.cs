namespace Cairn.TestKit;

/// <summary>A new, empty folder that is deleted with everything in it on disposal.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Creates it.</summary>
    public TempFolder() => Path = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Full path of <paramref name="name"/> in it; nothing is created.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file in it and returns its full path.</summary>
    public string Write(string name, ReadOnlySpan<byte> bytes)
    {
        string path = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A file still open on Windows: the operating system's temporary folder is cleaned by others.
        }
        catch (UnauthorizedAccessException)
        {
            // A read-only file of a test: as above.
        }
    }
}
