using System.Numerics;
using System.Runtime.InteropServices;
using Cairn.Core.Pictures;
using Cairn.Media.Pdq;

namespace Cairn.Media.Video;

/// <summary>
/// PDQ of frames in their own size, as vPDQ makes it: a frame is not sampled down to 512 first, as PDQ does with a picture (the two
/// differ by up to 18 bits on ordinary frames). Both passes of PDQ's box filter and its reduction to 64 by 64 are linear, so each of the
/// 64 parts of a side is one weighted sum of the pixels around it. Not safe to share between threads.
/// </summary>
internal sealed class FrameHasher
{
    private const int Side = 64;

    private readonly int width;
    private readonly int height;
    private readonly (int Start, float[] Weights)[] across;
    private readonly (int Start, float[] Weights)[] down;
    private readonly int[] offsets;
    private readonly float[] row;
    private readonly float[] narrow;

    /// <summary>For frames of that size, at least one pixel each way.</summary>
    public FrameHasher(int width, int height)
    {
        (this.width, this.height) = (width, height);
        across = Kernel(width);
        down = Kernel(height);
        offsets = [.. Enumerable.Range(0, PdqHasher.LongestSide).Select(x => 3 * x)];
        row = new float[width];
        narrow = new float[height * Side];
    }

    /// <summary>Hashes a frame of RGB pixels without gaps.</summary>
    public PdqResult Hash(ReadOnlySpan<byte> rgb, out PdqOrientations orientations)
    {
        orientations = default;
        if (width < PdqHasher.ShortestSide || height < PdqHasher.ShortestSide)
        {
            return default;
        }

        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x += PdqHasher.LongestSide)
            {
                int count = Math.Min(PdqHasher.LongestSide, width - x);
                PdqLuma.ReadRow(rgb.Slice(((y * width) + x) * 3, count * 3), offsets.AsSpan(0, count), PixelLayout.Rgb, row.AsSpan(x));
            }

            for (int i = 0; i < Side; i++)
            {
                (int start, float[] weights) = across[i];
                narrow[(y * Side) + i] = Dot(row.AsSpan(start, weights.Length), weights);
            }
        }

        Span<float> square = stackalloc float[Side * Side];
        square.Clear();
        for (int i = 0; i < Side; i++)
        {
            (int start, float[] weights) = down[i];
            Span<float> target = square.Slice(i * Side, Side);
            for (int k = 0; k < weights.Length; k++)
            {
                ReadOnlySpan<float> source = narrow.AsSpan((start + k) * Side, Side);
                for (int x = 0; x < Side; x++)
                {
                    target[x] += weights[k] * source[x];
                }
            }
        }

        int quality = PdqTransform.Quality(square);
        Span<float> terms = stackalloc float[PdqHash.Bits];
        PdqTransform.Terms(square, terms);
        PdqHash hash = PdqTransform.Hash(terms);
        PdqTransform.Orientations(terms, hash, ref orientations);
        return new PdqResult(hash, quality);
    }

    /// <summary>For each of the 64 kept places, the weights of the pixels that two sliding means bring there (standards: window (n+127)/128, shorter at the edges).</summary>
    private static (int Start, float[] Weights)[] Kernel(int length)
    {
        int window = (length + 127) / 128;
        int ahead = window / 2, behind = window - ahead - 1;
        (int, float[])[] kernel = new (int, float[])[Side];
        for (int i = 0; i < Side; i++)
        {
            int kept = (int)((i + 0.5) * length / Side);
            int from = Math.Max(0, kept - behind), to = Math.Min(length - 1, kept + ahead);
            int start = Math.Max(0, from - behind), end = Math.Min(length - 1, to + ahead);
            float[] weights = new float[end - start + 1];
            for (int outer = from; outer <= to; outer++)
            {
                int first = Math.Max(0, outer - behind), last = Math.Min(length - 1, outer + ahead);
                for (int inner = first; inner <= last; inner++)
                {
                    weights[inner - start] += 1f / ((to - from + 1) * (last - first + 1));
                }
            }

            kernel[i] = (start, weights);
        }

        return kernel;
    }

    private static float Dot(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        ReadOnlySpan<Vector<float>> a = MemoryMarshal.Cast<float, Vector<float>>(values), b = MemoryMarshal.Cast<float, Vector<float>>(weights);
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < a.Length; i++)
        {
            sums += a[i] * b[i];
        }

        float sum = Vector.Sum(sums);
        for (int i = a.Length * Vector<float>.Count; i < values.Length; i++)
        {
            sum += values[i] * weights[i];
        }

        return sum;
    }
}
