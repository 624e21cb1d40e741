using System.Buffers;
using Cairn.Core.Pictures;

namespace Cairn.Media.Pdq;

/// <summary>
/// PDQ from pixels. Identical pixels give the hash that the reference gives, bit for bit: sums run in single precision in its order, and
/// only what does not depend on one another is done at once. Safe from many threads; buffers come from the shared pool.
/// Source: "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", Facebook 2019.
/// </summary>
public static class PdqHasher
{
    /// <summary>A side longer than this makes the picture be sampled down to a square of this side, aspect not kept.</summary>
    public const int LongestSide = 512;

    /// <summary>A side shorter than this has no hash.</summary>
    public const int ShortestSide = 5;

    /// <summary>Hashes luma, 0 to 255, row after row without gaps.</summary>
    /// <exception cref="ArgumentException">Fewer values than the sides say, or a side below one.</exception>
    public static PdqResult Hash(ReadOnlySpan<float> luma, int width, int height) => HashLuma(luma, width, height, out _, false);

    /// <summary>As <see cref="Hash(ReadOnlySpan{float}, int, int)"/>, and the hashes of the picture turned and mirrored.</summary>
    /// <exception cref="ArgumentException">Fewer values than the sides say, or a side below one.</exception>
    public static PdqResult Hash(ReadOnlySpan<float> luma, int width, int height, out PdqOrientations orientations) =>
        HashLuma(luma, width, height, out orientations, true);

    /// <summary>Hashes pixels; <paramref name="stride"/> is the number of bytes from one row to the next.</summary>
    /// <exception cref="ArgumentException">Fewer bytes than the sides say, or a side below one.</exception>
    public static PdqResult Hash(ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelLayout layout) =>
        HashPixels(pixels, width, height, stride, layout, out _, false);

    /// <summary>As <see cref="Hash(ReadOnlySpan{byte}, int, int, int, PixelLayout)"/>, and the hashes of the picture turned and mirrored.</summary>
    /// <exception cref="ArgumentException">Fewer bytes than the sides say, or a side below one.</exception>
    public static PdqResult Hash(ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelLayout layout, out PdqOrientations orientations) =>
        HashPixels(pixels, width, height, stride, layout, out orientations, true);

    private static PdqResult HashLuma(ReadOnlySpan<float> luma, int width, int height, out PdqOrientations orientations, bool wanted)
    {
        Check(width, height, luma.Length, width, 1);
        orientations = default;
        (int columns, int rows) = SampledSize(width, height);
        if (columns < ShortestSide || rows < ShortestSide)
        {
            return default;
        }

        using PdqFilter filter = new(columns, rows);
        for (int y = 0; y < rows; y++)
        {
            ReadOnlySpan<float> source = luma.Slice((int)((long)y * height / rows) * width, width);
            Span<float> target = filter.Row(y);
            if (columns == width)
            {
                source.CopyTo(target);
                continue;
            }

            for (int x = 0; x < columns; x++)
            {
                target[x] = source[(int)((long)x * width / columns)];
            }
        }

        return Finish(filter, ref orientations, wanted);
    }

    private static PdqResult HashPixels(ReadOnlySpan<byte> pixels, int width, int height, int stride, PixelLayout layout, out PdqOrientations orientations, bool wanted)
    {
        int bytes = layout switch { PixelLayout.Grey => 1, PixelLayout.Rgb => 3, _ => 4 };
        Check(width, height, pixels.Length, stride, bytes);
        orientations = default;
        (int columns, int rows) = SampledSize(width, height);
        if (columns < ShortestSide || rows < ShortestSide)
        {
            return default;
        }

        int[] offsets = ArrayPool<int>.Shared.Rent(columns);
        try
        {
            for (int x = 0; x < columns; x++)
            {
                offsets[x] = (int)((long)x * width / columns) * bytes;
            }

            using PdqFilter filter = new(columns, rows);
            for (int y = 0; y < rows; y++)
            {
                ReadOnlySpan<byte> source = pixels.Slice((int)((long)y * height / rows) * stride, width * bytes);
                PdqLuma.ReadRow(source, offsets.AsSpan(0, columns), layout, filter.Row(y));
            }

            return Finish(filter, ref orientations, wanted);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(offsets);
        }
    }

    private static PdqResult Finish(PdqFilter filter, ref PdqOrientations orientations, bool wanted)
    {
        Span<float> square = stackalloc float[PdqTransform.Side * PdqTransform.Side];
        filter.Reduce(square);
        int quality = PdqTransform.Quality(square);
        Span<float> terms = stackalloc float[PdqHash.Bits];
        PdqTransform.Terms(square, terms);
        PdqHash hash = PdqTransform.Hash(terms);
        if (wanted)
        {
            PdqTransform.Orientations(terms, hash, ref orientations);
        }

        return new PdqResult(hash, quality);
    }

    /// <summary>The reference's default resampling: the nearest pixel to the left and above, at x·width/512.</summary>
    private static (int Columns, int Rows) SampledSize(int width, int height) =>
        width > LongestSide || height > LongestSide ? (LongestSide, LongestSide) : (width, height);

    private static void Check(int width, int height, int length, int stride, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (stride < (long)width * bytes || length < ((long)(height - 1) * stride) + ((long)width * bytes))
        {
            throw new ArgumentException($"{length} values with rows of {stride} do not hold {width} by {height} pixels of {bytes}");
        }
    }
}
