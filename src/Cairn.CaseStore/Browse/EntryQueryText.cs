using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Core;
using Cairn.Core.ContentTypes;

namespace Cairn.CaseStore.Browse;

/// <summary>The one text of a question: names in a fixed order, lists sorted and each item once.</summary>
internal static class EntryQueryText
{
    private const int LongestText = 16 << 20;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'";
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(EntryQuery query)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            json.WriteStartObject();
            Numbers(json, "evidence", query.Evidence);
            Parts(json, query.Parts);
            Folder(json, query.Folder);
            Text(json, "name", query.NameContains);
            Text(json, "path", query.PathGlob);
            Texts(json, "mime", query.Mimes);
            Numbers(json, "family", query.Families.Select(family => (long)family));
            Flag(json, "typeKnown", query.TypeKnown);
            Texts(json, "extension", query.Extensions.Select(extension => extension.ToLowerInvariant()));
            Flag(json, "extensionMismatch", query.ExtensionMismatch);
            Numbers(json, "type", query.Types.Select(type => (long)type));
            Numbers(json, "state", query.States.Select(state => (long)state));
            Numbers(json, "recoverability", query.Recoverabilities.Select(recoverability => (long)recoverability));
            Numbers(json, "content", query.Contents.Select(status => (long)status));
            Number(json, "minSize", query.MinSize);
            Number(json, "maxSize", query.MaxSize);
            if (query.Time is TimeRange time)
            {
                json.WriteStartObject("time");
                json.WriteNumber("field", (int)time.Field);
                Text(json, "from", time.From?.ToUniversalTime().ToString(TimeFormat, CultureInfo.InvariantCulture));
                Text(json, "to", time.To?.ToUniversalTime().ToString(TimeFormat, CultureInfo.InvariantCulture));
                json.WriteEndObject();
            }

