using System.Text.Json;

namespace Cairn.Reports.Tests.CaseUco;

/// <summary>As much of JSON-LD as a context of prefixes needs.</summary>
internal static class JsonLd
{
    private const string Xsd = "http://www.w3.org/2001/XMLSchema#";

    public static void Read(string text, Graph graph)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        Dictionary<string, string> prefixes = document.RootElement.GetProperty("@context").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal);
        int blanks = 0;
        if (!document.RootElement.TryGetProperty("@graph", out JsonElement nodes))
        {
            Node(document.RootElement);
            return;
        }

        foreach (JsonElement node in nodes.EnumerateArray())
        {
            Node(node);
        }

        string Node(JsonElement node)
        {
            string id = node.TryGetProperty("@id", out JsonElement given) ? Full(given.GetString()!) : $"_:j{blanks++}";
            foreach (JsonProperty property in node.EnumerateObject())
            {
                if (property.Name is "@id" or "@context")
                {
                    continue;
                }

                foreach (JsonElement value in property.Value.ValueKind == JsonValueKind.Array ? [.. property.Value.EnumerateArray()] : new[] { property.Value })
                {
                    graph.Add(id, property.Name == "@type" ? "http://www.w3.org/1999/02/22-rdf-syntax-ns#type" : Full(property.Name), property.Name == "@type" ? new Term(Full(value.GetString()!)) : Value(value));
                }
            }

            return id;
        }

        Term Value(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => new Term(value.GetString()!, Term.XsdString),
            JsonValueKind.True or JsonValueKind.False => new Term(value.ValueKind == JsonValueKind.True ? "true" : "false", Xsd + "boolean"),
            JsonValueKind.Number => new Term(value.GetRawText(), value.GetRawText().Contains('.', StringComparison.Ordinal) ? Xsd + "double" : Xsd + "integer"),
            _ when value.TryGetProperty("@value", out JsonElement literal) => new Term(literal.ToString(), value.TryGetProperty("@type", out JsonElement type) ? Full(type.GetString()!) : Value(literal).Type),
            _ => new Term(Node(value)),
        };

        string Full(string name)
        {
            int colon = name.IndexOf(':', StringComparison.Ordinal);
            return colon > 0 && prefixes.TryGetValue(name[..colon], out string? prefix) ? prefix + name[(colon + 1)..] : colon > 0 ? name : prefixes.GetValueOrDefault("@vocab", "") + name;
        }
    }
}
