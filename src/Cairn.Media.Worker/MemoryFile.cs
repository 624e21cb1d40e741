using System.ComponentModel;
using System.Runtime.InteropServices;
using Cairn.Core.Pictures;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Media.Worker;

/// <summary>
/// Bytes as a file that exists in memory alone and ends with this process (memfd_create of Linux): some of ImageMagick's decoders read
/// nothing but files, and would write a temporary one.
/// </summary>
internal sealed class MemoryFile : IDisposable
{
    private const int FileSizeLimit = 1;

    private readonly SafeFileHandle handle;

    /// <summary>Puts <paramref name="content"/> into a new file.</summary>
    /// <exception cref="DecodingException">This system has no such files.</exception>
    public MemoryFile(ReadOnlySpan<byte> content)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new DecodingException(PictureStatus.Unsupported, "this format is decoded from a file, which is kept in memory on Linux alone and never written to a disk");
        }

        handle = new SafeFileHandle(MemFdCreate("picture", 0), ownsHandle: true);
        if (handle.IsInvalid)
        {
            throw new DecodingException(PictureStatus.LimitReached, $"no file in memory: {new Win32Exception().Message}");
        }

        // The pool forbids this process to write to any file; only for these bytes is that lifted.
        if (GetLimit(FileSizeLimit, out Limit limit) != 0 || SetLimit(FileSizeLimit, limit with { Now = limit.Most }) != 0)
        {
            throw new DecodingException(PictureStatus.LimitReached, $"no file in memory: {new Win32Exception().Message}");
        }

        try
        {
            RandomAccess.Write(handle, content, 0);
        }
        finally
        {
            _ = SetLimit(FileSizeLimit, limit);
        }
    }

    /// <summary>A name under which this process can open it.</summary>
    public string Path => $"/proc/self/fd/{handle.DangerousGetHandle()}";

    public void Dispose() => handle.Dispose();

    [DllImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MemFdCreate([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    [DllImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetLimit(int resource, out Limit limit);

    [DllImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(ulong Now, ulong Most);
}
