using Cairn.Core;

namespace Cairn.Storage.Logical.Zip;

/// <summary>ZIP archives, zip64 and self-extracting ones too.</summary>
internal sealed class ZipFormat : ILogicalFormat
{
    public FormatDescription Description { get; } = new("zip", "ZIP", "PKWARE APPNOTE.TXT 6.3.10; Info-ZIP extra fields");

    public ProbeResult Probe(string path, ReadOnlySpan<byte> head)
    {
        if (head.Length >= 4 && head[0] == 'P' && head[1] == 'K')
        {
            return (head[2], head[3]) switch
            {
                (3, 4) => ProbeResult.Yes("a local file header at the start"),
                (5, 6) => ProbeResult.Yes("the end record of an empty archive at the start"),
                (7, 8) or ((byte)'0', (byte)'0') when head.Length >= 8 && head[4] == 'P' && head[5] == 'K' => ProbeResult.Yes("the mark of a split archive at the start"),
                _ => ProbeResult.No("PK, but no ZIP record"),
            };
        }

        return path.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) && HasEnd(path)
            ? ProbeResult.Yes("an end of central directory record, after other bytes at the start")
            : ProbeResult.No("no local file header at the start");
    }

    public IFileTree Open(string path, IProblemSink problems) => new ZipTree(new ArchiveFile(path));

    private static bool HasEnd(string path)
    {
        try
        {
            using ArchiveFile file = new(path);
            return ZipDirectory.FindEnd(file) is not null;
        }
        catch (EvidenceException)
        {
            return false;
        }
        catch (UnreadableDataException)
        {
            return false;
        }
    }
}
