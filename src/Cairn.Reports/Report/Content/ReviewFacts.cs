using Cairn.CaseStore;
using Cairn.CaseStore.Review;

namespace Cairn.Reports.Report.Content;

/// <summary>What people did in the review of a case; nothing where nobody reviewed it.</summary>
internal sealed class ReviewFacts
{
    private readonly CaseReader reader;
    private readonly CancellationToken cancel;
    private readonly Dictionary<(string Set, string Entry, ContentKey Content), StoredOverrule> overrules = [];
    private IReadOnlyList<(string Grade, long EvidenceId, HitPlace Place, long Files)>? graded;

    public ReviewFacts(CaseReader reader, CancellationToken cancel)
    {
        (this.reader, this.cancel) = (reader, cancel);
        using ReviewReader? review = ReviewReader.Open(reader.Directory);
        if (review is null)
        {
            return;
        }

        IsThere = true;
        Scheme = review.Scheme();
        SecondVotes = review.SecondVotes();
        Progress = review.Progress();
        Agreement = review.Agreement();
        Bookmarks = review.Bookmarks().ToDictionary(b => b.EntryId, b => b.Picture);
        Overrules = [.. review.Overrules().Where(o => !o.IsUndone)];
        foreach (StoredOverrule overrule in Overrules)
        {
            overrules[(overrule.Overrule.SetName, overrule.Overrule.KnownEntry, overrule.Overrule.Content)] = overrule;
        }

        SortedDictionary<string, (string Name, long Votes, long Undone)> people = new(StringComparer.Ordinal);
        foreach (StoredVote vote in review.Votes())
        {
            cancel.ThrowIfCancellationRequested();
            (string _, long votes, long undone) = people.GetValueOrDefault(vote.By.Id);
            people[vote.By.Id] = (vote.By.Name, votes + 1, undone + (vote.IsUndone ? 1 : 0));
        }

        People = [.. people.Select(p => (p.Key, p.Value.Name, p.Value.Votes, p.Value.Undone))];
        using AuditReader? audit = AuditReader.Open(reader.Directory);
        Checkpoints = audit?.Checkpoints() ?? [];
    }

    /// <summary>Somebody reviewed the case.</summary>
    public bool IsThere { get; }

    /// <summary>Null where nobody did.</summary>
    public GradeScheme? Scheme { get; }

    public SecondVotes? SecondVotes { get; }

    public IReadOnlyList<StandingCount> Progress { get; } = [];

    public AgreementReport? Agreement { get; }

    /// <summary>Entries that people chose for the report, and how each picture is to be shown.</summary>
    public IReadOnlyDictionary<long, ReportPicture> Bookmarks { get; } = new Dictionary<long, ReportPicture>();

    /// <summary>Hits that people say are wrong.</summary>
    public IReadOnlyList<StoredOverrule> Overrules { get; } = [];

    /// <summary>Who voted, by account.</summary>
    public IReadOnlyList<(string Account, string Name, long Votes, long Undone)> People { get; } = [];

    /// <summary>Signed heads of the log of the review.</summary>
    public IReadOnlyList<CaseCheckpoint> Checkpoints { get; } = [];

    /// <summary>How a picture is shown: what is asked for the report, and no more than a bookmark allows.</summary>
    public ReportPictures Picture(long entryId, ReportPictures asked)
    {
        bool has = Bookmarks.TryGetValue(entryId, out ReportPicture bookmark);
        ReportPictures allowed = bookmark switch { ReportPicture.Shown => ReportPictures.Shown, ReportPicture.Blurred => ReportPictures.Blurred, _ => ReportPictures.None };
        return asked == ReportPictures.Chosen ? (has ? allowed : ReportPictures.None)
            : has && allowed < asked ? allowed : asked;
    }

    /// <summary>An overrule of a hit, or null.</summary>
    public StoredOverrule? OverruleOf(ExportRow row, HitRow hit, KnownSetRow? set)
    {
        ContentKey content = ContentKey.Of(row.Sha256, row.Id);
        return set is null ? null : overrules.GetValueOrDefault((set.Name, Overrule.EntryOf(hit, content), content));
    }

    /// <summary>
    /// Files by decided grade, exhibit and place: every file with a content that was graded, copies too. The decided contents are held meanwhile, then
    /// the contents of the case are gone through once.
    /// </summary>
    public IReadOnlyList<(string Grade, long EvidenceId, HitPlace Place, long Files)> Graded()
    {
        if (graded is not null)
        {
            return graded;
        }

        Dictionary<UInt256, string> byHash = [];
        Dictionary<long, string> byEntry = [];
        using (ReviewReader? review = ReviewReader.Open(reader.Directory))
        {
            foreach (ContentStanding standing in review?.Standings() ?? [])
            {
                cancel.ThrowIfCancellationRequested();
                if (standing.Standing.Grade is not string grade)
                {
                    continue;
                }

                if (standing.Content.Text.Length == 64)
                {
                    byHash[UInt256.Of(Convert.FromHexString(standing.Content.Text))] = string.Intern(grade);
                }
                else
                {
                    byEntry[standing.EntryId] = string.Intern(grade);
                }
            }
        }

        if (byHash.Count + byEntry.Count == 0)
        {
            return graded = [];
        }

        SortedDictionary<(string Grade, long EvidenceId, HitPlace Place), long> counts = [];
        foreach ((long entry, long evidence, HitPlace place, byte[]? sha256) in reader.Places())
        {
            cancel.ThrowIfCancellationRequested();
            if (sha256 is { Length: 32 } ? byHash.TryGetValue(UInt256.Of(sha256), out string? found) : byEntry.TryGetValue(entry, out found))
            {
                counts[(found!, evidence, place)] = counts.GetValueOrDefault((found!, evidence, place)) + 1;
            }
        }

        return graded = [.. counts.Select(c => (c.Key.Grade, c.Key.EvidenceId, c.Key.Place, c.Value))];
    }

    /// <summary>A SHA-256 without an object for each.</summary>
    private readonly record struct UInt256(ulong A, ulong B, ulong C, ulong D)
    {
        public static UInt256 Of(ReadOnlySpan<byte> hash) => new(
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash), System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash[16..]), System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
    }
}
