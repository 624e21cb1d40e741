using System.Globalization;
using System.Text;
using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>Takes what the readers find, bounded in number and length, and makes the facts of it.</summary>
internal sealed class MetadataCollector
{
    /// <summary>Bytes of a value that are looked at for the list.</summary>
    public const int ValueBytes = 4_096;

    /// <summary>Bytes of a block (EXIF, XMP, IPTC) that are read.</summary>
    public const int BlockBytes = 16 << 20;

    private const int MaximumTags = 4_000;
    private const int MaximumDepth = 8;
    private const int MaximumBlocks = 2_000;
    private const long MaximumBlockBytes = 64L << 20;
    private const int MaximumProblems = 50;
    private const int ValueLength = 1_000;
    private const int NameLength = 200;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly List<PictureTag> tags = [];
    private readonly List<Problem> problems = [];
    private (long Width, long Height) size;
    private int depth;
    private int blocks;
    private long blockBytes;

    /// <summary>Whether a small version is embedded.</summary>
    public bool HasThumbnail { get; set; }

    /// <summary>Whether there is a C2PA manifest.</summary>
    public bool HasC2pa { get; set; }

    /// <summary>Latitude and longitude with their reference as written, for the place's raw value.</summary>
    public string? RawPlace { get; set; }

    /// <summary>Whether no more tags are taken, so that none need be read.</summary>
    public bool IsFull => tags.Count == MaximumTags;

    /// <summary>
    /// Asks whether a block of this size may be read: blocks may lie in each other and be named many times, so that depth, number and bytes
    /// in all are bounded. Where it may, <see cref="Leave"/> follows.
    /// </summary>
    public bool Enter(string place, long bytes)
    {
        if (depth == MaximumDepth || blocks == MaximumBlocks || blockBytes > MaximumBlockBytes - bytes)
        {
            Report(ProblemKind.LimitReached, place, $"more than {MaximumDepth} blocks in each other, {MaximumBlocks:N0} in all or {MaximumBlockBytes >> 20} MiB");
            return false;
        }

        (depth, blocks, blockBytes) = (depth + 1, blocks + 1, blockBytes + bytes);
        return true;
    }

    /// <summary>Ends a block.</summary>
    public void Leave() => depth--;

    /// <summary>Adds a tag; empty values are not kept.</summary>
    public void Add(string group, string name, string value)
    {
        if (value.Length == 0)
        {
            return;
        }

        if (IsFull)
        {
            Report(ProblemKind.LimitReached, group, $"more than {MaximumTags:N0} tags; the rest is left out");
            return;
        }

        tags.Add(new PictureTag(Clean(group, NameLength), Clean(name, NameLength), Clean(value, ValueLength)));
    }

    /// <summary>Takes the size that the format states; the largest counts where it states several.</summary>
    public void Size(long width, long height)
    {
        if (width > 0 && height > 0 && width <= int.MaxValue && height <= int.MaxValue && width * height > size.Width * size.Height)
        {
            size = (width, height);
        }
    }

    /// <summary>Takes a problem; one of a kind and place, and not too many.</summary>
    public void Report(ProblemKind kind, string place, string reason, long? offset = null)
    {
        if (problems.Count < MaximumProblems && !problems.Exists(p => p.Kind == kind && p.Place == place && p.Reason == reason))
        {
            problems.Add(new Problem(kind, place, reason, offset));
        }
    }

    /// <summary>Takes what a reader threw.</summary>
    public void Report(MalformedDataException error, string place) => Report(ProblemKind.Malformed, place, $"{error.Field}: need {error.Need}, have {error.Have}", error.Offset);

    /// <summary>Takes what a source threw.</summary>
    public void Report(UnreadableDataException error, string place) => Report(ProblemKind.Unreadable, place, error.Reason, error.Offset);

