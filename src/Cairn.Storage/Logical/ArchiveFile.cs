using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Logical;

/// <summary>The bytes of an archive file.</summary>
internal sealed class ArchiveFile : IByteSource
{
    private readonly SafeFileHandle file;

    /// <exception cref="EvidenceException">It cannot be opened.</exception>
    public ArchiveFile(string path)
    {
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Length = RandomAccess.GetLength(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            file?.Dispose();
            throw new EvidenceException($"{path}: the archive cannot be opened ({error.Message})", error);
        }
    }

    public long Length { get; }

    public int SectorSize => 512;

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length)
        {
            return 0;
        }

        buffer = buffer[..(int)Math.Min(buffer.Length, Length - offset)];
        int done = 0;
        try
        {
            while (done < buffer.Length)
            {
                int got = RandomAccess.Read(file, buffer[done..], offset + done);
                if (got == 0)
                {
                    throw new UnreadableDataException(offset + done, buffer.Length - done, "the archive became shorter while it was read");
                }

                done += got;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableDataException(offset + done, buffer.Length - done, error.Message, error);
        }

        return done;
    }

    public void Dispose() => file.Dispose();
}
