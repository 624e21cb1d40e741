using Cairn.Core;
using Cairn.Core.Embedded;
using Cairn.Storage.Logical.Tar;

namespace Cairn.Storage.Embedded.Tar;

/// <summary>TAR archives; a compressed one is first the single member of its compression.</summary>
internal sealed class TarEmbedded : IEmbeddedFormat
{
    public FormatDescription Description { get; } = new("tar", "TAR", "POSIX.1-2001 pax; GNU tar manual, appendix D");

    public IReadOnlyList<string> ContentTypes { get; } = ["application/x-tar"];

    public ProbeResult Probe(IByteSource content)
    {
        byte[] head = EmbeddedProbe.Start(content, TarHeader.Block);
        return head.Length < TarHeader.Block ? ProbeResult.No("shorter than a tar header") : TarFormat.OfBlock(head);
    }

    public void Expand(IByteSource content, EmbeddedLimits limits, IEmbeddedReceiver receiver, CancellationToken cancel)
    {
        Expansion expansion = new(content, limits, receiver, cancel);
        using TarTree tree = new(new SubSource(content, 0, content.Length));

        // Streams are opened while the walk is under way; the tree notes their places as it goes.
        TreeMembers.Give(tree, expansion, _ => EmbeddedKind.Member);
    }
}
