using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>
/// Directories of a TIFF structure: EXIF blocks, TIFF files and the camera raw formats made of it. Every directory is read once, from a
/// list rather than by recursion, so that neither loops nor depth cost anything.
/// Source: TIFF 6.0; CIPA DC-008 (EXIF 3.0), 4.5 and 4.6; BigTIFF; DNG 1.7.
/// </summary>
internal sealed class TiffReader
{
    private const int Directories = 200;
    private const int EntriesInAll = 20_000;
    private const int Numbers = 64;

    private static readonly int[] Sizes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

    private readonly IByteSource source;
    private readonly MetadataCollector collector;
    private readonly Queue<(long Offset, string Group)> waiting = new();
    private readonly HashSet<(long Offset, long Origin)> seen = [];
    private bool isBig;
    private bool isPanasonic;
    private int entriesLeft = EntriesInAll;

    public TiffReader(IByteSource source, MetadataCollector collector) => (this.source, this.collector) = (source, collector);

    /// <summary>Reads from the header at the start of the source. <paramref name="isFile"/> where it is the picture itself, whose size it states.</summary>
    public void Read(bool isFile, string first = "IFD0")
    {
        Span<byte> header = stackalloc byte[16];
        int have = source.ReadAt(0, header);
        SpanReader reader = new(header[..have]);
        bool little = reader.Bytes(2, "byte order") switch
        {
            [(byte)'I', (byte)'I'] => true,
            [(byte)'M', (byte)'M'] => false,
            _ => throw new MalformedDataException("byte order", 0, "II or MM", Convert.ToHexString(header[..Math.Min(2, have)])),
        };
        int magic = little ? reader.U16Le("magic") : reader.U16Be("magic");
        long offset;
        if (magic == 43)
        {
            isBig = true;
            reader.Skip(4, "offset size");
            offset = (long)(little ? reader.U64Le("first directory") : reader.U64Be("first directory"));
        }
        else
        {
            isPanasonic = magic == 0x55;
            // 42; Panasonic writes 0x55, Olympus 0x4F52 and 0x5352.
            offset = little ? reader.U32Le("first directory") : reader.U32Be("first directory");
            if (magic is not (42 or 0x55 or 0x4F52 or 0x5352))
            {
                throw new MalformedDataException("magic", 2, "42", $"{magic}");
            }
        }

        if (first == "Canon")
        {
            MakerNotes.ReadCanon(this, offset, little);
            return;
        }

        waiting.Enqueue((offset, first));
        string? make = null;
        (long At, long Length)? makerNote = null;
        while (waiting.TryDequeue(out (long Offset, string Group) next))
        {
            if (seen.Count == Directories)
            {
                collector.Report(ProblemKind.LimitReached, next.Group, $"more than {Directories} directories");
                return;
            }

            List<Entry> entries = Entries(next.Offset, 0, little, next.Group, out long following);
            if (following > 0 && next.Group.StartsWith("IFD", StringComparison.Ordinal) && int.TryParse(next.Group.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                waiting.Enqueue((following, $"IFD{number + 1}"));
            }

            Take(entries, next.Group, isFile, ref make, ref makerNote);
        }

        if (makerNote is (long at, long length))
        {
            MakerNotes.Read(this, at, length, little, make ?? "");
        }
    }

    /// <summary>Bytes from <paramref name="offset"/>, fewer where the source ends.</summary>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        if (offset < 0 || offset >= source.Length)
        {
            return [];
        }

        byte[] bytes = new byte[(int)Math.Min(count, source.Length - offset)];
        return bytes.AsSpan(0, source.ReadAt(offset, bytes));
    }

