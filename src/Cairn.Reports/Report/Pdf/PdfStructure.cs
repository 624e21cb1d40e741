using System.Globalization;
using System.Text;

namespace Cairn.Reports.Report.Pdf;

/// <summary>An element of the logical structure (ISO 32000-1, 14.7.2) that is not written yet.</summary>
internal sealed class PdfTag
{
    public required int Number { get; init; }

    public required int Parent { get; init; }

    public required string Type { get; init; }

    /// <summary>Further entries of its dictionary.</summary>
    public string Entries { get; init; } = "";

    /// <summary>Elements as their numbers; marked content as page, sequence and the highest bit; annotations as their number, negative.</summary>
    public List<long> Kids { get; } = [];
}

/// <summary>The tags of a document. An element is written when it is closed; of what it holds only numbers are kept.</summary>
internal sealed class PdfStructure
{
    private const long Marked = 1L << 62;

    private readonly PdfFile file;
    private readonly List<(int Key, string Value)> parents = [];

    public PdfStructure(PdfFile file)
    {
        this.file = file;
        Root = file.Reserve();
        Document = new PdfTag { Number = file.Reserve(), Parent = Root, Type = "Document" };
    }

    /// <summary>Number of the root.</summary>
    public int Root { get; }

    /// <summary>The element that holds all others.</summary>
    public PdfTag Document { get; }

    public PdfTag Open(PdfTag parent, string type, string entries = "")
    {
        PdfTag tag = new() { Number = file.Reserve(), Parent = parent.Number, Type = type, Entries = entries };
        parent.Kids.Add(tag.Number);
        return tag;
    }

    /// <summary>Marked content of a page becomes a part of <paramref name="tag"/>.</summary>
    public static void AddMarked(PdfTag tag, int page, int sequence) => tag.Kids.Add(Marked | ((long)page << 24) | (uint)sequence);

    /// <summary>An annotation becomes a part of <paramref name="tag"/>.</summary>
    public static void AddAnnotation(PdfTag tag, int annotation) => tag.Kids.Add(-annotation);

    public void Close(PdfTag tag)
    {
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"<</Type/StructElem/S/{tag.Type}/P {tag.Parent} 0 R{tag.Entries}");
        long[] marked = [.. tag.Kids.Where(IsMarked)];
        int page = marked.Length > 0 ? PageOf(marked[0]) : 0;
        if (page > 0)
        {
            body.Append(CultureInfo.InvariantCulture, $"/Pg {page} 0 R");
        }

        if (tag.Kids.Count > 0)
        {
            body.Append("/K[");
            foreach (long kid in tag.Kids)
            {
                if (!IsMarked(kid))
                {
                    body.Append(kid < 0 ? $"<</Type/OBJR/Obj {-kid} 0 R>>" : $"{kid} 0 R ");
                }
                else if (PageOf(kid) == page)
                {
                    body.Append(CultureInfo.InvariantCulture, $"{kid & 0xFFFFFF} ");
                }
                else
                {
                    body.Append(CultureInfo.InvariantCulture, $"<</Type/MCR/Pg {PageOf(kid)} 0 R/MCID {kid & 0xFFFFFF}>>");
                }
            }

            body.Append(']');
        }

        file.Write(tag.Number, body.Append(">>").ToString());
        tag.Kids.Clear();
        tag.Kids.TrimExcess();
    }

    /// <summary>Which elements the marked content of a page belongs to, by its sequence.</summary>
    public void Page(int key, IReadOnlyList<int> owners) =>
        parents.Add((key, string.Create(CultureInfo.InvariantCulture, $"{file.Add($"[{string.Join(' ', owners.Select(o => $"{o} 0 R"))}]")} 0 R")));

    /// <summary>Which element an annotation belongs to.</summary>
    public void Annotation(int key, PdfTag owner) => parents.Add((key, string.Create(CultureInfo.InvariantCulture, $"{owner.Number} 0 R")));

    /// <summary>Writes the document's element, the root, and the tree that leads from content to elements.</summary>
    public void Finish()
    {
        Close(Document);
        parents.Sort((a, b) => a.Key.CompareTo(b.Key));
        List<string> leaves = [];
        foreach ((int Key, string Value)[] part in parents.Chunk(64))
        {
            int leaf = file.Add(string.Create(CultureInfo.InvariantCulture, $"<</Limits[{part[0].Key} {part[^1].Key}]/Nums[{string.Join(' ', part.Select(p => $"{p.Key} {p.Value}"))}]>>"));
            leaves.Add(string.Create(CultureInfo.InvariantCulture, $"{leaf} 0 R"));
        }

        int tree = file.Add($"<</Kids[{string.Join(' ', leaves)}]>>");
        int next = parents.Count == 0 ? 0 : parents[^1].Key + 1;
        file.Write(Root, string.Create(CultureInfo.InvariantCulture, $"<</Type/StructTreeRoot/K[{Document.Number} 0 R]/ParentTree {tree} 0 R/ParentTreeNextKey {next}>>"));
    }

    private static bool IsMarked(long kid) => kid > 0 && (kid & Marked) != 0;

    private static int PageOf(long kid) => (int)((kid & ~Marked) >> 24);
}
