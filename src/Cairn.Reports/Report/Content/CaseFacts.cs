using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Report.Content;

/// <summary>What the parts of a report share: the case apart from its rows, read once.</summary>
internal sealed class CaseFacts
{
    private readonly Dictionary<long, string> names = [];

    public CaseFacts(CaseReader reader, ReportSettings settings, CancellationToken cancel)
    {
        Reader = reader;
        Settings = settings;
        Context = ExportContext.Of(reader, new ExportSettings { Tool = settings.Tool, Access = settings.Access });
        Counts = reader.Counts();
        KnownSets = reader.KnownSets();
        Checkpoints = reader.Checkpoints();
        Totals = reader.HitCounts(bySet: false);
        BySet = reader.HitCounts(bySet: true);
        ProblemCounts = reader.ProblemCounts();
        foreach (AuditEntry entry in reader.Audit())
        {
            cancel.ThrowIfCancellationRequested();
            LastAudit = entry;
            if (entry.Action == "run started")
            {
                Options[entry.RunId] = OptionsOf(entry.Detail);
            }
        }

        Verification = settings.IsChecked ? CaseVerifier.Verify(reader.Directory, null, null, cancel) : null;
        foreach (StoredEvidence evidence in Evidence)
        {
            string name = Context.ExhibitName(evidence.Id);
            names[evidence.Id] = Evidence.Any(other => other.Id != evidence.Id && Context.ExhibitName(other.Id) == name) ? $"{name} ({Path.GetFileName(evidence.Row.Path)})" : name;
        }

        Review = new ReviewFacts(reader, cancel);
        IsChosen = settings.Chosen is not null;
        Chosen = Choose();
    }

    /// <summary>What people did.</summary>
    public ReviewFacts Review { get; }

    public CaseReader Reader { get; }

    public ReportSettings Settings { get; }

    public ExportContext Context { get; }

    public CaseCounts Counts { get; }

    public IReadOnlyList<StoredEvidence> Evidence => Context.Evidence;

    public IReadOnlyList<StoredKnownSet> KnownSets { get; }

    public IReadOnlyList<CaseCheckpoint> Checkpoints { get; }

    /// <summary>Streams that hit, over all sets.</summary>
    public IReadOnlyList<HitCount> Totals { get; }

    /// <summary>The same by set and category.</summary>
    public IReadOnlyList<HitCount> BySet { get; }

    public IReadOnlyList<(long EvidenceId, Stage Stage, ProblemKind Kind, long Count)> ProblemCounts { get; }

    public AuditEntry? LastAudit { get; }

    /// <summary>What each run was asked, by its number.</summary>
    public Dictionary<long, IReadOnlyList<KeyValuePair<string, string>>> Options { get; } = [];

    /// <summary>Null where the case was not checked.</summary>
    public CaseVerification? Verification { get; }

    /// <summary>Ids of the files that are described one by one, ascending: eight bytes for each.</summary>
    public IReadOnlyList<long> Chosen { get; }

    /// <summary>They were asked for; false where they are the bookmarked ones and those with a notable hit.</summary>
    public bool IsChosen { get; }

    /// <summary>The heading that they stand under.</summary>
    public string ChosenTitle => IsChosen ? "Chosen files" : Review.Bookmarks.Count > 0 ? "Bookmarked files and files with a notable hit" : "Files with a notable hit";

    /// <summary>The exhibit's reference, or the name of its file; no two are the same.</summary>
    public string NameOf(long evidenceId) => names.GetValueOrDefault(evidenceId) ?? $"evidence {evidenceId}";

    /// <summary>Streams with a hit of one meaning, each counted once for an exhibit.</summary>
    public long Hits(string meaning, HitPlace? place = null, long? evidenceId = null) =>
        Totals.Where(t => t.Meaning == meaning && (place is null || t.Place == place) && (evidenceId is null || t.EvidenceId == evidenceId)).Sum(t => t.Streams);

    /// <summary>Problems, notices not counted.</summary>
    public long Problems(long? evidenceId = null) =>
        ProblemCounts.Where(p => p.Kind != ProblemKind.Notice && (evidenceId is null || p.EvidenceId == evidenceId)).Sum(p => p.Count);

    /// <summary>Whether a part is wanted.</summary>
    public bool Has(ReportPart part) => !Settings.Without.Contains(part);

    private IReadOnlyList<long> Choose()
    {
        if (!IsChosen)
        {
            return Review.Bookmarks.Count == 0 ? Reader.HitIds("notable") : [.. new SortedSet<long>(Reader.HitIds("notable").Concat(Review.Bookmarks.Keys))];
        }

        EntryFilter filter = Settings.Chosen!;
        return filter is { Ids: not null } && (filter with { Ids = null }).IsAll
            ? [.. Reader.Entries(filter.Ids!.Order()).Select(row => row.Id)]
            : [.. filter.Of(Reader, Context).Select(row => row.Id)];
    }

    private static List<KeyValuePair<string, string>> OptionsOf(string detail)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(detail);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("options", out JsonElement options) && options.ValueKind == JsonValueKind.Object
                ? [.. options.EnumerateObject().Select(o => KeyValuePair.Create(o.Name, o.Value.ValueKind == JsonValueKind.String ? o.Value.GetString()! : o.Value.GetRawText()))]
                : [];
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // A damaged log: the verification says so.
            return [];
        }
    }
}
