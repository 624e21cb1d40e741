using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Fat;

/// <summary>A 32-byte directory entry. Offsets as in Microsoft's specification.</summary>
internal readonly struct FatSlot
{
    /// <summary>Bytes of an entry.</summary>
    public const int Bytes = 32;

    /// <summary>Bytes of a directory that the specification allows: 65,536 entries.</summary>
    public const long DirectoryBytes = 2L << 20;

    /// <summary>First byte of an entry that is not in use any more.</summary>
    public const byte DeletedMark = 0xE5;

    private const byte VolumeLabel = 0x08;
    private const byte DirectoryBit = 0x10;

    /// <summary>0x0B. Attributes.</summary>
    public byte Attributes { get; }

    /// <summary>0x00. First byte of the name.</summary>
    public byte First { get; }

    /// <summary>0x14 and 0x1A. First cluster, 0 where none.</summary>
    public uint Cluster { get; }

    /// <summary>0x1C. Bytes of the content; 0 for directories.</summary>
    public uint Size { get; }

    private readonly byte cases;
    private readonly byte hundredths;
    private readonly ushort createdTime, createdDate, accessedDate, writtenTime, writtenDate;

    /// <summary>Reads the entry.</summary>
    public FatSlot(ReadOnlySpan<byte> slot, FatKind kind)
    {
        First = slot[0];
        Attributes = slot[11];
        cases = slot[12];
        hundredths = slot[13];
        createdTime = BinaryPrimitives.ReadUInt16LittleEndian(slot[14..]);
        createdDate = BinaryPrimitives.ReadUInt16LittleEndian(slot[16..]);
        accessedDate = BinaryPrimitives.ReadUInt16LittleEndian(slot[18..]);
        writtenTime = BinaryPrimitives.ReadUInt16LittleEndian(slot[22..]);
        writtenDate = BinaryPrimitives.ReadUInt16LittleEndian(slot[24..]);
        uint high = kind == FatKind.Fat32 ? BinaryPrimitives.ReadUInt16LittleEndian(slot[20..]) : 0u;
        Cluster = ((high << 16) | BinaryPrimitives.ReadUInt16LittleEndian(slot[26..])) & 0x0FFFFFFF;
        Size = BinaryPrimitives.ReadUInt32LittleEndian(slot[28..]);
    }

    /// <summary>Whether the mark of deletion is set.</summary>
    public bool IsDeleted => First == DeletedMark;

    /// <summary>A piece of a long name.</summary>
    public bool IsLongName => (Attributes & 0x3F) == 0x0F;

    /// <summary>The label of the volume.</summary>
    public bool IsLabel => !IsLongName && (Attributes & (VolumeLabel | DirectoryBit)) == VolumeLabel;

    /// <summary>A directory.</summary>
    public bool IsDirectory => (Attributes & DirectoryBit) != 0;

    /// <summary>The four times; FAT has no time of change.</summary>
    public EntryTimes Times => new(
        Time(writtenDate, writtenTime, 0),
        Time(accessedDate, 0, 0),
        EvidenceTime.None,
        Time(createdDate, createdTime, hundredths));

    /// <summary>Whether times, cluster and size are all zero, as in no entry that a system has written.</summary>
    public bool IsBlank => createdTime == 0 && createdDate == 0 && accessedDate == 0 && writtenTime == 0 && writtenDate == 0 && Cluster == 0 && Size == 0;

    /// <summary>Whether the numbers fit the volume: cluster in range, size within it, content only with a cluster.</summary>
    public bool Fits(FatBootSector boot, uint endMark) =>
        (Cluster <= boot.LastCluster || Cluster >= endMark) && Size <= (ulong)boot.ClusterCount * (ulong)boot.ClusterSize && (Size == 0 || Cluster != 0);

    /// <summary>Whether every field has a value that a system would write: the test for bytes that nothing says are a directory.</summary>
    public bool IsPlausible(ReadOnlySpan<byte> slot, FatBootSector boot, uint endMark)
    {
        if ((cases & ~0x18) != 0 || (Attributes & 0xC0) != 0 || ((Attributes & VolumeLabel) != 0 && (Attributes & 0x31) != 0) || hundredths > 200)
        {
            return false;
        }

        return TimeHolds(createdTime) && TimeHolds(writtenTime) && DateHolds(createdDate) && DateHolds(accessedDate) && DateHolds(writtenDate)
            && Fits(boot, endMark) && NameHolds(slot, Attributes) && !IsBlank;
    }

    /// <summary>Whether the 11 bytes may be an 8.3 name, padding at the ends of the two parts only.</summary>
    public static bool NameHolds(ReadOnlySpan<byte> slot, byte attributes)
    {
        byte first = slot[0];
        if (first == 0x20 || (first is not (0x05 or (byte)'.') && !FatNames.MayBeInShortName(first)))
        {
            return false;
        }

        if (slot[1] == (byte)'.' ? first != (byte)'.' : !FatNames.MayBeInShortName(slot[1]))
        {
            return false;
        }

        for (int i = 2; i < 11; i++)
        {
            if (!FatNames.MayBeInShortName(slot[i]))
            {
                return false;
            }
        }

        if ((attributes & VolumeLabel) != 0)
        {
            return true;
        }

        for (int i = 1; i < 7; i++)
        {
            if (slot[i] == 0x20 && slot[i + 1] != 0x20)
            {
                return false;
            }
        }

        return slot[9] != 0x20 || slot[10] == 0x20;
    }

    private static EvidenceTime Time(ushort date, ushort time, byte hundredths) =>
        date == 0 ? EvidenceTime.None : new EvidenceTime(((long)date << 24) | ((long)time << 8) | hundredths, TimeKind.FatLocal);

    private static bool TimeHolds(ushort time) => (time & 31) <= 30 && ((time >> 5) & 63) <= 59 && time >> 11 <= 23;

    private static bool DateHolds(ushort date) => date == 0 || ((date & 31) >= 1 && ((date >> 5) & 15) is >= 1 and <= 12);
}

