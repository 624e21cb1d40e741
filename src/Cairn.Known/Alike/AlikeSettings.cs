namespace Cairn.Known.Alike;

/// <summary>Settings of a case: another setting is another grouping of all its pictures.</summary>
public sealed record AlikeSettings
{
    /// <summary>The farthest <see cref="Distance"/> that can be asked for.</summary>
    public const int MaxDistance = 63;

    /// <summary>Bits of a PDQ hash that a member may differ from its leader, 0 to 63. Past 31 grouping takes many times as long.</summary>
    public int Distance { get; init; } = 31;

    /// <summary>
    /// A picture of lower PDQ quality (0 to 100) is grouped by its bytes alone: flat and nearly flat pictures have hashes of noise, which are alike
    /// where the pictures are not.
    /// </summary>
    public int MinimumQuality { get; init; } = 50;
}
