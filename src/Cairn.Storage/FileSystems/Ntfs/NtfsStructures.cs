using System.Buffers.Binary;
using Cairn.Core;

namespace Cairn.Storage.FileSystems.Ntfs;

/// <summary>Attribute type codes.</summary>
internal static class AttributeType
{
    public const uint StandardInformation = 0x10;
    public const uint AttributeList = 0x20;
    public const uint FileName = 0x30;
    public const uint ObjectId = 0x40;
    public const uint VolumeName = 0x60;
    public const uint VolumeInformation = 0x70;
    public const uint Data = 0x80;
    public const uint IndexRoot = 0x90;
    public const uint IndexAllocation = 0xA0;
    public const uint Bitmap = 0xB0;
    public const uint ReparsePoint = 0xC0;
    public const uint ExtendedAttributes = 0xE0;
    public const uint LoggedUtilityStream = 0x100;
    public const uint End = 0xFFFFFFFF;
}

/// <summary>Record numbers of the metadata files.</summary>
internal static class MetadataFile
{
    public const long Mft = 0;
    public const long Volume = 3;
    public const long Root = 5;
    public const long Bitmap = 6;

    /// <summary>Records below this one are reserved for metadata files; some are in use without a name.</summary>
    public const long FirstUser = 24;
}

/// <summary>A file reference: record number in the low 48 bits, its sequence number in the high 16.</summary>
internal readonly record struct FileReference(ulong Raw)
{
    public long Record => (long)(Raw & 0xFFFF_FFFF_FFFF);

    public ushort Sequence => (ushort)(Raw >> 48);
}

/// <summary>
/// An MFT record with its fixups undone. The constructor's caller has made sure that it is at least <see cref="HeaderLength"/> bytes.
/// </summary>
internal readonly ref struct RecordView(ReadOnlySpan<byte> data)
{
    public const int HeaderLength = 48;
    private readonly ReadOnlySpan<byte> data = data;

    /// <summary>0x10. Counts the uses of the record; raised when the file is deleted.</summary>
    public ushort Sequence => BinaryPrimitives.ReadUInt16LittleEndian(data[0x10..]);

    /// <summary>0x12. Names of the file.</summary>
    public ushort LinkCount => BinaryPrimitives.ReadUInt16LittleEndian(data[0x12..]);

    /// <summary>0x14. Offset of the first attribute.</summary>
    public ushort FirstAttribute => BinaryPrimitives.ReadUInt16LittleEndian(data[0x14..]);

    /// <summary>0x16. 1 in use, 2 directory.</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(data[0x16..]);

    /// <summary>0x20. The record this one extends; 0 for a base record.</summary>
    public FileReference Base => new(BinaryPrimitives.ReadUInt64LittleEndian(data[0x20..]));

    public bool InUse => (Flags & 1) != 0;

    public bool IsDirectory => (Flags & 2) != 0;
}

