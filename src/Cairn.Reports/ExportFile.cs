using Cairn.CaseStore;

namespace Cairn.Reports;

/// <summary>Writes an export of a case to a file that appears whole or not at all.</summary>
public static class ExportFile
{
    /// <summary>
    /// Writes to a temporary file beside <paramref name="path"/> and renames it at the end, so that a reader never sees half an export and a
    /// failed one leaves the old. Returns the lines written.
    /// </summary>
    /// <exception cref="CaseException">The target is evidence or the case itself, or cannot be written.</exception>
    public static long Write(CaseReader reader, IExportFormat format, string path, CancellationToken cancel) => Write(reader, format, path, ExportSettings.Default, cancel);

    /// <summary>The same, with what is asked of it.</summary>
    /// <exception cref="CaseException">The target is evidence or the case itself, or cannot be written.</exception>
    public static long Write(CaseReader reader, IExportFormat format, string path, ExportSettings settings, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(settings);
        ExportContext context = ExportContext.Of(reader, settings);
        return WriteWhole(reader, path, file => format.Write(settings.Filter.Of(reader, context), context, file, cancel));
    }

    /// <summary>Gives <paramref name="write"/> a temporary file beside <paramref name="path"/>, and renames it once it is written.</summary>
    /// <exception cref="CaseException">The target is evidence or the case itself, or cannot be written.</exception>
    internal static long WriteWhole(CaseReader reader, string path, Func<Stream, long> write)
    {
        string full = Path.GetFullPath(path);
        Refuse(full, reader.Directory, reader.Evidence());
        string temporary = $"{full}.{Environment.ProcessId}.part";
        try
        {
            long lines;
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1))
            {
                lines = write(file);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
            return lines;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
            throw new CaseException($"cannot write {full}: {error.Message} Choose another file with -o.", error);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>Writes to a stream, as it comes.</summary>
    public static long Write(CaseReader reader, IExportFormat format, Stream target, CancellationToken cancel) => Write(reader, format, target, ExportSettings.Default, cancel);

    /// <summary>The same, with what is asked of it.</summary>
    public static long Write(CaseReader reader, IExportFormat format, Stream target, ExportSettings settings, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(settings);
        ExportContext context = ExportContext.Of(reader, settings);
        return format.Write(settings.Filter.Of(reader, context), context, target, cancel);
    }

    /// <summary>An export never replaces evidence or a part of the case.</summary>
    private static void Refuse(string full, string caseDirectory, IReadOnlyList<StoredEvidence> evidence)
    {
        RefuseParts(full, caseDirectory, evidence);
        if (Directory.Exists(full))
        {
            throw new CaseException($"{full} is a folder: give a file with -o.");
        }

        if (Path.GetDirectoryName(full) is string folder && !Directory.Exists(folder))
        {
            throw new CaseException($"there is no folder {folder}: make it first, or choose another file with -o.");
        }
    }

    /// <summary>Neither evidence nor what the case consists of is written to, and nothing is put among it.</summary>
    internal static void RefuseParts(string full, string caseDirectory, IReadOnlyList<StoredEvidence> evidence)
    {
        foreach (StoredEvidence item in evidence)
        {
            bool within = item.Row.IsLogical && (full + Path.DirectorySeparatorChar).StartsWith(item.Row.Path.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);
            if (within || full == item.Row.Path || item.Row.Files.Contains(full))
            {
                throw new CaseException($"{full} is evidence of this case and is never written: choose another file with -o.");
            }
        }

        bool part = Path.GetDirectoryName(full) == caseDirectory && Path.GetFileName(full).Split('.')[0] is "case" or "thumbnails" or "review";
        if (part || full == caseDirectory
            || full.StartsWith(Path.Combine(caseDirectory, "checkpoints") + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw new CaseException($"{full} belongs to the case itself: choose another file with -o, for example {Path.Combine(caseDirectory, "exports", Path.GetFileName(full))}.");
        }
    }

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The first error is the one to report; a left-over .part file says what it is.
        }
    }
}
