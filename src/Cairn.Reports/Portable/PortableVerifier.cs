using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cairn.CaseStore;
using Cairn.CaseStore.Audit;
using Cairn.Reports.Files;

namespace Cairn.Reports.Portable;

/// <summary>What checking a portable case gave.</summary>
/// <param name="Intact">No finding.</param>
/// <param name="Findings">Everything that is not as it was written.</param>
/// <param name="Notices">Worth knowing, nothing is wrong.</param>
/// <param name="Files">Files of the list that are as it says.</param>
/// <param name="VerifierKey">The key that the statement says it was signed with; to be compared with what the unit says.</param>
/// <param name="LogEntries">Entries of the audit log.</param>
/// <param name="Root">Root of its tree; null where there is no log.</param>
public sealed record PortableVerification(bool Intact, IReadOnlyList<string> Findings, IReadOnlyList<string> Notices, long Files, string VerifierKey, long LogEntries, byte[]? Root);

/// <summary>
/// Checks a portable case offline: each file against the list, the list against the signed statement, the audit log against its Merkle tree, the
/// tree against the checkpoint. The folder may have been made by anyone: every size has a limit, and no name leads out of it.
/// </summary>
public sealed class PortableVerifier
{
    private const int MostFindings = 1_000;
    private const int LongestLine = 16 << 20;
    private const int LongestText = 64 << 10;
    private const int LongestName = 200;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.");

    private static readonly string[] Unlisted =
        [ChecksumFolder.SumsName, PortableExport.Statement, PortableExport.Note, PortableExport.RawSignature, PortableExport.PublicKey, PortableExport.VerifierKey];

    private readonly string folder;
    private readonly List<string> findings = [];
    private readonly List<string> notices = [];
    private readonly HashSet<string> names = new(Unlisted, StringComparer.Ordinal);
    private long good;

    private PortableVerifier(string folder) => this.folder = folder;

