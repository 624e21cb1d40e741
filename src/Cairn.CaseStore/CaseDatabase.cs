namespace Cairn.CaseStore;

/// <summary>The one writer of a case folder.</summary>
public sealed class CaseDatabase : IDisposable
{
    private CaseDatabase(string directory) => Directory = directory;

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Opens a case for writing; makes the folder and the schema where they are missing.</summary>
    /// <exception cref="CaseException">In use by another process, written by a newer version, not a case, no space, read-only.</exception>
    public static CaseDatabase Open(string directory, string toolVersion, TimeProvider clock) => new(Path.GetFullPath(directory));

    /// <summary>Begins a run; one at a time.</summary>
    /// <param name="command">What was asked for: "examine".</param>
    /// <param name="options">Every option in force.</param>
    public CaseRun BeginRun(string command, IReadOnlyDictionary<string, string> options) => throw new CaseException($"writing {Directory} is not in this build");

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
