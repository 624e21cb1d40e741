using System.Diagnostics;
using Cairn.Core.Pictures;
using Cairn.Known.Perceptual;
using Cairn.Media.Pdq;

namespace Cairn.Bench;

/// <summary>
/// pdq-unlike: draws COUNT pictures that have nothing to do with each other, hashes them, and counts the pairs that are near each other all the
/// same, through the index in all eight orientations; brute force over a sample beside it. Arguments: a folder for the index, COUNT.
/// </summary>
internal static class UnlikePictures
{
    private const int Distance = 31;
    private const int MinQuality = 50;
    private const int Sample = 2_000;
    private static readonly string[] Kinds = ["landscapes", "pages of text", "screens", "objects on plain ground", "soft gradients"];

    public static int Run(string directory, int count)
    {
        PdqOrientations[] turned = new PdqOrientations[count];
        int[] quality = new int[count], kind = new int[count];
        Stopwatch clock = Stopwatch.StartNew();
        for (int i = 0; i < count; i++)
        {
            (kind[i], byte[] pixels, int width, int height) = Draw(i);
            quality[i] = PdqHasher.Hash(pixels, width, height, width, PixelLayout.Grey, out turned[i]).Quality;
        }

        int[] used = [.. Enumerable.Range(0, count).Where(i => quality[i] >= MinQuality)];
        Console.WriteLine($"{count:N0} pictures drawn and hashed in {clock.Elapsed.TotalSeconds:F0} s; {used.Length:N0} have a quality of {MinQuality} or more");
        string folder = Path.Combine(directory, "pdq-unlike");
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        List<PdqBatchMatch> found = [];
        using (PdqIndex index = PdqIndex.Open(folder))
        {
            index.Append(used.Select(i => new PdqEntry(turned[i].For(PdqOrientation.Original), (uint)i)));
            PdqHash[] queries = [.. used.SelectMany(i => Enumerable.Range(0, PdqOrientations.Count).Select(o => turned[i].For((PdqOrientation)o)))];
            clock.Restart();
            index.SearchMany(queries, PdqOrientations.Count, Distance, found);
            Console.WriteLine($"each looked up among the others, eight orientations, distance {Distance}: {clock.Elapsed.TotalSeconds:F1} s");
        }

        Directory.Delete(folder, recursive: true);
        List<(int A, int B, int Distance, int Orientation)> pairs = [];
        foreach (PdqBatchMatch match in found)
        {
            // A pair is found from both sides.
            (int a, int b) = (used[match.Query], (int)match.Match.Id);
            if (a < b)
            {
                pairs.Add((a, b, match.Match.Distance, match.Match.Orientation));
            }
        }

        ShowPairs(used, kind, pairs);
        Compare(used, turned, pairs);
        return 0;
    }

