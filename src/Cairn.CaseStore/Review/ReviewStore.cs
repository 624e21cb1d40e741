using Cairn.CaseStore.Schema;
using Cairn.CaseStore.Sqlite;
using Cairn.Core.Overrules;

namespace Cairn.CaseStore.Review;

/// <summary>
/// What people do in a case: votes, notes, tags, selections, overrules, what they look at. Each act is one transaction with its audit entry and is on
/// the disk when the method returns. Every act carries an id that the client made (a GUID): one that comes again is stored once, so a request can be
/// repeated whenever no answer came. Members are safe to call from many threads, and several processes may have a case's review open at once.
/// </summary>
public sealed class ReviewStore : IDisposable
{
    /// <summary>Most contents or entries of one act.</summary>
    public const int MostPerAct = 50_000;

    private const int MostNote = 10_000;
    private const int MostReason = 2_000;
    private const int MostName = 200;
    private const long MostMilliseconds = 24 * 60 * 60 * 1_000L;

    private readonly ReviewWriter writer;

    private ReviewStore(string directory, ReviewWriter writer, ReviewReader reader) => (Directory, this.writer, Reader) = (directory, writer, reader);

    /// <summary>Full path of the case folder.</summary>
    public string Directory { get; }

    /// <summary>What is stored; on a connection of its own, so that reading does not wait for the disk.</summary>
    public ReviewReader Reader { get; }

