using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Cairn.Known.Perceptual;

/// <summary>
/// A segment: up to 2^24 hashes that never change. Header (128 bytes): 0x00 magic; 0x10 number of hashes (32 bits); 0x14 whether there are
/// lists (32 bits); 0x18 length of the segment (64 bits); 0x20 SHA-256 of all that follows the header; 0x40 SHA-256 of the 64 bytes before.
/// Then, each from a multiple of 64: the records (32 bytes, four words), ascending by slot 0; the number that the caller gave each (32 bits);
/// and for each of the eight lists where its buckets start (65,537 numbers of 32 bits), the bucket of every 64th position (16 bits), the keys
/// (16 bits) and the links (24 bits). Numbers are little-endian.
/// </summary>
internal readonly struct PdqSegmentLayout
{
    public const int HeaderBytes = 128;
    public const int MaxHashes = 1 << 24;

    /// <summary>A shorter segment has no lists: reading all of it takes less time than looking into their buckets.</summary>
    public const int LeastListed = 1 << 14;

    public const int StartsBytes = (PdqWords.Buckets + 1) * sizeof(uint);
    public const int MarkEvery = 64;
    public const int LinkBytes = 3;

    /// <summary>Vectors of keys and links of four bytes may be read past the end of their part.</summary>
    private const int Padding = 64;

    private readonly long lists;
    private readonly long marks;
    private readonly long keys;
    private readonly long links;

    public PdqSegmentLayout(int count, bool listed)
    {
        Count = count;
        Listed = listed;
        Records = HeaderBytes;
        Ids = Aligned(Records + ((long)count * PdqScan.RecordBytes));
        lists = Aligned(Ids + ((long)count * sizeof(uint)));
        marks = Aligned(StartsBytes);
        keys = Aligned(marks + (Marks * sizeof(ushort)));
        links = Aligned(keys + ((long)count * sizeof(ushort)) + Padding);
        ListBytes = Aligned(links + ((long)count * LinkBytes) + Padding);
        Length = lists + (listed ? ListBytes * PdqWords.Slots : 0);
    }

    public static ReadOnlySpan<byte> Magic => "CAIRN-PDQ-SEG-1\0"u8;

    public int Count { get; }

    public bool Listed { get; }

    public long Length { get; }

    public long Records { get; }

    public long Ids { get; }

    public long ListBytes { get; }

    /// <summary>One for every 64 positions and one for the end.</summary>
    public int Marks => ((Count + MarkEvery - 1) / MarkEvery) + 1;

    public int KeyBytes => (Count * sizeof(ushort)) + Padding;

    public int AllLinkBytes => (Count * LinkBytes) + Padding;

    public long Starts(int slot) => lists + (slot * ListBytes);

    public long MarksOf(int slot) => Starts(slot) + marks;

    public long Keys(int slot) => Starts(slot) + keys;

    public long Links(int slot) => Starts(slot) + links;

    public byte[] Header(ReadOnlySpan<byte> bodyDigest)
    {
        byte[] header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(0x10), Count);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(0x14), Listed ? 1 : 0);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(0x18), Length);
        bodyDigest.CopyTo(header.AsSpan(0x20));
        SHA256.HashData(header.AsSpan(0, 0x40), header.AsSpan(0x40, 32));
        return header;
    }

    /// <summary>Reads a header; null where it is none or its checksum does not fit.</summary>
    public static PdqSegmentLayout? Read(ReadOnlySpan<byte> header)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(header[..0x40], digest);
        int count = BinaryPrimitives.ReadInt32LittleEndian(header[0x10..]), listed = BinaryPrimitives.ReadInt32LittleEndian(header[0x14..]);
        if (!header.StartsWith(Magic) || !digest.SequenceEqual(header.Slice(0x40, 32)) || count is < 1 or > MaxHashes || listed is < 0 or > 1)
        {
            return null;
        }

        PdqSegmentLayout layout = new(count, listed == 1);
        return BinaryPrimitives.ReadInt64LittleEndian(header[0x18..]) == layout.Length ? layout : null;
    }

    public static long Aligned(long offset) => (offset + 63) & ~63L;
}
