using System.Globalization;
using System.Text;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Bodyfile;

/// <summary>
/// Bodyfile 3 of the Sleuth Kit, for mactime: <c>md5|name|inode|mode|uid|gid|size|atime|mtime|ctime|crtime</c>. Times are whole seconds
/// since 1970-01-01 UTC, 0 where there is none. The name is <c>/volumeN/path:stream</c>, with the exhibit in front where the case has more
/// than one evidence; NTFS entries have a second line for their $FILE_NAME times. The format leaves escaping open: here control
/// characters, "|", "\" and lone surrogates are written \xHH or \uHHHH, so that no name can make a line or a field.
/// </summary>
internal sealed class BodyfileExport : IExportFormat
{
    public string Name => "bodyfile";

    public string Summary => "bodyfile 3 of the Sleuth Kit, for mactime and timelines";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        using var writer = new StreamWriter(target, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true);
        var line = new StringBuilder(512);
        long rowsDone = 0;
        long lines = 0;
        foreach (ExportRow row in rows)
        {
            if ((++rowsDone & 0xFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
            }

            line.Clear();
            Append(line, row, context, row.Times, "");
            lines++;
            if (!row.NameTimes.Modified.IsNone || !row.NameTimes.Created.IsNone)
            {
                // One per entry and not one per stream.
                if (row.FirstId == row.Id)
                {
                    Append(line, row, context, row.NameTimes, " ($FILE_NAME)");
                    lines++;
                }
            }

            writer.Write(line);
        }

        writer.Flush();
        return lines;
    }

    private static void Append(StringBuilder line, ExportRow row, ExportContext context, in EntryTimes times, string suffix)
    {
        line.Append(row.Md5 is byte[] md5 ? Convert.ToHexStringLower(md5) : "0").Append('|');
        if (context.Evidence.Count > 1)
        {
            line.Append('/');
            Escape(line, context.ExhibitName(row.EvidenceId));
        }

        if (row.VolumeIndex is int volume)
        {
            line.Append(CultureInfo.InvariantCulture, $"/volume{volume}");
        }

        line.Append('/');
        Escape(line, row.Path);
        if (row.Stream.Length > 0)
        {
            line.Append(':');
            Escape(line, row.Stream);
        }

        line.Append(suffix);
        if (row.LinkTarget is string link && row.Type == EntryType.Link && suffix.Length == 0)
        {
            line.Append(" -> ");
            Escape(line, link);
        }

        if (row.State != EntryState.Allocated)
        {
            line.Append(row.MetadataReallocated ? " (deleted-realloc)" : " (deleted)");
        }

        line.Append('|');
        Escape(line, row.Address);
        line.Append('|');
        Mode(line, row);
        line.Append(CultureInfo.InvariantCulture, $"|{row.Uid ?? 0}|{row.Gid ?? 0}|{row.Size}|");
        line.Append(Seconds(times.Accessed)).Append('|').Append(Seconds(times.Modified)).Append('|');
        line.Append(Seconds(times.Changed)).Append('|').Append(Seconds(times.Created)).Append('\n');
    }

    private static long Seconds(EvidenceTime time) => time.ToUnix()?.Seconds ?? 0;

    private static void Mode(StringBuilder line, ExportRow row)
    {
        char type = row.Type switch
        {
            EntryType.File => 'r',
            EntryType.Directory => 'd',
            EntryType.Link => 'l',
            EntryType.CharacterDevice => 'c',
            EntryType.BlockDevice => 'b',
            EntryType.Fifo => 'p',
            EntryType.Socket => 's',
            EntryType.Virtual => 'v',
            _ => '-',
        };
        line.Append(type).Append('/').Append(type);
        // DOS file systems have one bit of it: as the Sleuth Kit does, read and execute for all, write where not read-only.
        int mode = row.Mode ?? ((row.DosAttributes ?? 0) & 1) switch
        {
            0 => 0x1FF,
            _ => 0x16D,
        };
        for (int bit = 8; bit >= 0; bit--)
        {
            bool set = (mode & (1 << bit)) != 0;
            char letter = "xwr"[bit % 3];
            int special = bit switch { 6 => 0x800, 3 => 0x400, 0 => 0x200, _ => 0 };
            if (special != 0 && (mode & special) != 0)
            {
                letter = bit == 0 ? (set ? 't' : 'T') : set ? 's' : 'S';
                set = true;
            }

            line.Append(set ? letter : '-');
        }
    }

    private static void Escape(StringBuilder line, string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is < ' ' or '|' or '\\' or '\u007f')
            {
                line.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            }
            else if (c is >= '\u0080' and <= '\u009f' or '\u2028' or '\u2029' || (char.IsSurrogate(c) && !InPair(text, i)))
            {
                line.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                line.Append(c);
            }
        }
    }

    private static bool InPair(string text, int i) =>
        char.IsHighSurrogate(text[i]) ? i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]) : i > 0 && char.IsHighSurrogate(text[i - 1]);
}
