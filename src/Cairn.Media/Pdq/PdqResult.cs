using System.Runtime.CompilerServices;
using Cairn.Core.Pictures;

namespace Cairn.Media.Pdq;

/// <summary>A PDQ hash and how much the picture had to tell.</summary>
/// <param name="Hash">The hash; all zero where a side of the picture is shorter than five pixels.</param>
/// <param name="Quality">0 (flat) to 100; below 50 a match means little.</param>
public readonly record struct PdqResult(PdqHash Hash, int Quality);

/// <summary>The hashes of one picture in all eight orientations, indexed by <see cref="PdqOrientation"/>.</summary>
[InlineArray(Count)]
public struct PdqOrientations : IEquatable<PdqOrientations>
{
    /// <summary>How many there are.</summary>
    public const int Count = 8;

    private PdqHash first;

    /// <summary>The hash of the picture so turned.</summary>
    public readonly PdqHash For(PdqOrientation orientation) => this[(int)orientation];

    /// <inheritdoc/>
    public readonly bool Equals(PdqOrientations other) => ((ReadOnlySpan<PdqHash>)this).SequenceEqual(other);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is PdqOrientations other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(this[0], this[1]);

    /// <summary>Whether all eight are the same.</summary>
    public static bool operator ==(PdqOrientations left, PdqOrientations right) => left.Equals(right);

    /// <summary>Whether one of the eight differs.</summary>
    public static bool operator !=(PdqOrientations left, PdqOrientations right) => !left.Equals(right);
}
