using System.Buffers.Binary;
using System.Numerics;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.ExFat;

/// <summary>
/// A file's directory entries as they come: the file entry, its stream extension, its name. Offsets are those of the specification,
/// sections 7.4, 7.6 and 7.7.
/// </summary>
internal sealed class ExFatEntrySet
{
    /// <summary>Bytes of one entry.</summary>
    public const int EntryBytes = 32;

    /// <summary>Type of a file entry, without the bit that says it is in use.</summary>
    public const int File = 0x05;

    /// <summary>Type of a stream extension.</summary>
    public const int StreamExtension = 0x40;

    /// <summary>Type of a file name entry.</summary>
    public const int FileName = 0x41;

    /// <summary>The bit of a type that says the entry is in use.</summary>
    public const int InUseBit = 0x80;

    private const int CharactersPerName = 15;
    private const int EntriesAtMost = 256;
    private readonly byte[] data = new byte[EntriesAtMost * EntryBytes];
    private readonly char[] name = new char[255];
    private int count;

    /// <summary>Whether a set has begun.</summary>
    public bool Pending => count > 0;

    /// <summary>Whether all entries that the file entry announces have come.</summary>
    public bool IsComplete => count > 0 && count == 1 + data[1];

    /// <summary>Volume offset of the file entry.</summary>
    public long Offset { get; private set; }

    /// <summary>Whether the file entry lies in a cluster that the bitmap says is in use, in a directory in use.</summary>
    public bool Live { get; private set; }

    /// <summary>0x00 of the file entry, bit 7.</summary>
    public bool InUse => (data[0] & InUseBit) != 0;

    /// <summary>Whether the stream extension has come.</summary>
    public bool HasStream => count > 1;

    /// <summary>0x04. DOS attributes.</summary>
    public int Attributes => BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(4));

    /// <summary>Attribute bit 4.</summary>
    public bool IsDirectory => (Attributes & 0x10) != 0;

    /// <summary>Whether all times are zero, as no system writes them.</summary>
    public bool TimesAreZero => data.AsSpan(8, 14).IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Stream 0x01, bit 1: one run, the FAT says nothing of it.</summary>
    public bool NoFatChain => (data[EntryBytes + 1] & 2) != 0;

    /// <summary>Stream 0x03. Characters of the name.</summary>
    public int NameLength => data[EntryBytes + 3];

    /// <summary>Stream 0x04. Hash of the name in upper case.</summary>
    public int NameHash => BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(EntryBytes + 4));

    /// <summary>Stream 0x08. Bytes written.</summary>
    public ulong ValidLength => BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(EntryBytes + 8));

    /// <summary>Stream 0x14. First cluster.</summary>
    public uint Cluster => BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(EntryBytes + 20));

    /// <summary>Stream 0x18. Bytes of the content.</summary>
    public ulong Size => BinaryPrimitives.ReadUInt64LittleEndian(data.AsSpan(EntryBytes + 24));

    /// <summary>The four times; exFAT has no time of change.</summary>
    public EntryTimes Times => new(Time(12, data[21], data[23]), Time(16, 0, data[24]), EvidenceTime.None, Time(8, data[20], data[22]));

    /// <summary>The name's characters, as many as came.</summary>
    public ReadOnlySpan<char> Name
    {
        get
        {
            int length = 0;
            int wanted = HasStream ? NameLength : 0;
            for (int entry = 2; entry < count && (data[entry * EntryBytes] & 0x7F) == FileName && length < wanted; entry++)
            {
                int here = Math.Min(CharactersPerName, wanted - length);
                for (int i = 0; i < here; i++)
                {
                    name[length++] = (char)BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan((entry * EntryBytes) + 2 + (2 * i)));
                }
            }

            ReadOnlySpan<char> all = name.AsSpan(0, length);
            int end = all.IndexOf('\0');
            return end < 0 ? all : all[..end];
        }
    }

    /// <summary>0x02. Whether the set's checksum holds. Deleting clears the in-use bits and leaves the checksum, so they count as set.</summary>
    public bool ChecksumHolds()
    {
        ushort stored = BinaryPrimitives.ReadUInt16LittleEndian(data.AsSpan(2));
        return Checksum(true) == stored || (!InUse && Checksum(false) == stored);
    }

    /// <summary>Forgets what is waiting.</summary>
    public void Reset() => count = 0;

    /// <summary>Begins with a file entry.</summary>
    public void Begin(ReadOnlySpan<byte> entry, long offset, bool live)
    {
        entry.CopyTo(data);
        count = 1;
        Offset = offset;
        Live = live;
    }

    /// <summary>Takes an entry where it can follow the ones before; false where it cannot.</summary>
    public bool TryAdd(ReadOnlySpan<byte> entry)
    {
        int type = entry[0] & 0x7F;
        if (count == 0 || IsComplete || ((entry[0] ^ data[0]) & InUseBit) != 0 || (entry[0] & 0x40) == 0)
        {
            return false;
        }

        if (count == 1 ? type != StreamExtension : count == 2 && type != FileName)
        {
            return false;
        }

        if (count > 2 && type == StreamExtension)
        {
            return false;
        }

        entry.CopyTo(data.AsSpan(count * EntryBytes));
        count++;
        return true;
    }

    /// <summary>The hash of a name whose characters are in upper case already.</summary>
    public static ushort Hash(ReadOnlySpan<char> name, ReadOnlySpan<char> upper)
    {
        ushort hash = 0;
        foreach (char c in name)
        {
            char u = upper.Length > c ? upper[c] : c;
            hash = (ushort)(RotateRight(hash) + (u & 0xFF));
            hash = (ushort)(RotateRight(hash) + (u >> 8));
        }

        return hash;
    }

    private static ushort RotateRight(ushort value) => (ushort)((value >> 1) | (value << 15));

    private ushort Checksum(bool asInUse)
    {
        ushort sum = 0;
        for (int i = 0; i < count * EntryBytes; i++)
        {
            if (i is 2 or 3)
            {
                continue;
            }

            byte b = data[i];
            if (asInUse && i % EntryBytes == 0)
            {
                b |= InUseBit;
            }

            sum = (ushort)(RotateRight(sum) + b);
        }

        return sum;
    }

    private EvidenceTime Time(int at, byte hundredths, byte zone)
    {
        uint stamp = BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(at));
        return stamp == 0 ? EvidenceTime.None : new EvidenceTime(((long)stamp << 16) | ((long)hundredths << 8) | zone, TimeKind.ExFat);
    }

    /// <summary>Checksum of an up-case table.</summary>
    public static uint TableChecksum(uint sum, ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            sum = BitOperations.RotateRight(sum, 1) + b;
        }

        return sum;
    }
}
