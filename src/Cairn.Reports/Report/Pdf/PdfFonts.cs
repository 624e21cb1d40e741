using System.Globalization;
using System.Text;

namespace Cairn.Reports.Report.Pdf;

/// <summary>A face that text is set in.</summary>
internal enum Face
{
    Regular = 0,
    Bold = 1,
    Mono = 2,
}

/// <summary>A character as it is set.</summary>
/// <param name="Font">Index of the font.</param>
/// <param name="Code">Its code in that font.</param>
/// <param name="Advance">Width in thousandths of the size.</param>
/// <param name="CanBreak">A line may end after it.</param>
/// <param name="IsSpace">A space.</param>
internal readonly record struct Glyph(byte Font, ushort Code, ushort Advance, bool CanBreak, bool IsSpace);

/// <summary>
/// The fonts of a document, embedded with the glyphs that were used. Each character has a code of its own, given in the order of first use, so
/// that text copied from the document is the text that went in, even where characters share a glyph.
/// </summary>
internal sealed class PdfFonts
{
    // What the three faces lack is looked up in the last one.
    private static readonly string[] Names = ["NotoSans-Regular", "NotoSans-Bold", "DejaVuSansMono", "DejaVuSans"];
    private const int Fallback = 3;

    private readonly Entry?[] fonts = new Entry?[Names.Length];
    private readonly PdfFile file;

    public PdfFonts(PdfFile file)
    {
        this.file = file;
        Dictionary = file.Reserve();
    }

    /// <summary>Number of the dictionary of fonts, for the resources of pages.</summary>
    public int Dictionary { get; }

    public static string Resource(int font) => string.Create(CultureInfo.InvariantCulture, $"F{font}");

    /// <summary>Sets text; what cannot be seen is written as an escape, what no font has, or this writer cannot set right, as its code point in brackets.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="face">Its face.</param>
    /// <param name="breaksAnywhere">Paths and hashes break after punctuation, too.</param>
    /// <param name="into">Takes the glyphs.</param>
    public void Set(string text, Face face, bool breaksAnywhere, List<Glyph> into)
    {
        foreach (Rune rune in VisibleText.Escape(text).EnumerateRunes())
        {
            if (IsSetAsIs(rune) && TrySet(rune, face, breaksAnywhere) is Glyph glyph)
            {
                into.Add(glyph);
                continue;
            }

            foreach (char c in string.Create(CultureInfo.InvariantCulture, $"[U+{rune.Value:X4}]"))
            {
                into.Add(TrySet(new Rune(c), face, breaksAnywhere)!.Value);
            }
        }
    }

    /// <summary>Writes the fonts; nothing can be set afterwards.</summary>
    public void Finish()
    {
        StringBuilder dictionary = new("<<");
        for (int i = 0; i < fonts.Length; i++)
        {
            if (fonts[i] is Entry entry && entry.Used.Count > 0)
            {
                dictionary.Append(CultureInfo.InvariantCulture, $"/{Resource(i)} {Write(entry, i)} 0 R");
            }
        }

        file.Write(Dictionary, dictionary.Append(">>").ToString());
    }

    /// <summary>
    /// Writing from right to left and writing whose letters change with their neighbours would come out wrong, letter by letter from the left: better its code points
    /// than other words.
    /// </summary>
    private static bool IsSetAsIs(Rune rune) => rune.Value switch
    {
        // Hebrew to Myanmar; Georgian begins at 10A0.
        >= 0x0590 and < 0x10A0 => false,
        // Hangul letters, Philippine scripts, Khmer, Mongolian, Limbu to Vedic signs.
        >= 0x1100 and < 0x1200 or >= 0x1700 and < 0x1D00 => false,
        // Presentation forms of Hebrew and Arabic, variation selectors.
        >= 0xA800 and < 0xAB30 or >= 0xABC0 and < 0xAC00 or >= 0xFB1D and < 0xFE10 or >= 0xFE70 and < 0xFF00 => false,
        // Right-to-left and Indic scripts beyond the first plane.
        >= 0x10800 and < 0x12000 or >= 0x1E800 and < 0x1F000 => false,
        _ => Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format,
    };

