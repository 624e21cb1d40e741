using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Containers;

/// <summary>Reads until the buffer is full or the file ends; an <see cref="IOException"/> is what the operating system cannot read.</summary>
internal delegate int SegmentRead(SafeFileHandle handle, long offset, Span<byte> buffer);

/// <summary>
/// The files of a set, opened read-only when first needed. No more than <see cref="MostOpen"/> are open at once: an image in thousands
/// of segments must not exhaust the process's handles. Safe from many threads.
/// </summary>
internal sealed class SegmentFiles : IDisposable
{
    /// <summary>Handles kept open.</summary>
    public const int MostOpen = 48;

    private readonly string[] paths;
    private readonly long[] lengths;
    private readonly SafeFileHandle?[] handles;
    private readonly long[] lastUsed;
    private readonly SegmentRead read;
    private readonly Lock gate = new();
    private int open;
    private long clock;
    private bool disposed;

    /// <summary>Opens each file once for its length.</summary>
    /// <exception cref="EvidenceException">One cannot be opened.</exception>
    public SegmentFiles(IEnumerable<string> paths, SegmentRead? read = null)
    {
        this.read = read ?? FileReading.Fill;
        this.paths = [.. paths];
        lengths = new long[this.paths.Length];
        handles = new SafeFileHandle?[this.paths.Length];
        lastUsed = new long[this.paths.Length];
        try
        {
            for (int i = 0; i < this.paths.Length; i++)
            {
                lengths[i] = RandomAccess.GetLength(Handle(i));
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            Dispose();
            throw new EvidenceException($"Cannot open the evidence for reading: {error.Message}", error);
        }
    }

    /// <summary>How many files.</summary>
    public int Count => paths.Length;

    /// <summary>Handles open now.</summary>
    public int OpenHandles => open;

    /// <summary>Full path of a file.</summary>
    public string PathOf(int index) => paths[index];

    /// <summary>Name of a file without its folder.</summary>
    public string NameOf(int index) => Path.GetFileName(paths[index]);

    /// <summary>Bytes of a file when it was opened.</summary>
    public long LengthOf(int index) => lengths[index];

    /// <summary>Reads until <paramref name="buffer"/> is full or the file ends; returns the bytes read.</summary>
    /// <exception cref="IOException">The operating system cannot read it.</exception>
    public int Read(int index, long offset, Span<byte> buffer)
    {
        while (true)
        {
            SafeFileHandle handle = Handle(index);
            try
            {
                return read(handle, offset, buffer);
            }
            catch (ObjectDisposedException) when (!disposed)
            {
                // Another thread needed the handle's place between our taking it and reading; open it again.
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            disposed = true;
            foreach (SafeFileHandle? handle in handles)
            {
                handle?.Dispose();
            }
        }
    }

    private SafeFileHandle Handle(int index)
    {
        SafeFileHandle? known = Volatile.Read(ref handles[index]);
        if (known is not null)
        {
            // Only the order of use matters here, so a lost update between threads does no harm.
            Volatile.Write(ref lastUsed[index], ++clock);
            return known;
        }

        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (handles[index] is { } raced)
            {
                return raced;
            }

            if (open >= MostOpen)
            {
                CloseLeastUsed();
            }

            SafeFileHandle handle = FileReading.Open(paths[index]);
            open++;
            lastUsed[index] = ++clock;
            Volatile.Write(ref handles[index], handle);
            return handle;
        }
    }

    private void CloseLeastUsed()
    {
        int oldest = -1;
        for (int i = 0; i < handles.Length; i++)
        {
            if (handles[i] is not null && (oldest < 0 || lastUsed[i] < lastUsed[oldest]))
            {
                oldest = i;
            }
        }

        if (oldest >= 0)
        {
            SafeFileHandle closing = handles[oldest]!;
            Volatile.Write(ref handles[oldest], null);
            closing.Dispose();
            open--;
        }
    }
}
