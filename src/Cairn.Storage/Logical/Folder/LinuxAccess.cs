using System.Buffers.Binary;
using System.Text;
using Cairn.Core;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Storage.Logical.Folder;

/// <summary>Through the C library: no name is lost, whatever its bytes are.</summary>
internal sealed class LinuxAccess : IFolderAccess
{
    /// <summary>Longer paths are opened in steps; the kernel takes 4,096 bytes with the final zero.</summary>
    private const int LongestPath = 4_000;

    private static readonly UTF8Encoding Strict = new(false, true);

    public void List(byte[] directory, List<byte[]> names)
    {
        int handle = OpenFile(directory, LibC.DirectoryOnly | LibC.NoFollow);
        try
        {
            byte[] buffer = new byte[256 << 10];
            while (true)
            {
                nint got = LibC.GetDents64(handle, buffer, (nuint)buffer.Length);
                if (got == 0)
                {
                    return;
                }

                if (got < 0)
                {
                    throw new UnreadableDataException(0, 0, $"the directory cannot be listed to its end: {LibC.LastError()}");
                }

                // linux_dirent64: inode 8, offset 8, record length 2, type 1, name to its zero.
                for (int at = 0; at + 19 <= got;)
                {
                    int length = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16));
                    if (length < 20 || at + length > got)
                    {
                        throw new UnreadableDataException(0, 0, "the kernel returned a directory record of a wrong length");
                    }

                    ReadOnlySpan<byte> name = buffer.AsSpan(at + 19, length - 19);
                    int zero = name.IndexOf((byte)0);
                    name = zero < 0 ? name : name[..zero];
                    if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                    {
                        names.Add(name.ToArray());
                    }

                    at += length;
                }
            }
        }
        finally
        {
            _ = LibC.Close(handle);
        }
    }

    public Found Look(byte[] path)
    {
        byte[] result = new byte[LibC.StatxBytes];
        int at = Reach(path, out byte[] rest);
        try
        {
            if (LibC.Statx(at, rest, LibC.SymlinkNoFollow | LibC.NoAutomount, LibC.StatxWanted, result) != 0)
            {
                throw new UnreadableDataException(0, 0, LibC.LastError());
            }

            Found found = Parse(result);
            return found.Type == EntryType.Link ? found with { LinkTarget = Target(at, rest) } : found;
        }
        finally
        {
            Leave(at);
        }
    }

    public IByteSource Open(byte[] path, int? fingerprint)
    {
        int handle = OpenFile(path, LibC.NoFollow);
        SafeFileHandle file = new(handle, ownsHandle: true);
        try
        {
            Found now = LookAt(handle);
            if (now.Type != EntryType.File)
            {
                throw new UnreadableDataException(0, 0, "it is no ordinary file any more");
            }

            return new FolderFile(file, now.Size, now.Fingerprint, fingerprint is int before && before != now.Fingerprint, () => LookAt(handle).Fingerprint);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public byte[] Join(byte[] directory, ReadOnlySpan<byte> name)
    {
        bool slash = directory.Length > 0 && directory[^1] == (byte)'/';
        byte[] joined = new byte[directory.Length + (slash ? 0 : 1) + name.Length];
        directory.CopyTo(joined, 0);
        if (!slash)
        {
            joined[directory.Length] = (byte)'/';
        }

        name.CopyTo(joined.AsSpan(joined.Length - name.Length));
        return joined;
    }

    public byte[] FromText(string path) => Encoding.UTF8.GetBytes(path);

    public (string Text, bool Lossy) ToText(ReadOnlySpan<byte> name)
    {
        try
        {
            return (Strict.GetString(name), false);
        }
        catch (DecoderFallbackException)
        {
            return (Encoding.UTF8.GetString(name), true);
        }
    }

    private static Found LookAt(int handle)
    {
        byte[] result = new byte[LibC.StatxBytes];
        if (LibC.Statx(handle, [0], LibC.EmptyPath, LibC.StatxWanted, result) != 0)
        {
            throw new UnreadableDataException(0, 0, LibC.LastError());
        }

        return Parse(result);
    }

    /// <summary>Opens without changing the access time where the kernel lets this user (the owner, or root).</summary>
    private static int OpenFile(byte[] path, int flags)
    {
        int at = Reach(path, out byte[] rest);
        try
        {
            int wanted = LibC.ReadOnly | LibC.CloseOnExec | LibC.NonBlocking | flags;
            int handle = LibC.OpenAt(at, rest, wanted | LibC.NoAccessTime, 0);
            if (handle < 0)
            {
                handle = LibC.OpenAt(at, rest, wanted, 0);
            }

            return handle >= 0 ? handle : throw new UnreadableDataException(0, 0, LibC.LastError());
        }
        finally
        {
            Leave(at);
        }
    }

    /// <summary>A directory handle and the path from there, ending in a zero, short enough for the kernel.</summary>
    private static int Reach(byte[] path, out byte[] rest)
    {
        int at = LibC.CurrentDirectory;
        int from = 0;
        while (path.Length - from > LongestPath)
        {
            int cut = path.AsSpan(from, LongestPath).LastIndexOf((byte)'/');
            if (cut <= 0)
            {
                Leave(at);
                throw new UnreadableDataException(0, 0, "the path is too long for the operating system");
            }

            int next = LibC.OpenAt(at, Ended(path.AsSpan(from, cut)), LibC.ReadOnly | LibC.CloseOnExec | LibC.DirectoryOnly, 0);
            Leave(at);
            at = next >= 0 ? next : throw new UnreadableDataException(0, 0, LibC.LastError());
            from += cut + 1;
        }

        rest = Ended(path.AsSpan(from));
        return at;
    }

    private static void Leave(int handle)
    {
        if (handle >= 0)
        {
            _ = LibC.Close(handle);
        }
    }

    private static byte[] Ended(ReadOnlySpan<byte> path)
    {
        byte[] ended = new byte[path.Length + 1];
        path.CopyTo(ended);
        return ended;
    }

    private static string? Target(int at, byte[] rest)
    {
        byte[] buffer = new byte[4096];
        nint got = LibC.ReadLinkAt(at, rest, buffer, (nuint)buffer.Length);
        return got < 0 ? null : Encoding.UTF8.GetString(buffer, 0, (int)got);
    }

    private static Found Parse(byte[] statx)
    {
        SpanReader reader = new(statx);
        uint mask = reader.U32Le("stx_mask");
        reader.Skip(12, "stx_blksize, stx_attributes");
        uint links = reader.U32Le("stx_nlink");
        uint uid = reader.U32Le("stx_uid");
        uint gid = reader.U32Le("stx_gid");
        int mode = reader.U16Le("stx_mode");
        reader.Seek(32, "stx_ino");
        long inode = reader.I64Le("stx_ino");
        long size = reader.I64Le("stx_size");
        long blocks = reader.I64Le("stx_blocks");
        reader.Seek(64, "stx_atime");
        EvidenceTime accessed = Time(ref reader);
        EvidenceTime born = Time(ref reader);
        EvidenceTime changed = Time(ref reader);
        EvidenceTime modified = Time(ref reader);
        reader.Seek(136, "stx_dev_major");
        long device = ((long)reader.U32Le("stx_dev_major") << 32) | reader.U32Le("stx_dev_minor");
        const uint HasBirth = 0x800;
        return new Found
        {
            Type = (mode & 0xF000) switch
            {
                0x8000 => EntryType.File,
                0x4000 => EntryType.Directory,
                0xA000 => EntryType.Link,
                0x2000 => EntryType.CharacterDevice,
                0x6000 => EntryType.BlockDevice,
                0x1000 => EntryType.Fifo,
                0xC000 => EntryType.Socket,
                _ => EntryType.Unknown,
            },
            Size = size,
            AllocatedSize = blocks * 512,
            Times = new EntryTimes(modified, accessed, changed, (mask & HasBirth) != 0 ? born : EvidenceTime.None),
            Mode = mode,
            Uid = uid,
            Gid = gid,
            LinkCount = (int)Math.Min(links, int.MaxValue),
            Inode = inode,
            Device = device,
        };
    }

    private static EvidenceTime Time(ref SpanReader reader)
    {
        long seconds = reader.I64Le("tv_sec");
        uint nanoseconds = reader.U32Le("tv_nsec");
        reader.Skip(4, "reserved");
        return UnixTime.From(seconds, nanoseconds);
    }
}
