using System.Runtime.InteropServices;

namespace Cairn.Storage.Logical.Folder;

/// <summary>
/// The few calls of the Linux C library that .NET has no equal for: names as bytes, every time stamp with nanoseconds, and reading without
/// touching access times. Paths end in a zero byte. All structures are read from plain byte arrays.
/// </summary>
internal static class LibC
{
    public const int CurrentDirectory = -100;
    public const int ReadOnly = 0;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int NoAccessTime = 0x40000;
    public const int SymlinkNoFollow = 0x100;
    public const int NoAutomount = 0x800;
    public const int EmptyPath = 0x1000;
    public const int StatxBytes = 256;

    /// <summary>Basic fields and the birth time.</summary>
    public const uint StatxWanted = 0xFFF;

    // O_DIRECTORY and O_NOFOLLOW have other values on ARM than on x86.
    private static readonly bool Arm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;

    public static int DirectoryOnly => Arm ? 0x4000 : 0x10000;

    public static int NoFollow => Arm ? 0x8000 : 0x20000;

    [DllImport("libc", EntryPoint = "openat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int OpenAt(int directory, byte[] path, int flags, int mode);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Close(int file);

    [DllImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern nint GetDents64(int directory, byte[] buffer, nuint bytes);

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Statx(int directory, byte[] path, int flags, uint mask, byte[] result);

    [DllImport("libc", EntryPoint = "readlinkat", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern nint ReadLinkAt(int directory, byte[] path, byte[] buffer, nuint bytes);

    /// <summary>The last error in words.</summary>
    public static string LastError() => Marshal.GetLastPInvokeErrorMessage();
}
