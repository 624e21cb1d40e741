using NetVips;

namespace Cairn.Bench;

/// <summary>A few hundred small pictures of drawn shapes.</summary>
internal static class MadeThumbnails
{
    public const int Count = 300;
    private const int Longest = 240;

    /// <summary>JPEG files with their widths and heights; the same in every run on the same machine.</summary>
    public static (byte[] Jpeg, int Width, int Height)[] Draw() => [.. Enumerable.Range(0, Count).Select(Draw)];

    private static (byte[] Jpeg, int Width, int Height) Draw(int number)
    {
        MadeChance chance = new((ulong)number + 77);
        (int width, int height) = chance.Below(4) switch { 0 => (180, Longest), 1 => (Longest, Longest), 2 => (Longest, 135), _ => (Longest, 180) };
        byte[] pixels = new byte[width * height * 3];
        (int Red, int Green, int Blue) top = Colour(chance), bottom = Colour(chance);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                Put(pixels, ((y * width) + x) * 3, (top.Red + ((bottom.Red - top.Red) * y / height), top.Green + ((bottom.Green - top.Green) * y / height), top.Blue + ((bottom.Blue - top.Blue) * y / height)));
            }
        }

        for (int shapes = 2 + chance.Below(7); shapes > 0; shapes--)
        {
            Shape(pixels, width, height, chance);
        }

        using Image image = Image.NewFromMemory(pixels, width, height, 3, Enums.BandFormat.Uchar);
        return (image.JpegsaveBuffer(q: 60, keep: Enums.ForeignKeep.None), width, height);
    }

    private static void Shape(byte[] pixels, int width, int height, MadeChance chance)
    {
        int across = 20 + chance.Below(width / 2), down = 20 + chance.Below(height / 2), left = chance.Below(width) - (across / 3), up = chance.Below(height) - (down / 3), kind = chance.Below(3);
        (int, int, int) colour = Colour(chance);
        for (int y = Math.Max(0, up); y < Math.Min(height, up + down); y++)
        {
            for (int x = Math.Max(0, left); x < Math.Min(width, left + across); x++)
            {
                double u = (2.0 * (x - left) / across) - 1, v = (2.0 * (y - up) / down) - 1;
                if (kind == 0 || (kind == 1 && (u * u) + (v * v) <= 1) || (kind == 2 && Math.Abs(u) <= (v + 1) / 2))
                {
                    Put(pixels, ((y * width) + x) * 3, colour);
                }
            }
        }
    }

    private static (int, int, int) Colour(MadeChance chance) => (chance.Below(256), chance.Below(256), chance.Below(256));

    private static void Put(byte[] pixels, int at, (int Red, int Green, int Blue) colour) => (pixels[at], pixels[at + 1], pixels[at + 2]) = ((byte)colour.Red, (byte)colour.Green, (byte)colour.Blue);
}
