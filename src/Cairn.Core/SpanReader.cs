using System.Buffers.Binary;

namespace Cairn.Core;

/// <summary>
/// Reads named fields from bytes of evidence, endianness in the method's name. Reading past the end throws
/// <see cref="MalformedDataException"/> with the field, the offset, what was needed and what was there.
/// </summary>
public ref struct SpanReader
{
    private readonly ReadOnlySpan<byte> data;
    private readonly long origin;

    /// <summary>Reads <paramref name="data"/>; <paramref name="origin"/> is the offset of its first byte in the evidence, for messages.</summary>
    public SpanReader(ReadOnlySpan<byte> data, long origin = 0)
    {
        this.data = data;
        this.origin = origin;
        Position = 0;
    }

    /// <summary>Bytes from the start of the data.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes in all.</summary>
    public readonly int Length => data.Length;

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => data.Length - Position;

    /// <summary>Moves to <paramref name="position"/>, which may be the end but not past it.</summary>
    public void Seek(int position, string field)
    {
        if ((uint)position > (uint)data.Length)
        {
            throw new MalformedDataException(field, origin + position, $"a position within {data.Length} bytes", $"{position}");
        }

        Position = position;
    }

    /// <summary>Passes over <paramref name="count"/> bytes.</summary>
    public void Skip(int count, string field) => Take(count, field);

    /// <summary>The next <paramref name="count"/> bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int count, string field) => Take(count, field);

    /// <summary>One byte.</summary>
    public byte U8(string field) => Take(1, field)[0];

    /// <summary>16 bits, little-endian.</summary>
    public ushort U16Le(string field) => BinaryPrimitives.ReadUInt16LittleEndian(Take(2, field));

    /// <summary>32 bits, little-endian.</summary>
    public uint U32Le(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, field));

    /// <summary>64 bits, little-endian.</summary>
    public ulong U64Le(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, field));

    /// <summary>64 bits, signed, little-endian.</summary>
    public long I64Le(string field) => BinaryPrimitives.ReadInt64LittleEndian(Take(8, field));

    /// <summary>32 bits, signed, little-endian.</summary>
    public int I32Le(string field) => BinaryPrimitives.ReadInt32LittleEndian(Take(4, field));

    /// <summary>16 bits, big-endian.</summary>
    public ushort U16Be(string field) => BinaryPrimitives.ReadUInt16BigEndian(Take(2, field));

    /// <summary>32 bits, big-endian.</summary>
    public uint U32Be(string field) => BinaryPrimitives.ReadUInt32BigEndian(Take(4, field));

    /// <summary>64 bits, big-endian.</summary>
    public ulong U64Be(string field) => BinaryPrimitives.ReadUInt64BigEndian(Take(8, field));

    private ReadOnlySpan<byte> Take(int count, string field)
    {
        if ((uint)count > (uint)(data.Length - Position))
        {
            throw new MalformedDataException(field, origin + Position, $"{count} bytes", $"{data.Length - Position}");
        }

        ReadOnlySpan<byte> taken = data.Slice(Position, count);
        Position += count;
        return taken;
    }
}
