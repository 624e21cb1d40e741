using System.Text;
using System.Text.Json;

namespace Cairn.CaseStore.Review;

/// <summary>A grade that a person can give.</summary>
/// <param name="Id">Stays the same for good; what a vote stores.</param>
/// <param name="Key">Key of the keyboard: one lower-case letter or digit.</param>
/// <param name="Label">What a person reads.</param>
/// <param name="Meaning">What it stands for, in a sentence.</param>
/// <param name="SecondVote">Proposed to a case that asks for second votes of particular grades.</param>
public sealed record Grade(string Id, string Key, string Label, string Meaning, bool SecondVote);

/// <summary>Something that can be said of a content beside its grade.</summary>
/// <param name="Id">Stays the same for good; what a vote stores.</param>
/// <param name="Key">Key of the keyboard.</param>
/// <param name="Label">What a person reads.</param>
public sealed record GradeFlag(string Id, string Key, string Label);

/// <summary>The grades of a jurisdiction or of a unit; data, see README.md.</summary>
public sealed class GradeScheme
{
    private const int MostBytes = 64 << 10;
    private const int MostGrades = 64;
    private const int MostFlags = 16;
    private const int MostCharacters = 500;

    private GradeScheme(string id, string title, string version, IReadOnlyList<Grade> grades, IReadOnlyList<GradeFlag> flags, string json) =>
        (Id, Title, Version, Grades, Flags, Json) = (id, title, version, grades, flags, json);

    /// <summary>Stays the same over versions.</summary>
    public string Id { get; }

    /// <summary>What a person reads.</summary>
    public string Title { get; }

    /// <summary>Another one whenever a grade changes.</summary>
    public string Version { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Grade> Grades { get; }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<GradeFlag> Flags { get; }

    /// <summary>The file's text.</summary>
    public string Json { get; }

    /// <summary>The schemes that come with Cairn; the first is what a new review begins with.</summary>
    public static IReadOnlyList<GradeScheme> Shipped { get; } = [Embedded("england-wales")];

    /// <summary>Reads a scheme from a file.</summary>
    /// <exception cref="ReviewException">It cannot be read or is not a scheme: the message says where.</exception>
    public static GradeScheme Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            byte[] bytes = new byte[MostBytes + 1];
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            int got = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (got > MostBytes)
            {
                throw new ReviewException($"'{path}' is not a scheme of grades: it has more than {MostBytes} bytes");
            }

            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, got).TrimStart('\uFEFF'));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw new ReviewException($"the scheme of grades '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a scheme from its text.</summary>
    /// <exception cref="ReviewException">It is not a scheme: the message says where.</exception>
    public static GradeScheme Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MostBytes)
        {
            throw new ReviewException($"not a scheme of grades: it has more than {MostBytes} characters");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 4 });
            JsonElement root = document.RootElement;
            Members(root, "the scheme", "id", "title", "version", "grades", "flags");
            HashSet<string> keys = new(StringComparer.Ordinal);
            GradeScheme scheme = new(IdOf(root, "the scheme"), Text(root, "the scheme", "title"), Text(root, "the scheme", "version"),
                List(root, "grades", MostGrades, (item, place) =>
                {
                    Members(item, place, "id", "key", "label", "meaning", "secondVote");
                    return new Grade(IdOf(item, place), KeyOf(item, place, keys), Text(item, place, "label"), Text(item, place, "meaning"), Boolean(item, place, "secondVote"));
                }),
                List(root, "flags", MostFlags, (item, place) =>
                {
                    Members(item, place, "id", "key", "label");
                    return new GradeFlag(IdOf(item, place), KeyOf(item, place, keys), Text(item, place, "label"));
                }),
                json);
            if (scheme.Grades.Count < 2)
            {
                throw new ReviewException("not a scheme of grades: it has fewer than two grades");
            }

            Once(scheme.Grades.Select(grade => grade.Id), "grade");
            Once(scheme.Flags.Select(flag => flag.Id), "flag");
            return scheme;
        }
        catch (JsonException error)
        {
            throw new ReviewException($"not a scheme of grades: {error.Message}", error);
        }
    }

    /// <summary>The grade with this id, or null.</summary>
    public Grade? Find(string grade) => Grades.FirstOrDefault(found => found.Id == grade);

    private static GradeScheme Embedded(string name)
    {
        using Stream stream = typeof(GradeScheme).Assembly.GetManifestResourceStream($"Cairn.CaseStore.Review.Schemes.{name}.json")
            ?? throw new InvalidOperationException($"the scheme {name} is not in the program");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return Parse(reader.ReadToEnd());
    }

    private static List<T> List<T>(JsonElement root, string name, int most, Func<JsonElement, string, T> read)
    {
        if (!root.TryGetProperty(name, out JsonElement array))
        {
            return [];
        }

        if (array.ValueKind != JsonValueKind.Array || array.GetArrayLength() > most)
        {
            throw new ReviewException($"not a scheme of grades: '{name}' is not a list of at most {most}");
        }

        return [.. array.EnumerateArray().Select((item, i) => read(item, $"{name} {i + 1}"))];
    }

    private static void Members(JsonElement item, string place, params ReadOnlySpan<string> allowed)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw new ReviewException($"not a scheme of grades: {place} is not an object");
        }

        foreach (JsonProperty member in item.EnumerateObject())
        {
            // A misspelt member would otherwise be one that is silently not there.
            if (!allowed.Contains(member.Name))
            {
                throw new ReviewException($"not a scheme of grades: {place} has a member '{member.Name}', which means nothing here");
            }
        }
    }

    private static string Text(JsonElement item, string place, string name) =>
        item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 and <= MostCharacters } text && text.Trim().Length == text.Length
            && !text.AsSpan().ContainsAnyInRange('\0', '\x1F')
            ? text
            : throw new ReviewException($"not a scheme of grades: '{name}' of {place} is not a text of 1 to {MostCharacters} characters on one line");

    private static string IdOf(JsonElement item, string place) =>
        Text(item, place, "id") is { Length: <= 40 } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? id
            : throw new ReviewException($"not a scheme of grades: 'id' of {place} is not made of at most 40 letters, digits, '-', '_' and '.'");

    private static string KeyOf(JsonElement item, string place, HashSet<string> taken)
    {
        string key = Text(item, place, "key");
        if (key.Length != 1 || !(char.IsAsciiLetterLower(key[0]) || char.IsAsciiDigit(key[0])))
        {
            throw new ReviewException($"not a scheme of grades: 'key' of {place} is not one lower-case letter or digit");
        }

        return taken.Add(key) ? key : throw new ReviewException($"not a scheme of grades: the key '{key}' of {place} is taken already");
    }

    private static bool Boolean(JsonElement item, string place, string name) => item.TryGetProperty(name, out JsonElement value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new ReviewException($"not a scheme of grades: '{name}' of {place} is neither true nor false"),
    };

    private static void Once(IEnumerable<string> ids, string what)
    {
        if (ids.CountBy(id => id, StringComparer.OrdinalIgnoreCase).FirstOrDefault(id => id.Value > 1) is { Key: string twice })
        {
            throw new ReviewException($"not a scheme of grades: the {what} '{twice}' is there twice");
        }
    }
}
