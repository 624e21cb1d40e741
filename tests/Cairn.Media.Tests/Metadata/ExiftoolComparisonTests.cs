using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Cairn.Media.Metadata;
using Cairn.TestKit;

namespace Cairn.Media.Tests.Metadata;

/// <summary>What exiftool 12.57 says of the pictures of the public corpus, value by value.</summary>
public sealed class ExiftoolComparisonTests
{
    /// <summary>exiftool's names of the forms that are read here.</summary>
    private static readonly HashSet<string> Read =
    [
        "JPEG", "PNG", "APNG", "BMP", "TIFF", "BTF", "HEIF", "HEIC", "AVIF", "GIF", "WEBP", "Extended WEBP", "JP2", "JXL", "PSD", "PSB", "CR2", "CR3", "NEF", "DNG", "ARW", "ORF", "RW2", "SRW", "PEF",
    ];

    /// <summary>
    /// Sizes that exiftool reads otherwise: OS/2 bitmaps with a header of 16 bytes, a width below zero, a height that only the pixels tell.
    /// </summary>
    private static readonly string[] OtherSizes = ["bmpsuite/q/pal8os2v2", "bmpsuite/b/badwidth.bmp", "mei_jpg/beach.jpg"];

    [Fact]
    public void The_same_values_are_read_from_every_picture_of_the_corpus()
    {
        string corpus = TestFiles.Corpus("");
        using JsonDocument reference = Reference();
        List<string> differences = [];
        int files = 0, values = 0;
        foreach (JsonElement item in reference.RootElement.EnumerateArray())
        {
            string name = item.GetProperty("SourceFile").GetString()!;
            string path = Path.Combine(corpus, name);
            string? mime = Value(item, "File:MIMEType");
            if (!File.Exists(path) || mime is null || !mime.StartsWith("image/", StringComparison.Ordinal) || !Read.Contains(Value(item, "File:FileType") ?? ""))
            {
                continue;
            }

            files++;
            PictureFacts facts = PictureMetadata.Read(File.ReadAllBytes(path), mime);
            foreach ((string what, string? expected, string? actual) in Compare(item, facts))
            {
                if (expected is not null)
                {
                    values++;
                    if (expected != actual && !(double.TryParse(expected, out double a) && double.TryParse(actual, out double b) && a == b)
                        && !(what is "width" or "height" && OtherSizes.Any(s => name.Contains(s, StringComparison.Ordinal))))
                    {
                        differences.Add($"{name}: {what}: exiftool {expected}, here {actual ?? "none"}");
                    }
                }
            }
        }

        Assert.True(files > 350, $"only {files} pictures are here");
        Assert.True(values > 1_000, $"only {values} values compared");
        Assert.True(differences.Count == 0, $"{differences.Count} of {values} differ\n" + string.Join('\n', differences));
    }

    [Fact]
    public void Places_are_within_a_hundred_thousandth_of_a_degree()
    {
        string corpus = TestFiles.Corpus("");
        using JsonDocument reference = Reference();
        int places = 0;
        foreach (JsonElement item in reference.RootElement.EnumerateArray())
        {
            string path = Path.Combine(corpus, item.GetProperty("SourceFile").GetString()!);
            if (Value(item, "File:MIMEType")?.StartsWith("image/", StringComparison.Ordinal) == true && File.Exists(path)
                && Number(item, "Composite:GPSLatitude") is double latitude && Number(item, "Composite:GPSLongitude") is double longitude && Value(item, "GPS:GPSLatitudeRef") is not null)
            {
                PicturePlace place = PictureMetadata.Read(File.ReadAllBytes(path), "").Place!;
                Assert.Equal(latitude, place.Latitude, 1e-5);
                Assert.Equal(longitude, place.Longitude, 1e-5);
                Assert.Matches(@"^-?\d+/\d+ .* [NS], \d+/\d+ .* [EW]$", place.Raw);
                places++;
            }
        }

        Assert.True(places >= 10, $"only {places}");
    }