/// <summary>One attribute, header and value; made only by <see cref="AttributeWalk"/>, which checks lengths.</summary>
internal readonly ref struct AttributeView(ReadOnlySpan<byte> data)
{
    public const int ResidentHeader = 24;
    public const int NonResidentHeader = 64;
    private readonly ReadOnlySpan<byte> data = data;

    /// <summary>0x00.</summary>
    public uint Type => BinaryPrimitives.ReadUInt32LittleEndian(data);

    /// <summary>0x08. 0 for a value in the record itself.</summary>
    public bool NonResident => data[8] != 0;

    /// <summary>0x0C. 0x00FF compression, 0x4000 encrypted, 0x8000 sparse.</summary>
    public ushort Flags => BinaryPrimitives.ReadUInt16LittleEndian(data[12..]);

    /// <summary>0x0E. Instance number within the record.</summary>
    public ushort Id => BinaryPrimitives.ReadUInt16LittleEndian(data[14..]);

    /// <summary>0x09 characters at 0x0A; empty where the name passes the attribute's end.</summary>
    public ReadOnlySpan<byte> Name
    {
        get
        {
            int length = data[9] * 2;
            int offset = BinaryPrimitives.ReadUInt16LittleEndian(data[10..]);
            return offset + length <= data.Length ? data.Slice(offset, length) : [];
        }
    }

    /// <summary>0x10 bytes at 0x14 of a resident attribute.</summary>
    public ReadOnlySpan<byte> Value =>
        data.Slice(BinaryPrimitives.ReadUInt16LittleEndian(data[0x14..]), (int)BinaryPrimitives.ReadUInt32LittleEndian(data[0x10..]));

    /// <summary>0x10. First virtual cluster that this piece maps.</summary>
    public long StartVcn => BinaryPrimitives.ReadInt64LittleEndian(data[0x10..]);

    /// <summary>0x18. Last virtual cluster that this piece maps.</summary>
    public long LastVcn => BinaryPrimitives.ReadInt64LittleEndian(data[0x18..]);

    /// <summary>0x20. The run list.</summary>
    public ReadOnlySpan<byte> Runs => data[BinaryPrimitives.ReadUInt16LittleEndian(data[0x20..])..];

    /// <summary>0x22. Clusters of a compression unit as a power of two; 0 where not compressed.</summary>
    public int CompressionUnit => BinaryPrimitives.ReadUInt16LittleEndian(data[0x22..]);

    /// <summary>0x30. Size in bytes.</summary>
    public long Size => BinaryPrimitives.ReadInt64LittleEndian(data[0x30..]);

    /// <summary>0x38. Bytes ever written.</summary>
    public long InitialisedSize => BinaryPrimitives.ReadInt64LittleEndian(data[0x38..]);

    public bool IsCompressed => (Flags & 0x00FF) != 0;

    public bool IsEncrypted => (Flags & 0x4000) != 0;

    public bool IsSparse => (Flags & 0x8000) != 0;
}

/// <summary>Goes through the attributes of one record and ends at the first that does not hold.</summary>
internal ref struct AttributeWalk
{
    private readonly ReadOnlySpan<byte> record;
    private int next;

    public AttributeWalk(ReadOnlySpan<byte> record)
    {
        this.record = record;
        next = new RecordView(record).FirstAttribute;
        Damage = null;
        if (next < 0x28)
        {
            Damage = $"offset of the first attribute is {next}";
            next = record.Length;
        }
    }

    /// <summary>Why it ended early, or null.</summary>
    public string? Damage { get; private set; }

    /// <summary>Offset in the record of the attribute that <see cref="MoveNext"/> found.</summary>
    public int Offset { get; private set; }

    /// <summary>Its length.</summary>
    public int Length { get; private set; }

    public readonly AttributeView Current => new(record.Slice(Offset, Length));

    public bool MoveNext()
    {
        if (next > record.Length - 8)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = record[next..];
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        if (type == AttributeType.End || length == 0)
        {
            next = record.Length;
            return false;
        }

        string? wrong = Check(rest, type, length);
        if (wrong is not null)
        {
            Damage = $"attribute 0x{type:X} at offset {next} of the record: {wrong}";
            next = record.Length;
            return false;
        }

        Offset = next;
        Length = (int)length;
        next += (int)length;
        return true;
    }

    private static string? Check(ReadOnlySpan<byte> rest, uint type, uint length)
    {
        if (type == 0)
        {
            return "type is 0";
        }

        if (length > (uint)rest.Length || length < AttributeView.ResidentHeader)
        {
            return $"length {length} where {rest.Length} bytes are left";
        }

        if (rest[8] == 0)
        {
            long end = (long)BinaryPrimitives.ReadUInt16LittleEndian(rest[0x14..]) + BinaryPrimitives.ReadUInt32LittleEndian(rest[0x10..]);
            return end > length ? $"value ends at {end} of {length} bytes" : null;
        }

        if (length < AttributeView.NonResidentHeader)
        {
            return $"length {length} is less than a non-resident header";
        }

        int runs = BinaryPrimitives.ReadUInt16LittleEndian(rest[0x20..]);
        return runs < 0x40 || runs > length ? $"run list at {runs} of {length} bytes" : null;
    }
}