    /// <summary>
    /// Entries of the directory at <paramref name="offset"/>; offsets of values count from <paramref name="origin"/>. Damage is reported
    /// and costs the entries behind it.
    /// </summary>
    public List<Entry> Entries(long offset, long origin, bool little, string group, out long following, bool isMaker = false)
    {
        following = 0;
        List<Entry> entries = [];
        bool big = isBig && !isMaker;
        if (collector.IsFull || !seen.Add((offset, origin)))
        {
            return entries;
        }

        ReadOnlySpan<byte> head = Bytes(offset, big ? 8 : 2);
        if (head.Length < (big ? 8 : 2))
        {
            collector.Report(ProblemKind.Malformed, group, "its directory lies outside the file", offset);
            return entries;
        }

        ulong stated = big ? U64(head, little) : U16(head, little);
        int width = big ? 20 : 12;
        int count = (int)Math.Min(stated, (ulong)entriesLeft);
        entriesLeft -= count;
        if ((ulong)count < stated)
        {
            collector.Report(ProblemKind.LimitReached, group, $"more than {EntriesInAll:N0} entries");
        }

        ReadOnlySpan<byte> table = Bytes(offset + head.Length, (count * width) + (big ? 8 : 4));
        for (int i = 0; i < count; i++)
        {
            if (table.Length < (i + 1) * width)
            {
                collector.Report(ProblemKind.Malformed, group, $"{count} entries are stated, {i} are there", offset);
                return entries;
            }

            ReadOnlySpan<byte> entry = table.Slice(i * width, width);
            int type = U16(entry[2..], little);
            ulong values = big ? U64(entry[4..], little) : U32(entry[4..], little);
            int unit = type < Sizes.Length ? Sizes[type] : 0;
            if (unit == 0 || values > long.MaxValue / 16)
            {
                continue; // types that nobody defined occur in real maker notes
            }

            long length = (long)values * unit;
            int inline = big ? 8 : 4;
            long at = length <= inline
                ? offset + head.Length + (i * width) + width - inline
                : origin + (long)(big ? U64(entry[12..], little) : U32(entry[8..], little));
            if (length > inline && (at < 0 || at > source.Length - length))
            {
                if (!isMaker)
                {
                    collector.Report(ProblemKind.Malformed, $"{group} tag 0x{U16(entry, little):x4}", "its value lies outside the file", offset);
                    continue;
                }

                // Programs that rewrite a file leave the offsets in maker notes behind; that is no damage of the file.
                continue;
            }

            entries.Add(new Entry(U16(entry, little), type, (long)values, at, length, little));
        }

        if (table.Length >= (count * width) + (big ? 8 : 4))
        {
            following = (long)(big ? U64(table[(count * width)..], little) : U32(table[(count * width)..], little));
        }

        return entries;
    }

    /// <summary>The value as text: characters, or numbers with spaces between; null for bytes without meaning.</summary>
    public string? Text(in Entry entry)
    {
        ReadOnlySpan<byte> bytes = Bytes(entry.At, (int)Math.Min(entry.Length, MetadataCollector.ValueBytes));
        if (entry.Type is 2 or 129)
        {
            return MetadataCollector.Text(bytes);
        }

        if (entry.Type is 7 || (entry.Type is 1 && entry.Count > 16))
        {
            return null;
        }

        int unit = Sizes[entry.Type];
        StringBuilder text = new();
        for (int i = 0; i < Math.Min(bytes.Length / unit, Numbers); i++)
        {
            text.Append(i == 0 ? "" : " ").Append(Number(bytes[(i * unit)..], entry));
        }

        return (entry.Count > Numbers ? text.Append(" ...") : text).ToString();
    }

    /// <summary>The value's first number, or null.</summary>
    public long? Whole(in Entry entry)
    {
        ReadOnlySpan<byte> bytes = Bytes(entry.At, 8);
        return entry.Type switch
        {
            1 when bytes.Length >= 1 => bytes[0],
            3 when bytes.Length >= 2 => U16(bytes, entry.Little),
            4 or 13 when bytes.Length >= 4 => U32(bytes, entry.Little),
            16 or 18 when bytes.Length >= 8 => (long)U64(bytes, entry.Little),
            _ => null,
        };
    }

    /// <summary>Adds what a maker's own directory says.</summary>
    public void Add(string group, string name, string? value)
    {
        if (value is not null)
        {
            collector.Add(group, name, value);
        }
    }