            Texts(json, "hash", query.Hashes.Select(hash => hash.Trim().ToLowerInvariant()));
            Flag(json, "hit", query.HasHit);
            Numbers(json, "hitSet", query.HitSets);
            Texts(json, "hitMeaning", query.HitMeanings);
            Texts(json, "hitMethod", query.HitMethods);
            Flag(json, "problem", query.HasProblem);
            Numbers(json, "problemKind", query.ProblemKinds.Select(kind => (long)kind));
            Flag(json, "duplicate", query.Duplicate);
            Number(json, "sameContentAs", query.SameContentAs);
            Number(json, "alikeTo", query.AlikeTo);
            Flag(json, "embedded", query.Embedded);
            Numbers(json, "embeddedIn", query.EmbeddedIn.Select(family => (long)family));
            Number(json, "memberOf", query.MemberOf);
            Flag(json, "picture", query.HasPicture);
            Text(json, "address", query.Address);
            Numbers(json, "id", query.Ids);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static EntryQuery Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > LongestText)
        {
            throw new FormatException($"a question of {text.Length} characters is longer than {LongestText}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            EntryQuery query = new();
            foreach (JsonProperty member in document.RootElement.EnumerateObject())
            {
                query = With(query, member.Name, member.Value);
            }

            return query;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new FormatException($"this is no question to a case: {error.Message}", error);
        }
    }

    private static EntryQuery With(EntryQuery query, string name, JsonElement value) => name switch
    {
        "evidence" => query with { Evidence = Numbers(value) },
        "part" => query with { Parts = [.. value.EnumerateArray().Select(part => new PartRef(part[0].GetInt64(), OrNull(part[1])))] },
        "folder" => query with
        {
            Folder = new FolderRef(value.GetProperty("evidence").GetInt64(), OrNull(value.GetProperty("volume")), value.GetProperty("path").GetString() ?? "") { Direct = value.TryGetProperty("direct", out JsonElement direct) && direct.GetBoolean() },
        },
        "name" => query with { NameContains = value.GetString() },
        "path" => query with { PathGlob = value.GetString() },
        "mime" => query with { Mimes = Texts(value) },
        "family" => query with { Families = Enums<ContentFamily>(value) },
        "typeKnown" => query with { TypeKnown = value.GetBoolean() },
        "extension" => query with { Extensions = Texts(value) },
        "extensionMismatch" => query with { ExtensionMismatch = value.GetBoolean() },
        "type" => query with { Types = Enums<EntryType>(value) },
        "state" => query with { States = Enums<EntryState>(value) },
        "recoverability" => query with { Recoverabilities = Enums<Recoverability>(value) },
        "content" => query with { Contents = Enums<ContentStatus>(value) },
        "minSize" => query with { MinSize = value.GetInt64() },
        "maxSize" => query with { MaxSize = value.GetInt64() },
        "time" => query with { Time = new TimeRange(Checked<TimeField>(value.GetProperty("field").GetInt64()), Time(value, "from"), Time(value, "to")) },
        "hash" => query with { Hashes = Texts(value) },
        "hit" => query with { HasHit = value.GetBoolean() },
        "hitSet" => query with { HitSets = Numbers(value) },
        "hitMeaning" => query with { HitMeanings = Texts(value) },
        "hitMethod" => query with { HitMethods = Texts(value) },
        "problem" => query with { HasProblem = value.GetBoolean() },
        "problemKind" => query with { ProblemKinds = Enums<ProblemKind>(value) },
        "duplicate" => query with { Duplicate = value.GetBoolean() },
        "sameContentAs" => query with { SameContentAs = value.GetInt64() },
        "alikeTo" => query with { AlikeTo = value.GetInt64() },
        "embedded" => query with { Embedded = value.GetBoolean() },
        "embeddedIn" => query with { EmbeddedIn = Enums<ContentFamily>(value) },
        "memberOf" => query with { MemberOf = value.GetInt64() },
        "picture" => query with { HasPicture = value.GetBoolean() },
        "address" => query with { Address = value.GetString() },
        "id" => query with { Ids = Numbers(value) },
        _ => throw new FormatException($"'{name}' is nothing that can be asked for"),
    };

    private static void Parts(Utf8JsonWriter json, IReadOnlyList<PartRef> parts)
    {
        if (parts.Count == 0)
        {
            return;
        }

        json.WriteStartArray("part");
        foreach (PartRef part in parts.Distinct().OrderBy(part => part.EvidenceId).ThenBy(part => part.VolumeIndex))
        {
            json.WriteStartArray();
            json.WriteNumberValue(part.EvidenceId);
            Nullable(json, part.VolumeIndex);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void Folder(Utf8JsonWriter json, FolderRef? folder)
    {
        if (folder is null)
        {
            return;
        }

        json.WriteStartObject("folder");
        json.WriteNumber("evidence", folder.EvidenceId);
        json.WritePropertyName("volume");
        Nullable(json, folder.VolumeIndex);
        json.WriteString("path", folder.Path);
        Flag(json, "direct", folder.Direct ? true : null);
        json.WriteEndObject();
    }

    private static void Nullable(Utf8JsonWriter json, int? number)
    {
        if (number is int value)
        {
            json.WriteNumberValue(value);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void Text(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void Flag(Utf8JsonWriter json, string name, bool? flag)
    {
        if (flag is bool value)
        {
            json.WriteBoolean(name, value);
        }
    }

    private static void Number(Utf8JsonWriter json, string name, long? number)
    {
        if (number is long value)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void Numbers(Utf8JsonWriter json, string name, IEnumerable<long> numbers)
    {
        long[] sorted = [.. numbers.Distinct().Order()];
        if (sorted.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (long number in sorted)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        string[] sorted = [.. texts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (sorted.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (string text in sorted)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static int? OrNull(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetInt32();

    private static long[] Numbers(JsonElement value) => [.. value.EnumerateArray().Select(item => item.GetInt64())];

    private static string[] Texts(JsonElement value) => [.. value.EnumerateArray().Select(item => item.GetString() ?? "")];

    private static T[] Enums<T>(JsonElement value) where T : struct, Enum => [.. value.EnumerateArray().Select(item => Checked<T>(item.GetInt64()))];

    private static T Checked<T>(long number) where T : struct, Enum
    {
        T value = (T)Enum.ToObject(typeof(T), number);
        return Enum.IsDefined(value) ? value : throw new FormatException($"{number} is no {typeof(T).Name}");
    }

    private static DateTimeOffset? Time(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement text) ? DateTimeOffset.ParseExact(text.GetString() ?? "", TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null;
}
