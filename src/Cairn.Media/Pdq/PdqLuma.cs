using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Cairn.Media.Pdq;

/// <summary>Luma of sampled pixels: 0.299 red + 0.587 green + 0.114 blue in single precision, summed from the left.</summary>
internal static class PdqLuma
{
    private const float Red = 0.299f, Green = 0.587f, Blue = 0.114f;

    /// <summary>Reads the pixels at <paramref name="offsets"/> of one row into <paramref name="luma"/>, which is as long or longer.</summary>
    public static void ReadRow(ReadOnlySpan<byte> row, ReadOnlySpan<int> offsets, PixelLayout layout, Span<float> luma)
    {
        if (layout == PixelLayout.Grey)
        {
            for (int x = 0; x < offsets.Length; x++)
            {
                luma[x] = row[offsets[x]];
            }

            return;
        }

        // Gathered first, one word a pixel, so that the arithmetic runs on whole vectors.
        Span<uint> words = stackalloc uint[PdqHasher.LongestSide];
        words = words[..offsets.Length];
        if (layout == PixelLayout.Rgb)
        {
            int x = 0;
            for (; x < words.Length && offsets[x] + 4 <= row.Length; x++)
            {
                words[x] = BinaryPrimitives.ReadUInt32LittleEndian(row[offsets[x]..]);
            }

            for (; x < words.Length; x++)
            {
                ReadOnlySpan<byte> pixel = row.Slice(offsets[x], 3);
                words[x] = pixel[0] | ((uint)pixel[1] << 8) | ((uint)pixel[2] << 16);
            }
        }
        else
        {
            for (int x = 0; x < words.Length; x++)
            {
                words[x] = BinaryPrimitives.ReadUInt32LittleEndian(row[offsets[x]..]);
            }
        }

        if (layout == PixelLayout.Rgba)
        {
            OverWhite(words);
        }

        Convert(words, luma);
    }

    private static void Convert(ReadOnlySpan<uint> words, Span<float> luma)
    {
        int x = 0;
        ref uint source = ref MemoryMarshal.GetReference(words);
        ref float target = ref MemoryMarshal.GetReference(luma);
        for (; x + Vector256<uint>.Count <= words.Length; x += Vector256<uint>.Count)
        {
            Vector256<uint> word = Vector256.LoadUnsafe(ref source, (nuint)x);
            Vector256<float> sum = Channel(word) * Vector256.Create(Red);
            sum += Channel(word >>> 8) * Vector256.Create(Green);
            sum += Channel(word >>> 16) * Vector256.Create(Blue);
            sum.StoreUnsafe(ref target, (nuint)x);
        }

        for (; x < words.Length; x++)
        {
            float red = Red * (words[x] & 0xFF), green = Green * ((words[x] >> 8) & 0xFF), blue = Blue * ((words[x] >> 16) & 0xFF);
            luma[x] = red + green + blue;
        }

        static Vector256<float> Channel(Vector256<uint> word) => Vector256.ConvertToSingle((word & Vector256.Create(0xFFu)).AsInt32());
    }

    /// <summary>A pixel that lets the background through shows white there, as a page or a viewer would.</summary>
    private static void OverWhite(Span<uint> words)
    {
        foreach (ref uint word in words)
        {
            uint alpha = word >> 24;
            if (alpha != 255)
            {
                word = Over(word & 0xFF, alpha) | (Over((word >> 8) & 0xFF, alpha) << 8) | (Over((word >> 16) & 0xFF, alpha) << 16);
            }
        }

        static uint Over(uint channel, uint alpha) => ((channel * alpha) + (255 * (255 - alpha)) + 127) / 255;
    }
}