    private void Take(List<Entry> entries, string group, bool isFile, ref string? make, ref (long, long)? makerNote)
    {
        long width = 0, height = 0;
        string latitude = "", longitude = "";
        foreach (Entry entry in entries)
        {
            switch (entry.Tag)
            {
                case 0x8769 when group != "GPS":
                    Follow(entry, "ExifIFD");
                    continue;
                case 0x8825 when group != "GPS":
                    Follow(entry, "GPS");
                    continue;
                case 0xA005 when group != "GPS":
                    Follow(entry, "InteropIFD");
                    continue;
                case 0x014A when group != "GPS":
                    Follow(entry, "SubIFD");
                    continue;
                case 0x927C when group != "GPS":
                    makerNote = (entry.At, entry.Length);
                    continue;
                case 0x02BC when group != "GPS":
                    XmpReader.Read(Block(entry), collector);
                    continue;
                case 0x83BB when group != "GPS":
                    IptcReader.Read(Block(entry), collector);
                    continue;
                case 0x8649 when group != "GPS":
                    PhotoshopResources.Read(Block(entry), collector);
                    continue;
                case 0x002E when isPanasonic && isFile:
                    // JpgFromRaw: the camera's own JPEG, which holds the EXIF of the whole.
                    ReadPreview(entry);
                    continue;
                case 0xCD41 when group != "GPS":
                    collector.HasC2pa |= Jumbf.IsC2pa(Bytes(entry.At, 64));
                    continue;
                case 0x0100 when group != "GPS":
                    width = Whole(entry) ?? 0;
                    break;
                case 0x0101 when group != "GPS":
                    height = Whole(entry) ?? 0;
                    break;
                case 0x0202 when group.StartsWith("IFD", StringComparison.Ordinal):
                    collector.HasThumbnail |= Whole(entry) > 0 && group != "IFD0";
                    break;
            }

            string name = (group == "GPS" ? ExifTags.Gps(entry.Tag) : ExifTags.Exif(entry.Tag)) ?? $"0x{entry.Tag:x4}";
            string? value = entry.Tag switch
            {
                0x9286 when group != "GPS" => Comment(entry),
                >= 0x9C9B and <= 0x9C9F => Encoding.Unicode.GetString(Bytes(entry.At, (int)Math.Min(entry.Length, MetadataCollector.ValueBytes) & ~1)).TrimEnd('\0'),
                0x001B or 0x001C when group == "GPS" => Comment(entry),
                0x9000 or 0xA000 or 0x0002 when entry.Type == 7 => MetadataCollector.Text(Bytes(entry.At, (int)Math.Min(entry.Length, 32))),
                0x0007 when group == "GPS" => Text(entry)?.Replace(' ', ':'),
                _ => Text(entry),
            };
            collector.Add(group, name, value ?? $"({entry.Length} bytes)");
            if (group == "GPS" && entry.Tag is >= 1 and <= 4)
            {
                string raw = entry.Tag is 1 or 3 ? value ?? "" : Fractions(entry);
                _ = entry.Tag <= 2 ? latitude = $"{raw} {latitude}".Trim() : longitude = $"{raw} {longitude}".Trim();
            }

            if (entry.Tag == 0x010F && group == "IFD0")
            {
                make ??= value;
            }
        }

        if (latitude.Length + longitude.Length > 0)
        {
            collector.RawPlace ??= $"{latitude}, {longitude}";
        }

        if (isFile && (group is "IFD0" or "SubIFD"))
        {
            collector.Size(width, height);
        }
    }

    private void ReadPreview(in Entry entry)
    {
        if (!collector.Enter("preview", 0))
        {
            return;
        }

        try
        {
            PictureMetadata.ReadJpeg(new SubSource(source, entry.At, entry.Length), collector);
            collector.HasThumbnail = true;
        }
        finally
        {
            collector.Leave();
        }
    }

