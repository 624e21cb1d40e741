using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Known.Sets;

/// <summary>
/// A file mapped into memory, read where it lies: every access is checked against its length. Parts are read only while a
/// <see cref="Hold"/> lives, so that the mapping stays whatever another thread disposes.
/// </summary>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly SafeMemoryMappedViewHandle bytes;
    private readonly nint address;

    private MappedFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, long length)
    {
        (Path, this.map, this.view, Length) = (path, map, view, length);
        bytes = view.SafeMemoryMappedViewHandle;
        address = bytes.DangerousGetHandle() + (nint)view.PointerOffset;
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Maps the first <paramref name="length"/> bytes; the file is this object's from then on.</summary>
    public static MappedFile Map(FileStream file, long length)
    {
        MemoryMappedFile map = MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        try
        {
            return new MappedFile(file.Name, map, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the mapping until it is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public Hold Enter()
    {
        bool held = false;
        bytes.DangerousAddRef(ref held);
        return new Hold(bytes);
    }

    /// <summary>Bytes where they lie, in bounds or an exception.</summary>
    /// <exception cref="KnownSetException">They lie outside the file.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ReadOnlySpan<byte> Part(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
        {
            throw SetFile.Damaged(Path, "a part lies outside the file");
        }

        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), address + (nint)offset), length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        view.Dispose();
        map.Dispose();
    }

    /// <summary>A claim on the mapping.</summary>
    public readonly ref struct Hold(SafeMemoryMappedViewHandle bytes)
    {
        public void Dispose() => bytes.DangerousRelease();
    }
}