/// <summary>A $FILE_NAME value, in a record or as a key of a directory index.</summary>
internal readonly ref struct FileNameView
{
    public const int FixedLength = 66;
    public const byte Dos = 2;
    private readonly ReadOnlySpan<byte> data;

    private FileNameView(ReadOnlySpan<byte> data) => this.data = data;

    /// <summary>0x00. The directory.</summary>
    public FileReference Parent => new(BinaryPrimitives.ReadUInt64LittleEndian(data));

    public EntryTimes Times => new(Time(0x10), Time(0x20), Time(0x18), Time(0x08));

    /// <summary>0x28.</summary>
    public long AllocatedSize => BinaryPrimitives.ReadInt64LittleEndian(data[0x28..]);

    /// <summary>0x30.</summary>
    public long RealSize => BinaryPrimitives.ReadInt64LittleEndian(data[0x30..]);

    /// <summary>0x38. DOS attributes; 0x10000000 for a directory.</summary>
    public uint Flags => BinaryPrimitives.ReadUInt32LittleEndian(data[0x38..]);

    /// <summary>0x41. 0 POSIX, 1 Win32, 2 DOS, 3 Win32 and DOS.</summary>
    public byte Namespace => data[0x41];

    /// <summary>0x42. UTF-16LE, 0x40 characters.</summary>
    public ReadOnlySpan<byte> Name => data.Slice(FixedLength, data[0x40] * 2);

    public static bool TryRead(ReadOnlySpan<byte> value, out FileNameView name)
    {
        if (value.Length < FixedLength || value.Length < FixedLength + (value[0x40] * 2))
        {
            name = default;
            return false;
        }

        name = new FileNameView(value);
        return true;
    }

    /// <summary>The value's own bytes.</summary>
    public byte[] Copy() => data[..(FixedLength + (data[0x40] * 2))].ToArray();

    /// <summary>Raw FILETIME at <paramref name="offset"/>.</summary>
    public long RawTime(int offset) => BinaryPrimitives.ReadInt64LittleEndian(data[offset..]);

    private EvidenceTime Time(int offset) => new(BinaryPrimitives.ReadInt64LittleEndian(data[offset..]), TimeKind.FileTime);
}

/// <summary>Reading of UTF-16 names.</summary>
internal static class NtfsName
{
    /// <summary>
    /// The text of a name. Unpaired surrogates, NUL and '/' become U+FFFD; <paramref name="exact"/> is then false and the caller keeps the bytes.
    /// </summary>
    public static string Text(ReadOnlySpan<byte> utf16, out bool exact)
    {
        Span<char> chars = stackalloc char[256];
        int count = Decode(utf16, chars, out exact);
        return new string(chars[..count]);
    }

    /// <summary>As <see cref="Text"/>, into <paramref name="target"/>, which holds 255 characters at least.</summary>
    public static int Decode(ReadOnlySpan<byte> utf16, Span<char> target, out bool exact)
    {
        int count = Math.Min(utf16.Length / 2, target.Length);
        for (int i = 0; i < count; i++)
        {
            target[i] = (char)BinaryPrimitives.ReadUInt16LittleEndian(utf16[(i * 2)..]);
        }

        Span<char> name = target[..count];
        exact = true;
        if (name.IndexOfAnyInRange('\uD800', '\uDFFF') < 0 && name.IndexOfAny('/', '\0') < 0)
        {
            return count;
        }

        for (int i = 0; i < count; i++)
        {
            if (char.IsHighSurrogate(name[i]) && i + 1 < count && char.IsLowSurrogate(name[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(name[i]) || name[i] is '/' or '\0')
            {
                name[i] = '\uFFFD';
                exact = false;
            }
        }

        return count;
    }
}