    private static void ShowPairs(int[] used, int[] kind, List<(int A, int B, int Distance, int Orientation)> pairs)
    {
        Console.WriteLine();
        Console.WriteLine("| pictures | number | pairs | within 31 | within 20 | within 10 | as drawn (not turned), within 31 | pictures with a near one |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        for (int k = 0; k <= Kinds.Length; k++)
        {
            bool Counts(int i) => k == Kinds.Length || kind[i] == k;
            var own = pairs.Where(p => Counts(p.A) && Counts(p.B)).ToList();
            long number = used.LongCount(Counts), all = number * (number - 1) / 2;
            int near = own.SelectMany(p => (int[])[p.A, p.B]).Distinct().Count();
            Console.WriteLine($"| {(k == Kinds.Length ? "all" : Kinds[k])} | {number:N0} | {all:N0} | {own.Count:N0} | {own.Count(p => p.Distance <= 20):N0} | {own.Count(p => p.Distance <= 10):N0} | {own.Count(p => p.Orientation == 0):N0} | {near:N0} |");
        }

        Console.WriteLine();
        int across = pairs.Count(p => kind[p.A] != kind[p.B]);
        Console.WriteLine($"pairs within {Distance} of two different kinds: {across:N0}");
    }

    private static void Compare(int[] used, PdqOrientations[] turned, List<(int A, int B, int Distance, int Orientation)> pairs)
    {
        HashSet<int> sample = [.. used.Where((_, i) => i % Math.Max(1, used.Length / Sample) == 0).Take(Sample)];
        long brute = 0;
        foreach (int a in sample)
        {
            foreach (int b in used)
            {
                if (a == b || (sample.Contains(b) && b < a))
                {
                    continue;
                }

                // The lower of a pair is the one that is turned, as above.
                (int low, int high) = (Math.Min(a, b), Math.Max(a, b));
                PdqHash other = turned[high].For(PdqOrientation.Original);
                for (int o = 0; o < PdqOrientations.Count; o++)
                {
                    if (turned[low].For((PdqOrientation)o).Distance(other) <= Distance)
                    {
                        brute++;
                        break;
                    }
                }
            }
        }

        int indexed = pairs.Count(p => sample.Contains(p.A) || sample.Contains(p.B));
        Console.WriteLine($"brute force over a sample of {sample.Count:N0}: {brute:N0} pairs; the index found {indexed:N0} of them{(brute == indexed ? "" : " (DIFFERENT)")}");
    }

    /// <summary>Luma of a picture; each number gives another, always the same.</summary>
    private static (int Kind, byte[] Pixels, int Width, int Height) Draw(int number)
    {
        Drawing drawing = new(number);
        int kind = (number % 20) switch { < 11 => 0, < 14 => 1, < 16 => 2, < 19 => 3, _ => 4 };
        switch (kind)
        {
            case 0:
                drawing.Landscape();
                break;
            case 1:
                drawing.Page();
                break;
            case 2:
                drawing.Screen();
                break;
            case 3:
                drawing.Objects();
                break;
            default:
                drawing.Gradient();
                break;
        }

        return (kind, drawing.Bytes(), drawing.Width, drawing.Height);
    }

    private sealed class Drawing
    {
        private static readonly int[] Sides = [128, 144, 160, 192, 224, 256, 288, 320];
        private readonly Chance random;
        private readonly float[] luma;

        public Drawing(int number)
        {
            random = new Chance((ulong)number + 1);
            Width = Sides[random.Next(Sides.Length)];
            Height = Width * random.Next(9, 17) / 12;
            luma = new float[Width * Height];
        }

        public int Width { get; }

        public int Height { get; }

        /// <summary>Octaves of noise, often with ground before sky, shapes, light from one side, grain.</summary>
        public void Landscape()
        {
            Add(2 + (random.NextSingle() * 4), 70, 0.4f + (random.NextSingle() * 0.35f));
            if (random.Next(5) < 3)
            {
                Ground();
            }

            Light(60);
            for (int i = random.Next(3, 20); i > 0; i--)
            {
                Shape(0.03f, 0.3f);
            }

            Grain(6);
        }

        /// <summary>Lines of words, as bars; headings, indents, sometimes a picture.</summary>
        public void Page()
        {
            bool dark = random.Next(3) == 0;
            Array.Fill(luma, dark ? 30 : 245);
            Words(0, 0, Width, Height, dark ? 200 : 30);
            if (random.Next(2) == 0)
            {
                Box(random.Next(Width / 2), random.Next(Height / 2), Width / 3, Height / 4, random.Next(256));
            }

            Grain(2);
        }

        /// <summary>A program's window: bars, a column at the side, panels with words.</summary>
        public void Screen()
        {
            Array.Fill(luma, random.Next(256));
            int bar = Height / random.Next(8, 20), side = Width / random.Next(3, 8);
            Box(0, 0, Width, bar, random.Next(256));
            Box(0, bar, side, Height, random.Next(256));
            Box(0, Height - bar, Width, bar, random.Next(256));
            for (int i = random.Next(2, 9); i > 0; i--)
            {
                int x = random.Next(side, Width), y = random.Next(bar, Height), width = random.Next(Width / 8, Width / 2), height = random.Next(Height / 8, Height / 2), shade = random.Next(256);
                Box(x, y, width, height, shade);
                Words(x, y, Math.Min(Width, x + width), Math.Min(Height, y + height), 255 - shade);
            }

            Grain(1);
        }

        /// <summary>A few large shapes before a plain ground, as things on a table.</summary>
        public void Objects()
        {
            Array.Fill(luma, random.Next(40, 220));
            Light(50);
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                Shape(0.15f, 0.6f);
            }

            Grain(4);
        }

        /// <summary>Hardly more than light that falls off: what PDQ says little of.</summary>
        public void Gradient()
        {
            Array.Fill(luma, random.Next(60, 200));
            Light(180);
            Add(1, 15, 0.5f);
            Grain(3);
        }

        public byte[] Bytes() => Array.ConvertAll(luma, v => (byte)Math.Clamp(v, 0, 255));

        private void Ground()
        {
            float[] edge = Grid(random.Next(3, 9)), sky = [.. luma];
            float level = Height * (0.3f + (random.NextSingle() * 0.4f)), rough = Height * 0.12f;
            Array.Fill(luma, (random.NextSingle() - 0.5f) * 120);
            Add(3 + (random.NextSingle() * 6), 55, 0.6f);
            for (int x = 0; x < Width; x++)
            {
                float at = (float)x / Width * (edge.Length - 1);
                int i = (int)at;
                int top = (int)(level + (rough * Mix(edge[i], edge[Math.Min(i + 1, edge.Length - 1)], at - i)));
                for (int y = 0; y < Math.Clamp(top, 0, Height); y++)
                {
                    luma[(y * Width) + x] = sky[(y * Width) + x];
                }
            }
        }

        private void Add(float cells, float strength, float fall)
        {
            float shift = !Array.Exists(luma, v => v != 0) ? 60 + (random.NextSingle() * 130) : 0;
            for (int octave = 0; octave < 6; octave++)
            {
                int across = (int)cells + 2, down = (int)(cells * Height / Width) + 2;
                float[] grid = Grid(across * down), row = new float[across];
                float step = (float)(across - 1) / Width, most = octave == 0 ? shift : 0;
                for (int y = 0; y < Height; y++)
                {
                    float v = (float)y / Height * (down - 1);
                    int at = (int)v * across;
                    for (int i = 0; i < across; i++)
                    {
                        row[i] = Mix(grid[at + i], grid[at + across + i], v - (int)v);
                    }

                    Span<float> line = luma.AsSpan(y * Width, Width);
                    for (int x = 0; x < line.Length; x++)
                    {
                        float u = x * step;
                        int i = (int)u;
                        line[x] += (Mix(row[i], row[i + 1], u - i) * strength) + most;
                    }
                }

                (cells, strength) = (cells * 2, strength * fall);
            }
        }

        private void Light(float most)
        {
            float right = (random.NextSingle() - 0.5f) * 2 * most, down = (random.NextSingle() - 0.5f) * 2 * most;
            for (int y = 0; y < Height; y++)
            {
                float own = down * (((float)y / Height) - 0.5f);
                for (int x = 0; x < Width; x++)
                {
                    luma[(y * Width) + x] += own + (right * (((float)x / Width) - 0.5f));
                }
            }
        }

        private void Shape(float least, float most)
        {
            int x = random.Next(-Width / 8, Width), y = random.Next(-Height / 8, Height);
            int width = (int)(Width * (least + (random.NextSingle() * (most - least)))), height = (int)(Height * (least + (random.NextSingle() * (most - least))));
            int shade = random.Next(256), kind = random.Next(3);
            for (int j = Math.Max(0, y); j < Math.Min(Height, y + height); j++)
            {
                for (int i = Math.Max(0, x); i < Math.Min(Width, x + width); i++)
                {
                    float u = (2f * (i - x) / width) - 1, v = (2f * (j - y) / height) - 1;
                    if (kind == 0 || (kind == 1 && (u * u) + (v * v) <= 1) || (kind == 2 && Math.Abs(u) <= (v + 1) / 2))
                    {
                        luma[(j * Width) + i] = shade;
                    }
                }
            }
        }

        private void Box(int x, int y, int width, int height, float shade)
        {
            for (int j = y; j < Math.Min(Height, y + height); j++)
            {
                luma.AsSpan((j * Width) + x, Math.Max(0, Math.Min(width, Width - x))).Fill(shade);
            }
        }

        private void Words(int left, int top, int right, int bottom, float shade)
        {
            int size = Math.Max(2, Height / random.Next(25, 70)), margin = size * random.Next(1, 5);
            for (int y = top + margin; y + size < bottom; y += size * 2)
            {
                if (random.Next(8) == 0)
                {
                    y += size * random.Next(1, 4);
                    continue;
                }

                int end = random.Next(4) == 0 ? random.Next(left, right) : right - margin;
                for (int x = left + margin; x < end;)
                {
                    int word = Math.Min(size * random.Next(1, 7), right - x);
                    Box(x, y, word, size, shade);
                    x += word + Math.Max(1, size / 2);
                }
            }
        }

        private void Grain(float strength)
        {
            for (int i = 0; i < luma.Length; i++)
            {
                luma[i] += (random.NextSingle() - 0.5f) * 2 * strength;
            }
        }

        private float[] Grid(int length)
        {
            float[] grid = new float[length];
            for (int i = 0; i < length; i++)
            {
                // The sum of three is near enough to a bell.
                grid[i] = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 2;
            }

            return grid;
        }

        private static float Mix(float a, float b, float share) => a + ((b - a) * share);
    }

    /// <summary>Numbers by chance, the same for the same seed.</summary>
    private sealed class Chance(ulong seed)
    {
        private ulong state = seed * 0x9E3779B97F4A7C15;

        public int Next(int below) => (int)(Bits() % (uint)Math.Max(1, below));

        public int Next(int from, int below) => from + Next(below - from);

        public float NextSingle() => (Bits() >> 8) * (1f / (1 << 24));

        private uint Bits()
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return (uint)(z >> 32);
        }
    }
}