    internal static IEnumerable<(string What, string? Expected, string? Actual)> Compare(JsonElement item, PictureFacts facts)
    {
        yield return ("make", Value(item, "IFD0:Make"), facts.Make);
        yield return ("model", Value(item, "IFD0:Model"), facts.Model);
        yield return ("software", Value(item, "IFD0:Software"), facts.Software);
        yield return ("original", Time(item, "ExifIFD:DateTimeOriginal"), facts.Original?.Text);
        yield return ("digitised", Time(item, "ExifIFD:CreateDate"), facts.Digitised?.Text);
        yield return ("modified", Time(item, "IFD0:ModifyDate"), facts.Modified?.Text);
        yield return ("original sub-seconds", facts.Original?.Source == "ExifIFD:DateTimeOriginal" ? Value(item, "ExifIFD:SubSecTimeOriginal") : null, facts.Original?.SubSeconds);
        yield return ("original offset", Value(item, "ExifIFD:OffsetTimeOriginal"), facts.Original?.Offset);
        yield return ("digitised offset", Value(item, "ExifIFD:OffsetTimeDigitized"), facts.Digitised?.Offset);
        yield return ("unique id", Value(item, "ExifIFD:ImageUniqueID"), facts.UniqueId);
        yield return ("lens model", Value(item, "ExifIFD:LensModel"), facts.LensModel);
        yield return ("orientation", Value(item, "IFD0:Orientation") is "1" or "2" or "3" or "4" or "5" or "6" or "7" or "8" ? Value(item, "IFD0:Orientation") : null, facts.Orientation?.ToString(CultureInfo.InvariantCulture));
        // Panasonic: what follows the zero that ends the text is not part of it.
        foreach (string maker in new[] { "Canon", "Nikon", "Panasonic", "Olympus", "Pentax", "Ricoh", "ExifIFD" })
        {
            yield return ("serial of " + maker, Value(item, maker + ":SerialNumber"), Find(facts, maker == "ExifIFD" ? "BodySerialNumber" : "SerialNumber", maker));
            yield return ("internal serial of " + maker, Value(item, maker + ":InternalSerialNumber")?.TrimEnd('^'), Find(facts, "InternalSerialNumber", maker));
            yield return ("lens serial of " + maker, Value(item, maker + ":LensSerialNumber"), Find(facts, "LensSerialNumber", maker));
        }

        foreach (string group in Value(item, "File:FileType") == "JXL" ? [] : new[] { "File", "PNG", "GIF", "RIFF" })
        {
            yield return ("width", Value(item, group + ":ImageWidth"), facts.Width?.ToString(CultureInfo.InvariantCulture));
            yield return ("height", Value(item, group + ":ImageHeight"), facts.Height?.ToString(CultureInfo.InvariantCulture));
        }

        foreach (JsonProperty property in item.EnumerateObject().Where(p => p.Name.StartsWith("IPTC:", StringComparison.Ordinal) && p.Value.ValueKind == JsonValueKind.String))
        {
            string name = property.Name[5..];
            if (name is "By-line" or "City" or "Headline" or "ObjectName" or "CopyrightNotice" or "Credit")
            {
                // A name may occur twice; exiftool shows the last.
                string? expected = Value(item, property.Name);
                yield return (property.Name, expected, facts.Tags.FirstOrDefault(t => t.Group == "IPTC" && t.Name == name && t.Value == expected)?.Value);
            }
        }

        foreach (string name in new[] { "xmp:CreatorTool", "xmp:CreateDate", "aux:SerialNumber", "aux:Lens", "tiff:Make", "photoshop:City" })
        {
            string[] parts = name.Split(':');
            string? expected = Value(item, $"XMP-{name}");
            yield return (name, parts[1] == "CreateDate" ? null : expected, Find(facts, parts[1], "XMP-" + parts[0]));
        }
    }

    private static string? Find(PictureFacts facts, string name, string group) => facts.Tags.FirstOrDefault(t => t.Group == group && t.Name == name)?.Value;

    private static string? Time(JsonElement item, string name) => Value(item, name) is string text && text.AsSpan().IndexOfAnyInRange('1', '9') >= 0 ? text : null;

    private static string? Value(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement value)
        ? value.ValueKind switch { JsonValueKind.String => value.GetString()!.Trim() is { Length: > 0 } text ? text : null, JsonValueKind.Number => value.GetRawText(), _ => null }
        : null;

    private static double? Number(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static JsonDocument Reference()
    {
        using GZipStream stream = new(File.OpenRead(TestFiles.Corpus("ref/pictures/exiftool.json.gz")), CompressionMode.Decompress);
        return JsonDocument.Parse(stream);
    }
}
