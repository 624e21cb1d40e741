using Cairn.Core.Pictures;
using Cairn.Media.Decoding;

namespace Cairn.Media.Worker;

/// <summary>A picture that gives no pixels, and why. Caught by <see cref="PictureDecoder"/>.</summary>
internal sealed class DecodingException(PictureStatus status, string reason, int width = 0, int height = 0) : Exception(reason)
{
    public PictureStatus Status { get; } = status;

    public int Width { get; } = width;

    public int Height { get; } = height;

    /// <summary>Refuses a picture with no pixels, or with more than the limit before any memory is given to them.</summary>
    public static void ThrowUnlessWithin(long width, long height, PictureLimits limits)
    {
        if (width < 1 || height < 1)
        {
            throw new DecodingException(PictureStatus.Malformed, $"{width} x {height} pixels are no picture");
        }

        if (height > limits.Pixels / width)
        {
            throw new DecodingException(PictureStatus.LimitReached, $"{width} x {height} pixels are more than the limit of {limits.Pixels}",
                (int)Math.Min(width, int.MaxValue), (int)Math.Min(height, int.MaxValue));
        }
    }
}