    /// <summary>Opens the review of a case; makes it where there is none.</summary>
    /// <param name="directory">The case folder.</param>
    /// <param name="toolVersion">Version of the program, for the audit log.</param>
    /// <param name="clock">Tells when.</param>
    /// <exception cref="CaseException">There is no case, the review is of a newer version or of another case, or the folder cannot be written.</exception>
    public static ReviewStore Open(string directory, string toolVersion, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(toolVersion);
        ArgumentNullException.ThrowIfNull(clock);
        string full = Path.GetFullPath(directory);
        ReviewWriter writer = ReviewWriter.Open(full, toolVersion, clock);
        try
        {
            return new ReviewStore(full, writer, ReviewReader.Open(full) ?? throw new CaseException($"review.db in '{full}' was taken away while it was opened"));
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>A grade for one content, or for all of a group.</summary>
    /// <exception cref="ReviewException">The scheme in force has no such grade or flag, or the person decided one of these contents.</exception>
    public ActReceipt Vote(Actor actor, Guid act, VoteRequest vote) => Vote(actor, act, vote, ActKind.Vote);

    /// <summary>A third person's vote, which decides contents on which votes differ.</summary>
    /// <exception cref="ReviewException">As <see cref="Vote(Actor, Guid, VoteRequest)"/>; or votes do not differ, or the person gave one of them. Nothing is stored then, of no content.</exception>
    public ActReceipt Decide(Actor actor, Guid act, VoteRequest vote) => Vote(actor, act, vote, ActKind.Decide);

    /// <summary>Takes back one of the person's own acts; its rows stay, and no longer count.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="act">Id of this act.</param>
    /// <param name="sequence">Number of the audit entry of the act to take back.</param>
    /// <exception cref="ReviewException">It is another person's, is taken back already, or cannot be.</exception>
    public ActReceipt Undo(Actor actor, Guid act, long sequence) =>
        writer.Act(actor, act, ActKind.Undo, new RequestDigest().Add(sequence), batch => Undo(batch, actor, sequence));

    /// <summary>Takes back the last of the person's own acts that can be.</summary>
    /// <exception cref="ReviewException">There is none.</exception>
    public ActReceipt UndoLast(Actor actor, Guid act) => writer.Act(actor, act, ActKind.Undo, new RequestDigest(), batch =>
    {
        using SqliteStatement last = writer.Database.Prepare($"SELECT a.batch FROM act a WHERE a.account=?1 AND a.kind IN ({ActKinds.UndoableList}) AND {ReviewSchema.Stands("a")} ORDER BY a.batch DESC LIMIT 1");
        last.Bind(1, actor.Id);
        Undo(batch, actor, last.Step() ? last.Int64(0) : throw new ReviewException("there is nothing to undo"));
    });

    /// <summary>Chooses the scheme of the case; votes of another scheme, or with grades that this one does not have, no longer count.</summary>
    public ActReceipt ChooseScheme(Actor actor, Guid act, GradeScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        return writer.Act(actor, act, ActKind.CaseSettings, new RequestDigest().Add(scheme.Json), batch =>
        {
            ReviewWriter.AddScheme(batch, scheme);
            writer.Standings.Rebuild(ReviewRules.Load(writer.Database));
        });
    }

    /// <summary>Says which contents two people grade.</summary>
    /// <exception cref="ReviewException">The share is not from 0 to 1,000, or the scheme in force has no such grade.</exception>
    public ActReceipt AskForSecondVotes(Actor actor, Guid act, SecondVotes secondVotes)
    {
        ArgumentNullException.ThrowIfNull(secondVotes);
        string grades = CaseJson.Strings([.. secondVotes.Grades.Distinct().Order(StringComparer.Ordinal)]);
        return writer.Act(actor, act, ActKind.CaseSettings, new RequestDigest().Add(secondVotes.PerMille).Add(grades), batch =>
        {
            Require(secondVotes.PerMille is >= 0 and <= 1_000, "the share of second votes is from 0 to 1,000 thousandths");
            GradeScheme scheme = ReviewRules.Load(writer.Database).Scheme;
            foreach (string grade in secondVotes.Grades)
            {
                Require(scheme.Find(grade) is not null, $"the scheme {scheme.Title} has no grade '{grade}'");
            }

            TableWriter rows = batch.Table(ReviewSchema.SecondVotes);
            rows.Integer(secondVotes.PerMille);
            rows.Text(grades);
            rows.End();
            batch.Say("secondVotesPerMille", secondVotes.PerMille);
            batch.Say("secondVotesOfGrades", grades);
            writer.Standings.Rebuild(ReviewRules.Load(writer.Database));
        });
    }

    /// <summary>A note on an entry.</summary>
    public ActReceipt Note(Actor actor, Guid act, long entryId, string text)
    {
        Text(text, MostNote, "a note", lines: true);
        return writer.Act(actor, act, ActKind.Note, new RequestDigest().Add(entryId).Add(text), batch =>
        {
            Entry(entryId);
            TableWriter rows = batch.Table(ReviewSchema.Notes);
            rows.Integer(entryId);
            rows.Text(actor.Id);
            rows.Text(text);
            rows.End();
            batch.Say("entry", entryId);
        });
    }

    /// <summary>Makes a tag of the case, or gives one another colour.</summary>
    public ActReceipt DefineTag(Actor actor, Guid act, Tag tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        Text(tag.Name, MostName, "a tag", lines: false);
        Require(Tag.Colours.Contains(tag.Colour), $"'{tag.Colour}' is no colour of a tag");
        return writer.Act(actor, act, ActKind.TagDefined, new RequestDigest().Add(tag.Name, tag.Colour), batch =>
        {
            TableWriter rows = batch.Table(ReviewSchema.Tags);
            rows.Text(tag.Name);
            rows.Text(tag.Colour);
            rows.End();
            batch.Say("tag", tag.Name);
            batch.Say("colour", tag.Colour);
        });
    }

    /// <summary>Tags entries with a tag of the case.</summary>
    public ActReceipt TagEntries(Actor actor, Guid act, string tag, IReadOnlyList<long> entries) => Tagged(actor, act, tag, entries, present: true);

    /// <summary>Takes a tag from entries.</summary>
    public ActReceipt UntagEntries(Actor actor, Guid act, string tag, IReadOnlyList<long> entries) => Tagged(actor, act, tag, entries, present: false);

    /// <summary>Makes an empty selection; its id is <see cref="ActReceipt.Sequence"/>.</summary>
    public ActReceipt CreateSelection(Actor actor, Guid act, string name)
    {
        Text(name, MostName, "the name of a selection", lines: false);
        return writer.Act(actor, act, ActKind.Selection, new RequestDigest().Add("create", name), batch => Selection(batch, batch.Sequence, name, present: true, "created"));
    }

    /// <summary>Gives a selection another name.</summary>
    public ActReceipt RenameSelection(Actor actor, Guid act, long selection, string name)
    {
        Text(name, MostName, "the name of a selection", lines: false);
        return writer.Act(actor, act, ActKind.Selection, new RequestDigest().Add("rename", name).Add(selection), batch =>
        {
            _ = NameOf(selection);
            Selection(batch, selection, name, present: true, "renamed");
        });
    }

    /// <summary>Removes a selection; undo brings it back.</summary>
    public ActReceipt RemoveSelection(Actor actor, Guid act, long selection) =>
        writer.Act(actor, act, ActKind.Selection, new RequestDigest().Add("remove").Add(selection), batch => Selection(batch, selection, NameOf(selection), present: false, "removed"));

    /// <summary>Adds entries at the end of a selection; those that are in it keep their place.</summary>
    public ActReceipt AddToSelection(Actor actor, Guid act, long selection, IReadOnlyList<long> entries) => Selected(actor, act, selection, "entries added", entries, (rows, present) =>
    {
        long next = present.Count == 0 ? 1 : present.Values.Max() + 1;
        foreach (long entry in entries)
        {
            if (present.TryAdd(entry, next))
            {
                Selected(rows, selection, entry, next++, present: true);
            }
        }
    });

    /// <summary>Takes entries out of a selection.</summary>
    public ActReceipt RemoveFromSelection(Actor actor, Guid act, long selection, IReadOnlyList<long> entries) => Selected(actor, act, selection, "entries removed", entries, (rows, present) =>
    {
        foreach (long entry in entries)
        {
            if (present.Remove(entry, out long ordinal))
            {
                Selected(rows, selection, entry, ordinal, present: false);
            }
        }
    });

    /// <summary>Puts the entries of a selection in another order.</summary>
    /// <exception cref="ReviewException">These are not the entries of the selection: somebody changed it meanwhile.</exception>
    public ActReceipt ArrangeSelection(Actor actor, Guid act, long selection, IReadOnlyList<long> entries) => Selected(actor, act, selection, "entries arranged", entries, (rows, present) =>
    {
        Require(present.Count == entries.Count && entries.All(present.ContainsKey), "the selection was changed by somebody else meanwhile: load the page again");
        for (int i = 0; i < entries.Count; i++)
        {
            Selected(rows, selection, entries[i], i + 1, present: true);
        }
    });

    /// <summary>Chooses entries for the report.</summary>
    public ActReceipt BookmarkEntries(Actor actor, Guid act, IReadOnlyList<long> entries, ReportPicture picture = ReportPicture.Out) => Bookmarked(actor, act, entries, picture, present: true);

    /// <summary>Takes entries out of the report.</summary>
    public ActReceipt RemoveBookmarks(Actor actor, Guid act, IReadOnlyList<long> entries) => Bookmarked(actor, act, entries, ReportPicture.Out, present: false);

    /// <summary>Says that a hit on a known set is wrong.</summary>
    public ActReceipt Overrule(Actor actor, Guid act, Overrule overrule)
    {
        ArgumentNullException.ThrowIfNull(overrule);
        Text(overrule.Reason, MostReason, "the reason of an overrule", lines: true);
        RequestDigest request = new RequestDigest().Add(overrule.SetName, overrule.SetVersion, overrule.KnownEntry, overrule.Content.Text, overrule.Reason).Add(overrule.EntryId);
        return writer.Act(actor, act, ActKind.Overrule, request, batch =>
        {
            Entry(overrule.EntryId);
            TableWriter rows = batch.Table(ReviewSchema.Overrules);
            rows.Text(overrule.SetName);
            rows.Text(overrule.SetVersion);
            rows.Text(overrule.KnownEntry);
            rows.Text(overrule.Content.Text);
            rows.Integer(overrule.EntryId);
            rows.Text(overrule.Reason);
            rows.End();
            batch.Say("set", overrule.SetName);
            batch.Say("knownEntry", overrule.KnownEntry);
            batch.Say("entry", overrule.EntryId);
            batch.Say("content", overrule.Content.Text);
        });
    }

    /// <summary>
    /// Brings the register of a folder of known sets up to this case's overrules, so that hits on the same entries show them in the next case. To be called
    /// after an overrule or its undoing and when a case is opened: what an earlier call did not come to is made good.
    /// </summary>
    /// <param name="knownDirectory">The folder of known sets.</param>
    /// <returns>How many were added or taken back.</returns>
    /// <exception cref="CaseException">The register cannot be written; the overrules are in the case all the same.</exception>
    public int ShareOverrules(string knownDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(knownDirectory);
        string caseId = CaseReader.CaseId(Directory);
        ILookup<bool, StoredOverrule> overrules = Reader.Overrules().ToLookup(overrule => overrule.IsUndone);
        try
        {
            return OverruleRegister.Merge(knownDirectory,
                [
                    .. overrules[false].Select(stored => new RegisteredOverrule
                    {
                        Act = stored.Act,
                        CaseId = caseId,
                        Set = stored.Overrule.SetName,
                        SetVersion = stored.Overrule.SetVersion,
                        KnownEntry = stored.Overrule.KnownEntry,
                        Content = stored.Overrule.Content.Text,
                        Reason = stored.Overrule.Reason,
                        Who = stored.By.Name,
                        Utc = stored.Utc,
                    }),
                ],
                [.. overrules[true].Select(stored => stored.Act)]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"the overrules of the case in '{Directory}' cannot be shared with other cases: {error.Message}", error);
        }
    }

    /// <summary>Pictures that were looked at, those of a page in one act.</summary>
    public ActReceipt Viewed(Actor actor, Guid act, IReadOnlyList<PictureView> views)
    {
        Count(views);
        RequestDigest request = new();
        foreach (PictureView view in views)
        {
            Duration(view.Milliseconds);
            request.Add(view.Content.Text).Add(view.EntryId, view.Revealed ? 1 : 0, view.Milliseconds);
        }

        return writer.Act(actor, act, ActKind.View, request, batch =>
        {
            TableWriter rows = batch.Table(ReviewSchema.Views);
            foreach (PictureView view in views)
            {
                Entry(view.EntryId);
                rows.Text(view.Content.Text);
                rows.Integer(view.EntryId);
                rows.Text(actor.Id);
                rows.Boolean(view.Revealed);
                rows.Integer(view.Milliseconds);
                rows.End();
            }

            batch.Say("pictures", views.Count);
            batch.Say("revealed", views.Count(view => view.Revealed));
            if (views.Count == 1)
            {
                batch.Say("entry", views[0].EntryId);
                batch.Say("milliseconds", views[0].Milliseconds);
            }
        });
    }

    /// <summary>The person takes a break from looking.</summary>
    public ActReceipt TakeBreak(Actor actor, Guid act) => writer.Act(actor, act, ActKind.Break, new RequestDigest(), batch =>
    {
        TableWriter rows = batch.Table(ReviewSchema.Breaks);
        rows.Text(actor.Id);
        rows.End();
    });

    /// <summary>The person's own settings of looking.</summary>
    public ActReceipt SetExposure(Actor actor, Guid act, ExposureSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        Require(settings.Size is >= 32 and <= 1_024 && settings.BreakMinutes is >= 0 and <= 480, "a tile has 32 to 1,024 pixels, and a break is suggested after at most 480 minutes");
        RequestDigest request = new RequestDigest().Add(settings.Blur ? 1 : 0, settings.Grey ? 1 : 0, settings.Size, settings.BreakMinutes);
        return writer.Act(actor, act, ActKind.ExposureSettings, request, batch =>
        {
            TableWriter rows = batch.Table(ReviewSchema.ExposureSettings);
            rows.Text(actor.Id);
            rows.Boolean(settings.Blur);
            rows.Boolean(settings.Grey);
            rows.Integer(settings.Size);
            rows.Integer(settings.BreakMinutes);
            rows.End();
        });
    }

    /// <summary>What is recorded in the audit log alone: a search, a refusal, an export, a session, content that was opened.</summary>
    /// <param name="actor">Who.</param>
    /// <param name="act">Id of the act.</param>
    /// <param name="kind">One of these kinds.</param>
    /// <param name="detail">What: names and texts.</param>
    public ActReceipt Record(Actor actor, Guid act, ActKind kind, IReadOnlyDictionary<string, string> detail)
    {
        ArgumentNullException.ThrowIfNull(detail);
        if (!ActKinds.HasNoRows(kind))
        {
            throw new ArgumentException($"{kind} has a method of its own", nameof(kind));
        }

        Require(detail.Count <= 50 && detail.All(pair => pair.Key.Length <= MostName && pair.Value.Length <= MostNote), "more than an entry of the log takes");
        return writer.Act(actor, act, kind, new RequestDigest().Add(CaseJson.Map(detail)), batch => batch.Say("what", detail));
    }

    /// <summary>
    /// Takes the pictures and videos of the case into the queues, those that hits on notable sets name first, alike ones side by side; cheap where the
    /// case has not grown. Call it when a case is opened and while an examination goes on.
    /// </summary>
    /// <param name="cancel">Ends it early; what is taken in stays.</param>
    public void TakeOverPictures(CancellationToken cancel) => new QueueFilling(Directory, writer).Run(cancel);

    /// <summary>Makes the derived table of standings anew from the votes.</summary>
    public void RebuildStandings() => writer.Derive(database => writer.Standings.Rebuild(ReviewRules.Load(database)));

    /// <summary>Signs the log as it is, as the end of a run signs the case's; null where all of it is signed. A server does so from time to time and when it stops.</summary>
    public CaseCheckpoint? Checkpoint() => writer.Checkpoint();

    /// <inheritdoc/>
    public void Dispose()
    {
        Reader.Dispose();
        writer.Dispose();
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ReviewException(otherwise);
        }
    }

    private static void Text(string text, int most, string what, bool lines)
    {
        ArgumentNullException.ThrowIfNull(text);
        Require(!string.IsNullOrWhiteSpace(text) && text.Length <= most && (lines || !text.Any(char.IsControl)), $"{what} has from 1 to {most} characters{(lines ? "" : " on one line")}");
    }

    private static void Count<T>(IReadOnlyList<T> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        Require(items.Count is > 0 and <= MostPerAct, $"one act takes from 1 to {MostPerAct} entries");
    }

    private static void Duration(long milliseconds) => Require(milliseconds is >= 0 and <= MostMilliseconds, "the time looked is not one of a day");

    private static void Entry(long entryId) => Require(entryId > 0, "there is no such entry");

    private static RequestDigest Digest(string what, IReadOnlyList<long> entries) => new RequestDigest().Add(what).Add([.. entries]);

    private ActReceipt Vote(Actor actor, Guid act, VoteRequest vote, ActKind kind)
    {
        ArgumentNullException.ThrowIfNull(actor);
        ArgumentNullException.ThrowIfNull(vote);
        Count(vote.Contents);
        Duration(vote.Milliseconds);
        if (vote.Note is string note)
        {
            Text(note, MostNote, "a note", lines: true);
        }

        string flags = StandingRules.Stored(vote.Flags);
        RequestDigest request = new RequestDigest().Add(vote.Grade, flags, vote.Note).Add(vote.ShownEntryId, vote.Revealed ? 1 : 0, vote.Milliseconds);
        foreach (EntryContent item in vote.Contents)
        {
            request.Add(item.Content.Text).Add(item.EntryId);
        }

        return writer.Act(actor, act, kind, request, batch => AddVote(batch, actor, vote, kind == ActKind.Decide, flags));
    }

    private void AddVote(CaseBatch batch, Actor actor, VoteRequest vote, bool isDeciding, string flags)
    {
        ReviewRules rules = ReviewRules.Load(writer.Database);
        Require(rules.Scheme.Find(vote.Grade) is not null, $"the scheme {rules.Scheme.Title} has no grade '{vote.Grade}'");
        foreach (string flag in vote.Flags)
        {
            Require(rules.Scheme.Flags.Any(known => known.Id == flag), $"the scheme {rules.Scheme.Title} has no flag '{flag}'");
        }

        // Copies under several names are one content, which gets one vote.
        EntryContent[] contents = [.. vote.Contents.DistinctBy(item => item.Content)];
        long shown = vote.ShownEntryId > 0 ? vote.ShownEntryId : contents[0].EntryId;
        TableWriter rows = batch.Table(ReviewSchema.Votes);
        foreach (EntryContent item in contents)
        {
            Entry(item.EntryId);
            List<CountedVote> before = writer.Standings.Votes(rules, item.Content);
            if (isDeciding)
            {
                Require(!before.Any(other => other.Account == actor.Id && !other.IsDeciding), "a disagreement is decided by somebody who gave none of its votes");
                Require(before.Any(other => other.Account == actor.Id) || StandingRules.Of(before, _ => false).State == ContentState.Disagreement, "there is no disagreement to decide");
            }
            else
            {
                Require(!before.Any(other => other.Account == actor.Id && other.IsDeciding), "you decided this content: undo that first");
            }

            rows.Text(item.Content.Text);
            rows.Integer(item.EntryId);
            rows.Integer(shown);
            rows.Text(actor.Id);
            rows.Boolean(isDeciding);
            rows.Text(rules.Scheme.Id);
            rows.Text(rules.Scheme.Version);
            rows.Text(vote.Grade);
            rows.Text(flags);
            rows.Text(vote.Note);
            rows.Boolean(vote.Revealed);
            rows.Integer(vote.Milliseconds);
            rows.End();
            writer.Standings.Update(rules, item.Content, item.EntryId);
        }

        batch.Say("grade", vote.Grade);
        batch.Say("scheme", rules.Scheme.Id);
        batch.Say("schemeVersion", rules.Scheme.Version);
        batch.Say("contents", contents.Length);
        batch.Say("entry", shown);
        if (flags.Length > 0)
        {
            batch.Say("flags", flags);
        }

        if (contents.Length == 1)
        {
            batch.Say("content", contents[0].Content.Text);
        }
    }

    private void Undo(CaseBatch batch, Actor actor, long sequence)
    {
        using (SqliteStatement target = writer.Database.Prepare($"SELECT a.kind, {ReviewSchema.Stands("a")} FROM act a WHERE a.batch=?1 AND a.account=?2"))
        {
            target.Bind(1, sequence);
            target.Bind(2, actor.Id);
            Require(target.Step(), "only one's own acts can be undone");
            Require(target.Int64(1) != 0, "it is undone already");
            Require(ActKinds.IsUndoable(target.Text(0)), $"an act of the kind '{target.Text(0)}' cannot be undone");
            batch.Say("undone", target.Text(0));
        }

        TableWriter rows = batch.Table(ReviewSchema.Undone);
        rows.Integer(sequence);
        rows.End();
        batch.Say("sequence", sequence);
        using SqliteStatement votes = writer.Database.Prepare("SELECT content, entry_id FROM vote WHERE batch=?1");
        votes.Bind(1, sequence);
        ReviewRules? rules = null;
        while (votes.Step())
        {
            rules ??= ReviewRules.Load(writer.Database);
            writer.Standings.Update(rules, ContentKey.Stored(votes.Text(0)), votes.Int64(1));
        }
    }

    private ActReceipt Tagged(Actor actor, Guid act, string tag, IReadOnlyList<long> entries, bool present)
    {
        ArgumentNullException.ThrowIfNull(tag);
        Count(entries);
        return writer.Act(actor, act, present ? ActKind.Tag : ActKind.Untag, Digest(tag, entries), batch =>
        {
            using (SqliteStatement known = writer.Database.Prepare("SELECT 1 FROM tag WHERE name=?1"))
            {
                known.Bind(1, tag);
                Require(known.Step(), $"the case has no tag '{tag}'");
            }

            TableWriter rows = batch.Table(ReviewSchema.Tagged);
            foreach (long entry in entries.Distinct())
            {
                Entry(entry);
                rows.Integer(entry);
                rows.Text(tag);
                rows.Boolean(present);
                rows.End();
            }

            batch.Say("tag", tag);
            batch.Say("entries", entries.Count);
            SayOne(batch, entries);
        });
    }

    private ActReceipt Bookmarked(Actor actor, Guid act, IReadOnlyList<long> entries, ReportPicture picture, bool present)
    {
        Count(entries);
        return writer.Act(actor, act, ActKind.Bookmark, Digest(present ? "add" : "remove", entries).Add((long)picture), batch =>
        {
            TableWriter rows = batch.Table(ReviewSchema.Bookmarks);
            foreach (long entry in entries.Distinct())
            {
                Entry(entry);
                rows.Integer(entry);
                rows.Integer((long)picture);
                rows.Boolean(present);
                rows.End();
            }

            batch.Say("what", present ? $"in the report, picture {picture.ToString().ToLowerInvariant()}" : "out of the report");
            batch.Say("entries", entries.Count);
            SayOne(batch, entries);
        });
    }

    private static void SayOne(CaseBatch batch, IReadOnlyList<long> entries)
    {
        if (entries.Count == 1)
        {
            batch.Say("entry", entries[0]);
        }
    }

    private string NameOf(long selection)
    {
        using SqliteStatement found = writer.Database.Prepare($"SELECT name, present FROM selection s WHERE selection_id=?1 AND {ReviewSchema.Stands("s")} ORDER BY rowid DESC LIMIT 1");
        found.Bind(1, selection);
        return found.Step() && found.Int64(1) != 0 ? found.Text(0) : throw new ReviewException("there is no such selection: somebody removed it");
    }

    private static void Selection(CaseBatch batch, long selection, string name, bool present, string what)
    {
        TableWriter rows = batch.Table(ReviewSchema.Selections);
        rows.Integer(selection);
        rows.Text(name);
        rows.Boolean(present);
        rows.End();
        batch.Say("selection", selection);
        batch.Say("selectionName", name);
        batch.Say("what", what);
    }

    private ActReceipt Selected(Actor actor, Guid act, long selection, string what, IReadOnlyList<long> entries, Action<TableWriter, Dictionary<long, long>> change)
    {
        Count(entries);
        return writer.Act(actor, act, ActKind.Selection, Digest(what, entries).Add(selection), batch =>
        {
            batch.Say("selection", selection);
            batch.Say("selectionName", NameOf(selection));
            batch.Say("what", what);
            batch.Say("entries", entries.Count);
            SayOne(batch, entries);
            foreach (long entry in entries)
            {
                Entry(entry);
            }

            change(batch.Table(ReviewSchema.Selected), ReviewReader.PresentIn(writer.Database, selection));
        });
    }

    private static void Selected(TableWriter rows, long selection, long entry, long ordinal, bool present)
    {
        rows.Integer(selection);
        rows.Integer(entry);
        rows.Integer(ordinal);
        rows.Boolean(present);
        rows.End();
    }
}
