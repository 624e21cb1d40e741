namespace Cairn.Media.Worker;

/// <summary>What a library says of a picture whose pixels are in the sample.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Orientation">The EXIF orientation, 1 to 8.</param>
/// <param name="FrameCount">Pictures of an animation, or pages.</param>
/// <param name="Decoder">The library's name.</param>
/// <param name="Damage">Why it was not decoded to its end; null where it was.</param>
internal sealed record DecodedPicture(int Width, int Height, int Orientation, int FrameCount, string Decoder, string? Damage)
{
    /// <summary>What the library found odd without losing pixels.</summary>
    public string? Remark { get; init; }

    /// <summary>Whether it is the preview in a camera's raw file.</summary>
    public bool IsPreview { get; init; }

    /// <summary>Whether only half of its columns and rows were decoded.</summary>
    public bool IsHalved { get; init; }
}
