using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.CaseUco;

/// <summary>
/// JSON-LD after the ontologies CASE 1.4.0 and UCO 1.4.0: a bundle with the investigation, the examinations, the exhibits with their provenance,
/// and an observable object for each stream of each entry. See README.md.
/// </summary>
internal sealed class CaseUcoExport : IExportFormat
{
    private const int FlushAt = 1 << 16;
    private const int PerProvenance = 1_000;

    public string Name => "case-uco";

    public string Summary => "CASE/UCO 1.4 JSON-LD";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        using var json = new Utf8JsonWriter(target, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        var node = new NodeWriter(json, context.CaseId);
        Context(json);
        node.Open(Id.Bundle, "uco-core:Bundle");
        node.Text("uco-core:name", $"Case {context.CaseId}");
        node.Text("uco-core:description", $"Written by {context.Tool}");
        node.Text("uco-core:specVersion", "1.4.0");
        json.WriteStartArray("uco-core:object"u8);
        new FrameWriter(node, context).Write();
        var files = new FileWriter(node, context);
        List<(long Evidence, long Row)> results = new(PerProvenance);
        long objects = 0;
        foreach (ExportRow row in rows)
        {
            files.Write(row);
            objects++;
            if (results.Count == PerProvenance || (results.Count > 0 && results[0].Evidence != row.EvidenceId))
            {
                Provenance(node, results);
            }

            results.Add((row.EvidenceId, row.Id));
            if (json.BytesPending >= FlushAt)
            {
                cancel.ThrowIfCancellationRequested();
                json.Flush();
            }
        }

        Provenance(node, results);
        json.WriteEndArray();
        node.Close();
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return objects;
    }

    /// <summary>
    /// The results of an examination are one provenance record; its members come in parts, since nobody knows at the beginning what they are. Nodes
    /// with the same identifier are one node in JSON-LD.
    /// </summary>
    private static void Provenance(NodeWriter node, List<(long Evidence, long Row)> results)
    {
        if (results.Count == 0)
        {
            return;
        }

        node.Open(Id.Results(results[0].Evidence), "case-investigation:ProvenanceRecord");
        node.References("uco-core:object", results.Select(result => Id.Row(result.Row)));
        node.Close();
        results.Clear();
    }

    private static void Context(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("@context"u8);
        json.WriteString("case-investigation"u8, "https://ontology.caseontology.org/case/investigation/");
        foreach (string part in new[] { "action", "analysis", "core", "identity", "observable", "tool", "types" })
        {
            json.WriteString($"uco-{part}", $"https://ontology.unifiedcyberontology.org/uco/{part}/");
        }

        json.WriteString("xsd"u8, "http://www.w3.org/2001/XMLSchema#");
        json.WriteEndObject();
        json.WriteStartArray("@graph"u8);
    }
}

/// <summary>Names from which identifiers are made; the same thing has the same name in every export of the case.</summary>
internal static class Id
{
    public const string Bundle = "bundle";
    public const string Investigation = "investigation";

    public static string Evidence(long id) => string.Create(CultureInfo.InvariantCulture, $"evidence/{id}");

    public static string Exhibit(long id) => string.Create(CultureInfo.InvariantCulture, $"evidence/{id}/exhibit");

    public static string Results(long id) => string.Create(CultureInfo.InvariantCulture, $"evidence/{id}/results");

    public static string Volume(long evidence, int index) => string.Create(CultureInfo.InvariantCulture, $"evidence/{evidence}/volume/{index}");

    public static string Row(long id) => string.Create(CultureInfo.InvariantCulture, $"row/{id}");

    public static string Run(long id) => string.Create(CultureInfo.InvariantCulture, $"run/{id}");

    public static string Person(string name) => $"person/{name}";

    public static string Host(string name) => $"host/{name}";

    public static string Tool(string name) => $"tool/{name}";
}

/// <summary>Writes nodes of JSON-LD whose identifiers are urn:uuid: of version 5, in the namespace of the case.</summary>
internal sealed class NodeWriter
{
    private readonly Utf8JsonWriter json;
    private readonly Guid space;

    public NodeWriter(Utf8JsonWriter json, string caseId)
    {
        this.json = json;
        // A case's id is a UUID without hyphens; whatever else stands there is a name of its own.
        space = Guid.TryParseExact(caseId, "N", out Guid id) ? id : NameUuid.Of(Guid.Empty, caseId);
    }

    public void Open(string name, params ReadOnlySpan<string> types)
    {
        json.WriteStartObject();
        json.WriteString("@id"u8, Identifier(name));
        if (types.Length == 1)
        {
            json.WriteString("@type"u8, types[0]);
            return;
        }

        json.WriteStartArray("@type"u8);
        foreach (string type in types)
        {
            json.WriteStringValue(type);
        }

        json.WriteEndArray();
    }

    public void Close() => json.WriteEndObject();

    public void OpenList(string property) => json.WriteStartArray(property);

    public void CloseList() => json.WriteEndArray();

    public void Text(string property, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteString(property, text);
        }
    }

    /// <summary>Several texts of one property.</summary>
    public void Texts(string property, IEnumerable<string> texts)
    {
        json.WriteStartArray(property);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>An integer; JSON-LD makes xsd:integer of a number without a fraction.</summary>
    public void Integer(string property, long? value)
    {
        // A number of JSON is a double to many readers: from 10^21 on JSON-LD itself would make a double of it, which no long reaches.
        if (value is long number)
        {
            json.WriteNumber(property, number);
        }
    }

    public void Boolean(string property, bool value) => json.WriteBoolean(property, value);

    public void Time(string property, EvidenceTime time) => Typed(property, "xsd:dateTime", time.ToIso());

    public void Typed(string property, string type, string? value)
    {
        if (value is null)
        {
            return;
        }

        json.WriteStartObject(property);
        json.WriteString("@type"u8, type);
        json.WriteString("@value"u8, value);
        json.WriteEndObject();
    }

    public void Reference(string property, string name)
    {
        json.WriteStartObject(property);
        json.WriteString("@id"u8, Identifier(name));
        json.WriteEndObject();
    }

    public void References(string property, IEnumerable<string> names)
    {
        json.WriteStartArray(property);
        foreach (string name in names)
        {
            json.WriteStartObject();
            json.WriteString("@id"u8, Identifier(name));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Hashes of a content; nothing where there are none.</summary>
    public void Hashes(string owner, IEnumerable<(string Method, byte[]? Value)> hashes)
    {
        bool any = false;
        foreach ((string method, byte[]? value) in hashes)
        {
            if (value is null)
            {
                continue;
            }

            if (!any)
            {
                OpenList("uco-observable:hash");
                any = true;
            }

            Open($"{owner}/hash/{method}", "uco-types:Hash");
            Text("uco-types:hashMethod", method);
            Typed("uco-types:hashValue", "xsd:hexBinary", Convert.ToHexString(value));
            Close();
        }

        if (any)
        {
            CloseList();
        }
    }

    /// <summary>That one thing lies in another.</summary>
    public void Within(string inner, string outer)
    {
        Open($"{inner}/within", "uco-observable:ObservableRelationship");
        Reference("uco-core:source", inner);
        Reference("uco-core:target", outer);
        Text("uco-core:kindOfRelationship", "Contained_Within");
        Boolean("uco-core:isDirectional", true);
        Close();
    }

    private string Identifier(string name) => $"urn:uuid:{NameUuid.Of(space, name)}";
}
