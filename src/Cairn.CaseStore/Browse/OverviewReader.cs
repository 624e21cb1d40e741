using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>Puts the sums of the side file together with what they are called and with the questions behind them.</summary>
internal static class OverviewReader
{
    private const int TreemapDepth = 3;

    /// <summary>Folders of one level that a treemap shows; the largest.</summary>
    private const int MostFolders = 400;

    public static Overview Read(BrowseSnapshot? snapshot, CaseReader reader, BrowseState state, Func<IReadOnlyList<int>, FolderNode[]> nodes)
    {
        List<SumLine> Lines(SumTopic topic, Func<int, string> key, Func<int, string> label, Func<int, EntryQuery?> query) =>
            [.. (snapshot?.Sums(topic) ?? []).Select(sum => new SumLine(key(sum.Key), label(sum.Key), sum.Rows, sum.Bytes, query(sum.Key)))];

        (int Key, long Rows, long Bytes)[] all = [.. snapshot?.Sums(SumTopic.All) ?? []];
        Dictionary<long, StoredEvidence> evidence = reader.Evidence().ToDictionary(row => row.Id);
        Dictionary<long, StoredKnownSet> sets = reader.KnownSets().ToDictionary(set => set.Id);
        List<SumLine> marks = Lines(SumTopic.Mark, mark => ((EntryMarks)mark).ToString(), mark => MarkLabel((EntryMarks)mark), mark => MarkQuery((EntryMarks)mark));
        return new Overview
        {
            All = new SumLine("all", "all rows", all.Sum(sum => sum.Rows), all.Sum(sum => sum.Bytes), EntryQuery.All),
            States = Lines(SumTopic.State, key => ((EntryState)key).ToString(), key => ((EntryState)key).ToString().ToLowerInvariant(), key => new EntryQuery { States = [(EntryState)key] }),
            Families = Lines(SumTopic.Family, key => key == SumTopics.Unknown ? "Unknown" : ((ContentFamily)key).ToString(), FamilyLabel,
                key => key == SumTopics.Unknown ? new EntryQuery { TypeKnown = false } : new EntryQuery { Families = [(ContentFamily)key] }),
            Sizes = Lines(SumTopic.Size, key => key.ToString(), key => SumTopics.Bands[key].Label,
                key => new EntryQuery { MinSize = key == 0 ? null : SumTopics.Bands[key - 1].Most + 1, MaxSize = key == SumTopics.Bands.Length - 1 ? null : SumTopics.Bands[key].Most }),
            Parts = Lines(SumTopic.Part, key => $"{snapshot!.Parts[key].EvidenceId}/{snapshot.Parts[key].VolumeIndex}", key => PartLabel(snapshot!.Parts[key], evidence),
                key => new EntryQuery { Parts = [snapshot!.Parts[key]] }),
            Contents = Lines(SumTopic.Content, key => key == SumTopics.Unknown ? "None" : ((ContentStatus)key).ToString(), key => key == SumTopics.Unknown ? "not dealt with" : ContentLabel((ContentStatus)key),
                key => key == SumTopics.Unknown ? null : new EntryQuery { Contents = [(ContentStatus)key] }),
            Meanings = [.. HitWays.Meanings.Select((meaning, i) => (Meaning: meaning, Line: marks.Find(line => line.Key == ((EntryMarks)(1 << i)).ToString())))
                .Where(pair => pair.Line is not null).Select(pair => pair.Line! with { Key = pair.Meaning, Label = pair.Meaning })],
            Sets = Lines(SumTopic.Set, key => key.ToString(), key => sets.TryGetValue(key, out StoredKnownSet? set) ? set.Row.Name : key.ToString(), key => new EntryQuery { HitSets = [key] }),
            Problems = Lines(SumTopic.Problem, key => ((ProblemKind)key).ToString(), key => ProblemLabel((ProblemKind)key), key => new EntryQuery { ProblemKinds = [(ProblemKind)key] }),
            ProblemsElsewhere = (snapshot?.Sums(SumTopic.Elsewhere) ?? []).Sum(sum => sum.Rows),
            Marks = [.. marks.Where(line => line.Query is not null && !HitWays.Meanings.Contains(line.Key.ToLowerInvariant()))],
            Folders = snapshot is null ? [] : Treemap(snapshot, nodes),
            Coverage = evidence.Keys.ToDictionary(id => id, reader.Coverage),
            State = state,
        };
    }