    private Glyph? TrySet(Rune rune, Face face, bool breaksAnywhere)
    {
        foreach (int font in (ReadOnlySpan<int>)[(int)face, Fallback])
        {
            Entry entry = fonts[font] ??= new Entry(TrueTypeFont.Load(Names[font]));
            if (!entry.Codes.TryGetValue(rune.Value, out ushort code))
            {
                // Code 0 is that of a missing glyph.
                if (entry.Used.Count >= ushort.MaxValue - 1 || !entry.Font.TryGlyph(rune, out ushort glyph))
                {
                    continue;
                }

                code = (ushort)(entry.Used.Count + 1);
                entry.Codes[rune.Value] = code;
                entry.Used.Add((rune.Value, glyph, (ushort)entry.Font.Width(glyph)));
            }

            return new Glyph((byte)font, code, entry.Used[code - 1].Width, BreaksAfter(rune.Value, breaksAnywhere), rune.Value == ' ');
        }

        return null;
    }

    private static bool BreaksAfter(int character, bool anywhere) => character is ' ' or '-' or '/' || (anywhere && character is '\\' or '.' or '_' or ',' or ';' or ':' or '=' or '&' or '+' or ')' or ']' or '@');

    private int Write(Entry entry, int index)
    {
        TrueTypeFont font = entry.Font;
        // Six letters before the name say that the font is a part of it (9.6.4); one document has each font once.
        string name = $"{(char)('A' + index)}CAIRN+{font.Name}";
        int program = file.Reserve();
        byte[] subset = font.Subset(entry.Used.Select(u => u.Glyph));
        file.WriteStream(program, string.Create(CultureInfo.InvariantCulture, $"/Length1 {subset.Length}"), subset);
        bool isMono = font.Name.Contains("Mono", StringComparison.Ordinal);
        int descriptor = file.Add(string.Create(CultureInfo.InvariantCulture, $"<</Type/FontDescriptor/FontName/{name}/Flags {(isMono ? 5 : 4)}/FontBBox[{string.Join(' ', font.Box)}]/ItalicAngle 0/Ascent {font.Ascent}/Descent {font.Descent}/CapHeight {font.CapHeight}/StemV {(index == (int)Face.Bold ? 140 : 80)}/FontFile2 {program} 0 R>>"));
        byte[] map = new byte[(entry.Used.Count + 1) * 2];
        for (int i = 0; i < entry.Used.Count; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(map.AsSpan((i + 1) * 2), entry.Used[i].Glyph);
        }

        int glyphs = file.Reserve();
        file.WriteStream(glyphs, "", map);
        int descendant = file.Add(string.Create(CultureInfo.InvariantCulture, $"<</Type/Font/Subtype/CIDFontType2/BaseFont/{name}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor {descriptor} 0 R/CIDToGIDMap {glyphs} 0 R/DW {font.Width(0)}/W[1[{string.Join(' ', entry.Used.Select(u => u.Width))}]]>>"));
        int unicode = file.Reserve();
        file.WriteStream(unicode, "", Encoding.ASCII.GetBytes(ToUnicode(entry)));
        return file.Add(string.Create(CultureInfo.InvariantCulture, $"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]/ToUnicode {unicode} 0 R>>"));
    }

    /// <summary>9.10.3: which text a code stands for.</summary>
    private static string ToUnicode(Entry entry)
    {
        StringBuilder map = new("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
        for (int at = 0; at < entry.Used.Count; at += 100)
        {
            int count = Math.Min(100, entry.Used.Count - at);
            map.Append(CultureInfo.InvariantCulture, $"{count} beginbfchar\n");
            for (int i = at; i < at + count; i++)
            {
                map.Append(CultureInfo.InvariantCulture, $"<{i + 1:X4}> <");
                foreach (char c in new Rune(entry.Used[i].Character).ToString())
                {
                    map.Append(CultureInfo.InvariantCulture, $"{(int)c:X4}");
                }

                map.Append(">\n");
            }

            map.Append("endbfchar\n");
        }

        return map.Append("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n").ToString();
    }

    private sealed record Entry(TrueTypeFont Font)
    {
        public Dictionary<int, ushort> Codes { get; } = [];

        public List<(int Character, ushort Glyph, ushort Width)> Used { get; } = [];
    }
}
