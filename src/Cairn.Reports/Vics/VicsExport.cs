using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Vics;

/// <summary>
/// Pictures and videos as JSON in the manner of Project VIC's data model 2.0, not certified by anyone: see README.md. A media is a content, its
/// files are the entries that have it. The rows are gone through twice; 32 bytes are kept for each picture.
/// </summary>
internal sealed class VicsExport : IExportFormat
{
    private const int FlushAt = 1 << 16;
    private const int LeastQuality = 50; // below it the reference advises not to compare PDQ hashes

    public string Name => "vics";

    public string Summary => "pictures and videos as VICS 2.0 compatible JSON, uncertified; with --vics-categories";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        VicsSettings settings = context.Vics
            ?? throw new CaseException("the codes of categories differ from profile to profile, so nothing is exported to VICS without saying what they are: give --vics-categories, for example notable=1,*=0,none=0");
        Index index = Index.Of(rows, settings, context, cancel);
        using var json = new Utf8JsonWriter(target, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        Head(json, context, settings, index);
        long media = 0;
        foreach (ExportRow row in rows)
        {
            if (!IsMedia(row) || row.Md5 is null || index.GroupOf(row) is not { Length: > 0 } ids || ids[0] != row.Id)
            {
                continue;
            }

            Media(json, row, ids, context, settings);
            media++;
            if (json.BytesPending >= FlushAt)
            {
                cancel.ThrowIfCancellationRequested();
                json.Flush();
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        if (index.WithoutHash > 0)
        {
            context.Complain($"{index.WithoutHash:N0} pictures or videos have no MD5, without which the format has no media, and are left out: their content could not be read.");
        }

        return media;
    }

    private static bool IsMedia(ExportRow row) => row.Picture is not null
        || (row.Mime is string mime && (mime.StartsWith("image/", StringComparison.Ordinal) || mime.StartsWith("video/", StringComparison.Ordinal)));

    private static void Head(Utf8JsonWriter json, ExportContext context, VicsSettings settings, Index index)
    {
        int space = context.Tool.LastIndexOf(' ');
        json.WriteStartObject();
        json.WriteString("@odata.context"u8, $"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{settings.Profile}/$metadata#Cases");
        json.WriteStartArray("value"u8);
        json.WriteStartObject();
        json.WriteString("CaseID"u8, context.CaseId);
        json.WriteString("CaseNumber"u8, string.Join(", ", context.Evidence.Select(e => context.ExhibitName(e.Id))));
        json.WriteString("SourceApplicationName"u8, $"{(space < 0 ? context.Tool : context.Tool[..space])} (VICS-compatible, uncertified)");
        json.WriteString("SourceApplicationVersion"u8, space < 0 ? "" : context.Tool[(space + 1)..]);
        json.WriteNumber("TotalMediaFiles"u8, index.Files);
        json.WriteNumber("TotalPrecategorized"u8, index.Precategorized);
        json.WriteStartArray("Media"u8);
    }

    private static void Media(Utf8JsonWriter json, ExportRow row, ReadOnlySpan<long> ids, ExportContext context, VicsSettings settings)
    {
        string md5 = Convert.ToHexString(row.Md5!);
        json.WriteStartObject();
        json.WriteNumber("MediaID"u8, row.Id);
        (string? grade, IReadOnlyList<string> flags) = context.GradeOf(row);
        int? code = settings.Categories.CodeOf(row, grade, context);
        if (code is int category)
        {
            json.WriteNumber("Category"u8, category);
        }

        json.WriteString("MD5"u8, md5);
        if (row.Sha1 is byte[] sha1)
        {
            json.WriteString("SHA1"u8, Convert.ToHexString(sha1));
        }

        json.WriteNumber("MediaSize"u8, row.Size);
        if (row.Mime is string mime)
        {
            json.WriteString("MimeType"u8, mime);
        }

        if (grade is not null)
        {
            json.WriteBoolean("VictimIdentified"u8, flags.Contains("victim"));
        }

        bool precategorized = grade is null && code is not null && row.Hits.Count > 0;
        json.WriteBoolean("IsPrecategorized"u8, precategorized);
        if (precategorized)
        {
            json.WriteString("PrecategorizationSource"u8, row.Hits[0].Entry?.VouchedBy ?? context.Set(row.Hits[0].SetId)?.Name);
        }

        OtherHashes(json, row);
        Facts(json, row, md5);
        json.WriteStartArray("MediaFiles"u8);
        foreach (long id in ids)
        {
            if ((id == row.Id ? row : context.RowOf(id)) is ExportRow file)
            {
                MediaFile(json, file, md5, context);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void OtherHashes(Utf8JsonWriter json, ExportRow row)
    {
        bool pdq = row.Picture is { Hash: not null, Quality: >= LeastQuality };
        if (row.Sha256 is null && !pdq)
        {
            return;
        }

        json.WriteStartArray("AlternativeHashes"u8);
        if (row.Sha256 is byte[] sha256)
        {
            Hash(json, "SHA256", Convert.ToHexString(sha256));
        }

        if (pdq)
        {
            Hash(json, "PDQ", row.Picture!.Hash.ToString()!);
        }

        json.WriteEndArray();

        static void Hash(Utf8JsonWriter json, string name, string value)
        {
            json.WriteStartObject();
            json.WriteString("HashName"u8, name);
            json.WriteString("HashValue"u8, value);
            json.WriteEndObject();
        }
    }

    private static void Facts(Utf8JsonWriter json, ExportRow row, string md5)
    {
        if (row.Picture is not { Facts.Count: > 0 } picture)
        {
            return;
        }

        json.WriteStartArray("Exifs"u8);
        foreach (KeyValuePair<string, string> fact in picture.Facts)
        {
            json.WriteStartObject();
            json.WriteString("PropertyName"u8, fact.Key);
            json.WriteString("PropertyValue"u8, fact.Value);
            json.WriteString("MD5"u8, md5);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void MediaFile(Utf8JsonWriter json, ExportRow row, string md5, ExportContext context)
    {
        (string folder, string name) = Split(row);
        json.WriteStartObject();
        json.WriteString("MD5"u8, md5);
        json.WriteString("FileName"u8, name);
        json.WriteString("FilePath"u8, folder);
        Time(json, "Created"u8, row.Times.Created);
        Time(json, "Written"u8, row.Times.Modified);
        Time(json, "Accessed"u8, row.Times.Accessed);
        json.WriteBoolean("Unallocated"u8, false);
        json.WriteBoolean("Deleted"u8, row.State != EntryState.Allocated);
        if (row.Member is StoredMember member)
        {
            if (context.RowOf(member.ParentId) is ExportRow parent)
            {
                (string parentFolder, string parentName) = Split(parent);
                if (parent.Md5 is byte[] parentMd5)
                {
                    json.WriteString("ParentMD5"u8, Convert.ToHexString(parentMd5));
                }

                json.WriteString("ParentFileName"u8, parentName);
                json.WriteString("ParentFilePath"u8, parentFolder);
            }
        }
        else if (row.FirstOffset >= 0 && row.VolumeIndex is not null && context.VolumeOf(row) is VolumeRow volume)
        {
            json.WriteNumber("PhysicalLocation"u8, volume.Volume.Offset + row.FirstOffset);
        }

        json.WriteString("SourceID"u8, context.ExhibitName(row.EvidenceId));
        json.WriteEndObject();
    }

    private static (string Folder, string Name) Split(ExportRow row)
    {
        int slash = row.Path.LastIndexOf('/');
        string name = slash < 0 ? row.Path : row.Path[(slash + 1)..];
        return (slash < 0 ? "/" : "/" + row.Path[..slash], row.Stream.Length == 0 ? name : $"{name}:{row.Stream}");
    }

    private static void Time(Utf8JsonWriter json, ReadOnlySpan<byte> name, EvidenceTime time)
    {
        if (time.ToIso() is string text)
        {
            json.WriteString(name, text);
        }
    }

    /// <summary>Which rows have the same content, ascending by MD5 and row.</summary>
    private sealed class Index
    {
        private readonly List<(UInt128 Md5, long Id)> files = [];
        private long[] ids = [];

        public long Files => files.Count;

        public long Precategorized { get; private set; }

        public long WithoutHash { get; private set; }

        public static Index Of(IEnumerable<ExportRow> rows, VicsSettings settings, ExportContext context, CancellationToken cancel)
        {
            Index index = new();
            HashSet<UInt128> categorized = [];
            foreach (ExportRow row in rows)
            {
                if (!IsMedia(row))
                {
                    continue;
                }

                if (row.Md5 is not byte[] md5)
                {
                    index.WithoutHash++;
                    continue;
                }

                if ((index.files.Count & 0xFFF) == 0)
                {
                    cancel.ThrowIfCancellationRequested();
                }

                UInt128 key = BinaryPrimitives.ReadUInt128BigEndian(md5);
                index.files.Add((key, row.Id));
                if (row.Hits.Count > 0 && context.GradeOf(row).Grade is null && settings.Categories.CodeOf(row, null, context) is not null && categorized.Add(key))
                {
                    index.Precategorized++;
                }
            }

            index.files.Sort();
            index.ids = [.. index.files.Select(f => f.Id)];
            return index;
        }

        /// <summary>The rows with the content of <paramref name="row"/>, ascending; empty for one that came while the export ran.</summary>
        public ReadOnlySpan<long> GroupOf(ExportRow row)
        {
            UInt128 key = BinaryPrimitives.ReadUInt128BigEndian(row.Md5);
            int first = ~files.BinarySearch((key, 0L)); // ids are from 1
            int end = first;
            while (end < files.Count && files[end].Md5 == key)
            {
                end++;
            }

            return ids.AsSpan(first, end - first);
        }
    }
}
