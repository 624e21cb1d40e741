using System.Buffers.Binary;
using System.Text;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>What a $REPARSE_POINT value says; MS-FSCC 2.1.2.</summary>
internal sealed record ReparsePoint(uint Tag)
{
    private const uint MountPoint = 0xA000_0003;
    private const uint SymbolicLink = 0xA000_000C;
    private const uint Wof = 0x8000_0017;
    private const uint LinuxSymbolicLink = 0xA000_001D;

    /// <summary>Where a link points, as stored.</summary>
    public string? Target { get; private init; }

    /// <summary>How the file is packed, or null.</summary>
    public WofAlgorithm? Packing { get; private init; }

    public EntryType? Type => Tag switch
    {
        MountPoint or SymbolicLink or LinuxSymbolicLink => EntryType.Link,
        0x8000_0023 => EntryType.Socket,
        0x8000_0024 => EntryType.Fifo,
        0x8000_0025 => EntryType.CharacterDevice,
        0x8000_0026 => EntryType.BlockDevice,
        _ => null,
    };

    public static ReparsePoint? Read(ReadOnlySpan<byte> value)
    {
        if (value.Length < 8)
        {
            return null;
        }

        uint tag = BinaryPrimitives.ReadUInt32LittleEndian(value);
        ReadOnlySpan<byte> data = value.Slice(8, Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(value[4..]), value.Length - 8));
        return tag switch
        {
            MountPoint => new ReparsePoint(tag) { Target = Names(data, 8) },
            SymbolicLink => new ReparsePoint(tag) { Target = Names(data, 12) },
            LinuxSymbolicLink when data.Length > 4 => new ReparsePoint(tag) { Target = Encoding.UTF8.GetString(data[4..]) },
            Wof => new ReparsePoint(tag) { Packing = ReadPacking(data) },
            _ => new ReparsePoint(tag),
        };
    }

    /// <summary>Offsets and lengths of substitute and print name; the substitute name is what the system follows.</summary>
    private static string? Names(ReadOnlySpan<byte> data, int buffer)
    {
        if (data.Length < buffer)
        {
            return null;
        }

        string substitute = Text(data[buffer..], BinaryPrimitives.ReadUInt16LittleEndian(data), BinaryPrimitives.ReadUInt16LittleEndian(data[2..]));
        string print = Text(data[buffer..], BinaryPrimitives.ReadUInt16LittleEndian(data[4..]), BinaryPrimitives.ReadUInt16LittleEndian(data[6..]));
        return substitute.Length > 0 ? substitute : print.Length > 0 ? print : null;
    }

    private static string Text(ReadOnlySpan<byte> names, int offset, int length) =>
        offset + length <= names.Length ? Encoding.Unicode.GetString(names.Slice(offset, length)) : "";

    /// <summary>Provider 2 keeps the packed bytes in the file's own stream; provider 1 (a WIM elsewhere) has none here.</summary>
    private static WofAlgorithm? ReadPacking(ReadOnlySpan<byte> data)
    {
        if (data.Length < 16 || BinaryPrimitives.ReadUInt32LittleEndian(data[4..]) != 2)
        {
            return null;
        }

        uint algorithm = BinaryPrimitives.ReadUInt32LittleEndian(data[12..]);
        return algorithm <= 3 ? (WofAlgorithm)algorithm : null;
    }
}
