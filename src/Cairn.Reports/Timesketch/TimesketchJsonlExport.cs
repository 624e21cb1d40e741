using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.CaseStore;

namespace Cairn.Reports.Timesketch;

/// <summary>One JSON object on a line for each time of each entry, as Timesketch's JSONL importer takes it: see README.md.</summary>
internal sealed class TimesketchJsonlExport : IExportFormat
{
    private const int FlushAt = 1 << 16;

    public string Name => "timesketch-jsonl";

    public string Summary => "the same as JSON lines";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>(FlushAt * 2);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        long lines = 0;
        foreach (ExportRow row in TimesketchRows.OnePerEntry(rows))
        {
            foreach (TimesketchTime time in TimesketchRows.TimesOf(row, context))
            {
                Write(json, row, time, context);
                json.Flush();
                json.Reset();
                buffer.Write("\n"u8);
                lines++;
            }

            if (buffer.WrittenCount >= FlushAt)
            {
                cancel.ThrowIfCancellationRequested();
                target.Write(buffer.WrittenSpan);
                buffer.ResetWrittenCount();
            }
        }

        target.Write(buffer.WrittenSpan);
        return lines;
    }

    private static void Write(Utf8JsonWriter json, ExportRow row, in TimesketchTime time, ExportContext context)
    {
        json.WriteStartObject();
        json.WriteString("message"u8, TimesketchRows.Message(row, context));
        json.WriteNumber("timestamp"u8, time.Microseconds);
        json.WriteString("datetime"u8, time.Time.ToIso());
        json.WriteString("timestamp_desc"u8, time.Description);
        json.WriteString("time_source"u8, time.Source);
        json.WriteBoolean("time_is_local"u8, IsoTime.IsLocal(time.Time));
        json.WriteString("exhibit"u8, context.ExhibitName(row.EvidenceId));
        if (row.VolumeIndex is int volume)
        {
            json.WriteNumber("volume"u8, volume);
        }

        json.WriteString("path"u8, row.Path);
        json.WriteString("inode"u8, row.Address);
        json.WriteString("state"u8, FieldWords.Of(row.State));
        json.WriteString("type"u8, FieldWords.Of(row.Type));
        json.WriteNumber("size"u8, row.Size);
        Hash(json, "md5"u8, row.Md5);
        Hash(json, "sha1"u8, row.Sha1);
        Hash(json, "sha256"u8, row.Sha256);
        if (row.Mime is string mime)
        {
            json.WriteString("mime"u8, mime);
        }

        if (row.Hits.Count > 0)
        {
            json.WriteString("hits"u8, TimesketchRows.Hits(row, context));
        }

        json.WriteNumber("entry_id"u8, row.Id);
        json.WriteEndObject();
    }

    private static void Hash(Utf8JsonWriter json, ReadOnlySpan<byte> name, byte[]? hash)
    {
        if (hash is not null)
        {
            json.WriteString(name, Convert.ToHexStringLower(hash));
        }
    }
}
