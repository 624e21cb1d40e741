using System.Text;
using System.Text.Json;

namespace Cairn.Known;

/// <summary>What a category means.</summary>
/// <param name="Meaning">What a hit means.</param>
/// <param name="Label">How the category is named, or null for as the source writes it.</param>
public sealed record CategoryMeaning(KnownMeaning Meaning, string? Label);

/// <summary>
/// What the categories of a source mean. Their codes differ from profile to profile and have been reversed between tools, so none are built
/// in: whoever imports a set says what they mean, and the set keeps it.
/// </summary>
public sealed class CategoryMapping
{
    /// <summary>The key of whatever is not named.</summary>
    public const string Others = "*";

    /// <summary>The key of entries without a category.</summary>
    public const string None = "none";

    private const int MostCategories = 1_000;
    private const int LongestLabel = 100;
    private const int MaxFileBytes = 1 << 20;

    private readonly Dictionary<string, CategoryMeaning> categories = new(StringComparer.OrdinalIgnoreCase);

    private CategoryMapping(string? name) => Name = name;

    /// <summary>The name of the profile, or null.</summary>
    public string? Name { get; }

    /// <summary>
    /// Reads "0=ignorable,1=notable:CAM,*=known": category, meaning, and after a colon the label. "*" is every category that is not named, "none"
    /// an entry without one.
    /// </summary>
    /// <exception cref="KnownSetException">It is no such list.</exception>
    public static CategoryMapping Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        CategoryMapping mapping = new(null);
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new KnownSetException($"'{part}' gives no category a meaning; write for example 0=ignorable,1=notable:LABEL,*=known");
            }

            string[] meaning = part[(equals + 1)..].Split(':', 2, StringSplitOptions.TrimEntries);
            mapping.Add(part[..equals], meaning[0], meaning.Length > 1 ? meaning[1] : null);
        }

        return mapping.categories.Count > 0 ? mapping : throw new KnownSetException("the mapping names no category; write for example 0=ignorable,1=notable:LABEL,*=known");
    }

    /// <summary>
    /// Reads a mapping from a file: JSON, <c>{"name": "profile", "categories": {"1": {"meaning": "notable", "label": "CAM"}, "0": "ignorable"}}</c>, or
    /// lines of <c>category,meaning,label</c>, where a first line of those words and lines that begin with # are passed over.
    /// </summary>
    /// <exception cref="KnownSetException">The file cannot be read, or is neither.</exception>
    public static CategoryMapping Load(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
            {
                throw new KnownSetException($"{path}: a mapping of categories is not that large");
            }

            string text = File.ReadAllText(path);
            return text.TrimStart().StartsWith('{') ? FromJson(text, path) : FromLines(text, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new KnownSetException($"{path}: the mapping cannot be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    /// <summary>The meaning of a category, null for an entry without one; null where the mapping does not say.</summary>
    public CategoryMeaning? Find(string? category) =>
        categories.TryGetValue(category ?? None, out CategoryMeaning? meaning) || categories.TryGetValue(Others, out meaning) ? meaning with { Label = meaning.Label ?? category } : null;

    /// <summary>As <see cref="Parse"/> reads it, with the name in front.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Name is null ? "" : Name + ": ");
        text.AppendJoin(',', categories.Select(c => $"{c.Key}={c.Value.Meaning.ToText()}{(c.Value.Label is null ? "" : ":" + c.Value.Label)}"));
        return text.ToString();
    }

    private static CategoryMapping FromJson(string text, string path)
    {
        using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 });
        JsonElement root = document.RootElement;
        CategoryMapping mapping = new(root.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? Checked(name.GetString(), "name") : null);
        if (!root.TryGetProperty("categories", out JsonElement categories) || categories.ValueKind != JsonValueKind.Object)
        {
            throw new KnownSetException($"{path}: there is no object \"categories\" in it");
        }

        foreach (JsonProperty category in categories.EnumerateObject())
        {
            (string? meaning, string? label) = category.Value.ValueKind switch
            {
                JsonValueKind.String => (category.Value.GetString(), null),
                JsonValueKind.Object => (Text(category.Value, "meaning"), Text(category.Value, "label")),
                _ => (null, null),
            };
            mapping.Add(category.Name, meaning ?? throw new KnownSetException($"{path}: category {category.Name} has no meaning"), label);
        }

        return mapping.categories.Count > 0 ? mapping : throw new KnownSetException($"{path}: it names no category");
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static CategoryMapping FromLines(string text, string path)
    {
        CategoryMapping mapping = new(Path.GetFileNameWithoutExtension(path));
        foreach ((int number, string line) in text.ReplaceLineEndings("\n").Split('\n').Index())
        {
            string[] fields = [.. line.TrimStart('\uFEFF').Split(',', 3, StringSplitOptions.TrimEntries).Select(f => f.Trim('"'))];
            if (fields[0].Length == 0 || fields[0][0] == '#' || (number == 0 && fields[0].Equals("category", StringComparison.OrdinalIgnoreCase)))
            {
                continue;
            }

            if (fields.Length < 2)
            {
                throw new KnownSetException($"{path} line {number + 1}: a line is category,meaning,label");
            }

            mapping.Add(fields[0], fields[1], fields.Length > 2 && fields[2].Length > 0 ? fields[2] : null);
        }

        return mapping.categories.Count > 0 ? mapping : throw new KnownSetException($"{path}: it names no category");
    }

    private static string Checked(string? text, string what) =>
        text is { Length: > 0 and <= LongestLabel } && !text.Any(c => char.IsControl(c) || char.IsSurrogate(c)) ? text : throw new KnownSetException($"the {what} of a mapping is 1 to {LongestLabel} printable characters");

    private void Add(string category, string meaning, string? label)
    {
        CategoryMeaning value = new(KnownMeanings.Parse(meaning), label is null ? null : Checked(label, "label"));
        if (!categories.TryAdd(Checked(category.Trim(), "category"), value))
        {
            throw new KnownSetException($"the mapping names category {category.Trim()} twice");
        }

        if (categories.Count > MostCategories)
        {
            throw new KnownSetException($"the mapping names more than {MostCategories:N0} categories");
        }
    }
}
