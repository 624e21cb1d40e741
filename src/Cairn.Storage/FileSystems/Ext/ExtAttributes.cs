using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ext;

/// <summary>Extended attributes: entries of 16 bytes and a name, in the inode after its fields and in a block of their own.</summary>
internal static class ExtAttributes
{
    internal const uint Magic = 0xEA020000;
    private const int EntryHeader = 16;
    private const int SystemIndex = 7;
    private const int MaximumEntries = 4096;

    /// <summary>Bytes of values shown with one entry. Entries may name the same bytes many times, and many entries are in memory at once.</summary>
    private const int MaximumValues = 32 << 10;

    /// <summary>The content that does not fit in i_block: value of "system.data"; empty where there is none.</summary>
    internal static ReadOnlySpan<byte> InlineContent(in ExtInode inode)
    {
        ReadOnlySpan<byte> area = InInode(inode);
        int at = 0;
        for (int i = 0; i < MaximumEntries && TryEntry(area, at, out int nameLength, out int next); i++, at = next)
        {
            if (area[at + 1] == SystemIndex && nameLength == 4 && area.Slice(at + EntryHeader, 4).SequenceEqual("data"u8))
            {
                int offset = BinaryPrimitives.ReadUInt16LittleEndian(area[(at + 2)..]);
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(area[(at + 8)..]);
                return offset <= area.Length && size <= area.Length - offset ? area.Slice(offset, (int)size) : default;
            }
        }

        return default;
    }

