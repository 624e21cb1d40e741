using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical.Zip;

namespace Cairn.Storage.Embedded.Zip;

/// <summary>ZIP archives and everything that is one: Office Open XML, OpenDocument, EPUB, packages of programs.</summary>
internal sealed class ZipEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("zip", "ZIP and documents packed in it", "PKWARE APPNOTE.TXT 6.3.10; WinZip AES; ECMA-376 part 2; OASIS OpenDocument part 3");

    public IReadOnlyList<string> ContentTypes { get; } =
    [
        "application/zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.ms-visio.drawing.main+xml",
        "application/vnd.ms-xpsdocument",
        "application/vnd.openxmlformats-officedocument",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.graphics",
        "application/vnd.oasis.opendocument",
        "application/epub+zip",
        "application/hwp+zip",
        "application/vnd.apple.iwork",
        "application/java-archive",
        "application/vnd.android.package-archive",
        "application/x-ios-app",
        "application/vnd.google-earth.kmz",
    ];

    public ProbeResult Probe(IByteSource content)
    {
        Span<byte> head = stackalloc byte[4];
        if (!EmbeddedProbe.Head(content, head) || head[0] != 'P' || head[1] != 'K')
        {
            return ProbeResult.No("no PK at the start");
        }

        return (head[2], head[3]) switch
        {
            (3, 4) => ProbeResult.Yes("a local file header at the start"),
            (5, 6) => ProbeResult.Yes("the end record of an empty archive at the start"),
            (7, 8) or ((byte)'0', (byte)'0') => ProbeResult.Yes("the mark of a split archive at the start"),
            _ => ProbeResult.No("PK, but no ZIP record"),
        };
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        using ZipTree tree = new(new SubSource(content, 0, content.Length), limits.Passwords);
        TreeMembers.Give(tree, expansion, KindOf);
    }

    /// <summary>Pictures and objects shown in a document lie in folders of fixed names.</summary>
    private static EmbeddedKind KindOf(string path) =>
        path.Contains("/media/", StringComparison.Ordinal) || path.Contains("/embeddings/", StringComparison.Ordinal)
            || path.StartsWith("Pictures/", StringComparison.Ordinal) || path.StartsWith("media/", StringComparison.Ordinal) ? EmbeddedKind.Object
        : path.StartsWith("docProps/thumbnail", StringComparison.OrdinalIgnoreCase) || path.StartsWith("Thumbnails/", StringComparison.Ordinal) ? EmbeddedKind.Thumbnail
        : EmbeddedKind.Member;
}
