using Cairn.CaseStore.Sqlite;

namespace Cairn.CaseStore.Review;

/// <summary>
/// Reads what people did in a case, while others write and on a read-only medium too. What names other people's votes is for reviewers, reports and
/// exports; graders are shown <see cref="SeenBy"/> and queues. Members are safe to call from many threads.
/// </summary>
public sealed class ReviewReader : IDisposable
{
    private const int Page = 512;
    private readonly SqliteDatabase database;
    private readonly Lock gate = new();
    private bool disposed;

    private ReviewReader(string directory, SqliteDatabase database) => (Directory, this.database) = (directory, database);

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>Opens the review of a case for reading; null where nobody has reviewed it yet.</summary>
    /// <exception cref="CaseException">It is of a newer version or cannot be read.</exception>
    public static ReviewReader? Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string full = Path.GetFullPath(directory);
        return OpenDatabase(full) is SqliteDatabase database ? new ReviewReader(full, database) : null;
    }

    /// <summary>The scheme in force.</summary>
    public GradeScheme Scheme() => Rules().Scheme;

    /// <summary>Which contents two people grade.</summary>
    public SecondVotes SecondVotes() => Rules().SecondVotes;

    /// <summary>A page of a queue as this person sees it, hits on notable sets first.</summary>
    /// <param name="actor">Who asks.</param>
    /// <param name="queue">Which queue.</param>
    /// <param name="after">The last of the page before; null for the first page.</param>
    /// <param name="count">Most contents.</param>
    public IReadOnlyList<QueuedContent> Next(Actor actor, ReviewQueue queue, QueuedContent? after, int count)
    {
        ArgumentNullException.ThrowIfNull(actor);
        if (queue != ReviewQueue.ToGradeOrSecond)
        {
            return Next(actor, queue switch { ReviewQueue.ToGrade => ContentState.Ungraded, ReviewQueue.SecondVote => ContentState.SecondWanted, _ => ContentState.Disagreement }, after, count);
        }

        return [.. Next(actor, ContentState.Ungraded, after, count).Concat(Next(actor, ContentState.SecondWanted, after, count))
            .OrderBy(item => item.Priority).ThenBy(item => item.GroupId).ThenBy(item => item.EntryId).ThenBy(item => item.Content.Text, StringComparer.Ordinal).Take(count)];
    }

    /// <summary>How many contents are in each state, by decided grade; not for graders of a blind case.</summary>
    public IReadOnlyList<StandingCount> Progress() => List(
        "SELECT state, grade, count(*) FROM standing GROUP BY state, grade ORDER BY state, grade", _ => { }, row => new StandingCount((ContentState)row.Int32(0), row.TextOrNull(1), row.Int64(2)));

    /// <summary>What a grader may know of contents, in their order; of one nobody graded too.</summary>
    public IReadOnlyList<GraderView> SeenBy(Actor actor, IReadOnlyList<ContentKey> contents)
    {
        ArgumentNullException.ThrowIfNull(actor);
        ArgumentNullException.ThrowIfNull(contents);
        return Guarded(() =>
        {
            ReviewRules rules = ReviewRules.Load(database);
            using SqliteStatement own = database.Prepare($"SELECT grade, flags, scheme_id FROM vote v WHERE account=?1 AND content=?2 AND {ReviewSchema.Stands("v")} ORDER BY rowid DESC");
            using SqliteStatement decided = database.Prepare($"SELECT grade, flags FROM standing WHERE content=?1 AND state={(int)ContentState.Decided}");
            own.Bind(1, actor.Id);
            List<GraderView> views = new(contents.Count);
            foreach (ContentKey content in contents)
            {
                own.Bind(2, content.Text);
                decided.Bind(1, content.Text);
                bool voted = own.Step();
                while (voted && !rules.Counts(own.Text(2), own.Text(0)))
                {
                    voted = own.Step();
                }

                bool isDecided = decided.Step();
                views.Add(new GraderView(content, voted ? own.Text(0) : null, voted ? StandingRules.Flags(own.Text(1)) : [],
                    isDecided ? decided.Text(0) : null, isDecided ? StandingRules.Flags(decided.Text(1)) : []));
                own.Reset();
                decided.Reset();
            }

            return views;
        });
    }

    /// <summary>Where a content stands; for reviewers and reports.</summary>
    public Standing StandingOf(ContentKey content) =>
        List("SELECT state, votes, grade, flags FROM standing WHERE content=?1", row => row.Bind(1, content.Text), row => StandingAt(row, 0)) is [Standing found] ? found : new Standing(ContentState.Ungraded, 0, null, []);

    /// <summary>Every content in the queues or with votes, streamed, ascending by content; for reviewers, reports and exports.</summary>
    public IEnumerable<ContentStanding> Standings() => Pages("SELECT content, entry_id, state, votes, grade, flags FROM standing WHERE content>?1 ORDER BY content LIMIT ?2", "",
        (row, last) => row.Bind(1, last), row => new ContentStanding(ContentKey.Stored(row.Text(0)), row.Int64(1), StandingAt(row, 2)), row => row.Content.Text);

    /// <summary>Every vote on a content, undone ones too, in the order they were given; for reviewers and reports.</summary>
    public IReadOnlyList<StoredVote> VotesOn(ContentKey content) => List($"{VoteSql} WHERE v.content=?1 ORDER BY v.rowid", row => row.Bind(1, content.Text), Vote);

    /// <summary>Every vote of the case, undone ones too, streamed in the order they were given; for reports and exports.</summary>
    public IEnumerable<StoredVote> Votes() => Pages($"{VoteSql} WHERE v.rowid>?1 ORDER BY v.rowid LIMIT ?2", 0L, (row, last) => row.Bind(1, last), row => (Row: row.Int64(15), Vote: Vote(row)), row => row.Row).Select(row => row.Vote);

    /// <summary>How far people agree where several voted on the same content, by the scheme in force.</summary>
    public AgreementReport Agreement() => Guarded(() => AgreementReport.From(database));

    /// <summary>The person's own acts that can be undone, the last first.</summary>
    public IReadOnlyList<OwnAct> OwnActs(Actor actor, int count)
    {
        ArgumentNullException.ThrowIfNull(actor);
        return List($"SELECT a.batch, l.utc, a.kind, l.detail FROM act a JOIN audit l ON l.seq=a.batch WHERE a.account=?1 AND a.kind IN ({ActKinds.UndoableList}) AND {ReviewSchema.Stands("a")} ORDER BY a.batch DESC LIMIT ?2",
            row =>
            {
                row.Bind(1, actor.Id);
                row.Bind(2, count);
            },
            row => new OwnAct(row.Int64(0), row.Text(1), ActKinds.Of(row.Text(2))!.Value, row.Text(3)));
    }

    /// <summary>What people did with an entry and its content, the last first.</summary>
    /// <param name="entryId">The entry.</param>
    /// <param name="content">Its content.</param>
    /// <param name="grader">A grader who asks, from whom other people's votes are kept; null for reviewers and reports.</param>
    /// <param name="count">Most items.</param>
    public IReadOnlyList<HistoryItem> HistoryOf(long entryId, ContentKey content, Actor? grader, int count)
    {
        return List($"SELECT a.batch, l.utc, a.account, a.name, a.kind, l.detail, {ReviewSchema.Stands("a")} FROM act a JOIN audit l ON l.seq=a.batch "
            + $"WHERE a.batch IN (SELECT batch FROM vote WHERE content=?2{(grader is null ? "" : " AND account=?4")} {ByEntry}) ORDER BY a.batch DESC LIMIT ?3",
            row =>
            {
                row.Bind(1, entryId);
                row.Bind(2, content.Text);
                row.Bind(3, count);
                if (grader is not null)
                {
                    row.Bind(4, grader.Id);
                }
            },
            row => new HistoryItem(row.Int64(0), row.Text(1), new Actor(row.Text(2), row.Text(3)), ActKinds.Of(row.Text(4))!.Value, row.Text(5), row.Int64(6) == 0));
    }

    /// <summary>The person's own exposure and settings. There is no member that gives anybody else's.</summary>
    public Exposure ExposureOf(Actor actor)
    {
        ArgumentNullException.ThrowIfNull(actor);
        void Own(SqliteStatement row) => row.Bind(1, actor.Id);
        ExposureSettings settings = List("SELECT blur, grey, size, break_minutes FROM exposure_setting WHERE account=?1 ORDER BY rowid DESC LIMIT 1", Own,
            row => new ExposureSettings(row.Int64(0) != 0, row.Int64(1) != 0, row.Int32(2), row.Int32(3))) is [ExposureSettings own] ? own : ExposureSettings.Default;
        (long Sequence, string? Utc) rest = List("SELECT b.batch, l.utc FROM break_taken b JOIN audit l ON l.seq=b.batch WHERE b.account=?1 ORDER BY b.batch DESC LIMIT 1", Own,
            row => (row.Int64(0), (string?)row.Text(1))) is [var last] ? last : (0, null);
        ExposureSum Sum(long after) => List("SELECT coalesce(sum(revealed),0), coalesce(sum(1-revealed),0), coalesce(sum(revealed*milliseconds),0), coalesce(sum((1-revealed)*milliseconds),0) FROM view WHERE account=?1 AND batch>?2",
            row =>
            {
                Own(row);
                row.Bind(2, after);
            },
            row => new ExposureSum(row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3)))[0];
        return new Exposure(Sum(0), Sum(rest.Sequence), rest.Utc, settings);
    }

    /// <summary>Notes on an entry that were not undone, the first first.</summary>
    public IReadOnlyList<StoredNote> Notes(long entryId) => List($"{NoteSql} AND n.entry_id=?1 ORDER BY n.rowid", row => row.Bind(1, entryId), Note);

    /// <summary>Every note that was not undone, streamed in the order they were made.</summary>
    public IEnumerable<StoredNote> Notes() => Pages($"{NoteSql} AND n.rowid>?1 ORDER BY n.rowid LIMIT ?2", 0L, (row, last) => row.Bind(1, last), row => (Row: row.Int64(6), Note: Note(row)), row => row.Row).Select(row => row.Note);

    /// <summary>The tags of the case, by name.</summary>
    public IReadOnlyList<Tag> Tags() => List("SELECT name, colour FROM tag t WHERE rowid=(SELECT max(rowid) FROM tag WHERE name=t.name) ORDER BY name", _ => { }, row => new Tag(row.Text(0), row.Text(1)));

    /// <summary>Names of the tags of an entry.</summary>
    public IReadOnlyList<string> TagsOf(long entryId) => List($"SELECT tag FROM tagged t WHERE entry_id=?1 AND {IsLastTagging} AND present<>0 ORDER BY tag", row => row.Bind(1, entryId), row => row.Text(0));

    /// <summary>Entries that have a tag, ascending, a page at a time.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="after">The last of the page before; 0 for the first page.</param>
    /// <param name="count">Most entries.</param>
    public IReadOnlyList<long> TaggedWith(string tag, long after, int count)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return List($"SELECT entry_id FROM tagged t WHERE tag=?1 AND entry_id>?2 AND {IsLastTagging} AND present<>0 ORDER BY entry_id LIMIT ?3",
            row =>
            {
                row.Bind(1, tag);
                row.Bind(2, after);
                row.Bind(3, count);
            },
            row => row.Int64(0));
    }

    /// <summary>The selections of the case, in the order they were made.</summary>
    public IReadOnlyList<Selection> Selections() => Guarded(() =>
    {
        using SqliteStatement rows = database.Prepare(
            $"SELECT selection_id, name, present FROM selection s WHERE {ReviewSchema.Stands("s")} AND rowid=(SELECT max(rowid) FROM selection o WHERE o.selection_id=s.selection_id AND {ReviewSchema.Stands("o")}) ORDER BY selection_id");
        List<Selection> selections = [];
        while (rows.Step())
        {
            if (rows.Int64(2) != 0)
            {
                selections.Add(new Selection(rows.Int64(0), rows.Text(1), PresentIn(database, rows.Int64(0)).Count));
            }
        }

        return selections;
    });

    /// <summary>The entries of a selection in its order.</summary>
    public IReadOnlyList<long> EntriesOf(long selection) => Guarded(() => (IReadOnlyList<long>)[.. PresentIn(database, selection).OrderBy(entry => entry.Value).ThenBy(entry => entry.Key).Select(entry => entry.Key)]);

    /// <summary>Entries chosen for the report, ascending.</summary>
    public IReadOnlyList<Bookmark> Bookmarks() => List($"SELECT entry_id, picture FROM bookmark b WHERE {LastOf("bookmark", "b", "entry_id")} AND present<>0 ORDER BY entry_id", _ => { },
        row => new Bookmark(row.Int64(0), (ReportPicture)row.Int32(1)));

    /// <summary>How an entry is chosen for the report; null where it is not.</summary>
    public Bookmark? BookmarkOf(long entryId) => List($"SELECT entry_id, picture FROM bookmark b WHERE entry_id=?1 AND {LastOf("bookmark", "b", "entry_id")} AND present<>0", row => row.Bind(1, entryId),
        row => new Bookmark(row.Int64(0), (ReportPicture)row.Int32(1))) is [Bookmark found] ? found : null;

    /// <summary>Every overrule, undone ones too, in the order they were made.</summary>
    public IReadOnlyList<StoredOverrule> Overrules() => List(
        $"SELECT o.batch, l.utc, a.account, a.name, o.set_name, o.set_version, o.known_entry, o.content, o.entry_id, o.reason, {ReviewSchema.Stands("o")}, a.id FROM overrule o JOIN audit l ON l.seq=o.batch JOIN act a ON a.batch=o.batch ORDER BY o.rowid",
        _ => { },
        row => new StoredOverrule(row.Int64(0), row.Text(1), new Actor(row.Text(2), row.Text(3)),
            new Overrule(row.Text(4), row.TextOrNull(5), row.Text(6), ContentKey.Stored(row.Text(7)), row.Int64(8), row.Text(9)), row.Int64(10) == 0, Guid.Parse(row.Text(11))));

    /// <summary>How often each entry of a known set was overruled in this case: contents of which it was said and not undone, by set name and entry.</summary>
    public IReadOnlyDictionary<(string Set, string KnownEntry), long> OverruleCounts() => List(
        $"SELECT set_name, known_entry, count(DISTINCT content) FROM overrule o WHERE {ReviewSchema.Stands("o")} GROUP BY set_name, known_entry", _ => { },
        row => (Key: (row.Text(0), row.Text(1)), Count: row.Int64(2))).ToDictionary(row => row.Key, row => row.Count);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            if (!disposed)
            {
                disposed = true;
                database.Dispose();
            }
        }
    }

    /// <summary>Opens review.db for reading; null where there is none.</summary>
    internal static SqliteDatabase? OpenDatabase(string directory)
    {
        string path = ReviewFolder.Database(directory);
        if (!File.Exists(path))
        {
            return null;
        }

        SqliteDatabase? database = null;
        try
        {
            database = CaseReader.OpenReadable(directory, path, immutable: false);

            // A process that was killed while it made the review leaves a database without one.
            if (database.Scalar("SELECT count(*) FROM sqlite_schema") == 0)
            {
                database.Dispose();
                return null;
            }

            ReviewFolder.Check(database, directory);
            database.Execute("PRAGMA cache_size=-16384");
            return database;
        }
        catch (Exception error)
        {
            database?.Dispose();
            throw error is SqliteFailure failure ? ReviewFolder.ForTerminal(failure, directory) : error;
        }
    }

    /// <summary>The entries of a selection and their places.</summary>
    internal static Dictionary<long, long> PresentIn(SqliteDatabase database, long selection)
    {
        using SqliteStatement rows = database.Prepare($"SELECT entry_id, ordinal, present FROM selected s WHERE selection_id=?1 AND {ReviewSchema.Stands("s")} ORDER BY rowid");
        rows.Bind(1, selection);
        Dictionary<long, long> present = [];
        while (rows.Step())
        {
            if (rows.Int64(2) != 0)
            {
                present[rows.Int64(0)] = rows.Int64(1);
            }
            else
            {
                present.Remove(rows.Int64(0));
            }
        }

        return present;
    }

    private const string VoteSql = "SELECT v.batch, l.utc, v.account, a.name, v.content, v.entry_id, v.shown_entry_id, v.deciding, v.scheme_id, v.scheme_version, v.grade, v.flags, v.note, v.revealed, v.milliseconds, "
        + "v.rowid, EXISTS (SELECT 1 FROM undone WHERE target=v.batch) FROM vote v JOIN audit l ON l.seq=v.batch JOIN act a ON a.batch=v.batch";

    private static readonly string NoteSql = $"SELECT n.batch, l.utc, n.account, a.name, n.entry_id, n.text, n.rowid FROM note n JOIN audit l ON l.seq=n.batch JOIN act a ON a.batch=n.batch WHERE {ReviewSchema.Stands("n")}";

    private static readonly string ByEntry =
        string.Join(' ', ((string[])["view", "note", "tagged", "selected", "bookmark", "overrule"]).Select(table => $"UNION SELECT batch FROM {table} WHERE entry_id=?1"));

    private static readonly string IsLastTagging = LastOf("tagged", "t", "entry_id", "tag");

    /// <summary>Condition: the row is not undone and is the last such row with its values of <paramref name="columns"/>.</summary>
    private static string LastOf(string table, string row, params string[] columns) =>
        $"{ReviewSchema.Stands(row)} AND {row}.rowid=(SELECT max(o.rowid) FROM {table} o WHERE {string.Join(" AND ", columns.Select(column => $"o.{column}={row}.{column}"))} AND {ReviewSchema.Stands("o")})";

    private static Standing StandingAt(SqliteStatement row, int first) => new((ContentState)row.Int32(first), row.Int32(first + 1), row.TextOrNull(first + 2), StandingRules.Flags(row.Text(first + 3)));

    private static StoredNote Note(SqliteStatement row) => new(row.Int64(0), row.Text(1), new Actor(row.Text(2), row.Text(3)), row.Int64(4), row.Text(5));

    private static StoredVote Vote(SqliteStatement row) => new()
    {
        Sequence = row.Int64(0),
        Utc = row.Text(1),
        By = new Actor(row.Text(2), row.Text(3)),
        Content = ContentKey.Stored(row.Text(4)),
        EntryId = row.Int64(5),
        ShownEntryId = row.Int64(6),
        IsDeciding = row.Int64(7) != 0,
        SchemeId = row.Text(8),
        SchemeVersion = row.Text(9),
        Grade = row.Text(10),
        Flags = StandingRules.Flags(row.Text(11)),
        Note = row.TextOrNull(12),
        Revealed = row.Int64(13) != 0,
        Milliseconds = row.Int64(14),
        IsUndone = row.Int64(16) != 0,
    };

    private List<QueuedContent> Next(Actor actor, ContentState state, QueuedContent? after, int count) => List(
        "SELECT content, entry_id, group_id, priority FROM standing s WHERE state=?1 AND (priority, group_id, entry_id, content)>(?2, ?3, ?4, ?5) "
        + state switch
        {
            ContentState.SecondWanted => "AND first_account IS NOT ?6 ",
            ContentState.Disagreement => $"AND NOT EXISTS (SELECT 1 FROM vote v WHERE v.account=?6 AND v.content=s.content AND {ReviewSchema.Stands("v")}) ",
            _ => "",
        }
        + "ORDER BY priority, group_id, entry_id, content LIMIT ?7",
        row =>
        {
            row.Bind(1, (long)state);
            row.Bind(2, after?.Priority ?? -1);
            row.Bind(3, after?.GroupId ?? 0);
            row.Bind(4, after?.EntryId ?? 0);
            row.Bind(5, after?.Content.Text ?? "");
            if (state is ContentState.SecondWanted or ContentState.Disagreement)
            {
                row.Bind(6, actor.Id);
            }

            row.Bind(7, count);
        },
        row => new QueuedContent(ContentKey.Stored(row.Text(0)), row.Int64(1), row.Int64(2), row.Int32(3)));

    private ReviewRules Rules() => Guarded(() => ReviewRules.Load(database));

    private T Guarded<T>(Func<T> read)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            try
            {
                return read();
            }
            catch (SqliteFailure failure)
            {
                throw ReviewFolder.ForTerminal(failure, Directory);
            }
            catch (Exception error) when (error is System.Text.Json.JsonException or FormatException or ArgumentException)
            {
                throw new CaseException($"the review of the case in '{Directory}' holds a cell that is not as Cairn writes it: 'cairn verify --case' says which", error);
            }
        }
    }

    private List<T> List<T>(string sql, Action<SqliteStatement> bind, Func<SqliteStatement, T> read) => Guarded(() =>
    {
        using SqliteStatement statement = database.Prepare(sql);
        bind(statement);
        List<T> rows = [];
        while (statement.Step())
        {
            rows.Add(read(statement));
        }

        return rows;
    });

    /// <summary>Rows after a key, page by page: parameter 1 is the key, 2 the most rows.</summary>
    private IEnumerable<T> Pages<T, TKey>(string sql, TKey first, Action<SqliteStatement, TKey> bind, Func<SqliteStatement, T> read, Func<T, TKey> key)
    {
        TKey last = first;
        while (true)
        {
            List<T> page = List(sql, row =>
            {
                bind(row, last);
                row.Bind(2, Page);
            }, read);
            foreach (T row in page)
            {
                yield return row;
            }

            if (page.Count < Page)
            {
                yield break;
            }

            last = key(page[^1]);
        }
    }
}
