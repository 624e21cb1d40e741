using System.Text.RegularExpressions;
using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.Media.Pdq;
using ImageMagick;

namespace Cairn.Media.Worker;

/// <summary>
/// HEIF, AVIF, JPEG 2000, JPEG XL, PSD, BMP, ICO, camera raw and rarer formats through ImageMagick, always with the format forced and the
/// whole picture in memory, never in a file.
/// </summary>
internal sealed partial class MagickPictures
{
    private const string Name = "ImageMagick";

    private static readonly string[] DamageWords = ["corrupt", "premature", "truncat", "insufficient", "unexpected end", "not enough", "read error", "length and filesize do not match"];

    private readonly PictureSample sample;

    public MagickPictures(PictureSample sample)
    {
        this.sample = sample;
        ResourceLimits.Disk = 0;
        ResourceLimits.Thread = 1;
        ResourceLimits.ListLength = 10_000;
        ResourceLimits.MaxProfileSize = 64 << 20;
    }

    /// <summary>Reads the picture, the largest of an icon, into the sample.</summary>
    /// <exception cref="DecodingException">No pixel could be had.</exception>
    public DecodedPicture Read(ReadOnlySpan<byte> content, PictureFormat format, PictureLimits limits)
    {
        ResourceLimits.Memory = (ulong)limits.Memory;
        ResourceLimits.Area = (ulong)limits.Pixels;
        ResourceLimits.MaxMemoryRequest = (ulong)limits.Memory;
        MagickReadSettings settings = new() { Format = format.Magick, BackgroundColor = MagickColors.White };
        settings.SetDefine(MagickFormat.Tiff, "ignore-tags", "37724");
        List<string> warnings = [];
        using MemoryFile? file = NeedsFile(format.Magick) ? new MemoryFile(content) : null;
        try
        {
            using (MagickImageCollection parts = [])
            {
                if (file is null)
                {
                    parts.Ping(content, settings);
                }
                else
                {
                    parts.Ping(file.Path, settings);
                }

                int chosen = 0;
                for (int i = 0; i < parts.Count; i++)
                {
                    DecodingException.ThrowUnlessWithin(parts[i].Width, parts[i].Height, limits);
                    chosen = format.Magick is MagickFormat.Ico or MagickFormat.Cur && (long)parts[i].Width * parts[i].Height > (long)parts[chosen].Width * parts[chosen].Height ? i : chosen;
                }

                settings.FrameIndex = (uint)chosen;
                settings.FrameCount = 1;
            }

            using MagickImage image = new();
            image.Warning += (_, warning) => warnings.Add(warning.Message);
            if (file is null)
            {
                image.Read(content, settings);
            }
            else
            {
                image.Read(file.Path, settings);
            }

            DecodingException.ThrowUnlessWithin(image.Width, image.Height, limits);
            Take(image);
            string? damage = warnings.Find(IsDamage);
            return new DecodedPicture((int)image.Width, (int)image.Height, Orientation(image), 1, Name, damage is null ? null : Clean(damage))
            {
                Remark = warnings.Count == 0 ? null : Clean(warnings[0]),
            };
        }
        catch (MagickException error)
        {
            throw new DecodingException(Status(error), Clean(error.Message));
        }
    }

    /// <summary>These decoders take no bytes in memory: the library would write a temporary file for them.</summary>
    private static bool NeedsFile(MagickFormat format) => format is MagickFormat.Heic or MagickFormat.Avif or MagickFormat.Dng or MagickFormat.Cr2 or MagickFormat.Cr3
        or MagickFormat.Crw or MagickFormat.Nef or MagickFormat.Arw or MagickFormat.Rw2 or MagickFormat.Orf or MagickFormat.Raf or MagickFormat.Pef or MagickFormat.X3f or MagickFormat.Mrw;

    private void Take(MagickImage image)
    {
        bool isGrey = image.ColorSpace == ColorSpace.Gray && !image.HasAlpha;
        if (image.ColorSpace is not (ColorSpace.sRGB or ColorSpace.RGB or ColorSpace.Gray))
        {
            image.ColorSpace = ColorSpace.sRGB;
        }

        string mapping = isGrey ? "R" : image.HasAlpha ? "RGBA" : "RGB";
        sample.Begin((int)image.Width, (int)image.Height, isGrey ? PixelLayout.Grey : image.HasAlpha ? PixelLayout.Rgba : PixelLayout.Rgb);
        using IUnsafePixelCollection<byte> pixels = image.GetPixelsUnsafe();
        for (int row = 0; row < sample.Rows; row++)
        {
            sample.Take(row, pixels.ToByteArray(0, sample.SourceRow(row), image.Width, 1, mapping));
        }
    }

    private static int Orientation(MagickImage image) => (int)image.Orientation is int value and >= 1 and <= 8 ? value : 1;

    private static bool IsDamage(string warning) => DamageWords.Any(word => warning.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static PictureStatus Status(MagickException error) => error switch
    {
        MagickResourceLimitErrorException or MagickCacheErrorException => PictureStatus.LimitReached,
        MagickMissingDelegateErrorException => PictureStatus.Unsupported,
        _ => PictureStatus.Malformed,
    };

    /// <summary>Without the place in the library's source that it ends with, and without the name of a file in memory, which differs from run to run.</summary>
    private static string Clean(string message)
    {
        int place = message.IndexOf(" @ ", StringComparison.Ordinal);
        return PictureProtocol.OneLine(FileName().Replace(place < 0 ? message : message[..place], ""));
    }

    [GeneratedRegex(" ?`(/proc/self/fd/[0-9]+)?'")]
    private static partial Regex FileName();
}
