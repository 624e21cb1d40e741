using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Cairn.Media.Metadata;

/// <summary>
/// What the makers of cameras write in a form of their own, as far as it tells one camera from another: serial numbers, lens, owner,
/// firmware. The forms are documented by those who worked them out (exiftool's tag tables, exiv2's manual); each field here is checked
/// against exiftool where the corpus has a picture with it.
/// </summary>
internal static class MakerNotes
{
    private static readonly Maker Canon = new("Canon", new()
    {
        [0x0006] = ("ImageType", Form.Value),
        [0x0007] = ("FirmwareVersion", Form.Value),
        [0x0008] = ("FileNumber", Form.Value),
        [0x0009] = ("OwnerName", Form.Value),
        [0x000C] = ("SerialNumber", Form.Value),
        [0x0010] = ("CanonModelID", Form.Value),
        [0x0015] = ("SerialNumberFormat", Form.Value),
        [0x0028] = ("ImageUniqueID", Form.Hex),
        [0x0095] = ("LensModel", Form.Value),
        [0x0096] = ("InternalSerialNumber", Form.Characters),
        [0x4019] = ("LensSerialNumber", Form.FirstFiveHex),
    });

    private static readonly Maker Nikon = new("Nikon", new()
    {
        [0x001D] = ("SerialNumber", Form.Value),
        [0x00A0] = ("SerialNumber", Form.Value),
        [0x0084] = ("Lens", Form.Value),
        [0x00A7] = ("ShutterCount", Form.Value),
    });

    private static readonly Maker Panasonic = new("Panasonic", new()
    {
        [0x0002] = ("FirmwareVersion", Form.Hex),
        [0x0025] = ("InternalSerialNumber", Form.Characters),
        [0x0051] = ("LensModel", Form.Value),
        [0x0052] = ("LensSerialNumber", Form.Value),
        [0x0054] = ("AccessorySerialNumber", Form.Value),
    });

    private static readonly Maker Olympus = new("Olympus", new()
    {
        [0x0207] = ("FirmwareVersion", Form.Value),
        [0x0209] = ("CameraID", Form.Characters),
        [0x0404] = ("SerialNumber", Form.Value),
        [0x101A] = ("SerialNumber", Form.Value),
    });

    private static readonly Maker OlympusEquipment = new("Olympus", new()
    {
        [0x0100] = ("CameraType", Form.Value),
        [0x0101] = ("SerialNumber", Form.Value),
        [0x0102] = ("InternalSerialNumber", Form.Value),
        [0x0202] = ("LensSerialNumber", Form.Value),
        [0x0203] = ("LensModel", Form.Value),
        [0x0302] = ("ExtenderSerialNumber", Form.Value),
        [0x1003] = ("FlashSerialNumber", Form.Value),
    });

    private static readonly Maker Fujifilm = new("FujiFilm", new() { [0x0010] = ("InternalSerialNumber", Form.Value) });

    private static readonly Maker Pentax = new("Pentax", new() { [0x0229] = ("SerialNumber", Form.Value) });

    private static readonly Maker Sony = new("Sony", new() { [0x2031] = ("SerialNumber", Form.PairsReversed) });

    private static readonly Maker Apple = new("Apple", new()
    {
        [0x0011] = ("ContentIdentifier", Form.Value),
        [0x0015] = ("ImageUniqueID", Form.Value),
        [0x0020] = ("ImageCaptureRequestID", Form.Value),
        [0x002B] = ("PhotoIdentifier", Form.Value),
    });

    private static readonly Maker Samsung = new("Samsung", new() { [0xA002] = ("SerialNumber", Form.Value), [0xA005] = ("InternalLensSerialNumber", Form.Value) });

    private static readonly Maker Ricoh = new("Ricoh", new() { [0x0005] = ("InternalSerialNumber", Form.CharactersOrHex) });

    private static readonly Maker Sigma = new("Sigma", new() { [0x0002] = ("SerialNumber", Form.Value) });

    /// <summary>The groups that hold makers' own tags.</summary>
    public static IReadOnlySet<string> Groups { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "Canon", "Nikon", "Panasonic", "Olympus", "FujiFilm", "Pentax", "Sony", "Apple", "Samsung", "Ricoh", "Sigma",
    };

    private static readonly SearchValues<byte> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ "u8);

    private enum Form
    {
        /// <summary>As the entry's type says.</summary>
        Value,

        /// <summary>Bytes that are characters.</summary>
        Characters,

        /// <summary>Bytes as hexadecimal digits.</summary>
        Hex,

        /// <summary>The first five bytes as hexadecimal digits.</summary>
        FirstFiveHex,

        /// <summary>Characters where they are letters, digits, blanks, hyphens or underscores, else hexadecimal digits.</summary>
        CharactersOrHex,

        /// <summary>Eight digits whose pairs are written last to first, without leading zeros.</summary>
        PairsReversed,
    }

