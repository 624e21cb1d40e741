using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Containers;

/// <summary>Positional reads of evidence files, which are only ever opened for reading.</summary>
internal static class FileReading
{
    /// <summary>Opens for reading beside any other program that has the file open.</summary>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    public static int Fill(SafeFileHandle handle, long offset, Span<byte> buffer)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            int got;
            try
            {
                got = RandomAccess.Read(handle, buffer[done..], offset + done);
            }
            catch (UnauthorizedAccessException error)
            {
                // Some devices answer EACCES or EPERM for a locked range; to the reader that is a range that cannot be read.
                throw new IOException(error.Message, error);
            }

            if (got == 0)
            {
                break;
            }

            done += got;
        }

        return done;
    }
}
