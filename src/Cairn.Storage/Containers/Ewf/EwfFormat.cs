using Cairn.Core;

namespace Cairn.Storage.Containers.Ewf;

/// <summary>The Expert Witness Compression Format, version 1: .E01 and .s01 with their further segments.</summary>
internal sealed class EwfFormat(long cacheBytes = EwfMedia.CacheBytes, SegmentRead? read = null) : IContainerFormat
{
    public EwfFormat() : this(EwfMedia.CacheBytes)
    {
    }

    public FormatDescription Description { get; } = new("ewf", "Expert Witness Compression Format (E01)", "Joachim Metz, Expert Witness Compression Format specification, libyal/libewf documentation");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(EwfFileHeader.Signature) || head.StartsWith(EwfFileHeader.LogicalSignature))
        {
            return ProbeResult.Yes("the signature of EWF");
        }

        if (head.StartsWith(EwfFileHeader.Version2Signature) || head.StartsWith(EwfFileHeader.Version2LogicalSignature))
        {
            return ProbeResult.Yes("the signature of EWF version 2, which is refused by name when opened");
        }

        return ProbeResult.No("no signature of EWF");
    }

    public IEvidenceContainer Open(string path, IProblemSink problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var set = EwfSegmentSet.Find(Path.GetFullPath(path), problems);
        var files = new SegmentFiles(set.Paths, read);
        try
        {
            return new EwfOpener(files, problems).Open(set.Numbers, set.Paths, cacheBytes);
        }
        catch (IOException error)
        {
            files.Dispose();
            throw new EvidenceException($"Cannot read {path}: {error.Message}", error);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }
}
