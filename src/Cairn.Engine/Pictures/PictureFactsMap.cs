using System.Globalization;
using Cairn.Media.Metadata;
using Cairn.Media.Video;

namespace Cairn.Engine.Pictures;

/// <summary>What a picture or video says of itself, as names and texts for the case. Everything is as the file has it; nothing is judged.</summary>
internal static class PictureFactsMap
{
    public static SortedDictionary<string, string> Of(PictureFacts facts)
    {
        SortedDictionary<string, string> map = new(StringComparer.Ordinal);
        Add(map, "make", facts.Make);
        Add(map, "model", facts.Model);
        Add(map, "software", facts.Software);
        Add(map, "camera serial", facts.CameraSerial);
        Add(map, "internal serial", facts.InternalSerial);
        Add(map, "lens", facts.LensModel);
        Add(map, "lens serial", facts.LensSerial);
        Add(map, "owner", facts.Owner);
        Add(map, "unique id", facts.UniqueId);
        Add(map, "orientation", facts.Orientation is int orientation and not 1 ? Text(orientation) : null);
        Add(map, "taken", facts.Original);
        Add(map, "digitised", facts.Digitised);
        Add(map, "changed", facts.Modified);
        if (facts.Place is PicturePlace place)
        {
            Add(map, "latitude", Text(place.Latitude));
            Add(map, "longitude", Text(place.Longitude));
            Add(map, "altitude", place.Altitude is double altitude ? Text(altitude) : null);
            Add(map, "place as written", place.Raw);
            Add(map, "place time", place.Time);
            Add(map, "place source", place.Source);
        }

        Add(map, "thumbnail", facts.HasThumbnail ? "present" : null);
        Add(map, "c2pa", facts.HasC2pa ? "present, not checked" : null);
        return map;
    }

    public static SortedDictionary<string, string> Of(VideoResult video)
    {
        SortedDictionary<string, string> map = new(StringComparer.Ordinal);
        VideoStream[] pictures = [.. video.Streams.Where(s => s.Kind == "video" && !s.IsAttachedPicture)];
        Add(map, "codec", string.Join(", ", pictures.Select(s => s.Codec ?? "unknown")));
        Add(map, "frame rate", pictures.FirstOrDefault()?.FrameRate);
        Add(map, "rotation", pictures.FirstOrDefault() is { Rotation: not 0 } turned ? Text(turned.Rotation) : null);
        Add(map, "sound", string.Join(", ", video.Streams.Where(s => s.Kind == "audio").Select(s => s.Codec ?? "unknown")));
        Add(map, "made", video.Origin.CreationTime);
        Add(map, "made, local", video.Origin.LocalCreationTime);
        Add(map, "encoder", video.Origin.Encoder);
        Add(map, "make", video.Origin.Make);
        Add(map, "model", video.Origin.Model);
        Add(map, "software", video.Origin.Software);
        Add(map, "latitude", video.Origin.Latitude is double latitude ? Text(latitude) : null);
        Add(map, "longitude", video.Origin.Longitude is double longitude ? Text(longitude) : null);
        Add(map, "place as written", video.Origin.Location);
        Add(map, "last frame", video.LastFrame is double last ? Text(last) : null);
        return map;
    }

    private static void Add(SortedDictionary<string, string> map, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            map.Add(name, value);
        }
    }

    private static void Add(SortedDictionary<string, string> map, string name, PictureTime? time)
    {
        if (time is not null)
        {
            Add(map, name, time.Text + (time.SubSeconds is string part ? $".{part}" : ""));
            Add(map, $"{name} offset", time.Offset);
            Add(map, $"{name} source", time.Source);
        }
    }

    private static string Text(double number) => number.ToString("0.#######", CultureInfo.InvariantCulture);
}
