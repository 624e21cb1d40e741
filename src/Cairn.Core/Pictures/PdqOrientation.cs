namespace Cairn.Core.Pictures;

/// <summary>The eight ways a picture can be turned and mirrored, by the reference's names; each says what was done to the picture.</summary>
public enum PdqOrientation
{
    /// <summary>As it is.</summary>
    Original = 0,

    /// <summary>Turned a quarter counter-clockwise.</summary>
    Rotate90 = 1,

    /// <summary>Turned by half.</summary>
    Rotate180 = 2,

    /// <summary>Turned a quarter clockwise.</summary>
    Rotate270 = 3,

    /// <summary>Upside down: top and bottom exchanged.</summary>
    FlipX = 4,

    /// <summary>Mirrored: left and right exchanged.</summary>
    FlipY = 5,

    /// <summary>Rows and columns exchanged, about the diagonal from the upper left.</summary>
    FlipPlus1 = 6,

    /// <summary>Rows and columns exchanged, about the diagonal from the lower left.</summary>
    FlipMinus1 = 7,
}