    /// <summary>Adds every attribute of <paramref name="inode"/> to <paramref name="into"/>; what does not hold goes to <paramref name="problem"/>.</summary>
    internal static void Read(ExtVolume volume, in ExtInode inode, uint number, SortedDictionary<string, string> into, Action<Problem> problem)
    {
        ReadOnlySpan<byte> area = InInode(inode);
        Owner owner = new(number, inode.Generation);
        int room = MaximumValues;
        if (area.Length > 0)
        {
            ReadEntries(volume, owner, area, area, $"inode {number}, extended attributes", into, ref room, problem);
        }

        long block = inode.AttributeBlock;
        if (block == 0)
        {
            return;
        }

        string place = $"inode {number}, attribute block {block}";
        if (!volume.Holds(block, 1))
        {
            problem(new Problem(ProblemKind.Malformed, place, "it does not lie in the file system"));
            return;
        }

        byte[] bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(volume.BlockSize);
        try
        {
            Span<byte> data = bytes.AsSpan(0, volume.BlockSize);
            volume.Metadata.Read(block * volume.BlockSize, data, "attribute block");
            uint magic = BinaryPrimitives.ReadUInt32LittleEndian(data);
            if (magic != Magic)
            {
                problem(new Problem(ProblemKind.Malformed, place, $"h_magic is 0x{magic:X8}, not 0xEA020000", block * volume.BlockSize));
                return;
            }

            if (volume.Super.HasChecksums)
            {
                uint crc = ExtChecksum.Crc32C(volume.Super.ChecksumSeed, (ulong)block);
                crc = ExtChecksum.Crc32C(crc, data[..0x10]);
                crc = ExtChecksum.Crc32C(crc, 0u);
                crc = ExtChecksum.Crc32C(crc, data[0x14..]);
                if (crc != BinaryPrimitives.ReadUInt32LittleEndian(data[0x10..]))
                {
                    problem(new Problem(ProblemKind.Mismatch, place, "its checksum is wrong", block * volume.BlockSize));
                }
            }

            ReadEntries(volume, owner, data[32..], data, place, into, ref room, problem);
        }
        catch (UnreadableDataException error)
        {
            problem(Problem.From(error, place));
        }
        catch (MalformedDataException error)
        {
            problem(Problem.From(error, place));
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    internal static bool Any(in ExtInode inode)
    {
        ReadOnlySpan<byte> area = InInode(inode);
        return inode.AttributeBlock != 0 || (area.Length >= 2 && (area[0] != 0 || area[1] != 0));
    }

    private static ReadOnlySpan<byte> InInode(in ExtInode inode)
    {
        int start = 128 + inode.ExtraSize;
        ReadOnlySpan<byte> data = inode.Bytes;
        return inode.ExtraSize >= 4 && start <= data.Length - 4 && start % 4 == 0 && BinaryPrimitives.ReadUInt32LittleEndian(data[start..]) == Magic
            ? data[(start + 4)..]
            : default;
    }

    private static bool TryEntry(ReadOnlySpan<byte> area, int at, out int nameLength, out int next)
    {
        (nameLength, next) = (0, 0);
        if (at > area.Length - 4 || BinaryPrimitives.ReadUInt32LittleEndian(area[at..]) == 0 || at > area.Length - EntryHeader)
        {
            return false;
        }

        nameLength = area[at];
        next = at + ((EntryHeader + nameLength + 3) & ~3);
        return at + EntryHeader + nameLength <= area.Length;
    }

    private static void ReadEntries(ExtVolume volume, in Owner owner, ReadOnlySpan<byte> entries, ReadOnlySpan<byte> values, string place, SortedDictionary<string, string> into, ref int room, Action<Problem> problem)
    {
        int at = 0;
        for (int i = 0; i < MaximumEntries; i++)
        {
            if (!TryEntry(entries, at, out int nameLength, out int next))
            {
                if (at <= entries.Length - 4 && BinaryPrimitives.ReadUInt32LittleEndian(entries[at..]) != 0)
                {
                    problem(new Problem(ProblemKind.Malformed, place, $"the entry at {at} passes the end"));
                }

                return;
            }

            int index = entries[at + 1];
            string name = Prefix(index) + Encoding.UTF8.GetString(entries.Slice(at + EntryHeader, nameLength));
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(entries[(at + 2)..]);
            uint inode = BinaryPrimitives.ReadUInt32LittleEndian(entries[(at + 4)..]);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(entries[(at + 8)..]);
            at = next;
            if (index == SystemIndex && name == "system.data")
            {
                continue; // the file's own content
            }

            string value;
            if (inode != 0)
            {
                value = ValueInInode(volume, owner, inode, size, place, ref room, problem);
            }
            else if (size == 0)
            {
                value = "";
            }
            else if (offset > values.Length || size > values.Length - offset)
            {
                problem(new Problem(ProblemKind.Malformed, place, $"the value of {name} ({size} bytes at {offset}) passes the end"));
                continue;
            }
            else if (size > room)
            {
                problem(new Problem(ProblemKind.LimitReached, place, $"the value of {name} ({size} bytes) and those before it are more than {MaximumValues} bytes; it is left out"));
                continue;
            }
            else
            {
                room -= (int)size;
                value = Text(values.Slice(offset, (int)size));
            }

            into[name] = value;
        }
    }

    /// <summary>
    /// A value in an inode of its own: the text, or where it is long which of the file system's own entries holds it. i_atime is its checksum;
    /// an inode of Lustre's has none and names its owner in i_mtime and i_generation instead.
    /// </summary>
    private static string ValueInInode(ExtVolume volume, in Owner owner, uint number, uint size, string place, ref int room, Action<Problem> problem)
    {
        byte[] bytes = new byte[volume.Super.InodeSize];
        try
        {
            volume.ReadInode(number, bytes);
            ExtInode inode = new(bytes);
            if (!inode.Has(ExtInodeFlags.ExtendedAttributeInode) || inode.Has(ExtInodeFlags.InlineData) || inode.TypeBits != ExtContent.TypeRegular)
            {
                problem(new Problem(ProblemKind.Malformed, place, $"inode {number} is named as a value but is not one"));
                return "";
            }

            if (ExtContent.RawSize(volume, inode) != size)
            {
                problem(new Problem(ProblemKind.Mismatch, place, $"a value of {size} bytes lies in inode {number}, which has {ExtContent.RawSize(volume, inode)}"));
            }

            if (size > room)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{size} bytes in {ExtWalk.NameOfValue(number)}");
            }

            room -= (int)size;
            byte[] value = new byte[size];
            using ExtStreamSource source = new(volume.Source, ExtBlockMap.Read(volume, number, inode, size, 64), size);
            source.ReadExactly(0, value, "ea_inode");
            bool ofLustre = inode.ModificationTimeLow == owner.Number && inode.Generation == owner.Generation;
            if (!ofLustre && inode.AccessTimeLow != ExtChecksum.Crc32C(volume.Super.ChecksumSeed, value))
            {
                problem(new Problem(ProblemKind.Mismatch, place, $"the checksum of the value in inode {number} is wrong; it is used all the same"));
            }

            return Text(value);
        }
        catch (MalformedDataException error)
        {
            problem(Problem.From(error, place));
        }
        catch (UnreadableDataException error)
        {
            problem(Problem.From(error, place));
        }

        return "";
    }

    private static string Prefix(int index) => index switch
    {
        0 => "",
        1 => "user.",
        2 => "system.posix_acl_access",
        3 => "system.posix_acl_default",
        4 => "trusted.",
        5 => "lustre.",
        6 => "security.",
        7 => "system.",
        8 => "system.richacl",
        9 => "encryption.",
        10 => "gnu.",
        11 => "verity.",
        _ => string.Create(CultureInfo.InvariantCulture, $"index{index}."),
    };

    /// <summary>The value as text where it is printable UTF-8 (one closing NUL is left out), else as hexadecimal.</summary>
    private static string Text(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> text = value.Length > 0 && value[^1] == 0 ? value[..^1] : value;
        if (text.Length > 0 && Utf8.IsValid(text))
        {
            string decoded = Encoding.UTF8.GetString(text);
            bool printable = true;
            foreach (char c in decoded)
            {
                if (char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
                {
                    printable = false;
                    break;
                }
            }

            if (printable)
            {
                return decoded;
            }
        }

        return "0x" + Convert.ToHexStringLower(value);
    }

    /// <summary>Whose attributes are read.</summary>
    private readonly record struct Owner(uint Number, uint Generation);
}
