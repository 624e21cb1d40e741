using System.Globalization;
using System.Text;
using Cairn.Core.Pictures;
using Cairn.Media.Pdq;
using Cairn.TestKit;

namespace Cairn.Media.Tests.Pdq;

/// <summary>Expectations: the reference PDQ in C++ on the same pixels (fixtures/pdq/reference.tsv).</summary>
public sealed class PdqHasherTests
{
    private static readonly Dictionary<string, (PdqHash Hash, int Quality)> Reference = TestFiles.FixtureText("pdq/reference.tsv")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t'))
        .ToDictionary(f => f[0] + " " + f[1], f => (Parse(f[2]), int.Parse(f[3], CultureInfo.InvariantCulture)), StringComparer.Ordinal);

    private static readonly Dictionary<string, PdqHash> Derived = TestFiles.FixtureText("pdq/derived.tsv")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split('\t'))
        .ToDictionary(f => f[0] + " " + f[1], f => Parse(f[2]), StringComparer.Ordinal);

    public static TheoryData<string> Pictures => [.. Reference.Keys.Select(k => k.Split(' ')[0]).Distinct()];

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Identical_pixels_give_the_hash_and_quality_of_the_reference(string file)
    {
        Pixels picture = Pixels.Read(file);
        PdqResult result = PdqHasher.Hash(picture.Bytes, picture.Width, picture.Height, picture.Stride, picture.Layout);
        Assert.Equal(Reference[file + " Original"], (result.Hash, result.Quality));
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Really_turned_pixels_give_the_hash_of_the_reference(string file)
    {
        Pixels picture = Pixels.Read(file);
        foreach (PdqOrientation orientation in Enum.GetValues<PdqOrientation>())
        {
            Pixels turned = picture.Turn(orientation);
            PdqResult result = PdqHasher.Hash(turned.Bytes, turned.Width, turned.Height, turned.Stride, turned.Layout);
            Assert.Equal(Reference[$"{file} {orientation}"], (result.Hash, result.Quality));
        }
    }

    [Theory]
    [MemberData(nameof(Pictures))]
    public void All_eight_orientations_are_those_that_the_reference_derives(string file)
    {
        Pixels picture = Pixels.Read(file);
        PdqResult result = PdqHasher.Hash(picture.Bytes, picture.Width, picture.Height, picture.Stride, picture.Layout, out PdqOrientations orientations);
        Assert.Equal(result.Hash, orientations.For(PdqOrientation.Original));
        if (picture is { Width: 64, Height: 64 })
        {
            // The reference filters a picture of 64 by 64 here and does not for the hash alone; ours never does.
            Assert.All(Enum.GetValues<PdqOrientation>(), o => Assert.InRange(orientations.For(o).Distance(Reference[$"{file} {o}"].Hash), 0, 2));
            return;
        }

        Assert.All(Enum.GetValues<PdqOrientation>(), o => Assert.Equal(Derived[$"{file} {o}"], orientations.For(o)));
    }

    [Theory]
    [InlineData("square512.pgm.gz")]
    [InlineData("square128.ppm.gz")]
    [InlineData("uneven.ppm.gz")]
    [InlineData("photo.ppm.gz")]
    public void A_really_turned_picture_is_within_the_usual_threshold_of_its_orientation_and_of_no_other(string file)
    {
        // Not identical: the reduction to 64×64 takes the pixel after the middle, which another one is once the picture is turned.
        Pixels picture = Pixels.Read(file);
        _ = PdqHasher.Hash(picture.Bytes, picture.Width, picture.Height, picture.Stride, picture.Layout, out PdqOrientations orientations);
        foreach (PdqOrientation orientation in Enum.GetValues<PdqOrientation>())
        {
            PdqHash turned = Reference[$"{file} {orientation}"].Hash;
            Assert.InRange(orientations.For(orientation).Distance(turned), 0, 31);
            Assert.All(Enum.GetValues<PdqOrientation>().Where(o => o != orientation), other => Assert.True(orientations.For(other).Distance(turned) > 60, $"{orientation} {other}"));
        }
    }

    [Fact]
    public void A_flat_picture_has_quality_0()
    {
        byte[] pixels = new byte[300 * 200];
        Array.Fill(pixels, (byte)200);
        Assert.Equal(0, PdqHasher.Hash(pixels, 300, 200, 300, PixelLayout.Grey).Quality);
    }

    [Theory]
    [InlineData(4, 100)]
    [InlineData(100, 4)]
    [InlineData(1, 1)]
    public void A_side_shorter_than_five_has_no_hash(int width, int height)
    {
        byte[] pixels = new SeededBytes(1).Bytes(width * height);
        Assert.Equal(default, PdqHasher.Hash(pixels, width, height, width, PixelLayout.Grey));
    }

    [Theory]
    [InlineData(300, 200)]
    [InlineData(700, 200)]
    public void Every_layout_of_the_same_colours_gives_the_same_hash(int width, int height)
    {
        byte[] grey = new SeededBytes(2).Bytes(width * height);
        byte[] rgb = [.. grey.SelectMany(g => new[] { g, g, g })];
        byte[] rgbx = [.. grey.SelectMany(g => new byte[] { g, g, g, 17 })];
        byte[] rgba = [.. grey.SelectMany(g => new byte[] { g, g, g, 255 })];
        PdqResult expected = PdqHasher.Hash(rgb, width, height, width * 3, PixelLayout.Rgb);
        Assert.Equal(expected, PdqHasher.Hash(rgbx, width, height, width * 4, PixelLayout.Rgbx));
        Assert.Equal(expected, PdqHasher.Hash(rgba, width, height, width * 4, PixelLayout.Rgba));
        Assert.InRange(expected.Hash.Distance(PdqHasher.Hash(grey, width, height, width, PixelLayout.Grey).Hash), 0, 2);
        float[] luma = [.. grey.Select(g => (float)g)];
        Assert.Equal(PdqHasher.Hash(grey, width, height, width, PixelLayout.Grey), PdqHasher.Hash(luma, width, height));
    }

    [Fact]
    public void Transparent_pixels_show_white()
    {
        SeededBytes random = new(3);
        byte[] rgba = random.Bytes(200 * 100 * 4), rgb = new byte[200 * 100 * 3];
        for (int i = 0; i < 200 * 100; i++)
        {
            rgba[(i * 4) + 3] = (byte)(i % 2 == 0 ? 0 : 255);
            for (int c = 0; c < 3; c++)
            {
                rgb[(i * 3) + c] = i % 2 == 0 ? (byte)255 : rgba[(i * 4) + c];
            }
        }

        Assert.Equal(PdqHasher.Hash(rgb, 200, 100, 600, PixelLayout.Rgb), PdqHasher.Hash(rgba, 200, 100, 800, PixelLayout.Rgba));
    }

    [Fact]
    public void Rows_may_have_gaps_between_them()
    {
        Pixels picture = Pixels.Read("uneven.ppm.gz");
        byte[] padded = new byte[((picture.Height - 1) * (picture.Stride + 5)) + picture.Stride];
        for (int y = 0; y < picture.Height; y++)
        {
            picture.Bytes.AsSpan(y * picture.Stride, picture.Stride).CopyTo(padded.AsSpan(y * (picture.Stride + 5)));
        }

        Assert.Equal(Reference["uneven.ppm.gz Original"].Hash, PdqHasher.Hash(padded, picture.Width, picture.Height, picture.Stride + 5, picture.Layout).Hash);
    }

    [Fact]
    public void Too_few_bytes_for_the_sides_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PdqHasher.Hash(new byte[299], 10, 10, 30, PixelLayout.Rgb));
        Assert.Throws<ArgumentException>(() => PdqHasher.Hash(new byte[300], 10, 10, 29, PixelLayout.Rgb));
        Assert.Throws<ArgumentOutOfRangeException>(() => PdqHasher.Hash(new byte[300], 0, 10, 30, PixelLayout.Rgb));
        Assert.Throws<ArgumentException>(() => PdqHasher.Hash(new byte[300], int.MaxValue, int.MaxValue, int.MaxValue, PixelLayout.Rgb));
    }

    [Fact]
    public void Every_size_up_to_520_is_hashed()
    {
        byte[] noise = new SeededBytes(4).Bytes(520 * 520);
        for (int side = 1; side <= 520; side += side < 140 ? 1 : 13)
        {
            PdqResult wide = PdqHasher.Hash(noise, 520, side, 520, PixelLayout.Grey);
            PdqResult tall = PdqHasher.Hash(noise, side, 520, side, PixelLayout.Grey);
            Assert.True(wide.Quality > 0 && tall.Quality > 0);
        }
    }

    [Fact]
    public void Hashing_allocates_nothing_once_the_buffers_are_there()
    {
        Pixels picture = Pixels.Read("photo.ppm.gz");
        long Allocated()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = PdqHasher.Hash(picture.Bytes, picture.Width, picture.Height, picture.Stride, picture.Layout, out _);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        _ = Allocated();
        Assert.Equal(0, Allocated());
    }

    private static PdqHash Parse(string text)
    {
        Assert.True(PdqHash.TryParse(text, out PdqHash hash));
        return hash;
    }

    /// <summary>A PPM or PGM of the fixtures.</summary>
    private sealed record Pixels(byte[] Bytes, int Width, int Height, int Channels)
    {
        public int Stride => Width * Channels;

        public PixelLayout Layout => Channels == 1 ? PixelLayout.Grey : PixelLayout.Rgb;

        public static Pixels Read(string file)
        {
            byte[] bytes = TestFiles.Fixture("pdq/" + file);
            string[] header = Encoding.ASCII.GetString(bytes, 0, 32).Split('\n');
            int start = header[0].Length + header[1].Length + header[2].Length + 3;
            int[] sides = [.. header[1].Split(' ').Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
            return new Pixels(bytes[start..], sides[0], sides[1], header[0] == "P5" ? 1 : 3);
        }

        /// <summary>Where the pixel of the turned picture comes from, worked out from what the names say.</summary>
        public Pixels Turn(PdqOrientation orientation)
        {
            bool exchanged = orientation is PdqOrientation.Rotate90 or PdqOrientation.Rotate270 or PdqOrientation.FlipPlus1 or PdqOrientation.FlipMinus1;
            Pixels turned = new(new byte[Bytes.Length], exchanged ? Height : Width, exchanged ? Width : Height, Channels);
            for (int y = 0; y < turned.Height; y++)
            {
                for (int x = 0; x < turned.Width; x++)
                {
                    (int fromX, int fromY) = orientation switch
                    {
                        PdqOrientation.Rotate90 => (Width - 1 - y, x),
                        PdqOrientation.Rotate180 => (Width - 1 - x, Height - 1 - y),
                        PdqOrientation.Rotate270 => (y, Height - 1 - x),
                        PdqOrientation.FlipX => (x, Height - 1 - y),
                        PdqOrientation.FlipY => (Width - 1 - x, y),
                        PdqOrientation.FlipPlus1 => (y, x),
                        PdqOrientation.FlipMinus1 => (Width - 1 - y, Height - 1 - x),
                        _ => (x, y),
                    };
                    Bytes.AsSpan(((fromY * Width) + fromX) * Channels, Channels).CopyTo(turned.Bytes.AsSpan(((y * turned.Width) + x) * Channels));
                }
            }

            return turned;
        }
    }
}
