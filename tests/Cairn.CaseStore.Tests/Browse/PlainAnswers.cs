using System.Text;
using System.Text.RegularExpressions;
using Cairn.CaseStore.Browse;
using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Tests.Browse;

/// <summary>The same questions answered by going through every row as it is exported, with nothing kept and nothing clever.</summary>
internal sealed class PlainAnswers(string directory)
{
    private const string Empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    private readonly List<ExportRow> rows = Read(directory);
    private readonly Dictionary<long, string> meanings = Sets(directory);

    public IReadOnlyList<ExportRow> Rows => rows;

    public long[] Ids(EntryQuery query, EntrySort sort)
    {
        Dictionary<string, int> copies = rows.Where(row => row.Sha256 is not null).GroupBy(row => Convert.ToHexStringLower(row.Sha256!)).ToDictionary(group => group.Key, group => group.Count());
        List<ExportRow> found = [.. rows.Where(row => Fits(row, query, copies))];
        found.Sort((a, b) => Compare(a, b, sort.Field) is not 0 and int by ? by : a.Id.CompareTo(b.Id));
        if (sort.Descending)
        {
            found.Reverse();
        }

        return [.. found.Select(row => row.Id)];
    }

    public static string Name(ExportRow row) => row.Path[(row.Path.LastIndexOf('/') + 1)..];

    public static string Folder(ExportRow row) => row.Path.LastIndexOf('/') is >= 0 and int slash ? row.Path[..slash] : "";

    private static List<ExportRow> Read(string directory)
    {
        using CaseReader reader = CaseReader.Open(directory);
        return [.. reader.Entries()];
    }

    private static Dictionary<long, string> Sets(string directory)
    {
        using CaseReader reader = CaseReader.Open(directory);
        return reader.KnownSets().ToDictionary(set => set.Id, set => set.Row.Meaning);
    }

    private bool Fits(ExportRow row, EntryQuery query, Dictionary<string, int> copies)
    {
        string name = Name(row), whole = row.Stream.Length == 0 ? name : $"{name}:{row.Stream}";
        string extension = name.Contains('.') ? name[(name.LastIndexOf('.') + 1)..] : "";
        EvidenceTime time = query.Time?.Field switch { TimeField.Accessed => row.Times.Accessed, TimeField.Changed => row.Times.Changed, TimeField.Created => row.Times.Created, _ => row.Times.Modified };
        string? sha256 = row.Sha256 is null ? null : Convert.ToHexStringLower(row.Sha256);
        bool duplicate = sha256 is not null and not Empty && copies[sha256] > 1;
        ExportRow? holder = row.Member is null ? null : rows[(int)row.Member.ParentId - 1];
        bool problem = row.Problems.Any(p => p.Kind != ProblemKind.Notice);
        return Any(query.Evidence, row.EvidenceId) && Any(query.Parts, new PartRef(row.EvidenceId, row.VolumeIndex))
            && (query.Folder is not FolderRef folder || (folder.EvidenceId == row.EvidenceId && folder.VolumeIndex == row.VolumeIndex
                && (folder.Direct ? Folder(row) == folder.Path : folder.Path.Length == 0 || row.Path.StartsWith(folder.Path + "/", StringComparison.Ordinal))))
            && (query.NameContains is null || whole.Contains(query.NameContains, StringComparison.OrdinalIgnoreCase))
            && (query.PathGlob is null || Glob(query.PathGlob).IsMatch(row.Path.ToUpperInvariant()))
            && (query.Mimes.Count == 0 || (row.Mime is not null && query.Mimes.Any(mime => mime.EndsWith('/') ? row.Mime.StartsWith(mime, StringComparison.Ordinal) : row.Mime == mime)))
            && (query.Families.Count == 0 || (row.Mime is not null && query.Families.Contains(ContentType.FamilyOf(row.Mime))))
            && Is(query.TypeKnown, row.Mime is not null)
            && (query.Extensions.Count == 0 || query.Extensions.Any(asked => string.Equals(asked, extension, StringComparison.OrdinalIgnoreCase)))
            && Is(query.ExtensionMismatch, row.ExtensionMismatch) && Any(query.Types, row.Type) && Any(query.States, row.State)
            && (query.Recoverabilities.Count == 0 || (row.Recoverability is Recoverability r && query.Recoverabilities.Contains(r)))
            && (query.Contents.Count == 0 || (row.Status is ContentStatus s && query.Contents.Contains(s)))
            && (query.MinSize is not long least || row.Size >= least) && (query.MaxSize is not long most || row.Size <= most)
            && (query.Time is not TimeRange range || (Ticks(time) is long at && (range.From is not DateTimeOffset from || at >= from.UtcTicks) && (range.To is not DateTimeOffset to || at < to.UtcTicks)))
            && (query.Hashes.Count == 0 || query.Hashes.Any(hash => Same(hash, row.Md5) || Same(hash, row.Sha1) || Same(hash, row.Sha256)))
            && Is(query.HasHit, row.Hits.Count > 0)
            && ((query.HitSets.Count == 0 && query.HitMeanings.Count == 0 && query.HitMethods.Count == 0)
                || row.Hits.Any(hit => Any(query.HitSets, hit.SetId) && Any(query.HitMeanings, hit.Entry?.Meaning ?? meanings[hit.SetId]) && Any(query.HitMethods, hit.Method)))
            && Is(query.HasProblem, problem) && (query.ProblemKinds.Count == 0 || row.Problems.Any(p => query.ProblemKinds.Contains(p.Kind)))
            && Is(query.Duplicate, duplicate)
            && (query.SameContentAs is not long same || row.Id == same || (sha256 is not null and not Empty && rows[(int)same - 1].Sha256 is byte[] other && Convert.ToHexStringLower(other) == sha256))
            && (query.AlikeTo is not long alike || row.Id == alike || (row.Picture?.Alike is AlikeRow own && rows[(int)alike - 1].Picture?.Alike is AlikeRow its && own.GroupId == its.GroupId))
            && Is(query.Embedded, row.Member is not null)
            && (query.EmbeddedIn.Count == 0 || (holder?.Mime is not null && query.EmbeddedIn.Contains(ContentType.FamilyOf(holder.Mime))))
            && (query.MemberOf is not long of || row.Member?.ParentId == of)
            && Is(query.HasPicture, row.Picture is not null) && (query.Address is null || row.Address == query.Address) && Any(query.Ids, row.Id);
    }

