using Cairn.Core.Pictures;
using Cairn.Media.Decoding;
using Cairn.Media.Pdq;
using NetVips;

namespace Cairn.Media.Worker;

/// <summary>
/// JPEG, PNG, GIF, WebP and TIFF through libvips, row by row in the order of the file. Colour profiles are not applied: PDQ is of the
/// values as stored, as the reference takes them.
/// </summary>
internal sealed class VipsPictures
{
    private const string Name = "libvips";

    private static readonly string[] DamageWords =
        ["Corrupt JPEG", "premature end", "bad Huffman", "truncat", "read error", "out of data", "Not enough data", "IDAT", "bad DC", "Inconsistent progression", "CRC error"];

    /// <summary>A side shorter than this is not halved: PDQ takes 512 pixels of it and would notice.</summary>
    private const int ShortestHalf = 1024;

    /// <summary>Of the kept rows, every eighth is looked at for fine detail.</summary>
    private const int DetailStep = 8;

    private readonly PictureSample sample;
    private readonly List<string> warnings = [];
    private readonly Log.LogDelegate listen;

    public VipsPictures(PictureSample sample)
    {
        this.sample = sample;
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;
        NetVips.NetVips.BlockUntrusted = true;
        // Kept in a field: the library calls it for as long as it lives.
        listen = (_, _, message) =>
        {
            if (warnings.Count < 20)
            {
                warnings.Add(message);
            }
        };
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Critical, listen);
    }

    /// <summary>Reads a frame or page of <paramref name="content"/> into the sample.</summary>
    /// <exception cref="DecodingException">No pixel could be had.</exception>
    public DecodedPicture Read(ReadOnlySpan<byte> content, PictureFormat format, int frame, PictureLimits limits)
    {
        // Strictly first, which tells a file that is cut off; leniently then, which makes what there is of it.
        if (TryRead(content, format, frame, limits, Enums.FailOn.Truncated, out DecodedPicture? picture, out string damage))
        {
            return format.Name == "GIF" && picture!.Damage is null && !GifBlocks.IsComplete(content) ? picture with { Damage = "the file is cut off" } : picture!;
        }

        return TryRead(content, format, frame, limits, Enums.FailOn.None, out picture, out string reason)
            ? picture! with { Damage = damage }
            : throw new DecodingException(reason.Contains("memory", StringComparison.OrdinalIgnoreCase) ? PictureStatus.LimitReached : PictureStatus.Malformed, reason);
    }

    /// <summary>
    /// Reads a JPEG into the sample. A large one is decoded at half scale, which takes three fifths of the time, unless what it shows is so fine
    /// that the hash would leave the bound of ten bits from that of the whole picture.
    /// </summary>
    /// <exception cref="DecodingException">No pixel could be had.</exception>
    public DecodedPicture ReadJpeg(ReadOnlySpan<byte> content, PictureLimits limits) => TryReadHalf(content, limits) ?? Read(content, PictureFormat.Jpeg, 0, limits);

    /// <summary>All pixels of a PNG of that size, four bytes each.</summary>
    /// <exception cref="DecodingException">They could not be had.</exception>
    public static byte[] ReadRgba(ReadOnlySpan<byte> png, int width, int height, PictureLimits limits)
    {
        try
        {
            using Source source = Source.NewFromMemory(png);
            using Image image = Image.PngloadSource(source, access: Enums.Access.Sequential, failOn: Enums.FailOn.None);
            DecodingException.ThrowUnlessWithin(image.Width, image.Height, limits);
            using Image bytes = ToBytes(image, out PixelLayout layout);
            using Image colour = layout == PixelLayout.Grey ? bytes.Bandjoin(bytes, bytes) : bytes.Copy();
            using Image opaque = layout == PixelLayout.Rgba ? colour.Copy() : colour.BandjoinConst([255]);
            byte[] pixels = opaque.WriteToMemory<byte>();
            return pixels.Length == width * height * 4 ? pixels : throw new DecodingException(PictureStatus.Malformed, "a frame has another size than it says");
        }
        catch (VipsException error)
        {
            throw new DecodingException(PictureStatus.Malformed, Reason(error));
        }
    }

    /// <summary>Null where it is not to be halved, or is damaged: the whole picture is read then.</summary>
    private DecodedPicture? TryReadHalf(ReadOnlySpan<byte> content, PictureLimits limits)
    {
        Forget();
        try
        {
            using Source source = Source.NewFromMemory(content);
            using Image whole = Image.JpegloadSource(source, access: Enums.Access.Sequential);
            DecodingException.ThrowUnlessWithin(whole.Width, whole.Height, limits);
            if (Math.Min(whole.Width, whole.Height) < 2 * ShortestHalf)
            {
                return null;
            }

            using Source again = Source.NewFromMemory(content);
            using Image half = Image.JpegloadSource(again, shrink: 2, access: Enums.Access.Sequential, failOn: Enums.FailOn.Truncated);
            using Image bytes = ToBytes(half, out PixelLayout layout);
            sample.Begin(half.Width, half.Height, layout);
            using Region region = Region.New(bytes);
            FineDetail detail = new(half.Width, sample.PixelBytes);
            for (int row = 0; row < sample.Rows; row++)
            {
                bool isLooked = row % DetailStep == 0;
                ReadOnlySpan<byte> pixels = region.Fetch(0, sample.SourceRow(row), half.Width, isLooked ? 2 : 1);
                sample.Take(row, pixels);
                if (isLooked)
                {
                    detail.Add(pixels);
                }
            }

            region.Fetch(0, half.Height - 1, half.Width, 1);
            return detail.IsTooFine || warnings.Count > 0
                ? null
                : new DecodedPicture(whole.Width, whole.Height, Orientation(whole), 1, Name, null) { IsHalved = true };
        }
        catch (VipsException)
        {
            return null;
        }
    }

    /// <summary>What was said of the picture before: the library adds warnings to the text of its next error, and only an exception of its binding empties that.</summary>
    private void Forget()
    {
        warnings.Clear();
        _ = new VipsException("");
    }

    private static Image Open(Source source, string format, int frame, Enums.FailOn failOn) => format switch
    {
        "JPEG" => Image.JpegloadSource(source, access: Enums.Access.Sequential, failOn: failOn),
        "PNG" => Image.PngloadSource(source, access: Enums.Access.Sequential, failOn: failOn),
        "GIF" => Image.GifloadSource(source, n: 1, page: frame, access: Enums.Access.Sequential, failOn: failOn),
        "WebP" => Image.WebploadSource(source, n: 1, page: frame, access: Enums.Access.Sequential, failOn: failOn),
        _ => Image.TiffloadSource(source, n: 1, page: frame, access: Enums.Access.Sequential, failOn: failOn),
    };

    private bool TryRead(ReadOnlySpan<byte> content, PictureFormat format, int frame, PictureLimits limits, Enums.FailOn failOn, out DecodedPicture? picture, out string reason)
    {
        Forget();
        picture = null;
        int row = 0;
        try
        {
            using Source source = Source.NewFromMemory(content);
            using Image image = Open(source, format.Name, frame, failOn);
            DecodingException.ThrowUnlessWithin(image.Width, image.Height, limits);
            using Image bytes = ToBytes(image, out PixelLayout layout);
            sample.Begin(image.Width, image.Height, layout);
            picture = new DecodedPicture(image.Width, image.Height, Orientation(image), Number(image, "n-pages", 1), Name, null);
            using Region region = Region.New(bytes);
            for (; row < sample.Rows; row++)
            {
                sample.Take(row, region.Fetch(0, sample.SourceRow(row), bytes.Width, 1));
            }

            // A file that is cut off after the last row that counts is cut off all the same.
            region.Fetch(0, bytes.Height - 1, bytes.Width, 1);

            string? damage = warnings.Find(IsDamage);
            picture = picture with { Damage = damage is null ? null : PictureProtocol.OneLine(damage), Remark = warnings.Count == 0 ? null : PictureProtocol.OneLine(warnings[0]) };
            reason = "";
            return true;
        }
        catch (VipsException error)
        {
            reason = Reason(error);
            if (failOn == Enums.FailOn.None && picture is not null && row > 0)
            {
                // Even leniently it goes no further: the rows so far, and grey below them.
                picture = picture with { Damage = reason };
                return true;
            }

            return false;
        }
    }

    /// <summary>The library's own first line, without that of its binding.</summary>
    private static string Reason(VipsException error) => PictureProtocol.OneLine(
        error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim()).FirstOrDefault(l => !l.StartsWith("unable to call", StringComparison.Ordinal)) ?? error.Message);

    /// <summary>Bytes that are missing or wrong, rather than a remark on metadata or on bytes between two segments.</summary>
    private static bool IsDamage(string warning) =>
        !warning.Contains("extraneous bytes", StringComparison.Ordinal)
        && DamageWords.Any(word => warning.Contains(word, StringComparison.OrdinalIgnoreCase));

    /// <summary>One, three or four bytes a pixel, without any change where the picture has them already.</summary>
    private static Image ToBytes(Image image, out PixelLayout layout)
    {
        bool isPlain = image.Interpretation is Enums.Interpretation.Srgb or Enums.Interpretation.Rgb or Enums.Interpretation.Bw or Enums.Interpretation.Multiband
            or Enums.Interpretation.Rgb16 or Enums.Interpretation.Grey16;
        Image result;
        if (isPlain && image.Format == Enums.BandFormat.Uchar)
        {
            result = image.Copy();
        }
        else if (image.Interpretation == Enums.Interpretation.Cmyk && image.Bands == 4 && image.Format == Enums.BandFormat.Uchar)
        {
            // What is left of white after the ink, and of that after the black: no profile, as the programs that pictures are hashed with do it.
            using Image paper = image.Invert();
            using Image colours = paper.ExtractBand(0, n: 3);
            using Image black = paper.ExtractBand(3);
            using Image product = colours * black;
            using Image scaled = product / 255;
            using Image rounded = scaled.Rint();
            using Image plain = rounded.Cast(Enums.BandFormat.Uchar);
            result = plain.Copy(interpretation: Enums.Interpretation.Srgb);
        }
        else if (isPlain && image.Format == Enums.BandFormat.Ushort)
        {
            result = image.Cast(Enums.BandFormat.Uchar, shift: true);
        }
        else
        {
            using Image colour = image.Colourspace(image.Bands < 3 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
            result = colour.Cast(Enums.BandFormat.Uchar);
        }

        switch (result.Bands)
        {
            case 1:
                layout = PixelLayout.Grey;
                return result;
            case 2:
                using (result)
                {
                    layout = PixelLayout.Rgba;
                    using Image grey = result.ExtractBand(0);
                    using Image alpha = result.ExtractBand(1);
                    return grey.Bandjoin(grey, grey, alpha);
                }

            case 3:
                layout = PixelLayout.Rgb;
                return result;
            case 4:
                layout = PixelLayout.Rgba;
                return result;
            default:
                using (result)
                {
                    layout = PixelLayout.Rgb;
                    return result.ExtractBand(0, n: 3);
                }
        }
    }

    private static int Orientation(Image image) => Number(image, "orientation", 1) is int value and >= 1 and <= 8 ? value : 1;

    private static int Number(Image image, string field, int otherwise) => image.Contains(field) && image.Get(field) is int value ? value : otherwise;
}
