using Cairn.Core;

namespace Cairn.Storage.Containers.Raw;

/// <summary>A raw image: the bytes of the media and nothing else. Takes any file, so it stands last.</summary>
internal sealed class RawFormat : IContainerFormat
{
    public FormatDescription Description { get; } = new("raw", "Raw image (dd)", "The media's bytes from the first to the last, without a header");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head)
    {
        try
        {
            return File.Exists(path) ? ProbeResult.Maybe("any file can be a raw image") : ProbeResult.No("not a file");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ProbeResult.No(error.Message);
        }
    }

    public IEvidenceContainer Open(string path, IProblemSink problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        string full = Path.GetFullPath(path);
        var files = new SegmentFiles([full]);
        if (files.LengthOf(0) == 0)
        {
            problems.Report(new Problem(ProblemKind.Missing, files.NameOf(0), "the image is empty", 0, 0));
        }
        else if (files.LengthOf(0) % 512 != 0)
        {
            problems.Report(new Problem(ProblemKind.Notice, files.NameOf(0), $"the length, {files.LengthOf(0)} bytes, is not a multiple of 512: the image may be cut off", files.LengthOf(0)));
        }

        return new MediaContainer("raw", new SegmentedSource(files, [new SegmentRange(0, 0, files.LengthOf(0))]), [full]);
    }
}
