using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Cairn.CaseStore;
using Cairn.CaseStore.Audit;
using Cairn.CaseStore.Thumbnails;
using Cairn.Core;
using Cairn.Reports.Files;

namespace Cairn.Reports.Portable;

/// <summary>What is put into a portable case beside the chosen contents.</summary>
public sealed record PortableSettings
{
    /// <summary>The small pictures of the case; null for none.</summary>
    public ThumbnailReader? Small { get; init; }

    /// <summary>A report to put in, a file that ends in .html or .pdf; null for none.</summary>
    public string? Report { get; init; }
}

/// <summary>
/// A folder that anyone can open: chosen contents, a viewer without server and network, the head of the audit log, and what is needed to check
/// all of it offline. See README.md.
/// </summary>
public static class PortableExport
{
    internal const string Kind = "portable";
    internal const string Statement = "signature/statement.txt";
    internal const string Note = "signature/statement.note";
    internal const string RawSignature = "signature/signature.bin";
    internal const string PublicKey = "signature/public-key.pem";
    internal const string VerifierKey = "signature/verifier-key.txt";
    internal const string Log = "audit/log.jsonl";
    internal const string Checkpoint = "audit/checkpoint.txt";

    /// <summary>Writes the folder, whole or not at all.</summary>
    /// <exception cref="CaseException">It is there already, is evidence or the case, cannot be written, or the signing key cannot be used.</exception>
    public static FolderResult Write(CaseReader reader, string folder, ExportSettings settings, PortableSettings portable, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(portable);
        ExportContext context = ExportContext.Of(reader, settings);
        try
        {
            using ChecksumFolder target = new(folder, reader);
            CopyTally tally = new();
            PortableIndex index = new(target, context);
            using (ContentCopier copier = new(target, context, settings.Filter.Ids))
            using (FileManifest manifest = new(target, context))
            {
                foreach (ExportRow row in settings.Filter.Of(reader, context))
                {
                    CopiedContent copy = copier.Copy(row, cancel);
                    manifest.Add(row, copy);
                    tally.Add(row, copy, context);
                    index.Add(row, copy, copy.File is not null && Small(target, portable.Small, row, context));
                }
            }

            index.Flush();
            string? report = Report(target, portable.Report);
            (long size, byte[] root, CaseCheckpoint? checkpoint) = Audit(target, reader);
            Head(target, context, index, tally, (size, root, checkpoint), report);
            foreach ((string resource, string name) in new[] { ("index.html", "index.html"), ("viewer.js", "viewer/viewer.js"), ("viewer.css", "viewer/viewer.css") })
            {
                using Stream file = target.Create(name);
                using Stream content = typeof(PortableExport).Assembly.GetManifestResourceStream($"Cairn.Reports.Portable.Viewer.{resource}") ?? throw new InvalidOperationException($"{resource} is not in the program");
                content.CopyTo(file);
            }

            target.Write("HOW-TO-CHECK.txt", HowToCheck(context));
            long files = target.Files;
            byte[] list = target.Close();
            Sign(target, context, list, files, size, root);
            target.Finish();
            return tally.Result(target.Target, list);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"cannot write {folder}: {error.Message} Choose another folder with -o.", error);
        }
    }

    private static bool Small(ChecksumFolder target, ThumbnailReader? reader, ExportRow row, ExportContext context)
    {
        Thumbnail? small = null;
        try
        {
            small = row.Picture is null ? null : reader?.Read(row.Id);
        }
        catch (MalformedDataException error)
        {
            context.Complain($"row {row.Id}, {row.Path}: its small picture cannot be read: {error.Message}.");
        }

        if (small is null)
        {
            return false;
        }

        using Stream file = target.Create(ContentCopier.NameOf("small", row, ".jpg"));
        file.Write(small.Jpeg.Span);
        return true;
    }

    private static string? Report(ChecksumFolder target, string? report)
    {
        if (report is null)
        {
            return null;
        }

        string name = report.EndsWith(".pdf", StringComparison.OrdinalIgnoreCase) ? "report.pdf" : "report.html";
        using FileStream content = File.OpenRead(report);
        using Stream file = target.Create(name);
        content.CopyTo(file);
        return name;
    }

    /// <summary>The log in words with its leaves, and the newest checkpoint.</summary>
    private static (long Size, byte[] Root, CaseCheckpoint? Checkpoint) Audit(ChecksumFolder target, CaseReader reader)
    {
        long size = 0;
        byte[] root = [];
        ArrayBufferWriter<byte> buffer = new(1 << 12);
        using (Stream file = target.Create(Log))
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            foreach (AuditEntry entry in reader.Audit())
            {
                buffer.ResetWrittenCount();
                json.Reset();
                json.WriteStartObject();
                json.WriteNumber("seq"u8, entry.Sequence);
                json.WriteString("utc"u8, entry.Utc);
                json.WriteNumber("run"u8, entry.RunId);
                json.WriteString("who"u8, entry.Who);
                json.WriteString("host"u8, entry.Host);
                json.WriteString("tool"u8, entry.Tool);
                json.WriteString("action"u8, entry.Action);
                json.WriteString("detail"u8, entry.Detail);
                json.WriteString("rows"u8, entry.Rows);
                json.WriteString("leaf"u8, Convert.ToHexStringLower(entry.Leaf));
                json.WriteString("root"u8, Convert.ToHexStringLower(entry.Root));
                json.WriteEndObject();
                json.Flush();
                file.Write(buffer.WrittenSpan);
                file.WriteByte((byte)'\n');
                (size, root) = (entry.Sequence, entry.Root);
            }
        }

        CaseCheckpoint? checkpoint = reader.Checkpoints() is [.., CaseCheckpoint newest] ? newest : null;
        if (checkpoint is not null)
        {
            target.Write(Checkpoint, checkpoint.Text);
            target.Write("audit/checkpoint-key.txt", checkpoint.VerifierKey + "\n");
        }

        return (size, root, checkpoint);
    }

    private static void Sign(ChecksumFolder target, ExportContext context, byte[] list, long files, long size, byte[] root)
    {
        SignedStatement signed = CaseSignature.Sign(context.CaseId, Kind,
        [
            $"SHA256SUMS {Convert.ToHexStringLower(list)}",
            $"files {files.ToString(CultureInfo.InvariantCulture)}",
            $"log {size.ToString(CultureInfo.InvariantCulture)} {Convert.ToHexStringLower(root)}",
            $"tool {context.Tool}",
        ]);
        target.Write(Statement, signed.Body);
        target.Write(Note, signed.Note);
        using (Stream raw = target.Create(RawSignature))
        {
            raw.Write(signed.Signature);
        }

        target.Write(PublicKey, signed.PublicKeyText);
        target.Write(VerifierKey, signed.VerifierKey + "\n");
    }

    private static void Head(ChecksumFolder target, ExportContext context, PortableIndex index, CopyTally tally, (long Size, byte[] Root, CaseCheckpoint? Checkpoint) log, string? report)
    {
        FolderResult result = tally.Result("", []);
        using Stream file = target.Create("data/case.js");
        file.Write("window.cairnHead = "u8);
        using (Utf8JsonWriter json = new(file, PortableIndex.Options))
        {
            json.WriteStartObject();
            json.WriteString("title"u8, VisibleText.Escape(string.Join(", ", context.Evidence.Select(e => context.ExhibitName(e.Id)))));
            json.WriteString("about"u8, $"{Count(result.Entries)} entries, {Count(result.Files)} of them with their content in this folder ({Count(result.Bytes)} bytes). Case {context.CaseId}, written by {context.Tool}.");
            json.WriteNumber("lists"u8, index.Lists);
            json.WriteString("report"u8, report);
            json.WriteStartArray("exhibits"u8);
            foreach (StoredEvidence evidence in context.Evidence)
            {
                json.WriteStringValue(VisibleText.Escape(context.ExhibitName(evidence.Id)));
            }

            json.WriteEndArray();
            json.WriteStartArray("sections"u8);
            Section(json, "Exhibits", context.Evidence.Select(e => $"{context.ExhibitName(e.Id)}: {e.Row.TypeName}, {Count(e.Row.Size)} bytes; "
                + string.Join(", ", context.MediaHashesOf(e.Id).Select(h => $"{h.Algorithm} {Convert.ToHexStringLower(h.Value)}{(h.Verified is bool same ? same ? " (equal to the stored one)" : " (NOT equal to the stored one)" : "")}"))));
            Section(json, "Examinations", context.Runs.Where(r => r.Command == "examine").Select(r => $"{r.Start} to {r.End ?? "(did not end)"}, {r.Tool}, {r.Who} on {r.Host}"));
            Section(json, "Audit log", [$"{Count(log.Size)} entries, root {Convert.ToHexStringLower(log.Root)}", log.Checkpoint is null ? "There is no signed checkpoint yet." : $"The newest signed checkpoint covers {Count(log.Checkpoint.Size)} entries: audit/checkpoint.txt."]);
            Section(json, "How to check", ["HOW-TO-CHECK.txt in this folder says how, with and without Cairn.", "Times are UTC; times of FAT have no zone and are shown as they are stored."]);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        file.Write(";\n"u8);
    }

    private static void Section(Utf8JsonWriter json, string name, IEnumerable<string> lines)
    {
        json.WriteStartArray();
        json.WriteStringValue(name);
        json.WriteStartArray();
        foreach (string line in lines)
        {
            json.WriteStringValue(VisibleText.Escape(line));
        }

        json.WriteEndArray();
        json.WriteEndArray();
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string HowToCheck(ExportContext context) => $"""
        A portable case, written by {context.Tool}
        Case {context.CaseId}

        To look at it: open index.html in a browser. It needs no network and no server.

        To check that nothing was changed since it was written, in this folder:

        1. Every file is the one that was written:
               sha256sum -c SHA256SUMS
           (macOS: shasum -a 256 -c SHA256SUMS)
           Each line has to end in OK. The files in signature/ and SHA256SUMS itself are not in the list; steps 2 and 3 cover them.

        2. The list is the one that was signed: the two numbers have to be the same.
               sha256sum SHA256SUMS
               grep SHA256SUMS signature/statement.txt

        3. The statement was signed with the key:
               openssl pkeyutl -verify -pubin -inkey signature/public-key.pem -rawin -in signature/statement.txt -sigfile signature/signature.bin
           It has to say: Signature Verified Successfully (OpenSSL 3 or later).

        4. The key is the unit's. Nobody can tell that from this folder alone: ask the unit for the line in signature/verifier-key.txt,
           by a way other than the one by which the folder came, and compare.

        With Cairn, steps 1 to 3 and the audit log are one command:
               cairn verify --portable FOLDER [--checkpoint FILE]
           With a checkpoint of the case that the unit gave you earlier, it also says whether the log in audit/ goes on from there.

        What is where:
           manifest.csv, manifest.jsonl   each chosen entry: its file here, original path, times, hashes, whether they are those of the case
           files/                         contents, byte for byte; the number is the entry's id in the case
           small/                         small pictures for the viewer
           audit/                         the audit log of the case in words with the leaves of its Merkle tree (RFC 9162), the newest signed
                                          checkpoint (C2SP tlog-checkpoint) and the key it was signed with
           data/, viewer/                 what index.html shows and shows it with

        The contents come from evidence and may be harmful to a computer: open them with care.

        """.ReplaceLineEndings("\n");
}

/// <summary>The rows of the viewer as scripts: short ones to search and sort, the rest to show one.</summary>
internal sealed class PortableIndex(ChecksumFolder folder, ExportContext context)
{
    internal const int PerList = 2_000;
    internal const int PerMore = 500;

    /// <summary>Letters stay readable; what HTML or a script could take for its own is escaped.</summary>
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    private readonly Dictionary<long, int> exhibits = context.Evidence.Select((e, i) => (e.Id, i)).ToDictionary(p => p.Id, p => p.i);
    private readonly ArrayBufferWriter<byte> list = new(1 << 18);
    private readonly ArrayBufferWriter<byte> more = new(1 << 18);
    private int inList, inMore;

    public int Lists { get; private set; }

    public int Mores { get; private set; }

    public void Add(ExportRow row, CopiedContent copy, bool small)
    {
        Append(list, ref inList, json => Short(json, row, copy, small));
        Append(more, ref inMore, json => Long(json, row, copy));
        if (inList == PerList)
        {
            Lists++;
            Write("list", "cairnList", Lists, list, ref inList);
        }

        if (inMore == PerMore)
        {
            Mores++;
            Write("more", "cairnMore", Mores, more, ref inMore);
        }
    }

    public void Flush()
    {
        if (inList > 0)
        {
            Lists++;
            Write("list", "cairnList", Lists, list, ref inList);
        }

        if (inMore > 0)
        {
            Mores++;
            Write("more", "cairnMore", Mores, more, ref inMore);
        }
    }

    private static void Append(ArrayBufferWriter<byte> buffer, ref int count, Action<Utf8JsonWriter> write)
    {
        buffer.Write(count++ == 0 ? "\n"u8 : ",\n"u8);
        using Utf8JsonWriter json = new(buffer, Options);
        write(json);
    }

    private void Write(string name, string function, int number, ArrayBufferWriter<byte> buffer, ref int count)
    {
        using Stream file = folder.Create(string.Create(CultureInfo.InvariantCulture, $"data/{name}-{number:D5}.js"));
        file.Write(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{function}({number}, [")));
        file.Write(buffer.WrittenSpan);
        file.Write("\n]);\n"u8);
        buffer.ResetWrittenCount();
        count = 0;
    }

    private void Short(Utf8JsonWriter json, ExportRow row, CopiedContent copy, bool small)
    {
        json.WriteStartArray();
        json.WriteNumberValue(row.Id);
        json.WriteNumberValue(exhibits.GetValueOrDefault(row.EvidenceId));
        json.WriteNumberValue(row.VolumeIndex ?? -1);
        json.WriteStringValue(VisibleText.Escape(row.Path));
        json.WriteStringValue(VisibleText.Escape(row.Stream));
        json.WriteNumberValue((int)row.State);
        json.WriteStringValue(FieldWords.Of(row.Type));
        json.WriteStringValue(row.Mime ?? "");
        json.WriteNumberValue(row.Size);
        json.WriteStringValue(row.Times.Modified.ToIso() ?? "");
        json.WriteStringValue(row.Sha256 is null ? "" : Convert.ToHexStringLower(row.Sha256));
        json.WriteStringValue(string.Join(", ", row.Hits.Select(h => $"{VisibleText.Escape(context.Set(h.SetId)?.Name ?? "set")} ({context.MeaningOf(h)})").Distinct(StringComparer.Ordinal)));
        json.WriteStringValue(copy.File ?? "");
        json.WriteNumberValue(small ? 1 : 0);
        json.WriteEndArray();
    }

    private void Long(Utf8JsonWriter json, ExportRow row, CopiedContent copy)
    {
        json.WriteStartArray();
        Pair(json, "Address", row.Address);
        Pair(json, "Name as stored (hexadecimal)", row.NameBytes is null ? null : Convert.ToHexStringLower(row.NameBytes));
        Pair(json, "Type", FieldWords.Of(row.Type));
        Pair(json, "Content", row.Mime);
        Pair(json, "Bytes", row.Size.ToString("N0", CultureInfo.InvariantCulture));
        Times(json, row.Times, "");
        Times(json, row.NameTimes, " ($FILE_NAME)");
        Pair(json, "Deleted", row.Deleted.ToIso());
        Pair(json, "MD5", Hex(row.Md5));
        Pair(json, "SHA-1", Hex(row.Sha1));
        Pair(json, "SHA-256", Hex(row.Sha256));
        Pair(json, "Within row", row.Member is StoredMember member ? member.ParentId.ToString(CultureInfo.InvariantCulture) : null);
        foreach (HitRow hit in row.Hits)
        {
            Pair(json, "Hit", HitWords.Explain(hit, context));
        }

        if (row.Picture is StoredPicture picture)
        {
            Pair(json, "Picture", string.Create(CultureInfo.InvariantCulture, $"{picture.Format} {picture.Width} x {picture.Height}, {FieldWords.Of(picture.Status)}"));
            foreach (KeyValuePair<string, string> fact in picture.Facts)
            {
                Pair(json, fact.Key, fact.Value);
            }
        }

        Pair(json, "How much is left", row.Recoverability is Recoverability left ? FieldWords.Of(left) : null);
        foreach (Problem problem in row.Problems)
        {
            Pair(json, "Problem", $"{FieldWords.Of(problem.Kind)}: {problem.Place}: {problem.Reason}");
        }

        Pair(json, "Not in this folder", copy.WhyNot);
        Pair(json, "Compared with the case", copy.Check == CopyCheck.Differs ? "DIFFERS: the bytes in this folder are not those that the case has hashes of" : FileManifest.Word(copy.Check));
        foreach (string problem in copy.Problems)
        {
            Pair(json, "Not read", problem);
        }

        json.WriteEndArray();
    }

    private static void Times(Utf8JsonWriter json, in EntryTimes times, string suffix)
    {
        Pair(json, "Modified" + suffix, times.Modified.ToIso());
        Pair(json, "Accessed" + suffix, times.Accessed.ToIso());
        Pair(json, "Metadata changed" + suffix, times.Changed.ToIso());
        Pair(json, "Created" + suffix, times.Created.ToIso());
    }

    private static void Pair(Utf8JsonWriter json, string name, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        json.WriteStartArray();
        json.WriteStringValue(VisibleText.Escape(name));
        json.WriteStringValue(VisibleText.Escape(value));
        json.WriteEndArray();
    }

    private static string? Hex(byte[]? hash) => hash is null ? null : Convert.ToHexStringLower(hash);
}
