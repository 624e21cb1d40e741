using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.Core;

namespace Cairn.CaseStore.Schema;

/// <summary>The JSON that some columns hold; written the same way each time, since digests cover it.</summary>
internal static class CaseJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An object of strings and integers, in the order given; null values are left out.</summary>
    public static string Object(IEnumerable<KeyValuePair<string, object?>> members) => Write(json =>
    {
        json.WriteStartObject();
        foreach ((string name, object? value) in members)
        {
            switch (value)
            {
                case null:
                    break;
                case string text:
                    json.WriteString(name, text);
                    break;
                case IReadOnlyDictionary<string, string> map:
                    json.WritePropertyName(name);
                    Map(json, map);
                    break;
                default:
                    json.WriteNumber(name, Convert.ToInt64(value));
                    break;
            }
        }

        json.WriteEndObject();
    });

    /// <summary>An object of strings, ascending by name (ordinal).</summary>
    public static string Map(IReadOnlyDictionary<string, string> map) => Write(json => Map(json, map));

    public static string Strings(IReadOnlyList<string> values) => Write(json =>
    {
        json.WriteStartArray();
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    });

    /// <summary>Pairs as arrays of two, since their order and repeated names count.</summary>
    public static string Pairs(IReadOnlyList<KeyValuePair<string, string>> values) => Write(json =>
    {
        json.WriteStartArray();
        foreach ((string name, string value) in values)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    });

    public static string Hashes(IReadOnlyList<StoredHash> hashes) => Write(json =>
    {
        json.WriteStartArray();
        foreach (StoredHash hash in hashes)
        {
            json.WriteStartObject();
            json.WriteString("algorithm", hash.Algorithm);
            json.WriteString("value", Convert.ToHexStringLower(hash.Value));
            json.WriteString("source", hash.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    public static IReadOnlyList<string> ReadStrings(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(item => item.GetString() ?? "")];
    }

    public static IReadOnlyList<KeyValuePair<string, string>> ReadPairs(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return [.. document.RootElement.EnumerateArray().Select(item => KeyValuePair.Create(item[0].GetString() ?? "", item[1].GetString() ?? ""))];
    }

    public static IReadOnlyList<StoredHash> ReadHashes(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return
        [
            .. document.RootElement.EnumerateArray().Select(item => new StoredHash(
                item.GetProperty("algorithm").GetString() ?? "", Convert.FromHexString(item.GetProperty("value").GetString() ?? ""), item.GetProperty("source").GetString() ?? "")),
        ];
    }

    public static IReadOnlyDictionary<string, string> ReadMap(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        SortedDictionary<string, string> map = new(StringComparer.Ordinal);
        foreach (JsonProperty member in document.RootElement.EnumerateObject())
        {
            map[member.Name] = member.Value.GetString() ?? "";
        }

        return map;
    }

    private static void Map(Utf8JsonWriter json, IReadOnlyDictionary<string, string> map)
    {
        string[] names = [.. map.Keys];
        Array.Sort(names, StringComparer.Ordinal);
        json.WriteStartObject();
        foreach (string name in names)
        {
            json.WriteString(name, map[name]);
        }

        json.WriteEndObject();
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, Options))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
