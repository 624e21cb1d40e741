namespace Cairn.Media.Pdq;

/// <summary>How the bytes of a picture lie, row after row from the top.</summary>
public enum PixelLayout
{
    /// <summary>One byte: luma.</summary>
    Grey = 0,

    /// <summary>Three bytes: red, green, blue.</summary>
    Rgb = 1,

    /// <summary>Four bytes: red, green, blue, one that is ignored.</summary>
    Rgbx = 2,

    /// <summary>Four bytes: red, green, blue, alpha, the colours not multiplied by it. Laid over white.</summary>
    Rgba = 3,
}
