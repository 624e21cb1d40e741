using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Cairn.CaseStore;
using Cairn.Core;
using Cairn.Core.Pictures;

namespace Cairn.Reports.Jsonl;

/// <summary>
/// One JSON object on a line for each stream. The first fields are those of the command-line contract and are always there; the others
/// follow, and are left out where they say nothing.
/// </summary>
internal sealed class JsonlExport : IExportFormat
{
    private const int FlushAt = 1 << 16;

    public string Name => "jsonl";

    public string Summary => "one JSON object per stream, with everything that is known of it";

    public long Write(IEnumerable<ExportRow> rows, ExportContext context, Stream target, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>(FlushAt * 2);
        // Nothing here ends up in HTML, so names stay readable: only what JSON itself needs is escaped.
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        long lines = 0;
        foreach (ExportRow row in rows)
        {
            WriteRow(json, row, context);
            json.Flush();
            json.Reset();
            buffer.Write("\n"u8);
            lines++;
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

    private static void WriteRow(Utf8JsonWriter json, ExportRow row, ExportContext context)
    {
        json.WriteStartObject();
        if (row.VolumeIndex is int volume)
        {
            json.WriteNumber(Names.Volume, volume);
        }
        else
        {
            json.WriteNull(Names.Volume);
        }

        json.WriteString(Names.Path, row.Path);
        json.WriteString(Names.Stream, row.Stream);
        json.WriteString(Names.Address, row.Address);
        json.WriteBoolean(Names.Allocated, row.State == EntryState.Allocated);
        json.WriteString(Names.Type, FieldWords.Of(row.Type));
        json.WriteNumber(Names.Size, row.Size);
        WriteTimes(json, Names.Times, row.Times);
        WriteHash(json, Names.Md5, row.Md5);
        WriteHash(json, Names.Sha1, row.Sha1);
        WriteHash(json, Names.Sha256, row.Sha256);
        json.WriteString(Names.Mime, row.Mime);
        WriteHits(json, row, context);
        WriteProblems(json, row);

        json.WriteNumber(Names.Id, row.Id);
        json.WriteNumber(Names.Evidence, row.EvidenceId);
        json.WriteString(Names.State, FieldWords.Of(row.State));
        if (row.Status is ContentStatus status)
        {
            json.WriteString(Names.Content, FieldWords.Of(status));
        }

        WriteInside(json, row);
        WriteRest(json, row);
        json.WriteEndObject();
    }

    private static void WriteRest(Utf8JsonWriter json, ExportRow row)
    {
        if (row.FirstId != row.Id)
        {
            json.WriteNumber(Names.FirstId, row.FirstId);
        }

        if (row.NameBytes is byte[] name)
        {
            json.WriteString(Names.NameBytes, Convert.ToHexStringLower(name));
        }

        if (row.ShortName is string shortName)
        {
            json.WriteString(Names.ShortName, shortName);
        }

        if (row.MetadataReallocated)
        {
            json.WriteBoolean(Names.MetadataReallocated, true);
        }

        if (row.ValidLength != row.Size)
        {
            json.WriteNumber(Names.ValidLength, row.ValidLength);
        }

        if (row.Flags != StreamFlags.None)
        {
            WriteFlags(json, row.Flags);
        }

        if (!row.NameTimes.Modified.IsNone || !row.NameTimes.Created.IsNone || !row.NameTimes.Accessed.IsNone || !row.NameTimes.Changed.IsNone)
        {
            WriteTimes(json, Names.NameTimes, row.NameTimes);
        }

        if (!row.Deleted.IsNone)
        {
            WriteTime(json, Names.DeletedTime, row.Deleted);
        }

        if (row.Mode is int mode)
        {
            json.WriteNumber(Names.Mode, mode);
        }

        if (row.Uid is long uid)
        {
            json.WriteNumber(Names.Uid, uid);
        }

        if (row.Gid is long gid)
        {
            json.WriteNumber(Names.Gid, gid);
        }

        if (row.DosAttributes is int attributes)
        {
            json.WriteNumber(Names.DosAttributes, attributes);
        }

        if (row.LinkTarget is string link)
        {
            json.WriteString(Names.LinkTarget, link);
        }

        if (row.LinkCount is int count)
        {
            json.WriteNumber(Names.LinkCount, count);
        }

        if (row.Attributes is { Count: > 0 } further)
        {
            json.WriteStartObject(Names.Attributes);
            foreach (KeyValuePair<string, string> pair in further)
            {
                json.WriteString(pair.Key, pair.Value);
            }

            json.WriteEndObject();
        }

        if (row.ExtensionMismatch)
        {
            json.WriteBoolean(Names.ExtensionMismatch, true);
        }

        if (row.Recoverability is Recoverability recoverability)
        {
            json.WriteString(Names.Recoverability, FieldWords.Of(recoverability));
        }

        if (row.Claims.Count > 0)
        {
            WriteClaims(json, row.Claims);
        }
    }

    private static void WriteTimes(Utf8JsonWriter json, JsonEncodedText name, in EntryTimes times)
    {
        json.WriteStartObject(name);
        WriteTime(json, Names.Modified, times.Modified);
        WriteTime(json, Names.Accessed, times.Accessed);
        WriteTime(json, Names.Changed, times.Changed);
        WriteTime(json, Names.Created, times.Created);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, JsonEncodedText name, EvidenceTime time)
    {
        Span<byte> text = stackalloc byte[IsoTime.MaximumLength];
        int length = IsoTime.Format(time, text);
        if (length == 0)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, text[..length]);
        }
    }

