using System.Globalization;
using System.Text;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Csv;

/// <summary>
/// RFC 4180: a header line, CRLF, fields with commas, quotes or line ends in quotes. UTF-8 without a byte-order mark. Text from evidence
/// goes through <see cref="CsvText"/>.
/// </summary>
internal sealed class CsvExport : IExportFormat
{
    internal const string Header = "id,exhibit,volume,path,stream,address,state,allocated,type,size,valid_length,"
        + "modified,accessed,changed,created,name_modified,name_accessed,name_changed,name_created,deleted,"
        + "md5,sha1,sha256,mime,extension_mismatch,content,recoverability,metadata_reallocated,short_name,link_target,hits,problems";

    public string Name => "csv";

    public string Summary => "one line per stream for a spreadsheet (RFC 4180, UTF-8, formulas neutralised)";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        using var writer = new StreamWriter(target, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);
        var line = new StringBuilder(1024);
        writer.Write(Header);
        writer.Write("\r\n");
        long lines = 0;
        foreach (ExportRow row in rows)
        {
            if ((++lines & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            line.Clear();
            Append(line, row, context);
            line.Append("\r\n");
            writer.Write(line);
        }

        writer.Flush();
        return lines;
    }

    private static void Append(StringBuilder line, ExportRow row, ExportContext context)
    {
        line.Append(row.Id).Append(',');
        CsvText.Append(line, context.ExhibitName(row.EvidenceId)).Append(',');
        line.Append(CultureInfo.InvariantCulture, $"{row.VolumeIndex}").Append(',');
        CsvText.Append(line, row.Path).Append(',');
        CsvText.Append(line, row.Stream).Append(',');
        CsvText.Append(line, row.Address).Append(',');
        line.Append(FieldWords.Of(row.State)).Append(',');
        line.Append(row.State == EntryState.Allocated ? "true" : "false").Append(',');
        line.Append(FieldWords.Of(row.Type)).Append(',');
        line.Append(row.Size).Append(',').Append(row.ValidLength).Append(',');
        Times(line, row.Times);
        Times(line, row.NameTimes);
        Time(line, row.Deleted);
        Hash(line, row.Md5);
        Hash(line, row.Sha1);
        Hash(line, row.Sha256);
        CsvText.Append(line, row.Mime ?? "").Append(',');
        line.Append(row.ExtensionMismatch ? "true" : "false").Append(',');
        line.Append(row.Status is ContentStatus status ? FieldWords.Of(status) : "").Append(',');
        line.Append(row.Recoverability is Recoverability recoverability ? FieldWords.Of(recoverability) : "").Append(',');
        line.Append(row.MetadataReallocated ? "true" : "false").Append(',');
        CsvText.Append(line, row.ShortName ?? "").Append(',');
        CsvText.Append(line, row.LinkTarget ?? "").Append(',');
        CsvText.Append(line, Hits(row, context)).Append(',');
        CsvText.Append(line, Problems(row));
    }

    private static void Times(StringBuilder line, in EntryTimes times)
    {
        Time(line, times.Modified);
        Time(line, times.Accessed);
        Time(line, times.Changed);
        Time(line, times.Created);
    }

    private static void Time(StringBuilder line, EvidenceTime time)
    {
        Span<byte> text = stackalloc byte[IsoTime.MaximumLength];
        int length = IsoTime.Format(time, text);
        for (int i = 0; i < length; i++)
        {
            line.Append((char)text[i]);
        }

        line.Append(',');
    }

    private static void Hash(StringBuilder line, byte[]? hash)
    {
        Span<char> text = stackalloc char[128];
        if (hash is not null && Convert.TryToHexStringLower(hash, text, out int length))
        {
            line.Append(text[..length]);
        }

        line.Append(',');
    }

    private static string Hits(ExportRow row, ExportContext context) => row.Hits.Count == 0
        ? ""
        : string.Join("; ", row.Hits.Select(h => context.Set(h.SetId) is KnownSetRow set ? $"{set.Name} ({set.Meaning}, {h.Method})" : $"set {h.SetId} ({h.Method})"));

    private static string Problems(ExportRow row) => row.Problems.Count == 0
        ? ""
        : string.Join("; ", row.Problems.Select(p => $"{FieldWords.Of(p.Kind)}: {p.Place}: {p.Reason}"));
}
