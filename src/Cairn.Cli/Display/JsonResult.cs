using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Reports;

namespace Cairn.Cli.Display;

/// <summary>Writes one JSON object on standard output.</summary>
internal static class JsonResult
{
    public static void Write(Terminal terminal, Action<Utf8JsonWriter> fields)
    {
        terminal.Out.Flush();
        using var json = new Utf8JsonWriter(terminal.OutBytes, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        fields(json);
        json.WriteEndObject();
        json.Flush();
        terminal.OutBytes.Write("\n"u8);
        terminal.OutBytes.Flush();
    }

    /// <summary>md5, sha1, sha256, stored, verified: of an evidence.</summary>
    public static void Hashes(Utf8JsonWriter json, IReadOnlyList<StoredHash> stored, IReadOnlyList<MediaHashRow> computed, bool? verified)
    {
        foreach (string algorithm in HashReport.Algorithms)
        {
            json.WriteString(Name(algorithm), computed.FirstOrDefault(c => c.Algorithm == algorithm) is MediaHashRow row ? Convert.ToHexStringLower(row.Value) : null);
        }

        json.WriteStartObject("stored");
        foreach (string algorithm in HashReport.Algorithms)
        {
            if (stored.FirstOrDefault(s => s.Algorithm == algorithm) is StoredHash hash)
            {
                json.WriteString(Name(algorithm), Convert.ToHexStringLower(hash.Value));
            }
        }

        json.WriteEndObject();
        json.WriteStartArray("storedIn");
        foreach (StoredHash hash in stored)
        {
            json.WriteStartObject();
            json.WriteString("algorithm", Name(hash.Algorithm));
            json.WriteString("value", Convert.ToHexStringLower(hash.Value));
            json.WriteString("source", hash.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Nullable(json, "verified", verified);
    }

    public static void Evidence(Utf8JsonWriter json, CaseSummary summary)
    {
        json.WriteStartArray("evidence");
        foreach (EvidencePart part in summary.Evidence)
        {
            EvidenceRow row = part.Stored.Row;
            json.WriteStartObject();
            json.WriteNumber("id", part.Stored.Id);
            json.WriteString("path", row.Path);
            json.WriteString("exhibit", row.Exhibit);
            json.WriteString("type", row.TypeName);
            json.WriteNumber("size", row.Size);
            json.WriteNumber("sectorSize", row.SectorSize);
            json.WriteBoolean("logical", row.IsLogical);
            Hashes(json, row.StoredHashes, part.Hashes, part.Verified);
            json.WriteStartArray("files");
            foreach (string file in row.Files)
            {
                json.WriteStringValue(file);
            }

            json.WriteEndArray();
            json.WriteStartObject("metadata");
            foreach (KeyValuePair<string, string> pair in row.Metadata)
            {
                json.WriteString(pair.Key, pair.Value);
            }

            json.WriteEndObject();
            Counts(json, part.Counts);
            Coverage(json, part);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Volumes(json, summary);
    }

    public static void Counts(Utf8JsonWriter json, CaseCounts counts)
    {
        Files(json, counts);
        json.WriteStartObject("content");
        foreach (ContentStatus status in Enum.GetValues<ContentStatus>())
        {
            json.WriteNumber(FieldWords.Of(status), counts.ContentByStatus.GetValueOrDefault(status));
        }

        json.WriteEndObject();
    }

    public static void Files(Utf8JsonWriter json, CaseCounts counts)
    {
        json.WriteStartObject("files");
        json.WriteNumber("allocated", counts.Allocated);
        json.WriteNumber("deleted", counts.Deleted);
        json.WriteNumber("orphan", counts.Orphan);
        json.WriteNumber("streams", counts.Streams);
        json.WriteNumber("embedded", counts.Members);
        json.WriteEndObject();
        json.WriteStartObject("pictures");
        json.WriteNumber("pictures", counts.Pictures);
        json.WriteNumber("videos", counts.Videos);
        json.WriteNumber("notDecoded", counts.PicturesNotDecoded);
        json.WriteNumber("alikeGroups", counts.AlikeGroups);
        json.WriteEndObject();
    }

    public static void ProblemKinds(Utf8JsonWriter json, CaseCounts counts)
    {
        json.WriteStartObject("problemsByKind");
        foreach (ProblemKind kind in Enum.GetValues<ProblemKind>())
        {
            if (counts.ProblemsByKind.TryGetValue(kind, out long count))
            {
                json.WriteNumber(FieldWords.Of(kind), count);
            }
        }

        json.WriteEndObject();
    }

    public static void HitsBySet(Utf8JsonWriter json, CaseSummary summary)
    {
        json.WriteStartArray("knownSets");
        foreach (StoredKnownSet set in summary.KnownSets)
        {
            json.WriteStartObject();
            json.WriteString("name", set.Row.Name);
            json.WriteString("meaning", set.Row.Meaning);
            json.WriteString("source", set.Row.Source);
            json.WriteString("version", set.Row.SetVersion);
            json.WriteString("licence", set.Row.Licence);
            json.WriteString("sha256", set.Row.Sha256);
            json.WriteNumber("hashes", set.Row.Hashes);
            json.WriteNumber("hits", summary.HitsBySet.GetValueOrDefault(set.Id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Audit(Utf8JsonWriter json, CaseSummary summary)
    {
        json.WriteStartObject("audit");
        json.WriteNumber("entries", summary.LastAudit?.Sequence ?? 0);
        json.WriteString("root", summary.LastAudit is AuditEntry last ? Convert.ToHexStringLower(last.Root) : null);
        json.WriteStartArray("checkpoints");
        foreach (CaseCheckpoint checkpoint in summary.Checkpoints)
        {
            json.WriteStartObject();
            json.WriteNumber("number", checkpoint.Number);
            json.WriteNumber("size", checkpoint.Size);
            json.WriteString("root", Convert.ToHexStringLower(checkpoint.Root));
            json.WriteString("text", checkpoint.Text);
            json.WriteString("key", checkpoint.VerifierKey);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Nullable(Utf8JsonWriter json, string name, bool? value)
    {
        if (value is bool known)
        {
            json.WriteBoolean(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void Nullable(Utf8JsonWriter json, string name, long? value)
    {
        if (value is long known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void Volumes(Utf8JsonWriter json, CaseSummary summary)
    {
        json.WriteStartArray("volumes");
        foreach (EvidencePart part in summary.Evidence)
        {
            foreach (VolumeRow row in part.Volumes)
            {
                json.WriteStartObject();
                json.WriteNumber("evidence", part.Stored.Id);
                json.WriteNumber("index", row.Index);
                json.WriteString("kind", FieldWords.Of(row.Volume.Kind));
                json.WriteString("scheme", row.Volume.Scheme);
                json.WriteNumber("offset", row.Volume.Offset);
                json.WriteNumber("length", row.Volume.Length);
                json.WriteString("typeCode", row.Volume.TypeCode);
                json.WriteString("typeName", row.Volume.TypeName);
                json.WriteString("identifier", row.Volume.Identifier);
                json.WriteString("fileSystem", row.FileSystem?.TypeName);
                json.WriteString("label", row.FileSystem?.Label ?? row.Volume.Label);
                json.WriteString("serial", row.FileSystem?.SerialOrUuid);
                Nullable(json, "clusterSize", row.FileSystem?.ClusterSize);
                Nullable(json, "timesAreLocal", row.FileSystem?.TimesAreLocal);
                json.WriteString("recognised", row.Signature?.Name);
                Nullable(json, "encrypted", row.Signature?.Encrypted);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private static void Coverage(Utf8JsonWriter json, EvidencePart part)
    {
        json.WriteStartArray("coverage");
        foreach (CoverageRow row in part.Coverage)
        {
            json.WriteStartObject();
            Nullable(json, "volume", (long?)row.VolumeIndex);
            json.WriteString("category", row.Category);
            json.WriteNumber("bytes", row.Bytes);
            json.WriteString("note", row.Note);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Name(string algorithm) => algorithm.ToLowerInvariant();
}