    private static void WriteHash(Utf8JsonWriter json, JsonEncodedText name, byte[]? hash)
    {
        Span<byte> text = stackalloc byte[128];
        if (hash is not null && Convert.TryToHexStringLower(hash, text, out int length))
        {
            json.WriteString(name, text[..length]);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteHits(Utf8JsonWriter json, ExportRow row, ExportContext context)
    {
        json.WriteStartArray(Names.Hits);
        foreach (HitRow hit in row.Hits)
        {
            KnownSetRow? set = context.Set(hit.SetId);
            json.WriteStartObject();
            json.WriteString(Names.Set, set?.Name);
            json.WriteString(Names.Meaning, hit.Entry?.Meaning ?? set?.Meaning);
            json.WriteString(Names.Method, hit.Method);
            json.WriteString(Names.Detail, hit.Detail);
            if (set?.SetVersion is string version)
            {
                json.WriteString("version"u8, version);
            }

            if (hit.Entry is HitEntryRow entry)
            {
                WriteEntry(json, entry);
            }

            if (context.Overruled.Count(row, hit, set) is (long here, long elsewhere) && here + elsewhere > 0)
            {
                json.WriteStartObject("overruled"u8);
                json.WriteNumber("here"u8, here);
                json.WriteNumber("elsewhere"u8, elsewhere);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteEntry(Utf8JsonWriter json, HitEntryRow entry)
    {
        json.WriteString("entry"u8, entry.Id);
        json.WriteString("category"u8, entry.Category);
        json.WriteString("vouchedBy"u8, entry.VouchedBy);
        json.WriteString("vouchedAt"u8, entry.VouchedAt);
        if (entry.Distance is int distance)
        {
            json.WriteNumber("distance"u8, distance);
            json.WriteNumber("threshold"u8, entry.Threshold ?? 0);
            json.WriteNumber("quality"u8, entry.Quality ?? 0);
            json.WriteString("orientation"u8, FieldWords.Of(entry.Orientation ?? PdqOrientation.Original));
        }

        if (entry.Position is long position)
        {
            json.WriteNumber("position"u8, position);
        }
    }

    private static void WritePicture(Utf8JsonWriter json, StoredPicture picture)
    {
        json.WriteStartObject("picture"u8);
        json.WriteString("kind"u8, FieldWords.Of(picture.Kind));
        json.WriteString("status"u8, FieldWords.Of(picture.Status));
        json.WriteString("format"u8, picture.Format);
        json.WriteNumber("width"u8, picture.Width);
        json.WriteNumber("height"u8, picture.Height);
        json.WriteNumber("frames"u8, picture.Frames);
        if (picture.Milliseconds is long length)
        {
            json.WriteNumber("milliseconds"u8, length);
        }

        json.WriteString("pdq"u8, picture.Hash?.ToString());
        json.WriteNumber("quality"u8, picture.Quality);
        json.WriteString("method"u8, picture.Method);
        if (picture.Camera is string camera)
        {
            json.WriteString("camera"u8, camera);
        }

        if (picture.Facts.Count > 0)
        {
            json.WriteStartObject("facts"u8);
            foreach (KeyValuePair<string, string> fact in picture.Facts)
            {
                json.WriteString(fact.Key, fact.Value);
            }

            json.WriteEndObject();
        }

        if (picture.Alike is AlikeRow alike)
        {
            json.WriteStartObject("alike"u8);
            json.WriteNumber("group"u8, alike.GroupId);
            json.WriteString("kind"u8, FieldWords.OfAlike(alike.Kind));
            json.WriteNumber("distance"u8, alike.Distance);
            json.WriteString("orientation"u8, FieldWords.Of(alike.Orientation));
            if (alike.CopyOf is long copy)
            {
                json.WriteNumber("copyOf"u8, copy);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteInside(Utf8JsonWriter json, ExportRow row)
    {
        if (row.Picture is StoredPicture picture)
        {
            WritePicture(json, picture);
        }

        if (row.Member is StoredMember member)
        {
            json.WriteStartObject("within"u8);
            json.WriteNumber("parent"u8, member.ParentId);
            json.WriteNumber("root"u8, member.RootId);
            json.WriteString("kind"u8, FieldWords.Of(member.Kind));
            json.WriteNumber("depth"u8, member.Depth);
            json.WriteBoolean("encrypted"u8, member.Encrypted);
            json.WriteEndObject();
        }
    }

    private static void WriteProblems(Utf8JsonWriter json, ExportRow row)
    {
        json.WriteStartArray(Names.Problems);
        foreach (Problem problem in row.Problems)
        {
            ProblemJson.Write(json, problem);
        }

        json.WriteEndArray();
    }

    private static void WriteFlags(Utf8JsonWriter json, StreamFlags flags)
    {
        json.WriteStartArray(Names.Flags);
        for (int bit = 1; bit <= (int)StreamFlags.Incomplete; bit <<= 1)
        {
            if (((int)flags & bit) != 0)
            {
                json.WriteStringValue((StreamFlags)bit switch
                {
                    StreamFlags.Resident => "resident",
                    StreamFlags.Sparse => "sparse",
                    StreamFlags.Compressed => "compressed",
                    StreamFlags.Encrypted => "encrypted",
                    StreamFlags.Index => "index",
                    StreamFlags.NameOnly => "name only",
                    _ => "incomplete",
                });
            }
        }

        json.WriteEndArray();
    }

    private static void WriteClaims(Utf8JsonWriter json, IReadOnlyList<ClaimRow> claims)
    {
        json.WriteStartArray(Names.Claims);
        foreach (ClaimRow claim in claims)
        {
            json.WriteStartObject();
            json.WriteNumber(Names.Offset, claim.VolumeOffset);
            json.WriteNumber(Names.Length, claim.Length);
            json.WriteString(Names.State, FieldWords.Of(claim.State));
            if (claim.OtherEntryId is long other)
            {
                json.WriteNumber(Names.Other, other);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static class Names
    {
        public static readonly JsonEncodedText Volume = JsonEncodedText.Encode("volume");
        public static readonly JsonEncodedText Path = JsonEncodedText.Encode("path");
        public static readonly JsonEncodedText Stream = JsonEncodedText.Encode("stream");
        public static readonly JsonEncodedText Address = JsonEncodedText.Encode("address");
        public static readonly JsonEncodedText Allocated = JsonEncodedText.Encode("allocated");
        public static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
        public static readonly JsonEncodedText Size = JsonEncodedText.Encode("size");
        public static readonly JsonEncodedText Times = JsonEncodedText.Encode("times");
        public static readonly JsonEncodedText Modified = JsonEncodedText.Encode("modified");
        public static readonly JsonEncodedText Accessed = JsonEncodedText.Encode("accessed");
        public static readonly JsonEncodedText Changed = JsonEncodedText.Encode("changed");
        public static readonly JsonEncodedText Created = JsonEncodedText.Encode("created");
        public static readonly JsonEncodedText Md5 = JsonEncodedText.Encode("md5");
        public static readonly JsonEncodedText Sha1 = JsonEncodedText.Encode("sha1");
        public static readonly JsonEncodedText Sha256 = JsonEncodedText.Encode("sha256");
        public static readonly JsonEncodedText Mime = JsonEncodedText.Encode("mime");
        public static readonly JsonEncodedText Hits = JsonEncodedText.Encode("hits");
        public static readonly JsonEncodedText Set = JsonEncodedText.Encode("set");
        public static readonly JsonEncodedText Meaning = JsonEncodedText.Encode("meaning");
        public static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
        public static readonly JsonEncodedText Detail = JsonEncodedText.Encode("detail");
        public static readonly JsonEncodedText Problems = JsonEncodedText.Encode("problems");
        public static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
        public static readonly JsonEncodedText FirstId = JsonEncodedText.Encode("firstId");
        public static readonly JsonEncodedText Evidence = JsonEncodedText.Encode("evidence");
        public static readonly JsonEncodedText State = JsonEncodedText.Encode("state");
        public static readonly JsonEncodedText Content = JsonEncodedText.Encode("content");
        public static readonly JsonEncodedText NameBytes = JsonEncodedText.Encode("nameBytes");
        public static readonly JsonEncodedText ShortName = JsonEncodedText.Encode("shortName");
        public static readonly JsonEncodedText MetadataReallocated = JsonEncodedText.Encode("metadataReallocated");
        public static readonly JsonEncodedText ValidLength = JsonEncodedText.Encode("validLength");
        public static readonly JsonEncodedText Flags = JsonEncodedText.Encode("flags");
        public static readonly JsonEncodedText NameTimes = JsonEncodedText.Encode("nameTimes");
        public static readonly JsonEncodedText DeletedTime = JsonEncodedText.Encode("deletedTime");
        public static readonly JsonEncodedText Mode = JsonEncodedText.Encode("mode");
        public static readonly JsonEncodedText Uid = JsonEncodedText.Encode("uid");
        public static readonly JsonEncodedText Gid = JsonEncodedText.Encode("gid");
        public static readonly JsonEncodedText DosAttributes = JsonEncodedText.Encode("dosAttributes");
        public static readonly JsonEncodedText LinkTarget = JsonEncodedText.Encode("linkTarget");
        public static readonly JsonEncodedText LinkCount = JsonEncodedText.Encode("linkCount");
        public static readonly JsonEncodedText Attributes = JsonEncodedText.Encode("attributes");
        public static readonly JsonEncodedText ExtensionMismatch = JsonEncodedText.Encode("extensionMismatch");
        public static readonly JsonEncodedText Recoverability = JsonEncodedText.Encode("recoverability");
        public static readonly JsonEncodedText Claims = JsonEncodedText.Encode("claims");
        public static readonly JsonEncodedText Offset = JsonEncodedText.Encode("offset");
        public static readonly JsonEncodedText Length = JsonEncodedText.Encode("length");
        public static readonly JsonEncodedText Other = JsonEncodedText.Encode("other");
    }
}