    /// <summary>The largest folders of each level, in the order of the tree; one whose parent is left out is left out.</summary>
    private static FolderNode[] Treemap(BrowseSnapshot snapshot, Func<IReadOnlyList<int>, FolderNode[]> nodes)
    {
        FolderTable table = snapshot.Folders;
        List<int> level = [], shown = [];
        for (int rank = 1; rank <= table.Count; rank = table.Last[table.ByRank[rank]] + 1)
        {
            level.Add(table.ByRank[rank]);
        }

        for (int depth = 0; depth <= TreemapDepth && level.Count > 0; depth++)
        {
            level = [.. level.OrderByDescending(id => table.Bytes[id]).ThenBy(id => table.Rank[id]).Take(MostFolders)];
            shown.AddRange(level);
            List<int> below = [];
            foreach (int id in level)
            {
                for (int rank = table.Rank[id] + 1; rank <= table.Last[id]; rank = table.Last[table.ByRank[rank]] + 1)
                {
                    below.Add(table.ByRank[rank]);
                }
            }

            level = below;
        }

        return nodes([.. shown.OrderBy(id => table.Rank[id])]);
    }

    private static string PartLabel(PartRef part, Dictionary<long, StoredEvidence> evidence)
    {
        string of = evidence.TryGetValue(part.EvidenceId, out StoredEvidence? row) ? row.Row.Exhibit ?? Path.GetFileName(row.Row.Path) : $"evidence {part.EvidenceId}";
        return part.VolumeIndex is int index ? $"{of}, volume {index}" : of;
    }

    private static string FamilyLabel(int key) => key == SumTopics.Unknown ? "type not known" : (ContentFamily)key switch
    {
        ContentFamily.Picture => "pictures",
        ContentFamily.Video => "videos",
        ContentFamily.Audio => "sound",
        ContentFamily.Archive => "archives",
        ContentFamily.Document => "documents",
        ContentFamily.Mail => "mail, contacts, calendars",
        ContentFamily.Database => "databases",
        ContentFamily.System => "records of the system",
        ContentFamily.Executable => "programs",
        ContentFamily.Text => "text",
        ContentFamily.Font => "fonts",
        ContentFamily.Certificate => "certificates and keys",
        ContentFamily.DiskImage => "images of media",
        ContentFamily.Encrypted => "encrypted containers",
        ContentFamily.Network => "network",
        _ => "other types",
    };

    private static string ContentLabel(ContentStatus status) => status switch
    {
        ContentStatus.Read => "read",
        ContentStatus.PartlyUnreadable => "partly unreadable",
        ContentStatus.Unreadable => "unreadable",
        ContentStatus.Encrypted => "encrypted",
        ContentStatus.Overwritten => "overwritten",
        ContentStatus.NameOnly => "name only",
        ContentStatus.NotHashed => "not hashed",
        _ => "changed while it was read",
    };

    private static string ProblemLabel(ProblemKind kind) => kind switch
    {
        ProblemKind.LimitReached => "limit reached",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string MarkLabel(EntryMarks mark) => mark switch
    {
        EntryMarks.Problem => "with a problem",
        EntryMarks.Duplicate => "same content as another",
        EntryMarks.Embedded => "within other files",
        EntryMarks.ExtensionMismatch => "extension does not fit the content",
        _ => mark.ToString().ToLowerInvariant(),
    };

    private static EntryQuery? MarkQuery(EntryMarks mark) => mark switch
    {
        EntryMarks.Notable => new EntryQuery { HitMeanings = ["notable"] },
        EntryMarks.Known => new EntryQuery { HitMeanings = ["known"] },
        EntryMarks.Ignorable => new EntryQuery { HitMeanings = ["ignorable"] },
        EntryMarks.Problem => new EntryQuery { HasProblem = true },
        EntryMarks.Duplicate => new EntryQuery { Duplicate = true },
        EntryMarks.Embedded => new EntryQuery { Embedded = true },
        EntryMarks.ExtensionMismatch => new EntryQuery { ExtensionMismatch = true },
        _ => null,
    };
}
