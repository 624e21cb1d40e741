using System.Buffers.Binary;
using System.Reflection;
using System.Text;

namespace Cairn.Reports.Report.Pdf;

/// <summary>
/// A TrueType font that this program brings along: which glyph a character has, how wide it is, and a copy with only the glyphs that were used. ISO/IEC 14496-22
/// (OpenType); the files are our own, so nothing in them is guarded against.
/// </summary>
internal sealed class TrueTypeFont
{
    // What a font needs within a PDF (ISO 32000-1, 9.9): no names and no mapping of characters.
    private static readonly string[] Kept = ["cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"];

    private static ReadOnlySpan<byte> Padding => [0, 0, 0];

    private readonly byte[] file;
    private readonly Dictionary<string, (int Offset, int Length)> tables = [];
    private readonly Dictionary<int, ushort> glyphs = [];
    private readonly int widths;
    private readonly bool isLong;

    private TrueTypeFont(string name, byte[] file)
    {
        Name = name;
        this.file = file;
        int count = U16(4);
        for (int i = 0; i < count; i++)
        {
            int record = 12 + (i * 16);
            tables[Encoding.ASCII.GetString(file, record, 4)] = (I32(record + 8), I32(record + 12));
        }

        int head = tables["head"].Offset;
        UnitsPerEm = U16(head + 18);
        Box = [Scaled(I16(head + 36)), Scaled(I16(head + 38)), Scaled(I16(head + 40)), Scaled(I16(head + 42))];
        isLong = I16(head + 50) != 0;
        int hhea = tables["hhea"].Offset;
        Ascent = Scaled(I16(hhea + 4));
        Descent = Scaled(I16(hhea + 6));
        widths = U16(hhea + 34);
        GlyphCount = U16(tables["maxp"].Offset + 4);
        CapHeight = U16(tables["OS/2"].Offset) >= 2 ? Scaled(I16(tables["OS/2"].Offset + 88)) : Ascent;
        ReadCharacters();
    }

    public string Name { get; }

    public int UnitsPerEm { get; }

    /// <summary>Thousandths of the size, as are all lengths that are given out.</summary>
    public int Ascent { get; }

    public int Descent { get; }

    public int CapHeight { get; }

    public int[] Box { get; }

    public int GlyphCount { get; }

    /// <summary>A font among this program's resources.</summary>
    public static TrueTypeFont Load(string name)
    {
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Fonts/{name}.ttf")
            ?? throw new InvalidOperationException($"the font {name} is not in this program");
        byte[] file = new byte[resource.Length];
        resource.ReadExactly(file);
        return new TrueTypeFont(name, file);
    }

    /// <summary>The glyph of a character; false where the font has none that is seen.</summary>
    public bool TryGlyph(Rune character, out ushort glyph) =>
        glyphs.TryGetValue(character.Value, out glyph) && (HasOutline(glyph) || Rune.GetUnicodeCategory(character) == System.Globalization.UnicodeCategory.SpaceSeparator);

    /// <summary>Thousandths of the size.</summary>
    public int Width(ushort glyph) => Scaled(U16(tables["hmtx"].Offset + (Math.Min(glyph, widths - 1) * 4)));

    /// <summary>The font with the outlines of these glyphs alone; each keeps its number.</summary>
    public byte[] Subset(IEnumerable<ushort> used)
    {
        HashSet<ushort> wanted = [0];
        foreach (ushort glyph in used)
        {
            Add(glyph, wanted);
        }

        (int offset, _) = tables["glyf"];
        using MemoryStream outlines = new();
        byte[] places = new byte[(GlyphCount + 1) * 4];
        for (int glyph = 0; glyph < GlyphCount; glyph++)
        {
            BinaryPrimitives.WriteInt32BigEndian(places.AsSpan(glyph * 4), (int)outlines.Length);
            if (wanted.Contains((ushort)glyph))
            {
                (int start, int length) = Outline(glyph);
                outlines.Write(file, offset + start, length);
                outlines.Write(Padding[..(-length & 3)]);
            }
        }

        BinaryPrimitives.WriteInt32BigEndian(places.AsSpan(GlyphCount * 4), (int)outlines.Length);
        return Assemble(name => name switch
        {
            "glyf" => outlines.ToArray(),
            "loca" => places,
            "head" => LongHead(),
            _ => file.AsSpan(tables[name].Offset, tables[name].Length).ToArray(),
        });
    }

    private byte[] LongHead()
    {
        byte[] head = file.AsSpan(tables["head"].Offset, tables["head"].Length).ToArray();
        head.AsSpan(8, 4).Clear();
        BinaryPrimitives.WriteInt16BigEndian(head.AsSpan(50), 1);
        return head;
    }

