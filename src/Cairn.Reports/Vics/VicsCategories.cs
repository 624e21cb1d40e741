using System.Globalization;
using Cairn.CaseStore;

namespace Cairn.Reports.Vics;

/// <summary>
/// Which code of VICS a picture gets. The codes differ from profile to profile and have been reversed between tools, so none are built in: who
/// exports says what they are, and the reader is told the same.
/// </summary>
public sealed class VicsCategories
{
    /// <summary>The key of whatever is not named.</summary>
    public const string Others = "*";

    /// <summary>The key of pictures without a grade and without a hit.</summary>
    public const string None = "none";

    private const int MostFileBytes = 1 << 20;
    private const int MostKeys = 1_000;
    private readonly Dictionary<string, int> codes = new(StringComparer.OrdinalIgnoreCase);

    private VicsCategories()
    {
    }

    /// <summary>
    /// Reads "A=1,B=2,notable=1,*=0,none=0": a grade by its id, a category of a known set, or a meaning (known, notable, ignorable), and its code; or the path
    /// of a file with such a list, a pair a line, where lines that begin with # are passed over.
    /// </summary>
    /// <exception cref="FormatException">It is no such list; the message says why.</exception>
    public static VicsCategories Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (File.Exists(text))
        {
            if (new FileInfo(text).Length > MostFileBytes)
            {
                throw new FormatException($"{text}: a list of categories is not that large");
            }

            text = string.Join(',', File.ReadLines(text).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'));
        }

        VicsCategories result = new();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.LastIndexOf('=');
            if (equals <= 0 || !int.TryParse(part[(equals + 1)..].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int code) || result.codes.Count == MostKeys)
            {
                throw new FormatException($"'{part}' gives no category a code: write for example A=1,B=2,notable=1,*=0,none=0, or name a file with a pair a line");
            }

            if (!result.codes.TryAdd(part[..equals].Trim(), code))
            {
                throw new FormatException($"'{part[..equals].Trim()}' stands there twice");
            }
        }

        return result.codes.Count > 0 ? result : throw new FormatException("no category has a code: write for example A=1,B=2,notable=1,*=0,none=0");
    }

    /// <summary>
    /// The code of a row, or null where the list has none for it: that of the decided grade where there is one; else the category of its first hit
    /// that the list names, else the meaning of its first hit that the list names. Hits are in the order of lookup, the same bytes before a like look.
    /// </summary>
    public int? CodeOf(ExportRow row, string? grade, ExportContext context)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(context);
        if (grade is not null)
        {
            // What people decided is not put aside by a known set.
            return Find(grade) ?? Find(Others);
        }

        foreach (HitRow hit in row.Hits)
        {
            if (Find(hit.Entry?.Category) is int category)
            {
                return category;
            }
        }

        foreach (HitRow hit in row.Hits)
        {
            if (Find(context.MeaningOf(hit)) is int meaning)
            {
                return meaning;
            }
        }

        return row.Hits.Count == 0 ? Find(None) ?? Find(Others) : Find(Others);
    }

    private int? Find(string? key) => key is not null && codes.TryGetValue(key, out int code) ? code : null;
}
