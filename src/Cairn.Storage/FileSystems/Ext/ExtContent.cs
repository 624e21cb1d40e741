using System.Buffers.Binary;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>Where the content of an inode lies.</summary>
internal enum ExtContentKind
{
    /// <summary>Devices, pipes and sockets have none.</summary>
    None,

    /// <summary>In i_block and the attribute "system.data".</summary>
    Inline,

    /// <summary>A link target in i_block.</summary>
    FastLink,

    /// <summary>In blocks of the volume.</summary>
    Mapped,
}

/// <summary>What the fields of an inode say about its content.</summary>
internal static class ExtContent
{
    internal const int TypeFifo = 0x1000;
    internal const int TypeCharacter = 0x2000;
    internal const int TypeDirectory = 0x4000;
    internal const int TypeBlock = 0x6000;
    internal const int TypeRegular = 0x8000;
    internal const int TypeLink = 0xA000;
    internal const int TypeSocket = 0xC000;
    private const int AreaSize = 60;
    private const int LongestInline = 64 << 10;

    internal static ExtContentKind KindOf(ExtVolume volume, in ExtInode inode)
    {
        int type = inode.TypeBits;
        if (type is TypeFifo or TypeCharacter or TypeBlock or TypeSocket)
        {
            return ExtContentKind.None;
        }

        bool tree = inode.Has(ExtInodeFlags.Extents) && BinaryPrimitives.ReadUInt16LittleEndian(inode.BlockArea) == 0xF30A;
        if (inode.Has(ExtInodeFlags.InlineData) && !tree)
        {
            return ExtContentKind.Inline;
        }

        if (type == TypeLink && inode.SizeLow < AreaSize)
        {
            // i_blocks also counts the blocks of values in inodes of their own, which are not the link's.
            long attribute = inode.AttributeBlock != 0 ? volume.Super.ClusterSize : 0;
            if (!tree && (AllocatedBytes(volume, inode) <= attribute || volume.Super.Has(ExtIncompat.ExtendedAttributeInodes)))
            {
                return ExtContentKind.FastLink;
            }
        }

        return ExtContentKind.Mapped;
    }

    /// <summary>i_size; the high half counts for files, and for directories with large_dir.</summary>
    internal static ulong RawSize(ExtVolume volume, in ExtInode inode)
    {
        bool wide = inode.TypeBits == TypeRegular || (inode.TypeBits == TypeDirectory && volume.Super.Has(ExtIncompat.LargeDirectory));
        return inode.SizeLow | (wide ? (ulong)inode.SizeHigh << 32 : 0);
    }

    /// <summary>The size, no more than what the format can hold: inline content, pointers or extents.</summary>
    internal static long Size(ExtVolume volume, in ExtInode inode, ExtContentKind kind)
    {
        ulong raw = RawSize(volume, inode);
        return kind switch
        {
            ExtContentKind.None => 0,
            ExtContentKind.FastLink => (long)Math.Min(raw, AreaSize),
            ExtContentKind.Inline => (long)Math.Min(raw, LongestInline),
            _ => (long)Math.Min(raw, (ulong)MaximumSize(volume, inode)),
        };
    }

    /// <summary>i_blocks in bytes.</summary>
    internal static long AllocatedBytes(ExtVolume volume, in ExtInode inode)
    {
        ulong units = inode.BlockUnits;
        bool huge = volume.Super.Has(ExtReadOnlyCompat.HugeFile);
        if (!huge)
        {
            units &= uint.MaxValue;
        }

        ulong unit = huge && inode.Has(ExtInodeFlags.HugeFile) ? (ulong)volume.BlockSize : 512;
        return units > long.MaxValue / unit ? long.MaxValue : (long)(units * unit);
    }

    /// <summary>The inline content: up to 60 bytes of i_block, then the value of "system.data". What <paramref name="size"/> asks for beyond is not there.</summary>
    internal static byte[] ReadInline(in ExtInode inode, long size)
    {
        ReadOnlySpan<byte> rest = ExtAttributes.InlineContent(inode);
        int inArea = (int)Math.Min(size, AreaSize);
        int inAttribute = (int)Math.Min(size - inArea, rest.Length);
        byte[] content = new byte[inArea + inAttribute];
        inode.BlockArea[..inArea].CopyTo(content);
        rest[..inAttribute].CopyTo(content.AsSpan(inArea));
        return content;
    }

    private static long MaximumSize(ExtVolume volume, in ExtInode inode)
    {
        long size = volume.BlockSize;
        if (inode.Has(ExtInodeFlags.Extents))
        {
            return (1L << 32) * size;
        }

        long per = size / 4;
        return Math.Min(12 + per + (per * per) + (per * per * per), 1L << 32) * size;
    }
}
