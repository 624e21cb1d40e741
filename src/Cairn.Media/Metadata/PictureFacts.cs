using Cairn.Core;

namespace Cairn.Media.Metadata;

/// <summary>One thing that a picture says of itself.</summary>
/// <param name="Group">Where it is written: "IFD0", "ExifIFD", "GPS", "Canon", "XMP-dc", "IPTC", "PNG".</param>
/// <param name="Name">The specification's name, or "0x1234" for a number without one.</param>
/// <param name="Value">The value as text, cut in length.</param>
public sealed record PictureTag(string Group, string Name, string Value);

/// <summary>A time as a picture writes it: local time of the camera unless an offset is given.</summary>
/// <param name="Text">As written: "2024:02:29 12:34:56" or ISO 8601.</param>
/// <param name="SubSeconds">The digits after the second, where they are written apart; null where not.</param>
/// <param name="Offset">Offset from UTC as written: "+01:00"; null where it is not.</param>
/// <param name="Source">Group and name of the tag it comes from.</param>
public sealed record PictureTime(string Text, string? SubSeconds, string? Offset, string Source);

/// <summary>Where a picture says that it was taken.</summary>
/// <param name="Latitude">Degrees north.</param>
/// <param name="Longitude">Degrees east.</param>
/// <param name="Altitude">Metres above the sea, null where not given.</param>
/// <param name="Raw">Latitude and longitude as written: "51/1 30/1 1200/100 N, 0/1 7/1 3000/100 W".</param>
/// <param name="Time">Date and time of the receiver in UTC as written, null where not given.</param>
/// <param name="Source">The group it comes from: "GPS" or "XMP-exif".</param>
public sealed record PicturePlace(double Latitude, double Longitude, double? Altitude, string Raw, string? Time, string Source);

/// <summary>What a picture tells of itself beside its pixels. Everything is as the file says; nothing is judged.</summary>
public sealed record PictureFacts
{
    /// <summary>Pixels across as the format's own header states them, before any turning; null where it was not found.</summary>
    public int? Width { get; init; }

    /// <summary>Pixels down as the format's own header states them, before any turning; null where it was not found.</summary>
    public int? Height { get; init; }

    /// <summary>EXIF orientation, 1 to 8; null where none is given.</summary>
    public int? Orientation { get; init; }

    /// <summary>Maker of the camera.</summary>
    public string? Make { get; init; }

    /// <summary>Model of the camera.</summary>
    public string? Model { get; init; }

    /// <summary>Program or firmware that wrote the file.</summary>
    public string? Software { get; init; }

    /// <summary>Serial number of the camera.</summary>
    public string? CameraSerial { get; init; }

    /// <summary>Serial number inside the camera, which is not the one printed on it.</summary>
    public string? InternalSerial { get; init; }

    /// <summary>Serial number of the lens.</summary>
    public string? LensSerial { get; init; }

    /// <summary>Model of the lens.</summary>
    public string? LensModel { get; init; }

    /// <summary>Name of the owner as set in the camera.</summary>
    public string? Owner { get; init; }

    /// <summary>Identifier of the picture that the camera gave it.</summary>
    public string? UniqueId { get; init; }

    /// <summary>When it was taken.</summary>
    public PictureTime? Original { get; init; }

    /// <summary>When it was made digital.</summary>
    public PictureTime? Digitised { get; init; }

    /// <summary>When the file was last changed.</summary>
    public PictureTime? Modified { get; init; }

    /// <summary>Where it was taken.</summary>
    public PicturePlace? Place { get; init; }

    /// <summary>Whether a small version is embedded.</summary>
    public bool HasThumbnail { get; init; }

    /// <summary>Whether there is a C2PA manifest (provenance); it is neither read nor checked.</summary>
    public bool HasC2pa { get; init; }

    /// <summary>
    /// Maker, model and serial in capitals, "CANON|CANON EOS 5D|1234567890": equal for pictures of the same camera. Null where no serial is
    /// given. The camera's serial before its internal one.
    /// </summary>
    public string? CameraKey { get; init; }

    /// <summary>All of it, in the order of the file; cut in number and length.</summary>
    public IReadOnlyList<PictureTag> Tags { get; init; } = [];

    /// <summary>What could not be read, and why.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];
}
