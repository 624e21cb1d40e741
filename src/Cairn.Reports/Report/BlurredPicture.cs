using System.Globalization;
using Cairn.Core;

namespace Cairn.Reports.Report;

/// <summary>
/// A few grey samples of a small picture: means over large fields, taken from the constant coefficients of its 8 by 8 blocks alone, so that nothing finer is
/// ever decoded. What is written to a report cannot be made sharp again. Reads JPEG, baseline and extended sequential with Huffman coding
/// (ITU-T T.81), which is what the store of thumbnails holds.
/// </summary>
internal static class BlurredPicture
{
    /// <summary>The most samples along the longer side.</summary>
    public const int Side = 12;

    // The longest side of a thumbnail's own format; the store holds none that comes near.
    private const int MostPixels = 4096;

    /// <summary>Rows of samples and how many are in a row; null for a kind of JPEG that is not read.</summary>
    /// <exception cref="MalformedDataException">It is no whole JPEG file.</exception>
    public static (byte[] Grey, int Columns)? Of(ReadOnlySpan<byte> jpeg)
    {
        Header header = new();
        int at = 2;
        if (jpeg.Length < 4 || jpeg[0] != 0xFF || jpeg[1] != 0xD8)
        {
            throw Bad("JPEG start of image", 0, 2, 0);
        }

        while (true)
        {
            Need(jpeg, at, 4, "JPEG marker");
            if (jpeg[at] != 0xFF)
            {
                throw Bad("JPEG marker", at, 0xFF, jpeg[at]);
            }

            byte marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            int length = (jpeg[at + 2] << 8) | jpeg[at + 3];
            Need(jpeg, at + 2, Math.Max(length, 2), "JPEG segment");
            ReadOnlySpan<byte> segment = jpeg.Slice(at + 4, Math.Max(length, 2) - 2);
            at += 2 + Math.Max(length, 2);
            switch (marker)
            {
                case 0xC0 or 0xC1:
                    if (!header.ReadFrame(segment))
                    {
                        return null;
                    }

                    break;
                case >= 0xC2 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC:
                    return null;
                case 0xC4:
                    header.ReadHuffman(segment);
                    break;
                case 0xDB:
                    header.ReadQuantization(segment);
                    break;
                case 0xDD:
                    Need(segment, 0, 2, "JPEG restart interval");
                    header.Restart = (segment[0] << 8) | segment[1];
                    break;
                case 0xDA:
                    return header.ReadScan(segment) ? Shrink(header.Luma(jpeg[at..], out int columns), columns) : null;
                case 0xD9:
                    throw Bad("JPEG scan", at, 1, 0);
                default:
                    break;
            }
        }
    }

