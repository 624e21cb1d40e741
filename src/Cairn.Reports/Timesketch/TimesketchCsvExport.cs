using System.Globalization;
using System.Text;
using Cairn.CaseStore;
using Cairn.Reports.Csv;

namespace Cairn.Reports.Timesketch;

/// <summary>One line for each time of each entry, as Timesketch's CSV importer takes it: see README.md.</summary>
internal sealed class TimesketchCsvExport : IExportFormat
{
    internal const string Header = "message,timestamp,datetime,timestamp_desc,time_source,time_is_local,exhibit,volume,path,inode,state,type,size,md5,sha1,sha256,mime,hits,entry_id";

    public string Name => "timesketch";

    public string Summary => "one line per time of each entry for Timesketch, CSV";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        using var writer = new StreamWriter(target, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);
        var line = new StringBuilder(1024);
        var rest = new StringBuilder(512);
        writer.Write(Header);
        writer.Write("\r\n");
        long lines = 0, done = 0;
        foreach (ExportRow row in TimesketchRows.OnePerEntry(rows))
        {
            if ((++done & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            string? message = null;
            foreach (TimesketchTime time in TimesketchRows.TimesOf(row, context))
            {
                if (message is null)
                {
                    message = TimesketchRows.Message(row, context);
                    Rest(rest.Clear(), row, context);
                }

                line.Clear();
                CsvText.Append(line, message).Append(CultureInfo.InvariantCulture, $",{time.Microseconds},{time.Time.ToIso()},");
                CsvText.Append(line, time.Description).Append(',');
                CsvText.Append(line, time.Source).Append(IsoTime.IsLocal(time.Time) ? ",true" : ",false").Append(rest).Append("\r\n");
                writer.Write(line);
                lines++;
            }
        }

        writer.Flush();
        return lines;
    }

    private static void Rest(StringBuilder line, ExportRow row, ExportContext context)
    {
        line.Append(',');
        CsvText.Append(line, context.ExhibitName(row.EvidenceId)).Append(CultureInfo.InvariantCulture, $",{row.VolumeIndex},");
        CsvText.Append(line, row.Path).Append(',');
        CsvText.Append(line, row.Address).Append(CultureInfo.InvariantCulture, $",{FieldWords.Of(row.State)},{FieldWords.Of(row.Type)},{row.Size},");
        line.Append(Hex(row.Md5)).Append(',').Append(Hex(row.Sha1)).Append(',').Append(Hex(row.Sha256)).Append(',');
        CsvText.Append(line, row.Mime ?? "").Append(',');
        CsvText.Append(line, TimesketchRows.Hits(row, context)).Append(CultureInfo.InvariantCulture, $",{row.Id}");
    }

    private static string Hex(byte[]? hash) => hash is null ? "" : Convert.ToHexStringLower(hash);
}
