using System.Globalization;
using System.Security.Cryptography;
using Cairn.CaseStore;
using Cairn.Core;

namespace Cairn.Reports.Files;

/// <summary>How the bytes that were written compare with the hashes of the case.</summary>
internal enum CopyCheck
{
    /// <summary>Nothing was written.</summary>
    None,

    /// <summary>Every hash that the case holds is that of the written bytes.</summary>
    Equal,

    /// <summary>A hash of the case is another one.</summary>
    Differs,

    /// <summary>The case holds no hash of it.</summary>
    NotCompared,
}

/// <summary>What became of one chosen entry.</summary>
/// <param name="File">Its file, "/" between names, from the folder; null where it has none.</param>
/// <param name="WhyNot">Why it has none; null where it has.</param>
/// <param name="Bytes">Bytes written.</param>
/// <param name="Check">The comparison.</param>
/// <param name="Problems">What could not be read.</param>
internal sealed record CopiedContent(string? File, string? WhyNot, long Bytes, CopyCheck Check, IReadOnlyList<string> Problems)
{
    /// <summary>MD5, SHA-1 and SHA-256 of the written bytes; null where nothing was written.</summary>
    public (byte[] Md5, byte[] Sha1, byte[] Sha256)? Hashes { get; init; }

    /// <summary>There is nothing to write: a directory, a link, space that was not asked for by its id.</summary>
    public bool IsNoFile { get; init; }
}

/// <summary>Writes contents byte for byte under generated names, and compares their hashes with those of the case while it writes.</summary>
internal sealed class ContentCopier : IDisposable
{
    private const int BlockBytes = 1 << 20;
    private const int MostProblems = 100;

    private const string NoFile = "no file: ";

    private readonly ChecksumFolder folder;
    private readonly ExportContext context;
    private readonly IReadOnlySet<long>? named;
    private readonly byte[] block = new byte[BlockBytes];
    private readonly IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly IncrementalHash sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
    private readonly IncrementalHash sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <param name="folder">Where to.</param>
    /// <param name="context">The case and its evidence.</param>
    /// <param name="named">Entries that were named one by one: space that no file holds is written for these alone.</param>
    public ContentCopier(ChecksumFolder folder, ExportContext context, IReadOnlySet<long>? named) => (this.folder, this.context, this.named) = (folder, context, named);

    public void Dispose()
    {
        md5.Dispose();
        sha1.Dispose();
        sha256.Dispose();
    }

    /// <summary>Writes the content of one entry.</summary>
    public CopiedContent Copy(ExportRow row, CancellationToken cancel)
    {
        if (WhyNot(row) is string why)
        {
            return new CopiedContent(null, why, 0, CopyCheck.None, []) { IsNoFile = why.StartsWith(NoFile, StringComparison.Ordinal) };
        }

        if (context.Access is not IEvidenceAccess access)
        {
            return new CopiedContent(null, "the evidence was not asked for", 0, CopyCheck.None, []);
        }

        try
        {
            using IByteSource source = access.Open(row);
            return Copy(row, source, cancel);
        }
        catch (Exception error) when (error is EvidenceException or MalformedDataException or UnreadableDataException)
        {
            return new CopiedContent(null, error.Message, 0, CopyCheck.None, []);
        }
    }

    /// <summary>The name for the content of a row: its id, and an ending of our own list by its content.</summary>
    public static string NameOf(string folder, ExportRow row, string ending) =>
        string.Create(CultureInfo.InvariantCulture, $"{folder}/{row.Id / 1000:D7}/{row.Id:D10}{ending}");

    private CopiedContent Copy(ExportRow row, IByteSource source, CancellationToken cancel)
    {
        string name = NameOf("files", row, SafeEnding.Of(row.Mime));
        List<string> problems = [];
        long written = 0;
        using (Stream file = folder.Create(name))
        {
            while (written < source.Length)
            {
                cancel.ThrowIfCancellationRequested();
                int got = source.ReadAvailable(written, block.AsSpan(0, (int)Math.Min(block.Length, source.Length - written)), (range, reason) =>
                {
                    if (problems.Count < MostProblems)
                    {
                        problems.Add($"{range.Length.ToString(CultureInfo.InvariantCulture)} bytes at offset {range.Offset.ToString(CultureInfo.InvariantCulture)} cannot be read and are zeros here: {reason}");
                    }
                });
                if (got == 0)
                {
                    problems.Add($"the content ends at offset {written.ToString(CultureInfo.InvariantCulture)}, {(source.Length - written).ToString(CultureInfo.InvariantCulture)} bytes early");
                    break;
                }

                ReadOnlySpan<byte> part = block.AsSpan(0, got);
                file.Write(part);
                md5.AppendData(part);
                sha1.AppendData(part);
                sha256.AppendData(part);
                written += got;
            }
        }

        (byte[] Md5, byte[] Sha1, byte[] Sha256) hashes = (md5.GetHashAndReset(), sha1.GetHashAndReset(), sha256.GetHashAndReset());
        return new CopiedContent(name, null, written, Compare(row, hashes), problems) { Hashes = hashes };
    }

    private static CopyCheck Compare(ExportRow row, (byte[] Md5, byte[] Sha1, byte[] Sha256) hashes)
    {
        if (row.Md5 is null && row.Sha1 is null && row.Sha256 is null)
        {
            return CopyCheck.NotCompared;
        }

        return Same(row.Md5, hashes.Md5) && Same(row.Sha1, hashes.Sha1) && Same(row.Sha256, hashes.Sha256) ? CopyCheck.Equal : CopyCheck.Differs;

        static bool Same(byte[]? stored, byte[] written) => stored is null || stored.AsSpan().SequenceEqual(written);
    }

    private string? WhyNot(ExportRow row) => row switch
    {
        { Type: EntryType.Directory } => NoFile + "directory",
        _ when row.Flags.HasFlag(StreamFlags.Index) => NoFile + "directory",
        { Type: EntryType.Virtual } => named?.Contains(row.Id) == true ? null : NoFile + "space that none holds; it is written where its id is given",
        { Type: not (EntryType.File or EntryType.Unknown) } => NoFile + FieldWords.Of(row.Type),
        { MetadataReallocated: true } => "the metadata of this deleted name belongs to another file by now",
        { Status: ContentStatus.NameOnly } => "only the name is left",
        { Status: ContentStatus.Overwritten } => "its clusters are in use by another file, so they are not its content",
        { Status: ContentStatus.Encrypted, Member: null } => "encrypted",
        _ => row.Flags.HasFlag(StreamFlags.NameOnly) ? "only the name is left" : null,
    };
}
