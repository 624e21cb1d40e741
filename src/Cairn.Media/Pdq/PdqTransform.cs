using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Cairn.Core.Pictures;

namespace Cairn.Media.Pdq;

/// <summary>From the 64×64 square to 16×16 terms of its cosine transform, and from those to bits.</summary>
internal static class PdqTransform
{
    /// <summary>Side of the reduced picture.</summary>
    public const int Side = 64;

    private const int Kept = 16;

    /// <summary>Row i holds the factors of term i+1.</summary>
    private static readonly float[] Factors = MakeFactors();

    /// <summary>The same with rows and columns exchanged: row j holds the factors of pixel j for all sixteen terms.</summary>
    private static readonly float[] FactorsByPixel = Transpose(Factors);

    /// <summary>
    /// Differences of neighbours in hundredths of the full range, each cut to a whole number so that noise does not count, summed over 90.
    /// </summary>
    public static int Quality(ReadOnlySpan<float> square)
    {
        int sum = 0;
        for (int i = 0; i < Side * (Side - 1); i++)
        {
            sum += Math.Abs((int)((square[i] - square[i + Side]) * 100 / 255));
        }

        for (int y = 0; y < Side; y++)
        {
            ReadOnlySpan<float> row = square.Slice(y * Side, Side);
            for (int x = 0; x < Side - 1; x++)
            {
                sum += Math.Abs((int)((row[x] - row[x + 1]) * 100 / 255));
            }
        }

        return Math.Min(100, sum / 90);
    }

    /// <summary>Terms 1 to 16 of the two-dimensional cosine transform, row by row.</summary>
    public static void Terms(ReadOnlySpan<float> square, Span<float> terms)
    {
        Span<float> half = stackalloc float[Kept * Side];
        ref float pixels = ref MemoryMarshal.GetReference(square);
        for (int i = 0; i < Kept; i++)
        {
            ReadOnlySpan<float> factors = Factors.AsSpan(i * Side, Side);
            Vector512<float> a = default, b = default, c = default, d = default;
            for (int k = 0; k < factors.Length; k++)
            {
                Vector512<float> factor = Vector512.Create(factors[k]);
                nuint row = (nuint)(k * Side);
                a += factor * Vector512.LoadUnsafe(ref pixels, row);
                b += factor * Vector512.LoadUnsafe(ref pixels, row + 16);
                c += factor * Vector512.LoadUnsafe(ref pixels, row + 32);
                d += factor * Vector512.LoadUnsafe(ref pixels, row + 48);
            }

            Span<float> target = half.Slice(i * Side, Side);
            a.CopyTo(target);
            b.CopyTo(target[16..]);
            c.CopyTo(target[32..]);
            d.CopyTo(target[48..]);
        }

        ref float byPixel = ref MemoryMarshal.GetArrayDataReference(FactorsByPixel);
        for (int i = 0; i < Kept; i++)
        {
            ReadOnlySpan<float> values = half.Slice(i * Side, Side);
            Vector512<float> sum = default;
            for (int k = 0; k < values.Length; k++)
            {
                sum += Vector512.Create(values[k]) * Vector512.LoadUnsafe(ref byPixel, (nuint)(k * Kept));
            }

            sum.CopyTo(terms[(i * Kept)..]);
        }
    }

    /// <summary>A bit for each term above the median; of an even number of terms, the lower of the two in the middle.</summary>
    public static PdqHash Hash(ReadOnlySpan<float> terms)
    {
        Span<float> sorted = stackalloc float[PdqHash.Bits];
        terms.CopyTo(sorted);
        sorted.Sort();
        Vector512<float> median = Vector512.Create(sorted[(PdqHash.Bits / 2) - 1]);
        Span<ulong> words = stackalloc ulong[4];
        words.Clear();
        for (int i = 0; i < PdqHash.Bits; i += Kept)
        {
            ulong above = Vector512.GreaterThan(Vector512.Create(terms.Slice(i, Kept)), median).ExtractMostSignificantBits();
            words[i / 64] |= above << (i % 64);
        }

        return new PdqHash(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Turning a picture only moves its terms and changes their signs, so that each orientation costs a median.</summary>
    public static void Orientations(ReadOnlySpan<float> terms, PdqHash original, ref PdqOrientations orientations)
    {
        orientations[(int)PdqOrientation.Original] = original;
        Span<float> turned = stackalloc float[PdqHash.Bits];
        for (PdqOrientation orientation = PdqOrientation.Rotate90; orientation <= PdqOrientation.FlipMinus1; orientation++)
        {
            bool exchanged = orientation is PdqOrientation.Rotate90 or PdqOrientation.Rotate270 or PdqOrientation.FlipPlus1 or PdqOrientation.FlipMinus1;
            for (int i = 0; i < Kept; i++)
            {
                for (int j = 0; j < Kept; j++)
                {
                    float term = terms[(i * Kept) + j];
                    turned[exchanged ? (j * Kept) + i : (i * Kept) + j] = IsNegated(orientation, i, j) ? -term : term;
                }
            }

            orientations[(int)orientation] = Hash(turned);
        }
    }

    private static bool IsNegated(PdqOrientation orientation, int i, int j) => orientation switch
    {
        PdqOrientation.Rotate90 or PdqOrientation.FlipY => j % 2 == 0,
        PdqOrientation.Rotate270 or PdqOrientation.FlipX => i % 2 == 0,
        PdqOrientation.Rotate180 or PdqOrientation.FlipMinus1 => (i + j) % 2 == 1,
        _ => false,
    };

    private static float[] MakeFactors()
    {
        float[] factors = new float[Kept * Side];
        float scale = (float)Math.Sqrt(2.0 / Side);
        for (int i = 0; i < Kept; i++)
        {
            for (int j = 0; j < Side; j++)
            {
                factors[(i * Side) + j] = (float)(scale * Math.Cos(Math.PI / 2.0 / Side * (i + 1) * ((2 * j) + 1)));
            }
        }

        return factors;
    }

    private static float[] Transpose(float[] factors)
    {
        float[] turned = new float[factors.Length];
        for (int i = 0; i < Kept; i++)
        {
            for (int j = 0; j < Side; j++)
            {
                turned[(j * Kept) + i] = factors[(i * Side) + j];
            }
        }

        return turned;
    }
}
