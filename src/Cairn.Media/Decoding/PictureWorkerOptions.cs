namespace Cairn.Media.Decoding;

/// <summary>How many workers there are, what they are held to, and where their program lies.</summary>
public sealed record PictureWorkerOptions
{
    /// <summary>Workers at once; one a processor by default. A worker uses one processor.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Bounds on each picture.</summary>
    public PictureLimits Limits { get; init; } = new();

    /// <summary>Folder of Cairn.Media.Worker.dll; that of the running program by default.</summary>
    public string Folder { get; init; } = AppContext.BaseDirectory;

    /// <summary>Whether bubblewrap is used where the system has it and lets it work.</summary>
    public bool Sandbox { get; init; } = true;

    /// <summary>Types that make the worker hang or die on purpose are obeyed: for tests alone.</summary>
    internal bool TestHooks { get; init; }
}

/// <summary>No worker can be started: the reason, and how to put it right.</summary>
public sealed class PictureWorkerException : Exception
{
    internal PictureWorkerException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
