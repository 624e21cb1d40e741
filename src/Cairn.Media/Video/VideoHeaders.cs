using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cairn.Media.Video;

/// <summary>What ffprobe says of a file, from its JSON; strings and numbers are taken as they are and bounded.</summary>
internal static partial class VideoHeaders
{
    private const int Streams = 200;
    private const int Tags = 1_000;
    private const int NameLength = 200;
    private const int ValueLength = 4_096;

    /// <summary>Fills <paramref name="result"/> in; false where the JSON is not whole or holds no stream.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> json, VideoResult result, out VideoResult filled)
    {
        filled = result;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 16 });
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("streams", out JsonElement list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
            {
                return false;
            }

            List<VideoTag> tags = [];
            string? format = null;
            double? duration = null;
            if (root.TryGetProperty("format", out JsonElement container) && container.ValueKind == JsonValueKind.Object)
            {
                format = Text(container, "format_name");
                duration = Number(container, "duration");
                AddTags(container, null, tags);
            }

            List<VideoStream> streams = [];
            foreach (JsonElement each in list.EnumerateArray().Take(Streams))
            {
                VideoStream stream = ReadStream(each, streams.Count);
                streams.Add(stream);
                AddTags(each, stream.Index, tags);
            }

            filled = result with { Format = format, StatedDuration = duration, Streams = streams, Tags = tags, Origin = ReadOrigin(tags) };
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static VideoStream ReadStream(JsonElement each, int place)
    {
        int rotation = 0;
        if (each.TryGetProperty("side_data_list", out JsonElement sides) && sides.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement side in sides.EnumerateArray().Take(16))
            {
                if (side.ValueKind == JsonValueKind.Object && Number(side, "rotation") is double degrees)
                {
                    // ffprobe counts counter-clockwise.
                    rotation = (((int)Math.Round(-Math.Clamp(degrees, -360, 360) / 90) * 90) + 720) % 360;
                }
            }
        }

        string? rate = Text(each, "avg_frame_rate");
        return new VideoStream
        {
            Index = Number(each, "index") is double index and >= 0 and < int.MaxValue ? (int)index : place,
            Kind = Text(each, "codec_type") ?? "unknown",
            Codec = Text(each, "codec_name"),
            Profile = Text(each, "profile"),
            Width = Side(each, "width"),
            Height = Side(each, "height"),
            FrameRate = rate is null or "0/0" ? null : rate,
            Rotation = rotation,
            Duration = Number(each, "duration"),
            IsAttachedPicture = each.TryGetProperty("disposition", out JsonElement disposition) && disposition.ValueKind == JsonValueKind.Object
                && Number(disposition, "attached_pic") == 1,
        };
    }

    private static VideoOrigin ReadOrigin(List<VideoTag> tags)
    {
        string? location = Find("com.apple.quicktime.location.ISO6709", "location", "location-eng", "xyz");
        (double Latitude, double Longitude)? place = location is null ? null : ReadPlace(location);
        return new VideoOrigin
        {
            CreationTime = Find("creation_time", "date", "DATE", "IDIT", "DateTimeOriginal"),
            LocalCreationTime = Find("com.apple.quicktime.creationdate"),
            Encoder = Find("encoder", "ENCODER", "WM/EncodingSettings", "com.android.version"),
            Make = Find("com.apple.quicktime.make", "make", "make-eng"),
            Model = Find("com.apple.quicktime.model", "model", "model-eng"),
            Software = Find("com.apple.quicktime.software", "software", "software-eng"),
            Location = location,
            Latitude = place?.Latitude,
            Longitude = place?.Longitude,
        };

        string? Find(params string[] names) => names.Select(n => tags.Find(t => string.Equals(t.Name, n, StringComparison.OrdinalIgnoreCase))?.Value).FirstOrDefault(v => !string.IsNullOrWhiteSpace(v));
    }

    /// <summary>Degrees, degrees and minutes, or degrees, minutes and seconds, by the number of digits (ISO 6709:2008, annex H).</summary>
    internal static (double Latitude, double Longitude)? ReadPlace(string text)
    {
        Match match = Place().Match(text);
        if (!match.Success || Angle(match.Groups[1].Value, 2) is not double latitude || Angle(match.Groups[2].Value, 3) is not double longitude
            || Math.Abs(latitude) > 90 || Math.Abs(longitude) > 180)
        {
            return null;
        }

        return (latitude, longitude);
    }

    private static double? Angle(string text, int degreeDigits)
    {
        string digits = text[1..];
        int whole = digits.IndexOf('.', StringComparison.Ordinal) is int dot and >= 0 ? dot : digits.Length;
        double sign = text[0] == '-' ? -1 : 1;
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            return null;
        }

        return (whole - degreeDigits) switch
        {
            0 => sign * value,
            2 => sign * (Math.Floor(value / 100) + (value % 100 / 60)),
            4 => sign * (Math.Floor(value / 10_000) + (Math.Floor(value % 10_000 / 100) / 60) + (value % 100 / 3_600)),
            _ => null,
        };
    }

    private static void AddTags(JsonElement owner, int? stream, List<VideoTag> tags)
    {
        if (!owner.TryGetProperty("tags", out JsonElement all) || all.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (JsonProperty tag in all.EnumerateObject())
        {
            if (tags.Count < Tags && tag.Value.ValueKind == JsonValueKind.String)
            {
                tags.Add(new VideoTag(stream, Cut(tag.Name, NameLength), Cut(tag.Value.GetString()!, ValueLength)));
            }
        }
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? Cut(value.GetString()!, NameLength) : null;

    private static double? Number(JsonElement owner, string name)
    {
        double number = 0;
        bool found = owner.TryGetProperty(name, out JsonElement value) && value.ValueKind switch
        {
            JsonValueKind.Number => value.TryGetDouble(out number),
            JsonValueKind.String => double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number),
            _ => false,
        };
        return found && double.IsFinite(number) ? number : null;
    }

    private static int Side(JsonElement owner, string name) => Number(owner, name) is double side and >= 0 and <= 1_000_000 ? (int)side : 0;

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length];

    [GeneratedRegex(@"^([+-]\d{2,6}(?:\.\d{1,12})?)([+-]\d{3,7}(?:\.\d{1,12})?)")]
    private static partial Regex Place();
}
