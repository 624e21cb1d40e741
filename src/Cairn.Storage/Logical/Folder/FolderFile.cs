using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Logical.Folder;

/// <summary>A live file, open for reading; its length is that of the moment it was opened.</summary>
internal sealed class FolderFile(SafeFileHandle file, long length, int fingerprint, bool differsFromListing, Func<int> look) : IByteSource, IChangeDetecting
{
    private volatile bool shrank;

    public long Length => length;

    public int SectorSize => 512;

    public bool HasChanged
    {
        get
        {
            if (differsFromListing || shrank)
            {
                return true;
            }

            try
            {
                return look() != fingerprint;
            }
            catch (UnreadableDataException)
            {
                // Not even its size can be asked any more.
                return true;
            }
        }
    }

    public int ReadAt(long offset, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= length)
        {
            return 0;
        }

        buffer = buffer[..(int)Math.Min(buffer.Length, length - offset)];
        int done = 0;
        try
        {
            while (done < buffer.Length)
            {
                int got = RandomAccess.Read(file, buffer[done..], offset + done);
                if (got == 0)
                {
                    shrank = true;
                    break;
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