    private void Follow(in Entry entry, string group)
    {
        int unit = Sizes[entry.Type];
        ReadOnlySpan<byte> offsets = Bytes(entry.At, (int)Math.Min(entry.Length, 32 * 8));
        for (int i = 0; i + unit <= offsets.Length && unit is 4 or 8; i += unit)
        {
            long offset = unit == 8 ? (long)U64(offsets[i..], entry.Little) : U32(offsets[i..], entry.Little);
            waiting.Enqueue((offset, group));
        }
    }

    private byte[] Block(in Entry entry)
    {
        if (entry.Length > MetadataCollector.BlockBytes)
        {
            collector.Report(ProblemKind.LimitReached, $"tag 0x{entry.Tag:x4}", $"more than {MetadataCollector.BlockBytes >> 20} MiB");
            return [];
        }

        return Bytes(entry.At, (int)entry.Length).ToArray();
    }

    /// <summary>Eight bytes name the character set (EXIF 3.0, 4.6.6.2, UserComment).</summary>
    private string? Comment(in Entry entry)
    {
        ReadOnlySpan<byte> bytes = Bytes(entry.At, (int)Math.Min(entry.Length, MetadataCollector.ValueBytes));
        if (bytes.Length < 8)
        {
            return null;
        }

        ReadOnlySpan<byte> text = bytes[8..];
        return bytes.StartsWith("UNICODE"u8)
            ? (entry.Little ? Encoding.Unicode : Encoding.BigEndianUnicode).GetString(text[..(text.Length & ~1)]).TrimEnd('\0')
            : bytes.StartsWith("JIS"u8) ? null : MetadataCollector.Text(text);
    }

    private string Fractions(in Entry entry)
    {
        if (entry.Type is not (5 or 10))
        {
            return Text(entry) ?? "";
        }

        ReadOnlySpan<byte> bytes = Bytes(entry.At, (int)Math.Min(entry.Length, 3 * 8));
        StringBuilder text = new();
        for (int i = 0; i + 8 <= bytes.Length; i += 8)
        {
            text.Append(text.Length == 0 ? "" : " ").Append(U32(bytes[i..], entry.Little)).Append('/').Append(U32(bytes[(i + 4)..], entry.Little));
        }

        return text.ToString();
    }

    private static string Number(ReadOnlySpan<byte> bytes, in Entry entry)
    {
        bool little = entry.Little;
        return entry.Type switch
        {
            1 => bytes[0].ToString(CultureInfo.InvariantCulture),
            3 => U16(bytes, little).ToString(CultureInfo.InvariantCulture),
            4 or 13 => U32(bytes, little).ToString(CultureInfo.InvariantCulture),
            5 => Ratio(U32(bytes, little), U32(bytes[4..], little)),
            6 => ((sbyte)bytes[0]).ToString(CultureInfo.InvariantCulture),
            8 => ((short)U16(bytes, little)).ToString(CultureInfo.InvariantCulture),
            9 => ((int)U32(bytes, little)).ToString(CultureInfo.InvariantCulture),
            10 => Ratio((int)U32(bytes, little), (int)U32(bytes[4..], little)),
            11 => BitConverter.UInt32BitsToSingle(U32(bytes, little)).ToString("R", CultureInfo.InvariantCulture),
            12 => BitConverter.UInt64BitsToDouble(U64(bytes, little)).ToString("R", CultureInfo.InvariantCulture),
            16 or 18 => U64(bytes, little).ToString(CultureInfo.InvariantCulture),
            17 => ((long)U64(bytes, little)).ToString(CultureInfo.InvariantCulture),
            _ => "?",
        };
    }

    private static string Ratio(long above, long below) => below == 0 ? "undefined" : ((double)above / below).ToString("0.############", CultureInfo.InvariantCulture);

    private static ushort U16(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes, bool little) => little ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);

    /// <summary>An entry of a directory.</summary>
    /// <param name="Tag">Its number.</param>
    /// <param name="Type">Its type, one of those with a size.</param>
    /// <param name="Count">Values.</param>
    /// <param name="At">First byte of the value in the source.</param>
    /// <param name="Length">Bytes of the value.</param>
    /// <param name="Little">Byte order.</param>
    public readonly record struct Entry(int Tag, int Type, long Count, long At, long Length, bool Little);
}
