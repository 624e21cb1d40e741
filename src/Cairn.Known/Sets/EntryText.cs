using System.Buffers.Binary;
using System.Text;

namespace Cairn.Known.Sets;

/// <summary>
/// What an entry says, as it is stored: a byte for the meaning, then identity, category, detail, who vouched and when, each its length in
/// bytes (16 bits) and UTF-8; length 0 for none.
/// </summary>
internal static class EntryText
{
    private const int LongestField = 1_000;

    public static byte[] Write(KnownMeaning meaning, string? id, string? category, string? detail, string? by, string? at)
    {
        using MemoryStream bytes = new();
        bytes.WriteByte((byte)meaning);
        Span<byte> length = stackalloc byte[sizeof(ushort)];
        foreach (string? field in (ReadOnlySpan<string?>)[id, category, detail, by, at])
        {
            byte[] text = Encoding.UTF8.GetBytes(Shortened(field));
            BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)text.Length);
            bytes.Write(length);
            bytes.Write(text);
        }

        return bytes.ToArray();
    }

    /// <summary>The entry with number <paramref name="index"/>; null where the bytes are none.</summary>
    public static KnownEntry? Read(ReadOnlySpan<byte> bytes, int index)
    {
        if (bytes.IsEmpty || bytes[0] > (byte)KnownMeaning.Ignorable)
        {
            return null;
        }

        KnownMeaning meaning = (KnownMeaning)bytes[0];
        bytes = bytes[1..];
        Span<Range> fields = stackalloc Range[5];
        int at = 0;
        for (int i = 0; i < fields.Length; i++)
        {
            if (bytes.Length - at < sizeof(ushort))
            {
                return null;
            }

            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            at += sizeof(ushort);
            if (length > bytes.Length - at)
            {
                return null;
            }

            fields[i] = at..(at + length);
            at += length;
        }

        return new KnownEntry(index, Text(bytes[fields[0]]) ?? $"#{index + 1}", meaning, Text(bytes[fields[1]]), Text(bytes[fields[2]]), Text(bytes[fields[3]]), Text(bytes[fields[4]]));
    }

    private static string? Text(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes);

    /// <summary>A field as it is kept: at most 1,000 characters, not ended between the halves of one.</summary>
    public static string Shortened(string? field) =>
        field is null ? "" : field.Length <= LongestField ? field : field[..(char.IsHighSurrogate(field[LongestField - 1]) ? LongestField - 1 : LongestField)];
}
