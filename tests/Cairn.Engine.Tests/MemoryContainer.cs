using Cairn.Core;

namespace Cairn.Engine.Tests;

/// <summary>Media of a test in place of a container file.</summary>
internal sealed class MemoryContainer(IByteSource media) : IEvidenceContainer
{
    public string TypeName => "memory";

    public IByteSource Media { get; } = media;

    public IReadOnlyList<string> Files => ["memory"];

    public IReadOnlyList<StoredHash> StoredHashes { get; init; } = [];

    public IReadOnlyList<KeyValuePair<string, string>> Metadata => [];

    public IReadOnlyList<ByteRange> AcquisitionErrors { get; init; } = [];

    public int ChunkSize { get; init; }

    public void Dispose()
    {
    }
}

/// <summary>Keeps what an examination tells.</summary>
internal sealed class RecordingObserver : IExamineObserver
{
    private readonly List<Problem> problems = [];
    private readonly Lock gate = new();

    public IReadOnlyList<Problem> Problems
    {
        get
        {
            lock (gate)
            {
                return [.. problems];
            }
        }
    }

    public void Progress(ExamineProgress progress)
    {
    }

    public void Problem(Problem problem)
    {
        lock (gate)
        {
            problems.Add(problem);
        }
    }

    public void Hit(string path, string setName)
    {
    }
}