/// <summary>Puts the pieces of a long name together as they come, last piece first.</summary>
internal sealed class LongName
{
    private const int PieceLength = 13;
    private readonly char[] text = new char[20 * PieceLength];
    private int start = 20 * PieceLength;
    private int next;
    private byte checksum;

    /// <summary>Whether pieces are waiting for their entry.</summary>
    public bool Pending => start < text.Length;

    /// <summary>Whether the waiting pieces carry the mark of deletion, which takes the place of their order.</summary>
    public bool Deleted { get; private set; }

    /// <summary>Volume offset of the first piece.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether all pieces down to the first have come.</summary>
    public bool Complete => Pending && (Deleted || next == 0);

    /// <summary>The checksum that the pieces carry.</summary>
    public byte Checksum => checksum;

    /// <summary>The characters so far, up to the terminator.</summary>
    public ReadOnlySpan<char> Characters
    {
        get
        {
            ReadOnlySpan<char> all = text.AsSpan(start);
            int end = all.IndexOf('\0');
            return end < 0 ? all : all[..end];
        }
    }

    /// <summary>Forgets what is waiting.</summary>
    public void Reset()
    {
        start = text.Length;
        next = 0;
    }

    /// <summary>Takes a piece. False where what waited before is cut off by it (<paramref name="lost"/> is its text) or the piece has no beginning.</summary>
    public bool Take(ReadOnlySpan<byte> slot, long offset, out string? lost)
    {
        lost = null;
        byte order = slot[0];
        byte sum = slot[13];
        if (order == FatSlot.DeletedMark)
        {
            if (!Pending || !Deleted || checksum != sum || start < PieceLength)
            {
                lost = Pending ? FatNames.Long(Characters, out _) : null;
                Begin(true, 0, sum, offset);
            }
        }
        else if ((order & 0x40) != 0)
        {
            lost = Pending ? FatNames.Long(Characters, out _) : null;
            int pieces = order & 0x3F;
            if (pieces is 0 or > 20)
            {
                Reset();
                return false;
            }

            Begin(false, pieces, sum, offset);
        }
        else if (!Pending || Deleted || order != next || checksum != sum || next == 0)
        {
            lost = Pending ? FatNames.Long(Characters, out _) : null;
            Reset();
            return false;
        }

        start -= PieceLength;
        Span<char> piece = text.AsSpan(start, PieceLength);
        for (int i = 0; i < PieceLength; i++)
        {
            // 0x01, 0x0E and 0x1C. 5, 6 and 2 characters.
            int at = i < 5 ? 1 + (2 * i) : i < 11 ? 14 + (2 * (i - 5)) : 28 + (2 * (i - 11));
            piece[i] = (char)(slot[at] | (slot[at + 1] << 8));
        }

        if (!Deleted)
        {
            next--;
        }

        return lost is null;
    }

    private void Begin(bool deleted, int pieces, byte sum, long offset)
    {
        Reset();
        Deleted = deleted;
        next = pieces;
        checksum = sum;
        Offset = offset;
    }
}