    private static (byte[] Grey, int Columns) Shrink(byte[] blocks, int columns)
    {
        int rows = blocks.Length / columns, longer = Math.Max(columns, rows), side = Math.Min(Side, longer);
        int width = Math.Max(1, columns * side / longer), height = Math.Max(1, rows * side / longer);
        byte[] grey = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int sum = 0, count = 0;
                for (int v = y * rows / height; v < Math.Max((y + 1) * rows / height, (y * rows / height) + 1); v++)
                {
                    for (int u = x * columns / width; u < Math.Max((x + 1) * columns / width, (x * columns / width) + 1); u++)
                    {
                        sum += blocks[(v * columns) + u];
                        count++;
                    }
                }

                grey[(y * width) + x] = (byte)(sum / count);
            }
        }

        return (grey, width);
    }

    private static MalformedDataException Bad(string field, int at, int need, int have) =>
        new(field, at, need.ToString(CultureInfo.InvariantCulture), have.ToString(CultureInfo.InvariantCulture));

    private static void Need(ReadOnlySpan<byte> bytes, int at, int count, string field)
    {
        if (bytes.Length - at < count)
        {
            throw Bad(field, at, count, Math.Max(0, bytes.Length - at));
        }
    }

    private sealed class Header
    {
        private readonly int[] quantization = new int[4];
        private readonly Huffman?[] constant = new Huffman?[4];
        private readonly Huffman?[] others = new Huffman?[4];
        private Component[] components = [];
        private int width;
        private int height;

        public int Restart { get; set; }

        /// <summary>B.2.2. False for a precision or a size that is not read.</summary>
        public bool ReadFrame(ReadOnlySpan<byte> segment)
        {
            Need(segment, 0, 6, "JPEG frame");
            int count = segment[5];
            Need(segment, 6, count * 3, "JPEG frame");
            (height, width) = ((segment[1] << 8) | segment[2], (segment[3] << 8) | segment[4]);
            components = new Component[count];
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> one = segment.Slice(6 + (i * 3), 3);
                components[i] = new Component { Id = one[0], Across = one[1] >> 4, Down = one[1] & 15, Quantization = one[2] & 3 };
                if (components[i].Across is < 1 or > 4 || components[i].Down is < 1 or > 4)
                {
                    throw Bad("JPEG sampling factor", i, 4, one[1]);
                }
            }

            return segment[0] == 8 && width is > 0 and <= MostPixels && height is > 0 and <= MostPixels && count is 1 or 3;
        }

        /// <summary>B.2.4.1; only the first value of each table is wanted.</summary>
        public void ReadQuantization(ReadOnlySpan<byte> segment)
        {
            for (int at = 0; at < segment.Length;)
            {
                bool wide = segment[at] >> 4 != 0;
                Need(segment, at, wide ? 129 : 65, "JPEG quantization table");
                quantization[segment[at] & 3] = wide ? (segment[at + 1] << 8) | segment[at + 2] : segment[at + 1];
                at += wide ? 129 : 65;
            }
        }

        /// <summary>B.2.4.2.</summary>
        public void ReadHuffman(ReadOnlySpan<byte> segment)
        {
            for (int at = 0; at < segment.Length;)
            {
                Need(segment, at, 17, "JPEG Huffman table");
                int count = 0;
                foreach (byte codes in segment.Slice(at + 1, 16))
                {
                    count += codes;
                }

                Need(segment, at + 17, count, "JPEG Huffman table");
                Huffman table = new(segment.Slice(at + 1, 16), segment.Slice(at + 17, count));
                (segment[at] >> 4 == 0 ? constant : others)[segment[at] & 3] = table;
                at += 17 + count;
            }
        }

        /// <summary>B.2.3. False for a scan that does not hold all components.</summary>
        public bool ReadScan(ReadOnlySpan<byte> segment)
        {
            Need(segment, 0, 1, "JPEG scan");
            int count = segment[0];
            Need(segment, 1, count * 2, "JPEG scan");
            if (components.Length == 0 || count != components.Length)
            {
                return false;
            }

            for (int i = 0; i < count; i++)
            {
                if (components[i].Id != segment[1 + (i * 2)])
                {
                    return false;
                }

                components[i].Constant = constant[(segment[2 + (i * 2)] >> 4) & 3] ?? throw Bad("JPEG Huffman table of a scan", i, 1, 0);
                components[i].Others = others[segment[2 + (i * 2)] & 3] ?? throw Bad("JPEG Huffman table of a scan", i, 1, 0);
            }

            return true;
        }

        /// <summary>The mean of each block of the first component, in rows.</summary>
        public byte[] Luma(ReadOnlySpan<byte> data, out int columns)
        {
            // A.2.2: of one component alone the blocks are not put together.
            bool single = components.Length == 1;
            int across = single ? 1 : components[0].Across, down = single ? 1 : components[0].Down;
            int mostAcross = single ? 1 : components.Max(c => c.Across), mostDown = single ? 1 : components.Max(c => c.Down);
            int unitsAcross = (width + (8 * mostAcross) - 1) / (8 * mostAcross), unitsDown = (height + (8 * mostDown) - 1) / (8 * mostDown);
            int stride = unitsAcross * across;
            byte[] all = new byte[stride * unitsDown * down];
            Bits bits = new(data);
            for (int unit = 0; unit < unitsAcross * unitsDown; unit++)
            {
                if (Restart > 0 && unit > 0 && unit % Restart == 0)
                {
                    bits.NextRestart();
                    foreach (Component component in components)
                    {
                        component.Last = 0;
                    }
                }

                foreach (Component component in components)
                {
                    int blocksAcross = single ? 1 : component.Across, blocks = blocksAcross * (single ? 1 : component.Down);
                    for (int block = 0; block < blocks; block++)
                    {
                        component.Last += bits.Difference(bits.Read(component.Constant!) & 15);
                        Skip(ref bits, component.Others!);
                        if (component == components[0])
                        {
                            int x = (unit % unitsAcross * across) + (block % blocksAcross), y = (unit / unitsAcross * down) + (block / blocksAcross);
                            all[(y * stride) + x] = (byte)Math.Clamp((component.Last * quantization[component.Quantization] / 8) + 128, 0, 255);
                        }
                    }
                }
            }

            // The last blocks of a row may lie outside the picture.
            int ratioAcross = mostAcross / across, ratioDown = mostDown / down;
            columns = Math.Max(1, Math.Min(stride, (width + (8 * Math.Max(1, ratioAcross)) - 1) / (8 * Math.Max(1, ratioAcross))));
            int rows = Math.Max(1, Math.Min(unitsDown * down, (height + (8 * Math.Max(1, ratioDown)) - 1) / (8 * Math.Max(1, ratioDown))));
            byte[] inside = new byte[columns * rows];
            for (int y = 0; y < rows; y++)
            {
                all.AsSpan(y * stride, columns).CopyTo(inside.AsSpan(y * columns));
            }

            return inside;
        }

        /// <summary>F.2.2.2: the 63 other coefficients of a block are passed over.</summary>
        private static void Skip(ref Bits bits, Huffman table)
        {
            for (int k = 1; k < 64; k++)
            {
                int symbol = bits.Read(table), run = symbol >> 4, size = symbol & 15;
                if (size == 0)
                {
                    if (run != 15)
                    {
                        return;
                    }

                    k += 15;
                    continue;
                }

                k += run;
                bits.Pass(size);
            }
        }
    }

    private sealed class Component
    {
        public int Id { get; init; }

        public int Across { get; init; }

        public int Down { get; init; }

        public int Quantization { get; init; }

        public Huffman? Constant { get; set; }

        public Huffman? Others { get; set; }

        public int Last { get; set; }
    }

    /// <summary>Codes of 1 to 16 bits (C.2).</summary>
    private sealed class Huffman
    {
        private readonly int[] first = new int[17];
        private readonly int[] count = new int[17];
        private readonly int[] start = new int[17];
        private readonly byte[] symbols;

        public Huffman(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
        {
            this.symbols = symbols.ToArray();
            int code = 0, at = 0;
            for (int length = 1; length <= 16; length++)
            {
                (first[length], count[length], start[length]) = (code, counts[length - 1], at);
                code = (code + counts[length - 1]) << 1;
                at += counts[length - 1];
            }
        }

        /// <summary>The symbol of a code, or -1 where there is none of that length.</summary>
        public int Symbol(int code, int length) => code - first[length] is int index && index >= 0 && index < count[length] ? symbols[start[length] + index] : -1;
    }

    /// <summary>Bits of an entropy-coded segment (F.2.2.5); zeros after its end.</summary>
    private ref struct Bits(ReadOnlySpan<byte> data)
    {
        private readonly ReadOnlySpan<byte> data = data;
        private int at;
        private int held;
        private int have;

        public int Read(Huffman table)
        {
            int code = 0;
            for (int length = 1; length <= 16; length++)
            {
                code = (code << 1) | Bit();
                if (table.Symbol(code, length) is int symbol and >= 0)
                {
                    return symbol;
                }
            }

            throw Bad("JPEG Huffman code", at, 16, 17);
        }

        /// <summary>F.2.2.1: a signed number of so many bits.</summary>
        public int Difference(int size)
        {
            int value = 0;
            for (int i = 0; i < size; i++)
            {
                value = (value << 1) | Bit();
            }

            return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
        }

        public void Pass(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _ = Bit();
            }
        }

        public void NextRestart()
        {
            have = 0;
            if (at + 1 < data.Length && data[at] == 0xFF && data[at + 1] is >= 0xD0 and <= 0xD7)
            {
                at += 2;
            }
        }

        private int Bit()
        {
            if (have == 0)
            {
                // A marker ends the segment: it is not passed, and zeros are read.
                bool ended = at >= data.Length || (data[at] == 0xFF && (at + 1 >= data.Length || data[at + 1] != 0));
                if (ended && at >= data.Length)
                {
                    throw Bad("JPEG scan", at, at + 1, data.Length);
                }

                held = ended ? 0 : data[at];
                at += ended ? 0 : data[at] == 0xFF ? 2 : 1;
                have = 8;
            }

            return (held >> --have) & 1;
        }
    }
}
