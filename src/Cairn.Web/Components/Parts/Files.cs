using Cairn.CaseStore.Browse;

namespace Cairn.Web.Components.Parts;

/// <summary>Addresses of lists of files.</summary>
internal static class Files
{
    /// <summary>The files that a question gives.</summary>
    public static string Href(string key, EntryQuery query, EntrySort sort = default) => $"/case/{key}/files{Question(query, sort)}";

    /// <summary>One file, with the list that it was come from.</summary>
    public static string One(string key, long id, EntryQuery query, EntrySort sort) => $"/case/{key}/file/{id}{Question(query, sort)}";

    /// <summary>The question and order of an address; all by path where they do not hold.</summary>
    public static (EntryQuery Query, EntrySort Sort) Parse(string? query, string? sort)
    {
        EntryQuery asked = EntryQuery.All;
        if (query is { Length: > 0 })
        {
            try
            {
                asked = EntryQuery.Parse(query);
            }
            catch (FormatException)
            {
                // An address that was cut or made up: everything, rather than an error.
            }
        }

        string word = sort ?? "";
        bool descending = word.EndsWith('-');
        return (asked, Enum.TryParse(word.TrimEnd('-'), ignoreCase: true, out SortField field) && Enum.IsDefined(field) ? new EntrySort(field, descending) : default);
    }

    private static string Question(EntryQuery query, EntrySort sort)
    {
        List<string> parts = [];
        if (query != EntryQuery.All && query.ToText() is { } text && text != EntryQuery.All.ToText())
        {
            parts.Add($"q={Uri.EscapeDataString(text)}");
        }

        if (sort != default)
        {
            parts.Add($"s={sort.Field}{(sort.Descending ? "-" : "")}");
        }

        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }
}
