using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.ContentTypes;
using Cairn.Known;

namespace Cairn.Engine;

/// <summary>Turns what reading one file gave into its row: known sets looked up, the extension held against the content.</summary>
internal sealed class ContentJudge(IReadOnlyList<LoadedSet> sets, IExamineObserver observer, ExamineCounters counters)
{
    /// <summary>Hits of a file on the known sets.</summary>
    public List<HitRow> Lookup(ContentHashes? hashes, Func<string> path)
    {
        List<HitRow> hits = [];
        if (hashes is null)
        {
            return hits;
        }

        foreach (LoadedSet set in sets)
        {
            if (set.Set.Lookup(hashes.Md5, hashes.Sha1, hashes.Sha256) is KnownHit hit)
            {
                KnownEntry? entry = hit.EntryIndex is int index ? set.Set.Entry(index) : null;
                hits.Add(new HitRow(set.RowId, hit.Method, hit.Detail)
                {
                    Entry = entry is null ? null : new HitEntryRow(entry.Id, entry.Meaning.ToText(), entry.Category, entry.VouchedBy, entry.VouchedAt),
                });
                counters.Hit();
                if (entry is null ? set.IsNotable : entry.Meaning == KnownMeaning.Notable)
                {
                    observer.Hit(path(), set.Name);
                }
            }
        }

        return hits;
    }

    /// <summary>Counts and shows problems.</summary>
    public void Report(IEnumerable<Problem> problems)
    {
        foreach (Problem problem in problems)
        {
            counters.Count(problem);
            observer.Problem(problem);
        }
    }

    /// <summary>Counts and shows problems of the file at <paramref name="path"/>.</summary>
    public void Report(string path, IEnumerable<Problem> problems) => Report(problems.Select(problem => problem with { Place = $"{path}, {problem.Place}" }));

    /// <summary>The row of one file with the hits on its hashes; its problems are counted and shown.</summary>
    public ContentRow Judge(long id, string path, ContentHashes? hashes, ContentType? type, string extension, ContentStatus status, long bytesRead, List<Problem> problems)
    {
        Report(path, problems);
        return Row(id, hashes, type, extension, status, bytesRead, Lookup(hashes, () => path), problems);
    }

    /// <summary>The row of one file. <paramref name="extension"/> is null where the name says nothing of the content.</summary>
    public static ContentRow Row(long id, ContentHashes? hashes, ContentType? type, string? extension, ContentStatus status, long bytesRead, IReadOnlyList<HitRow> hits,
        IReadOnlyList<Problem> problems) => new()
        {
            EntryId = id,
            Status = status,
            Md5 = hashes?.Md5,
            Sha1 = hashes?.Sha1,
            Sha256 = hashes?.Sha256,
            Mime = type?.Mime,
            ExtensionMismatch = type is not null && extension is not null && ContentType.ExtensionMismatch(type, extension),
            BytesRead = bytesRead,
            Hits = hits,
            Problems = problems,
        };
}