    private static bool Any<T>(IReadOnlyList<T> asked, T value) => asked.Count == 0 || asked.Contains(value);

    private static bool Is(bool? asked, bool value) => asked is not bool wanted || wanted == value;

    private static bool Same(string hash, byte[]? value) => value is not null && string.Equals(hash, Convert.ToHexString(value), StringComparison.OrdinalIgnoreCase);

    /// <summary>.NET ticks of the text that an export shows, cut at 100 nanoseconds.</summary>
    private static long? Ticks(EvidenceTime time)
    {
        if (time.ToIso() is not string text)
        {
            return null;
        }

        string[] parts = text.TrimEnd('Z').Split('.');
        long ticks = DateTime.ParseExact(parts[0], "yyyy-MM-dd'T'HH:mm:ss", null, System.Globalization.DateTimeStyles.AssumeUniversal | System.Globalization.DateTimeStyles.AdjustToUniversal).Ticks;
        return parts.Length == 1 ? ticks : ticks + long.Parse(parts[1].PadRight(7, '0')[..7]);
    }

    private static Regex Glob(string pattern)
    {
        StringBuilder regex = new("^");
        for (int i = 0; i < pattern.Length; i++)
        {
            string rest = pattern[i..];
            if (rest.StartsWith("**/", StringComparison.Ordinal) && (i == 0 || pattern[i - 1] == '/'))
            {
                regex.Append("(.*/)?");
                i += 2;
            }
            else if (rest.StartsWith("**", StringComparison.Ordinal))
            {
                regex.Append(".*");
                i++;
            }
            else
            {
                regex.Append(pattern[i] switch { '*' => "[^/]*", '?' => "[^/]", char c => Regex.Escape(char.ToUpperInvariant(c).ToString()) });
            }
        }

        return new Regex(regex.Append('$').ToString(), RegexOptions.Singleline | RegexOptions.CultureInvariant);
    }

    private static int Compare(ExportRow a, ExportRow b, SortField field) => field switch
    {
        SortField.Path => ComparePath(a, b),
        SortField.Name => Text(Whole(a), Whole(b)),
        SortField.Size => a.Size.CompareTo(b.Size),
        SortField.Modified => Times(a.Times.Modified, b.Times.Modified),
        SortField.Accessed => Times(a.Times.Accessed, b.Times.Accessed),
        SortField.Changed => Times(a.Times.Changed, b.Times.Changed),
        SortField.Created => Times(a.Times.Created, b.Times.Created),
        SortField.Type => string.CompareOrdinal(a.Mime ?? "", b.Mime ?? ""),
        _ => (a.State, a.Recoverability ?? 0).CompareTo((b.State, b.Recoverability ?? 0)),
    };

    private static int Times(EvidenceTime a, EvidenceTime b) => (Ticks(a) ?? -1).CompareTo(Ticks(b) ?? -1);

    private static string Whole(ExportRow row) => row.Stream.Length == 0 ? Name(row) : $"{Name(row)}:{row.Stream}";

    private static int ComparePath(ExportRow a, ExportRow b)
    {
        int part = (a.EvidenceId, a.VolumeIndex ?? -1).CompareTo((b.EvidenceId, b.VolumeIndex ?? -1));
        if (part != 0)
        {
            return part;
        }

        string[] one = a.Path.Split('/')[..^1], other = b.Path.Split('/')[..^1];
        for (int i = 0; i < Math.Min(one.Length, other.Length); i++)
        {
            int by = Text(one[i], other[i]) is not 0 and int folded ? folded : Bytes(one[i], other[i]);
            if (by != 0)
            {
                return by;
            }
        }

        return one.Length != other.Length ? one.Length - other.Length : Text(Whole(a), Whole(b));
    }

    private static int Text(string a, string b) => Bytes(a.ToUpperInvariant(), b.ToUpperInvariant());

    private static int Bytes(string a, string b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b));
}