    /// <summary>Text of bytes that should be ASCII: up to the first zero, UTF-8 where it is valid, else each byte a character.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        bytes = end < 0 ? bytes : bytes[..end];
        bytes = bytes.Length > ValueBytes ? bytes[..ValueBytes] : bytes;
        try
        {
            return StrictUtf8.GetString(bytes).Trim();
        }
        catch (ArgumentException)
        {
            return Encoding.Latin1.GetString(bytes).Trim();
        }
    }

    /// <summary>The facts.</summary>
    public PictureFacts Facts()
    {
        string? make = Find("IFD0:Make", "XMP-tiff:Make", "IFD1:Make");
        string? model = Find("IFD0:Model", "IFD0:UniqueCameraModel", "XMP-tiff:Model", "IFD1:Model");
        string? serial = Serial(Find("ExifIFD:BodySerialNumber") ?? FindMaker("SerialNumber") ?? Find("IFD0:CameraSerialNumber", "XMP-exifEX:BodySerialNumber", "XMP-aux:SerialNumber"));
        string? inner = Serial(FindMaker("InternalSerialNumber"));
        string? key = serial ?? inner;
        return new PictureFacts
        {
            Width = size.Width > 0 ? (int)size.Width : null,
            Height = size.Height > 0 ? (int)size.Height : null,
            Orientation = int.TryParse(Find("IFD0:Orientation", "XMP-tiff:Orientation"), NumberStyles.None, CultureInfo.InvariantCulture, out int turned) && turned is >= 1 and <= 8 ? turned : null,
            Make = make,
            Model = model,
            Software = Find("IFD0:Software", "XMP-xmp:CreatorTool", "XMP-tiff:Software", "PNG:Software"),
            CameraSerial = serial,
            InternalSerial = inner,
            LensSerial = Serial(Find("ExifIFD:LensSerialNumber") ?? FindMaker("LensSerialNumber") ?? Find("XMP-exifEX:LensSerialNumber", "XMP-aux:LensSerialNumber")),
            LensModel = Find("ExifIFD:LensModel") ?? FindMaker("LensModel") ?? Find("XMP-exifEX:LensModel", "XMP-aux:Lens"),
            Owner = Find("ExifIFD:CameraOwnerName") ?? FindMaker("OwnerName") ?? Find("XMP-exifEX:CameraOwnerName", "XMP-aux:OwnerName"),
            UniqueId = Find("ExifIFD:ImageUniqueID", "XMP-exif:ImageUniqueID"),
            Original = Time("Original", "DateTimeOriginal", "XMP-exif:DateTimeOriginal", "XMP-photoshop:DateCreated") ?? IptcTime(),
            Digitised = Time("Digitized", "DateTimeDigitized", "XMP-exif:DateTimeDigitized", "XMP-xmp:CreateDate"),
            Modified = Time("", "DateTime", "XMP-xmp:ModifyDate", "PNG:tIME"),
            Place = Place(),
            HasThumbnail = HasThumbnail,
            HasC2pa = HasC2pa,
            CameraKey = key is null || (make ?? model) is null ? null : string.Join('|', new[] { make, model, key }.Select(Simplify)),
            Tags = tags,
            Problems = problems,
        };
    }

    private PictureTime? Time(string suffix, string name, params string[] others)
    {
        string own = name == "DateTime" ? "IFD0:DateTime" : "ExifIFD:" + name;
        if (Find(own) is string text && IsTime(text))
        {
            return new PictureTime(text, Find("ExifIFD:SubSecTime" + suffix), Find("ExifIFD:OffsetTime" + suffix), own);
        }

        foreach (string other in others)
        {
            if (Find(other) is string written && IsTime(written))
            {
                // ISO 8601 carries its own offset.
                int zone = written.Length > 10 ? written.AsSpan(10).IndexOfAny('+', '-', 'Z') : -1;
                return new PictureTime(written, null, zone < 0 ? null : written[(10 + zone)..], other);
            }
        }

        return null;
    }

    private PictureTime? IptcTime()
    {
        if (Find("IPTC:DateCreated") is not string date || !IsTime(date))
        {
            return null;
        }

        string? time = Find("IPTC:TimeCreated");
        int zone = time?.AsSpan().IndexOfAny('+', '-') ?? -1;
        return new PictureTime(time is null ? date : $"{date} {(zone < 0 ? time : time[..zone])}", null, zone < 0 ? null : time![zone..], "IPTC:DateCreated");
    }

    /// <summary>Blanks and zeros are what cameras write that do not know the time.</summary>
    private static bool IsTime(string text) => text.AsSpan().IndexOfAnyInRange('1', '9') >= 0;

    private PicturePlace? Place()
    {
        if (Degrees("GPS:GPSLatitude", "GPS:GPSLatitudeRef", 'S', 90) is double latitude && Degrees("GPS:GPSLongitude", "GPS:GPSLongitudeRef", 'W', 180) is double longitude)
        {
            double? altitude = Number("GPS:GPSAltitude") is double metres ? (Find("GPS:GPSAltitudeRef") == "1" ? -metres : metres) : null;
            string? time = string.Join(' ', new[] { Find("GPS:GPSDateStamp"), Find("GPS:GPSTimeStamp") }.Where(t => t is not null)) is { Length: > 0 } stamp ? stamp : null;
            return new PicturePlace(latitude, longitude, altitude, RawPlace ?? "", time, "GPS");
        }

        // XMP writes "51,30.2N" or "51,30,12N" (XMP specification part 2, GPSCoordinate).
        string? north = Find("XMP-exif:GPSLatitude"), east = Find("XMP-exif:GPSLongitude");
        return Coordinate(north, 'S', 90) is double y && Coordinate(east, 'W', 180) is double x
            ? new PicturePlace(y, x, null, $"{north}, {east}", Find("XMP-exif:GPSTimeStamp", "XMP-exif:GPSDateTime"), "XMP-exif")
            : null;
    }

    private double? Degrees(string name, string reference, char negative, double most)
    {
        // Degrees, minutes, seconds; what a camera cannot say (0/0) is not a number and no place.
        string[] parts = Find(name)?.Split(' ') ?? [];
        double degrees = 0, unit = 1;
        foreach (string part in parts.Take(3))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
            {
                return null;
            }

            degrees += value / unit;
            unit *= 60;
        }

        return parts.Length == 0 || Math.Abs(degrees) > most ? null : Find(reference)?.StartsWith(negative) == true ? -degrees : degrees;
    }

    private static double? Coordinate(string? text, char negative, double most)
    {
        if (text is null || text.Length < 2)
        {
            return null;
        }

        double degrees = 0, unit = 1;
        foreach (string part in text[..^1].Split(','))
        {
            if (!double.TryParse(part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            {
                return null;
            }

            degrees += value / unit;
            unit *= 60;
        }

        return degrees > most ? null : text[^1] == negative ? -degrees : degrees;
    }

    private double? Number(string name) => double.TryParse(Find(name), NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    private string? Find(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            int colon = name.IndexOf(':', StringComparison.Ordinal);
            string group = name[..colon], tag = name[(colon + 1)..];
            if (tags.Find(t => t.Group == group && t.Name == tag)?.Value is string value)
            {
                return value;
            }
        }

        return null;
    }

    private string? FindMaker(string name) => tags.Find(t => t.Name == name && MakerNotes.Groups.Contains(t.Group))?.Value;

    /// <summary>Cameras that have no serial write zeros, or spaces.</summary>
    private static string? Serial(string? text) => text is not null && text.AsSpan().IndexOfAnyExcept("0 .-") >= 0 ? text : null;

    private static string Simplify(string? text) => string.Join(' ', (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToUpperInvariant();

    /// <summary>Control characters and lone halves of pairs do not reach a report.</summary>
    private static string Clean(string text, int length)
    {
        StringBuilder clean = new(Math.Min(text.Length, length));
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > length)
            {
                break;
            }

            if (rune.Value is '\t' or '\n' or '\r')
            {
                clean.Append(' ');
            }
            else if (!Rune.IsControl(rune))
            {
                clean.Append(rune);
            }
        }

        return clean.ToString().Trim();
    }
}
