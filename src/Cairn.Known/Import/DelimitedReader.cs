using System.Globalization;
using System.Text;
using Cairn.Known.Sets;

namespace Cairn.Known.Import;

/// <summary>
/// Delimited text (RFC 4180; comma, semicolon or tab) whose first record names the columns. NSRL 2 text is such a file. A quotation mark
/// inside a quoted field that no delimiter follows is taken as itself, because NSRL's file names hold such.
/// </summary>
internal sealed class DelimitedReader : SetReader
{
    private const int LongestRecord = 4 << 20;
    private const int MostColumns = 1_000;

    private static readonly string[] Md5Names = ["md5", "md5hash", "hashmd5", "md5sum"];
    private static readonly string[] Sha1Names = ["sha1", "sha1hash", "hashsha1", "sha1sum"];
    private static readonly string[] Sha256Names = ["sha256", "sha256hash", "hashsha256", "sha256sum"];
    private static readonly string[] PdqNames = ["pdq", "pdqhash", "hashpdq"];
    private static readonly string[] QualityNames = ["quality", "pdqquality"];
    private static readonly string[] IdNames = ["id", "entryid", "mediaid"];
    private static readonly string[] MeaningNames = ["meaning"];
    private static readonly string[] CategoryNames = ["category"];
    private static readonly string[] ByNames = ["vouchedby", "source", "organisation", "organization", "agency", "owner"];
    private static readonly string[] AtNames = ["vouchedat", "date", "datetime", "dateupdated", "updated"];
    private static readonly string[] WithdrawnNames = ["withdrawn", "iswithdrawn", "deleted", "isdeleted", "shoulddelete", "status"];
    private static readonly string[] Withdrawn = ["true", "yes", "1", "withdrawn", "deleted", "removed", "revoked"];
    private static readonly string[] DetailNames = ["label", "description", "detail", "filename", "name", "comment"];

    private readonly TextSource text;
    private readonly ImportOptions options;
    private readonly SourceEntry entry = new();
    private readonly string[] names;
    private readonly int md5Column;
    private readonly int sha1Column;
    private readonly int sha256Column;
    private readonly int detailColumn;
    private readonly int pdqColumn;
    private readonly int qualityColumn;
    private readonly int idColumn;
    private readonly int meaningColumn;
    private readonly int categoryColumn;
    private readonly int byColumn;
    private readonly int atColumn;
    private readonly int withdrawnColumn;
    private readonly byte[] record = new byte[LongestRecord];
    private readonly int[] ends = new int[MostColumns];
    private byte delimiter;
    private int fields;
    private long line = 1;
    private long recordLine;

    /// <summary>Reads the names of the columns.</summary>
    public DelimitedReader(FileStream file, ImportOptions options)
    {
        text = new TextSource(file);
        this.options = options;
        if (!NextRecord())
        {
            throw new KnownSetException($"{text.Name}: it is empty; there is no hash in it");
        }

        names = [.. Enumerable.Range(0, fields).Select(i => Encoding.UTF8.GetString(Field(i)))];
        KnownColumns columns = options.Columns;
        (md5Column, sha1Column, sha256Column) = (Column(columns.Md5, Md5Names), Column(columns.Sha1, Sha1Names), Column(columns.Sha256, Sha256Names));
        (detailColumn, pdqColumn, qualityColumn) = (Column(columns.Detail, DetailNames), Column(columns.Pdq, PdqNames), Column(columns.Quality, QualityNames));
        (idColumn, meaningColumn, categoryColumn) = (Column(columns.Id, IdNames), Column(columns.Meaning, MeaningNames), Column(columns.Category, CategoryNames));
        (byColumn, atColumn, withdrawnColumn) = (Column(columns.VouchedBy, ByNames), Column(columns.VouchedAt, AtNames), Column(columns.Withdrawn, WithdrawnNames));
        if (md5Column < 0 && sha1Column < 0 && sha256Column < 0 && pdqColumn < 0)
        {
            throw new KnownSetException($"{text.Name} line 1: no column is named md5, sha1, sha256 or pdq; name the columns of the file");
        }
    }

    /// <inheritdoc/>
    public override string FormatName => "csv";

    /// <inheritdoc/>
    public override bool HasEntries => pdqColumn >= 0 || idColumn >= 0 || meaningColumn >= 0 || categoryColumn >= 0 || withdrawnColumn >= 0;

