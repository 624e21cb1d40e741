using System.Buffers.Binary;
using Cairn.Core;
using Cairn.Core.Embedded;

namespace Cairn.Storage.Embedded.Tiff;

/// <summary>Previews and thumbnails in TIFF and in the raw files of cameras that are built like it; in Fujifilm's too.</summary>
internal sealed class TiffEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("tiff", "previews in TIFF and camera raw", "TIFF 6.0; Adobe DNG 1.7; Exif 3.0; makers' layouts as ExifTool documents them");

    public IReadOnlyList<string> ContentTypes { get; } =
    [
        "image/tiff", "image/x-canon-cr2", "image/x-adobe-dng", "image/x-nikon-nef", "image/x-sony-arw", "image/x-samsung-srw", "image/x-pentax-pef", "image/x-panasonic-rw2", "image/x-olympus-orf",
        "image/x-fuji-raf",
    ];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[16];
        if (!EmbeddedProbe.Head(content, head))
        {
            return ProbeResult.No("shorter than a header");
        }

        return IsFuji(head) ? ProbeResult.Yes("the mark of a Fujifilm raw file")
            : head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8) ? ProbeResult.Yes("a TIFF header")
            : head.StartsWith("IIU\0"u8) || head.StartsWith("IIRO"u8) || head.StartsWith("IIRS"u8) || head.StartsWith("MMOR"u8) ? ProbeResult.Yes("the header of a raw file built like TIFF")
            : ProbeResult.No("no TIFF header");
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        byte[] head = new byte[92];
        if (content.ReadAt(0, head) == head.Length && IsFuji(head))
        {
            // 0x54: offset and length of the preview, big-endian.
            uint offset = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(84)), length = BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(88));
            if (offset >= content.Length)
            {
                throw new MalformedDataException("preview", 84, $"an offset below {content.Length}", $"{offset}");
            }

            expansion.Give(new EmbeddedMember { Ordinal = 0, Path = "preview.jpg", Kind = EmbeddedKind.Preview }, offset, Math.Min(length, content.Length - offset));
            return;
        }

        int previews = 0, thumbnails = 0;
        foreach (TiffPicture picture in new TiffPictures(content, expansion, isExif: false, cancel).Find())
        {
            string name = picture.Kind == EmbeddedKind.Thumbnail ? $"thumbnail-{++thumbnails}.jpg" : $"preview-{++previews}.jpg";
            EmbeddedMember member = new() { Ordinal = 0, Path = name, Kind = picture.Kind, Attributes = new Dictionary<string, string> { ["found in"] = picture.Place } };
            if (!expansion.Give(member, picture.Offset, picture.Length))
            {
                return;
            }
        }
    }

    private static bool IsFuji(ReadOnlySpan<byte> head) => head.StartsWith("FUJIFILMCCD-RAW"u8);
}
