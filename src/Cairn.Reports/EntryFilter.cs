using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports;

/// <summary>Which rows of a case are wanted; every condition that is set has to hold.</summary>
public sealed record EntryFilter
{
    // Above this a pass over the case costs less than looking each row up.
    private const int MostLookedUp = 10_000;

    /// <summary>Every row.</summary>
    public static EntryFilter All { get; } = new();

    /// <summary>Rows with one of these ids; null for any.</summary>
    public IReadOnlySet<long>? Ids { get; init; }

    /// <summary>Rows with a hit of this meaning ("known", "notable", "ignorable"), or with any hit for "any"; null for rows with and without.</summary>
    public string? Hits { get; init; }

    /// <summary>Rows of this state; null for any.</summary>
    public EntryState? State { get; init; }

    /// <summary>"picture", "video", a MIME type, or the first part of one that ends in "/"; null for any.</summary>
    public string? Type { get; init; }

    /// <summary>Rows at or below this path, "/" between names, none in front; "" for every path, null for any.</summary>
    public string? Under { get; init; }

    /// <summary>Nothing is left out.</summary>
    public bool IsAll => this is { Ids: null, Hits: null, State: null, Type: null, Under: null };

    /// <summary>Whether a row is wanted.</summary>
    public bool Matches(ExportRow row, ExportContext context)
    {
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(context);
        return (Ids is null || Ids.Contains(row.Id))
            && (State is null || row.State == State)
            && (Hits is null || row.Hits.Any(hit => Hits == "any" || context.MeaningOf(hit) == Hits))
            && (Type is null || IsOfType(row))
            && (Under is null || IsUnder(row.Path));
    }

    /// <summary>The wanted rows of a case, ascending by id, streamed.</summary>
    public IEnumerable<ExportRow> Of(CaseReader reader, ExportContext context)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (IsAll)
        {
            return reader.Entries();
        }

        IEnumerable<ExportRow> rows = Ids is { Count: <= MostLookedUp } ? Ids.Order().Select(reader.Entry).OfType<ExportRow>() : reader.Entries();
        return rows.Where(row => Matches(row, context));
    }

    private bool IsOfType(ExportRow row) => Type switch
    {
        "picture" => row.Picture is { Kind: PictureKind.Still } || (row.Picture is null && row.Mime?.StartsWith("image/", StringComparison.Ordinal) == true),
        "video" => row.Picture is { Kind: PictureKind.Video } || (row.Picture is null && row.Mime?.StartsWith("video/", StringComparison.Ordinal) == true),
        _ => row.Mime is string mime && (Type!.EndsWith('/') ? mime.StartsWith(Type, StringComparison.Ordinal) : mime == Type),
    };

    private bool IsUnder(string path) => Under!.Length == 0 || path == Under
        || (path.StartsWith(Under, StringComparison.Ordinal) && path.Length > Under.Length && path[Under.Length] == '/');
}
