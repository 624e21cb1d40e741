using System.Buffers.Binary;
using System.Globalization;
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

    /// <summary>Why the content of a file of the Windows Overlay Filter cannot be read, or null. Its main stream reads as zeros, which are not the content.</summary>
    public string? NotRead { get; private init; }

    public bool IsOverlay => Tag == Wof;

    public EntryType? Type => Tag switch
    {
        MountPoint or SymbolicLink or LinuxSymbolicLink => EntryType.Link,
        0x8000_0023 => EntryType.Socket,
        0x8000_0024 => EntryType.Fifo,
        0x8000_0025 => EntryType.CharacterDevice,
        0x8000_0026 => EntryType.BlockDevice,
        _ => null,
    };

    /// <summary>The reparse point in a piece of <paramref name="set"/>; null where it is shorter than its own header.</summary>
    /// <exception cref="UnreadableDataException">Its clusters cannot be read.</exception>
    public static ReparsePoint? Of(AttributeSet set, int piece, MftReader mft)
    {
        AttributeView view = set.Pieces[piece].View;
        if (!view.NonResident)
        {
            return Read(view.Value);
        }

        // 16 KiB is the most that the format allows.
        NonResidentContent content = NonResidentContent.Of(set, new AttributeStream { Type = view.Type, FirstPiece = piece }, mft.ClusterSize);
        byte[] value = new byte[(int)Math.Clamp(Math.Min(content.Size, content.Mapped), 0, 16_384)];
        using IByteSource source = content.Open(mft.Volume);
        source.ReadAt(0, value);
        return Read(value);
    }

    private static ReparsePoint? Read(ReadOnlySpan<byte> value)
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
            Wof => ReadOverlay(data),
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

    /// <summary>Provider 2 keeps the packed bytes in the file's own stream; provider 1 names a resource of a WIM file elsewhere, by its SHA-1.</summary>
    private static ReparsePoint ReadOverlay(ReadOnlySpan<byte> data)
    {
        const int wimHash = 24;
        uint provider = data.Length < 8 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
        if (provider == 2 && data.Length >= 16)
        {
            uint algorithm = BinaryPrimitives.ReadUInt32LittleEndian(data[12..]);
            return algorithm <= 3
                ? new ReparsePoint(Wof) { Packing = (WofAlgorithm)algorithm }
                : new ReparsePoint(Wof) { NotRead = string.Create(CultureInfo.InvariantCulture, $"its content is packed by the Windows Overlay Filter with algorithm {algorithm}, which is not known") };
        }

        string resource = provider == 1 && data.Length >= wimHash + 20 ? $" (resource {Convert.ToHexStringLower(data.Slice(wimHash, 20))})" : "";
        return new ReparsePoint(Wof)
        {
            NotRead = provider == 1
                ? $"its content lies in a WIM file elsewhere{resource} (Windows Overlay Filter, provider 1), which is not read"
                : string.Create(CultureInfo.InvariantCulture, $"its content lies with provider {provider} of the Windows Overlay Filter, which is not known"),
        };
    }
}
