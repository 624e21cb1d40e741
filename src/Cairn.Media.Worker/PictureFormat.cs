using Cairn.Core.ContentTypes;
using ImageMagick;

namespace Cairn.Media.Worker;

/// <summary>Which library decodes a format.</summary>
internal enum PictureLibrary
{
    /// <summary>libvips, row by row.</summary>
    Vips,

    /// <summary>ImageMagick, the whole picture in memory.</summary>
    Magick,

    /// <summary>The largest JPEG in a camera's raw file; ImageMagick (LibRaw) where there is none large enough.</summary>
    Raw,
}

/// <summary>A format that is decoded.</summary>
/// <param name="Name">As the field calls it.</param>
/// <param name="Library">Who decodes it.</param>
/// <param name="Magick">ImageMagick's name, forced upon it so that it never guesses: some of what it knows are scripts.</param>
internal sealed record PictureFormat(string Name, PictureLibrary Library, MagickFormat Magick)
{
    /// <summary>JPEG, of a file or within one.</summary>
    public static readonly PictureFormat Jpeg = new("JPEG", PictureLibrary.Vips, MagickFormat.Jpeg);

    private static readonly Dictionary<string, PictureFormat> ByMime = new(StringComparer.Ordinal)
    {
        ["image/jpeg"] = Jpeg,
        ["image/png"] = new("PNG", PictureLibrary.Vips, MagickFormat.Png),
        ["image/gif"] = new("GIF", PictureLibrary.Vips, MagickFormat.Gif),
        ["image/webp"] = new("WebP", PictureLibrary.Vips, MagickFormat.WebP),
        ["image/tiff"] = new("TIFF", PictureLibrary.Vips, MagickFormat.Tiff),
        ["image/bmp"] = new("BMP", PictureLibrary.Magick, MagickFormat.Bmp),
        ["image/vnd.microsoft.icon"] = new("ICO", PictureLibrary.Magick, MagickFormat.Ico),
        ["image/x-win-bitmap"] = new("CUR", PictureLibrary.Magick, MagickFormat.Cur),
        ["image/heic"] = new("HEIC", PictureLibrary.Magick, MagickFormat.Heic),
        ["image/heif"] = new("HEIF", PictureLibrary.Magick, MagickFormat.Heic),
        ["image/avif"] = new("AVIF", PictureLibrary.Magick, MagickFormat.Avif),
        ["image/jp2"] = new("JPEG 2000", PictureLibrary.Magick, MagickFormat.Jp2),
        ["image/x-jp2-codestream"] = new("JPEG 2000", PictureLibrary.Magick, MagickFormat.J2c),
        ["image/jxl"] = new("JPEG XL", PictureLibrary.Magick, MagickFormat.Jxl),
        ["image/vnd.adobe.photoshop"] = new("PSD", PictureLibrary.Magick, MagickFormat.Psd),
        ["image/x-jng"] = new("JNG", PictureLibrary.Magick, MagickFormat.Jng),
        ["image/x-tga"] = new("TGA", PictureLibrary.Magick, MagickFormat.Tga),
        ["image/x-pcx"] = new("PCX", PictureLibrary.Magick, MagickFormat.Pcx),
        ["image/x-dcx"] = new("DCX", PictureLibrary.Magick, MagickFormat.Dcx),
        ["image/x-portable-anymap"] = new("PNM", PictureLibrary.Magick, MagickFormat.Pnm),
        ["image/x-portable-bitmap"] = new("PBM", PictureLibrary.Magick, MagickFormat.Pbm),
        ["image/x-portable-graymap"] = new("PGM", PictureLibrary.Magick, MagickFormat.Pgm),
        ["image/x-portable-pixmap"] = new("PPM", PictureLibrary.Magick, MagickFormat.Ppm),
        ["image/x-portable-floatmap"] = new("PFM", PictureLibrary.Magick, MagickFormat.Pfm),
        ["image/x-qoi"] = new("QOI", PictureLibrary.Magick, MagickFormat.Qoi),
        ["image/x-farbfeld"] = new("farbfeld", PictureLibrary.Magick, MagickFormat.Farbfeld),
        ["image/vnd.ms-dds"] = new("DDS", PictureLibrary.Magick, MagickFormat.Dds),
        ["image/vnd.radiance"] = new("Radiance", PictureLibrary.Magick, MagickFormat.Hdr),
        ["image/x-exr"] = new("OpenEXR", PictureLibrary.Magick, MagickFormat.Exr),
        ["image/x-xcf"] = new("XCF", PictureLibrary.Magick, MagickFormat.Xcf),
        ["image/x-sgi"] = new("SGI", PictureLibrary.Magick, MagickFormat.Sgi),
        ["image/x-sun-raster"] = new("Sun raster", PictureLibrary.Magick, MagickFormat.Ras),
        ["image/fits"] = new("FITS", PictureLibrary.Magick, MagickFormat.Fits),
        ["image/x-adobe-dng"] = new("DNG", PictureLibrary.Raw, MagickFormat.Dng),
        ["image/x-canon-cr2"] = new("CR2", PictureLibrary.Raw, MagickFormat.Cr2),
        ["image/x-canon-cr3"] = new("CR3", PictureLibrary.Raw, MagickFormat.Cr3),
        ["image/x-canon-crw"] = new("CRW", PictureLibrary.Raw, MagickFormat.Crw),
        ["image/x-nikon-nef"] = new("NEF", PictureLibrary.Raw, MagickFormat.Nef),
        ["image/x-sony-arw"] = new("ARW", PictureLibrary.Raw, MagickFormat.Arw),
        ["image/x-panasonic-rw2"] = new("RW2", PictureLibrary.Raw, MagickFormat.Rw2),
        ["image/x-olympus-orf"] = new("ORF", PictureLibrary.Raw, MagickFormat.Orf),
        ["image/x-fuji-raf"] = new("RAF", PictureLibrary.Raw, MagickFormat.Raf),
        ["image/x-pentax-pef"] = new("PEF", PictureLibrary.Raw, MagickFormat.Pef),
        ["image/x-samsung-srw"] = new("SRW", PictureLibrary.Raw, MagickFormat.Dng),
        ["image/x-sigma-x3f"] = new("X3F", PictureLibrary.Raw, MagickFormat.X3f),
        ["image/x-minolta-mrw"] = new("MRW", PictureLibrary.Raw, MagickFormat.Mrw),
    };

    /// <summary>The format of a content: what its bytes say, and only where they say nothing for certain, what it was taken for.</summary>
    public static PictureFormat? Find(ReadOnlySpan<byte> content, string mime, out string named)
    {
        ContentType? type = ContentType.Identify(content[..Math.Min(content.Length, ContentType.LongestHead)]);
        named = type is { IsCertain: true } || mime.Length == 0 ? type?.Mime ?? "" : mime;
        return ByMime.GetValueOrDefault(named);
    }
}