    private byte[] Assemble(Func<string, byte[]> table)
    {
        string[] names = [.. Kept.Where(tables.ContainsKey)];
        int power = 1;
        while (power * 2 <= names.Length)
        {
            power *= 2;
        }

        using MemoryStream font = new();
        Span<byte> word = stackalloc byte[4];
        void Put16(int value, Span<byte> word)
        {
            BinaryPrimitives.WriteUInt16BigEndian(word, (ushort)value);
            font.Write(word[..2]);
        }

        void Put32(uint value, Span<byte> word)
        {
            BinaryPrimitives.WriteUInt32BigEndian(word, value);
            font.Write(word);
        }

        Put32(0x00010000, word);
        Put16(names.Length, word);
        Put16(power * 16, word);
        Put16(System.Numerics.BitOperations.Log2((uint)power), word);
        Put16((names.Length - power) * 16, word);
        byte[][] contents = [.. names.Select(table)];
        int offset = 12 + (names.Length * 16);
        for (int i = 0; i < names.Length; i++)
        {
            font.Write(Encoding.ASCII.GetBytes(names[i]));
            Put32(Sum(contents[i]), word);
            Put32((uint)offset, word);
            Put32((uint)contents[i].Length, word);
            offset += (contents[i].Length + 3) & ~3;
        }

        int head = 0;
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] == "head")
            {
                head = (int)font.Length;
            }

            font.Write(contents[i]);
            font.Write(Padding[..(-contents[i].Length & 3)]);
        }

        byte[] whole = font.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(whole.AsSpan(head + 8), 0xB1B0AFBA - Sum(whole));
        return whole;
    }

    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        Span<byte> last = stackalloc byte[4];
        for (int at = 0; at < bytes.Length; at += 4)
        {
            if (bytes.Length - at >= 4)
            {
                sum += BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            }
            else
            {
                bytes[at..].CopyTo(last);
                sum += BinaryPrimitives.ReadUInt32BigEndian(last);
            }
        }

        return sum;
    }

    /// <summary>A glyph and those that it is put together from.</summary>
    private void Add(ushort glyph, HashSet<ushort> wanted)
    {
        if (!wanted.Add(glyph))
        {
            return;
        }

        (int start, int length) = Outline(glyph);
        int at = tables["glyf"].Offset + start;
        if (length == 0 || I16(at) >= 0)
        {
            return;
        }

        at += 10;
        while (true)
        {
            int flags = U16(at);
            Add((ushort)U16(at + 2), wanted);
            at += 4 + ((flags & 1) != 0 ? 4 : 2) + ((flags & 8) != 0 ? 2 : (flags & 0x40) != 0 ? 4 : (flags & 0x80) != 0 ? 8 : 0);
            if ((flags & 0x20) == 0)
            {
                return;
            }
        }
    }

    private bool HasOutline(ushort glyph) => Outline(glyph).Length > 0;

    private (int Start, int Length) Outline(int glyph)
    {
        int loca = tables["loca"].Offset;
        int start = isLong ? I32(loca + (glyph * 4)) : U16(loca + (glyph * 2)) * 2;
        int end = isLong ? I32(loca + (glyph * 4) + 4) : U16(loca + (glyph * 2) + 2) * 2;
        return (start, end - start);
    }

    private void ReadCharacters()
    {
        int cmap = tables["cmap"].Offset, count = U16(cmap + 2);
        foreach (int wanted in new[] { 12, 4 })
        {
            for (int i = 0; i < count; i++)
            {
                int at = cmap + I32(cmap + 4 + (i * 8) + 4), platform = U16(cmap + 4 + (i * 8));
                if (U16(at) == wanted && platform is 0 or 3)
                {
                    if (wanted == 12)
                    {
                        ReadGroups(at);
                    }
                    else
                    {
                        ReadSegments(at);
                    }

                    return;
                }
            }
        }
    }

    private void ReadGroups(int at)
    {
        int count = I32(at + 12);
        for (int i = 0; i < count; i++)
        {
            int group = at + 16 + (i * 12), first = I32(group), last = I32(group + 4), glyph = I32(group + 8);
            for (int c = first; c <= last; c++)
            {
                glyphs[c] = (ushort)(glyph + c - first);
            }
        }
    }

    private void ReadSegments(int at)
    {
        int twice = U16(at + 6), ends = at + 14, starts = ends + twice + 2, deltas = starts + twice, offsets = deltas + twice;
        for (int i = 0; i < twice; i += 2)
        {
            for (int c = U16(starts + i); c <= U16(ends + i) && c != 0xFFFF; c++)
            {
                int range = U16(offsets + i);
                int glyph = range == 0 ? (c + U16(deltas + i)) & 0xFFFF : U16(offsets + i + range + ((c - U16(starts + i)) * 2));
                if (range != 0 && glyph != 0)
                {
                    glyph = (glyph + U16(deltas + i)) & 0xFFFF;
                }

                if (glyph != 0)
                {
                    glyphs[c] = (ushort)glyph;
                }
            }
        }
    }

    private int Scaled(int units) => (int)Math.Round(units * 1000.0 / UnitsPerEm);

    private int U16(int at) => BinaryPrimitives.ReadUInt16BigEndian(file.AsSpan(at));

    private short I16(int at) => BinaryPrimitives.ReadInt16BigEndian(file.AsSpan(at));

    private int I32(int at) => BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
}
