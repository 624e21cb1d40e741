using Cairn.Media.Pdq;

namespace Cairn.Media.Worker;

/// <summary>
/// What is kept of a picture while its rows go by: all of it up to 512 by 512, else the 512 by 512 pixels that PDQ takes. So the hash is
/// that of the whole picture, bit for bit, and no more than a megabyte of it is ever held.
/// </summary>
internal sealed class PictureSample
{
    private readonly int[] offsets = new int[PdqHasher.LongestSide];
    private readonly byte[] pixels = new byte[PdqHasher.LongestSide * PdqHasher.LongestSide * 4];

    /// <summary>Columns of the picture.</summary>
    public int Width { get; private set; }

    /// <summary>Rows of the picture.</summary>
    public int Height { get; private set; }

    /// <summary>Columns kept.</summary>
    public int Columns { get; private set; }

    /// <summary>Rows kept.</summary>
    public int Rows { get; private set; }

    /// <summary>How the pixels lie.</summary>
    public PixelLayout Layout { get; private set; }

    /// <summary>Bytes of a pixel.</summary>
    public int PixelBytes { get; private set; }

    /// <summary>The pixels kept.</summary>
    public ReadOnlySpan<byte> Pixels => pixels.AsSpan(0, Columns * Rows * PixelBytes);

    /// <summary>"4000x3000 sampled to 512x512 (nearest)", or "400x300".</summary>
    public string Description => Columns == Width && Rows == Height ? $"{Width}x{Height}" : $"{Width}x{Height} sampled to {Columns}x{Rows} (nearest)";

    /// <summary>Begins a picture, all grey until its rows come.</summary>
    public void Begin(int width, int height, PixelLayout layout)
    {
        bool isSampled = width > PdqHasher.LongestSide || height > PdqHasher.LongestSide;
        (Width, Height, Layout) = (width, height, layout);
        (Columns, Rows) = isSampled ? (PdqHasher.LongestSide, PdqHasher.LongestSide) : (width, height);
        PixelBytes = layout switch { PixelLayout.Grey => 1, PixelLayout.Rgb => 3, _ => 4 };
        for (int x = 0; x < Columns; x++)
        {
            offsets[x] = (int)((long)x * width / Columns) * PixelBytes;
        }

        pixels.AsSpan(0, Columns * Rows * PixelBytes).Fill(128);
    }

    /// <summary>The row of the picture that becomes row <paramref name="row"/> of what is kept.</summary>
    public int SourceRow(int row) => (int)((long)row * Height / Rows);

    /// <summary>Takes the row of the picture that <see cref="SourceRow"/> names.</summary>
    public void Take(int row, ReadOnlySpan<byte> source)
    {
        Span<byte> target = pixels.AsSpan(row * Columns * PixelBytes, Columns * PixelBytes);
        if (Columns == Width)
        {
            source[..target.Length].CopyTo(target);
            return;
        }

        ReadOnlySpan<int> from = offsets.AsSpan(0, Columns);
        switch (PixelBytes)
        {
            case 1:
                for (int x = 0; x < from.Length; x++)
                {
                    target[x] = source[from[x]];
                }

                break;
            case 3:
                for (int x = 0; x < from.Length; x++)
                {
                    source.Slice(from[x], 3).CopyTo(target[(3 * x)..]);
                }

                break;
            default:
                for (int x = 0; x < from.Length; x++)
                {
                    source.Slice(from[x], 4).CopyTo(target[(4 * x)..]);
                }

                break;
        }
    }

    /// <summary>The hash of the picture.</summary>
    public PdqResult Hash(out PdqOrientations orientations) => PdqHasher.Hash(Pixels, Columns, Rows, Columns * PixelBytes, Layout, out orientations);
}
