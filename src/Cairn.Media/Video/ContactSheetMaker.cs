namespace Cairn.Media.Video;

/// <summary>
/// Keeps a few small stills spread over a video whose length is not known beforehand, and lays them out on one sheet. At most
/// <see cref="Held"/> stills are held; when there are more, every second one is let go.
/// </summary>
internal sealed class ContactSheetMaker
{
    private const int Stills = 16;
    private const int Held = 2 * Stills;
    private const int LongestSide = 160;

    private readonly List<(double Seconds, byte[] Pixels)> stills = [];
    private readonly int sourceWidth;
    private readonly int sourceHeight;
    private long step = 1;
    private long offered;

    /// <summary>Frames of <paramref name="sourceWidth"/> by <paramref name="sourceHeight"/> RGB pixels whose true aspect is <paramref name="width"/> to <paramref name="height"/>.</summary>
    public ContactSheetMaker(int sourceWidth, int sourceHeight, int width, int height)
    {
        (this.sourceWidth, this.sourceHeight) = (sourceWidth, sourceHeight);
        double scale = Math.Min(1, LongestSide / (double)Math.Max(width, height));
        // Even sides, so that the encoder can halve the colour.
        StillWidth = Math.Max(2, (int)Math.Round(width * scale / 2) * 2);
        StillHeight = Math.Max(2, (int)Math.Round(height * scale / 2) * 2);
    }

    /// <summary>Pixels across one still.</summary>
    public int StillWidth { get; }

    /// <summary>Pixels down one still.</summary>
    public int StillHeight { get; }

    /// <summary>Offers the next frame.</summary>
    public void Offer(double seconds, ReadOnlySpan<byte> rgb)
    {
        if (offered++ % step != 0)
        {
            return;
        }

        stills.Add((seconds, Shrink(rgb)));
        if (stills.Count > Held)
        {
            for (int i = 1; 2 * i < stills.Count; i++)
            {
                stills[i] = stills[2 * i];
            }

            stills.RemoveRange((stills.Count + 1) / 2, stills.Count / 2);
            step *= 2;
        }
    }

    /// <summary>Lays the stills out; null where there is none.</summary>
    public (byte[] Rgb, int Width, int Height, int Columns, IReadOnlyList<double> Seconds)? LayOut()
    {
        if (stills.Count == 0)
        {
            return null;
        }

        int count = Math.Min(Stills, stills.Count);
        (double Seconds, byte[] Pixels)[] chosen = [.. Enumerable.Range(0, count).Select(i => stills[count == 1 ? 0 : (int)((long)i * (stills.Count - 1) / (count - 1))])];
        int columns = (int)Math.Ceiling(Math.Sqrt(count));
        int rows = (count + columns - 1) / columns;
        int width = columns * StillWidth, height = rows * StillHeight;
        byte[] sheet = new byte[width * height * 3];
        for (int i = 0; i < count; i++)
        {
            int left = i % columns * StillWidth, top = i / columns * StillHeight;
            for (int y = 0; y < StillHeight; y++)
            {
                chosen[i].Pixels.AsSpan(y * StillWidth * 3, StillWidth * 3).CopyTo(sheet.AsSpan((((top + y) * width) + left) * 3));
            }
        }

        return (sheet, width, height, columns, [.. chosen.Select(c => c.Seconds)]);
    }

    /// <summary>The mean of the source pixels that each pixel of the still covers.</summary>
    private byte[] Shrink(ReadOnlySpan<byte> rgb)
    {
        byte[] still = new byte[StillWidth * StillHeight * 3];
        for (int y = 0; y < StillHeight; y++)
        {
            int top = y * sourceHeight / StillHeight, bottom = Math.Max(top + 1, (y + 1) * sourceHeight / StillHeight);
            for (int x = 0; x < StillWidth; x++)
            {
                int left = x * sourceWidth / StillWidth, right = Math.Max(left + 1, (x + 1) * sourceWidth / StillWidth);
                int red = 0, green = 0, blue = 0;
                for (int v = top; v < bottom; v++)
                {
                    ReadOnlySpan<byte> row = rgb.Slice(((v * sourceWidth) + left) * 3, (right - left) * 3);
                    for (int u = 0; u < row.Length; u += 3)
                    {
                        red += row[u];
                        green += row[u + 1];
                        blue += row[u + 2];
                    }
                }

                int area = (right - left) * (bottom - top);
                int at = ((y * StillWidth) + x) * 3;
                (still[at], still[at + 1], still[at + 2]) = ((byte)(red / area), (byte)(green / area), (byte)(blue / area));
            }
        }

        return still;
    }
}
