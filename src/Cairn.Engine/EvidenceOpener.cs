using Cairn.Core;
using Cairn.Storage;

namespace Cairn.Engine;

/// <summary>Evidence as opened: a container with media inside, or a logical tree. Exactly one of the two is set.</summary>
internal sealed class OpenEvidence : IDisposable
{
    public required string Path { get; init; }

    public IEvidenceContainer? Container { get; init; }

    public IFileTree? Logical { get; init; }

    public string TypeName => Container?.TypeName ?? Logical!.Info.TypeName;

    public IReadOnlyList<string> Files => Container?.Files ?? [Path];

    public void Dispose()
    {
        Container?.Dispose();
        Logical?.Dispose();
    }
}

/// <summary>From a path to opened evidence: every probe is asked, the most certain answer wins, catalogue order breaks ties.</summary>
internal static class EvidenceOpener
{
    private const int HeadBytes = 65_536;

    /// <exception cref="EvidenceException">Nothing can be opened there.</exception>
    public static OpenEvidence Open(string path, IProblemSink problems)
    {
        string full = System.IO.Path.GetFullPath(path);
        byte[] head = [];
        if (!Directory.Exists(full))
        {
            head = ReadHead(full);
        }

        ILogicalFormat? logical = null;
        ProbeConfidence logicalConfidence = ProbeConfidence.None;
        foreach (ILogicalFormat format in StorageCatalogue.Logical)
        {
            ProbeResult result = format.Probe(full, head);
            if (result.Confidence > logicalConfidence)
            {
                (logical, logicalConfidence) = (format, result.Confidence);
            }
        }

        IContainerFormat? container = null;
        ProbeConfidence containerConfidence = ProbeConfidence.None;
        foreach (IContainerFormat format in StorageCatalogue.Containers)
        {
            ProbeResult result = format.Probe(full, head);
            if (result.Confidence > containerConfidence)
            {
                (container, containerConfidence) = (format, result.Confidence);
            }
        }

        // A raw image "might" be anything; a certain archive is examined as the files it holds.
        if (logical is not null && logicalConfidence >= containerConfidence)
        {
            return new OpenEvidence { Path = full, Logical = logical.Open(full, problems) };
        }

        if (container is null)
        {
            throw new EvidenceException($"{path}: no known container or archive; give a disk image, a block device, a folder, a ZIP or a TAR");
        }

        return new OpenEvidence { Path = full, Container = container.Open(full, problems) };
    }

    private static byte[] ReadHead(string full)
    {
        try
        {
            using FileStream file = new(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] head = new byte[HeadBytes];
            int got;
            try
            {
                got = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            }
            catch (IOException)
            {
                // A device whose first sectors are bad is still read as far as it can be.
                return [];
            }

            return got > 0 ? head[..got] : throw new EvidenceException($"{full}: the file is empty; check that the copy is complete");
        }
        catch (FileNotFoundException)
        {
            throw new EvidenceException($"{full}: there is no such file; check the path");
        }
        catch (DirectoryNotFoundException)
        {
            throw new EvidenceException($"{full}: there is no such folder; check the path");
        }
        catch (UnauthorizedAccessException)
        {
            throw new EvidenceException($"{full}: permission denied; run as a user who may read it");
        }
        catch (IOException error)
        {
            throw new EvidenceException($"{full}: cannot be read ({error.Message})", error);
        }
    }
}
