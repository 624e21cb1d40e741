using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Reports.Csv;

namespace Cairn.Reports.Files;

/// <summary>What was chosen and what became of it: a JSON object a line with everything, and CSV with what a reader looks for.</summary>
internal sealed class FileManifest : IDisposable
{
    internal const string Header = "file,id,exhibit,volume,path,stream,state,size,modified,accessed,changed,created,md5,sha1,sha256,check,not_written,problems";

    private readonly Stream lines;
    private readonly StreamWriter table;
    private readonly ArrayBufferWriter<byte> buffer = new(1 << 12);
    private readonly Utf8JsonWriter json;
    private readonly StringBuilder line = new(512);
    private readonly ExportContext context;

    public FileManifest(ChecksumFolder folder, ExportContext context)
    {
        this.context = context;
        lines = folder.Create("manifest.jsonl");
        table = new StreamWriter(folder.Create("manifest.csv"), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        table.Write(Header);
        table.Write("\r\n");
        json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>Adds one entry.</summary>
    public void Add(ExportRow row, CopiedContent copy)
    {
        buffer.ResetWrittenCount();
        json.Reset();
        Object(row, copy);
        json.Flush();
        lines.Write(buffer.WrittenSpan);
        lines.WriteByte((byte)'\n');
        Line(row, copy);
    }

    public void Dispose()
    {
        json.Dispose();
        lines.Dispose();
        table.Dispose();
    }

    /// <summary>The word for a comparison.</summary>
    public static string Word(CopyCheck check) => check switch
    {
        CopyCheck.Equal => "equal",
        CopyCheck.Differs => "differs",
        CopyCheck.NotCompared => "not compared",
        _ => "",
    };

    private void Object(ExportRow row, CopiedContent copy)
    {
        json.WriteStartObject();
        json.WriteString("file"u8, copy.File);
        json.WriteNumber("id"u8, row.Id);
        json.WriteString("exhibit"u8, context.ExhibitName(row.EvidenceId));
        if (row.VolumeIndex is int volume)
        {
            json.WriteNumber("volume"u8, volume);
        }

        json.WriteString("path"u8, row.Path);
        if (row.NameBytes is byte[] name)
        {
            json.WriteString("nameBytes"u8, Convert.ToHexStringLower(name));
        }

        json.WriteString("stream"u8, row.Stream);
        json.WriteString("address"u8, row.Address);
        json.WriteString("state"u8, FieldWords.Of(row.State));
        json.WriteString("type"u8, FieldWords.Of(row.Type));
        json.WriteNumber("size"u8, row.Size);
        json.WriteString("mime"u8, row.Mime);
        Times("times"u8, row.Times);
        if (!row.NameTimes.Modified.IsNone || !row.NameTimes.Created.IsNone)
        {
            Times("nameTimes"u8, row.NameTimes);
        }

        if (row.Member is StoredMember member)
        {
            json.WriteNumber("within"u8, member.ParentId);
        }

        if (copy.Hashes is (byte[] md5, byte[] sha1, byte[] sha256))
        {
            json.WriteNumber("bytes"u8, copy.Bytes);
            json.WriteString("md5"u8, Convert.ToHexStringLower(md5));
            json.WriteString("sha1"u8, Convert.ToHexStringLower(sha1));
            json.WriteString("sha256"u8, Convert.ToHexStringLower(sha256));
            json.WriteString("check"u8, Word(copy.Check));
            if (copy.Check == CopyCheck.Differs)
            {
                Stored(row);
            }
        }

        if (copy.WhyNot is string why)
        {
            json.WriteString("notWritten"u8, why);
        }

        if (copy.Problems.Count > 0)
        {
            json.WriteStartArray("problems"u8);
            foreach (string problem in copy.Problems)
            {
                json.WriteStringValue(problem);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void Stored(ExportRow row)
    {
        json.WriteStartObject("stored"u8);
        foreach ((string algorithm, byte[]? hash) in new[] { ("md5", row.Md5), ("sha1", row.Sha1), ("sha256", row.Sha256) })
        {
            json.WriteString(algorithm, hash is null ? null : Convert.ToHexStringLower(hash));
        }

        json.WriteEndObject();
    }

    private void Times(ReadOnlySpan<byte> name, in EntryTimes times)
    {
        json.WriteStartObject(name);
        json.WriteString("modified"u8, times.Modified.ToIso());
        json.WriteString("accessed"u8, times.Accessed.ToIso());
        json.WriteString("changed"u8, times.Changed.ToIso());
        json.WriteString("created"u8, times.Created.ToIso());
        json.WriteEndObject();
    }

    private void Line(ExportRow row, CopiedContent copy)
    {
        line.Clear();
        line.Append(copy.File).Append(CultureInfo.InvariantCulture, $",{row.Id},");
        CsvText.Append(line, context.ExhibitName(row.EvidenceId)).Append(CultureInfo.InvariantCulture, $",{row.VolumeIndex},");
        CsvText.Append(line, row.Path).Append(',');
        CsvText.Append(line, row.Stream).Append(CultureInfo.InvariantCulture, $",{FieldWords.Of(row.State)},{row.Size},");
        line.Append(CultureInfo.InvariantCulture, $"{row.Times.Modified.ToIso()},{row.Times.Accessed.ToIso()},{row.Times.Changed.ToIso()},{row.Times.Created.ToIso()},");
        if (copy.Hashes is (byte[] md5, byte[] sha1, byte[] sha256))
        {
            line.Append(Convert.ToHexStringLower(md5)).Append(',').Append(Convert.ToHexStringLower(sha1)).Append(',').Append(Convert.ToHexStringLower(sha256)).Append(',');
        }
        else
        {
            line.Append(",,,");
        }

        line.Append(Word(copy.Check)).Append(',');
        CsvText.Append(line, copy.WhyNot ?? "").Append(',');
        CsvText.Append(line, string.Join("; ", copy.Problems)).Append("\r\n");
        table.Write(line);
    }
}