    /// <summary>Whether the first line names a hash column.</summary>
    public static bool LooksLike(ReadOnlySpan<byte> start)
    {
        string first = Decode(start);
        int end = first.AsSpan().IndexOfAny('\r', '\n');
        first = end < 0 ? first : first[..end];
        string[] names = [.. first.Split(Delimiter(first)).Select(Plain)];
        return names.Intersect([.. Md5Names, .. Sha1Names, .. Sha256Names, .. PdqNames]).Any();
    }

    /// <inheritdoc/>
    public override void Read(SetWriter writer, IProgress<ImportProgress>? progress, CancellationToken cancel)
    {
        Span<byte> md5 = stackalloc byte[16], sha1 = stackalloc byte[20], sha256 = stackalloc byte[32];
        long records = 0;
        while (NextRecord())
        {
            if ((++records & 0xFFFF) == 0)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(new ImportProgress("reading", text.Done, text.Total, writer.Entries));
            }

            if (fields == 1 && Field(0).IsEmpty)
            {
                continue;
            }

            if (fields != names.Length)
            {
                throw Malformed($"it has {fields} fields where the first line has {names.Length}");
            }

            if (HasEntries)
            {
                ReadEntry(writer);
                continue;
            }

            bool hasMd5 = Hash(md5Column, md5, "MD5"), hasSha1 = Hash(sha1Column, sha1, "SHA-1"), hasSha256 = Hash(sha256Column, sha256, "SHA-256");
            if (!hasMd5 && !hasSha1 && !hasSha256)
            {
                throw Malformed("it has no hash");
            }

            writer.Add(hasMd5 ? md5 : default, hasSha1 ? sha1 : default, hasSha256 ? sha256 : default, detailColumn < 0 ? null : Encoding.UTF8.GetString(Field(detailColumn)));
        }
    }

    private static string Decode(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Encoding.Unicode.GetString(start[2..]);
        }

        return start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? Encoding.BigEndianUnicode.GetString(start[2..]) : Encoding.UTF8.GetString(start).TrimStart('\uFEFF');
    }

    private static char Delimiter(string first) => first.Contains('\t') ? '\t' : first.Count(c => c == ';') > first.Count(c => c == ',') ? ';' : ',';

    private static string Plain(string name) => string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    private int Column(string? wanted, string[] usual)
    {
        if (wanted is not null)
        {
            int at = Array.FindIndex(names, n => string.Equals(n.Trim(), wanted.Trim(), StringComparison.OrdinalIgnoreCase));
            return at >= 0 ? at : throw new KnownSetException($"{text.Name} line 1: no column is named {wanted}");
        }

        foreach (string name in usual)
        {
            int at = Array.FindIndex(names, n => Plain(n) == name);
            if (at >= 0)
            {
                return at;
            }
        }

        return -1;
    }

    private void ReadEntry(SetWriter writer)
    {
        entry.Clear();
        AddHash(md5Column, HashKind.Md5);
        AddHash(sha1Column, HashKind.Sha1);
        AddHash(sha256Column, HashKind.Sha256);
        bool isLow = Value(pdqColumn) is not null && Quality() < options.MinQuality;
        if (isLow)
        {
            writer.Notes = writer.Notes with { LowQualityIgnored = writer.Notes.LowQualityIgnored + 1 };
        }
        else
        {
            AddHash(pdqColumn, HashKind.Pdq);
        }

        entry.Id = Value(idColumn);
        entry.IsWithdrawn = Value(withdrawnColumn) is string flag && Withdrawn.Contains(flag, StringComparer.OrdinalIgnoreCase);
        if (entry.Hashes.Count == 0 && entry.Pdqs.Count == 0 && !isLow && !(entry.IsWithdrawn && entry.Id is not null))
        {
            throw Malformed("it has no hash");
        }

        (entry.Detail, entry.VouchedBy, entry.VouchedAt) = (Value(detailColumn), Value(byColumn), Value(atColumn));
        entry.Category = Value(categoryColumn);
        if (options.Mapping is CategoryMapping mapping && categoryColumn >= 0 && !entry.IsWithdrawn)
        {
            CategoryMeaning meaning = mapping.Find(entry.Category) ?? throw Malformed($"the mapping does not say what category {HashListReader.Shown(Encoding.UTF8.GetBytes(entry.Category ?? CategoryMapping.None))} means");
            (entry.Meaning, entry.Category) = (meaning.Meaning, meaning.Label);
        }

        if (Value(meaningColumn) is string own)
        {
            try
            {
                entry.Meaning = KnownMeanings.Parse(own);
            }
            catch (KnownSetException error)
            {
                throw Malformed(error.Message);
            }
        }

        writer.Add(entry);
    }

    private string? Value(int column) => column < 0 || Field(column).Trim(" \t"u8) is not { IsEmpty: false } text ? null : Encoding.UTF8.GetString(text);

    private int Quality() => Value(qualityColumn) is not string text ? 100
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int quality) && quality <= 100 ? quality : throw Malformed("the quality is no number from 0 to 100");

    private void AddHash(int column, HashKind kind)
    {
        if (Value(column) is string text && !HashKinds.TryAdd(entry, kind, text))
        {
            throw Malformed($"this is no {kind.ToString().ToUpperInvariant()} hash: {HashListReader.Shown(Encoding.UTF8.GetBytes(text))}");
        }
    }

    private bool Hash(int column, Span<byte> target, string algorithm)
    {
        if (column < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> field = Field(column).Trim(" \t"u8);
        if (field.IsEmpty)
        {
            return false;
        }

        return Hexadecimal.TryParse(field, target) ? true : throw Malformed($"this is no {algorithm} hash: {HashListReader.Shown(field)}");
    }

    private KnownSetException Malformed(string why) => new($"{text.Name} line {recordLine}: {why}");

    private ReadOnlySpan<byte> Field(int index)
    {
        int start = index == 0 ? 0 : ends[index - 1];
        return record.AsSpan(start, ends[index] - start);
    }

    private bool NextRecord()
    {
        fields = 0;
        recordLine = line;
        if (text.Peek() < 0)
        {
            return false;
        }

        int length = 0;
        if (delimiter == 0)
        {
            delimiter = FirstDelimiter();
        }

        while (true)
        {
            bool last = NextField(ref length);
            if (fields == MostColumns)
            {
                throw Malformed($"it has more than {MostColumns} fields");
            }

            ends[fields++] = length;
            if (last)
            {
                return true;
            }
        }
    }

    /// <summary>Appends a field to the record and passes what ends it; true where the record ends too.</summary>
    private bool NextField(ref int length)
    {
        ReadOnlySpan<byte> plainStop = [delimiter, (byte)'\n', (byte)'\r'];
        if (text.Peek() == '"')
        {
            text.Next();
            NextQuoted(ref length);
        }

        while (true)
        {
            Append(text.Until(plainStop), ref length);
            int end = text.Peek();
            if (end == delimiter)
            {
                text.Next();
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            if (end == '\n')
            {
                text.Next();
                line++;
                return true;
            }

            if (end == '\r')
            {
                text.Next();
                if (text.Peek() is '\n' or -1)
                {
                    continue;
                }

                // The line ends of the oldest Macintosh files.
                line++;
                return true;
            }
        }
    }

    private void NextQuoted(ref int length)
    {
        while (true)
        {
            ReadOnlySpan<byte> part = text.Until("\"\n"u8);
            Append(part, ref length);
            int at = text.Next();
            if (at < 0)
            {
                throw Malformed("a quoted field does not end; the file may be cut short");
            }

            if (at == '\n')
            {
                line++;
                Append("\n"u8, ref length);
            }
            else if (at == '"')
            {
                int after = text.Peek();
                if (after == delimiter || after is '\n' or '\r' or -1)
                {
                    return;
                }

                if (after == '"')
                {
                    text.Next();
                }

                Append("\""u8, ref length);
            }
            else
            {
                // The buffer ended in the middle of the field.
                Append([(byte)at], ref length);
            }
        }
    }

    private void Append(ReadOnlySpan<byte> part, ref int length)
    {
        if (part.Length > record.Length - length)
        {
            throw Malformed($"it is longer than {LongestRecord:N0} bytes");
        }

        part.CopyTo(record.AsSpan(length));
        length += part.Length;
    }

    private byte FirstDelimiter()
    {
        Span<byte> start = stackalloc byte[4096];
        int count = text.PeekMany(start);
        string first = Encoding.UTF8.GetString(start[..count]);
        int end = first.AsSpan().IndexOfAny('\r', '\n');
        return (byte)Delimiter(end < 0 ? first : first[..end]);
    }
}
