using Cairn.CaseStore;

namespace Cairn.Reports.Files;

/// <summary>What an export to a folder gave.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Entries">Entries chosen.</param>
/// <param name="Files">Contents written.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="NotWritten">Files without their content here; the manifest says why. Directories, links and space that no file holds are not among them.</param>
/// <param name="Differing">Contents whose hashes are not those of the case.</param>
/// <param name="Damaged">Contents of which a part could not be read.</param>
/// <param name="ListSha256">SHA-256 of SHA256SUMS, which stands for the whole folder.</param>
public sealed record FolderResult(string Folder, long Entries, long Files, long Bytes, long NotWritten, long Differing, long Damaged, byte[] ListSha256)
{
    /// <summary>Everything chosen was written whole and is what the case says.</summary>
    public bool IsSound => NotWritten == 0 && Differing == 0 && Damaged == 0;
}

/// <summary>Chosen contents in a folder, with a manifest: see README.md.</summary>
public static class FilesExport
{
    /// <summary>Writes the folder, whole or not at all.</summary>
    /// <exception cref="CaseException">It is there already, is evidence or the case, or cannot be written.</exception>
    public static FolderResult Write(CaseReader reader, string folder, ExportSettings settings, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(settings);
        ExportContext context = ExportContext.Of(reader, settings);
        try
        {
            using ChecksumFolder target = new(folder, reader);
            CopyTally tally = new();
            using (ContentCopier copier = new(target, context, settings.Filter.Ids))
            using (FileManifest manifest = new(target, context))
            {
                foreach (ExportRow row in settings.Filter.Of(reader, context))
                {
                    CopiedContent copy = copier.Copy(row, cancel);
                    manifest.Add(row, copy);
                    tally.Add(row, copy, context);
                }
            }

            target.Write("README.txt", About(context));
            byte[] list = target.Close();
            target.Finish();
            return tally.Result(target.Target, list);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CaseException($"cannot write {folder}: {error.Message} Choose another folder with -o.", error);
        }
    }

    private static string About(ExportContext context) => $"""
        Files from a case, written by {context.Tool}
        Case {context.CaseId}

        files/           the contents, byte for byte, under names of the program's own: the number is the entry's id in the case
        manifest.csv     for each chosen entry its file here, its original path, times and hashes; for a spreadsheet
        manifest.jsonl   the same with more, one JSON object a line; nameBytes are the bytes of a name that is no valid text
        SHA256SUMS       SHA-256 of every other file of this folder

        To check that nothing was changed:  sha256sum -c SHA256SUMS
        (macOS: shasum -a 256 -c SHA256SUMS)

        "check" in the manifest says whether the hashes of the written bytes are those that the case holds. The contents come from evidence
        and may be harmful to a computer: open them with care.

        """.ReplaceLineEndings("\n");
}

/// <summary>Counts what was copied, and tells of what was not as it should be.</summary>
internal sealed class CopyTally
{
    private const int MostTold = 100;

    private long entries, files, bytes, notWritten, differing, damaged, complaints;

    public void Add(ExportRow row, CopiedContent copy, ExportContext context)
    {
        entries++;
        bytes += copy.Bytes;
        if (copy.File is not null)
        {
            files++;
        }
        else if (!copy.IsNoFile)
        {
            notWritten++;
            Tell(context, $"row {row.Id}, {row.Path}: not written: {copy.WhyNot}.");
        }

        if (copy.Check == CopyCheck.Differs)
        {
            differing++;
            Tell(context, $"row {row.Id}, {row.Path}: the bytes written are not those that the case has hashes of.");
        }

        if (copy.Problems.Count > 0)
        {
            damaged++;
            Tell(context, $"row {row.Id}, {row.Path}: {copy.Problems[0]}.");
        }
    }

    private void Tell(ExportContext context, string message)
    {
        if (++complaints <= MostTold)
        {
            context.Complain(message);
        }
        else if (complaints == MostTold + 1)
        {
            context.Complain("there is more of this; the manifest has all of it.");
        }
    }

    public FolderResult Result(string folder, byte[] list) => new(folder, entries, files, bytes, notWritten, differing, damaged, list);
}