    /// <summary>Reads the maker note of <paramref name="length"/> bytes at <paramref name="at"/>; one that is not known is passed over.</summary>
    public static void Read(TiffReader tiff, long at, long length, bool little, string make)
    {
        ReadOnlySpan<byte> start = tiff.Bytes(at, (int)Math.Min(length, 32));
        if (start.Length < 14)
        {
            return;
        }

        if (start.StartsWith("Nikon\0\x02"u8))
        {
            // Its own TIFF header, from which offsets count.
            ReadOnlySpan<byte> own = start[10..];
            ReadAt(tiff, Nikon, at + 18, at + 10, own.StartsWith("II"u8));
        }
        else if (start.StartsWith("Panasonic\0"u8))
        {
            ReadAt(tiff, Panasonic, at + 12, 0, little);
        }
        else if (start.StartsWith("OLYMPUS\0"u8))
        {
            ReadOlympus(tiff, at + 12, at, start[8..].StartsWith("II"u8));
        }
        else if (start.StartsWith("OM SYSTEM\0"u8))
        {
            ReadOlympus(tiff, at + 16, at, start[12..].StartsWith("II"u8));
        }
        else if (start.StartsWith("OLYMP\0"u8))
        {
            ReadOlympus(tiff, at + 8, 0, little);
        }
        else if (start.StartsWith("FUJIFILM"u8))
        {
            // Always little-endian; the offset of the directory follows, and offsets count from the note.
            ReadAt(tiff, Fujifilm, at + BinaryPrimitives.ReadUInt32LittleEndian(start[8..]), at, true);
        }
        else if (start.StartsWith("AOC\0"u8))
        {
            ReadAt(tiff, Pentax, at + 6, 0, start[4..].StartsWith("II"u8) || (!start[4..].StartsWith("MM"u8) && little));
        }
        else if (start.StartsWith("PENTAX \0"u8))
        {
            ReadAt(tiff, Pentax, at + 10, at, start[8..].StartsWith("II"u8));
        }
        else if (start.StartsWith("Apple iOS\0"u8))
        {
            ReadAt(tiff, Apple, at + 14, at, start[12..].StartsWith("II"u8));
        }
        else if (start.StartsWith("SONY DSC \0"u8) || start.StartsWith("SONY CAM \0"u8))
        {
            ReadAt(tiff, Sony, at + 12, 0, little);
        }
        else if (start.StartsWith("SIGMA\0"u8) || start.StartsWith("FOVEON\0"u8))
        {
            ReadAt(tiff, Sigma, at + 10, 0, little);
        }
        else if (start.StartsWith("Ricoh"u8) || start.StartsWith("RICOH"u8))
        {
            ReadAt(tiff, Ricoh, at + 8, 0, little);
        }
        else if (make.StartsWith("Canon", StringComparison.OrdinalIgnoreCase))
        {
            ReadAt(tiff, Canon, at, 0, little);
        }
        else if (make.StartsWith("Samsung", StringComparison.OrdinalIgnoreCase))
        {
            ReadAt(tiff, Samsung, at, at, little);
        }
        else if (make.StartsWith("Sony", StringComparison.OrdinalIgnoreCase))
        {
            ReadAt(tiff, Sony, at, 0, little);
        }
    }

    /// <summary>Reads Canon's directory where it has a TIFF header of its own (CR3).</summary>
    public static void ReadCanon(TiffReader tiff, long offset, bool little) => ReadAt(tiff, Canon, offset, 0, little);

    private static void ReadOlympus(TiffReader tiff, long offset, long origin, bool little)
    {
        foreach (TiffReader.Entry entry in ReadAt(tiff, Olympus, offset, origin, little))
        {
            // Equipment: a directory of its own, given as an offset or, in older cameras, as a block of bytes.
            if (entry.Tag == 0x2010)
            {
                ReadAt(tiff, OlympusEquipment, entry.Type is 4 or 13 && tiff.Whole(entry) is long pointer ? origin + pointer : entry.At, origin, little);
            }
        }
    }

    private static List<TiffReader.Entry> ReadAt(TiffReader tiff, Maker maker, long offset, long origin, bool little)
    {
        List<TiffReader.Entry> entries = tiff.Entries(offset, origin, little, maker.Group, out _, isMaker: true);
        foreach (TiffReader.Entry entry in entries)
        {
            if (maker.Tags.TryGetValue(entry.Tag, out (string Name, Form Form) tag))
            {
                tiff.Add(maker.Group, tag.Name, Value(tiff, entry, tag.Form));
            }
        }

        return entries;
    }

    private static string? Value(TiffReader tiff, in TiffReader.Entry entry, Form form)
    {
        if (form == Form.Value)
        {
            return tiff.Text(entry);
        }

        ReadOnlySpan<byte> bytes = tiff.Bytes(entry.At, (int)Math.Min(entry.Length, 64));
        switch (form)
        {
            case Form.Hex:
                return Convert.ToHexStringLower(bytes);
            case Form.FirstFiveHex:
                return bytes.Length < 5 ? null : Convert.ToHexStringLower(bytes[..5]);
            case Form.PairsReversed:
                string digits = MetadataCollector.Text(bytes);
                return digits.Length == 8 && digits.All(char.IsAsciiDigit)
                    ? int.Parse($"{digits[6..]}{digits[4..6]}{digits[2..4]}{digits[..2]}", CultureInfo.InvariantCulture).ToString("D8", CultureInfo.InvariantCulture) : digits;
            case Form.CharactersOrHex:
                ReadOnlySpan<byte> filled = bytes.TrimEnd((byte)0);
                return filled.IndexOfAnyExcept(Plain) < 0 ? Encoding.ASCII.GetString(filled) : Convert.ToHexStringLower(bytes);
            default:
                // Rewritten files leave the offset a few bytes off; the zeros before the characters are not theirs.
                return MetadataCollector.Text(bytes.TrimStart((byte)0));
        }
    }

    private sealed record Maker(string Group, Dictionary<int, (string Name, Form Form)> Tags);
}