    /// <summary>Checks the folder; changes nothing.</summary>
    /// <param name="folder">The folder with SHA256SUMS.</param>
    /// <param name="pinnedCheckpoint">A checkpoint of the case that was kept elsewhere; null for none.</param>
    /// <param name="progress">Files checked so far.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="CaseException">It is no portable case, or cannot be read at all.</exception>
    public static PortableVerification Verify(string folder, string? pinnedCheckpoint, IProgress<long>? progress, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string full = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(full, ChecksumFolder.SumsName)) || !File.Exists(Path.Combine(full, PortableExport.Note)))
        {
            throw new CaseException($"'{full}' is not a portable case: {ChecksumFolder.SumsName} or {PortableExport.Note} is not in it");
        }

        try
        {
            return new PortableVerifier(full).Run(pinnedCheckpoint, progress, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"'{full}' cannot be read: {error.Message}", error);
        }
    }

    private PortableVerification Run(string? pinned, IProgress<long>? progress, CancellationToken cancel)
    {
        long listed = Listed(progress, cancel);
        Others();
        string key = Text(PortableExport.VerifierKey)?.Trim() ?? "";
        (long Size, string Root)? stated = Statement(key, listed);
        (long entries, byte[]? root) = Log(key, stated, pinned);
        return new PortableVerification(findings.Count == 0, findings, notices, good, key, entries, root);
    }

    private void Find(string what)
    {
        if (findings.Count < MostFindings)
        {
            findings.Add(what);
        }
        else if (findings.Count == MostFindings)
        {
            findings.Add($"more than {MostFindings} findings; the rest is not listed");
        }
    }

    /// <summary>Each file of the list; gives how many there are.</summary>
    private long Listed(IProgress<long>? progress, CancellationToken cancel)
    {
        long count = 0;
        foreach (string line in Lines(ChecksumFolder.SumsName, 66 + LongestName))
        {
            cancel.ThrowIfCancellationRequested();
            count++;
            string name = line.Length > 66 ? line[66..] : "";
            if (line.Length < 67 || line[64] != ' ' || line[65] != ' ' || line.AsSpan(0, 64).ContainsAnyExcept(Digits) || !IsName(name))
            {
                Find($"line {count} of {ChecksumFolder.SumsName} is not as Cairn writes it");
                continue;
            }

            if (!names.Add(name))
            {
                Find($"{name} is in the list twice");
                continue;
            }

            if (Hash(name, cancel) is not string hash)
            {
                Find($"{name} is missing, or is no ordinary file");
            }
            else if (hash != line[..64])
            {
                Find($"{name} is not the file that was written");
            }
            else
            {
                good++;
            }

            if ((count & 0x3F) == 0)
            {
                progress?.Report(count);
            }
        }

        return count;
    }

    /// <summary>Files that no list names.</summary>
    private void Others()
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, MaxRecursionDepth = 8 };
        foreach (FileSystemInfo item in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", all))
        {
            string name = Path.GetRelativePath(folder, item.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (item.LinkTarget is not null)
            {
                Find($"{name} is a link and not a file");
            }
            else if (item is FileInfo && !names.Contains(name))
            {
                Find($"{name} was not there when the folder was written");
            }
        }
    }

    private (long Size, string Root)? Statement(string key, long listed)
    {
        string note = Text(PortableExport.Note) ?? "";
        if (CaseSignature.Read(note, PortableExport.Kind, key, out string why) is not IReadOnlyList<string> lines)
        {
            Find($"{PortableExport.Note}: {why}");
            return null;
        }

        if (Text(PortableExport.Statement) is not string body || !note.StartsWith(body + "\n", StringComparison.Ordinal) || body.Length == 0)
        {
            Find($"{PortableExport.Statement} is not what was signed");
        }

        int mark = note.LastIndexOf(' ');
        byte[]? raw = Bytes(PortableExport.RawSignature);
        if (raw is null || !Convert.ToBase64String(raw).AsSpan().SequenceEqual(Signature(note[(mark + 1)..].Trim())))
        {
            Find($"{PortableExport.RawSignature} is not the signature of the statement");
        }

        if (!IsKey(Text(PortableExport.PublicKey), key))
        {
            Find($"{PortableExport.PublicKey} is not the key of {PortableExport.VerifierKey}");
        }

        Dictionary<string, string> said = new(StringComparer.Ordinal);
        foreach (string line in lines)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            said[space < 0 ? line : line[..space]] = space < 0 ? "" : line[(space + 1)..];
        }

        if (said.GetValueOrDefault(ChecksumFolder.SumsName) != Hash(ChecksumFolder.SumsName, CancellationToken.None))
        {
            Find($"{ChecksumFolder.SumsName} is not the list that was signed");
        }

        if (said.GetValueOrDefault("files") != listed.ToString(CultureInfo.InvariantCulture))
        {
            Find($"the list has {listed} files, the statement says {said.GetValueOrDefault("files")}");
        }

        string[] log = said.GetValueOrDefault("log", "").Split(' ');
        return log.Length == 2 && long.TryParse(log[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size) ? (size, log[1]) : null;
    }

    /// <summary>What is base64 of the signature within the note's line, after the four bytes of the key's hash.</summary>
    private static string Signature(string base64)
    {
        byte[] bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out int length) && length > 4 ? Convert.ToBase64String(bytes, 4, length - 4) : "";
    }

    private static bool IsKey(string? pem, string verifierKey)
    {
        byte[] raw = new byte[64];
        if (pem is null || !PemEncoding.TryFind(pem, out PemFields fields) || !Convert.TryFromBase64String(verifierKey.Split('+', 3)[^1], raw, out int length) || length != 33)
        {
            return false;
        }

        byte[] der = Convert.FromBase64String(pem[fields.Base64Data]);
        return der.Length > 32 && der.AsSpan(der.Length - 32).SequenceEqual(raw.AsSpan(1, 32));
    }

    private (long Entries, byte[]? Root) Log(string key, (long Size, string Root)? stated, string? pinned)
    {
        HashSet<long> sizes = [];
        if (stated is { } claim)
        {
            sizes.Add(claim.Size);
        }

        (string Origin, long Size, byte[] Root)? checkpoint = null, kept = null;
        string checkpointKey = Text("audit/checkpoint-key.txt")?.Trim() ?? key;
        if (Text(PortableExport.Checkpoint) is string text)
        {
            checkpoint = CaseSignature.ReadCheckpoint(text, checkpointKey, out string why);
            if (checkpoint is { } read)
            {
                sizes.Add(read.Size);
                if (checkpointKey != key)
                {
                    notices.Add("the checkpoint was signed with another key than this folder: ask the unit about both");
                }
            }
            else
            {
                Find($"{PortableExport.Checkpoint}: {why}");
            }
        }
        else
        {
            notices.Add("the case had no signed checkpoint when the folder was written");
        }

        if (pinned is not null)
        {
            kept = CaseSignature.ReadCheckpoint(pinned, checkpointKey, out string why);
            if (kept is { } read)
            {
                sizes.Add(read.Size);
            }
            else
            {
                Find($"the checkpoint that was kept: {why}");
            }
        }

        List<string> broken = [];
        IReadOnlyDictionary<long, byte[]> roots = CaseSignature.RootsAt(Leaves(broken), sizes, out long entries);
        broken.ForEach(Find);
        if (stated is not { } said || said.Size != entries || !roots.TryGetValue(said.Size, out byte[]? root) || Convert.ToHexStringLower(root) != said.Root)
        {
            Find("the audit log is not the one that the statement speaks of");
            root = null;
        }

        Compare(checkpoint, roots, "the newest checkpoint");
        Compare(kept, roots, "the checkpoint that was kept");
        return (entries, root);
    }

    private void Compare((string Origin, long Size, byte[] Root)? checkpoint, IReadOnlyDictionary<long, byte[]> roots, string which)
    {
        if (checkpoint is not { } signed)
        {
            return;
        }

        if (!roots.TryGetValue(signed.Size, out byte[]? root))
        {
            Find($"{which} covers {signed.Size} entries, the audit log of this folder has fewer");
        }
        else if (!root.AsSpan().SequenceEqual(signed.Root))
        {
            Find($"the audit log of this folder is not the one that {which} covers");
        }
    }

    private IEnumerable<byte[]> Leaves(List<string> broken)
    {
        long next = 1;
        foreach (string line in Lines(PortableExport.Log, LongestLine))
        {
            byte[]? leaf = null;
            try
            {
                using JsonDocument json = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 8 });
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("leaf", out JsonElement value) && value.GetString() is { Length: 64 } hex
                    && json.RootElement.TryGetProperty("seq", out JsonElement seq) && seq.TryGetInt64(out long number) && number == next)
                {
                    leaf = Convert.FromHexString(hex);
                }
            }
            catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
            {
                // Told below.
            }

            if (leaf is null)
            {
                broken.Add($"line {next} of {PortableExport.Log} is no entry of a log");
                yield break;
            }

            next++;
            yield return leaf;
        }
    }

    /// <summary>Names as Cairn gives them: no part is empty or begins with a dot, so that none leads out of the folder.</summary>
    private static bool IsName(string name) => name.Length is > 0 and <= LongestName && name.Split('/').All(part => part.Length > 0 && part[0] != '.'
        && !part.AsSpan().ContainsAnyExcept(Letters));

    /// <summary>A path of the folder without links on the way; null where there is no such file.</summary>
    private string? Place(string name)
    {
        string at = folder;
        string[] parts = name.Split('/');
        for (int i = 0; i < parts.Length; i++)
        {
            at = Path.Combine(at, parts[i]);
            FileSystemInfo info = i < parts.Length - 1 ? new DirectoryInfo(at) : new FileInfo(at);
            if (!info.Exists || info.LinkTarget is not null)
            {
                return null;
            }
        }

        return at;
    }

    private string? Hash(string name, CancellationToken cancel)
    {
        if (Place(name) is not string path)
        {
            return null;
        }

        if (new FileInfo(path).Length == 0)
        {
            // A pipe or device has no length either, and to open one is to wait.
            return Convert.ToHexStringLower(SHA256.HashData([]));
        }

        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = new byte[1 << 17];
        for (int got = file.Read(block); got > 0; got = file.Read(block))
        {
            cancel.ThrowIfCancellationRequested();
            hash.AppendData(block, 0, got);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private byte[]? Bytes(string name) => Place(name) is string path && new FileInfo(path).Length is > 0 and <= LongestText ? File.ReadAllBytes(path) : null;

    private string? Text(string name) => Bytes(name) is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Lines of a file, ended by a line feed; one that is too long ends the reading with a finding.</summary>
    private IEnumerable<string> Lines(string name, int longest)
    {
        if (Place(name) is not string path || new FileInfo(path).Length == 0)
        {
            yield break;
        }

        using StreamReader reader = new(path, Encoding.UTF8);
        StringBuilder line = new();
        char[] block = new char[1 << 14];
        for (int got = reader.Read(block); got > 0; got = reader.Read(block))
        {
            for (int at = 0; at < got;)
            {
                int end = Array.IndexOf(block, '\n', at, got - at);
                int stop = end < 0 ? got : end;
                if (line.Length + stop - at > longest)
                {
                    Find($"{name} has a line that is too long");
                    yield break;
                }

                line.Append(block, at, stop - at);
                at = stop + 1;
                if (end >= 0)
                {
                    yield return line.ToString();
                    line.Clear();
                }
            }
        }

        if (line.Length > 0)
        {
            yield return line.ToString();
        }
    }
}
