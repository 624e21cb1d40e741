using Cairn.Media.Pdq;
using NetVips;

namespace Cairn.Media.Worker;

/// <summary>A small JPEG from the sample of a picture, in the picture's own proportions and turned as its orientation tag says.</summary>
internal static class Thumbnail
{
    private const int JpegQuality = 70;

    /// <summary>Makes it; the longer side is <paramref name="side"/>, or that of the picture where it is smaller.</summary>
    public static byte[] Make(PictureSample sample, int orientation, int side)
    {
        double scale = Math.Min(1, (double)side / Math.Max(sample.Width, sample.Height));
        double width = Math.Max(1, Math.Round(sample.Width * scale)), height = Math.Max(1, Math.Round(sample.Height * scale));
        using Image pixels = Image.NewFromMemoryCopy(sample.Pixels, sample.Columns, sample.Rows, sample.PixelBytes, Enums.BandFormat.Uchar);
        using Image colour = pixels.Copy(interpretation: sample.Layout == PixelLayout.Grey ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
        using Image opaque = sample.Layout == PixelLayout.Rgba ? colour.Flatten(background: [255, 255, 255]) : colour.Copy();
        using Image small = opaque.Resize(width / sample.Columns, vscale: height / sample.Rows, kernel: Enums.Kernel.Linear);
        using Image turned = Turn(small, orientation);
        return turned.JpegsaveBuffer(q: JpegQuality, keep: Enums.ForeignKeep.None);
    }

    /// <summary>EXIF 2.32, 4.6.4, tag 0x0112: what has to be done so that the picture stands upright.</summary>
    private static Image Turn(Image image, int orientation)
    {
        switch (orientation)
        {
            case 2:
                return image.FlipHor();
            case 3:
                return image.Rot180();
            case 4:
                return image.FlipVer();
            case 5:
                using (Image turned = image.Rot90())
                {
                    return turned.FlipHor();
                }

            case 6:
                return image.Rot90();
            case 7:
                using (Image turned = image.Rot270())
                {
                    return turned.FlipHor();
                }

            case 8:
                return image.Rot270();
            default:
                return image.Copy();
        }
    }
}
