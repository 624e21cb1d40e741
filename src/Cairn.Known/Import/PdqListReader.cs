using System.Globalization;
using System.Text;
using Cairn.Core.Pictures;
using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>
/// Lists of PDQ hashes without names of columns, as ThreatExchange's tools write them: a hash alone on each line; the hash, then its quality
/// (a number up to 100) or an identity, then perhaps a date and words or a file name; or an identity, the hash, its type (HASH_PDQ), times, a
/// status and tags. Empty lines, lines that begin with # and a first line of names are passed over.
/// </summary>
internal sealed class PdqListReader(FileStream file, ImportOptions options) : SetReader
{
    private const int LongestLine = 1 << 16;
    private const int HashDigits = 2 * PdqHash.ByteLength;

    private readonly TextSource text = new(file);
    private readonly byte[] line = new byte[LongestLine];
    private readonly SourceEntry entry = new();
    private long number;

    /// <inheritdoc/>
    public override string FormatName => "pdq list";

    /// <inheritdoc/>
    public override bool HasEntries => true;

    /// <summary>Whether the first line is a PDQ hash and a comma, or an indicator with its type; a hash alone may be a SHA-256.</summary>
    public static bool LooksLike(ReadOnlySpan<byte> start)
    {
        int end = start.IndexOfAny((byte)'\r', (byte)'\n');
        string[] fields = Encoding.UTF8.GetString(end < 0 ? start : start[..end]).TrimStart('\uFEFF').Split(',', StringSplitOptions.TrimEntries);
        return fields.Length > 1 && (PdqHash.TryParse(fields[0], out _)
            || (fields.Length > 2 && (fields[2].StartsWith("HASH_", StringComparison.Ordinal) || (fields[1] == "indicator" && fields[2] == "type"))));
    }

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        while (text.Line(line, number + 1) is int length and >= 0)
        {
            string content = Encoding.UTF8.GetString(line.AsSpan(0, length).Trim(" \t\r"u8));
            if ((++number & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(new ImportProgress("reading", text.Done, text.Total, writer.Entries));
            }

            if (content.Length == 0 || content[0] == '#')
            {
                continue;
            }

            string[] fields = content.Split(',', StringSplitOptions.TrimEntries);
            entry.Clear();
            if (PdqHash.TryParse(fields[0], out PdqHash hash))
            {
                ReadHashFirst(fields, hash, writer);
            }
            else if (fields.Length > 2 && HashKinds.Parse(fields[2]) is not HashKind.Other and HashKind kind)
            {
                ReadIndicator(fields, kind, writer);
            }
            else if (number > 1 || !(content.Contains("hash", StringComparison.OrdinalIgnoreCase) || content.Contains("indicator", StringComparison.OrdinalIgnoreCase)))
            {
                throw Malformed($"there is no PDQ hash of {HashDigits} digits where one should be: {Shown(content)}");
            }
        }
    }

    private static bool IsDate(string text) => text.Length >= 10 && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text[4] == '-';

    private static string Shown(string text) => HashListReader.Shown(Encoding.UTF8.GetBytes(text));

    private void ReadHashFirst(string[] fields, PdqHash hash, SetWriter writer)
    {
        bool isLow = false;
        foreach ((int i, string field) in fields.Index().Skip(1))
        {
            if (field.Trim('0').Length == 0)
            {
                continue;
            }

            if (i == 1 && field.Length <= 3 && int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out int quality) && quality <= 100)
            {
                isLow = quality < options.MinQuality;
            }
            else if (IsDate(field))
            {
                entry.VouchedAt ??= field;
            }
            else if (entry.Id is null && i == 1 && fields.Length > 2)
            {
                entry.Id = field;
            }
            else
            {
                entry.Detail = entry.Detail is null ? field : $"{entry.Detail},{field}";
            }
        }

        if (isLow)
        {
            writer.Notes = writer.Notes with { LowQualityIgnored = writer.Notes.LowQualityIgnored + 1 };
        }
        else
        {
            entry.Pdqs.Add(hash);
        }

        writer.Add(entry);
    }

    /// <summary>Identity, hash, type, times of its making and last change (seconds since 1970), status, tags.</summary>
    private void ReadIndicator(string[] fields, HashKind kind, SetWriter writer)
    {
        if (kind == HashKind.PhotoDna)
        {
            writer.Notes = writer.Notes with { PhotoDnaIgnored = writer.Notes.PhotoDnaIgnored + 1 };
        }
        else if (!HashKinds.TryAdd(entry, kind, fields[1]))
        {
            throw Malformed($"this is no {fields[2]} hash: {Shown(fields[1])}");
        }

        entry.Id = fields[0].Length > 0 ? fields[0] : null;
        string? time = fields.Length > 4 && fields[4].Length > 0 ? fields[4] : fields.Length > 3 ? fields[3] : null;
        entry.VouchedAt = UnixTime.Text(time);
        entry.Category = fields.Length > 5 && fields[5].Length > 0 ? fields[5] : null;
        entry.Detail = fields.Length > 6 && fields[6].Length > 0 ? fields[6] : null;
        if (options.Mapping is CategoryMapping mapping)
        {
            CategoryMeaning meaning = mapping.Find(entry.Category) ?? throw Malformed($"the mapping does not say what {Shown(entry.Category ?? CategoryMapping.None)} means");
            (entry.Meaning, entry.Category) = (meaning.Meaning, meaning.Label);
        }

        writer.Add(entry);
    }

    private KnownSetException Malformed(string why) => new($"{text.Name} line {number}: {why}");
}
