using System.Text;
using Cairn.Core.Pictures;
using Cairn.Media.Pdq;

namespace Cairn.Bench;

/// <summary>
/// pdq-pixels: reads binary PPM pictures (P6, 255) one after the other from standard input and prints for each its quality and its hashes in all
/// eight orientations, so that PDQ is compared on pixels that another program decoded.
/// </summary>
internal static class PdqPixels
{
    private const int LongestSide = 1 << 15;

    public static int Run()
    {
        using Stream input = new BufferedStream(Console.OpenStandardInput(), 1 << 20);
        byte[] pixels = [];
        while (Word(input) is "P6")
        {
            int width = int.Parse(Word(input)!), height = int.Parse(Word(input)!);
            if (width is < 1 or > LongestSide || height is < 1 or > LongestSide || Word(input) != "255")
            {
                Console.Error.WriteLine("pdq-pixels: no PPM picture with values up to 255");
                return 2;
            }

            int length = width * height * 3;
            Array.Resize(ref pixels, Math.Max(pixels.Length, length));
            input.ReadExactly(pixels, 0, length);
            PdqResult result = PdqHasher.Hash(pixels.AsSpan(0, length), width, height, width * 3, PixelLayout.Rgb, out PdqOrientations orientations);
            Console.Out.WriteLine($"{result.Quality},{string.Join(',', Enumerable.Range(0, PdqOrientations.Count).Select(i => orientations.For((PdqOrientation)i)))}");
            Console.Out.Flush();
        }

        return 0;
    }

    /// <summary>The next word, and the one blank after it; null at the end.</summary>
    private static string? Word(Stream input)
    {
        StringBuilder word = new();
        for (int b = input.ReadByte(); b > ' ' && word.Length < 20; b = input.ReadByte())
        {
            word.Append((char)b);
        }

        return word.Length == 0 ? null : word.ToString();
    }
}
