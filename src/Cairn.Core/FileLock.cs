namespace Cairn.Core;

/// <summary>A lock of the operating system on a file, which ends with the process however it ends.</summary>
public static class FileLock
{
    /// <summary>The lock, held until it is disposed of; null where another process has it.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static FileStream? Try(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException error) when (error.HResult is 11 or 35 or unchecked((int)0x80070020) or unchecked((int)0x80070021))
        {
            // EWOULDBLOCK of Linux and macOS; sharing and lock violation of Windows.
            return null;
        }
    }

    /// <summary>As <see cref="Try"/>, waiting for whoever has it; null where that does not end within <paramref name="most"/>.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static FileStream? Await(string path, TimeSpan most)
    {
        long began = TimeProvider.System.GetTimestamp();
        FileStream? held = Try(path);
        while (held is null && TimeProvider.System.GetElapsedTime(began) < most)
        {
            Thread.Sleep(20);
            held = Try(path);
        }

        return held;
    }
}
